"""Tiers: a rule for each level of the region tree, down to the source."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.decompose import decompose
from abate.errors import Finding, InputError
from abate.plan import Plan
from abate.strategies.curves import CostCurve
from abate.strategies.parties import Parties
from abate.strategies.study import Study
from abate_models.assemble import assemble
from abate_models.matrix import MatrixConstraint

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

#: Levels that are no depth of the region tree.
SECTOR, SOURCE = "sector", "source"
LEAST_COST = "least-cost"


def tiers(study: Study, *, levels: tuple[str, ...] = ("1:per-capita", "source:equal-percent")) -> Plan:
    """Divide level by level: first among regions, then among the sectors of each, at last among sources.

    A level is written ``where:rule``: a depth of the region tree (1 is below the root), ``sector``, or ``source``,
    which comes last; ``source:least-cost`` lets the cheapest measures decide within what each group was given. What a
    level hands out to a group is the cap of its members at the next; all targets hold at every level, with the load
    of a group spread over its members as today.

    Raises
    ------
    InputError
        Where a level or rule is unknown, or the last one is not the source.
    """
    from abate.strategies.registry import named, rule_of

    steps = [_step(level) for level in levels]
    if not steps or steps[-1][0] != SOURCE:
        cure = "end with source:RULE, such as source:equal-percent or source:least-cost"
        raise InputError([Finding("strategy", "does not go down to the source", cure, "", "levels", ",".join(levels))])
    parties = study.parties()
    group = np.zeros(len(parties.names), dtype=np.int64)
    label = named("tiers", {"levels": levels})
    names: list[str] = []
    for where, rule in steps[:-1]:
        group, names = _split(study, group, where, names)
        together = replace(grouped(parties, group), names=names)
        allowed, _ = rule_of(rule)(together)
        parties = capped(parties, group, allowed, names)
    if steps[-1][1] == LEAST_COST:
        return _cheapest(study, parties, label)
    allowed, _ = rule_of(steps[-1][1])(parties)
    return study.reaching.plan(allowed, label)


def grouped(parties: Parties, group: Codes) -> Parties:
    """Return groups as parties: sums of loads, floors and attributes, and targets as if members shared as today.

    Parameters
    ----------
    group : code of the group of each party, from 0 on; members of a group share a pollutant.
    """
    count = int(group.max(initial=-1)) + 1

    def total(values: Floats) -> Floats:
        return np.bincount(group, values, count).astype(float)

    current = total(parties.current)
    part = np.divide(parties.current, current[group], out=np.zeros(len(group)), where=current[group] > 0)
    spread = sparse.csr_array((part, (np.arange(len(group)), group)), shape=(len(group), count))
    first = np.unique(group, return_index=True)[1]
    return replace(
        parties,
        names=[parties.names[row] for row in first],
        pollutant=parties.pollutant[first],
        point=total(parties.point.astype(float)) > 0,
        sector=parties.sector[first],
        current=current,
        raw=total(parties.raw),
        permitted=total(parties.permitted),
        floor=total(parties.lower),
        movable=total(parties.movable.astype(float)) > 0,
        rows=sparse.csr_array(parties.rows @ spread),
        figures=lambda name: total(parties.figures(name)),
        reachable=lambda: total(np.maximum(parties.reachable(), parties.lower)),
        curves=_no_curves,
    )


def capped(parties: Parties, group: Codes, allowed: Floats, names: list[str]) -> Parties:
    """Return the parties with a cap on each group: what the level above has handed out to it."""
    members = sparse.csr_array((np.ones(len(group)), (group, np.arange(len(group)))), shape=(len(allowed), len(group)))
    return replace(
        parties,
        rows=sparse.csr_array(sparse.vstack([parties.rows, members])),
        limits=np.append(parties.limits, allowed),
        targets=[*parties.targets, *(f"share of {name}" for name in names)],
    )


def _step(level: str) -> tuple[str, str]:
    where, colon, rule = (part.strip() for part in level.partition(":"))
    if not colon or not (where in (SECTOR, SOURCE) or where.isdigit()):
        cure = f"write a depth of the region tree, {SECTOR} or {SOURCE}, a colon and a rule, such as 1:per-capita"
        raise InputError([Finding("strategy", "is no level", cure, "", "levels", level)])
    return where, rule


def _members(study: Study, where: str) -> tuple[Codes, list[str]]:
    """Return for each load the code of its sector, or of its region at a depth, and what these are called."""
    case, source = study.case, study.problem.loads.source
    if where == SECTOR:
        return case.codes("sources", "sector")[source], case.ids("sources", "sector")
    parent = np.full(len(case.ids("regions", "region")) + 1, -1)
    parent[case.codes("regions", "region")] = case.codes("regions", "parent")
    lineage = [case.codes("sources", "region")[source]]
    while (lineage[-1] >= 0).any():
        lineage.append(parent[lineage[-1]])
    # the chain of each load from its own region up; its depth is how many regions lie above
    above = np.array(lineage).T
    depth = (above >= 0).sum(axis=1) - 1
    step = np.maximum(depth - int(where), 0)
    return above[np.arange(len(above)), step], case.ids("regions", "region")


def _split(study: Study, group: Codes, where: str, names: list[str]) -> tuple[Codes, list[str]]:
    """Return the groups of the next level, within those of the last and by pollutant, and their names."""
    code, called = _members(study, where)
    pollutant = study.problem.loads.pollutant
    keys, finer = np.unique(np.column_stack([group, code, pollutant]), axis=0, return_inverse=True)
    several = len(study.problem.pollutants) > 1
    said = []
    for above, own, kind in keys:
        parts = [names[above] if names else "", called[own] if own >= 0 else "elsewhere"]
        parts += [study.problem.pollutants[kind]] if several and not names else []
        said.append(", ".join(part for part in parts if part))
    return finer.ravel(), said


def _no_curves() -> list[CostCurve]:
    cure = "use this rule at the level of the source"
    raise InputError([Finding("strategy", "groups have no cost curve", cure, "", "levels")])


def _cheapest(study: Study, parties: Parties, label: str) -> Plan:
    """Return the cheapest plan within what the groups were given."""
    first = len(parties.targets) - sum(name.startswith("share of ") for name in parties.targets)
    model = assemble(study.problem)
    model.share = MatrixConstraint(
        parties.targets[first:],
        terms=[(parties.rows[first:], model.allowed_load)],
        lower=np.array(-np.inf),
        upper=parties.limits[first:],
        doc="loads of a group within what the level above has handed out to it",
    )
    plan = decompose(study.case, model=model, time_limit=study.time_limit, gap=study.gap, progress=study.progress)
    return replace(plan, strategy=label)
