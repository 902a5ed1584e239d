"""A real browser on a real server: what a person does, sees and saves."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

import abate
from abate.loop.simulate import simulate_history
from abate_data.write import write_case

#: Where the browser is told by whoever installed it, see `.ci/chromium`.
CHROMIUM = "ABATE_TEST_CHROMIUM"
#: Milliseconds that work may take on a busy machine.
PATIENCE = 120_000
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser():
    """A browser without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    executable = os.environ.get(CHROMIUM) or shutil.which("chromium")
    if executable is None:
        pytest.skip(f"there is no chromium: install it, or name its executable in {CHROMIUM}")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def workbook(tmp_path_factory) -> Path:
    """Echo Reservoir as a planner's own workbook."""
    place = tmp_path_factory.mktemp("books") / "my basin.xlsx"
    write_case(abate.load("echo-reservoir"), place)
    return place


@pytest.fixture(scope="session")
def wrong_workbook(workbook) -> Path:
    """The same with a source that is not known, whose name is HTML."""
    import openpyxl

    book = openpyxl.load_workbook(workbook)
    columns = {str(cell.value).split(" ")[0]: cell.column for cell in book["loads"][1]}
    book["loads"].cell(3, columns["source"]).value = "<img src=x onerror=alert(1)>"
    place = workbook.with_name("wrong.xlsx")
    book.save(place)
    return place


@pytest.fixture(scope="session")
def address(tmp_path_factory, workbook) -> Iterator[str]:
    """A server of a folder with a case and a ledger of two cycles."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(workbook, folder / "basin.xlsx")
    case = abate.load("echo-reservoir")
    plan = abate.decompose(case)
    place = str(folder / "plans.db")
    first = abate.revise(case, plan, simulate_history(case, plan, [2026], seed=1), ledger=place)
    abate.revise(case, None, simulate_history(case, first.plan, [2026, 2027], seed=1), ledger=place)
    command = [sys.executable, "-c", "from abate.cli import main; main()", "serve", str(folder), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        yield re.search(r"http://\S+/", process.stdout.readline()).group()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@dataclass
class Visit:
    """A page, and everything that went wrong or elsewhere while it was looked at."""

    page: object
    address: str
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def watch(self, page) -> None:
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)

    def _asked(self, request) -> None:
        if urlsplit(request.url).netloc not in ("", urlsplit(self.address).netloc):
            self.elsewhere.append(request.url)

    def open(self, path: str = "") -> None:
        self.page.goto(self.address + path)

    def done(self) -> None:
        """Wait until the work that a page shows has ended."""
        self.page.wait_for_selector("body:not(:has([data-watch])) footer", timeout=PATIENCE)

    def save(self, link, folder: Path) -> Path:
        with self.page.expect_download() as waiting:
            link.click()
        place = folder / waiting.value.suggested_filename
        waiting.value.save_as(place)
        return place

    @property
    def overflow(self) -> int:
        """How many pixels a page is wider than the window."""
        root = self.page.locator("html")
        return root.evaluate("one => one.scrollWidth - one.clientWidth")


@pytest.fixture
def visit(browser, address):
    """Return a function that opens a window: nothing may go wrong in it unseen, or be asked for elsewhere."""
    windows = []

    def start(**settings) -> Visit:
        context = browser.new_context(accept_downloads=True, **settings)
        made = Visit(context.new_page(), address)
        made.watch(made.page)
        windows.append((context, made))
        return made

    yield start
    for context, made in windows:
        context.close()
        assert not made.elsewhere
        assert not made.complaints


@pytest.fixture
def phone():
    """The settings of a window as large as a phone's."""
    return SimpleNamespace(viewport=PHONE).__dict__
