"""The command `indicators` as its users meet it."""

from __future__ import annotations

import pandas as pd
import pytest
from typer.testing import CliRunner

import abate
from abate.cli.indicators import app
from abate.indicators import CONTENTS


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_all_sources_in_short():
    result = run("echo-reservoir")
    assert result.exit_code == 0, result.exception
    assert "no concentration for 9 loads: a diffuse source has no outfall or stack to sample" in result.stdout
    assert "31,748" in result.stdout
    assert "background" not in result.stdout


def test_the_permit_of_one_source(tmp_path):
    place = tmp_path / "permits.xlsx"
    result = run("echo-reservoir", "--source", "chalk-creek/manure", "--out", place)
    assert result.exit_code == 0, result.exception
    assert "it removes 768.8 kg/yr or 80 % of its baseline of 961" in result.stdout
    book = pd.read_excel(place, sheet_name=None, engine="openpyxl")
    assert list(book) == ["summary", *CONTENTS]
    assert book["permits"]["source"].tolist() == ["chalk-creek/manure"]
    assert book["permits"]["allowed [kg/yr]"].tolist() == pytest.approx([192.2])
    assert len(book["rollup"]) == 14
    said = book["summary"].set_index("item")["value"]
    assert said["maximum daily limit over long-term average"] in ("3.114", 3.114)


def test_by_a_strategy():
    result = run("tampa-bay", "--strategy", "given")
    assert result.exit_code == 0, result.exception
    assert "and 141 more rows" in result.stdout


def test_a_wrong_source_costs_no_solve(monkeypatch):
    monkeypatch.setattr("abate.cli.indicators.decompose", lambda *_, **__: pytest.fail("solved"))
    result = run("echo-reservoir", "--source", "chalk-creek/manur")
    assert isinstance(result.exception, abate.InputError)
    assert "did you mean 'chalk-creek/manure'?" in str(result.exception)


def test_a_place_that_is_taken_costs_no_solve(monkeypatch, tmp_path):
    monkeypatch.setattr("abate.cli.indicators.decompose", lambda *_, **__: pytest.fail("solved"))
    (tmp_path / "taken.xlsx").write_text("")
    result = run("echo-reservoir", "--out", tmp_path / "taken.xlsx")
    assert isinstance(result.exception, abate.InputError)
