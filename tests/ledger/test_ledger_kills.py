"""Writers that are killed at random moments; `python -m benchmarks` runs the same with 200 kills of four writers."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def ledger_kills(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.ledger_kills").ledger_kills


def test_every_cycle_is_there_once_after_kills(url, ledger_kills):
    (facts,) = ledger_kills({"here": url}, kills=10, writers=3, seed=5).to_dict("records")
    assert (facts["kills"], facts["writers"]) == (10, 3)
    assert facts["entries"] == facts["cycles"] > 0
    assert facts["twice"] == facts["missing"] == facts["lost"] == facts["faults"] == 0
