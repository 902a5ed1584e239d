"""Targets as rows: a linear function of the loads, or of the yearly cost, that may not pass a limit.

Every kind of target comes down to one of three rows.

quality
    background + sum over loads of coefficient x load  <=  limit - margin of safety   (or >= limit + margin)
load, reduction, intensity
    sum of the loads in scope  <=  cap - margin of safety - reserve, where the cap is the limit (load), the baseline
    load in scope less the limit or less limit percent of it (reduction), or the limit times what the intensity is
    divided by (intensity)
budget
    yearly cost of the options in scope  <=  limit - margin of safety

A quality target with basis gap_closure has the limit baseline - g x (baseline - best), where g is the share of the
gap to close and best is the quality that all measures together can reach. Best takes a solve, so that limit is NaN
until `resolve_gap_closure` fills it in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate_data.case import Case
from abate_data.errors import Finding, InputError
from abate_models.receptors import Receptors
from abate_models.regions import Scopes

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

QUALITY, CAP, BUDGET = "quality", "cap", "budget"


@dataclass(frozen=True)
class Targets:
    """Targets in the planner's order; an entry each.

    Attributes
    ----------
    ids : the targets' ids.
    form : `quality`, `cap` or `budget`: which of the three rows it is.
    sign : +1 for an upper limit, -1 for a lower one.
    limit : the limit or cap in the unit of the row (quality, load or money per year), before margin and reserve.
    margin, reserve : held back from the limit, same unit.
    gap_closure : share of the gap to close, NaN for any other basis.
    step : by how much the row gets tighter per unit of the limit as the planner asked it (a percentage point, a
        unit of intensity ...), in the unit of the row; negative where a greater limit is a looser one.
    priority : 0 is never relaxed; higher numbers give way first.
    quality : row of a quality target in `Receptors`, -1 otherwise.
    scope : (targets x loads), 1 where a cap counts a load.
    sources : (targets x sources), True where a budget counts a source's cost.
    year : year by which it must hold; NaN for the end of the horizon.
    probability : with which it must hold; NaN where its expected value is judged.
    price_ceiling : the most that one unit of tightening may cost [money/yr per unit of the row]; NaN or infinite
        where it does not give way for its price.
    """

    ids: list[str]
    form: list[str]
    sign: Floats
    limit: Floats
    margin: Floats
    reserve: Floats
    gap_closure: Floats
    step: Floats
    priority: Codes
    quality: Codes
    scope: sparse.csr_array
    sources: Mask
    year: Floats
    probability: Floats
    price_ceiling: Floats

    @property
    def allowed(self) -> Floats:
        """What the row may reach: the limit less (for a lower limit: plus) margin and reserve."""
        return self.limit - self.sign * (self.margin + self.reserve)

    def take(self, rows: Codes) -> Targets:
        """Return the targets at the given positions."""
        return Targets(
            ids=[self.ids[row] for row in rows],
            form=[self.form[row] for row in rows],
            sign=self.sign[rows],
            limit=self.limit[rows],
            margin=self.margin[rows],
            reserve=self.reserve[rows],
            gap_closure=self.gap_closure[rows],
            step=self.step[rows],
            priority=self.priority[rows],
            quality=self.quality[rows],
            scope=self.scope[rows],
            sources=self.sources[rows],
            year=self.year[rows],
            probability=self.probability[rows],
            price_ceiling=self.price_ceiling[rows],
        )

    def rows(self, form: str) -> Codes:
        """Return the positions of the targets of one form."""
        return np.flatnonzero(np.asarray(self.form) == form)


def caps_on_loads(keys: list[tuple[str, str]], allowed: Floats, sources: int) -> Targets:
    """Return a cap on each load by itself, named by its (source, pollutant), that may give way."""
    count = len(keys)
    none = np.zeros(count)
    return Targets(
        ids=[f"{source}, {pollutant}" for source, pollutant in keys],
        form=[CAP] * count,
        sign=np.ones(count),
        limit=allowed,
        margin=none,
        reserve=none,
        gap_closure=np.full(count, np.nan),
        step=-np.ones(count),
        priority=np.ones(count, dtype=np.int64),
        quality=np.full(count, -1),
        scope=sparse.eye_array(count, format="csr"),
        sources=np.zeros((count, sources), dtype=bool),
        year=np.full(count, np.nan),
        probability=np.full(count, np.nan),
        price_ceiling=np.full(count, np.inf),
    )


def resolve_gap_closure(targets: Targets, baseline: Floats, best: Floats) -> Targets:
    """Return the targets with the limits of gap closure filled in.

    Parameters
    ----------
    baseline, best : quality with no measure and the best that can be reached, one per target (NaN elsewhere).
    """
    closing = ~np.isnan(targets.gap_closure)
    limit = np.where(closing, baseline - targets.gap_closure * (baseline - best), targets.limit)
    step = np.where(closing, targets.sign * (baseline - best) / 100.0, targets.step)
    return replace(targets, limit=limit, step=step)


def read_targets(
    case: Case, source: Codes, pollutant: Codes, baseline: Floats, receptors: Receptors, scopes: Scopes
) -> Targets:
    """Read the targets; `source`, `pollutant` and `baseline` describe the loads."""
    table = case["targets"]
    kind = np.asarray(table["kind"], dtype=object)
    basis = np.asarray(table["basis"], dtype=object)
    region, sector = case.codes("targets", "region"), case.codes("targets", "sector")
    form = [kind_ if kind_ in (QUALITY, BUDGET) else CAP for kind_ in kind]
    members = [scopes.sources(*zone) for zone in zip(region, sector, strict=True)]
    sources = np.array(members, dtype=bool).reshape(len(table), len(case["sources"]))
    counted = sources[:, source] & (case.codes("targets", "pollutant")[:, None] == pollutant)
    counted &= (np.asarray(form, dtype=object) == CAP)[:, None]
    judged = kind == QUALITY
    quality = np.full(len(table), -1, dtype=np.int64)
    quality[judged] = receptors.position[
        case.codes("targets", "receptor")[judged], case.codes("targets", "parameter")[judged]
    ]
    closing = basis == "gap_closure"
    limit = case.values("targets", "limit")
    sign = np.where(table["sense"] == "at_least", -1.0, 1.0)
    cap, step = _caps(case, counted @ baseline, scopes)
    return Targets(
        ids=[str(name) for name in table["target"]],
        form=form,
        sign=sign,
        limit=np.where(closing, np.nan, cap),
        margin=case.values("targets", "margin_of_safety"),
        reserve=case.values("targets", "reserve"),
        gap_closure=np.where(closing, limit / 100.0, np.nan),
        step=np.where(closing, np.nan, step * sign),
        priority=np.asarray(table["priority"], dtype=np.int64),
        quality=quality,
        scope=sparse.csr_array(counted.astype(np.float64)),
        sources=sources,
        year=case.values("targets", "year"),
        probability=case.values("targets", "probability"),
        price_ceiling=case.values("targets", "price_ceiling"),
    )


def _caps(case: Case, baseline: Floats, scopes: Scopes) -> tuple[Floats, Floats]:
    """Return each target's limit and step in the unit of its row; `baseline` is the load in the scope of each."""
    kind, basis = (np.asarray(case["targets"][name], dtype=object) for name in ("kind", "basis"))
    asked = case.values("targets", "limit")
    factor = np.ones(len(asked))
    factor[basis == "percent"] = baseline[basis == "percent"] / 100.0
    for row in np.flatnonzero(kind == "intensity"):
        factor[row] = _divisor(case, int(row), str(basis[row]), scopes)
    reduction = kind == "reduction"
    return np.where(reduction, baseline, 0.0) + np.where(reduction, -1, 1) * asked * factor, np.where(
        reduction, 1, -1
    ) * factor


