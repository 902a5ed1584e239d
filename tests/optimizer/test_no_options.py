"""A case that does not say what can be done has no plan, and is told so."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

import abate
from abate.cli import app

TABLES = {
    "regions": "region parent\nbasin .",
    "sources": "source region\nmill basin\ntown basin",
    "loads": "source pollutant load\nmill P 100\ntown P 50",
    "targets": "target kind region limit\ncap load basin 90",
}


@pytest.mark.parametrize("ask", [abate.decompose, abate.build, abate.reach])
def test_what_is_missing_and_the_cure(make_case, ask):
    with pytest.raises(abate.InputError) as caught:
        ask(make_case(TABLES))
    assert [finding.table for finding in caught.value.findings] == ["options", "removals"]
    said = str(caught.value)
    assert "which measures each source can take and what they cost" in said
    assert "what its measures remove" in said
    assert "fill it, or compare strategies that need no costs with abate.compare" in said


def test_only_the_table_without_rows_is_named(make_case):
    removals = {"measures": "measure\nfilter", "removals": "source measure pollutant removal\n* filter P 0.5"}
    with pytest.raises(abate.InputError) as caught:
        abate.decompose(make_case({**TABLES, **removals}))
    assert [finding.table for finding in caught.value.findings] == ["options"]


def test_no_case_is_no_case():
    with pytest.raises(abate.InputError, match=r"abate\.load"):
        abate.decompose("tampa-bay")


def test_on_the_command_line():
    assert CliRunner().invoke(app, ["check", "tampa-bay"]).exit_code == 0
    plan = CliRunner().invoke(app, ["plan", "tampa-bay"])
    assert (plan.exit_code, plan.stdout) == (2, "")
    assert "abate.compare" in plan.stderr
