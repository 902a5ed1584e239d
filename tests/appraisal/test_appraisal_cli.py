"""The command as its users meet it: what it shows and writes, and how it ends."""

from pathlib import Path

import pandas as pd
import pytest
import typer
from appraisal_case import by_hand
from typer.testing import CliRunner

from abate.cli import appraisal, cycles
from abate.cli.failures import Commands
from abate_data.write import write_case

EXAMPLES = Path(__file__).parents[2] / "docs" / "appraisal"


@pytest.fixture(scope="module")
def run():
    app = typer.Typer(cls=Commands)
    app.add_typer(appraisal.app)
    app.add_typer(cycles.app)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "by-hand"
    write_case(by_hand(), place)
    return place


def written(tmp_path, *rows):
    path = tmp_path / "proposals.csv"
    path.write_text("proposal,kind,source,like,load\n" + "\n".join(rows) + "\n")
    return path


def test_every_verdict_ends_well(run, folder, tmp_path):
    rows = ["dairy,new_source,,town,4", "plant,new_source,,mill,90", "end,shutdown,town,,"]
    out = tmp_path / "appraisal.xlsx"
    result = run("appraise", folder, written(tmp_path, *rows), "--out", out)
    assert result.exit_code == 0, result.output
    for words in ("dairy: approved with offset", "plant: refused", "end: not needed", "48 EUR/yr", "written:"):
        assert words in result.output
    book = pd.read_excel(out, sheet_name=None, engine="openpyxl")
    assert {"summary", "verdicts", "effects", "offsets", "ratios", "plan_allocation"} <= set(book)
    assert book["verdicts"]["offset_cost [EUR/yr]"].iloc[0] == pytest.approx(48)


def test_the_plan_may_be_that_of_a_strategy(run, folder, tmp_path):
    result = run("appraise", folder, written(tmp_path, "more,expansion,town,,1"), "--strategy", "equal-percent")
    assert result.exit_code == 0, result.output
    assert "tested against the plan: equal-percent" in result.output


def test_reserves_are_used_where_that_is_asked_for(run, folder, tmp_path):
    path = tmp_path / "well.csv"
    path.write_text("proposal,kind,load,elsewhere\nwell,new_source,8,none\n")
    assert "approved with offset" in run("appraise", folder, path).output
    assert "reserve for growth: 3 of 5 t/yr at cap" in run("appraise", folder, path, "--use-reserve").output


@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        (["more,expansion,twon,,1"], [], "did you mean 'town'?"),
        ([], [], "no proposal"),
        (["more,expansion,town,,1"], ["--strategy", "equal-precent"], "equal-percent"),
        (["more,expansion,town,,1"], ["--strategy", "least-cost", "--ledger", "plans.db"], "does not go with"),
        (["more,expansion,town,,1"], ["--ledger", "nowhere.db"], "nowhere.db"),
        (["more,expansion,town,,1"], ["--out", "table.pdf"], "no kind of file"),
    ],
)
def test_what_cannot_be_ends_with_two(run, folder, tmp_path, rows, options, words):
    result = run("appraise", folder, written(tmp_path, *rows), *options)
    assert result.exit_code in (2, 5)
    assert words in result.output


def test_the_plan_in_force_comes_from_the_ledger(run, folder, tmp_path):
    ledger = tmp_path / "plans.db"
    rows = ["period_start,period_end,kind,source,receptor,pollutant,parameter,value"]
    rows += [f"2026-01-01,2026-12-31,load,{source},,P,,{load}" for source, load in (("mill", 50), ("town", 90))]
    (folder / "observations.csv").write_text("\n".join(rows) + "\n")
    recorded = run("revise", folder, "--in-force", "least-cost", "--ledger", ledger)
    assert recorded.exit_code == 0, recorded.output
    result = run("appraise", folder, written(tmp_path, "end,shutdown,town,,"), "--ledger", ledger)
    assert result.exit_code == 0, result.output
    assert "end: not needed" in result.output
    result = run("appraise", folder, written(tmp_path, "end,shutdown,town,,"), "--ledger", ledger, "--region", "none")
    assert result.exit_code == 2
    assert "no such region" in result.output
