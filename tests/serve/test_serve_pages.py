"""Pages as they are read: in both languages, with names that mean harm, and where something is missing or broken."""

from __future__ import annotations

import re
import shutil
import sqlite3
import string
from pathlib import Path

import pytest

from abate.serve import books, pages
from abate.serve.places import LedgerPlace, Places
from abate.words.words import catalogue

TEMPLATES = Path(pages.__file__).parent / "templates"


def test_every_sentence_of_the_templates_is_in_both_catalogues():
    asked = {
        key
        for file in TEMPLATES.glob("*.html")
        for key in re.findall(r'\bt\(\s*["\']([\w.]+)["\']\s*[,)]', file.read_text("utf-8"))
    }
    assert len(asked) > 60
    for lang in ("en", "zh"):
        assert not {key for key in asked if f"serve.{key}" not in catalogue(lang)}


def test_both_languages_have_the_same_sentences_with_the_same_gaps():
    english, chinese = catalogue("en"), catalogue("zh")
    keys = {key for key in english if key.startswith("serve.")}
    assert keys == {key for key in chinese if key.startswith("serve.")}
    for key in keys:
        gaps = [
            {name for _, name, _, _ in string.Formatter().parse(words[key]) if name} for words in (english, chinese)
        ]
        assert gaps[0] == gaps[1], key


def test_the_first_page_shows_cases_cycles_and_warnings(client, use):
    said = use.words_of(client.get("/").text)
    for words in ("my echo", "Scenarios: pooled", "europe-air", "2027-12-31", "the plan in force stands", "at risk"):
        assert words in said
    assert "hidden" not in said
    assert "notes.txt" not in said


