"""What a revision came to: the evaluation of a cycle, the plan for the next, and everything that moved, with why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from abate.ledger.canonical import dumps
from abate.loop.evaluation import Evaluation
from abate.loop.inputs import Inputs
from abate.loop.memory import Memory
from abate.plan import Plan
from abate.reported import Reported
from abate_data.case import Case
from abate_data.documents import table_document

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from abate.indicators import Indicators, Sampling
    from abate.ledger import Entry


@dataclass(frozen=True)
class Revision(Reported):
    """A revision of the targets' decomposition after a cycle of monitoring.

    Tables carry the units of their columns in ``table.attrs["units"]``, or in a column `unit`.

    Attributes
    ----------
    inputs : all that it was computed from.
    case : of the next year, with the figures that are believed: the one that `plan` is verified against.
    plan : for the next year: a new one, or the one in force under the new figures.
    renewed : whether it is a new one.
    reason : why it is, or why the plan in force may stand.
    evaluation : what the monitoring says of the cycle.
    changes : a row per allocation that moved (`abate.loop.changes`): before, after, change, by_belief, by_measures,
        asked_by, why.
    measures : a row per measure whose extent moved.
    shifts : a row per target: by how much it is tighter than before, in parts.
    risks : a row per target: probability of being missed next, under the plan in force and under the new one.
    targets : a row per target and year in which it cannot be held as it stands, with the limit proposed instead.
    milestones : a row per target and year: what it is to come to year by year under the plan.
    standards : proposed revisions of what the library says of measures.
    reserves : a row per cap with a reserve: what it held back, what growth and early action took, what is left.
    years : a row per year to come: yearly cost, capacity added, in the case's units.
    verdicts : every year's load of targets with a reference flow, judged at that flow (`abate.loop.hydrology`).
    exceedances : the years in which one was exceeded, with the source that stands out (`abate.loop.departures`).
    belief : every figure that is believed, with its interval.
    how : what was done to the solver's model: updated, or rebuilt because ...
    notes : what else is to be told, in sentences.
    memory : what the next cycle starts from.
    entry : where it stands in the ledger; None without one.
    """

    inputs: Inputs
    case: Case
    plan: Plan
    renewed: bool
    reason: str
    evaluation: Evaluation
    changes: pd.DataFrame
    measures: pd.DataFrame
    shifts: pd.DataFrame
    risks: pd.DataFrame
    targets: pd.DataFrame
    milestones: pd.DataFrame
    standards: pd.DataFrame
    reserves: pd.DataFrame
    years: pd.DataFrame
    verdicts: pd.DataFrame
    exceedances: pd.DataFrame
    belief: pd.DataFrame
    how: str
    notes: tuple[str, ...]
    memory: Memory
    entry: Entry | None = None

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name: those of the revision, of its plan, and of the evaluation."""
        own = {
            "changes": self.changes,
            "measure_changes": self.measures,
            "shifts": self.shifts,
            "risks": self.risks,
            "proposed_targets": self.targets,
            "milestones": self.milestones,
            "proposed_standards": self.standards,
            "reserves": self.reserves,
            "years": self.years,
            "verdicts": self.verdicts,
            "exceedances": self.exceedances,
            "belief": self.belief,
        }
        plan = {name: self.plan.tables()[name] for name in ("allocation", "measures", "prices", "balance")}
        evaluated = {f"evaluated_{name}": table for name, table in self.evaluation.tables().items()}
        return own | plan | {"planned_attainment": self.plan.attainment} | evaluated

    def result(self) -> dict[str, Any]:
        """Return the revision as plain data: what a ledger keeps of it."""
        return {
            "renewed": self.renewed,
            "reason": self.reason,
            "how": self.how,
            "cost": None if np.isnan(self.plan.cost) else self.plan.cost,
            "notes": list(self.notes),
            "tables": {name: table_document(table) for name, table in self.tables().items()},
        }

    def to_bytes(self) -> bytes:
        """Return the revision as canonical JSON: the same inputs give the same bytes."""
        return dumps(self.result(), name="result")

    def indicators(self, *, sampling: Sampling | None = None) -> Indicators:
        """Return what each source can be held to: loads, concentrations, removals, measures, milestones.

        Parameters
        ----------
        sampling : how effluents are sampled; four samples a month of CV 0.6 where not given.
        """
        from abate.indicators import indicators_of_revision

        return indicators_of_revision(self, sampling=sampling)

    def plot(self) -> Figure:
        """Return a figure of what targets came to, what measures delivered, and which allocations moved."""
        from abate.loop.figure import revision_figure

        return revision_figure(self)

    def __str__(self) -> str:
        done = "new plan" if self.renewed else "the plan in force stands"
        lines = [f"Revision of {self.inputs.region}, cycle {self.inputs.cycle}: {done} ({self.reason})."]
        lines.append(f"{len(self.changes)} allocations and {len(self.measures)} measures moved.")
        if len(self.targets):
            limits = (
                "1 limit cannot be held and is"
                if len(self.targets) == 1
                else f"{len(self.targets)} limits cannot be held and are"
            )
            lines.append(f"{limits} proposed anew.")
        return "\n".join([*lines, *self.notes, str(self.evaluation)])

    def __repr__(self) -> str:
        done = "new plan" if self.renewed else "plan kept"
        return f"<Revision {self.inputs.region!r} {self.inputs.cycle!r}: {done}, {len(self.changes)} allocations moved>"
