"""The commands of the loop: revise a region, or many of them, and read the record."""

from __future__ import annotations

import getpass
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from abate.attainable import Progress
from abate.cli.exploration import watched
from abate.cli.failures import INTERRUPTED, LEDGER, REGIONS_FAILED
from abate.cli.files import refuse_figure, refuse_place, refuse_taken, save_figure
from abate.cli.options import CaseName, FigurePath, TablesPath
from abate.cli.record import show_batch, show_history, show_revision, show_verification
from abate.cli.show import console
from abate.cli.wait import wait_for
from abate.errors import Finding, InputError
from abate.ledger import Ledger
from abate.loop.realignment import Realignment
from abate.loop.records import entry_to_replay, replayed, same_as_recorded
from abate.loop.revise import revise as revise_region
from abate.loop.revise_all import revise_all
from abate.loop.revision import Revision
from abate.workbook import write_revision
from abate_data.folder import SETTINGS
from abate_data.names import offer
from abate_data.read import load

LedgerPlace = Annotated[
    str, typer.Option(metavar="PLACE", help="The ledger: a file such as plans.db, or postgresql://NAME@HOST/DATABASE.")
]
Region = Annotated[
    str | None, typer.Option(metavar="NAME", help="What the ledger calls the region.  [default: the case's name]")
]
InForce = Annotated[
    str,
    typer.Option(
        metavar="STRATEGY",
        help="The plan in force before the first cycle, by its strategy, such as 'least-cost' or 'least-cost since "
        "2026-01-01'.  [default: none]",
        show_default=False,
    ),
]
OneRegion = Annotated[str | None, typer.Option(metavar="NAME", help="One region.  [default: all of them]")]

app = typer.Typer()
logger = logging.getLogger(__name__)


@app.command(epilog="Example: abate revise tampa-bay --in-force given --ledger plans.db")
def revise(
    case: CaseName,
    observations: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Everything monitored so far, .csv or .xlsx.  [default: the case's own]"),
    ] = None,
    in_force: InForce = "",
    ledger: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="Where to record it: a file, or a URL of PostgreSQL.  [default: nowhere]"),
    ] = None,
    region: Region = None,
    as_of: Annotated[str, typer.Option(metavar="DAY", help="Use only what was received by this day, YYYY-MM-DD.")] = "",
    out: TablesPath = None,
    figure: FigurePath = None,
) -> None:
    """Learn from monitored results, judge the plan in force, and re-align what each source has to do.

    The record names who did it: the user, or what the environment variable ABATE_ACTOR says.
    """
    read = load(case)
    if out is not None:
        refuse_taken(out)
    if figure is not None:
        refuse_figure(figure)

    def work(progress: Progress) -> Revision:
        with ExitStack() as opened:
            record = None if ledger is None else opened.enter_context(Ledger(ledger, actor=actor()))
            return revise_region(
                read,
                None,
                observations,
                ledger=record,
                region=region,
                realignment=Realignment(as_of=as_of, first_plan=in_force),
                progress=progress,
            )

    made = wait_for(work)
    screen = console()
    show_revision(screen, made)
    if out is not None:
        write_revision(made, out)
        screen.print(f"\nwritten: {out}", soft_wrap=True)
    if figure is not None:
        save_figure(made.plot(), figure)
        screen.print(f"\nwritten: {figure}", soft_wrap=True)


def actor() -> str:
    """Return who does it, for the record: what ABATE_ACTOR says, or the name of the user."""
    return os.environ.get("ABATE_ACTOR") or getpass.getuser()


