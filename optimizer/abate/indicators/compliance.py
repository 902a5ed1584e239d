"""How it is judged whether a source keeps its permit: formula, period, samples, tolerance and where that comes from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.indicators.allowance import Allowance, Floats
from abate.indicators.sampling import CONFIDENCE, Sampling, multiplier
from abate.tables import target_units
from abate_data.seasons import MONTHS
from abate_models.targets import BUDGET, QUALITY

#: Columns of the table, in order.
COLUMNS = (
    *("source", "pollutant", "indicator", "sense", "limit", "unit", "period", "samples"),
    *("formula", "tolerance", "tolerance_from", "target"),
)
_AS_COUNTED = "what stands and runs is counted"
_BY_LIMIT = (
    "the limit has it: an effluent at its long-term average keeps it in {:.0%} of all {} "
    "(lognormal, CV {:g}; EPA/505/2-90-001, table 5-2)"
)


def compliance(
    allowance: Allowance, sampling: Sampling, permits: pd.DataFrame, measures: pd.DataFrame, served: pd.DataFrame
) -> pd.DataFrame:
    """Return a row per indicator of each source, and at the end one per target.

    Parameters
    ----------
    permits, measures, served : of the same allowance.

    Returns
    -------
    source (blank for a target), pollutant, indicator, sense (at most, at least), limit, unit, period (over which it is
    judged), samples (in the period; 0 where none are taken), formula, tolerance (by which percentage the estimate may
    pass the limit), tolerance_from, target (that it serves most).
    """
    blocks = list(_of_loads(allowance, sampling, permits))
    rank = [np.arange(len(permits))[block.index] * 10.0 + place for place, block in enumerate(blocks)]
    if len(measures):
        first = {name: row for row, name in reversed(list(enumerate(allowance.source)))}
        blocks.append(_of_measures(measures, served))
        # behind the loads of the source
        rank.append(np.array([first[name] for name in measures["source"]]) * 10.0 + 9.0)
    order = np.argsort(np.concatenate(rank), kind="stable")
    of_sources = pd.concat(blocks, ignore_index=True).iloc[order]
    table = pd.concat([of_sources, _of_targets(allowance)], ignore_index=True)[list(COLUMNS)]
    table.attrs["units"] = {"tolerance": "%"}
    return table


def _of_loads(allowance: Allowance, sampling: Sampling, permits: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield blocks of indicators of loads; the index is the position of the load."""
    tolerance, tolerance_from = _of_the_year(allowance, sampling)
    yearly = permits[["source", "pollutant", "target"]].assign(
        indicator="yearly load",
        sense="at most",
        limit=permits["allowed"],
        unit=allowance.load_unit,
        period="calendar year",
        samples=np.where(allowance.is_point, len(MONTHS) * sampling.per_month, 0),
        formula=_load_formula(allowance),
        tolerance=tolerance,
        tolerance_from=tolerance_from,
    )
    yield yearly
    yield yearly.assign(
        indicator="load of a season",
        limit=np.nan,
        unit=allowance.mass_unit,
        period="season or month; samples are those of a month, limits stand in the table seasons",
        samples=np.where(allowance.is_point, sampling.per_month, 0),
        tolerance=np.nan,
        tolerance_from="as in the table seasons",
    )
    yield from _of_concentrations(allowance, sampling, permits)
    reduced, percent = permits["reduction"].to_numpy() > 0, permits["percent"].to_numpy()
    # a load that is p % too high is a removal that is p % of what is left too low
    room = np.divide(tolerance * (100.0 - percent), percent, where=reduced, out=np.zeros(len(percent)))
    yield yearly.assign(
        indicator="removal rate",
        sense="at least",
        limit=percent,
        unit="% of the baseline",
        formula="(baseline - yearly load) / baseline x 100",
        tolerance=room,
        tolerance_from="follows from that of the yearly load",
    )[reduced]


