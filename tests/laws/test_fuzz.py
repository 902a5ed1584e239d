"""Whatever stands in a case: a plan that holds, or an error that says what is wrong, and never anything else."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from hypothesis import event, given
from hypothesis import strategies as st
from plan_check import faults
from random_cases import Tables, changed, examples, written

import abate
from abate_data.schema import TABLES
from abate_data.synthetic import synthetic_case

#: What somebody may type into a cell.
TEXTS = (
    "",
    " ",
    "*",
    "x",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "1e400",
    "1e308",
    "1e-320",
    "-1",
    "0",
    "1,5",
    "1 000",
    "1_000",
    "½",
    "٣",
    "0x10",
    "true",
    "No",
    "2031.5",
    "=1+1",
    "源",
    "e\u0301",
    "\u00e9",
    "\u200b",
    "a\nb",
    'say "x"',
    "; DROP",
    "\ud83d\ude00",
    "#N/A",
    "None",
    "quality",
    "gap_closure",
    "percent",
    "at_least",
    "mass",
    "burden",
    "dissolved_oxygen",
    "source-1",
)
NUMBERS = (math.nan, math.inf, -math.inf, 0.0, -1.0, 1.0, 100.0, 1e-300, 1e-12, 1e12, 1e300, -0.0, 0.5, 101.0)
OBJECTS = (None, True, 10**400, [1], {"a": 1}, b"x", pd.NaT, pd.Timestamp("2030-01-01"), 1 + 2j, object)

Mutation = Callable[[Tables], None]


@cache
def bases() -> list[Tables]:
    """Small cases in which every table and nearly every column is used."""
    small = {"sources": 3, "technologies": 2, "receptors": 2}
    cases = [
        synthetic_case("air", **small, pollutants=1),
        synthetic_case("air", **small, fixed_cost_share=0.4, seed=1),
        synthetic_case("river", **small, seed=2),
        synthetic_case("mixed", **small, seed=3),
        synthetic_case("mixed", **small, fixed_cost_share=0.4, seed=4),
        rich(synthetic_case("mixed", **small, tightness=0.3, seed=5)),
        synthetic_case("air", **small, infeasible="joint", seed=6),
    ]
    return [written(case) for case in cases]


def rich(case: abate.Case) -> abate.Case:
    """A case with floors, margins, capital, built extents and observations too."""
    tables = written(case)
    options = tables["options"].assign(capital_cost=tables["options"]["unit_cost"], built=0.05)
    observation = {
        "period_start": "2030-01-01",
        "period_end": "2030-12-31",
        "kind": "load",
        "source": "source-1",
        "pollutant": "pollutant-1",
        "value": 3.0,
        "unit": "t/yr",
    }
    targets, loads = tables["targets"], tables["loads"]
    return changed(
        abate.load({**tables, "case": {**tables["case"], "discount_rate": 0.03}}),
        options=options,
        measures=tables["measures"].assign(lifetime_years=20.0),
        loads=loads.assign(floor=0.05 * loads["load"], relative_sd=0.1, permit_load=loads["load"]),
        targets=targets.assign(margin_of_safety=1e-3 * targets["limit"]),
        observations=pd.DataFrame([observation]),
    )


@st.composite
def mutations(draw: st.DrawFn, tables: Tables) -> Mutation:
    """One thing that may go wrong when people write tables."""
    name = draw(st.sampled_from([name for name in tables if name != "case"]))
    frame = tables[name]
    row, column = (draw(st.integers(0, max(size - 1, 0))) for size in frame.shape)
    kind = draw(st.sampled_from(sorted(_KINDS)))
    return _KINDS[kind](draw, name, row, column)


def _cell(draw: st.DrawFn, name: str, row: int, column: int) -> Mutation:
    value = draw(st.sampled_from(TEXTS + NUMBERS) | st.text(max_size=5) | st.floats())

    def mutate(tables: Tables) -> None:
        if min(tables[name].shape) > 0:
            frame = tables[name].astype(object)
            frame.iloc[row % len(frame), column % frame.shape[1]] = value
            tables[name] = frame

    return mutate


def _object(draw: st.DrawFn, name: str, row: int, column: int) -> Mutation:
    value = draw(st.sampled_from(OBJECTS))

    def mutate(tables: Tables) -> None:
        if min(tables[name].shape) > 0:
            frame = tables[name].astype(object)
            cells = frame.iloc[:, column % frame.shape[1]].tolist()
            cells[row % len(frame)] = value
            frame.isetitem(column % frame.shape[1], pd.Series(cells, index=frame.index, dtype=object))
            tables[name] = frame

    return mutate


def _scaled(draw: st.DrawFn, name: str, row: int, column: int) -> Mutation:
    """A number that is off by powers of ten, or a whole column of them."""
    factor, everywhere = 10.0 ** draw(st.integers(-12, 12)), draw(st.booleans())

    def mutate(tables: Tables) -> None:
        frame = tables[name]
        numbers = [i for i in range(frame.shape[1]) if frame.dtypes.iloc[i].kind == "f"]
        if numbers and len(frame):
            at = numbers[column % len(numbers)]
            values = frame.iloc[:, at].to_numpy(copy=True)
            values[slice(None) if everywhere else row % len(frame)] *= factor
            frame = frame.copy()
            frame.isetitem(at, values)
            tables[name] = frame

    return mutate


def _column(draw: st.DrawFn, name: str, row: int, column: int) -> Mutation:
    value = draw(st.sampled_from(TEXTS + NUMBERS))
    known = draw(st.sampled_from([each.name for each in TABLES[name].columns]))

    def mutate(tables: Tables) -> None:
        tables[name] = tables[name].assign(**{known: value})

    return mutate


def _rows(draw: st.DrawFn, name: str, row: int, column: int) -> Mutation:
    how = draw(st.sampled_from(["drop", "repeat", "reverse", "none", "blank"]))

    def mutate(tables: Tables) -> None:
        frame, order = tables[name], list(range(len(tables[name])))
        if not order:
            return
        place = row % len(order)
        chosen = {
            "drop": order[:place] + order[place + 1 :],
            "repeat": [*order, place],
            "reverse": order[::-1],
            "none": [],
            "blank": order,
        }
        tables[name] = frame.iloc[chosen[how]].copy()
        if how == "blank":
            blank = pd.DataFrame([[None] * frame.shape[1]], columns=frame.columns, dtype=object)
            tables[name] = pd.concat([frame.astype(object), blank], ignore_index=True)

    return mutate


def _header(draw: st.DrawFn, name: str, row: int, column: int) -> Mutation:
    headers = ["", "x", "load", "load [kg/yr]", "limit", "[t/yr]", "a [b] [c]", "\u00e9", " target ", "Source"]
    new = draw(st.sampled_from(headers))
    unit = draw(st.sampled_from(["", " [kg/yr]", " [t/yr]", " [ug/m3 per t/yr]", " [m3/s]", " [%]", " []", " ["]))
    how = draw(st.sampled_from(["rename", "unit", "drop", "repeat"]))

    def mutate(tables: Tables) -> None:
        frame = tables[name]
        if not frame.shape[1]:
            return
        place = column % frame.shape[1]
        names = [str(each) for each in frame.columns]
        if how == "drop":
            tables[name] = frame.iloc[:, [i for i in range(frame.shape[1]) if i != place]]
            return
        if how == "repeat":
            tables[name] = pd.concat([frame, frame.iloc[:, [place]]], axis=1)
            return
        names[place] = new if how == "rename" else names[place] + unit
        tables[name] = frame.set_axis(names, axis=1)

    return mutate


def _table(draw: st.DrawFn, name: str, row: int, column: int) -> Mutation:
    other = draw(st.sampled_from([*TABLES, "unknown", ""]))
    how = draw(st.sampled_from(["copy", "empty", "no rows", "one column"]))

    def mutate(tables: Tables) -> None:
        frame = tables[name]
        if how == "copy":
            tables[other] = frame
        else:
            pieces = {"empty": pd.DataFrame(), "no rows": frame.iloc[:0], "one column": frame.iloc[:, :1]}
            tables[name] = pieces[how]

    return mutate


def _setting(draw: st.DrawFn, name: str, row: int, column: int) -> Mutation:
    values: tuple[Any, ...] = ("", "x", "kg/yr", "t/yr", "g/d", "ng/m3", "mg/L", "pH", 0, 0.07, -1, 1e9)
    values += (True, [], ["a"], {"a": 1}, {}, "EUR", "euro", {"start": 2025, "end": 2035}, math.inf)
    keys = ("name", "title", "currency", "price_year", "discount_rate", "citations", "signed_transfer", "horizon")
    keys += ("units", "units.load", "units.quality", "units.length", "units.flow", "units.quality.concentration")
    key, value = draw(st.sampled_from([*keys, "colour"])), draw(st.sampled_from(values))

    def mutate(tables: Tables) -> None:
        settings = json.loads(json.dumps(tables["case"]))
        *above, last = key.split(".")
        place = settings
        for level in above:
            place = place.setdefault(level, {})
            if not isinstance(place, dict):
                return
        place[last] = value
        tables["case"] = settings

    return mutate


_KINDS: dict[str, Callable[[st.DrawFn, str, int, int], Mutation]] = {
    "cell": _cell,
    "cell again": _cell,
    "object": _object,
    "scaled": _scaled,
    "scaled again": _scaled,
    "column": _column,
    "rows": _rows,
    "header": _header,
    "table": _table,
    "setting": _setting,
}


@st.composite
def mutated(draw: st.DrawFn) -> Tables:
    """A valid case in which one to three things went wrong."""
    tables = dict(draw(st.sampled_from(bases())))
    for _ in range(draw(st.integers(1, 3))):
        draw(mutations(tables))(tables)
    return tables


def outcome(source: Tables | Path) -> str:
    """Plan a case; say what came of it. Anything but what the documentation promises is a failure."""
    try:
        plan = abate.decompose(abate.load(source))
    except abate.AbateError as error:
        return _refusal(error)
    wrong = faults(plan)
    assert not wrong, wrong
    return "plan"


def _refusal(error: abate.AbateError) -> str:
    text = str(error)
    if isinstance(error, abate.InputError):
        assert error.findings
        assert all(finding.problem and finding.cure for finding in error.findings)
        return "input error"
    if isinstance(error, abate.NoPlanError):
        assert text.startswith("no plan for")
        return "no plan"
    assert "powers of ten" in text or "sizes of the case's numbers" in text, text
    return "numerical limit"


@given(mutated())
@examples(100)
def test_a_mutated_mapping_gives_a_plan_or_says_why_not(tables):
    event(outcome(tables))


@given(mutated(), st.data())
@examples(30)
def test_a_mutated_folder_gives_a_plan_or_says_why_not(tmp_path_factory, tables, data):
    folder = tmp_path_factory.mktemp("case")
    write(folder, tables)
    if data.draw(st.integers(0, 3)) == 0:
        damage(data.draw, folder)
    event(outcome(folder))


def write(folder: Path, tables: Tables) -> None:
    """Write a case as files, however odd its contents are."""
    (folder / "case.toml").write_text(_toml(tables["case"]), encoding="utf-8", errors="replace")
    for name, frame in tables.items():
        if name != "case":
            text = frame.to_csv(index=False)
            (folder / f"{name or 'nameless'}.csv").write_text(text, encoding="utf-8", errors="replace")


def damage(draw: st.DrawFn, folder: Path) -> None:
    """Cut a file, or put bytes into it that do not belong there."""
    path = draw(st.sampled_from(sorted(folder.iterdir())))
    content = path.read_bytes()
    place = draw(st.integers(0, len(content)))
    odd = draw(
        st.sampled_from([b"", b"\x00", b"\xff\xfe", b'"', b",", b"\r", b"\n\n", b";", b"[", b"=", b"\xef\xbb\xbf"])
    )
    rest = content[place:] if draw(st.booleans()) else b""
    path.write_bytes(content[:place] + odd + rest)


def _toml(settings: Any) -> str:
    if not isinstance(settings, dict):
        return json.dumps(settings)
    return "".join(f"{json.dumps(key)} = {_value(value)}\n" for key, value in settings.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    return "inf" if value == math.inf else json.dumps(value)


def test_the_bases_are_cases():
    assert [outcome(tables) for tables in bases()] == ["plan"] * 6 + ["no plan"]
