"""Rules about the table `rules`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from abate_data.draft import Draft
from abate_data.errors import Finding


def check_bounds(draft: Draft) -> Iterator[Finding]:
    """Find rules without the bounds that their kind needs, or with the lower above the upper."""
    kind = draft.choices("rules", "kind")
    lower, upper = draft.values("rules", "lower"), draft.values("rules", "upper")
    cure = "lower it, or raise the upper bound"
    yield from draft.findings("rules", "lower", lower > upper, "is above the upper bound", cure)
    wide = (kind == "reduction_percent") & (upper > 100)
    cure = "write a percentage from 0 to 100"
    yield from draft.findings("rules", "upper", wide, "is more than 100 percent", cure)
    open_ = np.isnan(upper) & ((kind == "burden") | ((kind == "reduction_percent") & np.isnan(lower)))
    cure = "write the greatest reduction or burden of each source"
    yield from draft.findings("rules", "upper", open_ & ~draft.given("rules", "upper"), "the rule bounds nothing", cure)
