"""Choosing a point of a front: by its shape, by what is wished for, by bounds, by an order, by weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from abate.comparison.topsis import topsis
from abate.errors import Finding, InputError
from abate.front.choice import Choice, of_front, solved
from abate.front.exact.corners import TIE_BREAK
from abate.front.exact.point import Floats, spans
from abate.front.front import Front
from abate.front.naming import place_of
from abate.front.navigator import HOLD, Navigator


def knee(front: Front) -> Choice:
    """Return the knee: the point farthest below the flat surface through the best points of the objectives.

    Source: Das, Structural Optimization 18 (1999); the surface is the plane of equal sum on ranges.
    """
    scaled = (front.values - front.values.min(axis=0)) / spans(front.values)
    corners = scaled[[int(np.lexsort((scaled.sum(axis=1), scaled[:, place]))[0]) for place in range(scaled.shape[1])]]
    place = int((scaled @ _normal(corners)).argmin())
    return of_front(front, place, "knee")


def near(front: Front, wished: Mapping[str, float]) -> Choice:
    """Return the point nearest to wished values; where it is linear, of all points between those of the front too.

    An objective that is not named has no wish: it is as good as the wishes for the others let it be.

    Raises
    ------
    InputError
        Where nothing is wished for, a name is unknown, or a value is no number.
    """
    if not wished:
        cure = "name an objective and its value, such as near(cost=1e6)"
        raise InputError([Finding("objectives", "no value is wished for", cure)])
    given = front.read(wished)
    how = "nearest to " + _words(wished)
    if front.linear is not None:
        return solved(front, *front.navigator.nearest(np.nan_to_num(given, nan=np.inf)), how)
    wishes = np.flatnonzero(~np.isnan(given))
    beyond = ((front.values - given) / spans(front.values))[:, wishes].max(axis=1)
    others = (front.values / spans(front.values)).sum(axis=1)
    if len(wishes) < len(given):
        beyond = np.maximum(beyond, 0.0)
    return of_front(front, int(np.lexsort((others, beyond))[0]), how)


def best(front: Front, objective: str, bounds: Mapping[str, float]) -> Choice:
    """Return the best of one objective within bounds on others.

    Raises
    ------
    InputError
        Where a name is unknown, or no plan keeps the bounds.
    """
    place = place_of(front.names, objective)
    caps = np.nan_to_num(front.read(bounds), nan=np.inf)
    how = f"best {front.names[place]}" + (f" with {_words(bounds)}" if bounds else "")
    return solved(front, *_least(front, place, caps), how)


def lexicographic(front: Front, order: Sequence[str], slack: float) -> Choice:
    """Return the point that settles the objectives one after the other.

    Parameters
    ----------
    order : names, the most important first.
    slack : share of each objective's range that the next ones may give back of what was settled.

    Raises
    ------
    InputError
        Where a name is unknown or the order empty, or the slack is no share.
    """
    places = [place_of(front.names, name) for name in order]
    if not places or not 0 <= slack <= 1:
        cure = "name objectives in their order, and a slack from 0 to 1"
        raise InputError([Finding("order", "settles nothing", cure, value=f"{list(order)}, slack {slack}")])
    caps = np.full(len(front.names), np.inf)
    ranges = spans(front.values)
    found = _least(front, places[0], caps)
    for settled, place in pairwise(places):
        caps[settled] = found[0][settled] + max(slack, HOLD) * ranges[settled]
        found = _least(front, place, caps)
    return solved(front, *found, "in the order " + ", ".join(front.names[place] for place in places))


def closest(front: Front, weights: Mapping[str, float] | None) -> Choice:
    """Return the point with the greatest closeness to the ideal by TOPSIS; all objectives alike without weights."""
    given = np.ones(len(front.names))
    if weights is not None:
        given = np.zeros(len(front.names))
        for name, weight in weights.items():
            given[place_of(front.names, name)] = weight
    if not (given >= 0).all() or not given.sum() > 0:
        cure = "give weights from 0 on, not all 0"
        raise InputError([Finding("weights", "weigh nothing", cure, value=str(dict(weights or {})))])
    closeness = topsis(front.values, given / given.sum(), -np.ones(len(given)))
    return of_front(front, int(closeness.argmax()), "TOPSIS")


def pseudo_weights(front: Front) -> pd.DataFrame:
    """Return, per point and objective, how near it is to the best: the gain over the worst, over the sum of all gains.

    Source: Deb, Multi-Objective Optimization using Evolutionary Algorithms (2001), section 8.2.
    """
    gains = (front.nadir - front.values) / spans(front.values)
    total = gains.sum(axis=1, keepdims=True)
    even = np.full_like(gains, 1.0 / gains.shape[1])
    weights = np.divide(gains, total, out=even, where=total > 0)
    return pd.DataFrame(weights, columns=front.names, index=front.points.index)


def open_navigator(front: Front) -> Navigator:
    """Return the warm model of a front, InputError where its objectives are not all linear."""
    if front.linear is None:
        cure = "explore linear objectives to move between the points"
        raise InputError([Finding("front", "has objectives that are not linear", cure)])
    return Navigator(*front.linear, spans(front.values))


def _normal(corners: Floats) -> Floats:
    """Return the direction at right angles to the plane through the corners; of equal parts where there is none."""
    count = corners.shape[1]
    try:
        normal = np.linalg.solve(corners, np.ones(count))
    except np.linalg.LinAlgError:
        return np.ones(count)
    return np.asarray(normal) if (normal > 0).all() else np.ones(count)


def _first(front: Front, place: int) -> Floats:
    weights = TIE_BREAK / spans(front.values)
    weights[place] = 1.0 / spans(front.values)[place]
    return np.asarray(weights)


def _least(front: Front, place: int, caps: Floats) -> tuple[Floats, Floats]:
    """Return objectives and columns of the best of one objective under caps, InputError where nothing keeps them."""
    if front.linear is not None:
        return front.navigator.best(_first(front, place), caps)
    keeps = np.flatnonzero((front.values <= caps).all(axis=1))
    if not len(keeps):
        cure = "loosen them; front.points has what was found"
        raise InputError([Finding("objectives", "cannot keep the bounds", cure)])
    chosen = int(keeps[front.values[keeps, place].argmin()])
    return front.values[chosen], front.columns[chosen]


def _words(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.6g}" for name, value in values.items())
