"""Transfer coefficients of small rivers, derived by hand."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from abate_data.errors import InputError
from abate_data.read import load
from abate_models.transport.oxygen import saturation
from abate_models.transport.river import river_transfer

UNITS = {
    "load": "kg/d",
    "flow": "m3/s",
    "length": "km",
    "velocity": "km/d",
    "quality": {"bod": "mg/L", "dissolved_oxygen": "mg/L", "chloride": "mg/L"},
}


def river_case(units=UNITS, loads=None, **tables):
    """A case around a river; one kilogram a day of `bod` from every source unless `loads` says otherwise."""
    names = tables["sources"]["source"]
    everything = {"source": names, "pollutant": ["bod"] * len(names), "load": [1.0] * len(names)}
    case = {
        "case": {"name": "river", "units": units},
        "loads": loads or everything,
        "measures": {"measure": ["treatment"]},
        "options": {"source": names[:1], "measure": ["treatment"], "max_extent": [1.0], "unit_cost": [1.0]},
        "removals": {"measure": ["treatment"], "pollutant": ["bod"], "removal": [0.5]},
        "targets": {
            "target": ["cap"],
            "kind": ["load"],
            "limit": [1e9],
            "pollutant": ["bod"],
        },
        **tables,
    }
    return load({name: table if name == "case" else pd.DataFrame(table) for name, table in case.items()})


def coefficients(case):
    """{(source, receptor, pollutant, parameter): coefficient} of a case."""
    river = river_transfer(case)
    sources, receptors = case.ids("sources", "source"), case.ids("receptors", "receptor")
    pollutants = case.ids("loads", "pollutant")
    keys = zip(river.source, river.receptor, river.pollutant, river.parameter, strict=True)
    names = [(sources[s], receptors[r], pollutants[p], river.parameters[q]) for s, r, p, q in keys]
    assert len(set(names)) == len(names)
    rows = list(zip(river.source, river.receptor, river.pollutant, strict=True))
    assert rows == sorted(rows)  # in the planner's order
    return dict(zip(names, river.coefficient.tolist(), strict=True))


def backgrounds(case):
    river = river_transfer(case)
    assert {river.parameters[code] for code in river.background_parameter} <= {"dissolved_oxygen"}
    receptors = [case.ids("receptors", "receptor")[code] for code in river.background_receptor]
    return dict(zip(receptors, river.background_value.tolist(), strict=True))


ONE_REACH = {"reach": ["main"], "length": [90.0], "flow": [10.0], "velocity": [30.0], "reaeration": [0.5]}
BOD = {"pollutant": ["bod"], "parameter": ["bod"], "decay": [0.3], "oxygen_demand": [1.0]}
CUBIC_METRES = 10.0 * 86400.0  # 10 m3/s in a day


def one_reach(source_at, receptors_at, kinetics=BOD, reaches=ONE_REACH, **tables):
    count = len(receptors_at)
    receptors = {
        "receptor": [f"r{i}" for i in range(count)],
        "reach": ["main"] * count,
        "position": receptors_at,
    }
    sources = {"source": ["town"], "reach": ["main"], "position": [source_at]}
    return river_case(sources=sources, receptors=receptors, reaches=reaches, kinetics=kinetics, **tables)


def test_one_day_below_an_outfall():
    """1 kg/d in 10 m3/s is 1/864 mg/L; a day leaves exp(-0.3); the sag is 1.5 (exp(-0.3) - exp(-0.5))."""
    found = coefficients(one_reach(10.0, [40.0]))
    assert found == {
        ("town", "r0", "bod", "bod"): pytest.approx(0.7408182 / 864.0, rel=1e-6),
        ("town", "r0", "bod", "dissolved_oxygen"): pytest.approx(-0.2014313 / 864.0, rel=1e-6),
    }


def test_a_receptor_at_the_outfall_lies_below_it_and_one_above_it_feels_nothing():
    found = coefficients(one_reach(10.0, [9.999, 10.0]))
    assert found == {("town", "r1", "bod", "bod"): pytest.approx(1.0 / 864.0)}


def test_rates_equal():
    """With k = a = 0.3/d the sag after 2 d is 0.6 exp(-0.6)."""
    found = coefficients(one_reach(0.0, [60.0], reaches={**ONE_REACH, "reaeration": [0.3]}))
    assert found["town", "r0", "bod", "dissolved_oxygen"] == pytest.approx(-0.6 * math.exp(-0.6) / 864.0)


def test_the_sag_is_deepest_at_the_critical_time_of_streeter_and_phelps():
    """t = ln(a / k) / (a - k) and D = k / a exp(-k t) for water that is saturated at the outfall."""
    days = math.log(0.5 / 0.3) / 0.2
    places = np.linspace(60.0, 90.0, 301)
    found = coefficients(one_reach(0.0, places.tolist()))
    sag = np.array([found["town", f"r{i}", "bod", "dissolved_oxygen"] for i in range(len(places))])
    assert places[sag.argmin()] == pytest.approx(30.0 * days, abs=0.1)
    assert sag.min() == pytest.approx(-0.6 * math.exp(-0.3 * days) / 864.0, rel=1e-6)


def test_rates_are_those_at_the_temperature_of_the_water():
    """At 30 degC: k = 0.3 * 1.05^10, a = 0.5 * 1.024^10, and oxygen saturates at 7.56 mg/L."""
    decay, reaeration = 0.3 * 1.05**10, 0.5 * 1.024**10
    kinetics = {**BOD, "temperature_factor": [1.05]}
    case = one_reach(0.0, [30.0], kinetics, {**ONE_REACH, "temperature": [30.0]})
    sag = decay / (reaeration - decay) * (math.exp(-decay) - math.exp(-reaeration))
    found = coefficients(case)
    assert found["town", "r0", "bod", "bod"] == pytest.approx(math.exp(-decay) / 864.0)
    assert found["town", "r0", "bod", "dissolved_oxygen"] == pytest.approx(-sag / 864.0)
    assert backgrounds(case) == {"r0": pytest.approx(7.56, abs=0.005)}


FORK = {
    "reach": ["mouth", "left", "right"],
    "downstream": ["", "mouth", "mouth"],
    "length": [30.0, 20.0, 10.0],
    "flow": [12.0, 4.0, 6.0],
    "velocity": [15.0, 20.0, 5.0],
    "reaeration": [0.6, 0.4, 0.2],
    "temperature": [20.0, 20.0, 10.0],
}
AT_FORK = {
    "receptor": ["on left", "on right", "on mouth", "elsewhere"],
    "reach": ["left", "right", "mouth", ""],
    "position": [20.0, 0.0, 15.0, None],
}


def test_a_load_passes_a_junction_and_is_diluted_there():
    """A day in `left` at its own k = 0.9/d, then a day in the mouth at 0.3/d; the deficit goes along."""
    kinetics = {
        "reach": ["left", "*"],
        "pollutant": ["bod", "bod"],
        "parameter": ["bod", "bod"],
        "decay": [0.9, 0.3],
        "temperature_factor": [1.0, 1.0],
        "oxygen_demand": [2.0, 1.0],
    }
    sources = {"source": ["village"], "reach": ["left"], "position": [0.0]}
    case = river_case(sources=sources, receptors=AT_FORK, reaches=FORK, kinetics=kinetics)
    above = 2.0 * 0.9 / (0.4 - 0.9) * (math.exp(-0.9) - math.exp(-0.4))
    below = above * math.exp(-0.6) + math.exp(-0.9) * 0.3 / (0.6 - 0.3) * (math.exp(-0.3) - math.exp(-0.6))
    assert coefficients(case) == {
        ("village", "on left", "bod", "bod"): pytest.approx(math.exp(-0.9) / 345.6),
        ("village", "on left", "bod", "dissolved_oxygen"): pytest.approx(-above / 345.6),
        ("village", "on mouth", "bod", "bod"): pytest.approx(math.exp(-1.2) / 1036.8),
        ("village", "on mouth", "bod", "dissolved_oxygen"): pytest.approx(-below / 1036.8),
    }


def test_several_sources_come_in_the_order_of_the_planner():
    sources = {
        "source": ["z", "pumped away", "a", "b"],
        "reach": ["mouth", "", "right", "mouth"],
        "position": [15.0, None, 10.0, 0.0],
    }
    case = river_case(sources=sources, receptors=AT_FORK, reaches=FORK, kinetics=BOD)
    own = {key[:2]: value for key, value in coefficients(case).items() if key[3] == "bod"}
    assert list(own) == [("z", "on mouth"), ("a", "on mouth"), ("b", "on mouth")]
    assert own["z", "on mouth"] == pytest.approx(1.0 / 1036.8)
    assert own["a", "on mouth"] == own["b", "on mouth"] == pytest.approx(math.exp(-0.3) / 1036.8)


def test_coefficients_go_by_source_then_receptor_then_pollutant():
    sources = {"source": ["z", "a"], "reach": ["mouth", "right"], "position": [0.0, 0.0]}
    loads = {"source": ["a", "z", "a"], "pollutant": ["bod", "bod", "salt"], "load": [1.0, 1.0, 1.0]}
    kinetics = {"pollutant": ["bod", "salt"], "parameter": ["bod", "chloride"]}
    case = river_case(sources=sources, receptors=AT_FORK, reaches=FORK, kinetics=kinetics, loads=loads)
    assert [key[:3] for key in coefficients(case)] == [
        ("z", "on mouth", "bod"),
        ("a", "on right", "bod"),
        ("a", "on right", "salt"),
        ("a", "on mouth", "bod"),
        ("a", "on mouth", "salt"),
    ]


def test_pollutants_without_oxygen_demand_make_no_oxygen():
    kinetics = {"pollutant": ["bod"], "parameter": ["chloride"]}
    case = one_reach(0.0, [0.0, 90.0], kinetics)
    expected = pytest.approx(1.0 / 864.0)
    assert coefficients(case) == {
        ("town", "r0", "bod", "chloride"): expected,
        ("town", "r1", "bod", "chloride"): expected,
    }
    assert backgrounds(case) == {}


def test_pollutants_without_kinetics_do_not_reach_the_river():
    loads = {"source": ["town", "town"], "pollutant": ["dust", "bod"], "load": [1.0, 1.0]}
    assert {key[2] for key in coefficients(one_reach(0.0, [30.0], loads=loads))} == {"bod"}


def test_oxygen_is_saturated_where_the_case_gives_no_background():
    sources = {"source": ["village"], "reach": ["left"], "position": [0.0]}
    given = {"receptor": ["on left"], "parameter": ["dissolved_oxygen"], "value": [8.0]}
    case = river_case(sources=sources, receptors=AT_FORK, reaches=FORK, kinetics=BOD, background=given)
    cold, warm = saturation(np.array([10.0, 20.0])).tolist()
    assert backgrounds(case) == {"on right": pytest.approx(cold), "on mouth": pytest.approx(warm)}


def test_a_case_without_a_river_has_no_coefficients():
    case = river_case(
        sources={"source": ["town"]},
        receptors={"receptor": ["lake"]},
        transfer={
            "source": ["town"],
            "receptor": ["lake"],
            "pollutant": ["bod"],
            "parameter": ["bod"],
            "coefficient": [0.1],
        },
    )
    assert coefficients(case) == {}
    assert backgrounds(case) == {}


def changed(case, table, **columns):
    """The same case with other columns in a table, past the checks at the door."""
    tables = {**case.tables, table: case[table].assign(**columns)}
    return dataclasses.replace(case, tables=tables)


@pytest.mark.parametrize("column", ["flow", "velocity"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan])
def test_standing_water_is_refused_by_name(column, value):
    case = changed(one_reach(0.0, [30.0]), "reaches", **{column: [value]})
    with pytest.raises(InputError, match=f"reach 'main', {column}: a river needs a {column} above 0"):
        river_transfer(case)


def test_kinetics_in_some_reaches_only_are_refused():
    sources = {"source": ["village"], "reach": ["left"], "position": [0.0]}
    case = river_case(sources=sources, receptors=AT_FORK, reaches=FORK, kinetics=BOD)
    code = pd.Categorical(["left"], categories=case.ids("reaches", "reach"))
    with pytest.raises(InputError, match="'bod' has kinetics in some reaches but none in reach 'mouth'"):
        river_transfer(changed(case, "kinetics", reach=code))


def test_oxygen_as_the_concentration_of_a_pollutant_is_refused():
    case = one_reach(0.0, [30.0])
    code = pd.Categorical(["dissolved_oxygen"], categories=case.ids("kinetics", "parameter"))
    with pytest.raises(InputError, match="uses oxygen and cannot be it"):
        river_transfer(changed(case, "kinetics", parameter=code))


@pytest.mark.parametrize("parameter", ["bod", "dissolved_oxygen"])
def test_a_parameter_without_a_unit_is_refused(parameter):
    case = one_reach(0.0, [30.0])
    quality = {name: unit for name, unit in UNITS["quality"].items() if name != parameter}
    units = case.settings.units.model_copy(update={"quality": quality})
    case = dataclasses.replace(case, settings=case.settings.model_copy(update={"units": units}))
    with pytest.raises(InputError, match=f"parameter '{parameter}' of the river has no unit"):
        river_transfer(case)
