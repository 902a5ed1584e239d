"""How long the report of a large plan takes to make, how large it is, and how it answers in a browser."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import abate
from abate_data.synthetic import synthetic_case
from benchmarks.markdown import table

#: Sources and receptors of the plan; what is promised of its report: seconds and MB.
SOURCES, RECEPTORS = 10_000, 200
MOST_SECONDS, MOST_MB = 10.0, 15.0
#: Milliseconds of work at a stretch that a reader takes for a stall.
STALL = 1000.0

PAGE = """\
# Speed of reports

Written by `python -m benchmarks report-speed` in one run; run it again rather than edit it. {machine}

The report of a plan with {sources:,} sources, {receptors} receptors and 2 pollutants, made and written as one file.
Promised: under {seconds:.0f} s and {size:.0f} MB. In the browser (Debian's chromium, without a window): until every
chart is drawn and every table stands, until the largest table ({rows:,} rows) has been filtered, and the longest
stretch of work, during which the page does not answer, while it was filtered, sorted and scrolled from end to end.

{figures}
"""

_WATCH = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.longest = Math.max(window.longest, one.duration);
  }).observe({ entryTypes: ["longtask"] });
}"""
_BOX = "#table-who-sources"


def report_page(machine: str, report: Callable[[str], None], sources: int = SOURCES) -> str:
    """Return the page, every figure of it measured now."""
    report(f"planning {sources:,} sources")
    plan = abate.decompose(synthetic_case(sources=sources, receptors=RECEPTORS, density=0.05, seed=1))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "report.html"
        report("making the report")
        began = time.perf_counter()
        plan.report().save(path)
        seconds = time.perf_counter() - began
        size = path.stat().st_size / 1e6
        rows = [
            ("made and written [s]", f"{seconds:.1f}", _met(seconds < MOST_SECONDS)),
            ("size [MB]", f"{size:.1f}", _met(size < MOST_MB)),
        ]
        executable = os.environ.get("ABATE_TEST_CHROMIUM") or shutil.which("chromium")
        if executable:
            report("opening it")
            rows += _in_a_browser(path, executable)
    figures = table(["what", "measured", "promise"], rows)
    return PAGE.format(
        machine=machine, sources=sources, receptors=RECEPTORS, seconds=MOST_SECONDS, size=MOST_MB,
        rows=len(plan.allocation), figures=figures,
    )  # fmt: skip


def _met(kept: bool) -> str:
    return "met" if kept else "not met"


def _in_a_browser(path: Path, executable: str) -> list[tuple[str, str, str]]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        began = time.perf_counter()
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready=yes]", timeout=120_000)
        ready = time.perf_counter() - began
        page.evaluate(_WATCH)
        filtered = _use(page)
        longest = page.evaluate("window.longest")
        browser.close()
    return [
        ("ready in the browser [s]", f"{ready:.1f}", ""),
        ("filtered [s]", f"{filtered:.2f}", ""),
        ("longest stretch of work [ms]", f"{longest:.0f}", f"no stall of {STALL:.0f}: {_met(longest < STALL)}"),
    ]


def _use(page: Any) -> float:
    """Filter, sort and scroll the largest table; return the seconds until it was filtered."""
    box = page.locator(f"{_BOX} input")
    box.scroll_into_view_if_needed()
    began = time.perf_counter()
    box.fill("00123")
    page.wait_for_function(f"document.querySelector('{_BOX} output').textContent.includes('/')")
    filtered = time.perf_counter() - began
    box.fill("")
    page.wait_for_timeout(500)
    page.locator(f"{_BOX} .tabulator-col").nth(5).click()
    page.wait_for_timeout(500)
    for step in range(20):
        page.evaluate(f"document.querySelector('{_BOX} .tabulator-tableholder').scrollTop = {step} * 20_000")
        page.wait_for_timeout(50)
    return filtered
