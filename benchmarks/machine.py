"""What the figures depend on."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version

if __name__ == "__main__":
    packages = {name: version(name) for name in ("pyomo", "highspy", "numpy", "scipy", "pandas")}
    print(json.dumps({"Python": platform.python_version(), **packages, "cores": os.cpu_count()}))
