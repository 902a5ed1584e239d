"""`abate explore` as its users meet it: what it shows, what it writes, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import abate
from abate.cli import app, exploration
from abate.errors import SolverError
from abate.front import explore, stored
from abate.front.exact.space import Space
from abate.front.usual import usual_objectives
from abate_data.synthetic import synthetic_case
from abate_data.write import write_case


@pytest.fixture
def run():
    """Return a function that runs `abate explore` in this process."""

    def command(*arguments):
        return CliRunner().invoke(app, ["explore", *map(str, arguments)])

    return command


@pytest.fixture(scope="module")
def echo():
    return abate.load("echo-reservoir")


@pytest.fixture(scope="module")
def front(echo):
    return explore(echo, ["cost", "total_load"])


def rows(text, heading):
    """The cells of the rows of a printed table that begin with a number, after a heading."""
    after = text.partition(heading)[2]
    return [line.split() for line in after.splitlines() if line.split() and line.split()[0].isdigit()]


class TestShown:
    def test_the_front_in_short(self, run, front):
        shown = run("echo-reservoir")
        assert shown.exit_code == 0
        assert shown.stderr == ""
        assert "trade-off of cost and total_load:P: 5 points, complete\n" in shown.stdout
        assert f"method  dichotomy: {front.why}" in shown.stdout
        assert "solves  2 best cost, 2 best total_load:P, 7 segment" in shown.stdout
        table = rows(shown.stdout, "\npoints")
        assert [int(row[0]) for row in table] == list(range(5))
        assert [row[1] for row in table] == [f"{cost:,.0f}" for cost in front.points["cost"]]
        assert [row[-1] for row in table].index("knee") == front.knee().point

    def test_the_rates_at_the_knee(self, run, front):
        shown = run("echo-reservoir").stdout
        rates = front.knee().rates
        (line,) = [line for line in shown.splitlines() if line.startswith("total_load:P [kg/yr]")]
        # a kg more that may stay lowers the cost
        assert line.split()[-2:] == [f"{rates.loc['total_load:P', 'cost']:.4g}", "-"]

    def test_a_gain_of_what_is_maximised_is_a_gain(self, run):
        shown = run("echo-reservoir", "--objective", "cost", "--objective", "removal").stdout
        (line,) = [line for line in shown.splitlines() if line.startswith("removal:P [kg/yr]")]
        # a kg less that has to go lowers the cost
        assert float(line.split()[-2]) < 0
        (line,) = [line for line in shown.splitlines() if line.startswith("cost [USD/yr]")]
        # and a dollar more removes more
        assert float(line.split()[-1]) > 0
        assert "-0" not in line.split()

    def test_of_many_points_twenty_evenly_with_the_knee_and_both_ends(self, run):
        shown = run("europe-air", "--gap", "1e-4").stdout
        table = rows(shown, "\npoints")
        numbers = [int(row[0]) for row in table if row[1:]][:20]
        assert "20 of" in shown
        assert len(numbers) == exploration.ROWS
        assert numbers == sorted(set(numbers))
        assert numbers[0] == 0
        assert any(row[-1] == "knee" for row in table)

    def test_points_that_are_not_proved_say_so(self, front):
        unsure = replace(front, optimal=np.array([True, False, True, True, True]), gaps=np.array([0, 0.1, 0, 0, 0]))
        table = exploration._shown(unsure, unsure.knee())
        assert table["status"].tolist()[:2] == ["optimal", "feasible"]
        assert table["gap"].tolist()[1] == 0.1

    def test_the_usual_objectives(self, echo):
        assert usual_objectives(echo) == ["cost", "total_load:P"]
        assert usual_objectives(abate.load("europe-air")) == ["cost", "exposure:pm25_inorganic"]

    def test_help_has_an_example(self, run):
        shown = run("--help").stdout
        assert "Example: abate explore europe-air" in shown
        for option in ("--objective", "--gap", "--time-limit", "--workers", "--out", "--figure", "--scenario"):
            assert option in shown

    def test_several_workers_find_the_same(self, run):
        one, two = run("echo-reservoir"), run("echo-reservoir", "--workers", 2)
        assert one.stdout == two.stdout


class TestWritten:
    def test_a_folder_of_tables(self, run, front, tmp_path):
        place = tmp_path / "front"
        assert run("echo-reservoir", "--out", place).exit_code == 0
        assert sorted(os.listdir(place)) == ["allocations.csv", "points.csv", "rates.csv", "solves.csv", "summary.csv"]
        points = pd.read_csv(place / "points.csv")
        np.testing.assert_allclose(points["cost [USD/yr]"], front.points["cost"])
        allocations = pd.read_csv(place / "allocations.csv")
        for point in range(len(front)):
            np.testing.assert_allclose(
                allocations[f"point {point} [kg/yr]"], front.plan(point).allocation["allowed"], atol=1e-6
            )
        summary = pd.read_csv(place / "summary.csv").set_index("item")["value"]
        assert summary["status"] == "complete"
        assert summary["knee"] == f"point {front.knee().point}"
        assert float(summary["proved best cost"]) == pytest.approx(front.ideal[0])
        assert pd.read_csv(place / "solves.csv")["solves"].sum() == sum(front.solves.values())

    def test_a_workbook(self, run, tmp_path):
        place = tmp_path / "front.xlsx"
        shown = run("echo-reservoir", "--out", place)
        assert f"written: {place}" in shown.stdout.replace("\n", "")
        sheets = pd.read_excel(place, sheet_name=None, engine="openpyxl")
        assert list(sheets) == ["summary", "points", "rates", "allocations", "solves"]

    def test_a_front_to_load_again(self, run, front, echo, tmp_path):
        assert run("echo-reservoir", "--out", tmp_path / "front.npz").exit_code == 0
        read = stored.load(tmp_path / "front.npz", echo)
        pd.testing.assert_frame_equal(read.points, front.points)

    def test_a_figure(self, run, tmp_path):
        assert run("echo-reservoir", "--figure", tmp_path / "front.svg").exit_code == 0
        assert (
            "Trade-off of cost" in (tmp_path / "front.svg").read_text(encoding="utf-8")
            or (tmp_path / "front.svg").stat().st_size > 10_000
        )


class TestRefused:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--objective", "cost"], "are too few to trade off"),
            (["--objective", "cost", "--objective", "costs"], "costs"),
            (["--objective", "cost", "--objective", "cost"], "twice"),
            (["--out", "front.pdf"], "no kind of file"),
            (["--out", "nowhere/front.npz"], "not there"),
            (["--figure", "front.txt"], "no kind of figure"),
            (["--gap", "1"], "out of range"),
            (["--scenario", "nothing"], "scenario"),
        ],
    )
    def test_findings(self, run, arguments, said):
        ended = run("echo-reservoir", *arguments)
        assert ended.exit_code == 2
        assert said in ended.stderr.replace("\n", " ")
        assert ended.stdout == ""

    def test_what_stands_there_is_kept(self, run, tmp_path):
        (tmp_path / "front.npz").write_text("mine")
        ended = run("echo-reservoir", "--out", tmp_path / "front.npz")
        assert ended.exit_code == 2
        assert (tmp_path / "front.npz").read_text() == "mine"

    def test_no_plan(self, run, tmp_path):
        write_case(synthetic_case(sources=4, receptors=2, pollutants=1, infeasible="target", seed=1), tmp_path / "case")
        ended = run(tmp_path / "case")
        assert ended.exit_code == 3

    def test_the_solver_fails_at_once(self, run, monkeypatch):
        def fail(*_):
            raise SolverError("HiGHS failed")

        monkeypatch.setattr(Space, "solve_all", fail)
        ended = run("echo-reservoir")
        assert (ended.exit_code, ended.stderr) == (4, "HiGHS failed\n")


class TestInterrupted:
    def test_what_was_found_is_shown_and_written(self, run, echo, monkeypatch, tmp_path):
        solve_all, calls = Space.solve_all, []

        def pressed(space, steps):
            calls.append(len(steps))
            if len(calls) == 7:
                raise KeyboardInterrupt
            return solve_all(space, steps)

        monkeypatch.setattr(Space, "solve_all", pressed)
        ended = run("echo-reservoir", "--out", tmp_path / "front.npz")
        assert ended.exit_code == 130
        assert "truncated because it was interrupted" in ended.stdout
        read = stored.load(tmp_path / "front.npz", echo)
        assert 2 <= len(read) < 5
        assert not read.complete

    def test_before_anything_was_found(self, run, monkeypatch, tmp_path):
        def pressed(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(Space, "solve_all", pressed)
        ended = run("echo-reservoir", "--out", tmp_path / "front.npz")
        assert ended.exit_code == 130
        assert not list(tmp_path.iterdir())

    @pytest.mark.skipif(os.name != "posix", reason="sends a signal")
    def test_in_a_process_of_its_own(self):
        code = """
