"""Cases for the benchmarks of trade-offs: random allocation problems with a front that is known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from abate_data.case import Case
from abate_data.read import load


def allocation_case(
    sources: int = 100,
    technologies: int = 4,
    receptors: int = 20,
    *,
    seed: int = 0,
    tightness: tuple[float, float] = (0.75, 0.9),
) -> Case:
    """Return an allocation problem: each source takes parts of its technologies, receptors have limits and people.

    With the default sizes, seeds 0 and 1 are the instances lp_alloc_100x4x20 whose extreme points of cost against
    exposure are known: the same random numbers in the same order.

    Parameters
    ----------
    tightness : least and greatest limit of a receptor as a share of its concentration today.
    """
    rng = np.random.default_rng(seed)
    load_of = rng.lognormal(3, 1, sources)
    removed = np.sort(rng.uniform(0.15, 0.95, (sources, technologies)), axis=1)
    price = rng.lognormal(0, 0.5, (sources, 1))
    cost = load_of[:, None] * price * (0.3 + 2 * removed**2 + rng.uniform(0, 0.4, (sources, technologies)))
    place, people_place = rng.random((sources, 2)), rng.random((receptors, 2))
    away = np.linalg.norm(people_place[:, None] - place[None], axis=2)
    transfer = (1 + 10 * away) ** -1.5 * rng.uniform(0.5, 1.5, (receptors, sources))
    people = rng.lognormal(2, 1, receptors)
    today = transfer @ load_of
    limit = today * rng.uniform(*tightness, receptors)
    return load(_tables(load_of, removed, cost, transfer, people, limit))


def _tables(
    load_of: np.ndarray,
    removed: np.ndarray,
    cost: np.ndarray,
    transfer: np.ndarray,
    people: np.ndarray,
    limit: np.ndarray,
) -> dict[str, object]:
    source = [f"s{place}" for place in range(len(load_of))]
    measure = [f"m{place}" for place in range(removed.shape[1])]
    receptor = [f"r{place}" for place in range(len(people))]
    pairs = {"source": np.repeat(source, len(measure)), "measure": np.tile(measure, len(source))}
    count = len(receptor)
    return {
        "case": {"name": "allocation", "currency": "EUR", "units": {"load": "t/yr", "quality": {"c": "ug/m3"}}},
        "sources": pd.DataFrame({"source": source}),
        "loads": pd.DataFrame({"source": source, "pollutant": "P", "load": load_of}),
        "measures": pd.DataFrame({"measure": measure}),
        "options": pd.DataFrame({**pairs, "group": "one of them", "max_extent": 1.0, "unit_cost": cost.ravel()}),
        "removals": pd.DataFrame({**pairs, "pollutant": "P", "removal": removed.ravel(), "basis": "fraction"}),
        "receptors": pd.DataFrame({"receptor": receptor, "population": people}),
        "transfer": pd.DataFrame(
            {
                "source": np.tile(source, count),
                "receptor": np.repeat(receptor, len(source)),
                "pollutant": "P",
                "parameter": "c",
                "coefficient": transfer.ravel(),
            }
        ),
        "targets": pd.DataFrame(
            {"target": receptor, "kind": "quality", "receptor": receptor, "parameter": "c", "limit": limit}
        ),
    }
