"""A front: the plans among which none is better than another in every objective, and what is known of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyomo.core.base.PyomoModel import ConcreteModel

from abate.errors import Finding, InputError
from abate.front.criterion import Criterion
from abate.front.exact.point import Floats
from abate.front.indicators import coverage, hypervolume
from abate.front.source import ModelSource, Source
from abate.plan import Plan
from abate.reported import Reported

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from abate.front.choice import Choice
    from abate.front.exact.space import LinearObjective
    from abate.front.navigator import Navigator
    from abate_models.compile import CompiledModel


@dataclass(frozen=True, eq=False)
class Front(Reported):
    """Points of which none dominates another, in the order of the first objective, best first.

    Attributes
    ----------
    criteria : the objectives: name, unit, whether more is better.
    values : (points x p) objectives to be minimised: the negatives of those of which more is better.
    columns : (points x columns) of the model.
    optimal, gaps : (points) whether the solve of each point went to its end, and its relative gap.
    ideal, scale : (p) proved least value of each objective, and its range between the corners; NaN where not known.
    gap : the most by which a point that was missed could be better than the front in every objective, as a share of the
        ranges; infinite where nothing is proved. Between points of a convex front lies their mixture.
    unexplored : share of the rectangle between the corners in which unknown points may lie, where that is known.
    method, why : how the front was found, and why so.
    reason : why it was stopped before its end; blank where it was not.
    solves : how many solves were made, by name.
    history : a row per generation of a search: generation, evaluations, hypervolume; empty without one.
    origin : the model behind the front, and the case where there is one, see `abate.front.source`.
    """

    criteria: tuple[Criterion, ...]
    values: Floats
    columns: Floats
    optimal: np.ndarray
    gaps: Floats
    ideal: Floats
    scale: Floats
    gap: float
    unexplored: float
    method: str
    why: str
    reason: str
    solves: dict[str, int]
    history: pd.DataFrame
    origin: Source

    def __len__(self) -> int:
        return len(self.values)

    @property
    def names(self) -> list[str]:
        """The names of the objectives."""
        return [criterion.name for criterion in self.criteria]

    @property
    def signs(self) -> Floats:
        """1 for an objective that is minimised, -1 for one of which more is better."""
        return np.array([-1.0 if criterion.maximised else 1.0 for criterion in self.criteria])

    @property
    def complete(self) -> bool:
        """Whether it was found to the gap that was asked for; never where nothing is known of what was missed."""
        return not self.reason and bool(np.isfinite(self.gap))

    @property
    def status(self) -> str:
        """Say whether the front is complete, complete to a gap, or truncated and why."""
        left = "nothing is known of what was missed" if not np.isfinite(self.gap) else f"gap {self.gap:.2g}"
        if self.reason:
            return f"truncated because {self.reason}; {left}"
        if not np.isfinite(self.gap):
            return f"searched; {left}"
        return "complete" if self.gap == 0 else f"complete to gap {self.gap:.2g}"

    @cached_property
    def points(self) -> pd.DataFrame:
        """A row per point: its objectives as people read them, the status and the gap of its solve."""
        table = pd.DataFrame(self.values * self.signs, columns=self.names)
        table["status"] = np.where(self.optimal, "optimal", "feasible")
        table["gap"] = self.gaps
        table.index.name = "point"
        table.attrs["units"] = {criterion.name: criterion.unit for criterion in self.criteria}
        return table

    @property
    def nadir(self) -> Floats:
        """The worst value of each objective over the points, to be minimised."""
        return np.asarray(self.values.max(axis=0))

    @cached_property
    def rates(self) -> pd.DataFrame:
        """What the second of two objectives gains by one unit of the first, between one point and the next.

        Raises
        ------
        InputError
            Where there are more objectives; ask a chosen point for its rates then.
        """
        if len(self.criteria) != 2:
            cure = "choose a point, such as front.knee(), and look at its rates"
            raise InputError([Finding("front", "has more than two objectives", cure)])
        first, second = self.names
        steps = np.diff(self.values * self.signs, axis=0)
        rates = pd.DataFrame(
            {"from": range(len(steps)), "to": range(1, len(steps) + 1), "rate": steps[:, 1] / steps[:, 0]}
        )
        rates.attrs["units"] = {"rate": f"{self.criteria[1].unit} of {second} per {self.criteria[0].unit} of {first}"}
        return rates

    def hypervolume(self, reference: Mapping[str, float] | None = None) -> float:
        """Return the share of the box between ideal and reference that the points dominate.

        Parameters
        ----------
        reference : a value of each objective that every point should beat; the worst of the points without it.
        """
        worst = self.nadir if reference is None else self.minimised(reference)
        best = np.where(np.isnan(self.ideal), self.values.min(axis=0), self.ideal)
        return hypervolume(self.values, best, worst)

    def coverage(self, other: Front) -> float:
        """Return the share of another front's points that are no better than some point of this one."""
        if self.criteria != other.criteria:
            cure = "compare fronts of the same objectives in the same order"
            raise InputError([Finding("front", "has other objectives", cure, value=", ".join(other.names))])
        return coverage(self.values, other.values)

    def minimised(self, values: Mapping[str, float]) -> Floats:
        """Return values of all objectives in the order of the criteria, to be minimised.

        Raises
        ------
        InputError
            Where one is missing, unknown or no number.
        """
        given = self.read(values)
        missing = [self.names[place] for place in np.flatnonzero(np.isnan(given))]
        if missing:
            cure = "give a value for each objective"
            raise InputError([Finding("objectives", "has no value", cure, value=name) for name in missing])
        return given

    def read(self, values: Mapping[str, float]) -> Floats:
        """Return values of some objectives, to be minimised; NaN for the others.

        Names may leave out what follows a colon.
        """
        from abate.front.naming import place_of

        read = np.full(len(self.criteria), np.nan)
        for name, value in values.items():
            place = place_of(self.names, name)
            if not np.isfinite(value):
                cure = "give a finite number"
                raise InputError([Finding("objectives", "is no number", cure, row=name, value=str(value))])
            read[place] = value * self.signs[place]
        return read

    def plan(self, point: int) -> Plan:
        """Return the verified plan of a point.

        Raises
        ------
        InputError
            Where there is no such point, or the front is one of a model and not of a case.
        """
        return self.plan_at(self.columns[self.check(point)], f"front point {point}")

    def fill(self, point: int) -> ConcreteModel:
        """Return the Pyomo model with the values of a point in its variables.

        Raises
        ------
        InputError
            Where there is no such point, or the front was read from a file without its case.
        """
        if isinstance(self.origin, ModelSource):
            return self.origin.fill(self.columns[self.check(point)])
        return self.plan(point).model

    def plan_at(self, columns: Floats, name: str) -> Plan:
        """Return the verified plan of given columns, by a name that it carries."""
        return self.origin.plan(columns, name)

    @property
    def linear(self) -> tuple[CompiledModel, list[LinearObjective]] | None:
        """The model behind the front with its objectives; None where one of them is not linear."""
        return self.origin.linear

    @cached_property
    def navigator(self) -> Navigator:
        """The model, kept open to move along the front."""
        from abate.front.choose import open_navigator

        return open_navigator(self)

    def check(self, point: int) -> int:
        """Return the number of a point, InputError where there is none."""
        if isinstance(point, bool) or not isinstance(point, int | np.integer) or not 0 <= point < len(self):
            cure = f"choose one from 0 to {len(self) - 1}"
            raise InputError([Finding("front", "has no such point", cure, value=repr(point))])
        return int(point)

    def knee(self) -> Choice:
        """Return the point where giving up a little of one objective stops buying much of another."""
        from abate.front.choose import knee

        return knee(self)

    def near(self, reference: Mapping[str, float] | None = None, **values: float) -> Choice:
        """Return the point nearest to what is wished for, by the greatest distance over the objectives' ranges."""
        from abate.front.choose import near

        return near(self, {**(reference or {}), **values})

    def best(self, objective: str, within: Mapping[str, float] | None = None, **bounds: float) -> Choice:
        """Return the best point of one objective while the others keep bounds."""
        from abate.front.choose import best

        return best(self, objective, {**(within or {}), **bounds})

    def lexicographic(self, order: list[str], slack: float = 0.0) -> Choice:
        """Return the point that settles objective after objective, each held within a slack (share of its range)."""
        from abate.front.choose import lexicographic

        return lexicographic(self, order, slack)

    def topsis(self, weights: Mapping[str, float] | None = None) -> Choice:
        """Return the point closest to the best of every objective and farthest from the worst (TOPSIS)."""
        from abate.front.choose import closest

        return closest(self, weights)

    def pseudo_weights(self) -> pd.DataFrame:
        """Return the weight that each point gives to each objective: how near it is to its best, of all objectives."""
        from abate.front.choose import pseudo_weights

        return pseudo_weights(self)

    def plot(self) -> Figure:
        """Return a figure: the curve of two objectives, or parallel coordinates and pairs of more."""
        from abate.front.figures.front_figure import front_figure

        return front_figure(self)

    def save(self, path: str | Path) -> None:
        """Write the front to a file from which `abate.front.load` reads it."""
        from abate.front.stored import save

        save(self, Path(path))

    def __repr__(self) -> str:
        return f"<Front of {' and '.join(self.names)}: {len(self)} points, {self.method}, {self.status}>"
