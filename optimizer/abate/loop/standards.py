r"""Measures that turn out to remove more, or less, than the library says: proposed revisions of the technical standard.

For each row of the table `removals`, over the options in use that it speaks of, weighted by what each was to remove,

.. math::

    \bar e = \sum_j w_j e_j , \qquad r' = \bar e \, r

with r the removal of the library, e the effectiveness that is believed of an option where it runs. A revision is
proposed where the 90 % interval of the mean excludes 1 and the monitoring has had a say in it: where the interval is at
least a tenth narrower than before anything was observed. Effectiveness is that of a running measure: time out of
operation is a matter of delivery (`abate.loop.delivery`), not of the standard. `elsewhere` is for a source
that was not observed: what options of one measure share, which stays near the library while few sources are known.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from abate.loop.attainment import WIDTH
from abate.loop.belief import Belief
from abate.loop.effectiveness import Effectiveness, effectiveness_of
from abate.loop.response import EFFECTIVENESS_KNEE, positive
from abate_data.case import Case
from abate_models.problem import Problem

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: An interval wider than this share of what it was at first has not learnt enough to revise a standard.
NARROWER = 0.9

COLUMNS = ("source", "measure", "pollutant", "basis", "sources", "library", "proposed", "lower", "upper", "elsewhere")


def proposed_standards(case: Case, problem: Problem, start: Belief, after: Belief, extents: Floats) -> pd.DataFrame:
    """Return a row per row of the table `removals` whose removal should be revised.

    Parameters
    ----------
    case : whose library of removals is judged.
    start : what was believed before anything was observed.
    after : what is believed now.
    extents : (options,), in use while it was observed.

    Returns
    -------
    Columns of `COLUMNS`: source (`*` for the row that holds for all), measure, pollutant, basis, sources (how many use
    it), library (removal as it stands), proposed, lower, upper (90 %), elsewhere (the same for a source not observed);
    removals in the terms of the basis.
    """
    table = case["removals"]
    then, now = effectiveness_of(problem, start), effectiveness_of(problem, after)
    everywhere = _shared(after)
    of_row = _options_of_rows(case, problem)
    rows = []
    for row in range(len(table)):
        used = np.flatnonzero((of_row[:, row]) & (extents > 0))
        if not len(used):
            continue
        mean, sd = _mean(now, used, problem, extents)
        if abs(mean - 1.0) <= WIDTH * sd or sd > NARROWER * _mean(then, used, problem, extents)[1]:
            continue
        entry = table.iloc[row]
        factors = (1.0, mean, max(mean - WIDTH * sd, 0.0), mean + WIDTH * sd, everywhere[used[0]])
        ends = [float(entry["removal"]) * factor for factor in factors]
        source = entry["source"] if isinstance(entry["source"], str) else "*"
        rows.append((source, entry["measure"], entry["pollutant"], entry["basis"], len(used), *ends))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _mean(
    effectiveness: Effectiveness, used: NDArray[np.int64], problem: Problem, extents: Floats
) -> tuple[float, float]:
    """Return the mean effectiveness of some options, weighted by what each was to remove, and its deviation."""
    size = np.asarray(abs(problem.options.removal).sum(axis=0)).ravel()[used] * extents[used]
    weight = np.zeros(len(extents))
    weight[used] = size / size.sum()
    return float(weight @ effectiveness.mean), float(effectiveness.sum_sd(sparse.csr_array(weight[None, :]))[0])


def _shared(belief: Belief) -> Floats:
    """Return the effectiveness of each option's measure at a source not observed (options,)."""
    common = np.append(belief.mean, 0.0)[belief.layout.common]
    kept, one = (positive(at, EFFECTIVENESS_KNEE)[0] for at in (1.0 + common, np.ones_like(common)))
    return np.asarray(belief.prior.effectiveness * kept / one)


def _options_of_rows(case: Case, problem: Problem) -> Mask:
    """Return (options x rows of removals): whether an option takes its removal from a row."""
    options, loads = problem.options, problem.loads
    source, measure, pollutant = (case.codes("removals", name) for name in ("source", "measure", "pollutant"))
    emits = np.zeros((len(problem.sources), len(problem.pollutants)), dtype=bool)
    emits[loads.source, loads.pollutant] = loads.baseline > 0
    acts = (options.measure[:, None] == measure) & emits[options.source[:, None], pollutant]
    own = acts & (options.source[:, None] == source)
    # a source's own row prevails over the general one for the same measure and pollutant
    same = (measure[:, None] == measure) & (pollutant[:, None] == pollutant)
    overruled = (own.astype(np.int64) @ same) > 0
    effect = case.values("removals", "removal") != 0
    return np.asarray((own | (acts & (source < 0) & ~overruled)) & effect)
