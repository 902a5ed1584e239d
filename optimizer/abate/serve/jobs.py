"""Jobs: pieces of work that are asked for on a page, wait in a short queue, and are watched, cancelled and kept."""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from abate.serve.worker import DONE, STEP, Worker

logger = logging.getLogger(__name__)

#: States of a job. The last three have a page that says what happened; what came of the work stands in `outcome`.
WAITING, RUNNING, ENDED = "waiting", "running", "ended"
CANCELLED, TIMED_OUT, CRASHED = "cancelled", "timed_out", "crashed"
UNFINISHED = (WAITING, RUNNING)
#: Jobs that may wait for their turn, and finished ones that are kept.
QUEUE, KEPT = 6, 40
#: Seconds between two looks whether a job is cancelled or late.
TICK = 0.1
#: Seconds that work may take beyond its own limit, to write what it has found, before its process is killed.
GRACE = 60.0
#: Seconds that closing waits for the worker to be gone.
KILL_PATIENCE = 8.0


class FullError(Exception):
    """So many jobs wait already that no more are taken."""


@dataclass
class Job:
    """One piece of work.

    Attributes
    ----------
    id : by which addresses know it; nobody can guess it.
    task : what is to be done, as plain data (see `abate.serve.work`).
    key : the same for the same work on the same files.
    folder : where its files are written; nothing else is.
    limit : seconds after which it is ended; None for no limit.
    state, step, done, total : how far it is.
    began, ended : on the clock of `time.monotonic`; 0 before.
    outcome : what came of the work, as plain data; of one that crashed how.
    """

    id: str
    task: dict[str, Any]
    key: str
    folder: Path
    limit: float | None
    state: str = WAITING
    step: str = ""
    done: int = 0
    total: int = 0
    began: float = 0.0
    ended: float = 0.0
    outcome: dict[str, Any] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def unfinished(self) -> bool:
        """Whether it waits or runs."""
        return self.state in UNFINISHED

    @property
    def seconds(self) -> float:
        """For how long it has run."""
        return (self.ended or time.monotonic()) - self.began if self.began else 0.0


class Desk:
    """Takes jobs, has a worker do them one after the other, and keeps the last of them.

    Parameters
    ----------
    folder : where jobs get their folders.
    queue : how many jobs may wait.
    new_worker : makes a worker; another one in tests.
    """

    def __init__(self, folder: Path, *, queue: int = QUEUE, new_worker: Callable[[], Worker] = Worker) -> None:
        self._folder, self._queue, self._new_worker = folder, queue, new_worker
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[Job] = deque()
        self._worker: Worker | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start a worker ahead of the first job, and the thread that deals with it; again does nothing."""
        with self._changed:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, daemon=True, name="abate-serve-desk")
                self._thread.start()

    def close(self) -> None:
        """Kill the worker and end the thread; jobs that are not finished are cancelled."""
        with self._changed:
            self._closed = True
            for job in self._jobs.values():
                job.stop.set()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(KILL_PATIENCE)

    def submit(self, task: dict[str, Any], key: str, limit: float | None = None) -> Job:
        """Return the job of some work: one that has the same key and was not in vain, or else a new one.

        Raises
        ------
        FullError
            Where too many wait already.
        """
        self.start()
        with self._changed:
            if same := self._same(key):
                return same
            if len(self._waiting) >= self._queue:
                raise FullError
            name = secrets.token_urlsafe(12)
            job = Job(name, task, key, self._folder / name, limit)
            job.folder.mkdir()
            self._jobs[name] = job
            self._waiting.append(job)
            self._forget()
            self._changed.notify_all()
            return job

    def get(self, name: str) -> Job | None:
        """Return a job, None where there is none."""
        with self._changed:
            return self._jobs.get(name)

    def find(self, key: str) -> Job | None:
        """Return the newest job of a key, whatever became of it."""
        with self._changed:
            return next((one for one in reversed(self._jobs.values()) if one.key == key), None)

    def all(self) -> list[Job]:
        """Return every job that is kept, the newest first."""
        with self._changed:
            return list(self._jobs.values())[::-1]

    def ahead(self, job: Job) -> int:
        """Return how many jobs are done before one that waits."""
        with self._changed:
            running = sum(one.state == RUNNING for one in self._jobs.values())
            return running + (self._waiting.index(job) if job in self._waiting else 0)

    def cancel(self, job: Job) -> None:
        """End a job: it is not begun, or its process is killed."""
        with self._changed:
            job.stop.set()
            if job in self._waiting:
                self._waiting.remove(job)
                job.state = CANCELLED
            self._changed.notify_all()

    def _same(self, key: str) -> Job | None:
        good = [one for one in self._jobs.values() if one.key == key and one.state in (*UNFINISHED, ENDED)]
        return good[-1] if good else None

    def _forget(self) -> None:
        """Drop the oldest finished jobs, with their files."""
        finished = [one for one in self._jobs.values() if not one.unfinished]
        for job in finished[: max(0, len(self._jobs) - KEPT)]:
            del self._jobs[job.id]
            shutil.rmtree(job.folder, ignore_errors=True)

    def _run(self) -> None:
        """Do jobs in their order until the desk is closed; a worker is there before it is needed."""
        while True:
            worker, trouble = self._ready()
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if self._closed:
                    break
                job = self._waiting.popleft()
                job.state, job.began = RUNNING, time.monotonic()
            if worker is None:
                self._settle(job, CRASHED, {"how": trouble})
            else:
                self._do(job, worker)
        if worker is not None:
            worker.kill()

    def _ready(self) -> tuple[Worker | None, str]:
        """Return a worker that can be given work, or why there is none."""
        if self._worker is None or not self._worker.alive:
            try:
                self._worker = self._new_worker()
            except OSError as error:  # no memory or no process is left
                self._worker = None
                return None, str(error)
        return self._worker, ""

    def _do(self, job: Job, worker: Worker) -> None:
        """Have one job done; a process that was killed is not used again."""
        try:
            worker.pipe.send({**job.task, "folder": str(job.folder)})
            state, outcome = self._watch(job, worker)
        except Exception:  # it has died, or sent what cannot be read; the desk goes on with the next one
            logger.debug("a worker was lost", exc_info=True)
            state, outcome = CRASHED, {"how": worker.kill()}
        if state in (CANCELLED, TIMED_OUT):
            worker.kill()
        self._settle(job, state, outcome)

    def _settle(self, job: Job, state: str, outcome: dict[str, Any]) -> None:
        with self._changed:
            job.outcome, job.ended, job.state = outcome, time.monotonic(), state

    def _watch(self, job: Job, worker: Worker) -> tuple[str, dict[str, Any]]:
        until = job.began + job.limit + GRACE if job.limit else float("inf")
        while True:
            if job.stop.is_set():
                return CANCELLED, {}
            if time.monotonic() > until:
                return TIMED_OUT, {}
            if worker.pipe.poll(TICK):
                kind, *said = worker.pipe.recv()
                if kind == DONE:
                    return ENDED, said[0]
                if kind == STEP:
                    job.step, job.done, job.total = said
            elif not worker.alive and not worker.pipe.poll():
                raise EOFError