def _divisor(case: Case, row: int, basis: str, scopes: Scopes) -> float:
    """Return what an intensity is divided by: output of the sources in scope, or an attribute of the region."""
    region, sector = (int(case.codes("targets", name)[row]) for name in ("region", "sector"))
    if basis == "output":
        members = scopes.sources(region, sector)
        amounts = case.values("sources", "output")[members]
    else:
        amounts = _of_region(case, region, basis, scopes)
    total = float(amounts.sum()) if len(amounts) else np.nan
    if not total > 0:
        target = str(case["targets"]["target"].iloc[row])
        where = "sources" if basis == "output" else "regions"
        raise InputError(
            [
                Finding(
                    table="targets",
                    row=f"target {target!r}",
                    column="basis",
                    value=basis,
                    problem=f"{basis} is blank or zero in its scope",
                    cure=f"give {basis} in table {where} for everything that the target covers",
                )
            ]
        )
    return total


def _of_region(case: Case, region: int, basis: str, scopes: Scopes) -> Floats:
    """Return the region's own attribute, or those of its outermost descendants that give one where it is blank."""
    value = np.full(len(case.ids("regions", "region")), np.nan)
    value[case.codes("regions", "region")] = case.values("regions", basis)
    if region >= 0 and not np.isnan(value[region]):
        return value[[region]]
    inside = scopes.regions(int(region))
    rows = [int(row) for row in np.flatnonzero(inside & ~np.isnan(value))]
    # a region is left out where one that contains it has given its own figure
    return value[[a for a in rows if not any(scopes.regions(b)[a] for b in rows if b != a)]]
