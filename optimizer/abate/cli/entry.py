"""Where the process of `abate` begins."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command of the process's arguments; `abate serve` without importing what the others need."""
    if sys.argv[1:2] == ["serve"]:
        from abate.cli import serve

        serve.main()
    else:
        from abate.cli import commands

        commands.main()
