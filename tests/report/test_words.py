"""The catalogue: both languages say the same things, with the same gaps."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abate.errors import InputError
from abate.words import LANGUAGES, Words
from abate.words.words import catalogue

SOURCES = Path(__file__).parents[2] / "optimizer" / "abate"


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys():
    english, chinese = set(catalogue("en")), set(catalogue("zh"))
    units = {key for key in english | chinese if key.startswith("unit.")}
    forms = {key for key in english if key.endswith("_one")}  # Chinese has one form
    assert english - chinese - units - forms == set()
    assert chinese - english - units == set()


def test_both_languages_have_the_same_gaps():
    both = sorted(set(catalogue("en")) & set(catalogue("zh")))
    assert [key for key in both if gaps(catalogue("zh")[key]) != gaps(catalogue("en")[key])] == []


def test_sentences_are_chinese():
    said = {key: text for key, text in catalogue("zh").items() if key.startswith(("report.", "serve.", "script."))}
    plain = [key for key, text in said.items() if not re.search("[\u4e00-\u9fff]", re.sub(r"\{\w+\}", "", text))]
    assert all(len(re.sub(r"\{\w+\}", "", said[key])) <= 12 for key in plain), plain


def test_every_key_that_is_asked_for_stands_in_the_catalogue():
    asked = set()
    for path in [*SOURCES.rglob("*.py"), *SOURCES.rglob("*.html")]:
        asked |= set(re.findall(r"""words\(\s*["'](\w+\.[\w.\-]+)["']""", path.read_text("utf-8")))
    assert len(asked) > 100
    assert asked <= set(catalogue("en"))


def test_an_unknown_language_is_refused():
    with pytest.raises(InputError, match=r"en .English. or zh"):
        Words("de")


def test_one_has_a_form_of_its_own():
    assert Words("en")("report.misses", count=1) == "It misses one target."
    assert Words("en")("report.misses", count=3) == "It misses 3 targets."
    assert Words("zh")("report.misses", count=3) == "有 3 个目标未能达成。"


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_number_is_read_back_to_four_digits(value):
    for lang in LANGUAGES:
        said = Words(lang).number(value).replace(",", "").replace("−", "-").replace("×10", "E")
        if value == 0:
            assert said == "0"
        elif 1e-5 <= abs(value) < 1e15:
            assert float(said) == pytest.approx(value, rel=5.1e-4)
