"""The `abate` command: look at cases, check them, start new ones, and make plans."""

from __future__ import annotations

from abate.cli.commands import app, main

__all__ = ["app", "main"]
