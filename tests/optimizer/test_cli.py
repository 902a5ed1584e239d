"""The command line as its users meet it: what it prints and where, what it writes, how it ends."""

from __future__ import annotations

import io
import logging
import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from rich.console import Console
from typer.testing import CliRunner

import abate
from abate.cli import app, show, summary, wait
from abate.errors import SolverError
from abate.solver import SolutionStatus, StopReason
from abate.workbook.plan import CONTENTS
from abate_data.read import load, shipped_cases
from abate_data.write import write_case

CASES = Path(abate.__file__).parents[2] / "data" / "abate_data" / "cases"
ECHO = CASES / "echo-reservoir"


@pytest.fixture
def run():
    """Return a function that runs a command in this process."""

    def command(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return command


@pytest.fixture(scope="module")
def echo():
    return abate.decompose(load("echo-reservoir"))


@pytest.fixture(scope="module")
def europe():
    return abate.decompose(load("europe-air"))


def process(*arguments, code="from abate.cli import main; main()", **environment):
    """Start the real command in a process of its own."""
    plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**plain, "PYTHONUTF8": "1", **environment},
        text=True,
        encoding="utf-8",
        # a shell that runs the tests in the background hands on that Ctrl-C is to be ignored
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL) if os.name == "posix" else None,  # noqa: PLW1509
    )


def finished(*arguments, **environment):
    """Return the exit code, stdout and stderr of the real command."""
    with process(*arguments, **environment) as command:
        out, err = command.communicate()
    return command.returncode, out, err


def cells(text, first):
    """Return the cells of the rows of a printed table that begin with a word."""
    return [line.split() for line in text.splitlines() if line.split()[:1] == [first]]


# --- what a planner reads ---


def test_cases_lists_every_shipped_case_with_its_scenarios(run):
    result = run("cases")
    assert result.exit_code == 0
    assert set(shipped_cases()) <= set(result.stdout.split())
    (row,) = cells(result.stdout, "echo-reservoir")
    assert row[-1] == "pooled"
    assert "all-ceilings, installations" in result.stdout


def test_plan_shows_the_published_figures_of_echo_reservoir(run):
    # published: 1,000,074 USD/yr; by sub-watershed 242, 172 and 587 thousand; by practice 880, 2,816, 87 and 4,283 kg
    result = run("plan", "echo-reservoir")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "least cost: 1,000,074 USD/yr" in result.stdout
    for region, thousands in (("chalk-creek", 242), ("weber-below", 172), ("weber-above", 587), ("all", 1000)):
        (row,) = cells(result.stdout, region)
        assert round(int(row[-1].replace(",", "")) / 1000) == thousands
    for measure, kilograms in (
        ("grazing-land-protection", 880),
        ("stream-bank-stabilization", 2816),
        ("conservation-tillage", 87),
        ("nutrient-management", 4283),
    ):
        (row,) = cells(result.stdout, measure)
        assert round(float(row[-2].replace(",", ""))) == kilograms
    assert "9 of 9 attained, 9 binding" in result.stdout
    # a kg less from grazing is a kg more of the only cheap practice there, 238.1 USD per kg in measures.csv
    assert [row[-2] for row in cells(result.stdout, "weber-above/grazing")] == ["238.1"]


def test_plan_fits_a_hundred_columns_and_says_no_escape_codes_in_a_pipe(run):
    for case in ("echo-reservoir", "europe-air"):
        text = run("plan", case).stdout
        assert max(map(len, text.splitlines())) <= 100
        assert "\x1b" not in text


def test_long_tables_of_targets_are_cut_and_the_rest_counted(run, europe):
    text, room = run("plan", "europe-air").stdout.split("kept with room to spare")
    assert len([line for line in room.splitlines() if line.rstrip().endswith((" kt/yr", " ug/m3"))]) == summary.TARGETS
    shown = [line for line in text.splitlines() if line.rstrip().endswith((" kt/yr", "percentage point"))]
    assert len(shown) == summary.TARGETS
    binding = int(europe.attainment["binding"].sum())
    assert f"and {binding - summary.TARGETS} more" in text


def test_other_objectives_say_what_they_cost_and_what_is_missed(run):
    text = run("plan", "europe-air", "--scenario", "all-ceilings", "--objective", "exceedance").stdout
    assert "least exceedance: 1.49" in text
    assert "at a cost of 9,20" in text
    missed = text.split("missed")[1].split("binding")[0]
    assert cells(missed, "FIN-NOx-ceiling")
    assert cells(missed, "SWE-NH3-ceiling")