import os, signal
from abate.front.exact.space import Space
solve_all, calls = Space.solve_all, []
def pressed(space, steps):
    calls.append(steps)
    if len(calls) == 7:
        os.kill(os.getpid(), signal.SIGINT)
    return solve_all(space, steps)
Space.solve_all = pressed
from abate.cli import main
main()
"""
        ended = subprocess.run(
            [sys.executable, "-c", code, "explore", "echo-reservoir"],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        assert ended.returncode == 130
        assert "truncated because it was interrupted" in ended.stdout
        assert ended.stderr == ""


class AtOnce:
    """A timer without patience."""

    def __init__(self, _seconds, start):
        self.start = start

    def cancel(self):
        pass

    join = cancel


class TestWatched:
    def test_nobody_looks_on(self, capsys):
        with exploration.watched() as report:
            report("dichotomy", 3, 0.5)
        assert capsys.readouterr().err == ""

    @pytest.mark.parametrize("plain", [True, False])
    def test_a_line_with_what_solves_and_gap(self, monkeypatch, capsys, plain):
        monkeypatch.setattr(exploration.threading, "Timer", AtOnce)
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")
        if plain:
            monkeypatch.setenv("NO_COLOR", "1")
        with exploration.watched() as report:
            report("the best of each objective", 0, np.inf)
            report("boxes", 1234, 0.0625)
        shown = capsys.readouterr().err
        assert "boxes" in shown
        assert "1,234 solves" in shown
        assert "gap 0.062" in shown
        assert ("\x1b[3" in shown) != plain

    def test_a_search_counts_evaluations(self, monkeypatch, capsys):
        monkeypatch.setattr(exploration.threading, "Timer", AtOnce)
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")
        with exploration.watched() as report:
            report("generation 7", 700, 0.25)
        shown = capsys.readouterr().err
        assert "700 evaluations" in shown
        assert "gap" not in shown
