"""Rules about the river: reaches with water that moves, and places that lie on them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from abate_data.draft import Draft
from abate_data.errors import Finding
from abate_data.schema import OXYGEN
from abate_data.units import QUALITY_LABELS, spelling


def check_reaches(draft: Draft) -> Iterator[Finding]:
    """Find reaches in which no water flows or moves."""
    for column in ("flow", "velocity"):
        wrong = draft.values("reaches", column) == 0
        yield from draft.findings("reaches", column, wrong, "is zero", "write a number above 0")


def check_kinetics(draft: Draft) -> Iterator[Finding]:
    """Find reaches without kinetics, kinetics without reaches, and units that are no concentration."""
    for one, other in (("reaches", "kinetics"), ("kinetics", "reaches")):
        if draft.has(one) and not draft.has(other):
            yield Finding(other, f"the table is missing, and {one} need it", f"add it, or leave out {one}")
    own = draft.settings.units.quality
    for code in river_parameters(draft):
        parameter = draft.labels("kinetics", "parameter")[code]
        if (unit := spelling(own.get(parameter, ""))) in QUALITY_LABELS:
            key, cure = f"units.quality.{parameter}", "write a mass per volume, such as mg/L"
            yield Finding("case.toml", "the river makes concentrations", cure, column=key, value=unit)


def check_positions(draft: Draft) -> Iterator[Finding]:
    """Find sources and receptors outside their reach."""
    length = lengths(draft)
    for table in ("sources", "receptors"):
        reach, position = draft.codes(table, "reach"), draft.values(table, "position")
        cure = "name the reach, or leave the position blank"
        lost = (position > 0) & (reach < 0)
        yield from draft.findings(table, "position", lost, "has a position on no reach", cure)
        beyond = (reach >= 0) & (position > length[reach])
        cure = "correct the position, or name the reach further down"
        yield from draft.findings(table, "position", beyond, "lies beyond the end of its reach", cure)


def lengths(draft: Draft) -> NDArray[np.float64]:
    """Return the length of every reach of the domain, NaN where unknown, and one NaN more for none."""
    length = np.full(len(draft.labels("reaches", "reach")) + 1, np.nan)
    length[draft.codes("reaches", "reach")] = draft.values("reaches", "length")
    length[-1] = np.nan
    return length


def check_one_transport(draft: Draft) -> Iterator[Finding]:
    """Find parameters that reach a receptor both by the transfer table and by the river."""
    on_river = np.append(np.zeros(len(draft.labels("receptors", "receptor")), dtype=bool), False)
    on_river[draft.codes("receptors", "receptor")] = draft.codes("receptors", "reach") >= 0
    on_river[-1] = False
    by_river = np.isin(draft.codes("transfer", "parameter"), river_parameters(draft))
    wrong = by_river & on_river[draft.codes("transfer", "receptor")]
    problem = "the receptor lies on a reach, and the river makes this parameter too"
    cure = "drop the row, or the receptor's reach"
    yield from draft.findings("transfer", "parameter", wrong, problem, cure)


def river_parameters(draft: Draft) -> NDArray[np.int64]:
    """Return the positions, in their domain, of the parameters that the river makes."""
    made = set(draft.codes("kinetics", "parameter")) - {-1}
    labels = draft.labels("kinetics", "parameter")
    if OXYGEN in labels and (draft.values("kinetics", "oxygen_demand") > 0).any():
        made.add(labels.index(OXYGEN))
    return np.array(sorted(made), dtype=np.int64)
