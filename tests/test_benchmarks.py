"""The benchmarks run, and say what they promise to say. Nothing here looks at a time."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from abate_data.synthetic import synthetic_case

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def benchmarks():
    """Return what imports a module of the benchmarks, which are not installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        yield lambda name: importlib.import_module(f"benchmarks.{name}")


@pytest.fixture(scope="module")
def small(benchmarks):
    return benchmarks("speed").measure("small", 1, lambda what: None)


class TestMeasuring:
    def test_every_task_of_a_case_is_run(self, benchmarks, small):
        assert list(small.runs[0]) == benchmarks("registry").tasks_of("small")

    def test_every_figure_is_found(self, benchmarks, small):
        figures = benchmarks("figures")
        for figure in [*figures.SIZE, *figures.READY, *figures.SOLVE, *figures.PLAN, *figures.MEMORY]:
            assert figure.median(small) > 0

    def test_the_phases_of_a_plan_are_in_order(self, small):
        assert list(small.runs[0]["whole"])[:5] == ["build", "compile", "load", "solve", "check"]

    def test_the_model_has_the_size_of_its_case(self, small):
        # 200 sources of 5 technologies and 2 pollutants; 20 receptors, caps in 10 regions
        assert small.runs[0]["again"]["columns"] == 200 * 5 + 200 * 2
        assert small.runs[0]["again"]["rows"] == 200 + 200 * 2 + 20 + 10 * 2

    def test_figures_are_medians_of_paired_runs(self, benchmarks):
        runs = [{"whole": {"x": x, "y": y}} for x, y in ((1.0, 1.0), (6.0, 2.0), (8.0, 4.0))]
        measured = benchmarks("speed").Measured("small", runs)
        assert measured.of(lambda run: run["whole"]["x"] / run["whole"]["y"]) == 2.0

    def test_a_parent_imports_nothing_that_fills_its_memory(self):
        heavy = "{'numpy', 'pandas', 'scipy', 'pyomo', 'highspy', 'abate', 'abate_data', 'abate_models'}"
        code = f"import sys, benchmarks.__main__; sys.exit(bool({heavy} & set(sys.modules)))"
        assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


