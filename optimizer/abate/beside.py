"""Work in a thread of its own, so that Ctrl-C is heard while it goes on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def beside(work: Callable[[], Answer], cancel: Callable[[], object], failed: Answer) -> Answer:
    """Return what the work comes to, or `failed` where it raises; on Ctrl-C cancel it, and wait until it has ended.

    Raises
    ------
    KeyboardInterrupt
        Where it was cancelled.
    """
    answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()

    def run() -> None:
        answer = failed
        try:
            answer = work()
        finally:
            answers.put(answer)

    threading.Thread(target=run, daemon=True).start()
    try:
        return answers.get()
    except KeyboardInterrupt:
        cancel()
        answers.get()
        raise
