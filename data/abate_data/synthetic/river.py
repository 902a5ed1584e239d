"""Quality at receptors through a tree of reaches: first-order decay and dissolved oxygen at 20 degC.

Only what the limits need, so that a case is feasible by construction: quality at two sets of loads, each in
one pass down the river. Every source lies in the upper part of its reach and every receptor in the lower
half of one with a source, so that fluxes are added up in the middle of each reach.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from abate_data.schema import OXYGEN
from abate_data.synthetic.site import (
    Codes,
    Floats,
    Response,
    Site,
    Tables,
    background_table,
    ids,
    names,
)

DILUTION = 1000 / 86400  # mg/L that 1 kg/d makes in 1 m3/s
SATURATION = 9.09  # mg/L of oxygen in fresh water at 20 degC
DEFICIT = 5.0  # mg/L, baseline oxygen deficit at the worst receptor
MOST_REACHES = 500

Places = tuple[Codes, Floats]  # reach, and distance from its head as a share of its length


@dataclass(frozen=True)
class _Reaches:
    """N reaches, each before the one it flows into; the last is the mouth.

    Attributes
    ----------
    downstream : (N,), -1 at the mouth.
    flow, velocity, length, reaeration : m3/s, m/s, km and 1/d, (N,).
    decay, demand : decay rate [1/d] and oxygen used per mass decayed, (P,).
    """

    downstream: Codes
    flow: Floats
    velocity: Floats
    length: Floats
    reaeration: Floats
    decay: Floats
    demand: Floats

    def carry(self, load: Floats, deficit: Floats, reach: Codes, share: Floats) -> tuple[Floats, Floats]:
        """Carry fluxes of load and of oxygen deficit (n, P) over a share of their reaches' length.

        dW/dt = -k W and dD/dt = o k W - a D, with every a greater than every k.
        """
        days = (share * self.length[reach] * 1000 / (self.velocity[reach] * 86400))[:, None]
        aeration = self.reaeration[reach][:, None]
        left, kept = np.exp(-self.decay * days), np.exp(-aeration * days)
        made = self.demand * self.decay * load * (left - kept) / (aeration - self.decay)
        return load * left, deficit * kept + made

    def fluxes_at_middle(self, loads: Floats, outfalls: Places) -> tuple[Floats, Floats]:
        """Return load and oxygen deficit (N, P) that pass the middle of each reach."""
        reach, position = outfalls
        load, deficit = np.zeros((2, len(self.flow), loads.shape[1]))
        from_outfalls = self.carry(loads, np.zeros_like(loads), reach, 0.5 - position)
        np.add.at(load, reach, from_outfalls[0])
        np.add.at(deficit, reach, from_outfalls[1])
        half = np.array([0.5])
        for number, below in enumerate(self.downstream[:-1]):
            here, there = np.array([number]), np.array([below])
            at_end = self.carry(load[here], deficit[here], here, half)
            below_junction = self.carry(*at_end, there, half)
            load[there] += below_junction[0]
            deficit[there] += below_junction[1]
        return load, deficit

    def quality(self, loads: Floats, outfalls: Places, receptors: Places) -> Floats:
        """Return the concentration of each pollutant and the oxygen deficit [mg/L], (M, P + 1)."""
        reach, position = receptors
        load, deficit = self.fluxes_at_middle(loads, outfalls)
        load, deficit = self.carry(load[reach], deficit[reach], reach, position - 0.5)
        fluxes = np.column_stack([load, deficit.sum(axis=1)])
        return np.asarray(fluxes * (DILUTION / self.flow[reach])[:, None])


def river_response(site: Site, receptors: int) -> tuple[Site, Response]:
    """Return the river, and the site with loads that make the deficit 5 mg/L at the worst receptor."""
    rng, count = site.rng, len(site.loads)
    reaches = _draw_reaches(rng, max(2, min(MOST_REACHES, count // 2)), site.loads.shape[1])
    outfalls = (rng.integers(0, len(reaches.flow), count), rng.uniform(0.0, 0.4, count))
    places = (outfalls[0][rng.integers(0, count, receptors)], rng.uniform(0.5, 1.0, receptors))
    deficit = reaches.quality(site.loads, outfalls, places)[:, -1].max()
    site = replace(site, loads=site.loads * (DEFICIT / deficit))
    clean = np.zeros((receptors, site.loads.shape[1] + 1))
    clean[:, -1] = SATURATION
    rise = np.where(clean > 0, -1.0, 1.0)  # loads raise concentrations and lower oxygen
    parameters = [*(f"{pollutant}-concentration" for pollutant in site.pollutants), OXYGEN]
    tables = _tables(site, reaches, places, parameters)
    tables["background"] = background_table(names("receptor", receptors), parameters, clean)
    response = Response(
        tables=tables,
        parameters=parameters,
        clean=clean,
        base=clean + rise * reaches.quality(site.loads, outfalls, places),
        best=clean + rise * reaches.quality(site.best, outfalls, places),
        source_columns=_on_river(reaches, outfalls),
    )
    return site, response


def _draw_reaches(rng: np.random.Generator, count: int, pollutants: int) -> _Reaches:
    """Draw a tree: a reach flows into one of the next three, and flow grows downstream."""
    downstream = np.minimum(np.arange(count) + rng.integers(1, 4, count), count - 1)
    downstream[-1] = -1
    flow = rng.lognormal(0, 0.5, count)
    for above, below in enumerate(downstream[:-1]):
        flow[below] += flow[above]
    demand = np.zeros(pollutants)
    demand[0] = 1.0
    return _Reaches(
        downstream=downstream,
        flow=flow,
        velocity=rng.uniform(0.2, 0.8, count),
        length=rng.uniform(5, 40, count),
        reaeration=rng.uniform(0.6, 2.0, count),
        decay=rng.uniform(0.1, 0.5, pollutants),
        demand=demand,
    )


def _on_river(reaches: _Reaches, places: Places) -> dict[str, object]:
    reach, position = places
    return {
        "reach": ids(reach, names("reach", len(reaches.flow))),
        "position": position * reaches.length[reach],
    }


def _tables(site: Site, reaches: _Reaches, places: Places, parameters: list[str]) -> Tables:
    reach_names = names("reach", len(reaches.flow))
    receptors, pollutants = range(len(places[0])), range(len(reaches.decay))
    return {
        "receptors": pd.DataFrame(
            {
                "receptor": ids(receptors, names("receptor", len(receptors))),
                "population": site.rng.lognormal(10, 1, len(receptors)).round(),
                **_on_river(reaches, places),
            }
        ),
        "reaches": pd.DataFrame(
            {
                "reach": ids(range(len(reach_names)), reach_names),
                "downstream": ids(reaches.downstream, reach_names),
                "length": reaches.length,
                "flow": reaches.flow,
                "velocity": reaches.velocity,
                "reaeration": reaches.reaeration,
            }
        ),
        "kinetics": pd.DataFrame(
            {
                "pollutant": ids(pollutants, site.pollutants),
                "parameter": ids(pollutants, parameters),
                "decay": reaches.decay,
                "oxygen_demand": reaches.demand,
            }
        ),
    }
