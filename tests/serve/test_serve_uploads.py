"""Workbooks that are sent: good ones are planned, everything else is refused with a word on why."""

from __future__ import annotations

import io
import threading
import zipfile
from pathlib import Path

import pytest

import abate
from abate.serve import forms, scenarios
from abate.serve.guard import Access
from abate.serve.places import Places
from abate.serve.site import KEPT, Site
from abate.serve.views import uploads
from abate_data.write import write_case

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def workbook(tmp_path_factory) -> bytes:
    place = tmp_path_factory.mktemp("book") / "echo.xlsx"
    write_case(abate.load("echo-reservoir"), place)
    return place.read_bytes()


def send(client, use, content: bytes, name: str = "case.xlsx", work: str = "plan", **fields):
    return use.post(client, "/uploads", files={"workbook": (name, content, TYPE)}, work=work, minutes="1", **fields)


def kept(client):
    site = client.app.state.site
    return sorted(one.name for one in (site.folder / "uploads").iterdir())


def test_a_sound_workbook_is_planned_and_its_files_are_handed_out(client, use, workbook):
    answer = send(client, use, workbook, "My basin.xlsx")
    assert answer.status_code == 303
    page = use.finished(client, answer.headers["location"])
    said = use.words_of(page.text)
    assert "1,000,074 USD/yr" in said  # Source: Alminagorta et al. (2013), as in the case's README
    assert "9 of 9" in said
    book = client.get(answer.headers["location"] + "/files/plan.xlsx")
    assert book.headers["content-disposition"].endswith('filename="My-basin-plan.xlsx"')
    assert zipfile.is_zipfile(io.BytesIO(book.content))


def test_the_same_workbook_twice_is_one_piece_of_work(client, use, workbook):
    first = send(client, use, workbook, "one.xlsx").headers["location"]
    assert send(client, use, workbook, "two.xlsx").headers["location"] == first


def test_two_at_once_are_both_taken(client, use, workbook):
    found = {}

    def one(number: int) -> None:
        # one letter more in a comment of the archive makes another file of it
        packed = io.BytesIO(workbook)
        with zipfile.ZipFile(packed, "a") as archive:
            archive.comment = str(number).encode()
        found[number] = send(client, use, packed.getvalue(), f"{number}.xlsx", work="check")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    places = {answer.headers["location"] for answer in found.values()}
    assert len(places) == 2
    for place in places:
        assert "passes every check" in use.words_of(use.finished(client, place).text)


@pytest.mark.parametrize(
    ("name", "content", "status", "said"),
    [
        ("case.xlsx", b"", 400, "is empty"),
        ("case.pdf", b"%PDF-1.7 ...", 415, "is no workbook"),
        ("case.xlsx", b"<html></html>", 415, "is no workbook"),
        ("case.zip", b"PK\x03\x04....", 415, "is no workbook"),
        ("case.xls", b"\xd0\xcf\x11\xe0" + bytes(600), 415, "old kind"),
        ("locked.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600), 415, "password"),
    ],
)
def test_what_is_no_workbook_is_refused_and_not_kept(client, use, name, content, status, said):
    before = kept(client)
    answer = send(client, use, content, name)
    assert answer.status_code == status
    assert said in use.words_of(answer.text)
    assert kept(client) == before


def test_no_file_at_all_is_refused(client, use):
    assert use.post(client, "/uploads", work="plan", minutes="1").status_code == 400
    assert send(client, use, b"PK\x03\x04", "").status_code == 400


def test_a_broken_archive_is_a_finding(client, use):
    answer = send(client, use, b"PK\x03\x04" + bytes(500))
    assert "is not a workbook" in use.words_of(use.finished(client, answer.headers["location"]).text)


def test_a_bomb_is_not_unpacked(client, use):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(300_000_000))
    answer = send(client, use, packed.getvalue(), "bomb.xlsx")
    assert "more than is safe to read" in use.words_of(use.finished(client, answer.headers["location"]).text)


@pytest.mark.parametrize(
    "name",
    [
        "../../../evil.xlsx",
        "..\\..\\evil.xlsx",
        "/etc/evil.xlsx",
        "C:\\evil.xlsx",
        "a" * 500 + ".xlsx",
        "\u202eevil.xlsx",
    ],
)
def test_the_name_of_a_file_never_becomes_a_path(client, use, workbook, name):
    packed = io.BytesIO(workbook)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.comment = name.encode()[:200]
    answer = send(client, use, packed.getvalue(), name, work="check")
    assert answer.status_code == 303
    site = client.app.state.site
    assert not list(site.folder.rglob("*evil*"))
    assert all(len(one) == len("0123456789abcdef.xlsx") for one in kept(client))
    case = list(site.uploads.values())[-1]
    assert "/" not in case.shown
    assert "\\" not in case.shown
    assert len(case.shown) <= uploads.LONGEST_NAME
    use.finished(client, answer.headers["location"])


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>.xlsx", '"><script>alert(1)</script>.xlsx', "=1+1.xlsx"])
def test_the_name_of_a_file_is_shown_as_text(client, use, workbook, name):
    packed = io.BytesIO(workbook)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.comment = name.encode()
    place = send(client, use, packed.getvalue(), name, work="check").headers["location"]
    for page in (use.finished(client, place).text, client.get("/").text):
        assert "<img src=x" not in page
        assert "<script>alert" not in page


