"""What concentration a discharge may have where it mixes with a river."""

from __future__ import annotations

from abate.errors import Finding, InputError


def waste_load_concentration(criterion: float, background: float, river_flow: float, effluent_flow: float) -> float:
    """Return the effluent concentration at which the mixed river just meets its criterion.

    WLA = (criterion (Q_river + Q_effluent) - background Q_river) / Q_effluent: the steady mass balance of complete
    mixing, without decay. Source: US EPA, Technical Support Document for Water Quality-based Toxics Control (1991).

    Parameters
    ----------
    criterion, background : concentration that the river must meet, and that it brings from upstream, e.g. mg/L.
    river_flow, effluent_flow : flow upstream of the discharge, and of the discharge, both in one unit, e.g. m3/s.

    Returns
    -------
    float
        Concentration in the unit of the criterion; below zero where the river is past its criterion upstream, so that
        not even clean effluent would do. Times the effluent flow it is the allowed load.

    Raises
    ------
    InputError
        Where the effluent flow is not above zero, or another figure is negative or not a number.
    """
    figures = {"criterion": criterion, "background": background, "river flow": river_flow}
    findings = [
        Finding(name, "is negative or no number", "give zero or more", value=f"{figure:g}")
        for name, figure in figures.items()
        if not figure >= 0
    ]
    if not effluent_flow > 0:
        cure = "give the flow of the discharge, above zero"
        findings.append(Finding("effluent flow", "does not flow", cure, value=f"{effluent_flow:g}"))
    if findings:
        raise InputError(findings)
    return (criterion * (river_flow + effluent_flow) - background * river_flow) / effluent_flow