def _of_concentrations(allowance: Allowance, sampling: Sampling, permits: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the average monthly and the maximum daily limit of the loads that have a concentration."""
    has_limit = permits["concentration"].notna().to_numpy()
    own = permits.loc[has_limit, ["source", "pollutant", "target"]]
    for column, indicator, period, samples, probability, formula, plural in (
        (
            *("average_monthly", "average monthly concentration", "calendar month", sampling.per_month),
            *(sampling.MONTHLY, "mean of the samples of the month", "months"),
        ),
        ("maximum_daily", "maximum daily concentration", "day", 1, sampling.DAILY, "the sample of the day", "days"),
    ):
        yield own.assign(
            indicator=indicator,
            sense="at most",
            limit=permits.loc[has_limit, column],
            unit=allowance.concentration_unit,
            period=period,
            samples=samples,
            formula=formula,
            tolerance=0.0,
            tolerance_from=_BY_LIMIT.format(probability, plural, sampling.cv),
        )


def _load_formula(allowance: Allowance) -> NDArray[np.object_]:
    """Return how each load is computed, in words."""
    flow_unit = allowance.case.settings.units.flow
    if flow_unit:
        per = f"{1.0 / allowance.per_flow:.6g} = load [{allowance.load_unit}]"
        by_flow = f"mean of the samples [{allowance.concentration_unit}] x mean flow [{flow_unit}] x {per}"
    else:
        by_flow = "mean over the samples of concentration x flow, as a load"
    by_measures = "load before measures at the activity of the time, less extent in operation x removal of each measure"
    return np.where(allowance.is_point, by_flow, by_measures).astype(object)


def _of_the_year(allowance: Allowance, sampling: Sampling) -> tuple[Floats, NDArray[np.object_]]:
    """Return by which percentage the load of a year may pass its limit for each load, and why."""
    known = allowance.case.values("loads", "relative_sd")
    tolerance = np.where(allowance.is_point, sampling.tolerance(len(MONTHS)), 0.0)
    why = np.full(len(known), _AS_COUNTED, dtype=object)
    samples = len(MONTHS) * sampling.per_month
    why[allowance.is_point] = (
        f"chance of sampling: the mean of {samples} samples of CV {sampling.cv:g} stays below it with {CONFIDENCE:.0%}"
    )
    given = known > 0
    tolerance[given] = 100.0 * (multiplier(known[given], 1, CONFIDENCE) - 1.0)
    why[given] = f"relative_sd of the table loads: the load as estimated stays below it with {CONFIDENCE:.0%}"
    return tolerance, why


def _of_measures(measures: pd.DataFrame, served: pd.DataFrame) -> pd.DataFrame:
    """Return the extent of each measure, with the target that asks most of its source's first load that serves one."""
    known = served.drop_duplicates("source").set_index("source")["target"]
    return pd.DataFrame(
        {
            "source": measures["source"],
            "pollutant": "",
            "indicator": "extent of " + measures["measure"].astype(object),
            "sense": "at least",
            "limit": measures["extent"],
            "unit": measures["unit"],
            "period": "any inspection",
            "samples": 0,
            "formula": "extent that stands and runs, counted or measured on site",
            "tolerance": 0.0,
            "tolerance_from": _AS_COUNTED,
            "target": measures["source"].map(known).fillna(""),
        }
    )


def _of_targets(allowance: Allowance) -> pd.DataFrame:
    """Return how each target is judged."""
    case, targets = allowance.case, allowance.problem.targets
    form, flow = np.array(targets.form, dtype=object), case.values("targets", "reference_flow")
    counted = np.diff(targets.scope.indptr)
    receptor = case["targets"]["receptor"].astype(object).to_numpy()
    unit = case.settings.units.flow
    formula = []
    for row in range(len(form)):
        if form[row] == QUALITY:
            said = f"mean of what is measured at {receptor[row]}"
        elif form[row] == BUDGET:
            said = "sum of the yearly costs of the measures"
        else:
            at_flow = f", x {flow[row]:g} / flow of the year [{unit}]" if flow[row] > 0 else ""
            said = f"sum of the yearly loads that it counts ({counted[row]}){at_flow}"
        formula.append(said)
    held_back = targets.margin > 0
    return pd.DataFrame(
        {
            "source": "",
            "pollutant": "",
            "indicator": "target",
            "sense": np.where(targets.sign > 0, "at most", "at least"),
            "limit": targets.limit,
            "unit": target_units(case, allowance.problem),
            "period": "calendar year",
            "samples": 0,
            "formula": formula,
            "tolerance": 0.0,
            "tolerance_from": np.where(
                held_back, "what is not known is held back as margin", "no margin is held back for what is not known"
            ),
            "target": targets.ids,
        }
    )
