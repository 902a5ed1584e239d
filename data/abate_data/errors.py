"""What can be wrong with a case, said in the planner's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class AbateError(Exception):
    """The root of every error that a user of abate can cause."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: where it stands, what stands there, and the cure.

    Attributes
    ----------
    table : the table's name, or ``case.toml``.
    row : the row as the planner finds it, e.g. ``row 3 (source 'weber')``; empty where it is about the table.
    column : the column's name; empty where it is about the whole row or table.
    value : the offending value as written; empty where there is none.
    problem : what is wrong, as a phrase.
    cure : what to do about it, as an imperative phrase.
    cell : where a workbook has it, e.g. ``loads!C7``; empty where the case comes from elsewhere.
    """

    table: str
    problem: str
    cure: str
    row: str = ""
    column: str = ""
    value: str = ""
    cell: str = ""

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.cell or self.table, self.row, self.column) if part)
        value = f" (found {self.value!r})" if self.value else ""
        return f"{where}: {self.problem}{value}; {self.cure}"


class InputError(AbateError):
    """The input is not a case that can be planned; lists every finding at once.

    Attributes
    ----------
    findings : tuple of `Finding`, in the order of the tables.
    """

    SHOWN = 50

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        lines = [f"  {finding}" for finding in self.findings[: self.SHOWN]]
        if len(self.findings) > self.SHOWN:
            lines.append(f"  and {len(self.findings) - self.SHOWN} more")
        noun = "finding" if len(self.findings) == 1 else "findings"
        super().__init__("\n".join([f"{len(self.findings)} {noun} in the input:", *lines]))
