"""What a case is: its tables and settings, how they are read, checked, written and described.

A case is read with `load` from a folder, a workbook, DataFrames or the shelf of `shipped_cases`; it comes out
checked and in one set of units, or an `InputError` says everything that is wrong with it.
"""

from abate_data.case import Case
from abate_data.errors import AbateError, Finding, InputError
from abate_data.notes import notes
from abate_data.read import load, shipped_cases
from abate_data.template import write_template
from abate_data.units import convert
from abate_data.write import write_case, write_tables

__all__ = [
    "AbateError",
    "Case",
    "Finding",
    "InputError",
    "convert",
    "load",
    "notes",
    "shipped_cases",
    "write_case",
    "write_tables",
    "write_template",
]
