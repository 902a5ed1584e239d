"""A process that does one piece of work at a time, tells how far it is, and can be killed at any moment.

Work is named by a text and described by plain data, so that nothing has to be packed but texts and numbers. The process
loads what work needs before it is asked for any: the first plan does not wait for it.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

#: Kinds of messages of a process: how far it is, and what came of its work.
STEP, DONE = "step", "done"
#: Seconds that a killed process may take to be gone.
KILL_LIMIT = 5.0


class Worker:
    """One process; used by one thread, and killed by any."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, end = context.Pipe()
        self._process = context.Process(target=work_on, args=(end,), daemon=True, name="abate-serve-worker")
        self._process.start()
        end.close()  # the process has the only copy that is left: its death ends the pipe
        self._lock = threading.Lock()

    def kill(self) -> str:
        """Have the process gone; return how it ended, in words."""
        with self._lock:
            if self._process.is_alive():
                self._process.kill()
            self._process.join(KILL_LIMIT)
            code = self._process.exitcode
            with suppress(OSError):
                self.pipe.close()
        return f"signal {-code}, {signal.strsignal(-code)}" if code is not None and code < 0 else f"exit code {code}"

    @property
    def alive(self) -> bool:
        """Whether it can be given work."""
        with self._lock:
            return self._process.is_alive()


def work_on(pipe: Connection) -> None:
    """Do one task after the other, in a process of its own, until its owner ends it or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the owner, which kills its workers
    if "fork" in multiprocessing.get_all_start_methods():
        # a lock that a library makes is then gone with this process, and nobody complains of it once that is killed
        multiprocessing.set_start_method("fork", force=True)
    tasks: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_fetch, args=(pipe, tasks), daemon=True).start()
    from abate.serve.work import do

    with suppress(OSError):  # the owner is gone
        while True:
            pipe.send((DONE, do(tasks.get(), lambda *step: pipe.send((STEP, *step)))))


def _fetch(pipe: Connection, tasks: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Pass tasks on as they come; end the process at once where its owner is gone, whatever it computes."""
    try:
        while True:
            tasks.put(pipe.recv())
    except (EOFError, OSError):
        os._exit(1)
