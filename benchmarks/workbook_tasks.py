"""The work around workbooks that is measured in processes of its own, and the files that it starts from."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from abate.decomposing import decompose
from abate.workbook import write_plan
from abate_data.case import Case
from abate_data.read import load
from abate_data.synthetic import synthetic_case
from abate_data.write import write_case

#: Receptors of the case whose transfer coefficients fill a workbook; sources of the one whose monthly reports do.
RECEPTORS, REPORTERS = 100, 1_000


def make_workbooks(folder: Path, rows: int) -> dict[str, float]:
    """Write a case of so many transfer coefficients, and one of so many monitored loads."""
    seconds = {}
    for name, case in (("transfer", _with_coefficients(rows)), ("observations", _with_reports(rows))):
        started = time.perf_counter()
        write_case(case, folder / f"{name}.xlsx")
        seconds[name] = time.perf_counter() - started
    return seconds


def _with_coefficients(rows: int) -> Case:
    return synthetic_case("air", sources=max(rows // RECEPTORS, 1), receptors=min(RECEPTORS, rows), pollutants=1)


def _with_reports(rows: int) -> Case:
    """Return a case with a monthly load of each source, every column of the table filled that it can have."""
    case = synthetic_case("air", sources=min(REPORTERS, rows), receptors=10, pollutants=1)
    sources = case.ids("sources", "source")
    months = pd.period_range("2015-01", periods=rows // len(sources), freq="M")
    random = np.random.default_rng(0)
    end = np.repeat(months.end_time.strftime("%Y-%m-%d"), len(sources))
    reports = pd.DataFrame(
        {
            "period_start": np.repeat(months.start_time.strftime("%Y-%m-%d"), len(sources)),
            "period_end": end,
            "kind": "load",
            "source": sources * len(months),
            "pollutant": case.ids("loads", "pollutant")[0],
            "value": random.uniform(1.0, 10.0, len(end)),
            "unit": case.settings.units.load,
            "sd": random.uniform(0.1, 1.0, len(end)),
            "received": end,
        }
    )
    return load({"case": case.settings.model_dump(), **case.tables, "observations": reports})


def write_result(folder: Path, sources: int) -> dict[str, float]:
    """Write the workbook of the plan of a case of so many sources and 200 receptors."""
    case = synthetic_case("air", sources=sources, technologies=6, receptors=min(200, sources), density=0.05)
    plan = decompose(case)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    path = folder / "plan.xlsx"
    started = time.perf_counter()
    write_plan(plan, path)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = sum(map(len, plan.tables().values()))
    size = path.stat().st_size / 1e6
    return {"sources": sources, "rows": rows, "seconds": seconds, "size": size, "before": before, "peak": peak}


if __name__ == "__main__":
    task, place, count = sys.argv[1:]
    work = {"make": make_workbooks, "result": write_result}[task]
    print(json.dumps(work(Path(place), int(count))))
