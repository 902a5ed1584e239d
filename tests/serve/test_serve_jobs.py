"""Jobs: done in their order by one process, watched, cancelled, ended in time, and survived by the server."""

from __future__ import annotations

import multiprocessing
import threading
import time
from multiprocessing.connection import Connection

import pytest

from abate.serve import jobs
from abate.serve.jobs import CANCELLED, CRASHED, ENDED, RUNNING, TIMED_OUT, WAITING, Desk, FullError
from abate.serve.worker import DONE, STEP, Worker

pytestmark = pytest.mark.slow


class Actor:
    """A worker in a thread that does what a task says."""

    def __init__(self) -> None:
        self.pipe, self._end = multiprocessing.Pipe()
        self.alive = True
        threading.Thread(target=self._act, args=(self._end,), daemon=True).start()

    def _act(self, end: Connection) -> None:
        try:
            while True:
                task = end.recv()
                if task["work"] == "crash":
                    end.close()
                    self.alive = False
                    return
                if task["work"] == "long":
                    end.send((STEP, "solving", 1, 3))
                    continue
                end.send((DONE, {"status": "done", "said": task["work"]}))
        except (EOFError, OSError):
            return

    def kill(self) -> str:
        self.alive = False
        self.pipe.close()  # the thread then finds nobody there, and ends
        return "signal 9, Killed"


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path, queue=2, new_worker=Actor)
    yield desk
    desk.close()


def wait(job, *states, seconds=30.0):
    until = time.monotonic() + seconds
    while job.state not in states:
        assert time.monotonic() < until, job.state
        time.sleep(0.01)


def test_a_job_is_done_and_keeps_what_came_of_it(desk):
    job = desk.submit({"work": "quick"}, "a")
    wait(job, ENDED)
    assert job.outcome == {"status": "done", "said": "quick"}
    assert job.folder.is_dir()
    assert desk.get(job.id) is job
    assert len(job.id) >= 16


def test_the_same_work_is_done_once(desk):
    first = desk.submit({"work": "quick"}, "a")
    assert desk.submit({"work": "quick"}, "a") is first
    wait(first, ENDED)
    assert desk.submit({"work": "quick"}, "a") is first
    assert desk.submit({"work": "quick"}, "b") is not first


def test_a_running_job_tells_how_far_it_is_and_can_be_cancelled(desk):
    job = desk.submit({"work": "long"}, "a")
    wait(job, RUNNING)
    while not job.total:
        time.sleep(0.01)
    assert (job.step, job.done, job.total) == ("solving", 1, 3)
    desk.cancel(job)
    wait(job, CANCELLED)
    after = desk.submit({"work": "quick"}, "b")
    wait(after, ENDED)


def test_a_job_that_was_cancelled_can_be_asked_for_again(desk):
    job = desk.submit({"work": "long"}, "a")
    wait(job, RUNNING)
    desk.cancel(job)
    wait(job, CANCELLED)
    assert desk.submit({"work": "long"}, "a") is not job


def test_a_waiting_job_is_cancelled_before_it_begins(desk):
    first = desk.submit({"work": "long"}, "a")
    wait(first, RUNNING)
    second = desk.submit({"work": "quick"}, "b")
    assert second.state == WAITING
    assert desk.ahead(second) == 1
    desk.cancel(second)
    assert second.state == CANCELLED
    desk.cancel(first)


def test_only_so_many_wait(desk):
    wait(desk.submit({"work": "long"}, "a"), RUNNING)
    desk.submit({"work": "quick"}, "b")
    desk.submit({"work": "quick"}, "c")
    with pytest.raises(FullError):
        desk.submit({"work": "quick"}, "d")


def test_a_crash_is_blamed_on_its_job_and_the_next_one_is_done(desk):
    job = desk.submit({"work": "crash"}, "a")
    after = desk.submit({"work": "quick"}, "b")
    wait(job, CRASHED)
    assert "Killed" in job.outcome["how"]
    wait(after, ENDED)


def test_a_job_is_ended_some_time_after_its_limit(desk, monkeypatch):
    monkeypatch.setattr(jobs, "GRACE", 0.2)
    job = desk.submit({"work": "long"}, "a", limit=0.1)
    wait(job, TIMED_OUT)
    wait(desk.submit({"work": "quick"}, "b"), ENDED)


