"""Rules about what a target covers: something to cut, something to divide by, something that reaches it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abate_data.checks.river import river_parameters
from abate_data.draft import Draft
from abate_data.errors import Finding

_SCOPE = ["region", "sector", "pollutant"]


def check_scopes(draft: Draft) -> Iterator[Finding]:
    """Find caps that cover no load, and budgets that cover no option."""
    kind = draft.choices("targets", "kind").astype(str)
    for table, kinds, noun in (
        ("loads", ("load", "reduction", "intensity"), "load of its pollutant"),
        ("options", ("budget",), "option"),
    ):
        judged = np.isin(kind, kinds) & _is_known(draft)
        if draft.has(table) and judged.any():
            wrong = judged & ~_covers(draft, table)
            cure = f"name a region and sector whose sources have a row in {table}"
            yield from draft.findings("targets", "target", wrong, f"there is no {noun} in its scope", cure)


def _is_known(draft: Draft) -> NDArray[np.bool_]:
    """Return which targets name a scope of known ids."""
    known = np.ones(len(draft.tables["targets"]), dtype=bool)
    for column in _SCOPE:
        known &= draft.codes("targets", column) < draft.known[column]
    return known


def _covers(draft: Draft, table: str) -> NDArray[np.bool_]:
    """Return for which targets (rows,) a row of the table belongs to a source in scope."""
    wanted = pd.DataFrame({column: draft.codes("targets", column) for column in _SCOPE})
    present = _members(draft, table).assign(present=True)
    found = wanted.merge(present, on=_SCOPE, how="left")["present"]
    return found.notna().to_numpy()


def _members(draft: Draft, table: str) -> pd.DataFrame:
    """Return every (region, sector, pollutant) that has a row in a table, -1 standing for any."""
    source = draft.codes(table, "source")
    pollutant = draft.codes(table, "pollutant") if table == "loads" else np.full(len(source), -1)
    columns = {name: _of_source(draft, name)[source] for name in ("region", "sector")}
    own = pd.DataFrame({**columns, "pollutant": pollutant}).drop_duplicates()
    parent = parents(draft)
    levels = [own]
    for _ in range(len(parent)):  # a circle, which another rule finds, must not trap this one
        if (levels[-1]["region"] < 0).all():
            break
        levels.append(levels[-1].assign(region=parent[levels[-1]["region"]]).drop_duplicates())
    members = pd.concat(levels)
    return pd.concat([members, members.assign(sector=-1)]).drop_duplicates()


def _of_source(draft: Draft, column: str) -> NDArray[np.int64]:
    """Return a code per source of the domain, and one -1 more for no source."""
    values = np.full(len(draft.labels("sources", "source")) + 1, -1, dtype=np.int64)
    values[draft.codes("sources", "source")] = draft.codes("sources", column)
    values[-1] = -1
    return values


def parents(draft: Draft) -> NDArray[np.int64]:
    """Return the parent of every region of the domain, -1 for a root, and one -1 more for no region."""
    parent = np.full(len(draft.labels("regions", "region")) + 1, -1, dtype=np.int64)
    parent[draft.codes("regions", "region")] = draft.codes("regions", "parent")
    parent[-1] = -1
    return parent


def _inside(draft: Draft, region: int) -> NDArray[np.bool_]:
    """Return which regions lie in a region, itself included, or all for -1; one False more for none."""
    parent = parents(draft)
    inside = np.full(len(parent), region < 0)
    inside[region] = True
    for _ in range(len(parent)):
        wider = inside | inside[parent]
        if (wider == inside).all():
            break
        inside = wider
    inside[-1] = region < 0
    return inside


def check_divisors(draft: Draft) -> Iterator[Finding]:
    """Find intensities that are divided by something unknown or zero."""
    basis, total = draft.choices("targets", "basis"), np.ones(len(draft.tables["targets"]))
    for row in map(int, np.flatnonzero((draft.choices("targets", "kind") == "intensity") & _is_known(draft))):
        if basis[row] == "output":
            total[row] = _output(draft, row)
        elif basis[row] in ("population", "gdp", "area"):
            total[row] = _attribute(draft, row, basis[row])

    def cure(position: int) -> str:
        table = "sources" if basis[position] == "output" else "regions"
        return f"fill {basis[position]} in {table} for everything that the target covers"

    wrong = ~(total > 0)
    yield from draft.findings("targets", "basis", wrong, "is blank or zero in the scope of the target", cure)


def _output(draft: Draft, row: int) -> float:
    """Return the output of the sources in a target's scope, NaN where one is blank."""
    region, sector = (int(draft.codes("targets", name)[row]) for name in ("region", "sector"))
    covered = _inside(draft, region)[draft.codes("sources", "region")]
    if sector >= 0:
        covered &= draft.codes("sources", "sector") == sector
    return float(draft.values("sources", "output")[covered].sum())


def _attribute(draft: Draft, row: int, name: str) -> float:
    """Return a region's attribute, or where that is blank what is known of the regions inside it."""
    region = int(draft.codes("targets", "region")[row])
    own, values = draft.codes("regions", "region"), draft.values("regions", name)
    itself = values[own == region] if region >= 0 else np.zeros(0)
    if len(itself) and not np.isnan(itself[0]):
        return float(itself[0])
    return float(np.nansum(values[_inside(draft, region)[own]]))


def check_reached(draft: Draft) -> Iterator[Finding]:
    """Find quality targets at receptors that no load reaches."""
    receptor, parameter = draft.codes("targets", "receptor"), draft.codes("targets", "parameter")
    size = len(draft.labels("transfer", "parameter")) + 1
    reached = draft.codes("transfer", "receptor") * size + draft.codes("transfer", "parameter")
    by_river = draft.codes("receptors", "receptor")[draft.codes("receptors", "reach") >= 0]
    made = np.isin(parameter, river_parameters(draft)) & np.isin(receptor, by_river)
    judged = (draft.choices("targets", "kind") == "quality") & (receptor >= 0) & (parameter >= 0)
    judged &= (receptor < draft.known["receptor"]) & (parameter < draft.known["parameter"])
    wrong = judged & ~made & ~np.isin(receptor * size + parameter, np.unique(reached))
    cure = "add rows to transfer for this receptor and parameter, or drop the target"
    yield from draft.findings("targets", "receptor", wrong, "no load changes this parameter there", cure)
