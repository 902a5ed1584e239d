"""The command that makes the page to be shown to those who decide."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abate.cli.exploration import watched
from abate.cli.files import refuse_place
from abate.cli.options import CaseName, Scenario
from abate.cli.show import console
from abate.cli.wait import wait_for
from abate.comparison.comparing import compare
from abate.decomposing import decompose
from abate.errors import Finding, InputError
from abate.front import explore
from abate.front.usual import usual_objectives
from abate.report import Report
from abate.strategies.allocate import allocate
from abate.words import LANGUAGES
from abate_data.case import Case
from abate_data.read import load

#: What can be reported of a case.
SUBJECTS = ("plan", "front", "comparison")

app = typer.Typer()


@app.command(epilog="Example: abate report echo-reservoir --out report.html --lang zh")
def report(
    case: CaseName,
    out: Annotated[Path, typer.Option(metavar="PATH", help="The page (.html) to write; nothing may stand there.")],
    scenario: Scenario = None,
    of: Annotated[
        str, typer.Option(metavar="WHAT", help="plan, front (what one goal costs in another) or comparison.")
    ] = "plan",
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="The allocation strategy of the plan; or those of a comparison, once for each.  "
            "[default: least cost; all]",
        ),
    ] = None,
    objective: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Goal of a front; give it twice or more.  [default: as for abate explore]"),
    ] = None,
    lang: Annotated[str, typer.Option(metavar="CODE", help="en or zh (Simplified Chinese).")] = "en",
    figures: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Save every chart into this new folder as SVG and PNG as well.  [default: none]"
        ),
    ] = None,
) -> None:
    """Write a page that opens without a network: who reduces what and why, the price, the proof."""
    _refuse(out, of, lang, figures)
    read = load(case, scenario)
    made = _report_of(read, of, strategy or [], objective, lang)
    made.save(out)
    screen = console()
    screen.print(f"written: {out}", soft_wrap=True)
    if figures is not None:
        made.save_figures(figures)
        screen.print(f"written: {figures}", soft_wrap=True)


def _refuse(out: Path, of: str, lang: str, figures: Path | None) -> None:
    """Raise InputError where an option cannot be met, before work is spent on it."""
    chosen = ((of, SUBJECTS, "--of"), (lang, LANGUAGES, "--lang"))
    for value, known, option in chosen:
        if value not in known:
            raise InputError(
                [Finding("options", "is not known", f"choose one of {', '.join(known)}", column=option, value=value)]
            )
    if out.suffix.lower() not in (".html", ".htm"):
        raise InputError([Finding("report", "is a page", "end it in .html", value=str(out))])
    refuse_place("report", out)
    if figures is not None:
        refuse_place("figures", figures)


def _report_of(case: Case, of: str, strategies: list[str], objectives: list[str] | None, lang: str) -> Report:
    if of == "front":
        with watched() as progress:
            return explore(case, objectives or usual_objectives(case), progress=progress).report(lang=lang)
    if of == "comparison":
        return wait_for(lambda progress: compare(case, strategies or None, progress=progress)).report(lang=lang)
    if len(strategies) > 1:
        cure = "give one, or --of comparison"
        raise InputError([Finding("options", "a plan has one strategy", cure, column="--strategy")])
    if strategies:
        return wait_for(lambda progress: allocate(case, strategies[0], progress=progress)).report(lang=lang)
    return wait_for(lambda progress: decompose(case, progress=progress)).report(lang=lang)
