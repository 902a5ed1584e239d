"""A case whose river is written out as a table of transfer coefficients and backgrounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from abate_data.case import Case
from abate_data.schema import TABLES
from abate_models.problem import Problem


def tabulate_river(case: Case, problem: Problem) -> Case:
    """Return a case with the same response of quality to loads, and no river.

    Parameters
    ----------
    case : one with reaches and kinetics.
    problem : the same case as numbers.
    """
    tables = dict(case.tables)
    tables["reaches"] = case["reaches"].iloc[:0].assign(reach=_nowhere(0), downstream=_nowhere(0))
    tables["kinetics"] = case["kinetics"].iloc[:0].assign(reach=_nowhere(0))
    for name in ("sources", "receptors"):
        tables[name] = case[name].assign(reach=_nowhere(len(case[name])), position=0.0)
    tables["transfer"], tables["background"] = _transfer(case, problem), _background(case, problem)
    negative = any((tables[name][column] < 0).any() for name, column in _SIGNED)
    settings = case.settings.model_copy(update={"signed_transfer": True}) if negative else case.settings
    return Case(settings, tables, case.scenario)


def _nowhere(count: int) -> pd.Categorical:
    """Return blank reaches."""
    return pd.Categorical.from_codes(np.full(count, -1), categories=pd.Index([], dtype=object))


_SIGNED = (("transfer", "coefficient"), ("background", "value"))


def _transfer(case: Case, problem: Problem) -> pd.DataFrame:
    """Return every coefficient of the problem, parameter by parameter, so that their order stays."""
    entries = sparse.coo_array(sparse.csr_array(problem.receptors.transfer))
    receptor, parameter = _places(problem)
    row, load = entries.coords
    order = np.lexsort((load, row, parameter[row]))
    row, load = row[order], load[order]
    codes = {
        "source": problem.loads.source[load],
        "receptor": receptor[row],
        "pollutant": problem.loads.pollutant[load],
        "parameter": parameter[row],
    }
    return _table(case, "transfer", codes, coefficient=entries.data[order])


def _background(case: Case, problem: Problem) -> pd.DataFrame:
    """Return the rows of the case, and those that the river adds."""
    receptor, parameter = _places(problem)
    own = problem.receptors.position[case.codes("background", "receptor"), case.codes("background", "parameter")]
    added = np.setdiff1d(np.flatnonzero(problem.receptors.background != 0), own)
    row = np.concatenate([own, added])
    sd = np.concatenate([case.values("background", "sd"), np.full(len(added), np.nan)])
    codes = {"receptor": receptor[row], "parameter": parameter[row]}
    return _table(case, "background", codes, value=problem.receptors.background[row], sd=sd)


def _places(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes of receptor and parameter of each quality."""
    receptor, parameter = np.nonzero(problem.receptors.position >= 0)
    row = problem.receptors.position[receptor, parameter]
    return receptor[np.argsort(row)], parameter[np.argsort(row)]


def _table(case: Case, name: str, codes: dict[str, np.ndarray], **numbers: np.ndarray) -> pd.DataFrame:
    """Return a table of ids and numbers with every column of the schema; numbers not given are blank."""
    count = len(next(iter(codes.values())))
    columns: dict[str, Any] = {}
    for column in TABLES[name].columns:
        if column.name in codes:
            categories = case.tables[name][column.name].cat.categories
            columns[column.name] = pd.Categorical.from_codes(codes[column.name], categories=categories)
        else:
            columns[column.name] = numbers.get(column.name, np.full(count, np.nan))
    return pd.DataFrame(columns)
