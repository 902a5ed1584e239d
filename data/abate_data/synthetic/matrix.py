"""Quality at receptors through a transfer matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd

from abate_data.synthetic.site import Floats, Response, Site, Tables, background_table, ids, names

PARAMETER = "concentration"
BACKGROUND = 5.0  # ug/m3
BASELINE = 20.0  # ug/m3 above the background, mean over the receptors


def matrix_response(site: Site, receptors: int, density: float) -> Response:
    """Let every pollutant add to one parameter, the less the farther away its source is.

    Parameters
    ----------
    site : of S sources and P pollutants.
    receptors : how many.
    density : share of source-receptor pairs that are kept; every receptor keeps its nearest source.
    """
    rng, count = site.rng, len(site.loads)
    here, there = rng.uniform(0, 10, (count, 1, 2)), rng.uniform(0, 10, (1, receptors, 2))
    near = np.exp(-np.linalg.norm(here - there, axis=2) / 3)
    kept = rng.random(near.shape) < density
    kept[near.argmax(axis=0), np.arange(receptors)] = True
    effect = np.where(kept, near, 0.0)[:, :, None] * rng.uniform(0.5, 1.5, site.loads.shape[1])
    effect *= BASELINE / _quality(effect, site.loads).mean()
    clean = np.full(receptors, BACKGROUND)
    return Response(
        tables=_tables(site, effect, clean),
        parameters=[PARAMETER],
        clean=clean[:, None],
        base=(clean + _quality(effect, site.loads))[:, None],
        best=(clean + _quality(effect, site.best))[:, None],
    )


def _quality(effect: Floats, loads: Floats) -> Floats:
    """Return what loads (S, P) add at each receptor through an effect (S, M, P)."""
    return np.asarray(np.einsum("smp,sp->m", effect, loads))


def _tables(site: Site, effect: Floats, clean: Floats) -> Tables:
    receptors = names("receptor", len(clean))
    source, receptor, pollutant = np.nonzero(effect)
    return {
        "receptors": pd.DataFrame(
            {
                "receptor": ids(range(len(clean)), receptors),
                "region": ids(site.rng.integers(1, len(site.regions), len(clean)), site.regions),
                "population": site.rng.lognormal(10, 1, len(clean)).round(),
            }
        ),
        "transfer": pd.DataFrame(
            {
                "source": ids(source, site.sources),
                "receptor": ids(receptor, receptors),
                "pollutant": ids(pollutant, site.pollutants),
                "parameter": ids(np.zeros(len(source)), [PARAMETER]),
                "coefficient": effect[source, receptor, pollutant],
            }
        ),
        "background": background_table(receptors, [PARAMETER], clean[:, None]),
    }
