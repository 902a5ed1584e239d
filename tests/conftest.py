"""Fixtures for all tests."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from abate_data.case import Case

# tests are no packages: helpers that several folders share are modules beside this file
sys.path.insert(0, str(Path(__file__).parent))

import independent


@pytest.fixture(scope="session")
def independent_least_cost() -> Callable[[Case], independent.Answer]:
    """Function(case) -> least yearly cost (infinity where there is no plan), extents by (source, measure)."""
    return independent.least_cost


@pytest.fixture(scope="session")
def independent_check() -> Callable[[Case, np.ndarray], float]:
    """Function(case, extents in the order of the options) -> greatest relative violation of any row."""
    return independent.worst_violation


@pytest.fixture
def minimal_case_tables() -> dict[str, Any]:
    """Return a small case, fresh for every test, as `abate_data.read.load` takes it.

    Three sources of phosphorus (town, mill, farm) in a basin with one subregion, two measures, one receptor.
    Row 2 of a table is its first row, as in a spreadsheet.
    """
    return {
        "case": {
            "name": "minimal",
            "currency": "EUR",
            "price_year": 2024,
            "horizon": {"start": 2025, "end": 2035},
            "units": {"load": "t/yr", "area": "km2", "quality": {"tp": "mg/L"}},
        },
        "regions": pd.DataFrame(
            {
                "region": ["basin", "upper"],
                "parent": ["", "basin"],
                "population": [50000.0, 20000.0],
                "area": [900.0, 300.0],
            }
        ),
        "sources": pd.DataFrame(
            {
                "source": ["town", "mill", "farm"],
                "region": ["upper", "basin", "basin"],
                "sector": ["sewage", "industry", "agriculture"],
                "kind": ["point", "point", "diffuse"],
                "output": [None, 1200.0, None],
                "built_in": [1975.0, 1990.0, None],
            }
        ),
        "loads": pd.DataFrame(
            {
                "source": ["town", "mill", "farm"],
                "pollutant": ["P", "P", "P"],
                "load": [40.0, 25.0, 60.0],
                "floor": [2.0, 0.0, 10.0],
            }
        ),
        "measures": pd.DataFrame(
            {
                "measure": ["precipitation", "buffer"],
                "name": ["chemical precipitation", "riparian buffer"],
                "unit": ["share", "km"],
                "lifetime_years": [20.0, 15.0],
            }
        ),
        "options": pd.DataFrame(
            {
                "source": ["town", "mill", "farm"],
                "measure": ["precipitation", "precipitation", "buffer"],
                "max_extent": [1.0, 1.0, 120.0],
                "unit_cost": [200000.0, 150000.0, 900.0],
                "capital_cost": [1000000.0, 0.0, 4000.0],
            }
        ),
        "removals": pd.DataFrame(
            {
                "source": ["*", "mill", "*"],
                "measure": ["precipitation", "precipitation", "buffer"],
                "pollutant": ["P", "P", "P"],
                "removal": [0.8, 0.7, 0.25],
                "basis": ["fraction", "fraction", "mass"],
            }
        ),
        "receptors": pd.DataFrame({"receptor": ["lake"], "region": ["basin"], "latitude": [47.5]}),
        "transfer": pd.DataFrame(
            {
                "source": ["town", "mill", "farm"],
                "receptor": ["lake", "lake", "lake"],
                "pollutant": ["P", "P", "P"],
                "parameter": ["tp", "tp", "tp"],
                "coefficient": [0.0005, 0.0008, 0.0004],
            }
        ),
        "background": pd.DataFrame({"receptor": ["lake"], "parameter": ["tp"], "value": [0.01]}),
        "targets": pd.DataFrame(
            {
                "target": ["lake-tp", "basin-cap", "upper-cut"],
                "kind": ["quality", "load", "reduction"],
                "receptor": ["lake", "", ""],
                "region": ["", "basin", "upper"],
                "limit": [0.05, 90.0, 10.0],
                "basis": ["value", "value", "percent"],
                "year": [2030, 2035, None],
                "priority": [1, 0, 2],
            }
        ),
    }
