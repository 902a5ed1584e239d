"""The `abate` command: look at cases, check them, start new ones, make plans, and everything that follows."""

from __future__ import annotations

import lazy_loader

# the pages are served within a second of the start, without what the other commands import
__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"commands": ["app"], "entry": ["main"]})
