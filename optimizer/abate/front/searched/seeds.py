"""Where a search starts: plans that exact methods found, those plans rounded, mixtures of neighbours, and chance."""

from __future__ import annotations

import numpy as np

from abate.front.evenly import evenly
from abate.front.exact.point import Floats, spans
from abate.front.searched.encoding import Encoding, Genes

#: Shares of what is left of the population, once each given plan is in it, for roundings and for mixtures.
ROUNDED, MIXED = 0.4, 0.4
#: Neighbours that a plan is mixed with.
NEIGHBOURS = 4


def starting_genes(encoding: Encoding, extents: Floats, values: Floats, size: int, rng: np.random.Generator) -> Genes:
    """Return the genes of a first population, no two of them the same where that can be.

    Parameters
    ----------
    extents, values : of given plans, (plans x options) and (plans x p); there may be none.
    size : of the population. Given plans come first, as near as they can be written down.

    Returns
    -------
    Genes, (size x genes), repaired.
    """
    pieces = [np.zeros((0, len(encoding.lower)))]
    if len(extents):
        # of more plans than half a population, those that are spread evenly over them; the archive has them all
        pieces.append(encoding.encode(extents[evenly(len(extents), max(size // 2, 1))]))
        left = max(size - len(np.unique(pieces[-1], axis=0)), 0)
        rounded = extents[rng.integers(len(extents), size=int(ROUNDED * left))]
        mixed = mixtures(extents, values, int(MIXED * left), rng)
        again = np.vstack([rounded, mixed])
        pieces.append(encoding.encode(again, rng.random((len(again), len(encoding.lower)))))
    given = _distinct(encoding.repair(np.vstack(pieces)))[:size]
    return np.vstack([given, encoding.repair(random_genes(encoding, size - len(given), rng))])


def mixtures(extents: Floats, values: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Return mixtures of given plans with neighbours of theirs, (count x options)."""
    scaled = values / spans(values)
    away = np.linalg.norm(scaled[:, None] - scaled[None], axis=2)
    nearest = np.argsort(away, axis=1, kind="stable")[:, 1 : NEIGHBOURS + 1]
    if not nearest.shape[1]:
        return np.zeros((0, extents.shape[1]))
    one = rng.integers(len(extents), size=count)
    other = nearest[one, rng.integers(nearest.shape[1], size=count)]
    share = rng.random((count, 1))
    return np.asarray(share * extents[one] + (1.0 - share) * extents[other])


def random_genes(encoding: Encoding, count: int, rng: np.random.Generator) -> Genes:
    """Return genes drawn evenly between their bounds."""
    size = (max(count, 0), len(encoding.lower))
    if encoding.whole:
        return rng.integers(encoding.lower.astype(int), encoding.upper.astype(int) + 1, size=size).astype(float)
    return rng.uniform(encoding.lower, encoding.upper, size=size)


def _distinct(genes: Genes) -> Genes:
    """Return the distinct rows in the order in which they first appear."""
    _, first = np.unique(genes, axis=0, return_index=True)
    return genes[np.sort(first)]
