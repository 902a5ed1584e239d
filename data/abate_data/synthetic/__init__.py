"""Seeded cases of any size and shape, feasible by construction or infeasible in a chosen way.

The strongest technology is the last one: of every pollutant it removes the most. With it at full extent
everywhere every quality and every load is at the technical limit. Each target asks for a share of the way
from the baseline to that limit, never more than `tightness`; so the last technology at the extent
`tightness` at every source meets them all. That allocation is the witness; the least-cost plan is another
one.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from abate_data.case import Case
from abate_data.read import load
from abate_data.synthetic.conflicts import add_budget_below_cap, add_joint_conflict, put_target_out_of_reach
from abate_data.synthetic.matrix import matrix_response
from abate_data.synthetic.river import river_response
from abate_data.synthetic.site import Response, control_tables, make_site, source_tables
from abate_data.synthetic.targets import add_mixture, targets_table

Kind = Literal["air", "river", "mixed"]
Infeasible = Literal["", "target", "budget", "joint"]

__all__ = ["synthetic_case"]


def synthetic_case(  # noqa: PLR0913 - each argument is one dimension of the case's size or shape
    kind: Kind = "air",
    *,
    sources: int = 200,
    technologies: int = 5,
    receptors: int = 20,
    pollutants: int = 2,
    density: float = 1.0,
    fixed_cost_share: float = 0.0,
    tightness: float = 0.5,
    infeasible: Infeasible = "",
    seed: int = 0,
) -> Case:
    """Return a case made of random numbers: the same arguments, the same case.

    Parameters
    ----------
    kind : `air` has a transfer matrix (t/yr, ug/m3); `river` a tree of reaches with first-order decay, whose
        first pollutant uses oxygen (kg/d, mg/L); `mixed` is `air` with every kind of target, a resource, and
        every kind of rule.
    sources, technologies, receptors, pollutants : how many there are, each at least 1. Technologies exclude
        one another at a source; every source has every pollutant.
    density : share of the transfer matrix that is kept, 0 to 1; each receptor keeps its nearest source. A
        river has its own.
    fixed_cost_share : share of a technology's cost that is due whatever its extent, 0 to 1; above 0 makes
        each option an installation of a least extent of 0.1.
    tightness : 0 asks nothing, 1 asks what the strongest technology everywhere can just bring.
    infeasible : empty for a case that has a plan; `target` puts the first quality target out of reach,
        `budget` adds a budget below what one cap costs, `joint` adds two targets of which either can be
        met, but not both.
    seed : of the random numbers.

    Raises
    ------
    ValueError
        Where an argument is out of its range.
    """
    counts = {
        "sources": sources,
        "technologies": technologies,
        "receptors": receptors,
        "pollutants": pollutants,
    }
    shares = {"density": density, "fixed_cost_share": fixed_cost_share, "tightness": tightness}
    _check_arguments(kind, infeasible, counts, shares)
    rng = np.random.default_rng(seed)
    shape = (sources, technologies, pollutants)
    site = make_site(rng, shape, fixed_cost_share=fixed_cost_share, tightness=tightness)
    if kind == "river":
        site, response = river_response(site, receptors)
    else:
        response = matrix_response(site, receptors, density)
    tables = {**source_tables(site), **control_tables(site), **response.tables}
    tables["sources"] = tables["sources"].assign(**response.source_columns)
    tables["targets"] = targets_table(site, response)
    if kind == "mixed":
        add_mixture(tables, site)
    if infeasible == "target":
        put_target_out_of_reach(tables, response)
    elif infeasible == "budget":
        add_budget_below_cap(tables, site)
    elif infeasible == "joint":
        add_joint_conflict(tables, site)
    return load({"case": _settings(kind, response), **tables})


def _check_arguments(kind: str, infeasible: str, counts: dict[str, int], shares: dict[str, float]) -> None:
    wrong = [f"{name} must be 1 or more" for name, count in counts.items() if count < 1]
    wrong += [f"{name} must be from 0 to 1" for name, share in shares.items() if not 0 <= share <= 1]
    if kind not in ("air", "river", "mixed"):
        wrong.append("kind must be air, river or mixed")
    if infeasible not in ("", "target", "budget", "joint"):
        wrong.append("infeasible must be empty, target, budget or joint")
    if infeasible == "budget" and shares["tightness"] == 0:
        wrong.append("a budget is too small only where tightness is above 0")
    if wrong:
        raise ValueError("; ".join(wrong))


def _settings(kind: Kind, response: Response) -> dict[str, object]:
    river = kind == "river"
    quality = dict.fromkeys(response.parameters, "mg/L" if river else "ug/m3")
    units = {"load": "kg/d", "flow": "m3/s", "length": "km", "velocity": "m/s"} if river else {"load": "t/yr"}
    return {
        "name": f"synthetic-{kind}",
        "title": "A case made of random numbers",
        "currency": "EUR",
        "assumptions": ["Every figure is random."],
        "units": {**units, "quality": quality},
    }
