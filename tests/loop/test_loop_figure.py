"""The picture of a revision: what stands in its panels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import revise_case as rc

import abate

LEAST = np.array([0.0, 0.8, 0.75, 0.0])


@pytest.fixture(scope="module")
def busy():
    """Everything 10 % busier: 143 t against a cap of 130, planned down to it."""
    found = rc.monitored([2026], LEAST, activity=1.1)
    choices = abate.Realignment(prior=rc.CERTAIN, tolerance=None)
    return abate.revise(rc.make_case(), abate.decompose(rc.make_case()), found, realignment=choices)


def marks(panel, label):
    """Return the values along the axis of the marks with a label, by the names at the other axis."""
    handles, labels = panel.get_legend_handles_labels()
    handle = handles[labels.index(label)]
    line = handle.lines[0] if hasattr(handle, "lines") else handle
    names = [text.get_text() for text in panel.get_yticklabels()]
    return dict(zip(names, line.get_xdata(), strict=True))


def bars(panel, label):
    handles, labels = panel.get_legend_handles_labels()
    names = [text.get_text() for text in panel.get_yticklabels()]
    return dict(zip(names, [bar.get_width() for bar in handles[labels.index(label)]], strict=True))


def test_targets_stand_as_shares_of_their_limits(busy):
    panel = busy.plot().axes[0]
    lake = 0.5 + 0.01 * 88.0 + 0.02 * 55.0
    assert marks(panel, "now believed, 90 % interval") == pytest.approx({"cap": 143 / 1.3, "lake": 100 * lake / 2.3})
    planned = marks(panel, "planned next, with its margin")
    assert planned == pytest.approx({"cap": 100.0, "lake": 100 * (0.5 + 0.01 * 82.5 + 0.02 * 47.5) / 2.3})


def test_measures_stand_with_what_was_planned_and_delivered(busy):
    panel = busy.plot().axes[1]
    assert panel.get_xlabel() == "reduction [t/yr]"
    assert bars(panel, "planned") == pytest.approx({"plant": 30.0, "filter": 20.0})
    assert bars(panel, "delivered, 90 % interval") == pytest.approx({"plant": 30.0, "filter": 20.0})


def test_changes_stand_in_their_parts(busy):
    panel = busy.plot().axes[2]
    assert panel.get_xlabel() == "change of the allocation [t/yr]"
    assert bars(panel, "by what is believed") == pytest.approx({"town": 8.0, "mill": 5.0})
    assert bars(panel, "by measures") == pytest.approx({"town": -5.5, "mill": -7.5})
    assert marks(panel, "change") == pytest.approx({"town": 2.5, "mill": -2.5})


def test_the_title_names_the_cycle_and_what_was_decided(busy):
    assert busy.plot().get_suptitle() == "two-rivers, cycle 2026-12-31: a new plan"


def test_names_that_look_like_formulas_are_names():
    tables = rc.tables(title="$x^2$")
    tables["targets"] = tables["targets"].assign(target=["$cap$", "lake"])
    found = rc.monitored([2026], LEAST, activity=1.1)
    case = abate.load(tables)
    figure = abate.revise(case, abate.decompose(case), found, realignment=abate.Realignment(prior=rc.CERTAIN)).plot()
    figure.draw_without_rendering()
    assert r"\$cap\$" in [text.get_text() for text in figure.axes[0].get_yticklabels()]


def test_more_targets_than_fit_are_counted():
    tables = rc.tables()
    caps = pd.DataFrame({"target": [f"cap-{place}" for place in range(14)], "kind": "load", "pollutant": "P"})
    tables["targets"] = caps.assign(limit=[200.0 + place for place in range(14)], priority=range(1, 15))
    found = rc.monitored([2026], 0 * LEAST)
    figure = abate.revise(abate.load(tables), None, found, realignment=abate.Realignment(prior=rc.CERTAIN)).plot()
    assert figure.axes[0].get_title() == "What targets come to (12 of 14)"
    # the tightest are shown, the tightest on top
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()][-1] == "cap-0"


def test_a_lower_limit_is_missed_above_a_hundred():
    tables = rc.tables()
    low = pd.DataFrame({"target": ["clear"], "kind": "quality", "receptor": "lake", "parameter": "tp", "limit": [2.0]})
    tables["targets"] = low.assign(sense="at_least")
    found = rc.monitored([2026], LEAST)
    figure = abate.revise(abate.load(tables), None, found, realignment=abate.Realignment(prior=rc.CERTAIN)).plot()
    # no measure in force: 3.1 mg/L where at least 2 are asked
    assert marks(figure.axes[0], "now believed, 90 % interval") == pytest.approx({"clear": 100 * 2.0 / 3.1})
