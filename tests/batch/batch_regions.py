"""Regions that behave and misbehave: what workers compute in the tests of the batch."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pandas as pd

from abate.batch import Task, cluster
from abate.decomposing import decompose
from abate.errors import Finding, InputError, NoPlanError, SolverError
from abate_data.synthetic import synthetic_case


def behave(task: Task):
    """Do what the task's work says; a number is squared."""
    work = task.work
    if isinstance(work, int):
        return work * work
    return globals()[f"_{work}"](task)


def nap(task: Task):
    """Sleep for as many seconds as the work says."""
    time.sleep(task.work)
    return task.region


def plan(task: Task) -> bytes:
    """Return all numbers of the least-cost plan of a synthetic case, bit for bit."""
    found = decompose(synthetic_case("air", sources=12, technologies=2, receptors=3, seed=task.work))
    return found.allocation.select_dtypes("number").to_numpy().tobytes()


def mark(task: Task) -> str:
    """Leave a file that says who computes, then go on for long, unless this is the quick one."""
    if task.region == "quick":
        return task.region
    (Path(task.work) / f"{task.region}-{os.getpid()}").touch()
    time.sleep(60)
    return task.region


def _exits(_task):
    os._exit(3)


def _is_killed(_task):
    os.kill(os.getpid(), signal.SIGKILL)


def _hangs(_task):
    time.sleep(600)


def _leaves(_task):
    sys.exit("no more")


def _fails(_task):
    return list[int]()[1]


def _is_wrong(_task):
    raise InputError([Finding("loads", "is missing", "give the table")])


def _is_impossible(_task):
    raise NoPlanError("the targets cannot be met", [], pd.DataFrame(), pd.DataFrame(), math.nan)


def _is_unsolved(_task):
    raise SolverError("the solver gave up")


def _returns_a_lock(_task):
    return threading.Lock()


def _prints(_task):
    print("a region may print")
    return "printed"


class Weighty:
    """Work, or a result, that is counted."""


def give_back(task: Task):
    """Return the work as the result."""
    return task.work


def processes_beside() -> int:
    """Return for how many batches there are processes beside the dask worker that this runs on."""
    return sum(workers is not None for workers in cluster._BESIDE.values())


class CrashesOnce:
    """Work that takes its worker down the first time it is computed; a file remembers that."""

    def __init__(self, memory: Path) -> None:
        self.memory = memory


def crash_once(task: Task) -> str:
    """Compute `CrashesOnce`, or return the work of any other task."""
    if isinstance(task.work, CrashesOnce) and not task.work.memory.exists():
        task.work.memory.touch()
        os._exit(1)
    return task.region


class Fragile:
    """Work that can be sent, but not unpacked by whoever receives it."""

    def __reduce__(self):
        return _explode, ()


def _explode():
    raise RuntimeError("cannot be unpacked")


def explode_at_home(task: Task):
    """Return what the worker can send, but the driver cannot unpack."""
    return Fragile() if task.work == "fragile" else task.work


class Unloadable:
    """A function that can be sent, but not unpacked by a worker."""

    def __call__(self, task: Task):
        return task

    def __reduce__(self):
        return _explode, ()


class DiesAtStart:
    """A function whose unpacking ends the process."""

    def __call__(self, task: Task):
        return task

    def __reduce__(self):
        return os._exit, (9,)


def wait_until(holds, seconds: float = 30.0) -> None:
    """Wait until something holds; fails after some time, s."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
