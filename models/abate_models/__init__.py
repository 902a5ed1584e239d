"""The mathematics of target decomposition: Pyomo formulations over a numeric problem."""

from __future__ import annotations

from pyomo.common.dependencies import DeferredImportCallbackFinder

# Pyomo answers the first import of scipy by importing scipy.stats, integrate and spatial as well: memory and time that
# nothing here needs. Without this it does so when something of Pyomo asks for scipy.
DeferredImportCallbackFinder._callbacks.pop("scipy", None)
