r"""A score card: figures with their goal, each from 0 to 100, and ratings of what no figure says, with stated weights.

A figure v scores 100 at its goal g or better and 0 at the value w that counts as failed,

.. math:: 100 \, \min\!\Big(1, \max\!\Big(0, \frac{v - w}{g - w}\Big)\Big)

Figures that the case cannot give are left out of the mean. Ratings run from 0 to 100 by criterion, by one or several
raters or regions; their weights are given, or follow from how far each criterion tells those apart (entropy: Hwang and
Yoon 1981), or from judgements in pairs (AHP: Saaty 1980, with the consistency ratio, which should be below 0.1). See
`abate.strategies.weights`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.errors import Finding, InputError
from abate.strategies.weights import ahp_weights, check_weights, entropy_weights

Floats = NDArray[np.float64]

GIVEN, ENTROPY, AHP = "given", "entropy", "AHP"
#: Judgements in pairs with a greater ratio contradict each other too much.
CONSISTENT = 0.1
#: Share of the ratings in the total, where there are any.
RATED_SHARE = 0.3

#: Indicator -> value that counts as failed, goal, what it says.
INDICATORS: dict[str, tuple[float, float, str]] = {
    "targets attained": (0.0, 1.0, "mean probability with which the targets are attained"),
    "targets on track": (0.0, 1.0, "share of targets that are on track for their date"),
    "reduction delivered": (0.0, 1.0, "delivered over planned reduction, all measures"),
    "quality per load": (0.0, 1.0, "quality gained per load taken away, over that planned"),
    "quality per money": (0.0, 1.0, "quality gained per money, over that planned"),
    "reports": (0.5, 0.0, "mean bias of reported loads, as a share of the load"),
    "results complete": (0.5, 1.0, "share of expected results that have a value"),
    "results in time": (0.5, 1.0, "share of results that were not late"),
}


@dataclass(frozen=True)
class Ratings:
    """Ratings by criterion with their weights.

    Attributes
    ----------
    table : a row per criterion: rating (mean over raters, 0 to 100), weight, points = rating x weight.
    total : sum of the points, 0 to 100.
    weights : where the weights come from: given, entropy or AHP.
    consistency_ratio : of AHP judgements; NaN otherwise.
    """

    table: pd.DataFrame
    total: float
    weights: str
    consistency_ratio: float


@dataclass(frozen=True)
class ScoreCard:
    """Figures and ratings together.

    Attributes
    ----------
    figures : a row per indicator: value, failed (value that counts as failed), goal, score (0 to 100, NaN where the
        case cannot say), meaning.
    ratings : a row per criterion, see `Ratings`; without rows where nobody rated.
    total : 0.7 of the mean score of figures and 0.3 of the total of ratings, 0 to 100; either alone where the other is
        missing.
    notes : how the weights came about, and what is wrong with them.
    """

    figures: pd.DataFrame
    ratings: pd.DataFrame
    total: float
    notes: tuple[str, ...] = field(default=())


def rate(
    ratings: pd.DataFrame, *, weights: Mapping[str, float] | None = None, judgements: pd.DataFrame | None = None
) -> Ratings:
    """Return ratings with weights.

    Parameters
    ----------
    ratings : a row per rater or region and a column per criterion, 0 to 100.
    weights : of each criterion, sum 1.
    judgements : (criteria x criteria), how many times more the row's criterion matters than the column's; rows and
        columns in the order of the ratings' columns. Without either, the weights follow from entropy.

    Raises
    ------
    InputError
        Where a rating is not from 0 to 100, both weights and judgements are given, or either does not fit.
    """
    criteria = [str(name) for name in ratings.columns]
    values = _checked(ratings)
    if weights is not None and judgements is not None:
        raise InputError([Finding("ratings", "has weights and judgements", "give one of the two")])
    ratio = float("nan")
    if weights is not None:
        chosen, source = _given(criteria, weights), GIVEN
    elif judgements is not None:
        chosen, ratio = ahp_weights(judgements.to_numpy(dtype=np.float64))
        check_weights(chosen, len(criteria))
        source = AHP
    else:
        chosen, source = entropy_weights(values), ENTROPY
    mean = values.mean(axis=0)
    table = pd.DataFrame({"criterion": criteria, "rating": mean, "weight": chosen, "points": mean * chosen})
    return Ratings(table, float(mean @ chosen), source, ratio)


def score_card(values: Mapping[str, float], ratings: Ratings | None = None) -> ScoreCard:
    """Return the score card of indicators by name (those of `INDICATORS`; NaN or left out where not known).

    Raises
    ------
    InputError
        Where an indicator is not known.
    """
    if strange := [name for name in values if name not in INDICATORS]:
        cure = f"name some of {', '.join(INDICATORS)}"
        raise InputError([Finding("score card", "is no indicator", cure, value=name) for name in strange])
    rows = []
    for name, (failed, goal, meaning) in INDICATORS.items():
        value = float(values.get(name, np.nan))
        rows.append((name, value, failed, goal, _points(value, failed, goal), meaning))
    figures = pd.DataFrame(rows, columns=["indicator", "value", "failed", "goal", "score", "meaning"])
    scores = figures["score"].dropna()
    mean = float(scores.mean()) if len(scores) else float("nan")
    if ratings is None:
        nobody = pd.DataFrame(columns=["criterion", "rating", "weight", "points"])
        return ScoreCard(figures, nobody, mean)
    total = ratings.total if np.isnan(mean) else (1 - RATED_SHARE) * mean + RATED_SHARE * ratings.total
    return ScoreCard(figures, ratings.table, total, _notes(ratings))


def _points(value: float, failed: float, goal: float) -> float:
    return 100.0 * float(np.clip((value - failed) / (goal - failed), 0.0, 1.0))


def _notes(ratings: Ratings) -> tuple[str, ...]:
    notes = [f"The weights of the ratings are by {ratings.weights}."]
    if ratings.weights == AHP:
        said = f"The consistency ratio of the judgements is {ratings.consistency_ratio:.3f}"
        good = ratings.consistency_ratio < CONSISTENT
        notes.append(f"{said}." if good else f"{said}: they contradict each other, think them over.")
    return tuple(notes)


def _checked(ratings: pd.DataFrame) -> Floats:
    values: Floats = ratings.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    if not values.size:
        raise InputError(
            [Finding("ratings", "has no ratings", "give a row for each rater, a column for each criterion")]
        )
    wrong = np.argwhere(~((values >= 0) & (values <= 100)))
    if len(wrong):
        cure = "give a number from 0 to 100"
        raise InputError(
            [
                Finding(
                    "ratings",
                    "is no rating",
                    cure,
                    f"row {row + 1}",
                    str(ratings.columns[at]),
                    str(ratings.iat[row, at]),
                )
                for row, at in wrong
            ]
        )
    return values


def _given(criteria: list[str], weights: Mapping[str, float]) -> Floats:
    """Return weights in the order of the criteria."""
    wrong = [(name, "has no weight", "give one") for name in criteria if name not in weights]
    wrong += [(name, "is no criterion", "leave it out, or rate it") for name in weights if name not in criteria]
    if wrong:
        raise InputError([Finding("weights", problem, cure, value=name) for name, problem, cure in wrong])
    chosen = np.array([weights[name] for name in criteria], dtype=np.float64)
    check_weights(chosen, len(criteria))
    return chosen
