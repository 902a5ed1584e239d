"""Encodings: how plans are written down as genes, so that a search can cross and change them."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from abate.front.exact.point import Floats

#: Genes of plans, (plans x genes): whole numbers as float64, or real numbers.
Genes = NDArray[np.float64]


class Encoding(Protocol):
    """What a search needs to know of an encoding.

    Attributes
    ----------
    name : what it is, and its size; two encodings of one case with the same name are the same.
    lower, upper : (genes) bounds.
    whole : whether genes are whole numbers.
    """

    name: str
    lower: Floats
    upper: Floats
    whole: bool

    def decode(self, genes: Genes) -> Floats:
        """Return the extents that genes stand for, (plans x options)."""

    def encode(self, extents: Floats, draws: Floats | None = None) -> Genes:
        """Return the genes nearest to some extents.

        Parameters
        ----------
        draws : (plans x genes) from 0 to 1: each gene is then rounded up or down at random, with odds by distance.
        """

    def repair(self, genes: Genes) -> Genes:
        """Return genes that keep what has to be kept, where they can be changed to do so."""