def test_where_no_process_starts_the_job_says_so(tmp_path):
    def nothing():
        raise OSError("no memory is left")

    desk = Desk(tmp_path, new_worker=nothing)
    job = desk.submit({"work": "quick"}, "a")
    wait(job, CRASHED)
    assert "no memory" in job.outcome["how"]
    desk.close()


def test_the_oldest_finished_jobs_are_forgotten_with_their_files(desk, monkeypatch):
    monkeypatch.setattr(jobs, "KEPT", 3)
    made = []
    for number in range(6):
        made.append(desk.submit({"work": "quick"}, str(number)))
        wait(made[-1], ENDED)
    assert desk.get(made[0].id) is None
    assert not made[0].folder.exists()
    assert desk.get(made[-1].id) is made[-1]


def test_closing_cancels_what_runs(tmp_path):
    desk = Desk(tmp_path, new_worker=Actor)
    job = desk.submit({"work": "long"}, "a")
    wait(job, RUNNING)
    desk.close()
    assert job.state == CANCELLED


def test_a_real_process_is_killed_at_once(tmp_path):
    worker = Worker()
    assert worker.alive
    assert "9" in worker.kill()
    assert not worker.alive
    assert worker.kill()


# what follows runs in the process that does the work of the served folder


def begin(client, use, name="echo-reservoir", **asked) -> str:
    asked = {"work": "plan", "minutes": "1", **asked}
    answer = use.post(client, "/jobs", kind="shipped", name=name, **asked)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_a_plan_by_a_strategy_names_what_it_misses(client, use):
    said = use.words_of(use.finished(client, begin(client, use, way="strategy=equal-percent")).text)
    assert "equal-percent" in said
    assert "Targets, before and after" in said


def test_targets_that_cannot_hold_are_named_with_the_relaxation(client, use):
    said = use.words_of(use.finished(client, begin(client, use, name="europe-air", scenario="all-ceilings")).text)
    assert "No plan exists" in said
    assert "SWE-NH3-ceiling" in said
    assert "smallest relaxation" in said


def test_scenarios_stand_side_by_side(client, use):
    place = begin(client, use, work="scenarios")
    said = use.words_of(use.finished(client, place).text)
    assert "2 of 2 scenarios have a plan" in said
    assert "1,000,074" in said
    assert "985,318" in said
    assert client.get(place + "/files/plan.xlsx").status_code == 200


def test_an_objective_that_does_not_suit_the_case_is_a_finding(client, use):
    said = use.words_of(use.finished(client, begin(client, use, way="objective=exposure:nothing")).text)
    assert "finding" in said


def test_a_job_tells_its_state_as_json(client, use):
    place = begin(client, use, way="objective=removal:P")
    state = client.get(place + "/state").json()
    assert set(state) >= {"state", "finished", "said", "done", "total"}
    use.finished(client, place)
    assert client.get(place + "/state").json()["finished"] is True


def test_only_files_that_a_job_names_are_handed_out(client, use):
    place = begin(client, use)
    use.finished(client, place)
    for name in ("nothing", "..%2f..%2fplan.xlsx", "%2e%2e", "report-xx.html"):
        assert client.get(f"{place}/files/{name}").status_code == 404


@pytest.mark.parametrize("asked", [{"work": "rm -rf"}, {"work": "check"}, {"minutes": "-1"}, {"minutes": "nan"}])
def test_what_no_form_of_ours_asks_is_refused(client, use, asked):
    fields = {"work": "plan", "minutes": "1", **asked}
    answer = use.post(client, "/jobs", kind="shipped", name="echo-reservoir", **fields)
    assert answer.status_code == 400


def test_work_on_a_case_that_is_not_there_is_refused(client, use):
    for kind, name in (("folder", "../x"), ("", ""), ("upload", "x"), ("shipped", "/etc/passwd")):
        assert use.post(client, "/jobs", kind=kind, name=name, work="plan", minutes="1").status_code == 404


def test_a_recorded_cycle_is_computed_again_to_the_same_bytes(client, use):
    import re

    place = re.findall(r'href="(/ledgers/\w+/cycles/2)"', client.get("/").text)[0]
    answer = use.post(client, place + "/again")
    assert "the very same bytes" in use.words_of(use.finished(client, answer.headers["location"]).text)
