"""Quality at every receptor, from the transfer table and the river."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from abate.certify.arrays import Codes, Floats, totals
from abate_data.case import Case
from abate_models.transport.river import RiverTransfer, river_transfer


@dataclass(frozen=True, eq=False)
class Part:
    """Some coefficients: `place` is receptor x parameter, `origin` is source x pollutant."""

    place: Codes
    origin: Codes
    coefficient: Floats


class Quality:
    """The response of quality to load; results are flat arrays over receptor x parameter."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._river = river_transfer(case) if len(case.tables["reaches"]) else None
        self.parameters = len(case.ids("transfer", "parameter"))
        if self._river is not None:
            self.parameters = max(self.parameters, len(self._river.parameters))
        self.places = len(case.ids("receptors", "receptor")) * self.parameters
        self._pollutants = len(case.ids("loads", "pollutant"))
        self._cells = len(case.ids("sources", "source")) * self._pollutants
        self._cell = case.codes("loads", "source") * self._pollutants + case.codes("loads", "pollutant")

    def place(self, receptor: Codes, parameter: Codes) -> Codes:
        """Return the positions of receptors and parameters in the results."""
        return receptor * self.parameters + parameter

    @cached_property
    def background(self) -> Floats:
        """Quality with no load at all."""
        case, values = self._case, np.zeros(self.places)
        if river := self._river:
            values[self.place(river.background_receptor, river.background_parameter)] = river.background_value
        own = self.place(case.codes("background", "receptor"), case.codes("background", "parameter"))
        values[own] = case.values("background", "value")
        return values

    @cached_property
    def background_sd(self) -> Floats:
        """Standard deviation of the background, 0 where the table gives none."""
        case, values = self._case, np.zeros(self.places)
        own = self.place(case.codes("background", "receptor"), case.codes("background", "parameter"))
        values[own] = np.nan_to_num(case.values("background", "sd"))
        return values

    def rise(self, load: Floats) -> Floats:
        """Return what loads (one of each row of `loads`) add to the background."""
        return self._total(load, absolute=False)

    def terms(self, load: Floats) -> Floats:
        """Return the sums of the absolute contributions of loads and background."""
        return np.abs(self.background) + self._total(load, absolute=True)

    def entries(self) -> tuple[Codes, Codes, Floats]:
        """Return place, origin (source x pollutant) and coefficient of every row of the table, then of the river."""
        parts = self._parts
        return (
            np.concatenate([part.place for part in parts]),
            np.concatenate([part.origin for part in parts]),
            np.concatenate([part.coefficient for part in parts]),
        )

    def coefficients(self, places: Codes, blank: float) -> tuple[Codes, Codes, Floats, Floats]:
        """Return place, load, coefficient and its standard deviation, once for each place and load, in their order.

        Parameters
        ----------
        places : those to be looked at.
        blank : standard deviation over the coefficient where the table gives none, and for the river.
        """
        place, origin, coefficient = self.entries()
        given = np.full(len(place), np.nan)
        given[: len(self._case.tables["transfer"])] = self._case.values("transfer", "relative_sd")
        deviation = coefficient * np.where(np.isnan(given), blank, given)
        of_origin = np.full(self._cells, -1)
        of_origin[self._cell] = np.arange(len(self._cell))
        load, loads = of_origin[origin], len(self._cell)
        kept = np.isin(place, places) & (load >= 0)
        key, at = np.unique(place[kept] * loads + load[kept], return_inverse=True)
        coefficient, deviation = (totals(at.ravel(), values[kept], len(key)) for values in (coefficient, deviation))
        return key // loads, key % loads, coefficient, deviation

    def _total(self, load: Floats, *, absolute: bool) -> Floats:
        of_cell = totals(self._cell, load, self._cells)
        total = np.zeros(self.places)
        for part in self._parts:
            contribution: Floats = of_cell[part.origin]
            np.multiply(contribution, part.coefficient, out=contribution)
            if absolute:
                np.abs(contribution, out=contribution)
            total += totals(part.place, contribution, self.places)
        return total

    @cached_property
    def _parts(self) -> list[Part]:
        parts = [self._table()]
        return parts if self._river is None else [*parts, self._of_river(self._river)]

    def _table(self) -> Part:
        case = self._case
        place = case.codes("transfer", "receptor") * self.parameters
        place += case.codes("transfer", "parameter")
        origin = case.codes("transfer", "source") * self._pollutants
        origin += case.codes("transfer", "pollutant")
        return Part(place, origin, case.values("transfer", "coefficient"))

    def _of_river(self, river: RiverTransfer) -> Part:
        origin = river.source * self._pollutants + river.pollutant
        return Part(self.place(river.receptor, river.parameter), origin, river.coefficient)