@app.command(epilog="Example: abate batch regions --ledger plans.db --workers 4")
def batch(
    folder: Annotated[
        Path, typer.Argument(help="Folder of cases: a folder or workbook for each region, with its observations.")
    ],
    ledger: LedgerPlace,
    in_force: InForce = "",
    workers: Annotated[int, typer.Option(min=1, help="Processes on this machine.")] = 2,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A dask scheduler such as tcp://10.0.0.1:8786.  [default: none]"),
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(min=0.1, metavar="SECONDS", help="Limit for each region.  [default: none]")
    ] = None,
) -> None:
    """Revise many regions and record each; what is recorded already is not done again."""
    cases = _cases_in(folder)
    with Ledger(ledger, actor=actor()) as opened, _stoppable(), watched() as progress:
        made = revise_all(
            cases,
            ledger=opened,
            realignment=Realignment(first_plan=in_force),
            workers=workers,
            client=cluster,
            time_limit=time_limit,
            progress=progress,
        )
    show_batch(console(), made)
    if len(made.failed):
        raise typer.Exit(REGIONS_FAILED)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Say at Ctrl-C what becomes of the regions that are done."""
    try:
        yield
    except KeyboardInterrupt:
        console(stderr=True).print("interrupted; what was recorded stays, and the next run goes on from there")
        raise typer.Exit(INTERRUPTED) from None


def _cases_in(folder: Path) -> dict[str, Path]:
    """Return the case of each region by the name of its folder or workbook.

    Raises
    ------
    InputError
        Where there is none, or two have one name.
    """
    places = sorted(folder.iterdir()) if folder.is_dir() else []
    cases: dict[str, Path] = {}
    for place in places:
        if place.suffix == ".xlsx" or (place / SETTINGS).is_file():
            name = place.name if place.is_dir() else place.stem
            if name in cases:
                cure = "rename one: a region is called after its folder or workbook"
                raise InputError([Finding("batch", "two cases have one name", cure, value=name)])
            cases[name] = place
        elif place.is_dir():
            logger.warning("%s has no %s, so it is no region of the batch", place.name, SETTINGS)
    if not cases:
        cure = "name a folder that holds a folder or workbook for each region"
        raise InputError([Finding("batch", "there is no case in this folder", cure, value=str(folder))])
    return cases


@app.command(epilog="Example: abate history --ledger plans.db")
def history(ledger: LedgerPlace, region: OneRegion = None) -> None:
    """List what a ledger holds: regions, cycles, revisions, who and when."""
    with Ledger(ledger, create=False) as opened:
        told = opened.history(region)
        if region is not None and not len(told):
            known = opened.history()["region"].unique()
            cure = offer(region, known, "region") if len(known) else "revise one first"
            raise InputError([Finding("ledger", "there is no such region in it", cure, value=region)])
        show_history(console(), told)


@app.command(epilog="Example: abate verify --ledger plans.db --recompute")
def verify(
    ledger: LedgerPlace,
    recompute: Annotated[
        bool, typer.Option("--recompute", help="Compute every revision again, with its certificate.")
    ] = False,
) -> None:
    """Check a ledger: every row against its hash, the chain, and with --recompute every result."""
    with Ledger(ledger, create=False) as opened:
        faults = wait_for(
            lambda _: opened.verify((lambda entry: same_as_recorded(opened, entry)) if recompute else None)
        )
        show_verification(console(), faults, len(opened.history()))
    if len(faults):
        raise typer.Exit(LEDGER)


@app.command(epilog="Example: abate replay 2021-12-31 --ledger plans.db > revision.json")
def replay(
    cycle: Annotated[str, typer.Argument(help="The cycle, as `abate history` names it.")],
    ledger: LedgerPlace,
    region: OneRegion = None,
    revision: Annotated[
        int | None, typer.Option(min=1, help="Which revision of the cycle.  [default: the newest]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write the JSON here.  [default: to the screen]")
    ] = None,
) -> None:
    """Compute a recorded revision again from its inputs: the same bytes as were recorded, as JSON."""
    if out is not None:
        refuse_place("output", out)
    with Ledger(ledger, create=False) as opened:
        entry = entry_to_replay(opened, region, cycle, revision)
        made = wait_for(lambda _: replayed(opened, entry))
    if out is not None:
        out.write_bytes(made.to_bytes())
        console().print(f"written: {out}", soft_wrap=True)
    else:
        sys.stdout.buffer.write(made.to_bytes() + b"\n")
        sys.stdout.buffer.flush()
