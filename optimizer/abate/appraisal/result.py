"""What an appraisal came to: verdicts, effects, offsets, ratios, and the plan after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate.appraisal.judged import Judged, effect_table, receptor_table
from abate.appraisal.offsets import Offset
from abate.appraisal.ratios import COLUMNS as RATIOS
from abate.appraisal.ratios import ratio_table
from abate.appraisal.standing import ROUNDING, Standing, World
from abate.appraisal.verdict import Decision, Verdict
from abate.plan import Plan
from abate.tables import measure_units
from abate_data.case import Case
from abate_data.proposals import Proposal

Floats = NDArray[np.float64]

#: Columns of the tables that may be without rows.
OFFSETS = ("proposal", "source", "measure", "extent", "unit", "cost", "pollutant", "reduction", "own")
PRICES = ("proposal", "source", "pollutant", "load", "price")
RECEPTORS = ("proposal", "receptor", "parameter", "unit", "before", "change", "after", "decided")


@dataclass(frozen=True)
class Appraisal:
    """Proposals that were tested against a plan. Tables carry the units of their columns in ``table.attrs["units"]``.

    Attributes
    ----------
    before : the plan that they were tested against.
    plan : the plan after the approved ones, verified; `before` where none is.
    case : the case that it is for: with their sources, loads and measures.
    proposals : in the order in which they were taken.
    decisions : the verdict on each, with figures and reasons.
    use_reserve : whether growth could use the reserves.
    effects : a row per proposal and target, in the unit of the target: value before, change, after, and decided (with
        its offset; as before where refused); limit, margin, reserve and what is used of it; headroom before, after
        without an offset (negative where the target is passed), and left in the end; by how much it is exceeded.
    receptors : a row per proposal, receptor and parameter: before, change, after, decided.
    offsets : a row per proposal, measure of its offset and pollutant: extent added, yearly cost, load less, and whether
        it is on the proposer's own premises. The cost of a measure stands in the row of its first pollutant.
    ratios : a row per proposal, exceeded target and load that acts on it, the cheapest first, see
        `abate.appraisal.ratios`.
    prices : a row per proposal with an offset and load that it adds: what one unit more of it would cost.
    """

    before: Plan
    plan: Plan
    case: Case
    proposals: tuple[Proposal, ...]
    decisions: tuple[Decision, ...]
    use_reserve: bool
    effects: pd.DataFrame
    receptors: pd.DataFrame
    offsets: pd.DataFrame
    ratios: pd.DataFrame
    prices: pd.DataFrame

    @property
    def verdicts(self) -> pd.DataFrame:
        """A row per proposal: verdict, load added, cost of the offset, price per unit, reasons and further figures."""
        rows = [
            {**vars(one), "verdict": one.verdict.value, "reasons": "; ".join(one.reasons)} for one in self.decisions
        ]
        money = f"{self.case.settings.currency}/yr"
        load = self.case.settings.units.load
        table = pd.DataFrame(rows)
        table.attrs["units"] = {
            "load": load,
            "price": f"{money} per {load}",
            **dict.fromkeys(("offset_cost", "worth", "saving", "own_saving"), money),
        }
        return table

    def decision(self, proposal: str) -> Decision:
        """Return the decision on one proposal; KeyError where there is none of that id."""
        return {one.proposal: one for one in self.decisions}[proposal]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name."""
        return {
            "verdicts": self.verdicts,
            "effects": self.effects,
            "receptors": self.receptors,
            "offsets": self.offsets,
            "ratios": self.ratios,
            "prices": self.prices,
        }

    def __str__(self) -> str:
        return "\n".join(map(str, self.decisions))

    def __repr__(self) -> str:
        counts = []
        for verdict in Verdict:
            found = [one for one in self.decisions if one.verdict is verdict]
            cost = sum(one.offset_cost for one in found)
            paid = f" ({cost:,.0f} {self.case.settings.currency}/yr)" if verdict is Verdict.OFFSET else ""
            counts += [f"{len(found)} {verdict.value}{paid}"] if found else []
        return f"<Appraisal for {self.case.settings.name!r}: {', '.join(counts)}>"


