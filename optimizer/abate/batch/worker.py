"""Processes that compute tasks, and whoever owns them: kills them in time, starts them anew after a crash.

A worker has one task at a time, and answers for each. So it is known at any moment which region runs where and since
when; a crash is blamed on the one region that caused it, and takes nothing else along. loky's executors are not used:
one dead process breaks them, together with all that they had accepted. Its processes are: unlike those of the standard
library they start without running the user's script again.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from joblib.externals.loky.backend import get_context

from abate.batch.summary import Status
from abate.batch.task import Outcome, attempt, describe, unpack
from abate.errors import AbateError

#: A worker computes with one thread: regions run beside each other, and results do not depend on the machine.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
#: How long a process may take to start, s, and how many in a row may fail to.
START_LIMIT, STARTS = 120.0, 3
#: After how long without a task a process ends by itself, s; its owner may have died on another machine.
IDLE_LIMIT = 300.0
#: How often it is looked whether a silent process is still alive, and how long it may take a killed one to be gone, s.
TICK, KILL_LIMIT = 1.0, 5.0


class Workers:
    """As many workers as there are threads that use them at the same time.

    Parameters
    ----------
    compute : the packed function that they compute.
    """

    def __init__(self, compute: bytes) -> None:
        self._compute = compute
        self._all: list[_Worker] = []
        self._idle: list[_Worker] = []
        self._stopped = False
        self._lock = threading.Lock()

    def attempt(self, task: bytes, time_limit: float | None) -> Outcome:
        """Compute a packed task in one of the processes, and wait for it.

        Parameters
        ----------
        time_limit : seconds from when a running process is given the task until it is killed; None for no limit.

        Raises
        ------
        AbateError
            Where processes do not start, cannot load the function, or were stopped.
        """
        with self._lock:
            if self._stopped:
                raise AbateError("the batch was stopped")
            if not self._idle:
                self._idle.append(_Worker(self._compute))
                self._all.append(self._idle[-1])
            worker = self._idle.pop()
        try:
            return worker.attempt(task, time_limit)
        finally:
            with self._lock:
                self._idle.append(worker)

    def stop(self) -> None:
        """Kill all processes for good; tasks that they have end as crashed."""
        with self._lock:
            self._stopped = True
        for worker in self._all:
            worker.stop()


class _Worker:
    """One process, started when it is needed, and anew after its end; used by one thread, and stopped by any."""

    def __init__(self, compute: bytes) -> None:
        self._compute = compute
        self._process: Any = None
        self._pipe: Connection | None = None
        self._stopped = False
        self._lock = threading.Lock()  # a process may be asked about, killed and waited for by one thread at a time

    def attempt(self, task: bytes, time_limit: float | None) -> Outcome:
        pipe = self._ready()
        start = time.monotonic()
        try:
            pipe.send_bytes(task)
            if self._answers(pipe, time_limit):
                outcome: Outcome = pipe.recv()
                return outcome
        except (EOFError, OSError):
            how = f"its worker process ended unexpectedly ({self._end()})"
            return Outcome(Status.CRASHED, time.monotonic() - start, how)
        self._end()
        return Outcome(Status.TIMED_OUT, time.monotonic() - start, f"was stopped at the time limit of {time_limit:g} s")

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            self._kill()

    def _ready(self) -> Connection:
        """Return the pipe to a process that has loaded the function."""
        if self._pipe is not None and self._alive():
            return self._pipe
        how = self._end()
        for _ in range(STARTS):
            try:
                pipe = self._start()
                if self._answers(pipe, START_LIMIT):
                    if fault := pipe.recv():
                        self._end()
                        raise AbateError(f"a worker cannot load what it shall compute: {fault}")
                    return pipe
                how = self._end()
            except (EOFError, OSError) as error:
                how = self._end() or str(error)
        raise AbateError(f"worker processes do not start ({how}); look for free memory and a working Python")

    def _start(self) -> Connection:
        context = get_context("loky")
        pipe, end = context.Pipe()
        with self._lock:
            if self._stopped:
                raise AbateError("the batch was stopped")
            process = context.Process(target=serve, args=(end, self._compute), env=ONE_THREAD, daemon=True)
            process.start()
            self._process, self._pipe = process, pipe
        end.close()  # the process has the only copy that is left: its death ends the pipe
        return self._pipe

    def _answers(self, pipe: Connection, limit: float | None) -> bool:
        """Wait for a message; return whether one came within a limit, s. Raises EOFError where the process has died."""
        until = time.monotonic() + (limit or float("inf"))
        while not pipe.poll(min(TICK, max(until - time.monotonic(), 0.0))):
            if time.monotonic() >= until:
                return False
            if not self._alive() and not pipe.poll():  # where a child of its own holds the pipe open
                raise EOFError
        return True

    def _alive(self) -> bool:
        with self._lock:
            alive: bool = self._process.is_alive()
            return alive

    def _end(self) -> str:
        """Have the process gone; return how it ended, in words."""
        if self._process is None or self._pipe is None:
            return ""
        with self._lock:
            self._kill()
            self._process.join(KILL_LIMIT)
            code, self._process = self._process.exitcode, None
        self._pipe.close()
        self._pipe = None
        return f"signal {-code}, {signal.strsignal(-code)}" if code is not None and code < 0 else f"exit code {code}"

    def _kill(self) -> None:
        if self._process is not None and self._process.is_alive():
            os.kill(self._process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def serve(pipe: Connection, compute: bytes) -> None:
    """Compute one task after the other, in a process of its own, until its owner ends it or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the owner, which stops its workers
    tasks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_fetch, args=(pipe, tasks), daemon=True).start()
    with suppress(OSError, queue.Empty):  # the owner is gone, or has had nothing to do for long
        try:
            function = unpack(compute)
        except BaseException as error:
            pipe.send(describe(error))
            return
        pipe.send("")
        while True:
            pipe.send(attempt(function, tasks.get(timeout=IDLE_LIMIT)))


def _fetch(pipe: Connection, tasks: queue.SimpleQueue[bytes]) -> None:
    """Pass tasks on as they come; end the process at once where its owner is gone, whatever it computes."""
    try:
        while True:
            tasks.put(pipe.recv_bytes())
    except (EOFError, OSError):
        os._exit(1)
