"""The page of a report, and what stands in it."""

from abate.report.page.page import page

__all__ = ["page"]