class Tables:
    """Gathers the tables of an appraisal, proposal by proposal."""

    def __init__(self, world: World) -> None:
        self._world = world
        names = ("effects", "receptors", "offsets", "ratios", "prices")
        self._pieces: dict[str, list[pd.DataFrame]] = {name: [] for name in names}

    def add(
        self,
        one: Proposal,
        judged: Judged,
        standings: tuple[Standing, Standing, Standing],
        used: Floats,
        offset: Offset | None,
    ) -> None:
        """Add what one proposal came to.

        Parameters
        ----------
        standings : without it, with it as it is, and once it is decided.
        used : (targets,), what it takes of each reserve.
        offset : where it has one.
        """
        world, name = self._world, one.proposal
        standing, proposed, decided = standings
        reached = proposed if offset is None else offset.standing
        pieces = {
            "effects": effect_table(world, name, judged, standing, decided, used),
            "receptors": receptor_table(world, name, standing, proposed, decided),
            "ratios": ratio_table(world, one, judged, (standing, proposed, reached)),
        }
        if offset is not None:
            pieces["offsets"] = _offset_table(world, one, proposed, offset.standing)
            pieces["prices"] = _price_table(world, one, standing, proposed, offset.prices)
        for table, piece in pieces.items():
            if len(piece):
                self._pieces[table].append(piece)

    def joined(self) -> dict[str, pd.DataFrame]:
        """Return the tables, with units."""
        settings = self._world.case.settings
        load, money = settings.units.load, f"{settings.currency}/yr"
        each = f"{money} per {load}"
        units = {
            "effects": {},
            "receptors": {},
            "offsets": {"cost": money, "reduction": load},
            "ratios": {"available": load, "cost_there": each, "cost_per_load": each, "offset": load},
            "prices": {"load": load, "price": each},
        }
        empty = {"offsets": OFFSETS, "prices": PRICES, "ratios": RATIOS, "receptors": RECEPTORS}
        tables: dict[str, Any] = {}
        for name, pieces in self._pieces.items():
            if pieces:
                tables[name] = pd.concat(pieces, ignore_index=True)
            else:
                columns = empty.get(name, ())
                tables[name] = pd.DataFrame(columns=list(columns))
            tables[name].attrs["units"] = units[name]
        return tables


def _offset_table(world: World, one: Proposal, proposed: Standing, decided: Standing) -> pd.DataFrame:
    """Return a row per measure that is taken further and pollutant that it acts on."""
    options, loads = world.problem.options, world.problem.loads
    more, paid = decided.extent - proposed.extent, world.cost(decided) - world.cost(proposed)
    unit = measure_units(world.case)
    rows = []
    for option in sorted(np.flatnonzero(more > 0), key=lambda row: -paid[row]):
        source, measure = options.keys[option]
        column = options.removal[:, [option]].tocoo()
        for first, (load, removed) in enumerate(zip(column.coords[0], column.data, strict=True)):
            cost = paid[option] if first == 0 else 0.0
            said = (measure, more[option], unit[options.measure[option]], cost, loads.keys[load][1])
            rows.append((one.proposal, source, *said, removed * more[option], source == one.source))
    return pd.DataFrame(rows, columns=list(OFFSETS))


def _price_table(world: World, one: Proposal, standing: Standing, proposed: Standing, prices: Floats) -> pd.DataFrame:
    """Return a row per load that a proposal adds: what one unit more of it would cost in offsets."""
    added = proposed.load - standing.load
    rows = np.flatnonzero(added > ROUNDING * np.maximum(proposed.load, standing.load))
    keys = [world.problem.loads.keys[row] for row in rows]
    said = [(one.proposal, *key, added[row], prices[row]) for key, row in zip(keys, rows, strict=True)]
    return pd.DataFrame(said, columns=list(PRICES))
