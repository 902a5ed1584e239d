"""The score card: scores by hand, weights that are given, from entropy or from judgements, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from abate.errors import InputError
from abate.loop.scorecard import INDICATORS, rate, score_card

RATINGS = pd.DataFrame({"cooperation": [80, 60], "records": [50, 50], "inspection": [90, 30]})


def refused(*args, **kwargs):
    with pytest.raises(InputError) as caught:
        rate(*args, **kwargs)
    return caught.value.findings[0]


def test_given_weights_by_hand():
    """70 x 0.5 + 50 x 0.3 + 60 x 0.2 = 62."""
    found = rate(RATINGS, weights={"records": 0.3, "cooperation": 0.5, "inspection": 0.2})
    assert found.table["rating"].tolist() == [70.0, 50.0, 60.0]
    assert found.table["points"].tolist() == pytest.approx([35.0, 15.0, 12.0])
    assert (found.total, found.weights) == (pytest.approx(62.0), "given")


def test_entropy_gives_no_weight_to_what_tells_nobody_apart():
    found = rate(RATINGS)
    weight = dict(zip(found.table["criterion"], found.table["weight"], strict=True))
    assert weight["records"] == 0.0
    assert weight["inspection"] > weight["cooperation"] > 0.0
    assert sum(weight.values()) == pytest.approx(1.0)
    # by hand: 1 - e of shares 4/7, 3/7 is 0.01477, of 3/4, 1/4 it is 0.18872
    assert weight["inspection"] == pytest.approx(0.18872 / (0.18872 + 0.01477), abs=2e-4)
    assert rate(RATINGS.iloc[:1]).table["weight"].tolist() == pytest.approx([1 / 3] * 3)  # one rater tells nothing


def test_saatys_judgements_and_their_consistency():
    """Judgements 3, 5 and 2: weights 0.648, 0.230, 0.122 and a consistency ratio of 0.003.

    Source: a standard table of Saaty's method, with random index 0.58 for three criteria.
    """
    judgements = pd.DataFrame([[1, 3, 5], [1 / 3, 1, 2], [1 / 5, 1 / 2, 1]])
    found = rate(RATINGS, judgements=judgements)
    assert found.table["weight"].tolist() == pytest.approx([0.648, 0.230, 0.122], abs=1e-3)
    assert found.consistency_ratio == pytest.approx(0.0032, abs=5e-4)
    card = score_card({}, found)
    assert card.total == pytest.approx(found.total)
    assert "0.003" in card.notes[1]
    wild = pd.DataFrame([[1, 9, 1 / 9], [1 / 9, 1, 9], [9, 1 / 9, 1]])
    assert "contradict" in score_card({}, rate(RATINGS, judgements=wild)).notes[1]


@pytest.mark.parametrize(
    ("name", "value", "points"),
    [
        ("targets attained", 0.8, 80.0),
        ("reduction delivered", 1.3, 100.0),
        ("reduction delivered", -0.2, 0.0),
        ("reports", 0.0, 100.0),
        ("reports", 0.1, 80.0),
        ("reports", 0.7, 0.0),
        ("results complete", 0.75, 50.0),
    ],
)
def test_figures_score_from_failed_to_goal(name, value, points):
    card = score_card({name: value})
    row = card.figures.set_index("indicator").loc[name]
    assert (row["value"], row["score"]) == (value, pytest.approx(points))
    assert card.total == pytest.approx(points)  # what is not known does not count


def test_figures_and_ratings_together():
    ratings = rate(RATINGS, weights={"records": 0.3, "cooperation": 0.5, "inspection": 0.2})
    card = score_card({"targets attained": 0.8, "targets on track": np.nan, "results in time": 1.0}, ratings)
    assert card.total == pytest.approx(0.7 * 90 + 0.3 * 62)
    assert len(card.figures) == len(INDICATORS)
    assert np.isnan(score_card({}).total)


def test_what_is_no_rating_or_weight_is_refused():
    assert refused(RATINGS.replace(90, 101)).column == "inspection"
    assert refused(RATINGS.astype(object).replace(90, "good")).value == "good"
    assert "no ratings" in refused(RATINGS.iloc[:0]).problem
    assert refused(RATINGS, weights={"records": 1.0}).value == "cooperation"
    assert refused(RATINGS, weights={"records": 0.5, "cooperation": 0.5, "inspection": 0, "luck": 0}).value == "luck"
    assert "sum to one" in refused(RATINGS, weights={"records": 1, "cooperation": 1, "inspection": 1}).problem
    assert "one of the two" in refused(RATINGS, weights={}, judgements=pd.DataFrame()).cure
    with pytest.raises(InputError, match="is no indicator"):
        score_card({"luck": 1.0})
