"""The command: ``python -m benchmarks speed [--sizes small,medium] [--runs 3] [--out docs/benchmarks.md]``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.page import page
from benchmarks.registry import CASES, chosen_cases
from benchmarks.speed import machine, measure


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure abate.")
    commands = parser.add_subparsers(dest="command", required=True)
    speed = commands.add_parser("speed", help="speed and memory, against bare HiGHS and idiomatic Pyomo")
    speed.add_argument("--sizes", default=",".join(CASES), help="cases, or the first words of their names")
    speed.add_argument("--runs", type=int, default=1, help="runs of each case; medians are reported")
    speed.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"), help="where the page is written")
    given = parser.parse_args()
    try:
        cases = chosen_cases(given.sizes.split(","))
    except ValueError as error:
        parser.error(str(error))
    results = [measure(case, given.runs, _report) for case in cases]
    text = page(results, machine())
    print(text)
    given.out.write_text(text, encoding="utf-8")


def _report(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
