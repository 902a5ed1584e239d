"""The three-discharger benchmark: its figures stand here once, for the tests of rules, claims and measures."""

from __future__ import annotations

# Source: the three-discharger benchmark of the project's reference (constructed there, not from a publication): all
# allocations for a cap of 720 kg/d, and for a limit of 28 at one receptor with a = [.02, .03, .05]; the cost of an
# allocation is the sum of k z^2 with k = [.01, .02, .005] and z = current - allocation.

CURRENT, RAW = [600.0, 300.0, 300.0], [1000.0, 600.0, 400.0]
COLUMNS: dict[str, list[float]] = {
    "flow": [20.0, 10.0, 5.0],
    "population": [100.0, 40.0, 10.0],
    "output": [50.0, 30.0, 80.0],
    "raw_material": [40.0, 40.0, 120.0],
    "income": [30.0, 20.0, 25.0],
    "gdp": [30.0, 20.0, 50.0],
}
CAP, LIMIT, A, K = 720.0, 28.0, [0.02, 0.03, 0.05], [0.01, 0.02, 0.005]

#: Allocation under the cap with its cost, and under the limit at the receptor with its cost.
BENCHMARK: dict[str, tuple[list[float], float, list[float], float]] = {
    "grandfathering": ([360.0, 180.0, 180.0], 936.0, [466.6667, 233.3333, 233.3333], 288.8889),
    "equal-percent": ([360.0, 180.0, 180.0], 936.0, [466.6667, 233.3333, 233.3333], 288.8889),
    "equal-percent baseline=raw": ([360.0, 216.0, 144.0], 838.8, [482.7586, 289.6552, 193.1034], 196.7301),
    "equal-concentration": ([411.4286, 205.7143, 102.8571], 727.7143, [589.4737, 294.7368, 147.3684], 118.144),
    "equal-mass": ([240.0, 240.0, 240.0], 1386.0, [280.0, 280.0, 280.0], 1034.0),
    "per-capita": ([480.0, 192.0, 48.0], 694.8, [600.0, 300.0, 140.0], 128.0),
    "equal-reduction baseline=raw": ([560.0, 160.0, 0.0], 858.0, [600.0, 300.0, 140.0], 128.0),
    "equal-reduction baseline=current": ([440.0, 140.0, 140.0], 896.0, [520.0, 220.0, 220.0], 224.0),
    "per-attribute attribute=raw_material": ([210.0, 210.0, 300.0], 1683.0, [260.0, 260.0, 300.0], 1188.0),
    "per-output": ([262.5, 157.5, 300.0], 1545.1875, [342.1053, 205.2632, 300.0], 844.5983),
    "removal-by-size baseline=raw": ([157.8947, 296.8421, 265.2632], 1960.8033, [250.0, 300.0, 280.0], 1227.0),
    "removal-by-income baseline=raw": ([265.0, 300.0, 155.0], 1227.375, [427.2727, 300.0, 209.0909], 339.6694),
    "per-gdp": ([252.0, 168.0, 300.0], 1559.52, [325.0, 216.6667, 300.0], 895.1389),
}
#: The same where the benchmark gives only the cap.
BENCHMARK_CAP: dict[str, tuple[list[float], float]] = {
    "equal-unit-cost": ([462.8571, 231.4286, 25.7143], 658.2857),
    "equal-cost-per-output": ([456.14, 221.2046, 42.6554], 662.2625),
    "proportional": ([360.0, 180.0, 180.0], 936.0),
    "equal-awards": ([240.0, 240.0, 240.0], 1386.0),
    "equal-losses": ([440.0, 140.0, 140.0], 896.0),
    "talmud": ([420.0, 150.0, 150.0], 886.5),
    "reverse-talmud": ([340.0, 190.0, 190.0], 978.5),
    "piniles": ([340.0, 190.0, 190.0], 978.5),
    "constrained-egalitarian": ([300.0, 210.0, 210.0], 1102.5),
    "adjusted-proportional": ([386.6667, 166.6667, 166.6667], 899.5556),
    "random-arrival": ([380.0, 170.0, 170.0], 906.5),
    "minimal-overlap": ([440.0, 140.0, 140.0], 896.0),
}
#: Every allocation under the cap; the costs of the benchmark are quadratic, so that equal unit costs are least cost.
ALLOCATIONS: dict[str, list[float]] = {
    **{name: row[0] for name, row in BENCHMARK.items()},
    **{name: row[0] for name, row in BENCHMARK_CAP.items()},
    "least-cost": BENCHMARK_CAP["equal-unit-cost"][0],
}
#: Of each of them: Gini per head, Gini per value added, Gini and Jain of the reductions in percent, price of fairness.
METRICS: dict[str, tuple[float, float, float, float, float]] = {
    "grandfathering": (0.2167, 0.275, 0.0, 1.0, 0.4219),
    "equal-percent baseline=raw": (0.2, 0.31, 0.1333, 0.9434, 0.2742),
    "equal-concentration": (0.1143, 0.3857, 0.1778, 0.8755, 0.1055),
    "equal-mass": (0.4, 0.2, 0.2667, 0.7576, 1.1055),
    "per-capita": (0.0, 0.4867, 0.3048, 0.7465, 0.0555),
    "equal-reduction baseline=raw": (0.1259, 0.5889, 0.4058, 0.6412, 0.3034),
    "equal-reduction baseline=current": (0.1611, 0.3694, 0.1333, 0.9259, 0.3611),
    "per-attribute attribute=raw_material": (0.4667, 0.1125, 0.4561, 0.587, 1.5566),
    "per-output": (0.3986, 0.0906, 0.3614, 0.662, 1.3473),
    "removal-by-size baseline=raw": (0.5181, 0.2132, 0.561, 0.4463, 1.9787),
    "removal-by-income baseline=raw": (0.3282, 0.3361, 0.3573, 0.6632, 0.8645),
    "per-gdp": (0.4122, 0.0833, 0.3791, 0.6543, 1.3691),
    "equal-unit-cost": (0.0738, 0.4964, 0.3333, 0.6667, 0.0),
    "equal-cost-per-output": (0.0433, 0.4753, 0.3029, 0.7152, 0.006),
    "least-cost": (0.0738, 0.4964, 0.3333, 0.6667, 0.0),
    "proportional": (0.2167, 0.275, 0.0, 1.0, 0.4219),
    "equal-awards": (0.4, 0.2, 0.2667, 0.7576, 1.1055),
    "equal-losses": (0.1611, 0.3694, 0.1333, 0.9259, 0.3611),
    "talmud": (0.1583, 0.3458, 0.1026, 0.9548, 0.3467),
    "reverse-talmud": (0.2472, 0.2514, 0.0381, 0.9935, 0.4864),
    "piniles": (0.2472, 0.2514, 0.0381, 0.9935, 0.4864),
    "constrained-egalitarian": (0.3083, 0.2125, 0.1212, 0.938, 0.6748),
    "adjusted-proportional": (0.1759, 0.3065, 0.0476, 0.9899, 0.3665),
    "random-arrival": (0.1861, 0.2986, 0.036, 0.9942, 0.3771),
    "minimal-overlap": (0.1611, 0.3694, 0.1333, 0.9259, 0.3611),
}
