"""Reports: a result as one page that opens without a network, and its charts as pictures."""

from __future__ import annotations

from abate.report.make import make_report
from abate.report.report import Report

__all__ = ["Report", "make_report"]