def test_a_plan_that_is_not_proved_least_does_not_say_least(run, echo, monkeypatch):
    proof = replace(echo.certificate, stop=StopReason.TIME_LIMIT, status=SolutionStatus.FEASIBLE, gap=0.25)
    monkeypatch.setattr("abate.cli.commands.decompose", lambda *_, **__: replace(echo, certificate=proof))
    text = run("plan", "echo-reservoir").stdout
    assert "best cost found, not proved least: 1,000,074 USD/yr" in text
    assert "least cost" not in text
    assert "time limit, feasible" in text


def test_explain_names_who_asks_and_at_what_price(run):
    # land applied manure above the reservoir: nutrient management at 167.55 USD per kg (measures.csv)
    text = run("plan", "echo-reservoir", "--explain", "weber-above/manure").stdout
    asked = text.split("what each target pays")[1]
    assert cells(asked, "weber-above/manure") == [["weber-above/manure", "P", "167.5"]]


def test_explain_of_an_unknown_source_costs_no_solve(run, monkeypatch):
    monkeypatch.setattr("abate.cli.commands.decompose", lambda *_, **__: pytest.fail("solved"))
    result = run("plan", "echo-reservoir", "--explain", "weber-above/manur")
    assert result.exit_code == 2
    assert "did you mean 'weber-above/manure'?" in result.stderr


@pytest.mark.parametrize(
    "command", [(), ("cases",), ("check",), ("template",), ("plan",), ("strategies",), ("compare",)]
)
def test_help_describes_every_command_with_an_example(run, command):
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Example: abate" in result.stdout if command else "Exit codes" in result.stdout


def test_version(run):
    assert run("--version").stdout == "abate 0.1.0\n"


# --- checking and templates ---


def test_check_shows_sizes(run):
    result = run("check", "echo-reservoir", "--scenario", "pooled")
    assert result.exit_code == 0
    assert "no findings in echo-reservoir, scenario pooled" in result.stdout
    assert cells(result.stdout, "options") == [["options", "39"]]


@pytest.fixture
def broken(tmp_path):
    """Return a folder of a case with three faults, one of which would colour the terminal."""
    folder = tmp_path / "broken"
    write_case(load("echo-reservoir"), folder)
    loads = (folder / "loads.csv").read_text("utf-8")
    (folder / "loads.csv").write_text(loads.replace("P,961.0", "P,much"), "utf-8")
    targets = (folder / "targets.csv").read_text("utf-8")
    (folder / "targets.csv").write_text(targets.replace("reduction,,weber-below", "reduction,,weber-belo"), "utf-8")
    sources = (folder / "sources.csv").read_text("utf-8")
    (folder / "sources.csv").write_text(sources.replace('"Land applied manure, Chalk Creek"', "a\x1b[31mb"), "utf-8")
    return folder


@pytest.mark.parametrize("command", ["check", "plan"])
def test_a_broken_folder_lists_all_findings(run, broken, command):
    with pytest.raises(abate.InputError) as found:
        load(broken)
    result = run(command, broken)
    assert result.exit_code == 2
    shown, other = (result.stdout, result.stderr) if command == "check" else (result.stderr, result.stdout)
    assert other == ""
    assert f"{len(found.value.findings)} findings" in shown
    for finding in found.value.findings:
        assert finding.table in shown
        assert finding.column in shown
    assert "much" in shown
    assert "\x1b" not in shown


def test_an_unknown_case_offers_the_nearest(run):
    result = run("plan", "echo-reservoirr")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean 'echo-reservoir'?" in result.stderr


def test_an_unknown_scenario_offers_the_nearest(run):
    result = run("check", "echo-reservoir", "--scenario", "poled")
    assert result.exit_code == 2
    assert "'pooled'" in result.stdout


@pytest.mark.parametrize("name", ["mine", "mine.xlsx"])
def test_template_is_written_once(run, tmp_path, name):
    assert run("template", tmp_path / name, "--blank").exit_code == 0
    again = run("template", tmp_path / name)
    assert again.exit_code == 2
    assert "something stands there already" in again.stderr
    # every table that a case needs is there and empty
    empty = run("check", tmp_path / name)
    assert empty.exit_code == 2
    assert "the table has no rows" in empty.stdout


