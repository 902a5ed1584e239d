"""A case whose appraisals can be followed by hand.

Mill and town send P to a lake, 0.02 and 0.01 mg/L per t/yr; each can have a filter that takes half of its 100 t/yr, for
1000 and 600 EUR/yr. With a background of 1 the lake is at 4 mg/L and has to come to 2.9. A mg/L less costs 1000 EUR/yr
at the mill and 1200 at the town, so the mill's filter runs in full (50 t/yr, 1000 EUR/yr) and the town's takes the last
10 t/yr (extent 0.2, 120 EUR/yr): loads of 50 and 90, 1120 EUR/yr, 1200 EUR/yr per mg/L at the margin. The cap of 150
t/yr, 5 of them reserved for growth, has 5 t/yr of headroom.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

import abate
from abate_data.case import Case


def tables(**changes: Any) -> dict[str, Any]:
    """Return the tables of the case, some of them replaced."""
    made = {
        "case": {"name": "by-hand", "currency": "EUR", "units": {"load": "t/yr", "quality": {"tp": "mg/L"}}},
        "regions": pd.DataFrame({"region": ["basin"]}),
        "sources": pd.DataFrame({"source": ["mill", "town"], "region": "basin"}),
        "loads": pd.DataFrame({"source": ["mill", "town"], "pollutant": "P", "load": 100.0}),
        "options": pd.DataFrame(
            {"source": ["mill", "town"], "measure": "filter", "max_extent": 1.0, "unit_cost": [1000.0, 600.0]}
        ),
        "removals": pd.DataFrame({"source": ["*"], "measure": ["filter"], "pollutant": ["P"], "removal": [0.5]}),
        "receptors": pd.DataFrame({"receptor": ["lake"]}),
        "transfer": pd.DataFrame(
            {
                "source": ["mill", "town"],
                "receptor": "lake",
                "pollutant": "P",
                "parameter": "tp",
                "coefficient": [0.02, 0.01],
            }
        ),
        "background": pd.DataFrame({"receptor": ["lake"], "parameter": ["tp"], "value": [1.0]}),
        "targets": pd.DataFrame(
            [("lake-tp", "quality", "lake", "", "tp", 2.9, 0.0), ("cap", "load", "", "P", "", 150.0, 5.0)],
            columns=["target", "kind", "receptor", "pollutant", "parameter", "limit", "reserve"],
        ),
    }
    return {**made, **changes}


def by_hand(**changes: Any) -> Case:
    """Return the case, with some of its tables replaced."""
    return abate.load(tables(**changes))
