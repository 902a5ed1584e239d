"""The page of the mathematics, from the docstrings of the blocks in `models/abate_models`."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from docstrings import with_definitions, with_formulas

#: The blocks in the order in which they are read, a part each.
PARTS = {
    "What is decided": ("measures", "loads", "cost", "resources"),
    "What has to hold": ("targets", "quality", "caps", "equity", "gini"),
    "What is made least": ("objectives", "burden", "tail"),
    "Where targets cannot hold together": ("relaxation",),
    "What is not known exactly": ("margin",),
    "Years, and what changes between plans": ("stages", "stability"),
    "From discharges to quality in a river": ("transport.river",),
}
#: What stands in a line of its own.
_OWN_LINE = re.compile(r"\n(Row names?:|Source(?: of the index)?:)")
_HEAD = """\
# The mathematics

This page is made from the docstrings of `abate_models`: a file there is one block of the model, and states its
inequality with its symbols. `abate.build(case)` returns the model that they make; its rows carry the names that are
given here. Numbers are in the units of the case, money is per year.

The model is linear, with yes-or-no variables where a measure has a fixed cost or a least extent. Symbols mean the same
in all blocks: L is a load after measures, L0 its baseline, x the extent of an option, z whether it is installed, c a
yearly cost.
"""


def mathematics_page(folder: Path) -> str:
    """Return the page, in Markdown.

    Parameters
    ----------
    folder : of the package `abate_models`.
    """
    parts = [_HEAD]
    for title, blocks in PARTS.items():
        parts += [f"## {title}\n", *(_block(folder, name) for name in blocks)]
    return "\n".join(parts)


def _block(folder: Path, name: str) -> str:
    file = folder.joinpath(*name.split(".")).with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    first, _, rest = docstring.partition("\n\n")
    title, _, says = " ".join(first.split("\n")).partition(":")
    said = f"{says.strip()[:1].upper()}{says.strip()[1:]}\n\n" if says else ""
    body, _, references = rest.partition("References\n----------\n")
    body = _OWN_LINE.sub(r"\n\n\1", with_definitions(with_formulas(body)))
    listed = "".join(f"\n- {' '.join(entry.split())}" for entry in re.split(r"\n(?! )", references.strip()) if entry)
    return f"### {title.rstrip('.')}\n\n`abate_models.{name}`\n\n{said}{body}\n{listed}\n"
