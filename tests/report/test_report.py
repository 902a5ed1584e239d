"""Reports: what they say is what the result says, nothing of a case is markup, and they stand alone."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import abate
from abate.errors import InputError
from abate.loop.simulate import simulate_history
from abate.report import make_report
from abate.report.page.page import _json
from abate.report.parts import table
from abate.words import Words

EVIL = "<script>alert(1)</script>\"'&{{7*7}}"


class Page(HTMLParser):
    """The texts, the tags and the addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset")]

    def handle_data(self, data):
        self.texts.append(data)


def data_of(html: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S).group(1))


@pytest.fixture(scope="module")
def echo():
    return abate.decompose(abate.load("echo-reservoir"))


@pytest.fixture(scope="module")
def front():
    return abate.explore(abate.load("echo-reservoir"), ["cost", "removal"])


def small(name: str = "a", **more: pd.DataFrame) -> abate.Case:
    tables = {
        "sources": pd.DataFrame({"source": [name, "b"], "region": ["z", "z"]}),
        "loads": pd.DataFrame({"source": [name, "b"], "pollutant": ["N", "N"], "load": [10.0, 20.0]}),
        "options": pd.DataFrame({"source": [name], "measure": ["m"], "max_extent": [1.0], "unit_cost": [100.0]}),
        "removals": pd.DataFrame({"source": [name], "measure": ["m"], "pollutant": ["N"], "removal": [0.5]}),
        "targets": pd.DataFrame({"target": ["t"], "kind": ["load"], "limit": [27.0]}),
    }
    return abate.load({"case": {"name": "small", "units": {"load": "kg/yr"}}, **tables, **more})


def test_the_page_says_what_the_plan_says(echo):
    html = echo.report().to_html()
    assert "1,000,074 USD/yr" in html  # the published least cost, Alminagorta et al. 2013
    assert "9 of 9" in html
    rows = data_of(html)["tables"]["who-sources"]
    place = rows["headings"].index("reduction [kg/yr]")
    assert sum(rows["columns"][place]) == pytest.approx(echo.allocation["reduction"].sum(), rel=1e-6)
    balance = data_of(html)["tables"]["targets-balance"]
    columns = dict(zip(balance["headings"], balance["columns"], strict=True))
    parts = [columns[name] for name in balance["headings"][3:]]
    assert np.sum(parts, axis=0) == pytest.approx(columns["limit"], rel=1e-6)


def test_the_page_stands_alone(echo):
    page = Page(echo.report().to_html())
    assert all(address.startswith("#") for address in page.addresses)
    assert "link" not in page.tags
    assert page.tags.count("h1") == 1


def test_the_same_result_gives_the_same_bytes(echo):
    assert echo.report().to_html() == make_report(echo).to_html()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_kind_of_result_has_a_report(echo, front, lang):
    case = abate.load("echo-reservoir", scenario="pooled")
    comparison = abate.compare(case, ["least-cost", "equal-percent"])
    revision = abate.revise(echo.case, echo, simulate_history(echo.case, echo, [2026], seed=1))
    for result in (echo, front, comparison, revision):
        report = result.report(lang=lang)
        html = report.to_html()
        assert f'lang="{"zh-Hans" if lang == "zh" else "en"}"' in html
        assert len(report.figures) >= 2
        headings = [heading for one in data_of(html)["tables"].values() for heading in one["headings"]]
        if lang == "zh":
            plain = {heading for heading in headings if not re.search("[\u4e00-\u9fff]", heading)}
            assert plain <= {"Gini", "removal:P [kg/yr]", "removal:P [kg/年]"}


def test_the_explorer_has_every_point_of_the_front(front):
    data = data_of(front.report().to_html())["explorer"]
    assert len(data["values"]) == len(data["changes"]) == len(front)
    assert data["values"][0][0].startswith("1,000,074")
    assert data["start"] == front.knee().point


def test_names_from_a_case_are_never_markup():
    tables = {
        "sources": pd.DataFrame({"source": [EVIL, "b"], "name": [EVIL, ""], "region": [EVIL, EVIL]}),
        "regions": pd.DataFrame({"region": [EVIL], "name": [EVIL]}),
    }
    html = abate.decompose(small(EVIL, **tables)).report().to_html()
    page = Page(html)
    assert page.tags.count("script") == 4  # data, charts, tables, our own
    assert "<script>alert" not in html
    assert "49" not in "".join(text for text in page.texts if "alert(1)" in text and "{{7*7}}" not in text)
    assert EVIL in data_of(html)["tables"]["who-sources"]["columns"][0]


def test_json_in_a_page_ends_no_tag():
    text = _json({"a": "</script><!--\u2028&"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": "</script><!--\u2028&"}


def test_a_plan_without_costs_or_measures_says_so():
    plan = abate.allocate(abate.load("tampa-bay"), "equal-percent")
    html = plan.report().to_html()
    assert "cost not known" in html
    assert "The case gives no costs" in html


def test_a_plan_of_one_source_without_reduction():
    tables = {
        "sources": pd.DataFrame({"source": ["a"]}),
        "loads": pd.DataFrame({"source": ["a"], "pollutant": ["N"], "load": [10.0]}),
    }
    html = abate.decompose(small(**tables)).report().to_html()
    assert "No measure is needed." in html
    assert "0 of 1" in html


def test_numbers_that_are_rounding_are_nothing():
    frame = pd.DataFrame({"limit": [100.0, 5.0], "unused": [1e-13, 3.0], "name": ["=1+1", None]})
    (made,) = table("targets", frame, Words("en"))
    assert made.columns[1] == [0.0, 3.0]
    assert made.columns[2] == ["=1+1", ""]
    assert made.numeric == (True, True, False)


def test_pictures_are_those_of_the_page(echo, tmp_path):
    report = echo.report()
    report.save(tmp_path / "plan.html")
    report.save_figures(tmp_path / "figures", "svg")
    assert {path.stem for path in (tmp_path / "figures").iterdir()} == set(report.figures)
    assert all("<svg" in path.read_text() for path in (tmp_path / "figures").iterdir())
    with pytest.raises(InputError, match="stands there already"):
        report.save(tmp_path / "plan.html")
    with pytest.raises(InputError, match="svg or png"):
        report.save_figures(tmp_path / "more", "gif")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figures", "plan.html"]


def test_nothing_else_has_a_report():
    with pytest.raises(InputError, match="plan, front, comparison or revision"):
        make_report(3)  # type: ignore[arg-type]


def test_a_notebook_shows_the_page_apart(echo):
    assert echo.report()._repr_html_().startswith("<iframe")


def test_names_are_never_translated():
    """A region called `lower` is no verdict: only words that are ours are put into the reader's language."""
    frame = pd.DataFrame({"source": ["load"], "region": ["lower"], "measures": ["value"], "verdict": ["missed"]})
    (made,) = table("sources", frame, Words("zh"))
    assert [column[0] for column in made.columns] == ["load", "lower", "value", Words("zh").value("missed")]
    assert made.columns[3] != ["missed"]
