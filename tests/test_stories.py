"""The pages that tell cases year by year say what their cases say."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def stories():
    """Return each story's text and the names of its figures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        told = importlib.import_module("benchmarks.stories").STORIES
        yield {name: tell() for name, tell in told.items()}


def test_tampa_bay_names_its_one_exceedance_and_whose_it_is(stories):
    text, figures = stories["tampa-bay"]
    assert "50 segment-years, 1 of them exceeded: Lower Tampa Bay in 2021." in text
    assert "another verdict in 17 of 50" in text
    assert "lower-tampa-bay/industrial/piney-point-facility" in text
    assert text.count("**1.092**") == 1
    assert list(figures) == ["segments", "cause"]


def test_every_panel_of_tampa_bay_has_its_cap(stories):
    panels = stories["tampa-bay"][1]["segments"].axes
    caps = [panel.lines[0].get_ydata()[0] for panel in panels if panel.lines]
    assert caps == [486, 1451, 799, 349, 629]


def test_echo_reservoir_says_that_it_is_simulated(stories):
    text, figures = stories["echo-loop"]
    assert "Nothing on this page was measured" in text
    assert all("simulated" in figure.get_suptitle() for name, figure in figures.items() if name == "loads")
    assert list(figures) == ["loads", "effectiveness"]


def test_a_figure_of_a_page_is_one_that_is_made(stories):
    for name, (text, figures) in stories.items():
        assert all(f"]({name}/{figure}.png)" in text for figure in figures)
