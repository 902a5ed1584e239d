"""The formulas of a plan's workbook come to what the plan says, calculated by an evaluator of its own."""

import re

import numpy as np
import openpyxl
import pandas as pd
import pytest

import abate
from abate.workbook import write_plan
from abate_data.read import load

RANGE = r"(?:(\w+)!)?\$?([A-Z]+)\$?(\d+)(?::\$?([A-Z]+)\$?(\d+))?"


class Calculator:
    """Calculates the few functions that our formulas use, from the cells that hold no formula."""

    def __init__(self, book) -> None:
        self.book = book

    def value(self, sheet: str, place: str):
        cell = self.book[sheet][place]
        return self.formula(sheet, cell.value[1:]) if cell.data_type == "f" else cell.value

    def values(self, sheet: str, text: str) -> list:
        title, left, top, right, bottom = re.fullmatch(RANGE, text).groups()
        cells = self.book[title or sheet][f"{left}{top}:{right or left}{bottom or top}"]
        return [self.value(title or sheet, cell.coordinate) for row in cells for cell in row]

    def formula(self, sheet: str, text: str) -> float:
        if match := re.fullmatch(rf"SUMPRODUCT\(--EXACT\(({RANGE}),({RANGE})\),({RANGE})\)", text):
            names, (name,), amounts = (self.values(sheet, match.group(place)) for place in (1, 7, 13))
            return float(np.sum([y or 0.0 for x, y in zip(names, amounts, strict=True) if x == name]))
        if match := re.fullmatch(rf"(?:SUM\(|SUBTOTAL\(109,)({RANGE})\)", text):
            return float(np.sum([x or 0.0 for x in self.values(sheet, match.group(1))]))
        left, right = text.split("-")
        return self.values(sheet, left)[0] - self.values(sheet, right)[0]


@pytest.fixture(scope="module", params=[("echo-reservoir", None), ("europe-air", None), ("echo-reservoir", "pooled")])
def made(request, tmp_path_factory):
    """Return a plan, its workbook with formulas, and the same with the values that were written beside them."""
    plan = abate.decompose(load(*request.param))
    path = tmp_path_factory.mktemp("book") / "plan.xlsx"
    write_plan(plan, path)
    return plan, openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)


def formulas_of(book):
    return [(sheet.title, cell) for sheet in book for row in sheet for cell in row if cell.data_type == "f"]


def test_every_formula_comes_to_the_value_beside_it(made):
    _, book, values = made
    calculator, found = Calculator(book), formulas_of(book)
    assert {title for title, _ in found} == {"totals", "balance"}
    for title, cell in found:
        now = calculator.value(title, cell.coordinate)
        assert values[title][cell.coordinate].value == pytest.approx(now, rel=1e-12, abs=1e-9), cell.coordinate


def test_totals_agree_with_the_plan(made):
    plan, book, _ = made
    calculator = Calculator(book)
    totals = {}
    for row in range(2, book["totals"].max_row + 1):
        name, table, pollutant = (book["totals"].cell(row, place).value for place in (1, 2, 3))
        totals[name, table, pollutant] = calculator.value("totals", f"D{row}")
        # as the plan says, and the difference
        assert calculator.value("totals", f"F{row}") == pytest.approx(totals[name, table, pollutant], rel=1e-9)
        assert abs(calculator.value("totals", f"G{row}")) <= 1e-9 * abs(totals[name, table, pollutant])
    assert totals.pop(("cost", "measures", None)) == pytest.approx(plan.cost, rel=1e-9)
    by_pollutant = plan.allocation.groupby("pollutant")
    assert totals == {
        (name, "allocation", pollutant): pytest.approx(group[name].sum(), rel=1e-9)
        for pollutant, group in by_pollutant
        for name in ("baseline", "allowed", "reduction")
    }


