"""The record of every cycle: append-only, hash-chained, one commit a cycle, for an auditor to replay."""

from __future__ import annotations

from abate.ledger.entry import Entry, Record
from abate.ledger.store import Ledger

__all__ = ["Entry", "Ledger", "Record"]
