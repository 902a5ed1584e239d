"""A batch in processes on this machine: crashes, hangs, errors, limits, Ctrl-C, and what is left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import weakref
from functools import partial
from pathlib import Path

import batch_regions
import pytest

from abate.batch import Task, run
from abate.batch.crew import AHEAD
from abate.errors import AbateError, InputError

BAD = {
    "killed": "is_killed",
    "hangs": "hangs",
    "leaves": "leaves",
    "fails": "fails",
    "wrong": "is_wrong",
    "impossible": "is_impossible",
    "unsolved": "is_unsolved",
    "lock": "returns_a_lock",
}
GOOD = {f"good-{number}": number for number in range(60)}
TIME_LIMIT = 1.0


@pytest.fixture(scope="module")
def mixed():
    """Good and bad regions, mixed: summary rows by region, and what was kept."""
    works = [*list(GOOD.items())[:20], *BAD.items(), *list(GOOD.items())[20:], ("prints", "prints")]
    kept = []
    summary = run(
        (Task(region, work) for region, work in works),
        batch_regions.behave,
        lambda task, result: kept.append((task.region, result)),
        time_limit=TIME_LIMIT,
    )
    assert [row.region for row in summary.rows] == [region for region, _ in works]
    return {row.region: row for row in summary.rows}, kept


def test_bad_regions_never_stop_the_rest(mixed):
    rows, kept = mixed
    assert all(rows[region].status == "done" for region in GOOD)
    assert sorted(kept) == sorted([*((region, work * work) for region, work in GOOD.items()), ("prints", "printed")])


@pytest.mark.parametrize(
    ("region", "status", "attempts", "message"),
    [
        ("killed", "crashed", 2, "its worker process ended unexpectedly (signal 9, Killed)"),
        ("hangs", "timed out", 2, "was stopped at the time limit of 1 s"),
        ("leaves", "failed", 2, "SystemExit: no more"),
        ("fails", "failed", 2, "IndexError: list index out of range"),
        ("unsolved", "failed", 2, "the solver gave up"),
        ("lock", "failed", 2, "TypeError: cannot pickle '_thread.lock' object"),
    ],
)
def test_a_bad_region_is_retried_then_reported(mixed, region, status, attempts, message):
    row = mixed[0][region]
    assert (row.status, row.attempts, row.message) == (status, attempts, message)


def test_errors_that_would_come_again_are_not_retried(mixed):
    rows, _ = mixed
    assert (rows["wrong"].status, rows["wrong"].attempts) == ("failed", 1)
    assert "loads: is missing; give the table" in rows["wrong"].message
    assert (rows["impossible"].status, rows["impossible"].attempts) == ("failed", 1)
    assert rows["impossible"].message == "the targets cannot be met"


def test_the_time_limit_is_of_each_attempt(mixed):
    assert mixed[0]["hangs"].seconds >= 2 * TIME_LIMIT


def test_a_crash_that_does_not_come_again_costs_nothing(tmp_path):
    kept = []
    works = ["a", batch_regions.CrashesOnce(tmp_path / "memory"), "b", "c"]
    summary = run(
        [Task(f"region {number}", work) for number, work in enumerate(works)],
        batch_regions.crash_once,
        lambda task, result: kept.append(result),
    )
    assert summary.failed == ()
    assert [row.attempts for row in summary.rows] == [1, 2, 1, 1]
    assert sorted(kept) == [f"region {number}" for number in range(4)]


def test_plans_do_not_depend_on_the_workers():
    tasks = [Task(f"seed {seed}", seed) for seed in range(6)]
    here = {task.region: batch_regions.plan(task) for task in tasks}
    plans = {}
    run(tasks, batch_regions.plan, lambda task, result: plans.update({task.region: result}), workers=2)
    assert plans == here


def test_the_driver_holds_a_bounded_number_of_tasks_and_results():
    held, most = weakref.WeakSet(), 0

    def tasks():
        for number in range(200):
            work = batch_regions.Weighty()
            held.add(work)
            yield Task(str(number), work)

    def keep(task, result):
        nonlocal most
        held.add(result)
        most = max(most, len(held))

    run(tasks(), batch_regions.give_back, keep, workers=1)
    assert 0 < most <= AHEAD + 3  # the task and the result that are kept, and the result before


def test_functions_of_a_script_travel_as_they_are():
    factor, kept = 3, []
    run([Task("a", 2)], lambda task: factor * task.work, lambda task, result: kept.append(result))
    assert kept == [6]


def test_keep_that_fails_stops_the_batch_and_leaves_no_process():
    kept = []

    def keep(task, result):
        if len(kept) == 3:
            raise OSError("the ledger is down")
        kept.append(task.region)

    before = children()
    with pytest.raises(OSError, match="the ledger is down"):
        run((Task(str(number), 0.01) for number in range(100)), batch_regions.nap, keep)
    assert len(kept) == len(set(kept)) == 3
    assert children() <= before


def test_a_function_that_workers_cannot_load_stops_the_batch():
    before = children()
    with pytest.raises(AbateError, match="cannot load what it shall compute: RuntimeError: cannot be unpacked"):
        run([Task("a", 1)], batch_regions.Unloadable(), print)
    assert children() <= before


def test_workers_that_do_not_start_stop_the_batch(monkeypatch):
    monkeypatch.setattr("abate.batch.worker.STARTS", 2)
    with pytest.raises(AbateError, match=r"do not start \(exit code 9\)"):
        run([Task("a", 1)], batch_regions.DiesAtStart(), print, workers=1)


def test_a_machine_that_starts_no_process_stops_the_batch(monkeypatch):
    def refuse(process):
        raise OSError("no more processes")

    monkeypatch.setattr("joblib.externals.loky.backend.process.LokyProcess.start", refuse)
    with pytest.raises(AbateError, match=r"do not start \(no more processes\)"):
        run([Task("a", 1)], batch_regions.nap, print)


def test_without_tasks_there_is_nothing_to_do():
    assert run([], batch_regions.nap, print).rows == ()


def test_arguments_are_checked_at_once():
    with pytest.raises(InputError) as caught:
        run([], batch_regions.nap, print, workers=0, time_limit=0.0, retries=-1)
    assert [finding.column for finding in caught.value.findings] == ["workers", "time_limit", "retries"]
    with pytest.raises(InputError, match="cannot be sent to a worker"):
        run([], partial(batch_regions.nap, threading.Lock()), print)


def test_a_missing_package_for_clusters_is_named_with_its_cure(monkeypatch):
    monkeypatch.setattr("abate.batch.running.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'abate\[cluster\]'"):
        run([], batch_regions.nap, print, client="tcp://127.0.0.1:1")


DRIVER = """
import sys
sys.path.insert(0, sys.argv[1])
import batch_regions
from abate.batch import Task, run
from abate.batch.crew import AHEAD

