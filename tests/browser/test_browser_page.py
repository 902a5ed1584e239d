"""A report as a person opens it: a file, without a network, whose tables answer and whose names are only names."""

from __future__ import annotations

import pandas as pd
import pytest

import abate

pytestmark = pytest.mark.slow

EVIL = "<img src=x onerror=window.hit=1>"
FORMULA = "=HYPERLINK(1)"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The report of a plan whose sources have hostile names."""
    names = [EVIL, FORMULA, *(f"source-{number:02}" for number in range(20))]
    tables = {
        "sources": pd.DataFrame({"source": names, "sector": [EVIL] * len(names)}),
        "loads": pd.DataFrame({"source": names, "pollutant": "N", "load": [100.0 - 3 * n for n in range(len(names))]}),
        "options": pd.DataFrame({"source": names, "measure": EVIL, "max_extent": 1.0, "unit_cost": 10.0}),
        "removals": pd.DataFrame({"source": ["*"], "measure": [EVIL], "pollutant": ["N"], "removal": [0.5]}),
        "targets": pd.DataFrame({"target": [EVIL], "kind": ["load"], "limit": [1200.0]}),
    }
    plan = abate.decompose(abate.load({"case": {"name": "evil", "units": {"load": "kg/yr"}}, **tables}))
    path = tmp_path_factory.mktemp("report") / "plan.html"
    plan.report().save(path)
    return path


@pytest.fixture
def page(browser, saved):
    """The report in a window that notes errors and requests to elsewhere."""
    context = browser.new_context(
        viewport={"width": 1100, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    opened = context.new_page()
    opened.troubles = []
    opened.on("console", lambda said: opened.troubles.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: opened.troubles.append(str(error)))
    opened.on("request", lambda asked: opened.troubles.append(asked.url) if asked.url.startswith("http") else None)
    opened.goto(saved.as_uri())
    opened.wait_for_selector("html[data-ready=yes]", timeout=60_000)
    yield opened
    context.close()


def test_it_opens_without_a_network_and_without_a_complaint(page):
    assert page.troubles == []
    assert page.locator(".chart[data-drawn=yes]").count() >= 5


def test_names_of_a_case_are_only_names(page):
    page.locator("#table-who-sources .tabulator-cell").first.hover()
    page.locator("#chart-sources svg .mark-rect path").first.hover(force=True)
    page.wait_for_timeout(300)
    assert page.evaluate("window.hit") is None
    assert page.locator("img[src=x]").count() == 0
    assert EVIL in page.locator("#table-who-sources").inner_text()


def test_a_table_is_filtered_and_sorted(page):
    table = page.locator("#table-who-sources")
    table.locator("input").fill("source-1")
    page.wait_for_function("document.querySelector('#table-who-sources output').textContent === '10 / 22'")
    table.locator("input").fill("")
    heading = table.locator(".tabulator-col", has_text="baseline")
    heading.click()
    first = table.locator(".tabulator-row").first.inner_text()
    assert "37" in first  # 100 - 3 x 21, the smallest
    heading.click()
    assert "100" in table.locator(".tabulator-row").first.inner_text()


def test_what_is_copied_and_saved_is_no_formula(page, tmp_path):
    table = page.locator("#table-who-sources")
    with page.expect_download() as download:
        table.get_by_role("button", name="Save as CSV").click()
    path = tmp_path / "table.csv"
    download.value.save_as(path)
    text = path.read_text("utf-8-sig")
    assert f"'{FORMULA}" in text
    assert "\n=" not in text.replace('"', "")
    assert text.count("source-") >= 20
    table.get_by_role("button", name="Copy").click()
    assert table.locator("output").inner_text() == "copied"


def test_it_prints_with_its_tables(page):
    page.emulate_media(media="print")
    assert page.locator("#table-who-sources .rows > table").is_visible()
    assert not page.locator("#table-who-sources .tabulator").is_visible()
    assert not page.locator("#table-who-sources input").is_visible()