@pytest.mark.parametrize("name", ["mine", "mine.xlsx"])
def test_the_example_of_a_template_is_checked_and_planned(run, tmp_path, name):
    assert run("template", tmp_path / name).exit_code == 0
    checked = run("check", tmp_path / name)
    assert checked.exit_code == 0
    assert "perhaps not meant" not in checked.stdout
    # worked out by hand in abate_data.example
    planned = run("plan", tmp_path / name)
    assert "least cost: 101,000 USD/yr" in planned.stdout
    assert cells(planned.stdout, "buffers") == [["buffers", "P", "1", "50", "km", "2,500", "25,000"]]


@pytest.fixture
def faulty(run, tmp_path):
    """Return a workbook with one fault."""
    path = tmp_path / "faulty.xlsx"
    run("template", path)
    book = openpyxl.load_workbook(path)
    book["loads"]["C3"] = "much"
    book.save(path)
    return path


def test_findings_of_a_workbook_name_the_cell(run, faulty):
    result = run("check", faulty)
    assert result.exit_code == 2
    assert cells(result.stdout, "loads!C3")
    assert "loads!C3" in run("plan", faulty).stderr


def test_check_marks_a_copy(run, faulty, tmp_path):
    before = faulty.read_bytes()
    result = run("check", faulty, "--mark", tmp_path / "marked.xlsx")
    assert result.exit_code == 2
    assert result.stdout.splitlines()[-1] == f"written: {tmp_path / 'marked.xlsx'}"
    assert "not a number" in openpyxl.load_workbook(tmp_path / "marked.xlsx")["loads"]["C3"].comment.text
    assert faulty.read_bytes() == before


def test_what_cannot_be_marked_is_said_before_the_check(run, faulty, tmp_path):
    (tmp_path / "taken.xlsx").write_text("mine")
    for arguments, said in (
        (("check", "echo-reservoir", "--mark", tmp_path / "x.xlsx"), "only be made of a workbook"),
        (("check", faulty, "--mark", tmp_path / "x.csv"), "end it in .xlsx"),
        (("check", faulty, "--mark", tmp_path / "taken.xlsx"), "something stands there already"),
    ):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert said in result.stderr
    assert (tmp_path / "taken.xlsx").read_text() == "mine"


def test_nothing_is_marked_where_nothing_is_found(run, tmp_path):
    run("template", tmp_path / "mine.xlsx")
    result = run("check", tmp_path / "mine.xlsx", "--mark", tmp_path / "marked.xlsx")
    assert result.exit_code == 0
    assert "nothing is marked" in result.stdout
    assert not (tmp_path / "marked.xlsx").exists()


def test_a_file_that_is_no_workbook_cannot_be_marked_either(run, tmp_path):
    (tmp_path / "x.xlsx").write_bytes(b"a,b\n")
    result = run("check", tmp_path / "x.xlsx", "--mark", tmp_path / "marked.xlsx")
    assert result.exit_code == 2
    assert "plain text, as CSV does" in result.stdout
    assert not (tmp_path / "marked.xlsx").exists()


# --- files ---


@pytest.mark.parametrize("name", ["plan", "plan.xlsx"])
def test_out_writes_every_table_with_units_and_never_twice(run, tmp_path, echo, name):
    path = tmp_path / name
    first = run("plan", "echo-reservoir", "--out", path)
    assert first.exit_code == 0
    assert f"written: {path}" in first.stdout.splitlines()
    if path.is_dir():
        written = {file.stem: pd.read_csv(file) for file in path.iterdir()}
    else:
        written = pd.read_excel(path, sheet_name=None, engine="openpyxl")
    # a workbook has formulas besides
    live = {"totals"} if path.is_file() else set()
    assert set(written) == {"summary", *live, *echo.tables()}
    allocation = written["allocation"]
    assert allocation["reduction [kg/yr]"].sum() == pytest.approx(8067.16)
    np.testing.assert_array_equal(allocation["allowed [kg/yr]"], echo.allocation["allowed"])
    facts = written["summary"].set_index("item")["value"]
    assert float(facts["cost"]) == echo.cost
    assert facts["SHA-256 of the case"] == echo.certificate.case_hash
    # a plan of least cost asks nothing that is out of reach
    assert {*echo.tables(), "out_of_reach"} == set(CONTENTS)

    before = sorted((file, file.stat().st_mtime_ns) for file in tmp_path.rglob("*"))
    again = run("plan", "echo-reservoir", "--out", path)
    assert (again.exit_code, again.stdout) == (2, "")
    assert "something stands there already" in again.stderr
    assert before == sorted((file, file.stat().st_mtime_ns) for file in tmp_path.rglob("*"))