class TestTheCommand:
    def test_writes_the_page_that_it_prints(self, benchmarks, small, tmp_path, monkeypatch, capsys):
        out, command = tmp_path / "page.md", benchmarks("__main__")
        monkeypatch.setattr(command, "measure", lambda case, runs, report: small)
        monkeypatch.setattr(sys, "argv", ["benchmarks", "speed", "--sizes", "small", "--out", str(out)])
        command.main()
        page = out.read_text(encoding="utf-8")
        assert capsys.readouterr().out.strip() == page.strip()
        assert [line for line in page.splitlines() if line.startswith("#")] == [
            "# Benchmarks",
            "## What is promised",
            "## Case in memory to HiGHS-ready",
            "## Solve",
            "## Case in memory to a verified plan",
            "## Peak memory",
        ]

    def test_an_unknown_size_is_refused_with_the_known_ones(self):
        command = [sys.executable, "-m", "benchmarks", "speed", "--sizes", "tiny"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "no size 'tiny'" in done.stderr
        assert "medium-dense" in done.stderr


class TestVerdicts:
    @pytest.mark.parametrize(
        ("value", "at_most", "at_least"), [(1.0, True, False), (2.0, True, True), (3.0, False, True)]
    )
    def test_a_limit_is_an_upper_one_unless_at_least(self, benchmarks, value, at_most, at_least):
        figure = benchmarks("figures").Figure("", lambda run: run["whole"])
        result = benchmarks("speed").Measured("small", [{"whole": value}])
        for lower, kept in ((False, at_most), (True, at_least)):
            bound = benchmarks("bounds").Bound("", figure, 2.0, at_least=lower)
            assert bound.verdict(result) == ("met" if kept else "**not met**")


class TestStoredCases:
    @pytest.mark.parametrize("kind", ["air", "river", "mixed"])
    def test_a_case_comes_back_the_same(self, benchmarks, tmp_path, kind):
        case = synthetic_case(kind, sources=12, technologies=2, receptors=4)
        benchmarks("stored").save_case(case, tmp_path)
        back = benchmarks("stored").read_case(tmp_path)
        assert back == case
        for name, table in case.tables.items():
            assert dict(back.tables[name].dtypes) == dict(table.dtypes)


@pytest.fixture(scope="module")
def reports(benchmarks, tmp_path_factory):
    """Return the folders of two reports on the same small case."""
    folders = [tmp_path_factory.mktemp("report") for _ in range(2)]
    for folder in folders:
        case = synthetic_case("air", sources=4, technologies=2, receptors=2, pollutants=1)
        benchmarks("strategies").write_report([case], folder / "strategies.md", lambda what: None)
    return folders


class TestStrategies:
    def test_every_strategy_is_compared_or_left_out_with_a_reason(self, benchmarks, reports):
        page = (reports[0] / "strategies.md").read_text(encoding="utf-8")
        results, strategies = page.split("## The strategies")
        for name, one in importlib.import_module("abate.strategies.registry").strategies().items():
            assert f"| {name} | {one.kind} |" in strategies
            assert one.required or re.search(rf"(\| |\*\*|, ){name}[ ,*]", results)

    def test_every_column_is_there_and_explained(self, reports):
        page = (reports[0] / "strategies.md").read_text(encoding="utf-8")
        for name, meaning in importlib.import_module("abate.comparison.judging").COLUMNS.items():
            words = name.replace("_", " ")
            assert f"| {words} | {meaning} |" in page
            assert re.search(rf"\| strategy \|.* {words}( \[| \|)", page)

    def test_the_same_case_gives_the_same_files(self, reports):
        files = ["strategies.md", "strategies/synthetic-air.png"]
        for folder in reports:
            assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == files
        for file in files:
            assert (reports[0] / file).read_bytes() == (reports[1] / file).read_bytes()

    def test_the_figure_is_shown(self, reports):
        assert "](strategies/synthetic-air.png)" in (reports[0] / "strategies.md").read_text(encoding="utf-8")

    def test_a_case_without_least_cost_says_why(self, benchmarks, tmp_path):
        case = synthetic_case("air", sources=4, technologies=1, receptors=1, pollutants=1, infeasible="target")
        page = benchmarks("strategies").write_report([case], tmp_path / "page.md", lambda what: None)
        assert "There is no least-cost plan:\n\n```text\nno plan for 'synthetic-air'" in page

    def test_all_shipped_cases_and_scenarios_are_on_the_shelf(self, benchmarks):
        names = [(case.settings.name, case.scenario) for case in benchmarks("strategies").shelf()]
        assert {("europe-air", ""), ("europe-air", "all-ceilings"), ("tampa-bay", "")} <= set(names)
        assert len(names) == len(set(names))


class TestStrategySpeed:
    def test_all_rules_are_timed_and_the_promises_judged(self, benchmarks):
        size = benchmarks("registry").Size(6, 2, 3, 1.0)
        found = benchmarks("strategy_speed").measured(lambda what: None, {"small": size})
        strategies = importlib.import_module("abate.strategies.registry").strategies().values()
        rules = {one.name for one in strategies if one.kind in ("rule", "claims")}
        assert set(found.rules["small"].handing) == set(found.rules["small"].planning) == rules
        page = benchmarks("strategy_speed_page").speed_page(found, {"Python": "3", "cores": 2})
        for what in ("loads handed out", "whole plans"):
            promise = rf"\| all rules in total under 20 times one least-cost plan, {what} \| small \| [\d.]+ \| .*met"
            assert re.search(promise, page)

    def test_a_sampled_value_comes_nearer_with_more_samples(self, benchmarks):
        few, many = benchmarks("strategy_speed").sample_shapley(5, (10, 1_000))[0]
        assert many.stated < few.stated
        assert many.found < few.found


class TestFronts:
    def test_an_exact_front_stands_on_the_page(self, benchmarks):
        exact = benchmarks("fronts")._allocation(1)
        page = benchmarks("fronts_page").fronts_page([exact], {}, {"Python": "3", "cores": 1})
        assert "| allocation, seed 1 | dichotomy |" in page
        assert exact.solves <= 2 * exact.points + 5

    def test_the_reference_of_two_objectives_is_the_area_above_the_polygon(self, benchmarks):
        # corners (0, 2), (1, 1), (4, 0): of 4 x 2 below the polygon lie 1.5 + 1.5, so 5 of 8 are dominated
        corners = np.array([[0.0, 2.0], [1.0, 1.0], [4.0, 0.0]])
        assert benchmarks("fronts_search").convex_area(corners) == pytest.approx(5 / 8)

    def test_a_page_of_trade_offs(self, benchmarks, tmp_path):
        module = benchmarks("trade_offs")
        text = module.write_report(module.EXPLORATIONS[:1], tmp_path / "page.md", lambda what: None)
        assert (tmp_path / "page.md").read_text("utf-8") == text
        assert "Complete." in text
        assert (tmp_path / "page" / "echo-reservoir-cost-removal.png").stat().st_size > 10_000
