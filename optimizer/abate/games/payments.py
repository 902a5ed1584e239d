"""Side payments: who pays whom so that everybody carries the charge and not what was spent at home."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.errors import Finding, InputError

Floats = NDArray[np.float64]

#: Sums that differ by no more than this share of the amounts are equal, and payments below it are none.
ROUNDING = 1e-9


def side_payments(charges: Floats, spent: Floats, names: list[str]) -> pd.DataFrame:
    """Return payments that turn what each party spent into what each is charged.

    Who spent less than the charge pays, who spent more receives; in the order of the parties, so that there are fewer
    payments than parties.

    Parameters
    ----------
    charges : what each party is to carry, shape (parties,), in a currency; negative for one who gains.
    spent : what each party spends on its measures, shape (parties,), in that currency.
    names : the parties, in the same order.

    Returns
    -------
    A row per payment: payer, receiver, amount (> 0, in the currency).

    Raises
    ------
    InputError
        Where an amount is no finite number, or the charges and what was spent do not add up to the same.
    """
    room = _rounding(charges, spent, names)
    due = np.maximum(charges - spent, 0.0)
    owed = np.maximum(spent - charges, 0.0)
    rows = []
    payer = receiver = 0
    while payer < len(names) and receiver < len(names):
        amount = min(due[payer], owed[receiver])
        if amount > room:
            rows.append((names[payer], names[receiver], float(amount)))
        due[payer] -= amount
        owed[receiver] -= amount
        if due[payer] <= owed[receiver]:
            payer += 1
        else:
            receiver += 1
    return pd.DataFrame(rows, columns=["payer", "receiver", "amount"]).astype({"amount": float})


def _rounding(charges: Floats, spent: Floats, names: list[str]) -> float:
    """Return the amount that is rounding; InputError where the charges do not cover exactly what was spent."""
    for column, amounts in (("charge", charges), ("spent", spent)):
        wrong = [name for name, amount in zip(names, amounts, strict=True) if not math.isfinite(amount)]
        if wrong:
            cure = "give every party an amount"
            raise InputError([Finding("payments", "is no finite amount", cure, f"party {wrong[0]!r}", column)])
    room = ROUNDING * float(np.abs(charges).sum() + np.abs(spent).sum())
    charged, paid = float(charges.sum()), float(spent.sum())
    if abs(charged - paid) > room:
        problem = f"the charges add up to {charged:g}, but {paid:g} is spent"
        cure = "charge exactly what the joint plan costs"
        raise InputError([Finding("payments", problem, cure)])
    return room
