"""The picture of a front: what stands in it is what the front says, all of it within the edges and apart."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.patches import StepPatch

import abate
from abate.front import Effort, explore
from abate.front.criterion import Criterion
from abate.front.figures.figure_of_many import MOST_LINES
from abate.front.figures.front_figure import front_figure

HISTORY = pd.DataFrame(
    {"generation": range(30), "evaluations": np.arange(30) * 100, "hypervolume": 1 - np.exp(-np.arange(30) / 9)}
)
MANY = ["cost", "exposure", "total_load:NOx", "total_load:SO2", "removal:NH3"]


@pytest.fixture(scope="module")
def two():
    return explore(abate.load("echo-reservoir"), ["cost", "total_load"])


@pytest.fixture(scope="module")
def smooth():
    return explore(abate.load("europe-air"), ["cost", "exposure"], effort=Effort(gap=1e-4))


@pytest.fixture(scope="module")
def several():
    """A function: count -> a front of so many objectives of europe-air."""
    case = abate.load("europe-air")
    known = {}

    def front(count):
        if count not in known:
            known[count] = explore(case, MANY[:count], effort=Effort(gap=0.1, solves=80))
        return known[count]

    return front


def searched(front):
    """The same points as if a search had found them."""
    none = np.zeros(len(front), dtype=bool)
    return replace(front, method="search", gap=np.inf, optimal=none, history=HISTORY)


def drawn(front, chosen=None):
    """The figure, drawn, with everything within its edges and no two texts of a panel over one another."""
    figure = front_figure(front, chosen)
    figure.savefig(io.BytesIO(), format="png")
    width, height = figure.get_size_inches()
    box = figure.get_tightbbox()
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= width + 0.01
    assert box.y1 <= height + 0.01
    panels = [panel for panel in figure.axes if panel.axison]
    for panel in panels:
        low, high = panel.get_xlim()
        ticks = [tick for tick in panel.get_xticklabels() if low <= tick.get_position()[0] <= high]
        texts = [*panel.texts, *ticks, panel.title, panel.xaxis.label]
        boxes = [text.get_window_extent() for text in texts if text.get_text() and text.get_visible()]
        for at, one in enumerate(boxes):
            assert not any(one.overlaps(other) for other in boxes[:at])
    for at, one in enumerate(panels):
        ours = one.get_tightbbox()
        assert not any(_over(ours, other.get_tightbbox()) for other in panels[:at])
    return figure


def _over(one, other):
    """Whether two boxes share more than a hair."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    up = min(one.y1, other.y1) - max(one.y0, other.y0)
    return across > 1 and up > 1


def legend(panel):
    return [text.get_text() for text in panel.get_legend().get_texts()]


class TestTwoObjectives:
    def test_the_curve_is_the_points_in_words_of_a_million(self, two):
        curve, _ = drawn(two).axes
        line = curve.lines[0]
        np.testing.assert_allclose(line.get_xdata() * 1e6, two.points["cost"])
        np.testing.assert_allclose(line.get_ydata() * 1e3, two.points["total_load:P"])
        assert line.get_drawstyle() == "default"
        assert curve.get_xlabel() == "cost [million USD/yr]"
        assert curve.get_ylabel() == "total_load:P [thousand kg/yr]"
        assert curve.get_title() == "Each point is a plan; down and to the left is better"

    def test_the_title_says_how_good_it_is(self, two):
        assert front_figure(two)._suptitle.get_text() == "Trade-off of cost and total_load:P: 5 points, complete"
        stopped = replace(two, reason="the time was over", gap=0.125)
        assert "truncated because the time was over; gap 0.12" in front_figure(stopped)._suptitle.get_text()

    def test_knee_ideal_and_choice_stand_where_they_are(self, two):
        chosen = two.near(cost=2e6)
        curve, _ = drawn(two, chosen).axes
        at = {mark.get_label(): mark.get_offsets()[0] * (1e6, 1e3) for mark in curve.collections}
        knee = two.knee()
        np.testing.assert_allclose(at[f"knee (point {knee.point})"], knee.values)
        np.testing.assert_allclose(at["ideal: the best of each"], two.ideal)
        np.testing.assert_allclose(at["chosen: nearest to cost 2e+06"], chosen.values)
        assert legend(curve)[0] == "proved"

    def test_an_unknown_ideal_is_left_out(self, two):
        curve, _ = drawn(replace(two, ideal=np.full(2, np.nan))).axes
        assert not any(label.startswith("ideal") for label in legend(curve))

    def test_the_rates_are_those_of_the_front(self, two):
        steps = drawn(two).axes[1].patches[0]
        assert isinstance(steps, StepPatch)
        values, edges, _ = steps.get_data()
        # thousands of kg per million of money
        np.testing.assert_allclose(values, np.abs(two.rates["rate"]) * 1e6 / 1e3)
        np.testing.assert_allclose(edges * 1e6, two.points["cost"])

    def test_what_is_maximised_is_read_as_it_is(self):
        front = explore(abate.load("echo-reservoir"), ["removal", "cost"])
        curve, rates = drawn(front).axes
        assert curve.get_title().endswith("down and to the right is better")
        np.testing.assert_allclose(curve.lines[0].get_xdata() * 1e3, front.points["removal:P"])
        values, edges, _ = rates.patches[0].get_data()
        assert (np.diff(edges) > 0).all()
        # removal costs more and more
        assert (np.diff(values) > 0).all()
        assert rates.get_title() == "What one unit more costs at the margin"

    def test_a_front_with_holes_is_drawn_in_steps(self, two):
        curve, rates = drawn(replace(two, method="boxes")).axes
        assert curve.lines[0].get_drawstyle() == "steps-post"
        assert rates.get_title() == "What one unit more buys from point to point"

    def test_points_that_are_not_proved_are_hollow(self, two):
        half = replace(two, optimal=np.array([True, False, True, False, True]))
        labels = legend(drawn(half).axes[0])
        assert labels[:2] == ["proved", "found, not proved"]

    def test_many_points_are_a_line(self, smooth):
        curve, rates = drawn(smooth).axes
        assert not any(label == "proved" for label in legend(curve))
        assert rates.get_yscale() == "log"

    def test_a_search_shows_how_it_went(self, smooth):
        _, _, history = drawn(searched(smooth)).axes
        np.testing.assert_array_equal(history.lines[0].get_ydata(), HISTORY["hypervolume"])
        assert history.get_xlabel() == "evaluations"

    @pytest.mark.parametrize("count", [1, 2])
    def test_few_points(self, two, count):
        few = replace(
            two,
            values=two.values[:count],
            columns=two.columns[:count],
            optimal=two.optimal[:count],
            gaps=two.gaps[:count],
        )
        (curve,) = drawn(few).axes
        assert len(curve.get_xticks()) > 1

    def test_names_and_units_of_any_length_and_kind(self, two):
        criteria = (Criterion("x" * 80, "$ of 2020 a year"), Criterion("jobs_$_lost", ""))
        figure = drawn(replace(two, criteria=criteria, reason="of something very long " * 20))
        assert figure.axes[0].get_ylabel() == r"jobs_\$_lost [thousand]"

    def test_the_same_bytes_twice(self, two):
        images = []
        for _ in range(2):
            images.append(io.BytesIO())
            two.plot().savefig(images[-1], format="png")
        assert images[0].getvalue() == images[1].getvalue()


