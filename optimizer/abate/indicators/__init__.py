"""What an inspector can hold a source to: loads, concentrations, removals, measures, milestones; how each is judged."""

from abate.indicators.making import (
    CONTENTS,
    Indicators,
    indicators,
    indicators_of_revision,
    indicators_of_schedule,
)
from abate.indicators.sampling import Sampling

__all__ = ["CONTENTS", "Indicators", "Sampling", "indicators", "indicators_of_revision", "indicators_of_schedule"]
