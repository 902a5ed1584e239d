"""The commands of ``python -m benchmarks``; each writes a page of docs."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.page import page
from benchmarks.registry import CASES, chosen_cases
from benchmarks.speed import machine, measure

Command = Callable[[argparse.ArgumentParser, argparse.Namespace], str]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure abate.")
    commands = parser.add_subparsers(dest="command", required=True)
    speed = commands.add_parser("speed", help="speed and memory, against bare HiGHS and idiomatic Pyomo")
    speed.add_argument("--sizes", default=",".join(CASES), help="cases, or the first words of their names")
    speed.add_argument("--runs", type=int, default=1, help="runs of each case; medians are reported")
    sides = commands.add_parser("strategies", help="every allocation strategy on every shipped case, with figures")
    rules = commands.add_parser(
        "strategy-speed", help="speed of the rules, the nucleolus and the sampled Shapley value"
    )
    fronts = commands.add_parser("fronts", help="exact fronts against bare HiGHS, searches against exact points")
    fronts.add_argument("--evaluations", type=int, default=20_000, help="of each search")
    fronts.add_argument("--small", action="store_true", help="leave out the knapsack that takes minutes")
    explored = commands.add_parser("trade-offs", help="the trade-offs of the shipped cases, with figures")
    told = commands.add_parser("stories", help="Tampa Bay year by year, Echo Reservoir with a simulated history")
    looped = commands.add_parser("loop", help="the monitoring loop in hidden worlds, with figures")
    looped.add_argument(
        "--worlds", type=int, default=30, choices=range(1, 31), metavar="1..30", help="of each set of seeds"
    )
    looped.add_argument("--workers", type=int, default=2, help="processes")
    timed = commands.add_parser("loop-speed", help="speed of belief, re-solve, ledger and batch")
    books = commands.add_parser("workbook", help="checking a large workbook, writing that of a large plan")
    killed = commands.add_parser("ledger-kills", help="writers of a ledger that are killed at random moments")
    killed.add_argument("--kills", type=int, default=200, help="of each database")
    told_all = commands.add_parser("report-speed", help="making the report of a large plan, and using it in a browser")
    served = commands.add_parser("serve-speed", help="how soon `abate serve` shows its first page")
    made: list[tuple[argparse.ArgumentParser, Command, str]] = [
        (speed, _speed, "docs/benchmarks.md"),
        (sides, _strategies, "docs/strategies.md"),
        (rules, _strategy_speed, "docs/strategies-speed.md"),
        (fronts, _fronts, "docs/fronts.md"),
        (explored, _trade_offs, "docs/trade-offs.md"),
        (looped, _loop, "docs/loop.md"),
        (told, _stories, "docs"),
        (timed, _loop_speed, "docs/loop-speed.md"),
        (killed, _ledger_kills, "docs/ledger-kills.md"),
        (books, _workbook, "docs/workbook-speed.md"),
        (told_all, _report_speed, "docs/report-speed.md"),
        (served, _serve_speed, "docs/serve-speed.md"),
    ]
    for command, run, out in made:
        command.add_argument(
            "--out", type=Path, default=Path(out), help="where the page is written, of stories the folder"
        )
        command.set_defaults(run=run)
    given = parser.parse_args()
    print(given.run(parser, given))


def _speed(parser: argparse.ArgumentParser, given: argparse.Namespace) -> str:
    try:
        cases = chosen_cases(given.sizes.split(","))
    except ValueError as error:
        parser.error(str(error))
    results = [measure(case, given.runs, _report) for case in cases]
    text = page(results, machine())
    given.out.write_text(text, encoding="utf-8")
    return text


# what follows is imported where it is used: `speed` starts its processes from one that holds next to nothing


def _strategies(_: argparse.ArgumentParser, given: argparse.Namespace) -> str:
    from benchmarks.strategies import shelf, write_report

    return write_report(shelf(), given.out, _report)


def _strategy_speed(_: argparse.ArgumentParser, given: argparse.Namespace) -> str:
    from benchmarks.strategy_speed import measured
    from benchmarks.strategy_speed_page import speed_page
    from benchmarks.writing import write_whole

    text = speed_page(measured(_report), machine())
    write_whole(given.out, text.encode())
    return text


def _fronts(_: argparse.ArgumentParser, given: argparse.Namespace) -> str:
    from benchmarks.fronts import exact_fronts
    from benchmarks.fronts_cases import allocation_case
    from benchmarks.fronts_page import fronts_page
    from benchmarks.fronts_search import searches
    from benchmarks.writing import write_whole

    exact = exact_fronts(_report, small=given.small)
    case, searched = allocation_case(seed=0), {}
    for objectives in (("cost", "exposure"), ("cost", "exposure", "inequity:equal")):
        searched[", ".join(objectives)] = searches(case, objectives, given.evaluations, _report)
    text = fronts_page(exact, searched, machine())
    write_whole(given.out, text.encode())
    return text


def _trade_offs(_: argparse.ArgumentParser, given: argparse.Namespace) -> str:
    from benchmarks.trade_offs import EXPLORATIONS, write_report

    return write_report(EXPLORATIONS, given.out, _report)


def _stories(_: argparse.ArgumentParser, given: argparse.Namespace) -> str:
    from benchmarks.stories import write_stories

    return write_stories(given.out, _report)


def _loop(_: argparse.ArgumentParser, given: argparse.Namespace) -> str:
    from benchmarks.loop import write_report

    return write_report(given.worlds, given.workers, given.out, _report)


def _loop_speed(_: argparse.ArgumentParser, given: argparse.Namespace) -> str:
    from benchmarks.loop_speed import speed_page
    from benchmarks.writing import write_whole

    text = speed_page(_said(machine()), _report)
    write_whole(given.out, text.encode())
    return text


def _ledger_kills(_: argparse.ArgumentParser, given: argparse.Namespace) -> str:
    from benchmarks.loop_speed import POSTGRESQL, kills_page
    from benchmarks.writing import write_whole

    with tempfile.TemporaryDirectory() as folder:
        places = {"SQLite": str(Path(folder) / "plans.db")}
        if url := os.environ.get(POSTGRESQL):
            places["PostgreSQL"] = url
        text = kills_page(_said(machine()), given.kills, _report, places)
    write_whole(given.out, text.encode())
    return text


def _report_speed(_: argparse.ArgumentParser, given: argparse.Namespace) -> str:
    from benchmarks.report_speed import report_page
    from benchmarks.writing import write_whole

    text = report_page(_said(machine()), _report)
    write_whole(given.out, text.encode())
    return text


def _serve_speed(_: argparse.ArgumentParser, given: argparse.Namespace) -> str:
    from benchmarks.serve_speed import speed_page
    from benchmarks.writing import write_whole

    text = speed_page(_said(machine()), _report)
    write_whole(given.out, text.encode())
    return text


def _workbook(_: argparse.ArgumentParser, given: argparse.Namespace) -> str:
    from benchmarks.workbook_speed import workbook_page
    from benchmarks.writing import write_whole

    text = workbook_page(_said(machine()), _report)
    write_whole(given.out, text.encode())
    return text


def _said(machine: dict[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in machine.items()) + "."


def _report(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
