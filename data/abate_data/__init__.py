"""What a case is: its tables and settings, how they are read, checked, written and described.

A case is read with `load` from a folder, a workbook, DataFrames or the shelf of `shipped_cases`; it comes out
checked and in one set of units, or an `InputError` says everything that is wrong with it.
"""

from __future__ import annotations

import lazy_loader

# each name is imported when it is first used: it is told where in __init__.pyi
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
