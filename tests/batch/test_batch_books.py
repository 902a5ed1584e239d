"""The books of a batch, and the loop that drives a crew, without any process."""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import Future

import batch_regions
import pytest

from abate.attainable import no_report
from abate.batch import Status, Task
from abate.batch.crew import drive
from abate.batch.jobs import Jobs
from abate.batch.task import Outcome, pack

DONE = Outcome(Status.DONE, 0.5, result=pack("result"))
CRASH = Outcome(Status.CRASHED, 2.0, "its worker ended")
REFUSED = Outcome(Status.FAILED, 0.1, "wrong", again=False)


class Crew:
    """Ends each job at once with the next outcome of a script, or as done; the last submitted first, if asked."""

    def __init__(self, script=(), most=3, reverse=False):
        self.script, self.size, self.reverse = list(script), most, reverse
        self.submitted, self.waiting = [], []

    def most(self):
        if len(self.waiting) == self.size or not self.reverse:
            self.end()
        return self.size

    def submit(self, job):
        self.submitted.append(job.task.region)
        future = Future()
        self.waiting.append(future)
        return future

    def end(self):
        for future in reversed(self.waiting) if self.reverse else self.waiting:
            future.set_result(self.script.pop(0) if self.script else DONE)
        self.waiting = []

    def outcome(self, future):
        return future.result()


def books(regions, keep=None, retries=1, progress=no_report):
    tasks = (Task(region, None) for region in regions)
    return Jobs(tasks, keep or (lambda task, result: None), retries, progress)


def test_results_are_kept_as_they_come_and_rows_stand_in_the_order_of_the_tasks():
    kept = []
    jobs = books("abc", lambda task, result: kept.append((task.region, result)))
    drive(jobs, Crew(reverse=True))
    assert kept == [("c", "result"), ("b", "result"), ("a", "result")]
    assert [row.region for row in jobs.summary.rows] == ["a", "b", "c"]
    assert jobs.summary.failed == ()
    assert str(jobs.summary) == "3 of 3 regions done"


def test_a_crash_is_retried_and_the_rest_goes_on():
    jobs = books("abc")
    crew = Crew([CRASH], most=1)
    drive(jobs, crew)
    assert crew.submitted == ["a", "a", "b", "c"]
    first = jobs.summary.rows[0]
    assert (first.status, first.attempts, first.seconds, first.message) == ("done", 2, 2.5, "")


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_end(retries):
    kept = []
    jobs = books("ab", lambda task, result: kept.append(task.region), retries)
    drive(jobs, Crew([CRASH] * (retries + 1), most=1))
    first, second = jobs.summary.rows
    assert (first.status, first.attempts, first.message) == ("crashed", retries + 1, "its worker ended")
    assert second.status == "done"
    assert kept == ["b"]
    assert jobs.summary.failed == (first,)
    assert str(jobs.summary) == "1 of 2 regions done, 1 crashed"


def test_what_would_come_again_is_not_retried():
    jobs = books("a", retries=5)
    drive(jobs, Crew([REFUSED]))
    assert [(row.status, row.attempts) for row in jobs.summary.rows] == [("failed", 1)]


def test_a_region_that_stands_twice_is_computed_once():
    jobs = books(["a", "b", "a"])
    crew = Crew()
    drive(jobs, crew)
    assert crew.submitted == ["a", "b"]
    [twice] = jobs.summary.failed
    assert "stands twice" in twice.message
    assert (twice.region, twice.attempts) == ("a", 0)
    assert [row.region for row in jobs.summary.rows] == ["a", "b", "a"]


def test_work_that_cannot_be_sent_fails_by_itself():
    jobs = Jobs([Task("lock", threading.Lock()), Task("fine", 1)], lambda task, result: None, 1, no_report)
    drive(jobs, Crew())
    lock, fine = jobs.summary.rows
    assert (lock.status, lock.attempts, fine.status) == ("failed", 0, "done")
    assert lock.message.startswith("its task cannot be sent to a worker: TypeError")


def test_a_result_that_cannot_be_unpacked_fails_by_itself():
    kept = []
    jobs = books("ab", lambda task, result: kept.append(task.region))
    drive(jobs, Crew([Outcome(Status.DONE, 0.0, result=pack(batch_regions.Fragile()))]))
    assert kept == ["b"]
    assert jobs.summary.failed[0].message == "its result could not be read: RuntimeError: cannot be unpacked"


def test_keep_stops_the_batch_and_its_region_is_not_called_done():
    def keep(task, result):
        if task.region == "b":
            raise OSError("disk full")

    jobs = books("abc", keep)
    with pytest.raises(OSError, match="disk full"):
        drive(jobs, Crew(most=1))
    assert [row.region for row in jobs.summary.rows] == ["a"]


def test_an_error_of_the_tasks_stops_the_batch():
    def tasks():
        yield Task("a", 1)
        raise OSError("no such folder")

    jobs = Jobs(tasks(), lambda task, result: None, 1, no_report)
    with pytest.raises(OSError, match="no such folder"):
        drive(jobs, Crew(most=1))
    assert [row.region for row in jobs.summary.rows] == ["a"]


def test_tasks_are_taken_when_they_are_needed():
    taken, settled, ahead = 0, 0, []

    def tasks():
        nonlocal taken
        for number in range(100):
            taken += 1
            yield Task(str(number), number)

    def keep(task, result):
        nonlocal settled
        settled += 1
        ahead.append(taken - settled)

    drive(Jobs(tasks(), keep, 1, no_report), Crew(most=7))
    assert settled == taken == 100
    assert max(ahead) < 7


def test_nothing_of_a_settled_region_is_held():
    alive, most = weakref.WeakSet(), 0

    def tasks():
        for number in range(300):
            work = batch_regions.Weighty()
            alive.add(work)
            yield Task(str(number), work)

    def keep(task, result):
        nonlocal most
        most = max(most, len(alive))

    drive(Jobs(tasks(), keep, 1, no_report), Crew(most=5))
    assert 0 < most <= 5 + 2  # and the one that is being made, and the one that is being kept


def test_progress_counts_regions_that_ended():
    told = []
    tasks = [Task("a", 1), Task("b", 2)]
    drive(Jobs(tasks, lambda task, result: None, 1, lambda *all: told.append(all)), Crew([REFUSED]))
    assert told == [("a", 1, 2), ("b", 2, 2)]
    drive(books("ab", progress=lambda *all: told.append(all)), Crew())
    assert told[2:] == [("a", 1, 0), ("b", 2, 0)]  # a generator does not say how many there will be


def test_the_table_has_a_row_per_region():
    jobs = books("ab", retries=0)
    drive(jobs, Crew([CRASH]))
    table = jobs.summary.table
    assert list(table.columns) == ["region", "status", "attempts", "seconds", "message"]
    assert table.iloc[0].tolist() == ["a", "crashed", 1, 2.0, "its worker ended"]
    assert table.iloc[1].tolist() == ["b", "done", 1, 0.5, ""]


def test_an_empty_batch_has_an_empty_table():
    jobs = books("")
    drive(jobs, Crew())
    assert list(jobs.summary.table.columns) == ["region", "status", "attempts", "seconds", "message"]
    assert str(jobs.summary) == "0 of 0 regions done"
