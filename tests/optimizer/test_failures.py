"""The k-th solve fails or is cut short: the answer is an error or says so, and is never shortened in silence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import abate
from abate.outcome import relative_gap
from abate.solver import Session, SolutionStatus, StopReason

TWO = {
    "sources": "source\nmill\ntown",
    "loads": "source pollutant load\nmill P 100\ntown P 50",
    "options": "source measure max_extent unit_cost fixed_cost\nmill filter 1 30 5\ntown filter 1 20 .",
    "removals": "source measure pollutant removal\n* filter P 0.8",
    "targets": "target kind limit\nbasin load 60",
}


@pytest.fixture
def cut_short(monkeypatch):
    """Return a function that lets the k-th solve of every session end at its time limit with nothing found."""

    def cut(k):
        solve = Session.solve

        def shortened(session):
            solution = solve(session)
            if session.solves != k:
                return solution
            nothing = np.full_like(solution.values, np.nan)
            return replace(
                solution,
                stop=StopReason.TIME_LIMIT,
                status=SolutionStatus.UNKNOWN,
                values=nothing,
                prices=np.full_like(solution.prices, np.nan),
                objective=np.nan,
            )

        monkeypatch.setattr(Session, "solve", shortened)

    return cut


def test_the_first_solve(make_case, cut_short):
    cut_short(1)
    with pytest.raises(abate.SolverError, match=r"no plan was found \(time limit"):
        abate.decompose(make_case(TWO))


def test_the_solve_for_prices(make_case, cut_short):
    cut_short(2)
    plan = abate.decompose(make_case(TWO))
    # 80 t at the mill and 10 at the town
    assert plan.cost == pytest.approx(40)
    assert plan.prices["price"].isna().all()
    assert plan.allocation["basis"].tolist() == ["", ""]
    assert len(plan.explain("mill").asked_by) == 0


def test_the_solve_for_the_cheapest_of_the_best(make_case, cut_short):
    case = make_case({**TWO, "targets": "target kind limit priority\nbasin load 60 1"})
    cut_short(2)
    try:
        plan = abate.decompose(case, "exceedance", time_limit=60)
    except abate.SolverError:
        return
    said = str(plan.certificate) + repr(plan.certificate)
    assert "time limit" in said


def test_the_solves_of_the_diagnosis(make_case, cut_short):
    case = make_case({**TWO, "targets": "target kind limit\nbasin load 20"})
    cut_short(2)
    with pytest.raises(abate.SolverError):
        abate.decompose(case)


def test_the_solves_of_the_reach(make_case, cut_short):
    cut_short(2)
    with pytest.raises(abate.SolverError, match="was not found"):
        abate.reach(make_case(TWO))


@pytest.mark.parametrize("size", [1e11, 1e13])
def test_what_is_not_used_does_not_make_a_gap_small(size):
    """A plan of 20 with a bound of 10 has a gap of a half, whatever could be spent elsewhere."""
    assert relative_gap(20.0, 10.0, size) == pytest.approx(0.5)


def test_no_bound_is_above_the_optimum(make_case, monkeypatch):
    case = make_case(
        {
            **TWO,
            "options": TWO["options"] + "\nmill gold 1 1e12 .",
            "removals": TWO["removals"] + "\n* gold P 0.9",
        }
    )
    optimum = abate.decompose(case).cost
    solve = Session.solve

    def early(session):
        """Stop with everything filtered that can be: 55 EUR/yr, with 30 proved."""
        solution = solve(session)
        if session.solves != 1:
            return solution
        columns = session.compiled.columns
        values = solution.values.copy()
        values[columns["extent"]] = [1.0, 1.0, 0.0]
        values[columns["installed"]] = [1.0]
        values[columns["allowed_load"]] = [20.0, 10.0]
        return replace(
            solution,
            stop=StopReason.TIME_LIMIT,
            status=SolutionStatus.FEASIBLE,
            values=values,
            objective=55.0,
            bound=30.0,
        )

    monkeypatch.setattr(Session, "solve", early)
    # the prices solve would mend the plan; without it the certificate stands on the bound alone
    monkeypatch.setattr("abate.outcome._with_fixed_decisions", lambda session, solution, *_: solution)
    plan = abate.decompose(case)
    assert plan.cost == pytest.approx(55)
    assert optimum == pytest.approx(40)
    assert plan.certificate.bound <= optimum
    assert plan.certificate.gap == pytest.approx(25 / 55)


def test_optimal_is_what_is_proved(make_case, monkeypatch, caplog):
    """The solver may say optimal; the certificate does only where the bound says so too."""
    solve = Session.solve

    def boasting(session):
        solution = solve(session)
        return replace(solution, bound=20.0) if session.solves == 1 else solution

    monkeypatch.setattr(Session, "solve", boasting)
    plan = abate.decompose(make_case(TWO))
    assert plan.certificate.status is SolutionStatus.FEASIBLE
    assert plan.certificate.gap == pytest.approx(0.5)
    assert "only a gap of 0.5 is proved" in caplog.text
    assert abate.decompose(make_case(TWO), gap=0.6).certificate.status is SolutionStatus.OPTIMAL
