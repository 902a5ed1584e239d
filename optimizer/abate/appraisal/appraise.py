"""Appraisal: proposed projects tested against a plan, in their order, before they are approved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from abate.appraisal.after import plan_after
from abate.appraisal.asked import check_against
from abate.appraisal.judged import Judged, reserve_used
from abate.appraisal.offsets import Offset, Offsets, Room
from abate.appraisal.reasons import Words
from abate.appraisal.result import Appraisal, Tables
from abate.appraisal.standing import Standing, World
from abate.appraisal.verdict import Decision, Verdict
from abate.appraisal.widened import widened
from abate.attainable import Progress, no_report
from abate.decomposing import check_arguments
from abate.errors import Finding, InputError
from abate.plan import Plan
from abate.strategies.allocate import allocate
from abate_data.case import Case
from abate_data.checks.proposals import NEW
from abate_data.proposals import Proposal, Proposed, read_proposals
from abate_models.problem import read_problem

Floats = NDArray[np.float64]

#: Kinds of project that the reserve for growth is meant for.
GROWTH = (NEW, "expansion")


def appraise(
    case: Case,
    plan: Plan | str,
    proposal: Proposed | None = None,
    *,
    use_reserve: bool = False,
    progress: Progress | None = None,
) -> Appraisal:
    """Test proposed projects against a plan: effect, headroom left, the offset that is needed, a verdict with reasons.

    Proposals are taken in their order: one that is approved counts for the next, with its offset. A proposal is judged
    by what the plan allows every source, and by limits as the plan has them: percentages of a baseline, or of a gap, do
    not move with it. A target that the plan misses already may not get worse. An offset takes measures further, and
    takes none back; rules on how a plan shares its burden do not bind what a proposer pays for.

    Parameters
    ----------
    case : the case of the plan.
    plan : a plan for it, or the allocation strategy that makes it, ``least-cost``.
    proposal : one or several (`abate.Proposal`), or a table of them: a DataFrame, the path of a CSV file or of a
        workbook with a sheet `proposals`; None for the case's own table.
    use_reserve : whether new sources and expansions may use what targets hold back for growth.
    progress : called with (what, done, total) before each proposal.

    Raises
    ------
    InputError
        With everything that is wrong with the proposals; or where the plan is one of another case.
    NoPlanError, SolverError
        Where the strategy has no plan; where a solve fails, or the plan after the proposals is not certified.

    Examples
    --------
    >>> import abate
    >>> case = abate.load("echo-reservoir")
    >>> plan = abate.decompose(case)
    >>> from abate_data.proposals import Proposal
    >>> appraise(case, plan, Proposal.expansion("dairy", "weber-above/manure", {"P": 20.0}))
    <Appraisal for 'echo-reservoir': 1 approved with offset (3,351 USD/yr)>
    """
    check_arguments(case, None, 0.0)
    made = allocate(case, plan, progress=progress) if isinstance(plan, str) else _plan_of(case, plan)
    proposals = read_proposals(case, proposal)
    check_against(made, proposals)
    return _Appraising(made, proposals, use_reserve).run(progress or no_report)


def _plan_of(case: Case, plan: object) -> Plan:
    """Return a plan, or refuse what is none of this case."""
    if not isinstance(plan, Plan):
        cure = "make one with abate.decompose, or name an allocation strategy"
        raise InputError([Finding("plan", "is not a plan", cure, value=repr(plan)[:80])])
    if plan.case is not case and plan.case != case:
        cure = "make it for this case and scenario, as it stands now"
        raise InputError([Finding("plan", "is a plan of another case", cure, value=plan.case.label)])
    return plan


class _Appraising:
    """One appraisal on its way."""

    def __init__(self, plan: Plan, proposals: Sequence[Proposal], use_reserve: bool) -> None:
        self._plan, self._proposals, self._use_reserve = plan, proposals, use_reserve
        case = widened(plan.case, plan._problem, proposals)
        problem = read_problem(case)
        targets = replace(problem.targets, margin=plan._problem.targets.margin, limit=plan._problem.targets.limit)
        self._world = World(case, replace(problem, targets=targets))
        self._words = Words(self._world)
        self._standing = self._world.first(plan._problem, plan._outcome)
        self._missed = np.full(len(targets.ids), np.inf)
        self._offsets: Offsets | None = None
        self._tables = Tables(self._world)

    def run(self, progress: Progress) -> Appraisal:
        """Decide one proposal after the other."""
        decisions = []
        for done, one in enumerate(self._proposals):
            progress(f"proposal {one.proposal}", done, len(self._proposals))
            decisions.append(self._decide(one))
        approved = [one for one, decision in zip(self._proposals, decisions, strict=True) if decision.verdict.counts]
        solves = 0 if self._offsets is None else self._offsets.solves
        plan = plan_after(self._plan, approved, self._world, self._standing, solves) if approved else self._plan
        return Appraisal(
            before=self._plan,
            plan=plan,
            case=plan.case,
            proposals=tuple(self._proposals),
            decisions=tuple(decisions),
            use_reserve=self._use_reserve,
            **self._tables.joined(),
        )

    def _decide(self, one: Proposal) -> Decision:
        world, standing = self._world, self._standing
        proposed = world.with_proposal(standing, one)
        growth = self._use_reserve and one.kind in GROWTH
        # the least that it was missed by so far: else what each proposal is forgiven as rounding would add up
        self._missed = np.minimum(self._missed, np.maximum(-world.room(standing), 0.0))
        judged = Judged.of(world, standing, proposed, self._missed, use_reserve=growth)
        impossible, offset = self._words.cannot_be_built(proposed, one), None
        if impossible:
            decision = _decision(one, Verdict.REFUSED, _added(standing, proposed), impossible)
        elif len(judged.over):
            decision, offset = self._with_offset(one, proposed, judged)
        elif (judged.taken > 0).any():
            reasons = [self._words.tightest(judged)]
            decision = _decision(one, Verdict.APPROVED, _added(standing, proposed), reasons, offset_cost=0.0)
        else:
            decision = self._freeing(one, proposed, judged)
        decided = standing if not decision.verdict.counts else proposed if offset is None else offset.standing
        used = np.zeros(len(judged.room))
        if growth:
            used = reserve_used(judged.room_before, world.room(decided), standing.reserve, judged.size)
        if one.kind == "measure":
            saved = float(world.cost(standing).sum() - world.cost(proposed).sum())
            decision = replace(decision, own_saving=saved, reasons=(*decision.reasons, *self._words.own_cost(saved)))
        self._tables.add(one, judged, (standing, proposed, decided), used, offset)
        self._standing = replace(decided, reserve=decided.reserve - used)
        return replace(decision, reasons=(*decision.reasons, *self._words.taken_from_reserve(used, standing.reserve)))

    def _with_offset(self, one: Proposal, proposed: Standing, judged: Judged) -> tuple[Decision, Offset | None]:
        """Decide a proposal that passes a target: look for the cheapest offset, else say what is missing."""
        world, words, standing = self._world, self._words, self._standing
        added = _added(standing, proposed)
        reasons = [words.exceeded(judged), *words.missed_before(judged)]
        if not world.problem.options.keys:
            return _decision(one, Verdict.REFUSED, added, [*reasons, words.no_measures()]), None
        room = Room(judged.bound, self._fixed(one))
        offset = self._finder.cheapest(proposed, room)
        if offset is not None:
            cost = float((world.cost(offset.standing) - world.cost(proposed)).sum())
            price = cost / added if added > 0 else np.nan
            reasons += words.offset(one, proposed, offset.standing, cost)
            reasons += words.price(price, self._next_price(one, offset))
            return _decision(one, Verdict.OFFSET, added, reasons, offset_cost=cost, price=price), offset
        reasons.append(words.missing(self._finder.missing(proposed, room, judged.size)))
        share = np.nan
        if one.kind != "shutdown":
            share = self._finder.greatest_share(standing, proposed, room)
            reasons.append(words.largest(one, share, added))
        reasons += words.exchange(self._finder.exchanged(proposed, room))
        return _decision(one, Verdict.REFUSED, added, reasons, largest_share=share), None

    def _next_price(self, one: Proposal, offset: Offset) -> float:
        """Return what the next unit of the load that a proposal adds would cost; NaN where it adds several."""
        rows = self._world.rows(one)
        return float(offset.prices[rows[0]]) if len(rows) == 1 else np.nan

    def _freeing(self, one: Proposal, proposed: Standing, judged: Judged) -> Decision:
        """Decide a proposal that takes headroom from no target: say what it frees, and what that is worth."""
        words, standing = self._words, self._standing
        added = _added(standing, proposed)
        reasons = ["it takes headroom from no target", words.freed(judged)]
        if one.kind != "shutdown":
            return _decision(one, Verdict.NOT_NEEDED, added, reasons, offset_cost=0.0)
        freed = np.maximum(-judged.taken, 0.0)
        prices = self._plan.prices["price"].to_numpy()
        # of a plan that makes something else least, prices are no money
        priced = self._plan.objective == "cost" and not np.isnan(prices).all()
        worth = float(np.nan_to_num(prices) @ freed) if priced else np.nan
        own = saving = np.nan
        if self._world.problem.options.keys:
            mine = self._world.problem.options.source == self._world.source(one.source)
            own = float(self._world.cost(standing)[mine].sum())
            held = Judged.of(self._world, standing, standing, self._missed, use_reserve=False).bound
            costs = self._finder.least_costs(standing, held), self._finder.least_costs(proposed, judged.bound)
            source = self._world.source(one.source)
            saving = float(costs[0].sum() - costs[0][source] - (costs[1].sum() - costs[1][source]))
        reasons += words.worth(worth, saving, own)
        figures = {"offset_cost": 0.0, "worth": worth, "saving": saving, "own_saving": own}
        return _decision(one, Verdict.NOT_NEEDED, added, reasons, **figures)

    def _fixed(self, one: Proposal) -> NDArray[np.bool_]:
        """Return which extents are the proposal itself, and no part of an offset (options,)."""
        fixed = np.zeros(len(self._world.problem.options.keys), dtype=bool)
        if one.kind == "measure":
            fixed[[self._world.option(one.source, measure) for measure in one.measures]] = True
        return fixed

    @property
    def _finder(self) -> Offsets:
        if self._offsets is None:
            world, first = self._world, self._world.first(self._plan._problem, self._plan._outcome)
            growing = [one for one in self._proposals if one.kind in GROWTH]
            greatest = world.gross(first)
            for one in growing:
                greatest[world.rows(one)] += list(one.loads.values())
            self._offsets = Offsets(world, np.maximum(greatest, world.problem.loads.baseline))
        return self._offsets


def _added(standing: Standing, proposed: Standing) -> float:
    """Return the load that a proposal adds, all pollutants together."""
    return float((proposed.load - standing.load).sum())


def _decision(one: Proposal, verdict: Verdict, load: float, reasons: Sequence[str], **figures: float) -> Decision:
    """Return a decision; figures that are not given are not known, but for the share of what is approved."""
    unknown = dict.fromkeys(("offset_cost", "price", "largest_share", "worth", "saving", "own_saving"), np.nan)
    if verdict.counts:
        unknown["largest_share"] = 1.0
    return Decision(one.proposal, one.kind, one.source, verdict, load, reasons=tuple(reasons), **{**unknown, **figures})
