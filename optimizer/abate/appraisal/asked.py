"""What can be wrong with proposals beyond their table: extents that do not fit, responses that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from abate.plan import Plan
from abate_data.case import Case
from abate_data.checks.proposals import NEW
from abate_data.draft import LISTED
from abate_data.errors import Finding, InputError
from abate_data.proposals import Proposal, Site
from abate_models.problem import Problem
from abate_models.regions import Scopes
from abate_models.transport.river import river_transfer

_TABLE = "proposals"


def check_against(plan: Plan, proposals: Sequence[Proposal]) -> None:
    """Check proposals against the case of a plan.

    Raises
    ------
    InputError
        With everything that is wrong.
    """
    problem = plan._problem
    findings = [*_closed_before(proposals)]
    for one in proposals:
        if one.kind == "measure":
            findings += _extents(problem, one)
        if one.kind == NEW and one.site is not None:
            findings += [*_responses(plan.case, problem, one, one.site), *_own_measures(plan.case, one)]
            findings += _output(plan.case, one, one.site)
    if findings:
        raise InputError(findings)


def _closed_before(proposals: Sequence[Proposal]) -> Iterator[Finding]:
    """Find proposals about a source that an earlier one closes."""
    closed: dict[str, str] = {}
    for one in proposals:
        if one.source in closed:
            problem = f"is about a source that proposal {closed[one.source]!r} closes"
            cure = "put it before that one, or leave one of them out"
            yield Finding(_TABLE, problem, cure, _row(one), "source", one.source)
        if one.kind == "shutdown":
            closed.setdefault(one.source, one.proposal)


def _extents(problem: Problem, one: Proposal) -> Iterator[Finding]:
    """Find extents that are more than fits, or less than can be installed."""
    options = problem.options
    for measure, extent in one.measures.items():
        row = options.keys.index((one.source, measure))
        most, least = float(options.most[row]), float(options.lower[row])
        if extent > most:
            cure = f"ask for {most:g} at most" if most > 0 else "nothing may be asked of this source"
            yield Finding(_TABLE, "is more than fits there", cure, _row(one, measure), "extent", f"{extent:g}")
        elif 0 < extent < least:
            cure = f"ask for 0, or for {least:g} at least"
            yield Finding(_TABLE, "is less than can be installed", cure, _row(one, measure), "extent", f"{extent:g}")


def _responses(case: Case, problem: Problem, one: Proposal, site: Site) -> list[Finding]:
    """Find receptors with targets of which nothing says how they respond to a new source."""
    if site.elsewhere == "none":
        return []
    answered, found = _Answered(case, site), []
    for at, pollutant in zip(*np.nonzero(_acting(problem)), strict=True):
        receptor, parameter = problem.receptors.keys[at]
        name = problem.pollutants[pollutant]
        if name in one.loads and not answered.by(receptor, name, parameter):
            what = f"nothing says how {parameter} at {receptor} responds to {name} from it"
            cure = (
                "add a row with receptor and coefficient (0 where there is none), say which source it is like"
                + (", name its reach" if len(case["reaches"]) else "")
                + ", or write elsewhere = none"
            )
            found.append(Finding(_TABLE, what, cure, _row(one), "receptor", receptor))
    if len(found) > LISTED:
        more = f"{len(found) - LISTED} more receptors like these, {len(found)} in all"
        found = [*found[:LISTED], Finding(_TABLE, more, "mend them likewise", _row(one))]
    return found


def _acting(problem: Problem) -> NDArray[np.bool_]:
    """Return (qualities x pollutants): which pollutants act on each quality that a target judges."""
    loads, transfer = problem.loads, abs(problem.receptors.transfer)
    acts = np.zeros((transfer.shape[0], len(problem.pollutants)), dtype=bool)
    for code in range(len(problem.pollutants)):
        acts[:, code] = transfer @ (loads.pollutant == code).astype(np.float64) > 0
    judged = np.zeros(len(acts), dtype=bool)
    judged[problem.targets.quality[problem.targets.quality >= 0]] = True
    return acts & judged[:, None]


class _Answered:
    """Answers whether a proposal says how a receptor responds to it."""

    def __init__(self, case: Case, site: Site) -> None:
        self._response = set(site.response)
        table, loads = case["transfer"], case["loads"]
        rows = table[(table["source"] == site.like).to_numpy()]
        keys = zip(*(rows[name].astype(str) for name in ("receptor", "pollutant", "parameter")), strict=True)
        self._response |= set(keys)
        # where the source that it is like emits the pollutant, what has no row there has no response there
        self._like = set(loads.loc[(loads["source"] == site.like).to_numpy(), "pollutant"].astype(str))
        sources = case["sources"].set_index("source")["reach"].astype(object)
        reach = sources.get(site.like) if site.like else site.reach
        receptors = case["receptors"]
        self._on_river = set(receptors.loc[receptors["reach"].notna(), "receptor"].astype(str))
        self._by_river = set(river_transfer(case).parameters) if isinstance(reach, str) and reach else set()

    def by(self, receptor: str, pollutant: str, parameter: str) -> bool:
        """Return whether something says how a parameter at a receptor responds to a pollutant."""
        by_river = receptor in self._on_river and parameter in self._by_river
        return by_river or pollutant in self._like or (receptor, pollutant, parameter) in self._response


def _own_measures(case: Case, one: Proposal) -> Iterator[Finding]:
    """Find measures of a new source of which nothing says what they remove there."""
    table = case["removals"]
    like = "" if one.site is None else one.site.like
    rows = table[(table["source"].isna() | (table["source"] == like)).to_numpy()]
    known = set(zip(rows["measure"].astype(str), rows["pollutant"].astype(str), strict=True))
    for measure in one.measures:
        if not any((measure, pollutant) in known for pollutant in one.loads):
            cure = "leave it out, say which source it is like, or add a general row for it to the table removals"
            problem = "nothing says what the measure removes at a new source"
            yield Finding(_TABLE, problem, cure, _row(one, measure), "measure", measure)


def _output(case: Case, one: Proposal, site: Site) -> Iterator[Finding]:
    """Find new sources that do not say what they produce where a target limits load per production."""
    targets, scopes = case["targets"], Scopes(case)
    chosen = (targets["kind"] == "intensity") & (targets["basis"] == "output")
    region, sector = case.ids("regions", "region"), case.ids("sources", "sector")
    for row in np.flatnonzero(chosen.to_numpy()) if np.isnan(site.output) else ():
        zone, branch = (int(case.codes("targets", name)[row]) for name in ("region", "sector"))
        inside = zone < 0 or (site.region in region and bool(scopes.regions(zone)[region.index(site.region)]))
        if inside and (branch < 0 or site.sector == sector[branch]):
            cure = f"say what it produces a year, 0 for nothing: target {targets['target'].iloc[row]!r} counts it"
            yield Finding(_TABLE, "the output is missing", cure, _row(one), "output")


def _row(one: Proposal, measure: str = "") -> str:
    return f"proposal {one.proposal!r}" + (f", measure {measure!r}" if measure else "")
