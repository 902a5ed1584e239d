"""How well the figures of a case are known before anything is observed, how fast they drift and how noisy reports are.

All standard deviations are relative (0.2 is about 20 %): those of loads, report bias, transfer and background are of
natural logarithms, those of effectiveness are shares of the removal that the case gives. They say what a planner
believes, not what was measured; the defaults are round figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from abate_data.case import Case
from abate_data.errors import Finding, InputError


@dataclass(frozen=True)
class Prior:
    """What is believed before the first observation; every `*_sd` and `*_noise` is a relative standard deviation.

    Attributes
    ----------
    effectiveness : removal that is expected, as a share of what the case says; below 1 where the case is optimistic.
    measure_sd, option_sd : of effectiveness, the part that all options of a measure share and the part of each option.
    load_sd : of a baseline load.
    report_sd : of the bias of a load's reports, which stays the same from report to report.
    receptor_sd, source_sd, pair_sd : of a transfer coefficient: the part shared by all that reaches a receptor, the
        part shared by all that a load does, and the coefficient's own.
    background_sd : of a background.
    measure_drift, option_drift, load_drift, report_drift, transfer_drift, background_drift : standard deviation that
        each comes to lose in one year, as a random walk; that of transfer is of the receptor's and the load's part.
    fault_sd : of what a measure's effectiveness loses, or gains, where reports alarm; 0 takes no notice of them.
    load_noise, quality_noise : of a single report of a load and a single result of quality that state no deviation.
    weather : of what a period adds to the quality at all receptors alike, such as rain or wind.
    loads : (source, pollutant, relative standard deviation) where it is known for a load.
    backgrounds : (receptor, parameter, standard deviation in the unit of the quality) where it is known.
    transfers : (source, receptor, pollutant, parameter, relative standard deviation) where it is known; the three parts
        of that coefficient keep their proportions.
    """

    effectiveness: float = 1.0
    measure_sd: float = 0.10
    option_sd: float = 0.15
    load_sd: float = 0.10
    report_sd: float = 0.10
    receptor_sd: float = 0.10
    source_sd: float = 0.10
    pair_sd: float = 0.15
    background_sd: float = 0.20
    measure_drift: float = 0.0
    option_drift: float = 0.03
    load_drift: float = 0.01
    report_drift: float = 0.0
    transfer_drift: float = 0.0
    background_drift: float = 0.01
    fault_sd: float = 0.30
    load_noise: float = 0.10
    quality_noise: float = 0.15
    weather: float = 0.0
    loads: tuple[tuple[str, str, float], ...] = ()
    backgrounds: tuple[tuple[str, str, float], ...] = ()
    transfers: tuple[tuple[str, str, str, str, float], ...] = ()

    def __post_init__(self) -> None:
        """Take lists, as a document has them, for tuples; refuse what is no standard deviation."""
        for name in ("loads", "backgrounds", "transfers"):
            object.__setattr__(self, name, tuple(tuple(row) for row in getattr(self, name)))
        if wrong := list(self._wrong()):
            raise InputError(wrong)

    @classmethod
    def of(cls, case: Case) -> Prior:
        """Return the prior of a case: the deviations that its tables give, and the defaults where they give none."""
        return cls(
            loads=_given(case, "loads", ("source", "pollutant"), "relative_sd"),
            backgrounds=_given(case, "background", ("receptor", "parameter"), "sd"),
            transfers=_given(case, "transfer", ("source", "receptor", "pollutant", "parameter"), "relative_sd"),
        )

    @property
    def transfer_sd(self) -> float:
        """Relative standard deviation of a transfer coefficient: all three parts together."""
        return math.hypot(self.receptor_sd, self.source_sd, self.pair_sd)

    def _wrong(self) -> Iterator[Finding]:
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, tuple):
                for row in value:
                    if not (math.isfinite(row[-1]) and row[-1] >= 0):
                        yield _finding(one.name, row[-1], "give a number of at least 0", row=", ".join(row[:-1]))
            elif not (math.isfinite(value) and value >= 0):
                yield _finding(one.name, value, "give a number of at least 0, such as 0.1 for 10 %")
            elif value == 0 and one.name in ("effectiveness", "load_noise", "quality_noise"):
                yield _finding(one.name, value, "give a number above 0")


def _finding(column: str, value: float, cure: str, row: str = "") -> Finding:
    problem = "is no effectiveness" if column == "effectiveness" else "is no standard deviation"
    return Finding("prior", problem, cure, row=row, column=column, value=str(value))


def _given(case: Case, table: str, ids: tuple[str, ...], column: str) -> tuple[tuple, ...]:  # type: ignore[type-arg]
    """Return the rows of a table that give a deviation: their ids and the deviation."""
    value = case.values(table, column)
    known = np.flatnonzero(~np.isnan(value))
    names = [case[table][name].iloc[known].astype(str) for name in ids]
    return tuple(zip(*names, value[known].tolist(), strict=True))
