"""A problem, or a case, with the figures that are believed in the place of those that it came with.

Baseline loads, removals, transfer coefficients and backgrounds are at the median of what is believed; everything else
is as it was. In particular

- limits and caps do not move with what is learnt of loads: where a reduction is asked of the baseline, the load that
  this allows stays, and `believed_case` writes the reduction that it is of the baseline now believed;
- a floor stays, unless the load itself is believed to lie below it;
- a unit of extent that removed no more than the whole load does not come to remove more than that;
- what the tables say of standard deviations stays: what is believed of them is in `deviations`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.belief import Belief
from abate.loop.believed_figures import BelievedFigures, believed_figures
from abate.loop.deviations import deviations
from abate.loop.tabulate import tabulate_river
from abate_data.case import Case
from abate_models.options import greatest_extents
from abate_models.problem import Problem, read_problem

__all__ = ["believed_case", "believed_problem", "deviations"]

Floats = NDArray[np.float64]
Frame = pd.DataFrame


def believed_problem(problem: Problem, belief: Belief) -> Problem:
    """Return a problem with the figures that are believed; at the start of a belief the very same problem.

    Parameters
    ----------
    problem : the one that the belief was started from.
    belief : what is believed.

    Raises
    ------
    InputError
        Where the belief was started from other figures than those of the problem.
    """
    figures = believed_figures(problem, belief)
    floor = np.minimum(problem.loads.floor, figures.baseline)
    upper = greatest_extents(problem.options.most, figures.removal, figures.baseline - floor)
    return replace(
        problem,
        loads=replace(problem.loads, baseline=figures.baseline, floor=floor),
        options=replace(problem.options, removal=figures.removal, upper=upper),
        receptors=replace(problem.receptors, transfer=figures.transfer, background=figures.background),
    )


def believed_case(case: Case, belief: Belief) -> Case:
    """Return a case whose tables hold the figures that are believed; at the start of a belief the very same case.

    An option whose effectiveness moved gets rows of its own in removals, after those that are there. A river whose
    transfer or background moved becomes a table of transfer coefficients.

    Parameters
    ----------
    case : the one that the belief was started from.
    belief : what is believed.

    Raises
    ------
    InputError
        Where the belief was started from other figures than those of the case.
    """
    problem = read_problem(case)
    figures = believed_figures(problem, belief)
    if len(case.tables["reaches"]) and _moved_response(problem, figures):
        case = tabulate_river(case, problem)
    tables = {
        "loads": _loads(case, figures),
        "removals": _removals(case, problem, figures),
        "transfer": _transfer(case, problem, figures),
        "background": _background(case, problem, figures),
        "targets": _targets(case, problem, figures),
    }
    return Case(case.settings, {**case.tables, **tables}, case.scenario)


def _moved_response(problem: Problem, figures: BelievedFigures) -> bool:
    moved = np.any(figures.background != problem.receptors.background)
    return bool(moved or abs(figures.transfer - problem.receptors.transfer).sum() > 0)


def _loads(case: Case, figures: BelievedFigures) -> Frame:
    return case["loads"].assign(
        load=figures.baseline,
        floor=np.minimum(case.values("loads", "floor"), figures.baseline),
        raw_load=case.values("loads", "raw_load") * figures.growth,
    )


def _removals(case: Case, problem: Problem, figures: BelievedFigures) -> Frame:
    """Change the rows of single sources, and add them where only a general row was."""
    table, options = case["removals"], problem.options
    ids = (case.codes("removals", name).tolist() for name in ("source", "measure", "pollutant"))
    place = {key: row for row, key in enumerate(zip(*ids, strict=True))}
    fraction = table["basis"].to_numpy(dtype=object) == "fraction"
    value, source = case.values("removals", "removal").copy(), case.codes("removals", "source")
    believed, given = sparse.coo_array(figures.removal), sparse.coo_array(sparse.csr_array(options.removal)).data
    rows, sources, values = [], [], []
    for load, option, now, before in zip(*believed.coords, believed.data, given, strict=True):
        own = int(options.source[option])
        what = (int(options.measure[option]), int(problem.loads.pollutant[load]))
        row = place[(own, *what)] if (own, *what) in place else place[(-1, *what)]
        of_load = before * (figures.growth[load] if fraction[row] else 1.0)
        if now == of_load:
            continue
        removal = value[row] * (now / of_load)
        removal = min(removal, 1.0) if fraction[row] else removal
        if source[row] == own:
            value[row] = removal
        else:
            rows.append(row)
            sources.append(own)
            values.append(removal)
    taken = np.concatenate([np.arange(len(table)), np.array(rows, dtype=np.int64)])
    codes = np.concatenate([source, np.array(sources, dtype=np.int64)])
    return (
        table.iloc[taken]
        .reset_index(drop=True)
        .assign(
            source=pd.Categorical.from_codes(codes, categories=table["source"].cat.categories),
            removal=np.concatenate([value, np.array(values)]),
        )
    )


def _transfer(case: Case, problem: Problem, figures: BelievedFigures) -> Frame:
    table, loads, receptors = case["transfer"], problem.loads, problem.receptors
    column = np.full((len(problem.sources), len(problem.pollutants)), -1, dtype=np.int64)
    column[loads.source, loads.pollutant] = np.arange(len(loads.keys))
    at = column[case.codes("transfer", "source"), case.codes("transfer", "pollutant")]
    row = receptors.position[case.codes("transfer", "receptor"), case.codes("transfer", "parameter")]
    believed = figures.transfer.tocsr()[row, np.maximum(at, 0)]
    return table.assign(coefficient=np.where(at >= 0, believed, case.values("transfer", "coefficient")))


def _background(case: Case, problem: Problem, figures: BelievedFigures) -> Frame:
    place = (case.codes("background", "receptor"), case.codes("background", "parameter"))
    return case["background"].assign(value=figures.background[problem.receptors.position[place]])


def _targets(case: Case, problem: Problem, figures: BelievedFigures) -> Frame:
    """Write what reductions are of the believed baseline, so that the load that they allow stays what it was."""
    table, targets = case["targets"], problem.targets
    before, now = targets.scope @ problem.loads.baseline, targets.scope @ figures.baseline
    limit = case.values("targets", "limit").copy()
    for row in np.flatnonzero((table["kind"] == "reduction").to_numpy() & (before != now)):
        reduction = max(now[row] - targets.limit[row], 0.0)
        percent = table["basis"].iloc[row] == "percent"
        limit[row] = 100.0 * reduction / now[row] if percent else reduction
    return table.assign(limit=limit)
