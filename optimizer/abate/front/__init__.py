"""Trade-offs: fronts of several objectives, exact where they can be and searched where they must be."""

from __future__ import annotations

from abate.front.choice import Choice
from abate.front.effort import Effort
from abate.front.explore import explore
from abate.front.front import Front
from abate.front.solving import solve

__all__ = ["Choice", "Effort", "Front", "explore", "solve"]
