"""Many regions after a monitoring cycle: each revised in a worker of its own, recorded here as it comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from abate.attainable import Progress
from abate.batch import Task, run
from abate.errors import Finding, InputError
from abate.ledger import Ledger, Record
from abate.ledger.entry import hash_of_inputs
from abate.loop.inputs import references
from abate.loop.realign import realign
from abate.loop.realignment import Realignment
from abate.loop.records import options_of, record_of
from abate.loop.revise import inputs_for
from abate_data.case import Case
from abate_data.read import load

if TYPE_CHECKING:
    from distributed import Client

#: Statuses beside those of `abate.batch.Status`: what was recorded by an earlier run, and what no worker has seen.
RECORDED, REFUSED = "recorded before", "failed"
COLUMNS = ["region", "cycle", "status", "renewed", "cost", "reason", "attempts", "seconds", "message"]


@dataclass(frozen=True)
class Revisions:
    """What came of a batch of revisions.

    Attributes
    ----------
    table : a row per region in the order given: region, cycle, status (done, recorded before, failed, timed out,
        crashed), whether the plan was renewed, its yearly cost in the currency of its case, the reason, attempts,
        seconds, message.
    """

    table: pd.DataFrame

    @property
    def failed(self) -> pd.DataFrame:
        """The rows of the regions that have no record of this cycle."""
        return self.table[~self.table["status"].isin(["done", RECORDED])].reset_index(drop=True)

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {status}" for status, count in self.table["status"].value_counts().items())
        return f"{len(self.table)} regions: {counts or 'none'}"


def revise_all(
    cases: Mapping[str, Case | str | Path],
    observations: Mapping[str, pd.DataFrame | str | Path] | None = None,
    *,
    ledger: Ledger | str | Path,
    realignment: Realignment | None = None,
    workers: int = 2,
    client: Client | str | None = None,
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> Revisions:
    """Revise many regions: learn, evaluate and re-align each, and record it.

    A region that fails, hangs or takes its worker down is tried again, reported, and stops no other. What is recorded
    already is not done again, so an interrupted batch goes on where it stopped when it is called once more.

    Parameters
    ----------
    cases : the case of each region by its name, or where to read it from; it is read when its turn comes.
    observations : everything monitored so far by region; the table of the case for regions that are not named.
    ledger : where revisions are recorded, and where the cycles before are read from.
    realignment : the planner's choices, the same for all.
    workers : processes on this machine.
    client : a `distributed.Client` or the address of its scheduler, to run on a cluster instead.
    time_limit : seconds for each attempt at a region.
    progress : called with (region, regions that ended, regions in total).

    Raises
    ------
    InputError
        Where observations are given for a region that has no case, or a number cannot be used.
    LedgerError
        Where the ledger cannot be read or written: the batch stops, what was recorded stays.
    KeyboardInterrupt
        At Ctrl-C; what was recorded stays.
    """
    observations = observations or {}
    if strangers := [name for name in observations if name not in cases]:
        cure = "name regions as their cases are named"
        raise InputError([Finding("observations", "there is no case of this region", cure, value=strangers[0])])
    with ExitStack() as opened:
        if not isinstance(ledger, Ledger):
            ledger = opened.enter_context(Ledger(ledger))
        batch = _Batch(cases, observations, ledger, realignment)
        summary = run(
            _Counted(batch.tasks(), len(cases)),
            compute,
            batch.keep,
            workers=workers,
            client=client,
            time_limit=time_limit,
            progress=progress,
        )
    for row in summary.rows:
        batch.rows[row.region].update(
            status=str(row.status), attempts=row.attempts, seconds=row.seconds, message=row.message
        )
    return Revisions(pd.DataFrame([batch.rows[name] for name in cases if name in batch.rows], columns=COLUMNS))


def compute(task: Task) -> Record:
    """Return what is to be recorded of a region: the work of one worker."""
    return record_of(realign(task.work))


class _Counted:
    """Tasks that come one at a time, and how many regions there are at most."""

    def __init__(self, tasks: Iterator[Task], most: int) -> None:
        self._tasks, self._most = tasks, most

    def __iter__(self) -> Iterator[Task]:
        return self._tasks

    def __len__(self) -> int:
        return self._most


class _Batch:
    """Regions on their way through a batch; of each just a small row is kept."""

    def __init__(
        self,
        cases: Mapping[str, Case | str | Path],
        observations: Mapping[str, pd.DataFrame | str | Path],
        ledger: Ledger,
        realignment: Realignment | None,
    ) -> None:
        self._cases, self._observations = cases, observations
        self._ledger, self._realignment = ledger, realignment
        self.rows: dict[str, dict[str, Any]] = {}

    def tasks(self) -> Iterator[Task]:
        """Yield the work of each region that is not recorded yet."""
        for region, source in self._cases.items():
            self.rows[region] = {"region": region, "cycle": "", "message": ""}
            try:
                case = source if isinstance(source, Case) else load(source)
                inputs = inputs_for(
                    case,
                    None,
                    self._observations.get(region),
                    self._ledger,
                    region=region,
                    realignment=self._realignment,
                )
            except InputError as error:
                self.rows[region].update(status=REFUSED, attempts=0, seconds=0.0, message=str(error))
                continue
            self.rows[region]["cycle"] = inputs.cycle
            known = hash_of_inputs(references(inputs.documents()), options_of(inputs), 0)
            entry = self._ledger.find(region, inputs.cycle, known)
            if entry is None:
                yield Task(region, inputs)
            else:
                self._tell(region, entry.result)
                self.rows[region].update(status=RECORDED, attempts=0, seconds=0.0)

    def keep(self, task: Task, record: Record) -> None:
        """Record a revision."""
        self._ledger.commit(replace(record, actor=self._ledger.actor), self._ledger.clock())
        self._tell(task.region, record.result)

    def _tell(self, region: str, result: Mapping[str, Any]) -> None:
        self.rows[region].update({name: result[name] for name in ("renewed", "cost", "reason")})
