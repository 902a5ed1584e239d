"""Waiting for long work: progress where somebody looks on, and an ear for Ctrl-C."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from abate.attainable import Progress as Report
from abate.cli.show import console, printable

Result = TypeVar("Result")

#: Seconds after which progress is shown, and between two looks whether Ctrl-C was pressed.
PATIENCE, HEARTBEAT = 2.0, 0.1


def wait_for(work: Callable[[Report], Result]) -> Result:
    """Return what `work` returns or raise what it raises, with progress on stderr.

    The work is done in a thread of its own: the solver does not hear Ctrl-C, whoever waits for it does.
    """
    result: Future[Result] = Future()

    def run(report: Report) -> None:
        try:
            result.set_result(work(report))
        except BaseException as error:
            result.set_exception(error)

    with _progress(console(stderr=True)) as report:
        threading.Thread(target=run, args=(report,), daemon=True).start()
        while not result.done():
            wait([result], HEARTBEAT)
    return result.result()


@contextmanager
def _progress(screen: Console) -> Iterator[Report]:
    """Yield a callback whose reports are shown once the work has taken `PATIENCE` seconds."""
    if not screen.is_terminal:
        yield lambda *_: None
        return
    text = TextColumn("{task.description}", markup=False)
    bar = Progress(text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=screen, transient=True)
    task = bar.add_task("reading the case", total=None)
    timer = threading.Timer(PATIENCE, bar.start)
    timer.start()
    try:
        yield lambda what, done, total: bar.update(task, description=printable(what), completed=done, total=total)
    finally:
        timer.cancel()
        timer.join()
        if bar.live.is_started:
            bar.stop()
