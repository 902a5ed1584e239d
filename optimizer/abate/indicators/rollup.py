"""The identity target = point + diffuse + background + margin + reserve + early action + unused, up the region tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from abate.indicators.allowance import Allowance, Codes, Floats, Mask
from abate.tables import balance
from abate_models.regions import Scopes, parents

#: Parts that make up a limit, in order.
PARTS = ("point", "diffuse", "background", "margin", "reserve", "early_action", "unused")
#: What is left unused counts as nothing below this share of the limit.
ROUNDING = 1e-12
COLUMNS = ("kind", "where", "inside", "of", "target", "unit", "limit", *PARTS, "basis")


def rollup(allowance: Allowance) -> pd.DataFrame:
    """Return what every region and every target is made up of.

    Of a region each part is that of the caps inside it, and of all loads inside it. Where one cap counts just the loads
    of the region it is the cap's identity; else the parts of the caps inside add up, the ones that count most loads
    first and none that shares a load with another, and a load that none of them counts is its own limit.

    Returns
    -------
    kind (region, cap or quality), where (region or receptor), inside (the region above, blank at the top), of
    (pollutant or parameter), target, unit, limit, then a column per part; basis (of a region, what its limit is).
    `early_action` is what was given back out of the reserve; point and diffuse are without it.
    """
    identity = _of_targets(allowance)
    regions = _of_regions(allowance, identity)
    table = pd.concat([regions, identity], ignore_index=True)[list(COLUMNS)]
    table.attrs["units"] = {}
    return table


def _of_targets(allowance: Allowance) -> pd.DataFrame:
    """Return the identity of each cap and quality target."""
    case, problem, plan = allowance.case, allowance.problem, allowance.plan
    targets, receptors = problem.targets, problem.receptors
    without = allowance.allowed - allowance.given_back
    table = balance(case, problem, replace(plan._outcome, load=without))
    rows = _rows(targets.ids, table["target"])
    quality = targets.quality[rows]
    is_quality = quality >= 0
    given = np.asarray(targets.scope[rows] @ allowance.given_back)
    given[is_quality] = (receptors.transfer @ allowance.given_back)[quality[is_quality]]
    # a cap gives back out of its reserve, a quality out of what it leaves free
    table["reserve"] -= np.where(is_quality, 0.0, given)
    table["early_action"] = given
    unused = table["unused"] - np.where(is_quality, given, 0.0)
    table["unused"] = unused.where(unused.abs() > ROUNDING * table["limit"].abs(), 0.0)
    judged = case["targets"].iloc[rows]
    columns = {name: judged[name].astype(object).fillna("").to_numpy() for name in ("region", "receptor", "sector")}
    pollutant, parameter = (judged[name].astype(object).fillna("").to_numpy() for name in ("pollutant", "parameter"))
    region = np.where(columns["region"] == "", "all", columns["region"])
    sector = np.where(columns["sector"] == "", "", ", " + columns["sector"])
    return table.assign(
        kind=np.where(is_quality, "quality", "cap"),
        where=np.where(is_quality, columns["receptor"], region + sector),
        inside="",
        of=np.where(is_quality, parameter, pollutant),
        basis="",
    )


def _rows(ids: list[str], names: Iterable[str]) -> Codes:
    """Return the positions of targets."""
    place = {name: row for row, name in enumerate(ids)}
    return np.array([place[name] for name in names], dtype=np.int64)


@dataclass(frozen=True)
class _Caps:
    """Caps of one pollutant.

    Attributes
    ----------
    names, limit : of each cap.
    parts : (caps x parts), in the order of `PARTS`.
    counts : (caps x loads), 1 where a cap counts a load of the pollutant.
    """

    names: list[str]
    limit: Floats
    parts: Floats
    counts: sparse.csr_array

    def inside(self, members: Mask) -> tuple[list[int], Mask]:
        """Return caps that count members alone and share none of them, and which members are left.

        Caps that count most come first, of those that count as many the tightest.
        """
        size = np.diff(self.counts.indptr)
        within = np.flatnonzero((size > 0) & (self.counts @ members.astype(np.float64) == size))
        taken, left = [], members.copy()
        for cap in sorted(within.tolist(), key=lambda row: (-size[row], self.limit[row])):
            counted = self.counts.indices[self.counts.indptr[cap] : self.counts.indptr[cap + 1]]
            if left[counted].all():
                taken.append(cap)
                left[counted] = False
        return taken, left


def _of_regions(allowance: Allowance, identity: pd.DataFrame) -> pd.DataFrame:
    """Return the identity of every region and pollutant that it emits, the whole case first."""
    case, problem = allowance.case, allowance.problem
    scopes, above = Scopes(case), parents(case)
    names = ["all", *case.ids("regions", "region")]
    caps = {code: _caps(allowance, identity, code) for code in range(len(problem.pollutants))}
    of_pollutant = {code: np.flatnonzero(problem.loads.pollutant == code) for code in caps}
    rows = []
    for region, name in enumerate(names, start=-1):
        inside = scopes.sources(region)
        parent = "" if region < 0 else names[above[region] + 1]
        for code, loads in of_pollutant.items():
            members = inside[problem.loads.source[loads]]
            if members.any():
                said = _of_region(allowance, caps[code], loads, members)
                rows.append(("region", name, parent, problem.pollutants[code], *said))
    columns = ["kind", "where", "inside", "of", "target", "limit", *PARTS, "basis"]
    return pd.DataFrame(rows, columns=columns).assign(unit=allowance.load_unit)


def _caps(allowance: Allowance, identity: pd.DataFrame, code: int) -> _Caps:
    """Return the caps of one pollutant that have a limit."""
    problem = allowance.problem
    loads = np.flatnonzero(problem.loads.pollutant == code)
    is_cap = (identity["kind"] == "cap") & (identity["of"] == problem.pollutants[code])
    of = identity[is_cap & np.isfinite(identity["limit"])]
    rows = _rows(problem.targets.ids, of["target"])
    counts = sparse.csr_array(problem.targets.scope[rows][:, loads])
    counts.eliminate_zeros()
    return _Caps(list(of["target"]), of["limit"].to_numpy(dtype=float), of[list(PARTS)].to_numpy(dtype=float), counts)


def _of_region(allowance: Allowance, caps: _Caps, loads: Codes, members: Mask) -> tuple[object, ...]:
    """Return target, limit, parts and basis of one region and pollutant."""
    taken, left = caps.inside(members)
    others = loads[left]
    own = (allowance.allowed - allowance.given_back)[others]
    is_point, early = allowance.is_point[others], allowance.given_back[others]
    uncounted = {"point": own[is_point].sum(), "diffuse": own[~is_point].sum(), "early_action": early.sum()}
    parts = caps.parts[taken].sum(axis=0) + [uncounted.get(name, 0.0) for name in PARTS]
    limit = float(caps.limit[taken].sum() + allowance.allowed[others].sum())
    target = caps.names[taken[0]] if len(taken) == 1 and not len(others) else ""
    return target, limit, *parts.tolist(), _basis(len(taken), len(others))


def _basis(caps: int, others: int) -> str:
    """Say what the limit of a region is."""
    if not caps:
        return "what its sources are allowed: no cap inside counts them"
    inside = f"sum of the {caps} targets inside" if caps > 1 else "the target inside"
    if others:
        uncounted = "1 load is" if others == 1 else f"{others} loads are"
        return f"{inside}, and what {uncounted} allowed that no cap counts"
    return inside if caps > 1 else "its own target"
