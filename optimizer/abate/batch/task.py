"""One region's task, and one attempt at it; what a worker needs, on this machine or on a cluster."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cloudpickle  # type: ignore[import-untyped]

from abate.batch.summary import Status
from abate.errors import AbateError, InputError, NoPlanError

#: Errors that come again however often a region is tried.
SAME_AGAIN = (InputError, NoPlanError)


@dataclass(frozen=True)
class Task:
    """The work of one region.

    Attributes
    ----------
    region : the region's name, once in a batch.
    work : whatever `compute` needs for it, a path or a case; it has to be picklable, and small travels fast.
    """

    region: str
    work: Any


Compute = Callable[[Task], Any]


@dataclass(frozen=True)
class Outcome:
    """What came of one attempt.

    Attributes
    ----------
    status : done, failed, timed out or crashed.
    seconds : wall-clock time of the attempt, s.
    message : what went wrong, in words; empty where it is done.
    again : whether another attempt may end otherwise.
    result : what `compute` returned, pickled; empty unless it is done.
    trace : where in the code an error came from; empty for errors that a user can cause.
    """

    status: Status
    seconds: float
    message: str = ""
    again: bool = True
    result: bytes = b""
    trace: str = ""


def pack(thing: object) -> bytes:
    """Return something pickled; functions that stand in no importable module travel as they are."""
    packed: bytes = cloudpickle.dumps(thing, protocol=5)
    return packed


def unpack(packed: bytes) -> Any:
    """Return what was packed."""
    return cloudpickle.loads(packed)


def attempt(compute: Compute, task: bytes) -> Outcome:
    """Compute a packed task, whatever comes of it; never raises.

    Only text comes back of an error: an exception that cannot be unpickled would take its worker's pipe with it.
    """
    start = time.perf_counter()
    try:
        result = pack(compute(unpack(task)))
    except BaseException as error:  # also sys.exit within a region, which must not end the worker
        seconds = time.perf_counter() - start
        return Outcome(
            Status.FAILED,
            seconds,
            describe(error),
            again=not isinstance(error, SAME_AGAIN),
            trace="" if isinstance(error, AbateError) else traceback.format_exc(),
        )
    return Outcome(Status.DONE, time.perf_counter() - start, result=result)


def describe(error: BaseException) -> str:
    """Return an error in words: the message of one of ours, the type and message of any other."""
    return str(error) if isinstance(error, AbateError) else f"{type(error).__name__}: {error}"
