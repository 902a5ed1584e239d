"""Many small proposals come to what one large one comes to."""

from __future__ import annotations

import pandas as pd

import abate


def made() -> abate.Case:
    tables = {
        "sources": [{"source": "mill"}, {"source": "farm"}],
        "loads": [
            {"source": "mill", "pollutant": "P", "load": 100.0},
            {"source": "farm", "pollutant": "P", "load": 50.0},
        ],
        "options": [{"source": "mill", "measure": "filter", "max_extent": 60.0, "unit_cost": 2.0}],
        "removals": [{"measure": "filter", "pollutant": "P", "removal": 1.0, "basis": "mass"}],
        "targets": [{"target": "cap", "kind": "load", "limit": 110.0}],
    }
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    return abate.load({"case": {"name": "steps", "units": {"load": "kg/yr"}}, **frames})


def test_a_cap_is_not_passed_by_rounding_again_and_again():
    case = made()
    plan = abate.decompose(case)  # the cap is full: 150 kg/yr less 40
    steps = [abate.Proposal.expansion(f"step-{number}", "farm", {"P": 1e-4}) for number in range(60)]
    appraisal = abate.appraise(case, plan, steps)
    assert appraisal.plan.attained
    assert abate.appraise(case, plan, abate.Proposal.expansion("once", "farm", {"P": 60e-4})).plan.attained
