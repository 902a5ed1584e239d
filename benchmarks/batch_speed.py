"""Speed of a batch: two workers against one on the same regions; memory of the driver by the number of regions."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from abate.batch import Task, run
from abate.decomposing import decompose
from abate_data.synthetic import synthetic_case
from benchmarks.clock import Clock
from benchmarks.markdown import table

ROOT = Path(__file__).parents[1]
#: Regions of a batch, and of the two batches whose memory is compared.
REGIONS, FEW, MANY = 500, 100, 1_000
#: Two workers take at most one worker's time over this; the driver's memory grows by so many MB at most.
LEAST_RATIO, MOST_GROWTH = 1.7, 5.0
#: Different cases of some 30 ms of CPU each; regions take turns.
CASES, SIZE = 20, {"sources": 200, "technologies": 5, "receptors": 20}

Report = Callable[[str], None]


@dataclass(frozen=True)
class Batch:
    """One batch in a process of its own, which is its driver.

    Attributes
    ----------
    workers : how many there were.
    seconds : wall-clock time of all of it, from nothing to the last result, with the start of the workers.
    steady : wall-clock time from the first to the last result.
    computing : wall-clock seconds that the regions took in the workers, in total.
    driving : CPU seconds of the driver during the batch.
    peak, start : peak memory of the driver, and that before the batch, MB.
    """

    workers: int
    seconds: float
    steady: float
    computing: float
    driving: float
    peak: float
    start: float

    @property
    def busy(self) -> float:
        """Share of the workers' time, from the first to the last result, in which they compute, percent."""
        return 100.0 * self.computing / (self.steady * self.workers)


@dataclass(frozen=True)
class Measured:
    """Pairs of batches, one after the other: one worker and two; few regions and many with two."""

    workers: list[tuple[Batch, Batch]]
    regions: list[tuple[Batch, Batch]]

    @property
    def ratio(self) -> float:
        """Seconds with one worker over seconds with two, median of the pairs; the start of the workers counts."""
        return median(one.seconds / two.seconds for one, two in self.workers)

    @property
    def steady_ratio(self) -> float:
        """The same from the first to the last result."""
        return median(one.steady / two.steady for one, two in self.workers)

    @property
    def growth(self) -> float:
        """Peak memory of the driver with many regions less that with few, MB, median of the pairs."""
        return median(many.peak - few.peak for few, many in self.regions)


def measured(report: Report, runs: int = 5) -> Measured:
    """Measure everything, in pairs that take turns, after one pair that does not count."""
    workers, regions = [], []
    for number in range(runs + 1):
        report(f"pair {number} of {runs}" if number else "warming up")
        pair = _batch(REGIONS, 1), _batch(REGIONS, 2)
        if number:
            workers.append(pair)
            regions.append((_batch(FEW, 2), _batch(MANY, 2)))
    return Measured(workers, regions)


def batch_table(result: Measured) -> str:
    """Return the medians, and whether the promises are met, in Markdown."""
    heading = [
        "batch",
        "seconds",
        "from first to last result",
        "computing, in all workers",
        "percent of their time",
        "CPU of the driver",
        "memory of the driver, MB",
    ]
    kinds = {
        f"{REGIONS} regions, one worker": [one for one, _ in result.workers],
        f"{REGIONS} regions, two workers": [two for _, two in result.workers],
        f"{FEW} regions, two workers": [few for few, _ in result.regions],
        f"{MANY:,} regions, two workers": [many for _, many in result.regions],
    }
    rows = [[kind, *_medians(batches)] for kind, batches in kinds.items()]
    promises = [
        f"two workers at least {LEAST_RATIO} times one: {result.ratio:.2f} ({_range(result)}), "
        f"{result.steady_ratio:.2f} from the first to the last result; "
        f"{'met' if result.ratio >= LEAST_RATIO else '**not met**'}",
        f"memory of the driver flat from {FEW} to {MANY:,} regions: {result.growth:+.1f} MB; "
        f"{'met' if result.growth <= MOST_GROWTH else '**not met**'}",
    ]
    return "\n".join([table(heading, rows), "", *(f"- {promise}" for promise in promises)])


def plan_region(task: Task) -> Any:
    """Return the allocation of a region; what the workers compute."""
    return decompose(task.work).allocation


def _medians(batches: list[Batch]) -> list[str]:
    names = ("seconds", "steady", "computing", "busy", "driving", "peak")
    return [f"{median(getattr(batch, name) for batch in batches):.1f}" for name in names]


def _range(result: Measured) -> str:
    ratios = sorted(one.seconds / two.seconds for one, two in result.workers)
    return f"{ratios[0]:.2f} to {ratios[-1]:.2f}"


def _batch(regions: int, workers: int) -> Batch:
    command = [sys.executable, "-m", "benchmarks.batch_speed", str(regions), str(workers)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"a batch of {regions} regions ended with {done.returncode}:\n{done.stderr}")
    return Batch(**json.loads(done.stdout))


def _drive(regions: int, workers: int) -> Batch:
    """Run a batch in this process."""
    cases = [synthetic_case("air", **SIZE, seed=seed) for seed in range(CASES)]
    clock, times = Clock(), []
    start = time.perf_counter()
    summary = run(
        (Task(f"region {number}", cases[number % CASES]) for number in range(regions)),
        plan_region,
        lambda _task, _result: times.append(time.perf_counter()),
        workers=workers,
    )
    if summary.failed:
        raise RuntimeError(f"{summary}: {summary.failed[0].message}")
    clock.lap("batch")
    return Batch(
        workers=workers,
        seconds=times[-1] - start,
        steady=times[-1] - times[0],
        computing=sum(row.seconds for row in summary.rows),
        driving=clock.seconds["batch"],
        peak=clock.peak,
        start=clock.peaks["start"],
    )


if __name__ == "__main__":
    print(json.dumps(vars(_drive(*map(int, sys.argv[1:])))))
