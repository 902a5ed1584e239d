"""Random rivers against an integration of their differential equations, and laws that every river obeys."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from abate_data.read import load
from abate_models.transport.oxygen import saturation
from abate_models.transport.river import river_transfer

POLLUTANTS = ("bod", "ammonia")
UNITS = {"load": "kg/d", "flow": "m3/s", "length": "km", "velocity": "km/d"}
QUALITY = {"bod": "mg/L", "nh4": "mg/L", "dissolved_oxygen": "mg/L"}
SECONDS = 86400.0


@st.composite
def rivers(draw):
    """A tree of reaches in any order, with sources, receptors, and kinetics that one reach overrides."""
    count = draw(st.integers(1, 5))
    names = draw(st.permutations([f"reach {i}" for i in range(count)]))

    def numbers(size, low, high):
        number = st.floats(low, high).map(lambda value: round(value, 6))  # the solver fails on 1e-160
        return draw(st.lists(number, min_size=size, max_size=size))

    downstream = [""] + [draw(st.sampled_from(["", *names[:i]])) for i in range(1, count)]
    gain = numbers(count, 0.1, 5.0)  # every reach has the flow of those above it, and some more
    flow = dict(zip(names, gain, strict=True))
    for i in reversed(range(count)):
        if downstream[i]:
            flow[downstream[i]] += flow[names[i]]
    reaches = {
        "reach": names,
        "downstream": downstream,
        "length": numbers(count, 1.0, 80.0),
        "flow": [flow[name] for name in names],
        "velocity": numbers(count, 5.0, 60.0),
        "temperature": numbers(count, 0.0, 30.0),
        "reaeration": numbers(count, 0.0, 2.0),
    }
    length = dict(zip(names, reaches["length"], strict=True))

    def placed(kind, size):
        reach = [draw(st.sampled_from(names)) for _ in range(size)]
        share = [draw(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0])) for _ in range(size)]
        position = [length[name] * part for name, part in zip(reach, share, strict=True)]
        return {kind: [f"{kind} {i}" for i in range(size)], "reach": reach, "position": position}

    sources, receptors = (
        placed("source", draw(st.integers(1, 4))),
        placed("receptor", draw(st.integers(1, 4))),
    )
    own = draw(st.sampled_from(names))
    kinetics = {
        "reach": ["", own, "*"],
        "pollutant": ["bod", "bod", "ammonia"],
        "parameter": ["bod", "bod", "nh4"],
        "decay": numbers(3, 0.0, 1.5),
        "temperature_factor": numbers(3, 1.0, 1.1),
        "oxygen_demand": numbers(3, 0.0, 4.5),
    }
    emitted = [(source, pollutant) for source in sources["source"] for pollutant in POLLUTANTS]
    loads = {
        "source": [source for source, _ in emitted],
        "pollutant": [pollutant for _, pollutant in emitted],
        "load": numbers(len(emitted), 0.0, 5000.0),
    }
    return {
        "sources": sources,
        "receptors": receptors,
        "reaches": reaches,
        "kinetics": kinetics,
        "loads": loads,
    }


def case_of(river, units=UNITS, quality=QUALITY):
    source = river["sources"]["source"][0]
    tables = {
        "measures": {"measure": ["treatment"]},
        "options": {"source": [source], "measure": ["treatment"], "max_extent": [1.0], "unit_cost": [1.0]},
        "removals": {"measure": ["treatment"], "pollutant": ["bod"], "removal": [0.5]},
        "targets": {"target": ["cap"], "kind": ["load"], "limit": [1e9], "pollutant": ["bod"]},
        **river,
    }
    frames = {name: pd.DataFrame(table) for name, table in tables.items()}
    return load({"case": {"name": "river", "units": {**units, "quality": quality}}, **frames})


def quality_of(case):
    """{(receptor, parameter): quality} under all loads, from the coefficients and the backgrounds."""
    river = river_transfer(case)
    baseline = case["loads"].set_index(["source", "pollutant"])["load"].to_dict()
    sources, pollutants = case.ids("sources", "source"), case.ids("loads", "pollutant")
    receptors = case.ids("receptors", "receptor")
    quality = {(receptor, name): 0.0 for receptor in receptors for name in river.parameters}
    for s, r, p, q, value in zip(
        river.source, river.receptor, river.pollutant, river.parameter, river.coefficient, strict=True
    ):
        quality[receptors[r], river.parameters[q]] += value * baseline[sources[s], pollutants[p]]
    for r, q, value in zip(river.background_receptor, river.background_parameter, river.background_value, strict=True):
        quality[receptors[r], river.parameters[q]] += value
    return quality


def integrated(river):
    """The same qualities by integrating concentrations in mg/L, each reach after those above it."""
    reaches = pd.DataFrame(river["reaches"]).set_index("reach")
    loads = pd.DataFrame(river["loads"]).set_index(["source", "pollutant"])["load"]
    sources, receptors = pd.DataFrame(river["sources"]), pd.DataFrame(river["receptors"])
    rows = pd.DataFrame(river["kinetics"])
    quality, ends = {}, {}

    def behaviour(name, pollutant):
        mine = rows[rows["pollutant"] == pollutant]
        row = mine[mine["reach"] == name] if (mine["reach"] == name).any() else mine[mine["reach"].isin(["", "*"])]
        row = row.iloc[0]
        warmth = row["temperature_factor"] ** (reaches.loc[name, "temperature"] - 20.0)
        return row["decay"] * warmth, row["oxygen_demand"]

    def run(name):
        reach = reaches.loc[name]
        above = [(reaches.loc[other, "flow"], run(other)) for other in reaches.index[reaches["downstream"] == name]]
        state = sum((flow * end for flow, end in above), np.zeros(3)) / reach["flow"]
        (k1, o1), (k2, o2) = (behaviour(name, pollutant) for pollutant in POLLUTANTS)
        ka = reach["reaeration"] * 1.024 ** (reach["temperature"] - 20.0)

        def slope(_, c):
            return [-k1 * c[0], -k2 * c[1], o1 * k1 * c[0] + o2 * k2 * c[1] - ka * c[2]]

        stops = [(row.position, 0, row.source) for row in sources[sources["reach"] == name].itertuples()]
        stops += [(row.position, 1, row.receptor) for row in receptors[receptors["reach"] == name].itertuples()]
        here = 0.0
        for place, is_receptor, who in [*sorted(stops), (reach["length"], 2, "")]:
            if place > here:
                days = (place - here) / reach["velocity"]
                state = solve_ivp(slope, (0.0, days), state, method="DOP853", rtol=1e-9, atol=1e-9).y[:, -1]
                here = place
            if is_receptor == 0:
                rise = [1000.0 * loads[who, pollutant] / (reach["flow"] * SECONDS) for pollutant in POLLUTANTS]
                state = state + np.array([*rise, 0.0])
            elif is_receptor == 1:
                full = saturation(np.array([reach["temperature"]]))[0] if rows["oxygen_demand"].any() else 0.0
                values = (state[0], state[1], full - state[2])
                quality.update({(who, name): v for name, v in zip(QUALITY, values, strict=True)})
        ends[name] = state
        return state

    for mouth in reaches.index[reaches["downstream"] == ""]:
        run(mouth)
    assert len(ends) == len(reaches)
    return quality


@settings(max_examples=40, deadline=None)
@given(rivers())
def test_coefficients_add_up_to_the_integrated_river(river):
    expected = integrated(river)
    found = quality_of(case_of(river))
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, rel=1e-5, abs=1e-5), key


@settings(max_examples=25, deadline=None)
@given(rivers())
def test_without_decay_every_flux_is_kept(river):
    """Concentration times flow at a receptor is the load discharged above it, whole."""
    river["kinetics"]["decay"] = [0.0] * 3
    found = river_transfer(case_of(river))
    flow = dict(zip(river["reaches"]["reach"], river["reaches"]["flow"], strict=True))
    flows = np.array([flow[name] for name in river["receptors"]["reach"]]) * SECONDS / 1000.0
    assert found.coefficient * flows[found.receptor] == pytest.approx(np.ones(len(found.coefficient)))
    assert "dissolved_oxygen" not in {found.parameters[code] for code in found.parameter}


@settings(max_examples=25, deadline=None)
@given(rivers())
def test_signs_and_bounds(river):
    """A pollutant never comes to more than its load, and never takes more oxygen than it has used."""
    case = case_of(river)
    found = river_transfer(case)
    flow = case.values("reaches", "flow")[case.codes("receptors", "reach")][found.receptor] * SECONDS / 1000.0
    share = found.coefficient * flow
    oxygen = found.parameter == found.parameters.index("dissolved_oxygen")
    assert ((share > 0.0) != oxygen).all()
    assert (share[~oxygen] <= 1.0 + 1e-12).all()
    assert (share[oxygen] >= -max(river["kinetics"]["oxygen_demand"]) * (1.0 + 1e-12)).all()


def table_of(case):
    found = river_transfer(case)
    keys = np.column_stack((found.source, found.receptor, found.pollutant, found.parameter))
    return keys, found.coefficient, found.background_value


@settings(max_examples=25, deadline=None)
@given(rivers())
def test_the_units_of_the_case_do_not_matter(river):
    """Feet, miles and pounds: coefficients differ by the ratio of the units alone."""
    keys, metric, saturated = table_of(case_of(river))
    reaches = {**river["reaches"]}
    for column, size in (("length", 1.609344), ("flow", 0.3048**3), ("velocity", 0.3048e-3 * SECONDS)):
        reaches[column] = [value / size for value in reaches[column]]
    moved = {
        table: {**river[table], "position": [value / 1.609344 for value in river[table]["position"]]}
        for table in ("sources", "receptors")
    }
    units = {"load": "lb/d", "flow": "ft3/s", "length": "mi", "velocity": "ft/s"}
    quality = dict.fromkeys(QUALITY, "ug/L")
    other, imperial, full = table_of(case_of({**river, **moved, "reaches": reaches}, units, quality))
    assert np.array_equal(keys, other)
    assert imperial == pytest.approx(metric * 1000.0 * 0.45359237, rel=1e-9)
    assert full == pytest.approx(saturated * 1000.0)


@settings(max_examples=25, deadline=None)
@given(rivers(), st.data())
def test_a_reach_cut_in_two_is_the_same_river(river, data):
    """Continuity: what the first half hands over is what the second half goes on with."""
    keys, whole, saturated = table_of(case_of(river))
    reaches = pd.DataFrame(river["reaches"])
    cut = data.draw(st.sampled_from(river["reaches"]["reach"]))
    at = float(reaches.loc[reaches["reach"] == cut, "length"].iloc[0]) * 0.6
    lower = reaches[reaches["reach"] == cut].assign(reach="lower half", length=lambda row: row["length"] - at)
    upper = reaches.copy()
    upper.loc[upper["reach"] == cut, ["downstream", "length"]] = ["lower half", at]
    halves = {**river, "reaches": pd.concat([upper, lower]).to_dict("list")}
    for table in ("sources", "receptors"):
        frame = pd.DataFrame(river[table])
        below = (frame["reach"] == cut) & (frame["position"] > at)
        frame.loc[below, "position"] -= at
        frame.loc[below, "reach"] = "lower half"
        halves[table] = frame.to_dict("list")
    own = pd.DataFrame(river["kinetics"])
    copied = own[own["reach"] == cut].assign(reach="lower half")
    halves["kinetics"] = pd.concat([own, copied]).to_dict("list")
    other, parts, full = table_of(case_of(halves))
    assert np.array_equal(keys, other)
    assert parts == pytest.approx(whole, rel=1e-9, abs=1e-15)
    assert full == pytest.approx(saturated)


def test_far_downstream_the_river_has_recovered():
    """After 100 days hardly anything is left of the load, and oxygen is back at saturation."""
    river = {
        "sources": {"source": ["town"], "reach": ["long"], "position": [0.0]},
        "receptors": {"receptor": ["sea"], "reach": ["long"], "position": [3000.0]},
        "reaches": {
            "reach": ["long"],
            "length": [3000.0],
            "flow": [10.0],
            "velocity": [30.0],
            "reaeration": [0.6],
        },
        "kinetics": {"pollutant": ["bod"], "parameter": ["bod"], "decay": [0.4], "oxygen_demand": [1.0]},
        "loads": {"source": ["town"], "pollutant": ["bod"], "load": [1e5]},
    }
    found = quality_of(case_of(river))
    assert found["sea", "bod"] == pytest.approx(0.0, abs=1e-12)
    assert found["sea", "dissolved_oxygen"] == pytest.approx(9.09, abs=0.005)
