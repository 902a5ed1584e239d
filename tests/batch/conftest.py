"""Worker processes import what they compute by name: they are told this folder as every process is, by the path."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