def test_the_language_is_what_was_asked_for_then_what_the_browser_prefers(client):
    assert "总览" in client.get("/", headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.5"}).text
    assert "总览" not in client.get("/", headers={"accept-language": "fr, en;q=0.5, zh;q=0.1"}).text
    answer = client.get("/?lang=zh")
    assert "samesite=strict" in answer.headers["set-cookie"].lower()
    assert 'lang="zh-Hans"' in client.get("/nothing").text
    assert "总览" not in client.get("/?lang=en").text
    assert client.get("/?lang=%3Cscript%3E").status_code == 200
    client.cookies.clear()


def test_names_with_html_are_shown_as_they_are(client, use):
    page = client.get("/").text
    assert "<b>broken" not in page
    assert "&lt;b&gt;broken" in page
    assert "<script>alert" not in page
    link = next(one for one in re.findall(r'href="(/cases/folder/[^"]*)"', page) if "broken" in one)
    case = use.finished(client, link)
    assert case.status_code == 200
    assert "<script>alert" not in case.text
    assert "findings" in use.words_of(case.text)


@pytest.mark.parametrize(
    "path",
    [
        *("/nothing", "/jobs/nothing", "/jobs/nothing/state", "/jobs/nothing/files/plan.xlsx", "/static/nothing.css"),
        *("/cases/shipped/nothing", "/cases/folder/notes.txt", "/cases/folder/.hidden", "/cases/other/echo-reservoir"),
        *("/cases/folder/..", "/cases/folder/%2e%2e", "/cases/folder/..%2f..%2fetc", "/cases/folder/%2Fetc%2Fpasswd"),
        *("/static/../site.py", "/static/%2e%2e/site.py", "/static/..%2fsite.py", "/cases/shipped/../../conftest.py"),
        *("/ledgers/nothing/region", "/ledgers/nothing/cycles/1", "/ledgers/nothing/cycles/x"),
    ],
)
def test_what_is_not_there_has_a_page_that_says_so(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Nothing is here" in answer.text
    assert "def " not in answer.text


def cycle_link(client) -> str:
    return re.findall(r'href="(/ledgers/\w+/cycles/2)"', client.get("/").text)[0]


def test_a_cycle_shows_what_was_planned_and_monitored(client, use):
    page = client.get(cycle_link(client))
    assert page.status_code == 200
    said = use.words_of(page.text)
    for words in (
        "Targets as monitored",
        "Plan against monitored",
        "Early warnings",
        "not certain",
        "Allocations that",
    ):
        assert words in said
    assert page.text.count('<svg class="interval"') == 9  # a target each
    chinese = client.get(cycle_link(client) + "?lang=zh").text
    client.cookies.clear()
    assert "计划与监测对照" in chinese
    assert "维持现行方案" in chinese


def test_a_region_lists_its_cycles_and_an_unknown_one_is_not_there(client):
    link = re.findall(r'href="(/ledgers/\w+/region\?region=)', client.get("/").text)[0]
    page = client.get(link + "echo-reservoir")
    assert page.text.index("2027-12-31") < page.text.index("2026-12-31")
    assert client.get(link + "nowhere").status_code == 404
    assert client.get(link.partition("?")[0]).status_code == 404
    assert client.get(cycle_link(client).replace("/2", "/99")).status_code == 404


def test_a_folder_without_cases_offers_the_shipped_ones(serving, use, tmp_path):
    said = use.words_of(serving(str(tmp_path)).get("/").text)
    assert "There is no case in this folder" in said
    assert "echo-reservoir" in said


def test_a_folder_that_went_away_is_told(serving, use, tmp_path):
    place = tmp_path / "gone"
    place.mkdir()
    client = serving(str(place))
    place.rmdir()
    assert "is not there any more" in use.words_of(client.get("/").text)


def test_a_case_may_be_served_by_itself(serving, use, folder):
    said = use.words_of(serving(str(folder / "my echo")).get("/").text)
    assert "Echo Reservoir phosphorus" in said


def test_a_ledger_may_be_served_by_itself(serving, use, ledger):
    client = serving(str(ledger))
    client.app.state.site.books.warm()
    assert "2027-12-31" in use.words_of(client.get("/").text)


@pytest.fixture
def broken(serving, use, tmp_path):
    """Return a function that serves a folder with a file as its only ledger, and gives what the first page says."""

    def look(make) -> str:
        make(tmp_path / "plans.db")
        client = serving(str(tmp_path))
        client.app.state.site.books.warm()
        page = client.get("/")
        assert page.status_code == 200
        return use.words_of(page.text)

    return look


def test_a_damaged_ledger_is_told(broken, ledger):
    def damage(place):
        content = bytearray(ledger.read_bytes())
        content[100:8000] = b"\xff" * 7900
        place.write_bytes(content)

    assert re.search("damaged|malformed|no ledger", broken(damage))


def test_a_file_of_another_kind_is_told(broken):
    assert "no ledger" in broken(lambda place: place.write_text("this is no database at all, " * 90, "utf-8"))


def test_an_empty_file_is_told(broken):
    assert "no ledger" in broken(lambda place: place.touch())


def test_the_database_of_another_program_is_told_and_left_as_it_was(broken, tmp_path):
    def make(place):
        with sqlite3.connect(place) as connection:
            connection.execute("CREATE TABLE theirs (id INTEGER)")
        connection.close()

    assert "another program" in broken(make)
    with sqlite3.connect(tmp_path / "plans.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


def test_a_ledger_of_a_newer_abate_is_told(broken, ledger):
    def make(place):
        shutil.copy(ledger, place)
        with sqlite3.connect(place) as connection:
            connection.execute("UPDATE abate_ledger_version SET version_num = '9999'")
        connection.close()

    assert "newer version of abate" in broken(make)


def test_a_ledger_that_another_program_holds_does_not_hold_up_the_page(serving, use, ledger, tmp_path, monkeypatch):
    monkeypatch.setattr(books, "PATIENCE", 0.3)
    place = tmp_path / "plans.db"
    shutil.copy(ledger, place)
    client = serving(str(tmp_path))
    client.app.state.site.books.warm()
    holder = sqlite3.connect(place, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        page = client.get("/")
        assert "is being read" in use.words_of(page.text)
        assert 'http-equiv="refresh"' in page.text
        again = client.get("/")
        assert "is being read" in use.words_of(again.text)
    finally:
        holder.execute("ROLLBACK")
        holder.close()


def test_the_password_of_a_ledger_is_shown_nowhere(serving, use):
    places = Places(
        single=LedgerPlace("postgresql://127.0.0.1:1/plans", "postgresql://me:hidden-word@127.0.0.1:1/plans")
    )
    client = serving(places)
    assert "hidden-word" not in client.get("/").text


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "0x2", "٢"])
def test_a_number_that_no_cycle_has_is_not_there(client, number):
    link = cycle_link(client)
    assert client.get(link.removesuffix("2") + number).status_code == 404


def test_a_link_to_a_case_is_called_as_it_stands_in_the_folder(tmp_path, folder):
    shutil.copytree(folder / "my echo", tmp_path / "b")
    (tmp_path / "a").symlink_to(tmp_path / "b", target_is_directory=True)
    assert [one.name for one in Places(folder=tmp_path).cases()] == ["a", "b"]
    assert [one.name for one in Places(folder=tmp_path / "b").cases()] == ["b"]


def test_a_case_lists_no_jobs_of_a_namesake(serving, use, tmp_path, folder):
    shutil.copytree(folder / "my echo", tmp_path / "echo-reservoir")
    client = serving(str(tmp_path))
    asked = {"kind": "shipped", "name": "echo-reservoir", "work": "plan", "way": "objective=cost", "minutes": "1"}
    job = use.post(client, "/jobs", **asked).headers["location"]
    assert job in client.get("/cases/shipped/echo-reservoir").text
    assert job not in client.get("/cases/folder/echo-reservoir").text
