"""abate splits regional quality and total-load targets into what each source has to do.

import abate
case = abate.load("echo-reservoir")
plan = abate.decompose(case)
plan.allocation
"""

from __future__ import annotations

import lazy_loader

# each name of the face is imported when it is first used: it is told where in __init__.pyi
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
