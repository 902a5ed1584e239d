"""The notebooks run, and show what is stored in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from notebooks import FOLDER, executed, notebook_page

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_are_three() -> None:
    assert [file.stem for file in NOTEBOOKS] == ["loop", "plan", "trade_offs"]


@pytest.mark.slow
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_it_runs_and_shows_what_is_stored(file: Path) -> None:
    stored = nbformat.read(file, as_version=4)
    assert said(executed(file)) == said(stored), "renew it: python docs/_site/notebooks.py"


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_its_page_has_every_cell_and_picture(file: Path) -> None:
    stored = nbformat.read(file, as_version=4)
    page, pictures = notebook_page(file)
    assert pictures
    assert all(picture.startswith(b"\x89PNG") and f"({name})" in page for name, picture in pictures.items())
    assert all(cell.source in page for cell in stored.cells)


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_it_is_small_and_holds_nothing_of_a_machine(file: Path) -> None:
    text = file.read_text("utf-8")
    assert len(text) < 400_000
    assert not re.search(r'"/(home|root|tmp|work|Users)/', text)


def said(notebook: nbformat.NotebookNode) -> list[str]:
    """Return what the cells of a notebook say in words, one text an output; a case's hash changes with the schema."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [re.sub(r"\b[0-9a-f]{12}\b", "HASH", _words(output)) for output in outputs]


def _words(output: Any) -> str:
    return str(output.get("text") or output["data"]["text/plain"])
