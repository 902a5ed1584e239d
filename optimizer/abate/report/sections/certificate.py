"""The proof of a plan: what was checked, how well it is known to be best, and of which input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abate.report.parts import Section, Tile, table
from abate.words import Words

if TYPE_CHECKING:
    from abate.certify import Certificate


def certificate_section(proof: Certificate, words: Words, unit: str) -> Section:
    """Return the section of a plan's certificate; `unit` is that of its objective."""
    checks = proof.checks[proof.checks["rows"] > 0].rename(columns={"kind": "check"})
    checks["check"] = [words.value(f"check.{kind}").removeprefix("check.") for kind in checks["check"]]
    tiles = (
        Tile(
            words("report.checks_passed"),
            words.number(len(checks)),
            words("report.rows", count=int(checks["rows"].sum())),
        ),
        Tile(words("report.proved"), *_proved(proof, words, unit)),
        Tile(words("report.solver"), words.value(proof.status.value), words("report.method", method=proof.method)),
    )
    details = [words("report.hash", hash=proof.case_hash), words("report.software", text=_versions(proof))]
    return Section(
        "certificate",
        words("report.certificate"),
        (words("report.certificate_told"),),
        tiles,
        tables=table("checks", checks, words),
        details=(*details, *proof.assumptions),
    )


def _proved(proof: Certificate, words: Words, unit: str) -> tuple[str, str]:
    """Return the bound of the objective and the gap to it, in words."""
    if not np.isfinite(proof.bound):
        return words("report.nothing_proved"), words("report.may_be_better")
    key = "report.at_most" if proof.maximised else "report.at_least"
    return words(key, value=proof.bound, unit=words.unit(unit)), words("report.gap", gap=words.percent(100 * proof.gap))


def _versions(proof: Certificate) -> str:
    return ", ".join(f"{name} {number}" for name, number in proof.versions.items())