def keep(task, result):
    print("kept", task.region, flush=True)

run((Task(name, sys.argv[2]) for name in ["quick", "slow", "slower", "slowest"]), batch_regions.mark, keep, workers=1)
"""


@pytest.fixture
def driver(tmp_path):
    """A process that runs a batch whose worker is busy for a minute, and its process id."""
    arguments = [sys.executable, "-c", DRIVER, str(Path(batch_regions.__file__).parent), str(tmp_path)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    batch_regions.wait_until(lambda: len(list(tmp_path.iterdir())) == 1)
    [mark] = tmp_path.iterdir()
    yield process, int(mark.name.partition("-")[2])
    process.kill()
    process.communicate()


def test_ctrl_c_stops_the_workers_and_keeps_what_is_kept(driver):
    process, worker = driver
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in errors
    assert out == "kept quick\n"
    batch_regions.wait_until(lambda: not alive(worker))


def test_workers_end_with_a_driver_that_is_killed(driver):
    process, worker = driver
    process.kill()
    batch_regions.wait_until(lambda: not alive(worker))


def children() -> set[int]:
    """Return the processes that this one has started and that are alive."""
    return {child.pid for child in multiprocessing.active_children()}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{pid}/stat").exists() or " Z " not in Path(f"/proc/{pid}/stat").read_text()
