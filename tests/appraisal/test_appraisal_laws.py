"""What holds of every appraisal, on small random cases; values are recomputed from the tables without the engine."""

from __future__ import annotations

import numpy as np
import pytest
from appraisal_case import by_hand
from hypothesis import given
from hypothesis import strategies as st
from independent import Reading, target_value
from plan_check import decisions
from random_cases import examples, shapes, written
from scipy.optimize import linprog

import abate
from abate.appraisal.appraise import appraise
from abate.appraisal.verdict import Verdict
from abate_data.proposals import Proposal, Site
from abate_data.synthetic import synthetic_case

#: Shapes in which no measure excludes another, so that there is mostly something left to offset with.
OPEN = shapes(tightness=(0.2, 0.7)).map(lambda shape: {**shape, "technologies": 1})
#: Relative room for limits, as the certificate leaves it.
ROOM = 2e-6


def planned(shape):
    case = synthetic_case(**shape)
    return case, abate.decompose(case)


def grown(case, share, load=0):
    row = case["loads"].iloc[load]
    return Proposal.expansion("more", row["source"], {row["pollutant"]: share * float(row["load"])})


def values(plan):
    """The value of every target, and its size, from the tables and the plan's own allocation and measures."""
    case = Reading(plan.case)
    extents, installed = decisions(plan)
    load = plan.allocation["allowed"].to_numpy()
    spent = case.spent(extents, installed)
    return [target_value(case, target, load, spent) for target in case.tables["targets"].itertuples()]


@examples(8)
@given(OPEN | shapes(), st.sampled_from([0.01, 0.1, 0.5]))
def test_after_an_offset_all_targets_that_held_hold(shape, share):
    case, plan = planned(shape)
    made = appraise(case, plan, grown(case, share))
    held = dict(zip(plan.attainment["target"], plan.attainment["attained"], strict=True))
    for row, (value, size) in zip(made.plan.attainment.itertuples(), values(made.plan), strict=True):
        assert row.after == pytest.approx(value, rel=1e-9, abs=1e-9 * size)
        sense = case["targets"].set_index("target").loc[row.target, "sense"]
        sign = -1 if sense == "at_least" else 1
        allowed = row.limit - sign * (row.margin + row.reserve)
        assert not held[row.target] or sign * (value - allowed) <= ROOM * max(size, abs(allowed))
    if made.decisions[0].verdict.counts:
        before, after = decisions(plan)[0], decisions(made.plan)[0]
        assert (after >= before - 1e-9).all()


@examples(5)
@given(shapes())
def test_a_proposal_of_nothing_changes_nothing(shape):
    case, plan = planned(shape)
    made = appraise(case, plan, grown(case, 0.0))
    assert made.decisions[0].verdict is Verdict.NOT_NEEDED
    assert (made.effects["change"] == 0).all()
    assert (made.receptors["change"] == 0).all()
    columns = ["allowed", "baseline"]
    assert made.plan.allocation[columns].to_numpy() == pytest.approx(plan.allocation[columns].to_numpy())
    assert made.plan.cost == pytest.approx(plan.cost)
    assert made.plan.attainment["limit"].to_numpy() == pytest.approx(plan.attainment["limit"].to_numpy())


@examples(6)
@given(shapes(), st.integers(0, 5))
def test_a_shutdown_never_lowers_the_headroom_of_upper_limits(shape, source):
    case, plan = planned(shape)
    names = case.ids("sources", "source")
    made = appraise(case, plan, Proposal.shutdown("end", names[source % len(names)]))
    targets = case["targets"]
    upper = ((targets["sense"] == "at_most") & ~(targets["basis"] == "output")).to_numpy()
    change = (made.effects["headroom_after"] - made.effects["headroom_before"]).to_numpy()
    size = np.abs(made.effects[["before", "limit"]]).max(axis=1).to_numpy()
    assert (change[upper] >= -ROOM * size[upper]).all()


@examples(6)
@given(OPEN, st.floats(0.01, 0.2), st.floats(1.1, 3.0))
def test_the_larger_a_proposal_the_dearer_its_offset(shape, share, factor):
    case, plan = planned(shape)
    small, large = (appraise(case, plan, grown(case, size)).decisions[0] for size in (share, share * factor))
    if small.verdict is Verdict.REFUSED:
        assert large.verdict is Verdict.REFUSED
    elif large.verdict is not Verdict.REFUSED:
        assert large.offset_cost >= small.offset_cost * (1 - 1e-6) - 1e-6


@examples(6)
@given(OPEN, st.floats(0.5, 3.0))
def test_the_greatest_share_can_be_offset_and_no_more(shape, share):
    case, plan = planned(shape)
    most = appraise(case, plan, grown(case, share)).decisions[0]
    if most.verdict is not Verdict.REFUSED:
        return
    if most.largest_share > 1e-3:
        within = appraise(case, plan, grown(case, share * most.largest_share * 0.999)).decisions[0]
        assert within.verdict is not Verdict.REFUSED
    beyond = appraise(case, plan, grown(case, share * (most.largest_share * 1.01 + 1e-3))).decisions[0]
    assert beyond.verdict is Verdict.REFUSED