class TestMoreObjectives:
    @pytest.mark.parametrize("count", [3, 4, 5])
    def test_parallel_coordinates_and_pairs(self, several, count):
        front = several(count)
        figure = drawn(front, front.topsis())
        parallel = figure.axes[0]
        (bundle,) = [one for one in parallel.collections if isinstance(one, LineCollection)]
        lines = np.array([line[:, 1] for line in bundle.get_segments()])
        expected = (front.nadir - front.values) / np.ptp(front.values, axis=0)
        np.testing.assert_allclose(lines, expected)
        pairs = [panel for panel in figure.axes if panel.axison and panel.get_title().startswith("dark: best ")]
        assert len(pairs) == count * (count - 1) // 2
        assert [text.get_text() for text in figure.subfigs[0].axes[0].get_legend().get_texts()] == [
            f"knee (point {front.knee().point})",
            f"TOPSIS (point {front.topsis().point})",
        ]

    def test_the_ends_of_the_axes_are_real_values(self, several):
        front = several(5)
        texts = [text.get_text() for text in front_figure(front).axes[0].texts]
        cost, removal = front.points["cost"] / 1e9, front.points["removal:NH3"] / 1e3
        assert texts[:2] == [f"{cost.min():.4g}", f"{cost.max():.4g}"]
        # more removal is better and stands at the top
        assert texts[-2:] == [f"{removal.max():.4g}", f"{removal.min():.4g}"]

    def test_pairs_show_the_points(self, several):
        front = several(3)
        panels = [panel for panel in drawn(front).axes if panel.get_title().startswith("dark: best ")]
        places = [(0, 1, "total_load:NOx"), (0, 2, "exposure:pm25_inorganic"), (1, 2, "cost")]
        scale = np.array([1e9, 1e9, 1e3])
        for panel, (across, along, further) in zip(panels, places, strict=True):
            shown = panel.collections[0].get_offsets() * scale[[across, along]]
            np.testing.assert_allclose(shown, front.values[:, [across, along]])
            assert panel.get_title() == f"dark: best {further}"

    def test_of_many_points_a_part_is_drawn(self, several):
        front = several(3)
        times = MOST_LINES // len(front) + 1
        many = replace(
            front,
            values=np.tile(front.values, (times, 1)),
            columns=np.tile(front.columns, (times, 1)),
            optimal=np.tile(front.optimal, times),
            gaps=np.tile(front.gaps, times),
        )
        panel = drawn(many).axes[0]
        (bundle,) = [one for one in panel.collections if isinstance(one, LineCollection)]
        assert len(bundle.get_segments()) == MOST_LINES
        assert f"({MOST_LINES} of {len(many):,})" in panel.get_title()

    def test_a_search_shows_how_it_went(self, several):
        figure = drawn(searched(several(3)))
        assert "How the search went" in [panel.get_title() for panel in figure.axes]

    def test_beyond_six_there_are_no_pairs(self, several):
        front = several(5)
        wide = replace(
            front,
            criteria=(*front.criteria, Criterion("a", ""), Criterion("b", "t")),
            values=np.column_stack([front.values, front.values[:, :2]]),
        )
        figure = drawn(wide)
        assert not any(panel.get_title().startswith("dark") for panel in figure.axes)
