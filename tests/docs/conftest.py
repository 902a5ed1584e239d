"""Tests of the pages: the reader of pages stands beside them, what makes the site stands in `docs/_site`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "docs" / "_site")]