def test_out_takes_an_empty_folder(run, tmp_path):
    (tmp_path / "empty").mkdir()
    assert run("plan", "echo-reservoir", "--out", tmp_path / "empty").exit_code == 0


@pytest.mark.parametrize("place", ["nowhere/plan.xlsx", "file/plan"])
def test_out_refuses_a_place_that_cannot_be_before_it_solves(run, tmp_path, monkeypatch, place):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("abate.cli.commands.decompose", lambda *_, **__: pytest.fail("solved"))
    result = run("plan", "echo-reservoir", "--out", tmp_path / place)
    assert result.exit_code == 2
    assert "lies in a folder that is not there" in result.stderr


def test_a_failing_disk_is_said_in_a_line(run, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("abate_data.write.write_sheets", full)
    result = run("plan", "echo-reservoir", "--out", tmp_path / "plan.xlsx")
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


# --- strategies side by side ---

#: Strategies that are quick, and two of which hand out the same.
THREE = ("--strategy", "least-cost", "--strategy", "equal-percent mode=progressive", "--strategy", "proportional")


@pytest.fixture
def small(tmp_path, make_case):
    """Return the folder of a small case without costs."""
    tables = {
        "regions": "region parent population\nbasin . 900",
        "sources": "source region sector\nmill basin industry\ntown basin sewage",
        "loads": "source pollutant load\nmill P 100\ntown P 50",
        "targets": "target kind limit\ncap load 90",
    }
    write_case(make_case(tables), tmp_path / "small")
    return tmp_path / "small"


def test_strategies_lists_each_with_what_it_does_and_its_options(run):
    result = run("strategies")
    assert result.exit_code == 0
    for name in ("least-cost", "equal-percent", "talmud", "tiers", "given"):
        (row,) = cells(result.stdout, name)
        assert len(row) > 1
    # per-attribute cannot do without being told which
    assert "attribute!" in result.stdout
    assert "options with ! have no default" in result.stdout
    assert "\x1b" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_compare_shows_what_each_strategy_costs_attains_and_hands_out(run):
    result = run("compare", "echo-reservoir", "--scenario", "pooled", *THREE)
    assert (result.exit_code, result.stderr) == (0, "")
    text = result.stdout
    assert "echo-reservoir, scenario pooled" in text
    cost, amounts, inequality, rest = (
        (text.split("cost, attainment and use of capacity")[1].replace("what is taken away, and where", "|"))
        .replace("inequality of reduction by baseline", "|")
        .replace("hand out the same", "|")
        .split("|")
    )
    # published: 985,318 USD/yr for the pooled caps, 1,000,074 for the caps of each watershed; 8,067 kg
    ((_, *least),) = cells(cost, "least-cost")
    assert least[:5] == ["985,318", "0", "3", "of", "3"]
    ((_, _, *equal),) = cells(cost, "equal-percent")
    assert equal[:2] == ["1,000,074", "1.498"]
    assert [row[-2] for row in cells(amounts, "least-cost")] == ["8,067"]
    assert cells(inequality, "least-cost")
    assert rest.split() == ["equal-percent", "mode=progressive:", "proportional"]
    # what no row knows is no column
    assert "probability" not in text
    assert "transfer" not in text
    assert "left out" not in text
    assert "\x1b" not in text


def test_compare_fits_a_hundred_columns(run):
    for case in ("europe-air", "tampa-bay"):
        text = run("compare", case, "--strategy", "equal-percent mode=uniform", "--strategy", "talmud").stdout
        assert max(map(len, text.splitlines())) <= 100


def test_compare_says_once_why_strategies_are_left_out(run, small):
    text = run("compare", small).stdout
    left_out = " ".join(text.split("left out")[1].split())
    assert left_out.count("the case does not say which measures each source can take") == 1
    assert "per-gdp: sources, gdp: is missing, and per-gdp needs it" in left_out
    assert "per-capita" not in left_out
    # without costs there is no column of costs
    assert "[EUR/yr]" not in text


def test_compare_by_another_variable_weight_and_seed(run, small):
    text = run("compare", small, "--strategy", "per-capita", "--variable", "allowed", "--weight", "population").stdout
    assert "inequality of allowed by population" in text
    first, again, other = (
        run("compare", "europe-air", "--strategy", "equal-percent mode=uniform", "--seed", seed).stdout
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", ["out", "out.xlsx"])
def test_compare_writes_every_table_with_units_and_never_twice(run, tmp_path, name):
    path, command = tmp_path / name, ("compare", "echo-reservoir", "--scenario", "pooled", *THREE)
    result = run(*command, "--out", path)
    assert result.exit_code == 0
    assert f"written: {path}" in result.stdout.splitlines()
    if path.is_dir():
        written = {file.stem: pd.read_csv(file) for file in path.iterdir()}
    else:
        written = pd.read_excel(path, sheet_name=None, engine="openpyxl")
    made = abate.compare(load("echo-reservoir", "pooled"), THREE[1::2])
    assert set(written) == {"summary", *made.tables()}
    table = written["comparison"]
    assert table["strategy"].tolist() == list(THREE[1::2])
    np.testing.assert_allclose(table["cost [USD/yr]"], made.table["cost"])
    np.testing.assert_allclose(written["loads"]["allowed [kg/yr]"], made.loads["allowed"])
    facts = written["summary"].set_index("item")["value"]
    assert facts["SHA-256 of the case"] == made.case.hash
    assert facts["inequality of"] == "reduction by baseline"
    assert facts["draws, seed, relative standard deviation"] == "1000, 0, 0.2"
    assert facts["column cost"] == "yearly cost of the cheapest measures [USD/yr]"
    again = run(*command, "--out", path)
    assert (again.exit_code, again.stdout) == (2, "")
    assert "something stands there already" in again.stderr


@pytest.mark.parametrize(("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("PDF", b"%PDF")])
def test_compare_saves_the_figure(run, tmp_path, small, ending, begins):
    path = tmp_path / f"figure.{ending}"
    result = run("compare", small, "--strategy", "talmud", "--figure", path)
    assert result.exit_code == 0
    assert f"written: {path}" in result.stdout.splitlines()
    assert path.read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--figure", "taken.png"), "something stands there already"),
        (("--figure", "figure.jpg"), "end it in .png, .svg, .pdf"),
        (("--figure", "figure"), "end it in .png, .svg, .pdf"),
        (("--figure", "nowhere/figure.png"), "lies in a folder that is not there"),
        (("--out", "taken.xlsx"), "something stands there already"),
        (("--out", "out.csv"), "end it in .xlsx for a workbook"),
        (("--out", "nowhere/out"), "lies in a folder that is not there"),
        (("--strategy", "talmut"), "did you mean 'talmud'?"),
        (("--strategy", "talmud modus=uniform"), "did you mean 'mode'?"),
        (("--strategy", "talmud mode=unifrom"), "should be 'uniform' or 'progressive'"),
        (("--strategy", "talmud uniform"), "write options as option=value"),
        (("--strategy", "talmud", "--weight", "populatoin"), "did you mean 'population'?"),
        (("--strategy", "talmud", "--variable", "reductoin"), "did you mean 'reduction'?"),
        (("--strategy", "least-cost"), "fill it, or compare strategies that need no costs"),
        (("--strategy", "per-gdp"), "give it in table sources or regions for 'mill', 'town'"),
    ],
)
def test_compare_refuses_with_the_cure_before_work_is_spent(run, small, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    for name in ("taken.png", "taken.xlsx"):
        Path(name).write_text("")
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr("abate.strategies.reaching.Reaching.plan", lambda *_: pytest.fail("worked"))
    result = run("compare", small, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())
    assert sorted(tmp_path.rglob("*")) == before


def test_plan_by_a_strategy(run, small, tmp_path):
    text = run("plan", small, "--strategy", "equal-percent").stdout
    assert "equal-percent: its cost is not known" in text
    # 90 of 150
    assert cells(text, "all")[0][:5] == ["all", "P", "150", "90", "60"]
    assert "1 of 1 attained, 1 binding" in text
    both = run("plan", small, "--strategy", "talmud", "--objective", "total_load")
    assert (both.exit_code, both.stdout) == (2, "")
    assert "leave out --objective" in both.stderr
    far = run("plan", "europe-air", "--strategy", "per-capita", "--out", tmp_path / "out")
    assert far.exit_code == 0
    assert "out of technical reach: 15 loads" in far.stdout
    assert len(pd.read_csv(tmp_path / "out" / "out_of_reach.csv")) == 15


def test_compare_ends_with_no_plan_where_none_is_left(run, tmp_path, make_case):
    tables = {
        "sources": "source\nmill",
        "loads": "source pollutant load floor\nmill P 100 95",
        "targets": "target kind limit\ncap load 90",
    }
    write_case(make_case(tables), tmp_path / "tight")
    result = run("compare", tmp_path / "tight", "--strategy", "talmud", "--strategy", "equal-percent")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "there is nothing to divide: target 'cap' leaves 90 to share" in result.stderr
    assert "raise the limits or lower the floors" in result.stderr
    assert "Traceback" not in result.stderr
    conflict = run("compare", "europe-air", "--scenario", "all-ceilings", "--strategy", "least-cost")
    assert (conflict.exit_code, conflict.stdout) == (3, "")
    assert "the smallest relaxation that gives a plan:" in conflict.stderr


def test_a_failing_disk_leaves_no_part_of_a_comparison(run, tmp_path, monkeypatch, small):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("abate_data.write.write_sheets", full)
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    before = sorted(tmp_path.rglob("*"))
    for arguments in (("--out", tmp_path / "out.xlsx"), ("--figure", tmp_path / "figure.png")):
        result = run("compare", small, "--strategy", "talmud", *arguments)
        assert result.exit_code == 2
        assert "No space left on device" in result.stderr
        assert len(result.stderr.splitlines()) == 1
        assert sorted(tmp_path.rglob("*")) == before


def test_compare_as_a_process_obeys_no_color(tmp_path):
    command = ("compare", "tampa-bay", "--strategy", "given", "--figure", tmp_path / "figure.svg")
    code, out, err = finished(*command, FORCE_COLOR="1", NO_COLOR="1")
    assert (code, err) == (0, "")
    assert not any(f"\x1b[{number}m" in out for number in range(30, 48))
    # 538.6 of 486 tons in Old Tampa Bay
    ((_, *row),) = [line for line in cells(out, "given") if "of" in line]
    assert row == ["3", "of", "5", "-10.83", "0", "9.43"]


# --- how it ends ---


def test_targets_that_cannot_hold_end_with_conflict_reach_and_relaxation(run):
    result = run("plan", "europe-air", "--scenario", "all-ceilings")
    assert (result.exit_code, result.stdout) == (3, "")
    # case.toml: SWE-NH3 asks 126 kt/yr where 56.0 % less is needed and 43.5 % can be had; FIN-NOx asks 170
    assert "SWE-NH3-ceiling cannot be met" in result.stderr
    reach, relaxed = result.stderr.split("the smallest relaxation")
    (row,) = cells(reach, "SWE-NH3-ceiling")
    assert row[1:6] == ["kt/yr", "at", "most", "286.7", "126"]
    assert 100 * (1 - float(row[6]) / 286.7) == pytest.approx(43.5, abs=0.05)
    assert cells(relaxed, "FIN-NOx-ceiling")[0][5] == "170"


def test_a_solver_that_finds_nothing_in_time_ends_with_its_own_code(run):
    result = run("plan", "europe-air", "--scenario", "installations", "--time-limit", 0)
    assert (result.exit_code, result.stdout) == (4, "")
    assert "raise the time limit" in result.stderr


def test_ctrl_c_ends_with_a_sentence(run, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("abate.cli.commands.decompose", interrupted)
    result = run("plan", "echo-reservoir", "--out", tmp_path / "plan.xlsx")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == "interrupted; nothing was written\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="signals as on a terminal")
def test_ctrl_c_is_heard_while_the_work_is_deep_in_other_code():
    code = """
import time
import abate.cli.commands as commands
def endless(*_, **__):
    print("working", flush=True)
    time.sleep(600)
commands.decompose = endless
commands.main()
"""
    with process("plan", "echo-reservoir", code=code) as command:
        try:
            assert command.stdout.readline() == "working\n"
            command.send_signal(signal.SIGINT)
            _, err = command.communicate(timeout=60)
        finally:
            command.kill()
    assert (command.returncode, err) == (130, "interrupted; nothing was written\n")


def test_warnings_of_the_library_stand_on_stderr(run, monkeypatch):
    def warning(*_, **__):
        logging.getLogger("abate.solver").warning("%d coefficients are [small]", 3)
        raise SolverError("failed")

    monkeypatch.setattr("abate.cli.commands.decompose", warning)
    result = run("plan", "echo-reservoir")
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr == "warning: 3 coefficients are [small]\nfailed\n"
    assert logging.getLogger("abate").handlers == []


# --- as a process ---


def test_the_process_keeps_results_and_messages_apart(tmp_path):
    place = tmp_path / "a folder with a name that is longer than the hundred columns of a line in a pipe, and then some"
    code, out, err = finished("plan", "echo-reservoir", "--out", place)
    assert (code, err) == (0, "")
    assert f"written: {place}" in out.splitlines()
    code, out, err = finished("plan", "echo-reservoir", "--out", place)
    assert (code, out) == (2, "")
    assert str(place) in err


def test_no_color_is_respected_where_colour_is_forced():
    colours = [f"\x1b[{number}m" for number in range(30, 48)]
    for environment in ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, {}):
        code, out, _ = finished("check", "echo-reservoir", **environment)
        assert code == 0
        assert not any(colour in out for colour in colours)
    assert "\x1b" not in out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_stdout_is_said_in_a_line():
    with Path("/dev/full").open("w") as full:
        command = subprocess.run(
            [sys.executable, "-c", "from abate.cli import main; main()", "cases"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert command.returncode == 2
    assert "No space left on device" in command.stderr
    assert "Traceback" not in command.stderr


# --- numbers and tables ---


@given(st.floats(min_value=-1e15, max_value=1e15))
def test_a_number_is_shown_within_half_of_its_fourth_digit(value):
    shown = float(show.number(value).replace(",", ""))
    assert shown == pytest.approx(value, rel=5.001e-4)


@given(st.floats(min_value=1e3, max_value=1e15))
def test_money_is_shown_to_the_unit(value):
    assert int(show.money(value).replace(",", "")) == round(value)


@given(st.text())
def test_what_is_printed_moves_no_cursor(text):
    assert all(letter.isprintable() or letter == "\n" for letter in show.printable(text))


def test_a_narrow_terminal_loses_no_digit(europe):
    screen = Console(file=io.StringIO(), width=show.LEAST_WIDTH, markup=False, highlight=False)
    summary.show_plan(screen, europe)
    text = screen.file.getvalue()
    assert "…" not in text
    assert max(map(len, text.splitlines()[3:-6])) <= show.LEAST_WIDTH
    for cost in europe.practices["cost"]:
        assert f"{cost:,.0f}" in text


def test_the_split_adds_up_to_the_whole_for_any_tree(make_case):
    # two roots and a source in no region: nothing may be lost
    sources = "source region\na north\nb south\nc ."
    flat = {
        "regions": "region parent\nnorth .\nsouth .\nsouth-bay south",
        "sources": sources,
        "loads": "source pollutant load\na P 100\nb P 50\nc P 30\na N 10",
        "options": "source measure max_extent unit_cost\na filter 1 30\nb filter 1 20\nc filter 1 5",
        "removals": "source measure pollutant removal\n* filter P 0.8\na filter N 0.5",
        "targets": "target kind pollutant limit\nbasin load P 60",
    }
    rooted = {**flat, "regions": "region parent\nbasin .\nnorth basin\nsouth basin"}
    for tables in (flat, rooted):
        plan = abate.decompose(make_case(tables))
        table = summary.split(plan)
        assert list(dict.fromkeys(table["region"])) == ["north", "south", "(elsewhere)", "all"]
        parts = table[table["region"] != "all"].groupby("pollutant")[["baseline", "allowed", "cost"]].sum()
        whole = table[table["region"] == "all"].set_index("pollutant")[["baseline", "allowed", "cost"]]
        pd.testing.assert_frame_equal(parts, whole.loc[parts.index])
        assert whole["cost"].tolist() == pytest.approx([plan.cost] * 2)


def test_a_split_into_many_regions_shows_the_dearest_and_counts_the_others(make_case):
    names = [f"r{number}" for number in range(30)]
    rows = "\n".join(f"s{name} {name}" for name in names)
    tables = {
        "regions": "region parent\n" + "\n".join(f"{name} ." for name in names),
        "sources": f"source region\n{rows}",
        "loads": "source pollutant load\n" + "\n".join(f"s{name} P 10" for name in names),
        "options": "source measure max_extent unit_cost\n"
        + "\n".join(f"s{name} filter 1 {cost}" for cost, name in enumerate(names, start=1)),
        "removals": "source measure pollutant removal\n* filter P 0.5",
        "targets": "target kind limit\nbasin load 150",
    }
    plan = abate.decompose(make_case(tables))
    table = summary.split(plan)
    # every source has to do all it can: cost of region n is n + 1, and the first six are the cheapest
    assert table["region"].tolist() == [*names[6:], "(6 more)", "all"]
    assert table["cost"].iloc[-2] == pytest.approx(1 + 2 + 3 + 4 + 5 + 6)


def test_a_plan_without_measures_says_so(run, tmp_path, make_case):
    tables = {
        "sources": "source\na",
        "loads": "source pollutant load\na P 100",
        "options": "source measure max_extent unit_cost\na filter 1 30",
        "removals": "source measure pollutant removal\n* filter P 0.8",
        "targets": "target kind limit\nbasin load 200",
    }
    case = make_case(tables)
    assert len(abate.decompose(case).practices) == 0
    write_case(case, tmp_path / "case")
    result = run("plan", tmp_path / "case", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "no measure is needed" in result.stdout
    assert "1 of 1 attained, 0 binding" in result.stdout


@pytest.mark.parametrize("name", ["echo-reservoir", "europe-air"])
def test_practices_agree_with_the_files_of_the_case(name, echo, europe):
    plan = echo if name == "echo-reservoir" else europe
    removals, loads = (pd.read_csv(CASES / name / f"{table}.csv") for table in ("removals", "loads"))
    assert (removals["source"] == "*").all()
    used = plan.measures.merge(removals.drop(columns="source"), on="measure").merge(loads, on=["source", "pollutant"])
    baseline = used["load"].where(used["basis"] == "fraction", 1.0)
    used["removed"] = used["removal"] * used["extent"] * baseline
    expected = used.groupby(["measure", "pollutant"])["removed"].sum()
    found = plan.practices.set_index(["measure", "pollutant"])
    pd.testing.assert_series_equal(found["removed"].sort_index(), expected.sort_index())
    by_measure = plan.measures.groupby("measure").agg(
        sources=("source", "nunique"), extent=("extent", "sum"), cost=("cost", "sum")
    )
    for (measure, _), row in found.iterrows():
        assert row["sources"] == by_measure.loc[measure, "sources"]
        assert row["extent"] == pytest.approx(by_measure.loc[measure, "extent"])
        assert row["cost"] == pytest.approx(by_measure.loc[measure, "cost"])


# --- progress ---


def test_progress_is_shown_on_a_terminal_once_it_takes_long(monkeypatch):
    screen = Console(file=io.StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(wait, "console", lambda **_: screen)
    monkeypatch.setattr(wait, "PATIENCE", 0.0)

    def work(report):
        report("best quality for target [bay]", 3, 7)
        while "target [bay]" not in screen.file.getvalue():
            pass
        return "done"

    assert wait.wait_for(work) == "done"
    assert "3/7" in screen.file.getvalue()


def test_short_work_and_work_in_a_pipe_show_no_progress(monkeypatch):
    for terminal in (True, False):
        screen = Console(file=io.StringIO(), force_terminal=terminal, width=100)
        monkeypatch.setattr(wait, "console", lambda screen=screen, **_: screen)
        assert wait.wait_for(lambda report: report("solving", 0, 1)) is None
        assert screen.file.getvalue() == ""


def test_what_is_perhaps_not_meant_is_noted_and_stops_nobody(run, tmp_path):
    folder = tmp_path / "basin"
    folder.mkdir()
    (folder / "case.toml").write_text('name = "basin"\n[units]\nload = "kg/yr"\n')
    for table, text in {
        "regions": "region\nupper\n",
        "sources": "source,region\nmill,upper\ntown,\n",
        "loads": "source,pollutant,load\nmill,P,100\ntown,P,50\n",
        "options": "source,measure,max_extent,unit_cost\nmill,filter,1,30\n",
        "removals": "measure,pollutant,removal\nfilter,P,0.8\n",
        "targets": "target,kind,basis,limit\nless,reduction,percent,0.2\n",
    }.items():
        (folder / f"{table}.csv").write_text(text)
    for command in ("check", "plan"):
        result = run(command, folder)
        assert result.exit_code == 0
        assert "2 notes: allowed, but perhaps not meant" in result.stdout
        assert "town" in result.stdout
        assert "write 20" in " ".join(result.stdout.split())