@examples(10)
@given(OPEN | shapes(), st.floats(0.01, 0.3))
def test_the_offset_is_the_cheapest(shape, share):
    """Another program on dense matrices: what is left of every measure, target rows and groups, by scipy."""
    case, plan = planned(shape)
    made = appraise(case, plan, grown(case, share))
    decision = made.decisions[0]
    if decision.verdict not in (Verdict.OFFSET, Verdict.REFUSED):
        return
    reading, extents = Reading(case), decisions(plan)[0]
    load = plan.allocation["allowed"].to_numpy() + np.where(np.arange(len(reading.base)) == 0, share * reading.base, 0)
    answer = cheapest_offset(case, plan, reading, extents, load)
    if decision.verdict is Verdict.REFUSED:
        assert not answer.success
    else:
        assert decision.offset_cost == pytest.approx(answer.fun, rel=1e-5, abs=1e-5 * max(plan.cost, 1))


def cheapest_offset(case, plan, reading, extents, load):
    options, nothing = reading.options, np.zeros(len(reading.options))
    cost = reading.operating + np.where(extents < reading.built, 0.0, reading.capital)
    rows, bounds = [], []
    for target, row in zip(reading.tables["targets"].itertuples(), plan.attainment.itertuples(), strict=True):
        sign = -1 if target.sense == "at_least" else 1
        allowed = sign * (row.limit - sign * (row.margin + row.reserve))
        if target.kind == "budget":
            rows.append(np.where(reading.scope(options, target), cost, 0.0))
            bounds.append(allowed - row.after)
            continue
        value = target_value(reading, target, load, nothing)[0]
        slope = [target_value(reading, target, load - removed, nothing)[0] - value for removed in reading.removed]
        rows.append(sign * np.array(slope))
        # a hair of what the plan itself may pass a limit by
        bounds.append(allowed - sign * value + 1e-9 * abs(allowed))
    for key, members in options.groupby(["source", "group"]).indices.items():
        if key[1]:
            row = np.zeros(len(options))
            row[members] = 1
            rows.append(row)
            bounds.append(max(1 - extents[members].sum(), 0.0))
    uses = reading.tables["resource_use"]
    for resource in reading.tables["resources"].itertuples():
        use = options["measure"].map(uses[uses["resource"] == resource.resource].set_index("measure")["use"]).fillna(0)
        row = np.where(reading.scope(options, resource), use, 0.0)
        rows.append(row)
        bounds.append(max(resource.available - row @ extents, 0.0))
    floor = reading.loads["floor"].to_numpy(float)
    rows += list(reading.removed.T)
    bounds += list(np.maximum(load - floor, 0.0))
    left = [(0, max(most - extent, 0.0)) for most, extent in zip(reading.upper, extents, strict=True)]
    return linprog(cost, np.array(rows), np.array(bounds), bounds=left, method="highs")


@examples(6)
@given(st.permutations([0.5, 1.0, 1.5]), st.permutations([0, 1, 2]))
def test_where_all_are_approved_the_order_does_not_matter(loads, order):
    case = by_hand()
    plan = abate.decompose(case)
    wells = [Proposal.new_source(f"well-{i}", {"P": load}, Site(elsewhere="none")) for i, load in enumerate(loads)]
    made, other = (appraise(case, plan, [wells[i] for i in place]) for place in (range(3), order))
    assert {one.verdict for one in (*made.decisions, *other.decisions)} == {Verdict.APPROVED}
    last, end = (one.effects.groupby("target")["decided"].last() for one in (made, other))
    assert last.to_dict() == pytest.approx(end.to_dict())
    changes = [one.effects.set_index(["proposal", "target"])["change"].sort_index() for one in (made, other)]
    assert changes[0].to_dict() == pytest.approx(changes[1].to_dict())


@examples(6)
@given(shapes(kinds=("air", "river")), st.floats(0.01, 0.4))
def test_the_case_after_passes_the_door(shape, share):
    case, plan = planned(shape)
    names = case.ids("sources", "source")
    loads = dict.fromkeys(case.ids("loads", "pollutant"), share)
    proposals = [
        Proposal.new_source("new", loads, Site(like=names[0])),
        grown(case, share),
        *([Proposal.shutdown("end", names[-1])] if len(names) > 1 else []),
    ]
    made = appraise(case, plan, proposals)
    again = abate.load(written(made.case))
    assert again["sources"]["source"].tolist() == made.case["sources"]["source"].tolist()
    if made.plan is not plan:
        assert abate.load(written(again)) == again
