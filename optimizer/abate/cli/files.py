"""Where files may be written, looked at before work is spent on them; and figures."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from abate.errors import Finding, InputError
from abate_data.write import is_workbook

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Endings of the figures that are saved, and dots per inch of those that are made of dots.
FIGURES, RESOLUTION = (".png", ".svg", ".pdf"), 110
#: Keeps the time of day out of figures, as a fixed salt keeps chance, so that the same comparison gives the same bytes.
_NO_CLOCK: dict[str, dict[str, None]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def refuse_taken(path: Path) -> None:
    """Raise InputError where nothing can be written, before work is spent on it."""
    if path.suffix.lower() not in ("", ".xlsx"):
        cure = "end it in .xlsx for a workbook, or give it no ending for a folder of CSV"
        raise InputError([Finding("output", "is no kind of file that is written here", cure, value=str(path))])
    refuse_place("output", path)


def refuse_marked(case: str, path: Path) -> None:
    """Raise InputError where no marked copy of a case can be written, before it is checked."""
    if not is_workbook(case):
        raise InputError(
            [Finding("marked copy", "can only be made of a workbook (.xlsx)", "leave out --mark", value=case)]
        )
    if not is_workbook(path):
        raise InputError([Finding("marked copy", "is a workbook", "end it in .xlsx", value=str(path))])
    refuse_place("marked copy", path)


def refuse_place(what: str, path: Path) -> None:
    """Raise InputError where something stands already, or the folder is not there."""
    empty = path.is_dir() and not any(path.iterdir())
    if not empty and (path.exists() or path.is_symlink()):
        cure = "name a new place, or move what is there"
        raise InputError([Finding(what, "something stands there already", cure, value=str(path))])
    if not path.absolute().parent.is_dir():
        cure = "make that folder, or name a place in one that is there"
        raise InputError([Finding(what, "lies in a folder that is not there", cure, value=str(path))])


def refuse_figure(path: Path) -> None:
    """Raise InputError where no figure can be saved, before work is spent on it."""
    if path.suffix.lower() not in FIGURES:
        cure = f"end it in {', '.join(FIGURES)}"
        raise InputError([Finding("figure", "is no kind of figure that is made here", cure, value=str(path))])
    refuse_place("figure", path)


def save_figure(figure: Figure, path: Path) -> None:
    """Save a figure, whole or not at all.

    Raises
    ------
    InputError
        Where nothing can be written there.
    """
    from matplotlib import rc_context

    try:
        with tempfile.TemporaryDirectory(dir=path.absolute().parent) as folder, rc_context({"svg.hashsalt": "abate"}):
            drawn = Path(folder) / path.name
            figure.savefig(drawn, dpi=RESOLUTION, metadata=_NO_CLOCK.get(path.suffix.lower()))
            drawn.replace(path)
    except OSError as error:
        cure = "name a place where you may write"
        raise InputError([Finding("figure", f"cannot be written: {error.strerror}", cure, value=str(path))]) from error