def test_the_identity_of_every_target_holds(made):
    plan, book, _ = made
    calculator, sheet = Calculator(book), book["balance"]
    heads = {cell.value: cell.column_letter for cell in sheet[1]}
    parts = ("point", "diffuse", "background", "margin", "reserve", "unused")
    assert sheet.max_row == len(plan.balance) + 1
    for row in range(2, sheet.max_row + 1):
        limit = calculator.value("balance", f"{heads['limit']}{row}")
        by_hand = sum(calculator.value("balance", f"{heads[part]}{row}") for part in parts)
        assert calculator.value("balance", f"{heads['sum']}{row}") == pytest.approx(by_hand, rel=1e-12)
        assert abs(calculator.value("balance", f"{heads['difference']}{row}")) <= 1e-9 * max(1.0, abs(limit))
        assert by_hand == pytest.approx(limit, rel=1e-9, abs=1e-12)


def test_totals_follow_the_cells(made):
    """A figure that somebody changes changes its total by as much."""
    _, book, _ = made
    before = Calculator(book).value("totals", "D2")
    first = book["totals"]["C2"].value
    row = next(cell.row for cell in book["allocation"]["B"] if cell.value == first)
    book["allocation"][f"E{row}"].value += 1000.0
    assert Calculator(book).value("totals", "D2") == pytest.approx(before + 1000.0, rel=1e-12)
    book["allocation"][f"E{row}"].value -= 1000.0


def test_the_summary_comes_first_and_every_sheet_can_be_filtered(made):
    plan, book, _ = made
    assert book.sheetnames == ["summary", "totals", *plan.tables()]
    assert all(sheet.auto_filter.ref and sheet.freeze_panes == "B2" for sheet in book)


def test_pollutants_are_compared_letter_by_letter(tmp_path, minimal_case_tables):
    """As criteria of SUMIFS these names would mean less than 5, all that begin with P, and x."""
    names = ["<5", "P*", "=x", "P"]
    tables = {
        "case": minimal_case_tables["case"],
        **{name: minimal_case_tables[name] for name in ("regions", "sources", "measures", "options", "removals")},
    }
    loads = minimal_case_tables["loads"]
    grown = [loads.assign(pollutant=name, load=loads["load"] * size) for size, name in enumerate(names, start=1)]
    tables["loads"] = pd.concat(grown, ignore_index=True)
    tables["removals"] = tables["removals"].assign(pollutant="P")
    tables["targets"] = minimal_case_tables["targets"].iloc[2:].assign(pollutant="P")
    write_plan(abate.decompose(load(tables)), tmp_path / "plan.xlsx")
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    calculator = Calculator(book)
    # the three loads add up to 125
    assert [book["totals"].cell(row, 3).value for row in range(2, 6)] == names
    assert [calculator.value("totals", f"D{row}") for row in range(2, 6)] == [125.0, 250.0, 375.0, 500.0]


def test_a_plan_without_costs_or_measures_has_a_workbook(tmp_path):
    plan = abate.allocate(load("tampa-bay"), "given")
    write_plan(plan, tmp_path / "plan.xlsx")
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    assert [row[0].value for row in book["totals"].iter_rows(min_row=2)] == ["baseline", "allowed", "reduction"]


def test_the_same_plan_has_the_same_bytes(tmp_path):
    plan = abate.decompose(load("echo-reservoir"))
    for name in ("a.xlsx", "b.xlsx"):
        write_plan(plan, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_text_in_a_plan_is_never_a_formula(tmp_path, minimal_case_tables):
    name = '=HYPERLINK("http://x","<b>y</b>")'
    for table in ("sources", "loads", "options", "transfer"):
        minimal_case_tables[table]["source"] = minimal_case_tables[table]["source"].replace("town", name)
    minimal_case_tables["case"]["title"] = "@SUM(1)"
    write_plan(abate.decompose(load(minimal_case_tables)), tmp_path / "plan.xlsx")
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    named = [cell for sheet in book for row in sheet for cell in row if cell.value in (name, "@SUM(1)")]
    assert len(named) >= 2
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in named)
    assert {title for title, _ in formulas_of(book)} == {"totals", "balance"}
