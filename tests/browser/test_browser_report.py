"""The report of a front, saved and opened without a server: its slider moves among the plans."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def report(visit, tmp_path):
    """Return a function that explores Echo Reservoir in a window, saves the report and opens the file."""

    def make(link, **settings):
        window = visit(**settings)
        window.open("cases/shipped/echo-reservoir")
        window.done()
        window.page.locator("form:has(input[value=explore]) button").click()
        window.done()
        saved = window.save(window.page.get_by_role("link", name=link), tmp_path)
        window.page.goto(saved.as_uri())
        window.page.wait_for_selector("#point")
        return window

    return make


def test_the_slider_moves_from_plan_to_plan(report):
    window = report("Download report (English)")
    slider = window.page.locator("#point")
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("0", "4")
    before = window.page.locator("main, body").first.inner_text()
    slider.focus()
    window.page.keyboard.press("Home")
    first = window.page.locator("main, body").first.inner_text()
    assert "1,000,074" in first  # least cost. Source: Alminagorta et al. (2013)
    window.page.keyboard.press("End")
    last = window.page.locator("main, body").first.inner_text()
    assert "3,539,340" in last
    assert len({before, first, last}) == 3


def test_the_report_fits_a_phone(report, phone):
    window = report("下载报告 (简体中文)", **phone, locale="zh-CN")
    assert window.overflow <= 0
    assert window.page.locator("html").get_attribute("lang").startswith("zh")
