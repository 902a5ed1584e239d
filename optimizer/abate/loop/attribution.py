r"""Why what was measured is not what the plan expected: the difference split into parts that add up to it exactly.

Three figures stand at each receptor and for each reported load: what the plan expected, what is expected now that the
monitoring has been learnt from, and what was measured. The step from the second to the third is weather and what stays
`unexplained`. The step from the first to the second is split: a quality is background plus a sum over loads of

.. math:: T_{ki} e^{\tau_{ki}} \cdot A_i \cdot e^{g_i} \cdot (L^0_i - o_i \sum_j R_{ij} e_j x_j)

that is transfer, activity, level of the load and what the measures leave, four factors that all move at once. Each gets
its Shapley part (`abate.loop.shapley_parts`), so no order of the causes is taken for granted, and what the measures
leave is split further over the measures, in which it is linear:

- background: the quality that no load of the case makes, for good
- weather: what all receptors had in common in single periods, where the prior says that there is such a thing
- activity: sources were busier or idler than planned, as observed
- load_level: the loads are larger or smaller than the case says at the same activity
- delivery: measures ran for less time, or removed less, than planned (positive: quality rises where they fell short)
- transfer: the same load reaches the receptor more, or less, than the coefficients say
- report (of reported loads alone): reports are higher or lower than the load
- unexplained: none of these; noise of single results for the most part, whose mean lies s^2 / 2 above what is expected
  where single results scatter by s in logarithms

Only observations can tell causes apart: where they do not, the parts follow the priors, and the intervals of
`Belief.parameters` are wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.belief import Belief
from abate.loop.expectation import believed
from abate.loop.measured import Averages
from abate.loop.response import LOAD_KNEE, positive
from abate.loop.shapley_parts import leverage, product_parts
from abate_data.case import Case
from abate_models.problem import Problem

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Columns = dict[str, Floats | list[str]]

#: So many measures are named at each place, those with the greatest parts; the others are one row together.
NAMED = 10
OTHERS = "all others"

QUALITY_PARTS = ("background", "weather", "activity", "load_level", "delivery", "transfer", "unexplained")
LOAD_PARTS = ("activity", "load_level", "delivery", "report", "unexplained")


@dataclass(frozen=True)
class Attribution:
    """The parts of every difference, a row per place; parts add up to measured - modelled.

    Attributes
    ----------
    quality : receptor, parameter, unit, years (of results), modelled, the columns of `QUALITY_PARTS`, measured,
        largest (the name of the greatest part).
    load : source, pollutant, years, modelled, the columns of `LOAD_PARTS`, measured, largest.
    causes : the part `delivery` by measure: receptor and parameter, or pollutant of a reported load, source, measure,
        amount in the unit of the place.
    """

    quality: pd.DataFrame
    load: pd.DataFrame
    causes: pd.DataFrame


@dataclass(frozen=True)
class _Terms:
    """Terms of sums, each a product of factors: place that it adds to, load that it comes from."""

    place: Codes
    load: Codes
    names: tuple[str, ...]
    before: list[Floats]
    after: list[Floats]
    operation: Floats


class Attributing:
    """Splits the differences between a plan's expectation and what was measured.

    Parameters
    ----------
    problem : the one that both beliefs were started from.
    extents : (options,), in use while it was measured.
    before : what was believed when the plan was made.
    after : what is believed now.
    planned_activity : (loads,), that the plan expected, as a share of that behind the baseline.
    """

    def __init__(
        self, problem: Problem, extents: Floats, before: Belief, after: Belief, planned_activity: Floats
    ) -> None:
        self.problem, self.layout, self.planned = problem, after.layout, planned_activity
        self.old, self.new = believed(problem, before), believed(problem, after)
        full = sparse.csr_array(problem.options.removal.multiply(extents[None, :]))
        self.removed = [sparse.csr_array(full.multiply(one.effectiveness[None, :])) for one in (self.old, self.new)]
        size = sparse.csr_array(abs(full))
        total = np.asarray(size.sum(axis=1)).ravel()
        self.share = sparse.csr_array(size.multiply((1.0 / np.where(total > 0, total, 1.0))[:, None]))

    def attribute(self, case: Case, averages: Averages) -> Attribution:
        """Return the parts of every difference.

        Parameters
        ----------
        averages : what was measured, with the activity and operation of the same time.
        """
        quality, by_measure = self._quality(averages)
        load, of_loads = self._load(averages)
        keys = self.problem.receptors.keys
        named = {"receptor": [one for one, _ in keys], "parameter": [one for _, one in keys]}
        units = [case.settings.units.quality.get(parameter, "") for parameter in named["parameter"]]
        measured = pd.DataFrame({**named, "unit": units, "years": averages.quality_years, **quality})
        sources, pollutants = ([key[at] for key in self.problem.loads.keys] for at in (0, 1))
        loads = pd.DataFrame({"source": sources, "pollutant": pollutants, "years": averages.load_years, **load})
        loads.attrs["units"] = dict.fromkeys(["modelled", *LOAD_PARTS, "measured"], case.settings.units.load)
        causes = [
            *self._causes(by_measure, averages.quality_years > 0, keys, ("receptor", "parameter")),
            *self._causes(of_loads, averages.load_years > 0, self.problem.loads.keys, ("", "pollutant")),
        ]
        head = ["receptor", "parameter", "pollutant", "source", "measure", "amount"]
        table = pd.DataFrame(causes, columns=head, dtype=object).fillna(dict.fromkeys(head[:-1], ""))
        return Attribution(_seen(measured), _seen(loads), table.astype({"amount": np.float64}))

    def _quality(self, averages: Averages) -> tuple[Columns, sparse.csr_array]:
        layout, count = self.layout, len(self.problem.receptors.keys)
        place, load = layout.pair_row, layout.pair_load
        terms = self._terms(place, load, averages.activity[place, load], averages.operation[place, load])
        terms.before.append(self.old.transfer)
        terms.after.append(self.new.transfer)
        parts, by_measure = self._split(terms, (*terms.names, "transfer"), count)
        parts["background"] = self.new.background - self.old.background
        modelled = self.old.background + np.bincount(place, np.prod(terms.before, axis=0), count)
        expected = self.new.background + np.bincount(place, np.prod(terms.after, axis=0), count)
        parts["weather"] = averages.weather
        return _row(modelled, expected + averages.weather, averages.quality, parts, QUALITY_PARTS), by_measure

    def _load(self, averages: Averages) -> tuple[Columns, sparse.csr_array]:
        count = len(self.problem.loads.keys)
        every = np.arange(count)
        terms = self._terms(every, every, averages.load_activity, averages.load_operation)
        terms.before.append(np.ones(count))
        terms.after.append(self.new.report)
        parts, by_measure = self._split(terms, (*terms.names, "report"), count)
        modelled, expected = (np.prod(one, axis=0) for one in (terms.before, terms.after))
        return _row(modelled, expected, averages.load, parts, LOAD_PARTS), by_measure

    def _terms(self, place: Codes, load: Codes, activity: Floats, operation: Floats) -> _Terms:
        """Return activity, level and what the measures leave of each term, as planned and as believed now."""
        full = np.ones(len(load))
        return _Terms(
            place=place,
            load=load,
            names=("activity", "load_level", "delivery"),
            before=[self.planned[load], self.old.growth[load], self._left(self.removed[0], load, full)],
            after=[activity, self.new.growth[load], self._left(self.removed[1], load, operation)],
            operation=operation,
        )

    def _left(self, removed: sparse.csr_array, load: Codes, operation: Floats) -> Floats:
        """Return what measures leave of the baseline of each load, where they operate for a share of the time."""
        baseline = self.problem.loads.baseline[load]
        scale = np.where(baseline > 0, baseline, 1.0)
        left = baseline - operation * np.asarray(removed.sum(axis=1)).ravel()[load]
        return np.where(baseline > 0, positive(left / scale, LOAD_KNEE)[0] * scale, 0.0)

    def _split(self, terms: _Terms, names: tuple[str, ...], count: int) -> tuple[dict[str, Floats], sparse.csr_array]:
        """Return the parts of each place by name, and the part of delivery by option (places x options)."""
        parts = product_parts(terms.before, terms.after)
        at = names.index("delivery")
        weight = leverage(terms.before, terms.after, at)

        def spread(values: Floats) -> sparse.csr_array:
            shape = (count, len(self.problem.loads.keys))
            return sparse.csr_array(sparse.coo_array((values, (terms.place, terms.load)), shape=shape))

        by_option = spread(weight) @ self.removed[0] - spread(weight * terms.operation) @ self.removed[1]
        planned, now = (np.asarray(one.sum(axis=1)).ravel()[terms.load] for one in self.removed)
        # where almost nothing is left, what measures leave is not quite linear in them: the rest goes by their size
        rest = parts[at] - weight * (planned - terms.operation * now)
        by_option = by_option + spread(rest) @ self.share
        sums = {
            name: np.asarray(np.bincount(terms.place, part, count), dtype=np.float64)
            for name, part in zip(names, parts, strict=True)
        }
        return sums, sparse.csr_array(by_option)

    def _causes(
        self, by_option: sparse.csr_array, seen: NDArray[np.bool_], keys: list[tuple[str, str]], head: tuple[str, str]
    ) -> list[dict[str, object]]:
        """Return the parts of measures at each place, the greatest by name and the others together."""
        rows: list[dict[str, object]] = []
        for place in np.flatnonzero(seen):
            own = slice(by_option.indptr[place], by_option.indptr[place + 1])
            option, amount = by_option.indices[own], by_option.data[own]
            order = np.argsort(-np.abs(amount), kind="stable")
            where = {name: key for name, key in zip(head, keys[place], strict=True) if name}
            for at in order[:NAMED]:
                source, measure = self.problem.options.keys[option[at]]
                rows.append({**where, "source": source, "measure": measure, "amount": float(amount[at])})
            if len(order) > NAMED:
                rest = float(amount[order[NAMED:]].sum())
                rows.append({**where, "source": OTHERS, "measure": OTHERS, "amount": rest})
        return rows


def _row(
    modelled: Floats, explained: Floats, measured: Floats, parts: dict[str, Floats], names: tuple[str, ...]
) -> Columns:
    """Return the columns of a table of parts; `explained` is modelled and all parts but the last together."""
    parts = {**parts, "unexplained": measured - explained}
    table = np.array([parts[name] for name in names])
    largest = np.where(np.isnan(measured), 0, np.argmax(np.abs(np.nan_to_num(table)), axis=0))
    named = {name: parts[name] for name in names}
    return {"modelled": modelled, **named, "measured": measured, "largest": [names[one] for one in largest]}


def _seen(table: pd.DataFrame) -> pd.DataFrame:
    """Return the places at which anything was measured."""
    units = table.attrs
    seen = table[table["years"] > 0].reset_index(drop=True)
    seen.attrs = units
    return seen