def test_findings_are_shown_with_their_cures(client, use, workbook):
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(workbook))
    sheet = book["loads"]
    columns = {cell.value.split(" ")[0]: cell.column for cell in sheet[1] if cell.value}
    sheet.cell(3, columns["load"]).value = "=HYPERLINK(1)"
    sheet.cell(4, columns["source"]).value = "<b>nowhere</b>"
    written = io.BytesIO()
    book.save(written)
    place = send(client, use, written.getvalue(), "wrong.xlsx").headers["location"]
    page = use.finished(client, place)
    said = use.words_of(page.text)
    assert "findings" in said
    assert "row 4" in said
    assert "<b>nowhere" not in page.text
    assert "&lt;b&gt;nowhere" in page.text


def test_more_than_the_limit_is_refused_before_it_is_kept(client, use, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_UPLOAD", 200_000)
    before = kept(client)
    answer = send(client, use, b"PK\x03\x04" + bytes(400_000))
    assert answer.status_code == 413
    assert "larger than 0.2 MB" in use.words_of(answer.text)
    assert kept(client) == before


def test_more_than_the_limit_is_refused_where_its_size_is_not_told(client, use, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_UPLOAD", 200_000)
    read = []

    def parts():
        edge = "--edge\r\ncontent-disposition: form-data; name="
        yield f'{edge}"form_token"\r\n\r\n{use.form_token(client)}\r\n'.encode()
        yield f'{edge}"workbook"; filename="a.xlsx"\r\n\r\nPK\x03\x04'.encode()
        for number in range(100):
            read.append(number)
            yield bytes(10_000)
        yield b"\r\n--edge--\r\n"

    headers = {"content-type": "multipart/form-data; boundary=edge", "origin": use.here}
    answer = client.post("/uploads", content=parts(), headers=headers)
    assert answer.status_code == 413


def test_what_is_thrown_away_is_bounded(client, use, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_UPLOAD", 1000)
    monkeypatch.setattr(forms, "MAX_THROWN", 1000)
    assert send(client, use, b"PK\x03\x04" + bytes(200_000)).status_code == 413


def test_a_large_form_of_another_kind_is_refused(client, use):
    assert use.post(client, "/jobs", work="plan" * 50_000).status_code == 413


def test_a_form_that_is_none_is_refused(client, use):
    headers = {"content-type": "multipart/form-data", "origin": use.here}
    assert client.post("/uploads", content=b"nonsense", headers=headers).status_code in (400, 403)


def changed(workbook: bytes, number: int) -> bytes:
    """Return the same workbook as another file."""
    packed = io.BytesIO(workbook)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.comment = b"%d" % number
    return packed.getvalue()


def test_what_another_program_does_not_know_in_a_workbook_is_no_trouble(tmp_path, workbook):
    place = tmp_path / "odd.xlsx"
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(place, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/workbook.xml":
                content = content.replace(b"<workbookPr", b'<workbookPr foo="1"').replace(
                    b'<sheet name="options"', b'<sheet name="options@dear"'
                )
                assert b"foo" in content
            target.writestr(name, content)
    assert scenarios.names(place, str(place)) == ["dear"]


def test_what_is_asked_wrongly_is_refused_before_it_is_kept(client, use):
    before = kept(client)
    assert send(client, use, b"PK\x03\x04 1", work="nonsense").status_code == 400
    assert kept(client) == before


@pytest.fixture
def site(tmp_path):
    site = Site(Places(folder=tmp_path), Access(), tmp_path / "own")
    site.solving.start = lambda: None  # what is submitted waits
    yield site
    site.close()


def test_the_workbook_of_a_job_that_waits_is_not_removed(site):
    waits, idle = site.keep(b"waits", "waits.xlsx"), site.keep(b"idle", "idle.xlsx")
    again = site.keep(b"again", "again.xlsx")
    site.solving.submit({"work": "plan", "source": waits.source}, "a")
    for number in range(KEPT - 1):
        if number == KEPT - 2:
            site.keep(b"again", "again.xlsx")
        site.keep(b"%d" % number, "more.xlsx")
    assert len(site.uploads) == KEPT
    assert Path(waits.source).is_file()
    assert site.case("upload", waits.name) is not None
    assert not Path(idle.source).is_file()
    assert Path(again.source).is_file()


def test_a_workbook_is_called_as_it_was_sent_last(client, use, workbook):
    content = changed(workbook, 77)
    first = send(client, use, content, "first.xlsx", work="check").headers["location"]
    use.finished(client, first)
    assert send(client, use, content, "second.xlsx", work="check").headers["location"] == first
    for path in (first, "/"):
        said = use.words_of(client.get(path).text)
        assert "second.xlsx" in said
        assert "first.xlsx" not in said


@pytest.mark.parametrize("work", ["check", "plan"])
def test_findings_call_a_workbook_as_it_was_sent(client, use, work):
    answer = send(client, use, b"PK\x03\x04" + bytes(600), "Not mine.xlsx", work=work)
    page = use.finished(client, answer.headers["location"]).text
    name = list(client.app.state.site.uploads)[-1]
    assert f"{name}.xlsx" not in page
    assert "Not mine.xlsx" in page
    assert "is not a workbook" in page


def test_no_page_shows_where_the_server_writes(client, use, workbook):
    place = send(client, use, changed(workbook, 78), "mine.xlsx").headers["location"]
    use.finished(client, place)
    site = client.app.state.site
    job = site.solving.get(place.removeprefix("/jobs/"))
    job.outcome = {"status": "failed", "message": f"no space: '{job.folder / 'plan.xlsx'}', {job.task['source']}"}
    page = client.get(place).text
    assert str(site.folder) not in page
    assert "abate-serve-" not in page
    assert "no space: &#39;plan.xlsx&#39;, mine.xlsx" in page
