"""What is believed of a case after its monitored periods: a mean, a covariance, and the day up to which they hold.

A belief starts from a case's figures and a `Prior`, and learns period by period in order of time: first everything
drifts for as long as has passed, then the results are taken in (`abate.loop.update`). It always belongs to the problem
that it was started from; a problem that holds the believed figures already would count what was learnt twice, and is
refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.faults import freed, strained
from abate.loop.parameters import parameters_of
from abate.loop.periods import Period, years_between
from abate.loop.prior import Prior
from abate.loop.readings import Model, Readings, linearise, read_period, situation_of
from abate.loop.state import Layout, make_layout, starting_sd, yearly_drift
from abate.loop.update import Learnt, learn
from abate_data.errors import Finding, InputError
from abate_models.problem import Problem

Floats = NDArray[np.float64]
Keys = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Belief:
    """What is believed of the figures of a case.

    Attributes
    ----------
    prior : what was believed at first, with drifts and noise.
    options, loads, qualities : (source, measure), (source, pollutant), (receptor, parameter) in the problem's order.
    figures : hash of the figures of the problem that it belongs to.
    layout : what each number of theta stands for.
    drift : (size,), variance that each number gains in a year.
    mean, covariance : of theta, (size,) and (size, size).
    strain : (loads,), by how many standard deviations reports have lain off lately (`abate.loop.faults`).
    until : last day of the last period that was taken in; empty before the first.
    """

    prior: Prior
    options: Keys
    loads: Keys
    qualities: Keys
    figures: str
    layout: Layout
    drift: Floats
    mean: Floats
    covariance: Floats
    strain: Floats
    until: str

    def check(self, problem: Problem) -> None:
        """Raise InputError where the belief was started from other figures than those of a problem."""
        if figures_hash(problem) != self.figures:
            cure = "give the problem that the belief was started from, with the figures that the case came with"
            raise InputError([Finding("belief", "was started from other figures than this problem has", cure)])

    def ahead(self, years: float) -> Belief:
        """Return the belief as it will be after some years without a result: the same mean, less certain."""
        covariance = self.covariance.copy()
        covariance[np.diag_indices_from(covariance)] += self.drift * years
        return replace(self, covariance=covariance)

    def parameters(self) -> pd.DataFrame:
        """Return every figure that is believed, with the interval that holds it with a probability of 90 %.

        Returns
        -------
        Rows of kind, source, measure, receptor, pollutant, parameter, mean, lower, upper, prior. Kind is one of

        - effectiveness: removal of an option over what the case says; measure: the same of a measure anywhere
        - load, report, transfer, background: factor on the case's load, of the reports on the load, on the case's
          coefficient and background
        - background shift: quality that is added to a background that is not above 0

        `mean` is the median of what is believed, `prior` what was expected before anything was observed.
        """
        return parameters_of(self)

    def to_json(self) -> dict[str, Any]:
        """Return the belief as a document of numbers, texts and lists; `from_json` gives back the same belief."""
        lower = np.tril_indices(len(self.mean))
        arrays = {one.name: getattr(self.layout, one.name) for one in fields(Layout) if one.name != "size"}
        return {
            "prior": asdict(self.prior) | {name: _listed(getattr(self.prior, name)) for name in _GIVEN},
            "options": _listed(self.options),
            "loads": _listed(self.loads),
            "qualities": _listed(self.qualities),
            "figures": self.figures,
            "layout": {name: array.tolist() for name, array in arrays.items()},
            "drift": self.drift.tolist(),
            "mean": self.mean.tolist(),
            "covariance": self.covariance[lower].tolist(),
            "strain": self.strain.tolist(),
            "until": self.until,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Belief:
        """Return the belief of a document; exactly the numbers that `to_json` wrote."""
        mean = np.array(document["mean"], dtype=np.float64)
        covariance = np.zeros((len(mean), len(mean)))
        covariance[np.tril_indices(len(mean))] = document["covariance"]
        covariance += np.tril(covariance, -1).T
        kinds: dict[str, type] = {"pair_scale": np.float64, "additive": np.bool_}
        arrays: dict[str, Any] = {
            name: np.array(one, dtype=kinds.get(name, np.int64)) for name, one in document["layout"].items()
        }
        return cls(
            prior=Prior(**document["prior"]),
            options=_pairs(document["options"]),
            loads=_pairs(document["loads"]),
            qualities=_pairs(document["qualities"]),
            figures=document["figures"],
            layout=Layout(**arrays, size=len(mean)),
            drift=np.array(document["drift"], dtype=np.float64),
            mean=mean,
            covariance=covariance,
            strain=np.array(document["strain"], dtype=np.float64),
            until=document["until"],
        )


_GIVEN = ("loads", "backgrounds", "transfers")


def start(problem: Problem, prior: Prior) -> Belief:
    """Return what is believed before anything is observed.

    Parameters
    ----------
    problem : the case as numbers; the belief belongs to it.
    prior : how well its figures are known.

    Raises
    ------
    InputError
        Where there are more figures to be learnt than fit into one belief.
    """
    layout = make_layout(problem, prior)
    return Belief(
        prior=prior,
        options=tuple(problem.options.keys),
        loads=tuple(problem.loads.keys),
        qualities=tuple(problem.receptors.keys),
        figures=figures_hash(problem),
        layout=layout,
        drift=yearly_drift(problem, prior, layout),
        mean=np.zeros(layout.size),
        covariance=np.diag(starting_sd(problem, prior, layout) ** 2),
        strain=np.zeros(len(problem.loads.keys)),
        until="",
    )


def update(belief: Belief, problem: Problem, period: Period, extents: Floats) -> tuple[Belief, pd.DataFrame]:
    """Return what is believed after a period, and how its results lay to what was expected before them.

    Parameters
    ----------
    belief : before the period.
    problem : the problem that the belief was started from.
    period : the results; it may not end before the last one that was taken in.
    extents : (options,), extents of the measures in use during the period.

    Returns
    -------
    belief : afterwards.
    residuals : a row per result: kind (load, quality), source, receptor, pollutant, parameter, period_start,
        period_end, observed (the limit where it is `below` it), expected, scale (`log` or `linear`), residual (observed
        less expected on that scale), sd (of the residual, as it was expected), score (residual over sd), trust (1, or
        less where it was too far off to be taken in full), below.

    Raises
    ------
    InputError
        Where the period lies before one that was taken in, or the problem or extents belong to something else.
    """
    belief.check(problem)
    _check(belief, problem, period, extents)
    belief = belief.ahead(years_between(belief.until, period.end) if belief.until else period.years)
    faulty = freed(belief.strain, problem, belief.layout, extents)
    belief.covariance[faulty, faulty] += belief.prior.fault_sd**2
    model = Model(problem, belief.layout, belief.prior, situation_of(problem, period, extents))
    readings = read_period(model, period, model.response(belief.mean))
    if not len(readings.rows.value):
        nothing = np.zeros(0)
        none = Learnt(belief.mean, belief.covariance, nothing, nothing, nothing, nothing)
        return replace(belief, until=period.end), _residuals(problem, period, readings, none)
    learnt = learn(belief.mean, belief.covariance, lambda theta: linearise(model, readings, theta), readings.rows)
    score = (learnt.surprise / learnt.sd)[: len(readings.load)]
    after = replace(
        belief,
        mean=learnt.mean,
        covariance=learnt.covariance,
        strain=strained(belief.strain, readings.load, score),
        until=period.end,
    )
    return after, _residuals(problem, period, readings, learnt)


def figures_hash(problem: Problem) -> str:
    """Return a hash of the figures of a problem that a belief speaks of."""
    digest = hashlib.sha256(repr((problem.options.keys, problem.loads.keys, problem.receptors.keys)).encode())
    digest.update(np.ascontiguousarray(problem.loads.baseline).tobytes())
    digest.update(np.ascontiguousarray(problem.receptors.background).tobytes())
    for matrix in (problem.options.removal, problem.receptors.transfer):
        entries = sparse.coo_array(sparse.csr_array(matrix))
        for array in (*entries.coords, entries.data):
            digest.update(np.ascontiguousarray(array, dtype=np.float64).tobytes())
    return digest.hexdigest()


def _check(belief: Belief, problem: Problem, period: Period, extents: Floats) -> None:
    if belief.until and period.end < belief.until:
        found = f"the period ends before {belief.until}, up to which results were taken in"
        cure = "replay from an earlier belief with all periods in order of time (abate.loop.relearning)"
        raise InputError([Finding("observations", found, cure, value=f"{period.start} to {period.end}")])
    for name, array, count in (
        ("extents", extents, len(problem.options.keys)),
        ("quality", period.quality, len(problem.receptors.keys)),
        ("load", period.load, len(problem.loads.keys)),
    ):
        if len(array) != count:
            cure = f"give one for each of the {count} rows of the problem"
            raise InputError([Finding("belief", f"{len(array)} numbers of {name}", cure)])


def _residuals(problem: Problem, period: Period, readings: Readings, learnt: Learnt) -> pd.DataFrame:
    """Return the table of results against what was expected."""
    loads = [problem.loads.keys[row] for row in readings.load]
    qualities = [problem.receptors.keys[row] for row in readings.quality]
    blank_load, blank_quality = [""] * len(qualities), [""] * len(loads)
    observed, expected = (
        np.where(readings.logarithmic, np.exp(np.where(readings.logarithmic, one, 0.0)), one)
        for one in (readings.rows.value, learnt.expected)
    )
    return pd.DataFrame(
        {
            "kind": ["load"] * len(loads) + ["quality"] * len(qualities),
            "source": [source for source, _ in loads] + blank_load,
            "receptor": blank_quality + [receptor for receptor, _ in qualities],
            "pollutant": [pollutant for _, pollutant in loads] + blank_load,
            "parameter": blank_quality + [parameter for _, parameter in qualities],
            "period_start": period.start,
            "period_end": period.end,
            "observed": observed,
            "expected": expected,
            "scale": np.where(readings.logarithmic, "log", "linear").astype(object),
            "residual": learnt.surprise,
            "sd": learnt.sd,
            "score": learnt.surprise / learnt.sd,
            "trust": learnt.trust,
            "below": readings.rows.censored,
        }
    )


def _listed(rows: tuple[Any, ...]) -> list[list[Any]]:
    return [list(row) for row in rows]


def _pairs(rows: list[list[str]]) -> Keys:
    return tuple((str(one), str(other)) for one, other in rows)
