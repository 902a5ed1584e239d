"""The benchmark of workbooks runs, and says what it promises to say. Nothing here looks at a time."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def page():
    """Return the page of a small run, and what was reported on the way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        said: list[str] = []
        text = importlib.import_module("benchmarks.workbook_speed").workbook_page("A machine.", said.append, 200, 30)
    return text, said


def test_every_measurement_stands_on_the_page(page):
    text, said = page
    assert "python -m benchmarks workbook" in text
    assert "A machine." in text
    assert "with 200 rows" in text
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    assert [row[0].strip("| ") for row in rows if row[0].strip("| ") in ("transfer", "observations")] == [
        "transfer",
        "observations",
    ]
    assert all(float(cell.strip(" |")) > 0 for row in rows if "transfer" in row[0] for cell in row[3:5])
    assert said == [
        "making workbooks of 200 rows",
        "checking transfer.xlsx",
        "checking observations.xlsx",
        "planning 30 sources",
    ]


def test_the_written_page_is_there():
    text = (ROOT / "docs" / "workbook-speed.md").read_text("utf-8")
    assert "with 100,000 rows" in text
    assert "10,000 sources" in text
