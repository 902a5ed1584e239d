"""Quality at receptors as a linear function of the loads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate_data.case import Case
from abate_models.transport.river import river_transfer

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Spread:
    """Relative standard deviations that the case gives: row and column of the coefficient, coefficient, deviation."""

    row: Codes
    column: Codes
    coefficient: Floats
    relative_sd: Floats


@dataclass(frozen=True)
class Receptors:
    """Quality q = background + transfer @ load.

    Attributes
    ----------
    keys : (receptor, parameter) of each quality that something contributes to or that a target limits.
    position : (receptors x parameters), row of the pair in `keys`, -1 where there is none.
    transfer : (qualities x loads), quality unit per load unit.
    background : quality with no load of the loads table.
    population : people exposed, 0 where the case gives none.
    spread : what the case says of the errors of coefficients.
    background_sd : standard deviation of the background, 0 where the case gives none.
    """

    keys: list[tuple[str, str]]
    position: Codes
    transfer: sparse.csr_array
    background: Floats
    population: Floats
    spread: Spread
    background_sd: Floats

    def deviation(self, relative_sd: float) -> sparse.csr_array:
        """Return the standard deviation of each coefficient, entry by entry of `transfer`.

        Parameters
        ----------
        relative_sd : standard deviation over the coefficient where the case gives none.
        """
        entries, given = sparse.coo_array(self.transfer), self.spread
        row, column = entries.coords
        other = given.coefficient * (given.relative_sd - relative_sd)
        data = np.concatenate([entries.data * relative_sd, other])
        at = (np.concatenate([row, given.row]), np.concatenate([column, given.column]))
        return sparse.csr_array(sparse.coo_array((data, at), shape=self.transfer.shape))

    @property
    def parameters(self) -> list[str]:
        """The distinct parameters, in order of appearance."""
        return list(dict.fromkeys(parameter for _, parameter in self.keys))


def read_receptors(case: Case, source: Codes, pollutant: Codes) -> Receptors:
    """Read the transfer matrix, the river and the background; `source` and `pollutant` describe the loads."""
    responses = _Responses(case)
    present = np.zeros((len(case.ids("transfer", "receptor")), len(responses.parameters)), dtype=bool)
    present[responses.receptor, responses.parameter] = True
    present[responses.background_receptor, responses.background_parameter] = True
    named = case.codes("targets", "receptor")
    present[named[named >= 0], case.codes("targets", "parameter")[named >= 0]] = True
    position = np.where(present, np.cumsum(present).reshape(present.shape) - 1, -1)
    of_receptor, of_parameter = np.nonzero(present)
    background = np.zeros(len(of_receptor))
    at = position[responses.background_receptor, responses.background_parameter]
    background[at] = responses.background_value
    own = position[case.codes("background", "receptor"), case.codes("background", "parameter")]
    background_sd = np.zeros(len(of_receptor))
    background_sd[own] = np.nan_to_num(case.values("background", "sd"))
    receptors = case.ids("transfer", "receptor")
    return Receptors(
        keys=[(receptors[i], responses.parameters[j]) for i, j in zip(of_receptor, of_parameter, strict=True)],
        position=position,
        transfer=_matrix(case, responses, position, source, pollutant),
        background=background,
        population=_population(case, len(receptors))[of_receptor],
        spread=_spread(case, position, source, pollutant),
        background_sd=background_sd,
    )


class _Responses:
    """Coefficients and backgrounds of the tables and of the river together, as codes and values."""

    def __init__(self, case: Case) -> None:
        table = [case.codes("transfer", name) for name in ("source", "receptor", "pollutant", "parameter")]
        given = [case.codes("background", name) for name in ("receptor", "parameter")]
        self.parameters = case.ids("transfer", "parameter")
        self.coefficient = case.values("transfer", "coefficient")
        self.background_value = case.values("background", "value")
        if len(case["reaches"]):
            river = river_transfer(case)
            self.parameters = list(river.parameters)
            of_river = (river.source, river.receptor, river.pollutant, river.parameter)
            table = [np.concatenate(pair) for pair in zip(table, of_river, strict=True)]
            natural = (river.background_receptor, river.background_parameter)
            given = [np.concatenate(pair) for pair in zip(given, natural, strict=True)]
            self.coefficient = np.concatenate([self.coefficient, river.coefficient])
            self.background_value = np.concatenate([self.background_value, river.background_value])
        self.source, self.receptor, self.pollutant, self.parameter = table
        self.background_receptor, self.background_parameter = given


def _matrix(case: Case, responses: _Responses, position: Codes, source: Codes, pollutant: Codes) -> sparse.csr_array:
    column = _load_places(case, source, pollutant)[responses.source, responses.pollutant]
    row = position.astype(np.int32)[responses.receptor, responses.parameter]
    coefficient = responses.coefficient
    emitted = column >= 0
    if not emitted.all():
        row, column, coefficient = row[emitted], column[emitted], coefficient[emitted]
    shape = (int(position.max(initial=-1)) + 1, len(source))
    return sparse.csr_array(sparse.coo_array((coefficient, (row, column)), shape=shape))


def _spread(case: Case, position: Codes, source: Codes, pollutant: Codes) -> Spread:
    given = case.values("transfer", "relative_sd")
    load = _load_places(case, source, pollutant)
    known = np.flatnonzero(~np.isnan(given))
    column = load[case.codes("transfer", "source")[known], case.codes("transfer", "pollutant")[known]]
    known, column = known[column >= 0], column[column >= 0]
    row = position[case.codes("transfer", "receptor")[known], case.codes("transfer", "parameter")[known]]
    return Spread(row, column, case.values("transfer", "coefficient")[known], given[known])


def _load_places(case: Case, source: Codes, pollutant: Codes) -> NDArray[np.int32]:
    """Return (sources x pollutants), place of the load in the table, -1 where there is none."""
    load = np.full((len(case.ids("sources", "source")), len(case.ids("loads", "pollutant"))), -1, dtype=np.int32)
    load[source, pollutant] = np.arange(len(source))
    return load


def _population(case: Case, count: int) -> Floats:
    population = np.zeros(count)
    population[case.codes("receptors", "receptor")] = np.nan_to_num(case.values("receptors", "population"))
    return population
