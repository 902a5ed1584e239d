"""Trade-offs: fronts of several objectives, exact where they can be and searched where they must be."""

from __future__ import annotations

from abate.front.choice import Choice
from abate.front.effort import Effort
from abate.front.explore import explore
from abate.front.front import Front
from abate.front.nearby.alternatives import Alternatives, alternatives
from abate.front.solving import solve
from abate.front.stored import load

__all__ = ["Alternatives", "Choice", "Effort", "Front", "alternatives", "explore", "load", "solve"]
