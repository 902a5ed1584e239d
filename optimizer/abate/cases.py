"""Cases and proposals, as the face of abate names them."""

from __future__ import annotations

from abate_data.case import Case
from abate_data.proposals import Proposal, Site
from abate_data.read import load
from abate_data.remarks import notes

__all__ = ["Case", "Proposal", "Site", "load", "notes"]
