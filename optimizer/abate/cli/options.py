"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CaseName = Annotated[
    str, typer.Argument(metavar="CASE", help="Name of a shipped case, a folder, or an .xlsx workbook.")
]
Scenario = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Tables that replace those of the case.  [default: none replaced]"),
]
TablesPath = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Write all tables to this .xlsx or folder.  [default: no files]")
]
FigurePath = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Save the figure as this .png, .svg or .pdf.  [default: no figure]")
]
