"""Instances whose fronts are known from elsewhere, carried over figure by figure.

2kp50, a knapsack of 50 things with two limits and two values to be made large, comes from the repository of
pyaugmecon at commit 8821b3b, under this licence:

    MIT License

    Copyright (c) 2021-2026 Electrical Energy Systems Group, Department of Electrical
    Engineering, Eindhoven University of Technology.

    Permission is hereby granted, free of charge, to any person obtaining a copy
    of this software and associated documentation files (the "Software"), to deal
    in the Software without restriction, including without limitation the rights
    to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
    copies of the Software, and to permit persons to whom the Software is
    furnished to do so, subject to the following conditions:

    The above copyright notice and this permission notice shall be included in all
    copies or substantial portions of the Software.

    THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
    IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
    FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
    AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
    LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
    OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
    SOFTWARE.

lp_allocation (in data_fronts/) was made for this project: 100 sources with 4 technologies each, 20 receptors with a
greatest concentration; cost against exposure. The extreme points beside the figures were found by another program,
with a tolerance of 1e-8.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from front_oracles import Floats, Model, model


def _table(figures: str, rows: int) -> Floats:
    return np.array(figures.split(), dtype=float).reshape(rows, -1)


WEIGHTS = _table(
    """
    84 49 68 20 97 74 60 30 13 95 19 41 17 95 73 12 66 55 75 20 56 80 59 66 25 70 95 96 62 74 31 59 21 85 45 97 23
    53 51 95 58 68 62 45 83 82 47 15 52 72
    19 96 93 64 72 91 32 96 44 76 69 82 51 38 52 22 83 27 70 56 29 89 86 48 13 95 66 94 16 44 67 90 48 29 90 54 77
    28 100 86 51 62 40 54 21 55 50 62 51 77
    """,
    2,
)
LIMITS = np.array([1445.0, 1502.5])
WORTH = _table(
    """
    21 69 26 92 77 30 96 80 60 61 52 92 19 10 63 34 100 60 11 12 37 100 74 17 60 69 49 69 49 59 17 21 74 85 83 41
    29 63 56 38 66 92 25 84 89 21 46 94 96 92
    24 92 53 25 10 31 83 34 64 69 95 40 59 87 13 94 53 52 61 53 78 34 89 32 28 56 52 40 41 59 35 96 72 55 100 44
    90 66 59 22 72 25 36 16 56 91 61 56 66 53
    """,
    2,
)
#: Both values of each of the 35 points of the front.
FRONT = _table(
    """
    2103 2090 2089 2087 2079 2075 2070 2062 2059 2038 2029 2028 2015 2009 2003 1993 1987 1982 1975 1973 1956 1931
    1893 1862 1830 1826 1822 1814 1783 1755 1742 1711 1639 1636 1547
    1529 1531 1577 1588 1589 1635 1636 1662 1694 1708 1715 1716 1730 1735 1755 1761 1769 1772 1773 1808 1827 1857
    1902 1909 1914 1917 1929 1949 1965 1969 1986 2002 2003 2012 2020
    """,
    2,
)


def knapsack() -> tuple[Model, Floats]:
    """2kp50 and its front, to be minimised."""
    return model(-WORTH, WEIGHTS, LIMITS, True), -FRONT.T


def allocation(seed: int) -> tuple[Model, Floats]:
    """lp_allocation: cost and exposure (less what it is without measures), and the extreme points that are listed."""
    read = json.loads((Path(__file__).parent / "data_fronts" / f"lp_allocation_{seed}.json").read_text())
    figures = {name: np.array(values) for name, values in read.items()}
    removed = figures["e"][:, None] * figures["eff"]
    lowered = (figures["T"][:, :, None] * removed[None]).reshape(len(figures["T"]), -1)
    one_each = np.kron(np.eye(len(removed)), np.ones(removed.shape[1]))
    costs = np.vstack([figures["cost"].ravel(), -figures["pop"] @ lowered])
    most = np.concatenate([np.ones(len(removed)), figures["cap"] - figures["conc0"]])
    listed = figures["extreme_points"] - [0.0, figures["pop"] @ figures["conc0"]]
    return model(costs, np.vstack([one_each, -lowered]), most), listed
