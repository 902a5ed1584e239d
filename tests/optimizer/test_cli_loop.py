"""The commands of the loop as their users meet them: what they show and write, and how they end."""

from __future__ import annotations

import getpass
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import numpy as np
import pandas as pd
import pytest
import revise_case as rc
from typer.testing import CliRunner

import abate
from abate.cli import app, cycles
from abate_data.write import write_case

LEAST = np.array([0.0, 0.8, 0.75, 0.0])


@pytest.fixture
def run():
    """Return a function that runs a command in this process."""

    def command(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return command


def region_at(place, found, **columns):
    """Write the hand-made case with its monitoring to a folder."""
    write_case(rc.make_case({**rc.tables(), "observations": found}, **columns), place)
    return place


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """The hand-made case in a folder: with the filter in the town removing half of what it should."""
    found = rc.monitored([2026], LEAST, effectiveness=np.array([1.0, 0.5, 1.0, 1.0]), noise=0.02, periods=6)
    return region_at(tmp_path_factory.mktemp("case") / "two-rivers", found)


@pytest.fixture(scope="module")
def record(case, tmp_path_factory):
    """A ledger with one cycle, made by the command, and what the command showed."""
    place = tmp_path_factory.mktemp("ledger") / "plans.db"
    runner = CliRunner(env={"ABATE_ACTOR": "the planner"})
    result = runner.invoke(app, ["revise", str(case), "--in-force", "least-cost", "--ledger", str(place)])
    assert result.exit_code == 0, result.stderr
    return place, result.stdout


@pytest.fixture(scope="module")
def damaged(record, tmp_path_factory):
    """A ledger in which somebody changed a row."""
    place = tmp_path_factory.mktemp("damaged") / "plans.db"
    shutil.copy(record[0], place)
    with closing(sqlite3.connect(place)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE cycles SET actor = 'nobody'")
        connection.commit()
    return place


def cells(text, first):
    """Return the cells of the rows of a printed table that begin with a word."""
    return [line.split() for line in text.splitlines() if line.split()[:1] == [first]]


# --- help ---


@pytest.mark.parametrize("command", ["revise", "batch", "history", "verify", "replay"])
def test_help_describes_the_command_with_an_example(run, command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"Example: abate {command}" in result.stdout


# --- revise ---


def test_revise_shows_the_verdict_what_moved_and_why(record):
    shown = record[1]
    assert "cycle 2026-12-31: a new plan is proposed" in shown
    assert "targets, as they are believed to stand" in shown
    assert "allocations that moved" in shown
    assert "measures that moved" in shown
    assert cells(shown, "town")
    assert "recorded: revision 1" in shown


def test_revise_again_says_that_it_was_recorded_before(run, case, record):
    result = run("revise", case, "--in-force", "least-cost", "--ledger", record[0])
    assert result.exit_code == 0
    assert "was recorded before: revision 1" in result.stdout
    with abate.Ledger(record[0]) as ledger:
        history = ledger.history()
    assert history["actor"].tolist() == ["the planner"]


def test_revise_names_the_user_where_nobody_else_is_named(monkeypatch):
    monkeypatch.delenv("ABATE_ACTOR", raising=False)
    assert cycles.actor() == getpass.getuser()
    monkeypatch.setenv("ABATE_ACTOR", "the planner")
    assert cycles.actor() == "the planner"


def test_revise_reads_observations_from_a_file_and_keeps_to_a_day(run, case, tmp_path):
    found = rc.monitored([2026, 2027], LEAST, noise=0.02, periods=2)
    found.to_csv(tmp_path / "found.csv", index=False)
    result = run("revise", case, "--observations", tmp_path / "found.csv", "--as-of", "2027-03-31")
    assert result.exit_code == 0
    assert "cycle 2026-12-31" in result.stdout
    result = run("revise", case, "--observations", tmp_path / "found.csv")
    assert "cycle 2027-12-31" in result.stdout


def test_revise_writes_every_table_to_a_workbook_and_a_figure(run, case, tmp_path):
    book, figure = tmp_path / "revision.xlsx", tmp_path / "revision.svg"
    result = run("revise", case, "--in-force", "least-cost", "--out", book, "--figure", figure)
    assert result.exit_code == 0, result.stderr
    sheets = pd.read_excel(book, sheet_name=None, engine="openpyxl")
    revision = abate.revise(abate.load(case), abate.decompose(abate.load(case)))
    assert set(sheets) == {"summary", *(name[:31] for name in revision.tables())}
    allowed = sheets["allocation"].filter(like="allowed").to_numpy().ravel()
    assert allowed == pytest.approx(revision.plan.allocation["allowed"].to_numpy())
    said = sheets["summary"].set_index("item")["value"]
    assert said["cycle"] == "2026-12-31"
    assert said["reason"] == revision.reason
    text = figure.read_text("utf-8")
    assert text.startswith("<?xml")


def test_revise_writes_every_table_to_a_folder(run, case, tmp_path):
    result = run("revise", case, "--in-force", "least-cost", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    names = {path.stem for path in (tmp_path / "out").iterdir()}
    assert {"summary", "changes", "risks", "belief", "allocation", "evaluated_attainment"} <= names
    changes = pd.read_csv(tmp_path / "out" / "changes.csv")
    assert {"source", "pollutant", "asked_by", "why"} <= set(changes)


def test_revise_refuses_a_place_that_is_taken_before_it_works(run, case, tmp_path, monkeypatch):
    monkeypatch.setattr("abate.cli.cycles.revise_region", lambda *_, **__: pytest.fail("revised"))
    (tmp_path / "taken.xlsx").write_text("mine")
    result = run("revise", case, "--out", tmp_path / "taken.xlsx")
    assert result.exit_code == 2
    assert "something stands there already" in result.stderr
    result = run("revise", case, "--figure", tmp_path / "figure.gif")
    assert result.exit_code == 2
    assert ".png" in result.stderr


def test_revise_of_unknown_observations_names_the_row_and_the_cure(run, case, tmp_path):
    found = rc.monitored([2026], LEAST)
    found.assign(source=found["source"].replace({"mill": "mil"})).to_csv(tmp_path / "found.csv", index=False)
    result = run("revise", case, "--observations", tmp_path / "found.csv")
    assert result.exit_code == 2
    assert "mil" in result.stderr
    assert "mill" in result.stderr
    assert "Traceback" not in result.stderr


def test_revise_of_targets_that_must_hold_and_cannot_is_no_plan(run, tmp_path):
    found = rc.monitored([2026], 0 * LEAST)
    place = region_at(tmp_path / "strict", found, targets_limit=[40.0, 2.3], targets_priority=[0, 0])
    result = run("revise", place)
    assert result.exit_code == 3
    assert "cap" in result.stderr


def test_revise_with_an_unknown_strategy_or_day_is_refused(run, case):
    result = run("revise", case, "--in-force", "leest-cost")
    assert result.exit_code == 2
    assert "least-cost" in result.stderr
    result = run("revise", case, "--as-of", "soon")
    assert result.exit_code == 2
    assert "2030-01-31" in result.stderr


# --- history, verify, replay ---


def test_history_lists_who_did_what_and_when(run, record):
    result = run("history", "--ledger", record[0])
    assert result.exit_code == 0
    (row,) = cells(result.stdout, "two-rivers")
    assert row[1:3] == ["2026-12-31", "1"]
    assert "the planner" in result.stdout


def test_history_of_a_ledger_that_is_not_there(run, tmp_path):
    result = run("history", "--ledger", tmp_path / "plans.db")
    assert result.exit_code == 5
    assert "there is no ledger" in result.stderr
    assert not (tmp_path / "plans.db").exists()


@pytest.mark.parametrize("more", [(), ("--recompute",)])
def test_verify_of_a_sound_ledger(run, record, more):
    result = run("verify", "--ledger", record[0], *more)
    assert result.exit_code == 0
    assert "no fault in 1 row" in result.stdout


def test_verify_names_the_row_that_was_changed(run, damaged):
    result = run("verify", "--ledger", damaged)
    assert result.exit_code == 5
    assert "1 fault:" in result.stdout
    (row,) = cells(result.stdout, "two-rivers")
    assert row[1:3] == ["2026-12-31", "1"]


def test_replay_of_a_damaged_row_is_refused(run, damaged):
    result = run("replay", "2026-12-31", "--ledger", damaged)
    assert result.exit_code == 5
    assert "2026-12-31" in result.stderr


def test_replay_gives_the_bytes_that_were_recorded(run, case, record, tmp_path):
    again = abate.revise(abate.load(case), abate.decompose(abate.load(case)))
    result = run("replay", "2026-12-31", "--ledger", record[0], "--out", tmp_path / "revision.json")
    assert result.exit_code == 0, result.stderr
    written = (tmp_path / "revision.json").read_bytes()
    assert written == again.to_bytes()
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from abate.cli import main; main()",
            "replay",
            "2026-12-31",
            "--ledger",
            str(record[0]),
        ],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "77"},
    )
    assert done.stdout == written + b"\n"


def test_replay_of_what_is_not_there(run, record, tmp_path):
    result = run("replay", "2025-12-31", "--ledger", record[0])
    assert result.exit_code == 5
    assert "2025-12-31" in result.stderr
    result = run("replay", "2026-12-31", "--ledger", record[0], "--revision", 3)
    assert result.exit_code == 5
    assert "the newest is 1" in result.stderr
    (tmp_path / "taken.json").write_text("mine")
    result = run("replay", "2026-12-31", "--ledger", record[0], "--out", tmp_path / "taken.json")
    assert result.exit_code == 2
    assert (tmp_path / "taken.json").read_text() == "mine"


# --- batch ---


@pytest.fixture(scope="module")
def regions(tmp_path_factory):
    """Two good regions, one of them a workbook, and one whose observations cannot be read."""
    folder = tmp_path_factory.mktemp("regions")
    found = rc.monitored([2026], 0 * LEAST, noise=0.02)
    region_at(folder / "north", found)
    region_at(folder / "south.xlsx", found)
    broken = region_at(folder / "broken", found) / "observations.csv"
    broken.write_text(broken.read_text("utf-8").replace("mill", "mil"), "utf-8")
    (folder / "notes.txt").write_text("no region")
    return folder


def test_batch_records_what_it_can_and_ends_with_its_own_code(run, regions, tmp_path):
    result = run("batch", regions, "--ledger", tmp_path / "plans.db", "--workers", 1)
    assert result.exit_code == 6
    assert "3 regions: 2 done, 1 failed" in result.stdout
    assert "broken:" in result.stdout
    assert "'mil'" in result.stdout
    shutil.rmtree(regions / "broken")
    again = run("batch", regions, "--ledger", tmp_path / "plans.db", "--workers", 1)
    assert again.exit_code == 0
    assert "2 regions: 2 recorded before" in again.stdout


def test_batch_of_a_folder_without_cases(run, tmp_path):
    result = run("batch", tmp_path, "--ledger", tmp_path / "plans.db")
    assert result.exit_code == 2
    assert "there is no case in this folder" in result.stderr
    assert not (tmp_path / "plans.db").exists()
