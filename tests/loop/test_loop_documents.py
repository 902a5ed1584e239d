"""What a ledger keeps of the inputs: documents that come back as what they were made from, digit for digit."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import revise_case as rc
from hypothesis import given
from hypothesis import strategies as st
from random_cases import examples, shapes

import abate
from abate.ledger.canonical import dumps, loads
from abate.loop.inputs import Inputs, inputs_of, references
from abate.loop.memory import InForce, Memory
from abate_data.documents import case_document, case_of, table_document, table_of
from abate_data.read import load, shipped_cases, shipped_scenarios
from abate_data.synthetic import synthetic_case
from abate_models.problem import read_problem

SHIPPED = [(name, scenario) for name in shipped_cases() for scenario in (None, *shipped_scenarios(name))]


def through_json(document):
    return json.loads(json.dumps(document, allow_nan=False))


def assert_same_case(back, case):
    assert back.settings == case.settings
    assert back.scenario == case.scenario
    for name, table in case.tables.items():
        pd.testing.assert_frame_equal(back[name], table, check_exact=True)
    assert back.hash == case.hash


@pytest.mark.parametrize(("name", "scenario"), SHIPPED)
def test_shipped_cases_come_back_as_they_were(name, scenario):
    case = load(name, scenario)
    assert_same_case(case_of(through_json(case_document(case))), case)


@examples(12)
@given(shapes(fixed_cost_shares=(0.0, 0.5)))
def test_synthetic_cases_come_back_as_they_were(shape):
    case = synthetic_case(**shape)
    assert_same_case(case_of(through_json(case_document(case))), case)


AWKWARD = st.floats(0.0, 1e12, allow_subnormal=True) | st.sampled_from([0.1 + 0.2, 1e-300, 5e-324, 1 / 3])
NAMES = st.text("abc é=+-@'\",;→", min_size=1, max_size=6).filter(lambda text: text.strip() == text)


@examples(25)
@given(
    st.lists(NAMES, min_size=2, max_size=2, unique_by=lambda text: "".join(text.casefold().split())),
    st.lists(AWKWARD, min_size=2, max_size=2),
    st.lists(st.none() | AWKWARD, min_size=2, max_size=2),
)
def test_cases_with_awkward_names_and_numbers_come_back_as_they_were(names, amounts, attribute):
    tables = rc.tables()
    tables["sources"] = pd.DataFrame({"source": names, "jobs": attribute})
    tables["loads"] = tables["loads"].assign(source=names, load=amounts)
    tables["transfer"] = tables["transfer"].assign(source=names)
    tables["options"] = tables["options"].assign(source=np.repeat(names, 2))
    case = abate.load(tables)
    assert_same_case(case_of(through_json(case_document(case))), case)


@pytest.mark.parametrize("unit", ["kg/d", "t/yr", "lb/yr"])
def test_a_document_states_units_and_is_read_in_them(unit):
    tables = rc.tables()
    tables["case"]["units"]["load"] = unit
    case = abate.load(tables)
    document = case_document(case)
    assert any(unit in heading for heading in document["tables"]["loads"])
    assert_same_case(case_of(document), case)


def test_a_document_that_is_no_case_is_refused():
    document = case_document(rc.make_case())
    document["tables"]["loads"]["load [t/yr]"] = ["much", 1.0]
    with pytest.raises(abate.InputError, match="loads"):
        case_of(document)


CELLS = st.none() | st.text(max_size=5) | st.booleans() | st.integers(-(2**53), 2**53)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@examples(60)
@given(st.lists(st.tuples(NUMBERS, st.text(max_size=4), CELLS), min_size=1, max_size=5))
def test_tables_come_back_with_the_same_cells(rows):
    columns = {
        "number": [row[0] for row in rows],
        "text": [row[1] for row in rows],
        "any": [row[2] for row in rows],
    }
    document = {name: list(values) for name, values in columns.items()}
    once = table_of(document)
    again = through_json(table_document(once))
    assert again["number"] == columns["number"]
    # a blank text is no text
    assert again["text"] == [text or "" for text in columns["text"]]
    assert again["any"] == columns["any"]


def test_what_is_no_number_is_blank_in_a_document():
    table = pd.DataFrame({"value": [1.5, np.nan, np.inf, -np.inf]})
    assert table_document(table) == {"value": [1.5, None, None, None]}
    assert table_of({"value": [1.5, None]})["value"].dtype == np.float64


def test_numbers_of_any_kind_become_plain_ones():
    table = pd.DataFrame({"whole": np.array([1, 2]), "flag": [True, False], "maybe": pd.array([True, None], "boolean")})
    document = through_json(table_document(table))
    assert document["whole"] == [1, 2]
    assert document["flag"] == [True, False]
    assert document["maybe"] == [True, None]
    named = table_document(table.set_index(pd.Index(["a", "b"], name="row")))
    assert named["row"] == ["a", "b"]


# --- memory, choices, inputs ---

PAIRS = st.dictionaries(st.tuples(NAMES, NAMES), AWKWARD, max_size=3)
DAYS = st.dates().map(str)


@examples(40)
@given(st.lists(st.tuples(DAYS, PAIRS), max_size=3), PAIRS, PAIRS, PAIRS, st.dictionaries(NAMES, AWKWARD, max_size=2))
def test_a_memory_comes_back_as_it_was(plans, built, allowed, credit, margins):
    memory = Memory(
        until="2027-12-31",
        in_force=tuple(InForce(since, extents) for since, extents in plans),
        built=built,
        allowed=allowed,
        credit=credit,
        margins=margins,
        residuals={"value": [1.0, None]},
        forecasts={"made": ["2026-12-31"]},
        settled={},
    )
    back = Memory.from_json(loads(dumps(memory.to_json(), name="memory")))
    assert back.to_json() == memory.to_json()
    assert back.in_force == memory.in_force
    assert (back.built, back.allowed, back.credit, back.margins) == (built, allowed, credit, margins)


def test_the_memory_of_a_revision_comes_back_as_it_was():
    case = rc.make_case()
    revision = abate.revise(case, None, rc.monitored([2026], np.zeros(4), noise=0.05, periods=12))
    memory = revision.memory
    back = Memory.from_json(loads(dumps(memory.to_json(), name="memory")))
    assert dumps(back.to_json(), name="memory") == dumps(memory.to_json(), name="memory")
    problem = read_problem(case)
    assert back.extents_at("2027-06-30", problem).tolist() == rc.extents_in(revision).tolist()
    # 12 months are one snapshot
    assert len(back.snapshots) == 1


def test_plans_in_force_follow_one_another():
    problem = read_problem(rc.make_case())
    memory = Memory().with_plan("2026-01-01", np.array([1.0, 0.0, 0.0, 0.0]), problem)
    memory = memory.with_plan("2028-01-01", np.array([0.5, 0.5, 0.0, 0.0]), problem)
    assert memory.extents_at("2025-12-31", problem).tolist() == [0.0] * 4
    assert memory.extents_at("2026-01-01", problem).tolist() == [1.0, 0.0, 0.0, 0.0]
    assert memory.extents_at("2027-12-31", problem).tolist() == [1.0, 0.0, 0.0, 0.0]
    assert memory.extents_at("2028-01-01", problem).tolist() == [0.5, 0.5, 0.0, 0.0]
    changed = memory.with_plan("2027-01-01", np.zeros(4), problem)
    assert [plan.since for plan in changed.in_force] == ["2026-01-01", "2027-01-01"]


PRIORS = st.none() | st.builds(
    abate.Prior,
    load_sd=st.floats(0, 1),
    loads=st.lists(st.tuples(NAMES, NAMES, st.floats(0, 1)), max_size=2).map(tuple),
)


@examples(40)
@given(
    st.builds(
        abate.Realignment,
        probability=st.floats(0.5, 0.99),
        margin_years=st.integers(0, 5),
        tolerance=st.none() | st.floats(0, 1),
        freeze_years=st.integers(0, 3),
        trigger=st.builds(abate.Trigger, risk=st.floats(0, 1), savings=st.floats(0, 1)),
        credit_share=st.floats(0, 1),
        prior=PRIORS,
        as_of=st.just("") | DAYS,
    )
)
def test_choices_come_back_as_they_were(realignment):
    document = loads(dumps(realignment.to_json(), name="options"))
    assert abate.Realignment.from_json(document) == realignment


def test_inputs_come_back_from_their_documents():
    case = rc.make_case()
    found = rc.monitored([2026], np.zeros(4))
    choices = abate.Realignment(prior=rc.CERTAIN, freeze_years=1)
    inputs = Inputs("basin", "2026-12-31", case, found, Memory(), choices)
    documents = inputs.documents()
    back = inputs_of("basin", "2026-12-31", documents, {"realignment": loads(dumps(choices.to_json(), name="options"))})
    assert_same_case(back.case, case)
    assert back.documents() == documents
    assert back.realignment == choices
    assert (back.region, back.cycle) == ("basin", "2026-12-31")


def test_the_same_inputs_have_the_same_references_and_other_inputs_others():
    found = rc.monitored([2026], np.zeros(4))
    one, same, other = (
        references(Inputs("basin", "2026", case, found, Memory(), abate.Realignment()).documents())
        for case in (rc.make_case(), rc.make_case(), rc.capped(120.0))
    )
    assert one == same
    assert one["case"] != other["case"]
    assert one["observations"] == other["observations"]
