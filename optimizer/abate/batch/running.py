"""Run a batch: one task for each region, on this machine or on a cluster."""

from __future__ import annotations

import math
from collections.abc import Iterable
from importlib.util import find_spec
from numbers import Integral
from typing import TYPE_CHECKING

from abate.attainable import Progress, no_report
from abate.batch.jobs import Jobs, Keep
from abate.batch.local import run_local
from abate.batch.summary import Summary
from abate.batch.task import Compute, Task, describe, pack
from abate.errors import Finding, InputError

if TYPE_CHECKING:
    from distributed import Client


def run(
    tasks: Iterable[Task],
    compute: Compute,
    keep: Keep,
    *,
    workers: int = 2,
    client: Client | str | None = None,
    time_limit: float | None = None,
    retries: int = 1,
    progress: Progress | None = None,
) -> Summary:
    """Compute every region's task in workers, and keep each result as it comes.

    A region that raises an error, overruns its time or takes its worker down is tried again, then reported; the others
    go on. Each result is kept exactly once. Only the tasks that workers have or are about to get are in memory.

    To go on after a batch was interrupted, leave out the regions that are kept, before their work is made::

        run((Task(name, load(name)) for name in names if not is_kept(name)), compute, keep)

    Parameters
    ----------
    tasks : taken one at a time, when a worker is about to need one. A region's name may stand once.
    compute : a pure function from a task to a result, both picklable. It may run more than once for a region, and gets
        one thread for linear algebra.
    keep : called in this process with (task, result) in the order in which regions are done, one at a time.
    workers : processes on this machine; a cluster has workers of its own.
    client : a `distributed.Client`, or the address of a scheduler such as ``tcp://10.0.0.1:8786``, to run on a cluster
        that has abate installed.
    time_limit : seconds of wall-clock time for each attempt at a region, after which the process that computes it is
        killed, by this one or on a cluster by the dask worker beside it. None for no limit.
    retries : how often a region is tried again after an error, a crash or the time limit. InputError and NoPlanError
        would come again, so they are not tried again. On a cluster, dask by itself runs a region again whose dask
        worker was lost, as often as its ``distributed.scheduler.allowed-failures`` says, before that counts as a crash.
    progress : called with (region, regions that ended, regions in total or 0 where tasks has no length).

    Returns
    -------
    Summary
        A row per region in the order of the tasks: done, failed, timed out or crashed, with a message.

    Raises
    ------
    InputError
        Where workers, time limit or retries are no such numbers, `compute` cannot be sent to a worker, `client` is no
        client, or the package for clusters is missing.
    AbateError
        Where workers cannot be started, or the cluster cannot be reached or is lost.
    Exception
        Whatever `keep` raises, or the iterator of the tasks: the batch stops. What is kept stays kept.
    KeyboardInterrupt
        At Ctrl-C, after the workers were stopped. What is kept stays kept.
    """
    _check(workers, time_limit, retries)
    packed = _packed(compute)
    jobs = Jobs(tasks, keep, retries, progress or no_report)
    if client is None:
        run_local(jobs, packed, workers, time_limit)
    else:
        _require_dask()
        from abate.batch.cluster import run_cluster

        run_cluster(jobs, packed, client, time_limit)
    return jobs.summary


def _require_dask() -> None:
    """Raise InputError where the package for clusters is missing: it is needed by those who have a cluster only."""
    if find_spec("distributed") is None:
        cure = "install it: pip install 'abate[cluster]'"
        raise InputError([Finding("options", "needs the package distributed", cure, column="client")])


def _check(workers: int, time_limit: float | None, retries: int) -> None:
    """Raise InputError where a number cannot be used."""
    wrong = []
    if not isinstance(workers, Integral) or workers < 1:
        wrong.append(Finding("options", "is no number of processes", "give 1 or more", "", "workers", str(workers)))
    if time_limit is not None and not 0 < time_limit < math.inf:
        cure = "give more than 0, or leave it out for no limit"
        wrong.append(Finding("options", "is no number of seconds", cure, "", "time_limit", str(time_limit)))
    if not isinstance(retries, Integral) or retries < 0:
        wrong.append(Finding("options", "is no number of retries", "give 0 or more", "", "retries", str(retries)))
    if wrong:
        raise InputError(wrong)


def _packed(compute: Compute) -> bytes:
    try:
        return pack(compute)
    except Exception as error:
        problem = f"cannot be sent to a worker: {describe(error)}"
        cure = "use a function that holds no open file, connection or lock"
        raise InputError([Finding("options", problem, cure, column="compute", value=repr(compute)[:80])]) from error
