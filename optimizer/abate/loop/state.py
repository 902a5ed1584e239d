"""The state: which number of theta stands for what, how uncertain it is at first, and how fast it drifts.

theta holds deviations from the case, all with mean 0 at the start. A load, a report bias, a transfer coefficient or a
background is the case's figure times e^theta, so that the case's figure is the median of what is believed; a background
that is not above 0 (the intercept of a signed model) is the case's figure plus theta. The effectiveness of an option is
about 1 + theta (see `abate.loop.response`).

An option that removes nothing, a load of zero and a background of exactly zero that states no deviation have no number.
Where a case has more than `PAIRS_IN_STATE` transfer coefficients, the own part is kept for those that matter most to
the quality of their receptor at the baseline; the own part of the others counts as noise of each single result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.prior import Prior
from abate_data.errors import Finding, InputError
from abate_models.problem import Problem

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Coefficients whose own part is estimated; more of them would cost time and hardly tell anything.
PAIRS_IN_STATE = 1500
#: Numbers of theta beyond which an update takes more than seconds and its covariance more than memory should.
MOST_NUMBERS = 4000


@dataclass(frozen=True)
class Layout:
    """Which number of theta stands for what; -1 where a thing has none.

    Attributes
    ----------
    common, own : (options,), the part of an option's effectiveness that its measure shares, and its own part.
    growth, report : (loads,), log of the load over the case's, log of the reports over the load.
    receptor : (qualities,), the part of log transfer that is shared by all that reaches a quality.
    source : (loads,), the part that is shared by all that a load does.
    pair_row, pair_load : (pairs,), quality and load of each transfer coefficient.
    pair : (pairs,), its own part.
    pair_scale : (pairs,), factor on the three parts of a coefficient that is known better or worse than most.
    background : (qualities,).
    additive : (qualities,), True where the background's number is added to it.
    size : numbers in theta.
    """

    common: Codes
    own: Codes
    growth: Codes
    report: Codes
    receptor: Codes
    source: Codes
    pair_row: Codes
    pair_load: Codes
    pair: Codes
    pair_scale: Floats
    background: Codes
    additive: Mask
    size: int


def make_layout(problem: Problem, prior: Prior) -> Layout:
    """Return the layout of theta for a problem.

    Raises
    ------
    InputError
        Where it would hold more than `MOST_NUMBERS` numbers.
    """
    transfer = sparse.coo_array(sparse.csr_array(problem.receptors.transfer))
    pair_row, pair_load = (np.asarray(place, dtype=np.int64) for place in transfer.coords)
    scale = _pair_scale(problem, prior, pair_row, pair_load)
    number = _Counter()
    removes = np.zeros(len(problem.options.keys), dtype=bool)
    removes[sparse.coo_array(problem.options.removal).coords[1]] = True
    emits = problem.loads.baseline > 0
    reaches = np.bincount(pair_load, minlength=len(emits)) > 0
    felt = np.bincount(pair_row, minlength=len(problem.receptors.keys)) > 0
    background_sd = _background_sd(problem, prior)
    layout = Layout(
        common=number.shared(np.where(removes, problem.options.measure, -1)),
        own=number.each(removes),
        growth=number.each(emits),
        report=number.each(emits),
        receptor=number.each(felt),
        source=number.each(emits & reaches),
        pair_row=pair_row,
        pair_load=pair_load,
        pair=number.each(_estimated(problem, transfer, scale)),
        pair_scale=scale,
        background=number.each(background_sd > 0),
        additive=problem.receptors.background <= 0,
        size=number.count,
    )
    if layout.size > MOST_NUMBERS:
        problem_ = f"{layout.size} figures are to be learnt, more than the {MOST_NUMBERS} that fit into one belief"
        raise InputError([Finding("belief", problem_, "split the case by region, and give each part its own belief")])
    return layout


def starting_sd(problem: Problem, prior: Prior, layout: Layout) -> Floats:
    """Return the standard deviation of each number of theta before anything is observed (size,)."""
    load_sd = np.full(len(problem.loads.keys), prior.load_sd)
    place = {key: row for row, key in enumerate(problem.loads.keys)}
    for source, pollutant, sd in prior.loads:
        if (source, pollutant) in place:
            load_sd[place[source, pollutant]] = sd
    return _spread(
        layout,
        common=prior.measure_sd,
        own=prior.option_sd,
        growth=load_sd,
        report=prior.report_sd,
        receptor=prior.receptor_sd,
        source=prior.source_sd,
        pair=prior.pair_sd,
        background=_background_sd(problem, prior),
    )


def yearly_drift(problem: Problem, prior: Prior, layout: Layout) -> Floats:
    """Return the variance that each number of theta gains in a year (size,)."""
    background = np.where(layout.additive, np.abs(problem.receptors.background), 1.0) * prior.background_drift
    return np.asarray(
        _spread(
            layout,
            common=prior.measure_drift,
            own=prior.option_drift,
            growth=prior.load_drift,
            report=prior.report_drift,
            receptor=prior.transfer_drift,
            source=prior.transfer_drift,
            pair=0.0,
            background=background,
        )
        ** 2
    )


def _spread(layout: Layout, **figures: float | Floats) -> Floats:
    """Write figures of every kind to their places in a vector like theta."""
    vector = np.zeros(layout.size + 1)  # the last place takes what has no number
    for name, figure in figures.items():
        vector[getattr(layout, name)] = figure
    return vector[:-1]


class _Counter:
    """Gives out the next numbers of theta."""

    def __init__(self) -> None:
        self.count = 0

    def each(self, wanted: Mask) -> Codes:
        """Give every place that wants one a number of its own."""
        numbers = np.full(len(wanted), -1, dtype=np.int64)
        numbers[wanted] = self.count + np.arange(int(wanted.sum()))
        self.count += int(wanted.sum())
        return numbers

    def shared(self, label: Codes) -> Codes:
        """Give every label of at least 0 a number."""
        known, inverse = np.unique(label[label >= 0], return_inverse=True)
        numbers = np.full(len(label), -1, dtype=np.int64)
        numbers[label >= 0] = self.count + inverse
        self.count += len(known)
        return numbers


def _background_sd(problem: Problem, prior: Prior) -> Floats:
    """Return the standard deviation of each background's number: relative, or in its unit where it is additive."""
    value = problem.receptors.background
    sd = prior.background_sd * np.where(value > 0, 1.0, np.abs(value))
    place = {key: row for row, key in enumerate(problem.receptors.keys)}
    for receptor, parameter, given in prior.backgrounds:
        row = place.get((receptor, parameter))
        if row is not None:
            sd[row] = given / value[row] if value[row] > 0 else given
    return np.asarray(sd)


