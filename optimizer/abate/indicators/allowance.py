"""What each source is allowed, and the names and units that every table of indicators needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.plan import Plan
from abate_data import units
from abate_data.case import Case
from abate_models.problem import Problem

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
Words = NDArray[np.object_]


@dataclass(frozen=True)
class Allowance:
    """What each load of a plan is allowed.

    Attributes
    ----------
    plan : the plan.
    allowed : (loads,), what each may emit, in the load unit of the case; with what early action was given back.
    given_back : (loads,), how much of it early action was given back out of reserves.
    credit : (loads,), what early action may still ask back.
    reserves : a row per target with a reserve: reserve, to_growth, to_early_action, left, in the load unit.
    """

    plan: Plan
    allowed: Floats
    given_back: Floats
    credit: Floats
    reserves: pd.DataFrame

    @property
    def case(self) -> Case:
        """The case that the plan is verified against."""
        return self.plan.case

    @property
    def problem(self) -> Problem:
        """The same as numbers."""
        return self.plan._problem

    @cached_property
    def source(self) -> Words:
        """Source of each load (loads,)."""
        return np.array(self.problem.sources, dtype=object)[self.problem.loads.source]

    @cached_property
    def pollutant(self) -> Words:
        """Pollutant of each load (loads,)."""
        return np.array(self.problem.pollutants, dtype=object)[self.problem.loads.pollutant]

    @cached_property
    def is_point(self) -> Mask:
        """Whether each load comes out of an outfall or stack (loads,)."""
        return np.asarray(self.case.words("sources", "kind") == "point")[self.problem.loads.source]

    @cached_property
    def flow(self) -> Floats:
        """Effluent flow behind each load (loads,), in the flow unit of the case; NaN for a diffuse source."""
        flow = self.case.values("sources", "flow")[self.problem.loads.source]
        return np.where(self.is_point, flow, np.nan)

    @cached_property
    def expected(self) -> Floats:
        """What the measures of the plan leave of each load (loads,)."""
        problem = self.problem
        return np.asarray(problem.loads.baseline - problem.options.removal @ self.plan._outcome.extent)

    @property
    def load_unit(self) -> str:
        """Unit of loads, a mass per time."""
        return self.case.settings.units.load

    @property
    def mass_unit(self) -> str:
        """Unit of the mass that is emitted in a time."""
        return units.spelling(self.load_unit).partition("/")[0]

    @cached_property
    def mass_per_year(self) -> float:
        """By what a load is multiplied to be a mass in a year."""
        return float(units.factor(self.load_unit, f"{self.mass_unit}/yr", "load"))

    @property
    def concentration_unit(self) -> str:
        """Unit of concentrations: mg/L, or mg/m3 where the case knows qualities and all are per cubic metre (air)."""
        known = [units.spelling(unit) for unit in self.case.settings.units.quality.values()]
        return "mg/m3" if known and all(unit.endswith("/m3") for unit in known) else "mg/L"

    @cached_property
    def per_flow(self) -> float:
        """By what load over flow is multiplied to be a concentration; NaN where the case has no unit of flow."""
        flow = self.case.settings.units.flow
        if not flow:
            return np.nan
        # kg/d over m3/d are kg/m3
        by = units.factor(self.load_unit, "kg/d", "load") / units.factor(flow, "m3/d", "flow")
        return float(by * units.factor("kg/m3", self.concentration_unit, "quality"))

    def concentration(self, load: Floats, rows: Codes) -> Floats:
        """Return the concentration of loads at the flows of their sources; NaN where there is none.

        Parameters
        ----------
        load : in the load unit of the case.
        rows : which load of the case each is.
        """
        flow = self.flow[rows]
        has_flow = flow > 0
        return np.asarray(np.divide(load * self.per_flow, flow, out=np.full(len(load), np.nan), where=has_flow))
