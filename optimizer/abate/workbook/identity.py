"""The identity of each target as formulas: its limit is what it is made up of."""

from __future__ import annotations

import numpy as np
import pandas as pd

from abate_data.cellstream import letters_of
from abate_data.sheets import Formula


def with_sums(balance: pd.DataFrame) -> pd.DataFrame:
    """Return the balance of targets with its identity as formulas.

    Parameters
    ----------
    balance : a row per target: limit = point + diffuse + background + margin + reserve + unused, in this order and in
        neighbouring columns; written from A1 on, without an index.

    Returns
    -------
    The same with the columns `sum` of the parts and `difference` of limit and sum, 0 but for rounding.
    """
    names = list(balance.columns)
    first, last, limit, total = map(letters_of, (*map(names.index, ("point", "unused", "limit")), len(names)))
    sums = balance.loc[:, "point":"unused"].to_numpy(dtype=np.float64).sum(axis=1)
    lines = range(2, len(balance) + 2)
    differences = balance["limit"].to_numpy(dtype=np.float64) - sums
    live = {
        "sum": [Formula(f"=SUM({first}{line}:{last}{line})", now) for line, now in zip(lines, sums, strict=True)],
        "difference": [
            Formula(f"={limit}{line}-{total}{line}", now) for line, now in zip(lines, differences, strict=True)
        ],
    }
    result = pd.concat([balance, pd.DataFrame(live, index=balance.index, dtype=object)], axis=1)
    result.attrs = dict(balance.attrs)
    return result
