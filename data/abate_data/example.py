"""The example in a template: a stretch of river, small enough to be worked out on a sheet of paper.

Two towns, a mill and farmland bring phosphorus into a river, and its concentration is judged at a bridge, above which
one town and the mill lie, and at a weir below all of them. The figures are invented, round and of the right order.

By hand: the bridge has 20 + 0.02 x (4000 + 2000) = 140 ug/L and may have 70, so the town and the mill above it have to
bring 70 / 0.02 = 3500 kg/yr less. Precipitation at the town removes 3200 kg at (44,000 + 400,000 / 20) / 3200 = 20 USD
per kg, recovery at the mill 1000 kg at 40 USD: all of the first and 300 kg, or 0.3, of the second. The weir has
20 + 0.01 x 14,000 = 160 ug/L and may have 100, so 6000 kg/yr have to go, 2500 more than the bridge asks for. Buffer
strips remove 50 kg per km at 500 USD, 10 USD per kg, less than the 30 of the second town: 50 km of them. That costs
64,000 + 12,000 + 25,000 = 101,000 USD a year. One kg less at the weir costs 10 USD, and one less above the bridge
40 - 10 = 30, so that one ug/L costs 10 / 0.01 = 1000 USD at the weir and 30 / 0.02 = 1500 at the bridge.
"""

from __future__ import annotations

from typing import Any

from abate_data.settings import Settings, Units

#: Settings of the example, in the units of the template.
SETTINGS = Settings(
    name="example-river",
    title="An example to overwrite: phosphorus in a stretch of river",
    description="Two towns, a mill and farmland share two limits on total phosphorus, at a bridge and at a weir.",
    currency="USD",
    price_year=2025,
    assumptions=("All figures are invented, to show what goes where.", "Phosphorus is not lost between the receptors."),
    units=Units(load="kg/yr", flow="m3/s", length="km", area="km2", velocity="m/s", quality={"tp": "ug/L"}),
)

#: Columns and rows of each table of the example, in the order in which one fills them in.
ROWS: dict[str, tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]] = {
    "regions": (
        ("region", "parent", "name"),
        (("river", None, "the whole stretch"), ("upper", "river", "above the bridge"), ("lower", "river", "below it")),
    ),
    "sources": (
        ("source", "name", "region", "sector", "kind", "latitude", "longitude"),
        (
            ("oakford", "Oakford sewage works", "upper", "sewage", "point", 45.12, 7.05),
            ("mill", "Oakford paper mill", "upper", "paper", "point", 45.11, 7.08),
            ("ashby", "Ashby sewage works", "lower", "sewage", "point", 45.06, 7.16),
            ("farmland", "Farmland below the bridge", "lower", "agriculture", "diffuse", 45.04, 7.19),
        ),
    ),
    "loads": (
        ("source", "pollutant", "load"),
        (("oakford", "P", 4000), ("mill", "P", 2000), ("ashby", "P", 3000), ("farmland", "P", 5000)),
    ),
    "measures": (
        ("measure", "name", "unit", "lifetime_years", "description"),
        (
            ("precipitation", "Phosphorus precipitation", "share", 20, "iron salts are dosed to a share of the flow"),
            ("recovery", "Phosphorus recovery", "share", None, "a share of the process water is treated"),
            ("buffers", "Buffer strips", "km", None, "strips of grass along the banks, leased by the year"),
        ),
    ),
    "options": (
        ("source", "measure", "max_extent", "unit_cost", "capital_cost"),
        (
            ("oakford", "precipitation", 1, 44_000, 400_000),
            ("mill", "recovery", 1, 40_000, None),
            ("ashby", "precipitation", 1, 57_000, 300_000),
            ("farmland", "buffers", 60, 500, None),
        ),
    ),
    "removals": (
        ("source", "measure", "pollutant", "removal", "basis"),
        (
            (None, "precipitation", "P", 0.8, "fraction"),
            (None, "recovery", "P", 0.5, "fraction"),
            (None, "buffers", "P", 50, "mass"),
        ),
    ),
    "receptors": (
        ("receptor", "name", "region", "latitude", "longitude"),
        (("bridge", "Road bridge", "upper", 45.09, 7.11), ("weir", "Weir at the end", "lower", 45.02, 7.22)),
    ),
    "transfer": (
        ("source", "receptor", "pollutant", "parameter", "coefficient"),
        (
            ("oakford", "bridge", "P", "tp", 0.02),
            ("mill", "bridge", "P", "tp", 0.02),
            ("oakford", "weir", "P", "tp", 0.01),
            ("mill", "weir", "P", "tp", 0.01),
            ("ashby", "weir", "P", "tp", 0.01),
            ("farmland", "weir", "P", "tp", 0.01),
        ),
    ),
    "background": (
        ("receptor", "parameter", "value"),
        (("bridge", "tp", 20), ("weir", "tp", 20)),
    ),
    "targets": (
        ("target", "kind", "receptor", "parameter", "sense", "limit"),
        (("bridge-tp", "quality", "bridge", "tp", "at_most", 70), ("weir-tp", "quality", "weir", "tp", "at_most", 100)),
    ),
}
