"""From one's own workbook to a plan, a report and a workbook; in both languages; and where something is wrong."""

from __future__ import annotations

import zipfile

import pytest

pytestmark = pytest.mark.slow


def send(visit, book, work="plan"):
    visit.open()
    visit.page.set_input_files("#workbook", str(book))
    visit.page.select_option("#upload-work", work)
    visit.page.get_by_role("button", name="Send").click()


def test_a_workbook_is_sent_solved_and_its_report_and_workbook_are_saved(visit, workbook, tmp_path):
    window = visit()
    send(window, workbook)
    assert "/jobs/" in window.page.url
    assert window.page.locator("#bar, .figures").count()
    window.done()
    assert window.page.get_by_text("1,000,074 USD/yr").first.is_visible()
    assert window.page.get_by_text("my basin.xlsx").first.is_visible()
    book = window.save(window.page.get_by_role("link", name="Download workbook"), tmp_path)
    assert book.name == "my-basin-plan.xlsx"
    assert zipfile.is_zipfile(book)
    report = window.save(window.page.get_by_role("link", name="Download report (English)"), tmp_path)
    window.page.goto(report.as_uri())
    assert window.page.get_by_text("1,000,074").first.is_visible()


def test_progress_is_shown_while_something_is_solved(visit):
    window = visit()
    window.open("cases/shipped/europe-air")
    window.done()
    window.page.locator("form:has(input[value=strategies]) button").click()
    window.page.wait_for_selector("[data-watch] progress")
    seen = window.page.locator("#said").inner_text()
    window.page.wait_for_selector(f"#said:not(:text-is({seen!r}))")
    window.page.get_by_role("button", name="Cancel").click()
    window.done()
    assert window.page.get_by_text("This was cancelled").is_visible()


def test_the_language_is_switched_and_kept(visit):
    window = visit(locale="en-GB")
    window.open()
    window.page.get_by_role("link", name="简体中文").click()
    assert window.page.get_by_role("heading", name="目标、周期与案例").is_visible()
    window.page.get_by_role("link", name="basin.xlsx", exact=True).click()
    window.done()
    assert window.page.get_by_text("案例通过全部检查").is_visible()
    assert window.page.locator("html").get_attribute("lang") == "zh-Hans"
    window.page.get_by_role("link", name="English").click()
    window.done()
    assert window.page.get_by_text("The case passes every check").is_visible()


def test_findings_are_shown_by_cell_and_a_marked_copy_is_saved(visit, wrong_workbook, tmp_path):
    window = visit()
    send(window, wrong_workbook)
    window.done()
    row = window.page.locator(".findings tbody tr").first
    assert "loads!" in row.inner_text()
    assert "<img src=x" in row.inner_text()
    assert window.page.locator("main img").count() == 0
    marked = window.save(window.page.get_by_role("link", name="marked copy"), tmp_path)
    assert zipfile.is_zipfile(marked)


@pytest.mark.parametrize(
    ("name", "content", "status", "said"),
    [
        ("case.xlsx", b"", 400, "is empty"),
        ("photo.png", b"\x89PNG", 415, "is no workbook"),
        ("old.xls", b"\xd0\xcf\x11\xe0" + bytes(600), 415, "old kind"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_words(visit, tmp_path, name, content, status, said):
    (tmp_path / name).write_bytes(content)
    window = visit()
    send(window, tmp_path / name)
    assert said in window.page.locator(".notice").inner_text()
    # that a page came with such a status is all that the browser complains of
    assert all(str(status) in one for one in window.complaints)
    window.complaints.clear()


def test_a_file_of_200_mb_is_refused_before_and_after_it_is_sent(visit, tmp_path):
    large = tmp_path / "large.xlsx"
    with large.open("wb") as file:
        file.truncate(200_000_000)
    window = visit()
    window.open()
    window.page.set_input_files("#workbook", str(large))
    assert window.page.get_by_text("larger than 50 MB").is_visible()
    assert window.page.get_by_role("button", name="Send").is_disabled()
    # without scripts nothing is said beforehand: the server says it
    plain = visit(java_script_enabled=False)
    send(plain, large)
    assert plain.page.get_by_text("larger than 50 MB").is_visible()
    plain.complaints.clear()


def test_everything_works_without_scripts(visit, workbook):
    window = visit(java_script_enabled=False)
    window.open("cases/shipped/echo-reservoir")
    window.done()  # the page asks for itself again until the work is done
    window.page.select_option("#way", "objective=removal:P")
    window.page.locator("form:has(#way) button").click()
    window.done()
    assert window.page.locator(".figures").is_visible()


def test_a_cycle_is_looked_at_and_made_a_report_of(visit, tmp_path):
    window = visit()
    window.open()
    window.page.wait_for_selector("a[href*='/cycles/2']")
    window.page.locator("a[href*='/cycles/2']").first.click()
    assert window.page.get_by_role("heading", name="Plan against monitored").is_visible()
    window.page.get_by_role("button", name="Make report").click()
    window.done()
    assert window.page.get_by_text("the very same bytes").is_visible()
    report = window.save(window.page.get_by_role("link", name="Download report (English)"), tmp_path)
    window.page.goto(report.as_uri())
    assert window.page.locator("h1").first.is_visible()


def test_a_report_is_opened_beside_the_page_and_can_reach_nothing(visit):
    window = visit()
    window.open("cases/shipped/echo-reservoir")
    window.done()
    window.page.locator("form:has(#way) button").click()
    window.done()
    with window.page.context.expect_page() as opening:
        window.page.get_by_role("link", name="Open the report").click()
    report = opening.value
    window.watch(report)
    report.wait_for_load_state()
    assert report.locator("h1").first.is_visible()
    # it is a page of nobody: not even the server that it came from answers it
    asked = "fetch('/alive').then(() => 'answered', () => 'refused')"
    assert report.locator("html").evaluate(f"() => {asked}") == "refused"
    window.complaints.clear()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_is_wider_than_a_phone(visit, phone, workbook, lang):
    window = visit(**phone)
    window.open(f"?lang={lang}")
    window.page.wait_for_selector("a[href*='/cycles/2']")
    assert window.overflow <= 0
    window.page.locator("a[href*='/cycles/2']").first.click()
    assert window.overflow <= 0
    for path in ("cases/shipped/europe-air", "cases/shipped/echo-reservoir"):
        window.open(path)
        window.done()
        assert window.overflow <= 0
    window.page.locator("form:has(#way) button").click()
    window.done()
    assert window.overflow <= 0


def test_what_is_not_there_is_told_in_words(visit):
    window = visit()
    window.open("jobs/nothing")
    assert window.page.get_by_role("heading", name="Nothing is here").is_visible()
    assert all("404" in one for one in window.complaints)
    window.complaints.clear()
