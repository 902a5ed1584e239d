"""Whatever is written, a case comes back as it was, and what is no case is an InputError and nothing else."""

import contextlib
import string
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abate_data.case import Case
from abate_data.checks.references import circles
from abate_data.errors import InputError
from abate_data.read import load
from abate_data.schema import TABLES
from abate_data.write import write_case

#: Texts of a planner: anything printable, and what spreadsheets stumble over.
PRINTABLE = st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp"), exclude_characters="\ufffe\uffff")
TEXTS = st.text(PRINTABLE | st.sampled_from("=+-@,;\"'\t\r\n"), max_size=12)
IDS = st.text(PRINTABLE | st.sampled_from("=+-@,;\"'"), min_size=1, max_size=8).filter(
    lambda text: text.strip() == text and text != "*"
)
AMOUNTS = st.floats(min_value=0, allow_nan=False, allow_infinity=False)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """A small case with awkward ids, texts and numbers."""
    ids = draw(st.lists(IDS, min_size=1, max_size=4, unique_by=lambda text: "".join(text.casefold().split())))
    many = st.lists(AMOUNTS, min_size=len(ids), max_size=len(ids))
    texts = st.lists(TEXTS, min_size=len(ids), max_size=len(ids))
    pollutant, measure, region = draw(IDS), draw(IDS), draw(IDS)
    loads = draw(many)
    return {
        "case": {
            "name": "x",
            "title": draw(TEXTS),
            "units": {"load": "kg/yr"},
            "citations": draw(st.lists(IDS, max_size=2)),
        },
        "sources": pd.DataFrame(
            {"source": ids, "name": draw(texts), "region": region, "income": draw(many), "note": draw(texts)}
        ),
        "loads": pd.DataFrame({"source": ids, "pollutant": pollutant, "load": loads}),
        "options": pd.DataFrame({"source": ids, "measure": measure, "unit_cost": draw(many)}),
        "removals": pd.DataFrame({"measure": [measure], "pollutant": pollutant, "removal": 1e-3, "basis": "mass"}),
        "targets": pd.DataFrame({"target": [draw(IDS)], "kind": "load", "region": region, "limit": draw(AMOUNTS)}),
    }


@settings(max_examples=20, deadline=None)
@given(cases())
def test_a_case_survives_folder_workbook_and_frames(tables):
    case = load(tables)
    with tempfile.TemporaryDirectory() as place:
        for form in ("folder", "book.xlsx"):
            write_case(case, Path(place) / form)
            assert load(Path(place) / form) == case
    assert load({"case": case.settings.model_dump(), **case.tables}) == case


CELLS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(
        ["NA", "nan", "1,5", "5 kg", "*", "-1", "1e999", "\ud800", "\0", pd.NaT, pd.Timestamp("2030-01-01")]
    )
    | st.lists(st.integers(), max_size=2)
    | st.builds(complex, st.floats())
)

KEYS = st.sampled_from(["name", "units", "load", "quality", "horizon", "citations", "discount_rate"]) | TEXTS


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, str, int, Any]:
    table = draw(st.sampled_from(sorted(TABLES)))
    column = draw(st.sampled_from([column.name for column in TABLES[table].columns]) | st.text(max_size=5))
    return table, column, draw(st.integers(0, 3)), draw(CELLS)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(changes(), min_size=1, max_size=3))
def test_any_change_of_cells_gives_a_case_or_an_input_error(minimal_case_tables, changed):
    tables = dict(minimal_case_tables)
    for table, column, row, value in changed:
        frame = tables.get(table, pd.DataFrame()).astype(object)
        values = list(frame[column]) if column in frame else [None] * len(frame)
        values += [None] * (row + 1 - len(values))
        values[row] = value
        tables[table] = frame.reindex(range(len(values))).assign(**{column: pd.Series(values, dtype=object)})
    case_or_error(tables)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(KEYS, st.recursive(CELLS, lambda cells: st.dictionaries(KEYS, cells, max_size=2))))
def test_any_settings_give_a_case_or_an_input_error(minimal_case_tables, changed):
    case_or_error({**minimal_case_tables, "case": {**minimal_case_tables["case"], **changed}})


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=60) | st.text(string.printable, max_size=60).map(str.encode),
    st.sampled_from(sorted(TABLES)),
)
def test_any_bytes_in_a_file_give_a_case_or_an_input_error(content, table):
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "case.toml").write_bytes(content)
        header = ",".join(column.name for column in TABLES[table].columns)
        (Path(place) / f"{table}.csv").write_bytes(header.encode() + b"\n" + content)
        (Path(place) / "loads.csv").write_bytes(content)
        case_or_error(Path(place))


def case_or_error(source: Any) -> None:
    with contextlib.suppress(InputError):  # any other error fails the test
        assert isinstance(load(source), Case)


@given(st.lists(st.integers(-1, 9), min_size=10, max_size=10))
def test_circles_are_found_where_walking_never_ends(after):
    found = {node for circle in circles(np.array(after)) for node in circle}
    for start in range(10):
        seen, node = [], start
        while node >= 0 and node not in seen:
            seen.append(node)
            node = after[node]
        assert (node == start) == (start in found)
