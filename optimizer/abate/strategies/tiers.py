"""Tiers: a rule for each level of the region tree, down to the source."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.attainable import require_options
from abate.errors import Finding, InputError
from abate.plan import Plan
from abate.strategies.curves import CostCurve
from abate.strategies.filling import fill, proportional
from abate.strategies.handing import options_needed, rule_of
from abate.strategies.naming import named
from abate.strategies.parties import Parties
from abate.strategies.staging import cheapest, signed
from abate.strategies.study import Study
from abate_models.assemble import assemble
from abate_models.matrix import MatrixConstraint
from abate_models.regions import parents

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

#: Levels that are no depth of the region tree.
SECTOR, SOURCE = "sector", "source"
LEAST_COST = "least-cost"
#: What a level hands out to a group is called so.
SHARE = "share of "


def tiers(study: Study, *, levels: tuple[str, ...] = ("1:equal-percent", "source:least-cost")) -> Plan:
    """Divide level by level: first among regions, then among the sectors of each, at last among sources.

    A level is written ``where:rule``: a depth of the region tree (1 is below the root), ``sector``, or ``source``,
    which comes last; ``source:least-cost`` lets the cheapest measures decide within what each group was given. What a
    level hands out to a group is the cap of its members at the next; all targets hold at every level.

    Raises
    ------
    InputError
        Where a level or rule is unknown, or the last one is not the source.
    """
    steps = [_step(level) for level in levels]
    if [where == SOURCE for where, _ in steps] != [False] * (len(steps) - 1) + [True]:
        cure = "end with source:RULE, such as source:equal-percent or source:least-cost, and name it once"
        raise InputError([Finding("strategy", "does not go down to the source", cure, "", "levels", ",".join(levels))])
    _refuse_unfit([rule for where, rule in steps if (where, rule) != (SOURCE, LEAST_COST)])
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
    """Return groups as parties: sums of loads, floors and attributes, and the targets on them.

    In a target the load of a group counts as if its members shared it as equal percentages under all targets would
    leave it to them: a group is not held to more than its members need.

    Parameters
    ----------
    group : code of the group of each party, from 0 on; members of a group share a pollutant.

    Raises
    ------
    NoPlanError
        Where floors alone pass a target.
    """
    count = int(group.max(initial=-1)) + 1

    def total(values: Floats) -> Floats:
        return np.bincount(group, values, count).astype(float)

    left = fill(parties, proportional(parties, parties.current))
    together = total(left)[group]
    part = np.divide(left, together, out=np.zeros(len(group)), where=together > 0)
    spread = sparse.csr_array((part, (np.arange(len(group)), group)), shape=(len(group), count))
    first = np.unique(group, return_index=True)[1]
    return replace(
        parties,
        names=[parties.names[row] for row in first],
        pollutant=parties.pollutant[first],
        point=total(parties.point.astype(float)) > 0,
        sector=parties.sector[first],
        current=total(parties.current),
        raw=total(np.where(parties.movable, parties.raw, parties.current)),
        permitted=total(np.where(parties.movable, parties.permitted, parties.current)),
        floor=total(parties.lower),
        movable=total(parties.movable.astype(float)) > 0,
        rows=sparse.csr_array(parties.rows @ spread),
        figures=lambda name: total(_known(parties, parties.figures(name))),
        reachable=lambda: total(np.maximum(parties.reachable(), parties.lower)),
        curves=_no_curves,
    )


def _known(parties: Parties, figures: Floats) -> Floats:
    """Return figures with 0 where one is missing and nothing may be asked: the party itself would not need it."""
    return np.where(np.isnan(figures) & ~parties.movable, 0.0, figures)


def capped(parties: Parties, group: Codes, allowed: Floats, names: list[str]) -> Parties:
    """Return the parties with a cap on each group: what the level above has handed out to it."""
    members = sparse.csr_array((np.ones(len(group)), (group, np.arange(len(group)))), shape=(len(allowed), len(group)))
    return replace(
        parties,
        rows=sparse.csr_array(sparse.vstack([parties.rows, members])),
        limits=np.append(parties.limits, allowed),
        targets=[*parties.targets, *(f"{SHARE}{name}" for name in names)],
    )


def _step(level: str) -> tuple[str, str]:
    where, colon, rule = (part.strip() for part in level.partition(":"))
    if not colon or not (where in (SECTOR, SOURCE) or where.isdecimal()):
        cure = f"write a depth of the region tree, {SECTOR} or {SOURCE}, a colon and a rule, such as 1:per-capita"
        raise InputError([Finding("strategy", "is no level", cure, "", "levels", level)])
    return where, rule


def _refuse_unfit(names: list[str]) -> None:
    """Raise InputError where a name is no rule, or one that needs options, for which a level has no place."""
    for name in names:
        needed = options_needed(name)
        if needed:
            cure = f"a level cannot give {', '.join(needed)}; choose a rule that can do without"
            raise InputError([Finding("strategy", "needs options of its own", cure, "", "levels", name)])


def _members(study: Study, where: str) -> tuple[Codes, list[str]]:
    """Return for each load the code of its sector, or of its region at a depth, and what these are called."""
    case, source = study.case, study.problem.loads.source
    if where == SECTOR:
        return case.codes("sources", "sector")[source], case.ids("sources", "sector")
    parent = parents(case)
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
    first = len(study.parties().targets)  # what follows is what the levels have handed out
    require_options(study.case)
    model = assemble(study.problem)
    model.share = MatrixConstraint(
        [name.removeprefix(SHARE) for name in parties.targets[first:]],
        terms=[(parties.rows[first:], model.allowed_load)],
        lower=np.array(-np.inf),
        upper=parties.limits[first:],
        doc="loads of a group within what the level above has handed out to it",
    )
    return signed(cheapest(study, model), label, {})