def _pair_scale(problem: Problem, prior: Prior, pair_row: Codes, pair_load: Codes) -> Floats:
    """Return by what the parts of each coefficient are multiplied to come to the deviation that is given for it."""
    scale = np.ones(len(pair_row))
    if prior.transfers and prior.transfer_sd > 0:
        qualities = {key: row for row, key in enumerate(problem.receptors.keys)}
        loads = {key: row for row, key in enumerate(problem.loads.keys)}
        pairs = {pair: number for number, pair in enumerate(zip(pair_row.tolist(), pair_load.tolist(), strict=True))}
        for source, receptor, pollutant, parameter, sd in prior.transfers:
            pair = (qualities.get((receptor, parameter), -1), loads.get((source, pollutant), -1))
            if pair in pairs:
                scale[pairs[pair]] = sd / prior.transfer_sd
    return scale


def _estimated(problem: Problem, transfer: sparse.coo_array, scale: Floats) -> Mask:
    """Return the coefficients whose own part is estimated: those that move the quality of their receptor most."""
    row, load = transfer.coords
    effect = np.abs(transfer.data) * problem.loads.baseline[load]
    total = np.abs(problem.receptors.background) + np.bincount(row, effect, len(problem.receptors.keys))
    share = scale * np.divide(effect, total[row], out=np.zeros_like(effect), where=total[row] > 0)
    wanted = share > 0
    if wanted.sum() > PAIRS_IN_STATE:
        wanted &= share >= np.sort(share)[-PAIRS_IN_STATE]
    return np.asarray(wanted)
