"""Where the models of a planner ended, kept as plain data: a later planner starts from there, the same one each time.

A plan that starts from a basis may end in another of several plans that are equally good, or differ in the last digits.
So the start is part of what a recorded plan was made from, and not of what the process happens to hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from abate.sameness import Shape
from abate.solution import Basis
from abate.solver import Session
from abate_models.compile import CompiledModel


@dataclass(frozen=True)
class WarmStart:
    """Where a solve ended, and the shape of its model."""

    shape: Shape
    basis: Basis

    @classmethod
    def of(cls, session: Session | None, compiled: CompiledModel) -> WarmStart | None:
        """Return where a session ended that was given a compiled model; None where there is nothing to start from."""
        basis = None if session is None else session.basis()
        return None if basis is None else cls(Shape.of(compiled), basis)

    def begin(self, session: Session, compiled: CompiledModel) -> str:
        """Let a new session start here, if its model has the same shape; return what was done."""
        if why := self.shape.change_to(Shape.of(compiled)):
            return f"rebuilt because {why}"
        if session.is_whole:
            return "updated"
        session.start_at(self.basis)
        return "updated"

    def to_json(self) -> dict[str, Any]:
        """Return the start as a document."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> WarmStart:
        """Return the start of a document."""
        return cls(Shape(**document["shape"]), Basis(**document["basis"]))
