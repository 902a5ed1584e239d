"""The files of a result: every table with a summary; a workbook has totals and identities as formulas besides."""

from abate.workbook.comparison import write_comparison
from abate.workbook.front import write_front
from abate.workbook.plan import write_plan
from abate.workbook.revision import write_revision

__all__ = ["write_comparison", "write_front", "write_plan", "write_revision"]
