"""Offsets: the cheapest further reductions elsewhere that make room for a proposal.

With all that stands left as it is, measures x may only be taken further:

    min yearly cost    subject to    load + R x = gross load,  x >= extent that stands,
                                     every target within what it may come to,

with options, groups, shared resources and floors as in the case. Rules on how a plan shares its burden do not bind
what a proposer pays for. Where there is no such offset, two more problems on the same rows say what is missing: the
least sum of relative exceedances, and the greatest share of the proposal for which there is one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from abate.appraisal.standing import ROUNDING, Standing, World
from abate.attainable import technical_problem
from abate.errors import SolverError
from abate.solver import FEASIBILITY_TOLERANCE, Session, Solution, SolutionStatus
from abate_models.assemble import assemble
from abate_models.compile import CompiledModel, compile_model
from abate_models.cost import cost_of_columns
from abate_models.problem import Problem
from abate_models.relaxation import add_exceedance
from abate_models.targets import BUDGET, CAP, QUALITY

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Room:
    """What an offset may use.

    Attributes
    ----------
    bound : (targets,), what each target may come to.
    fixed : (options,), extents that may not be changed: those that the proposal itself asks for.
    """

    bound: Floats
    fixed: Mask


@dataclass(frozen=True)
class Offset:
    """The cheapest offset.

    Attributes
    ----------
    standing : what stands with it.
    prices : (loads,), what one unit more of each load would cost in offsets [money/yr per load]; NaN where
        yes-or-no decisions leave no prices.
    """

    standing: Standing
    prices: Floats


class Offsets:
    """Finds offsets for one proposal after the other; the model is built once.

    Parameters
    ----------
    world : the widened problem.
    greatest : (loads,), the most that each load can come to without measures, whatever is approved.
    """

    def __init__(self, world: World, greatest: Floats) -> None:
        self._world = world
        loads = replace(world.problem.loads, baseline=greatest)
        problem = technical_problem(replace(world.problem, loads=loads), world.problem.targets)
        self._problem: Problem = problem
        model = assemble(problem)
        add_exceedance(model, problem, np.arange(len(problem.targets.ids)))
        self._compiled = compile_model(model)
        self._cost = cost_of_columns(problem, self._compiled)
        self._session: Session | None = None

    @property
    def solves(self) -> int:
        """How many solves were made."""
        return 0 if self._session is None else self._session.solves

    def cheapest(self, proposed: Standing, room: Room) -> Offset | None:
        """Return the cheapest offset; None where there is none.

        Raises
        ------
        SolverError
            Where the solver fails.
        """
        stated = self._stated(proposed, room, proposed.extent, proposed.installed)
        solution = self._solve(stated)
        if solution is None:
            return None
        prices = np.full(len(proposed.load), np.nan)
        if not np.isnan(solution.prices).any():
            prices = solution.prices[stated.rows["balance"]]
        return Offset(self._with_offset(proposed, solution), prices)

    def exchanged(self, proposed: Standing, room: Room) -> float:
        """Return the least yearly cost that is added where measures of a group may be exchanged; NaN where none helps.

        A measure that excludes others then gives way to a stronger one, as far as it is not built yet, and no source
        emits more than before.
        """
        options = self._problem.options
        least = np.where(options.group >= 0, np.minimum(options.built, proposed.extent), proposed.extent)
        least = np.where(room.fixed, proposed.extent, least)
        stated = self._stated(proposed, room, least, proposed.installed & (least > 0))
        upper, load = stated.column_upper.copy(), stated.positions("allowed_load")
        upper[load] = np.minimum(upper[load], proposed.load)
        solution = self._solve(replace(stated, column_upper=upper))
        spent = float(self._world.cost(proposed).sum())
        return np.nan if solution is None else solution.objective - spent

    def missing(self, proposed: Standing, room: Room, size: Floats) -> Floats:
        """Return by how much each target is passed at the least sum of relative exceedances (targets,)."""
        stated = self._stated(proposed, room, proposed.extent, proposed.installed)
        slack = stated.positions("exceedance")
        cost, upper = np.zeros(len(stated.cost)), stated.column_upper.copy()
        cost[slack], upper[slack] = 1.0 / size, np.inf
        solution = self._solve(replace(stated, cost=cost, column_upper=upper))
        if solution is None:
            raise SolverError("what is missing for an offset was not found")
        passed = solution.values[slack]
        return np.where(passed > FEASIBILITY_TOLERANCE * size, passed, 0.0)

    def greatest_share(self, standing: Standing, proposed: Standing, room: Room) -> float:
        """Return the greatest share of a proposal for which there is an offset, 0 where there is none at all."""
        stated = self._stated(proposed, room, proposed.extent, proposed.installed)
        whole = np.zeros(len(stated.row_upper))
        whole[stated.rows["balance"]] = proposed.load - standing.load
        whole[self._rows(stated)] = proposed.limit - standing.limit
        scaled = replace(
            stated,
            matrix=sparse.csr_array(sparse.hstack([stated.matrix, sparse.csr_array(-whole[:, None])], format="csr")),
            cost=np.append(np.zeros(len(stated.cost)), -1.0),
            row_lower=stated.row_lower - whole,
            row_upper=stated.row_upper - whole,
            column_lower=np.append(stated.column_lower, 0.0),
            column_upper=np.append(stated.column_upper, 1.0),
            integer=np.append(stated.integer, False),
            columns={**stated.columns, "share": slice(len(stated.cost), len(stated.cost) + 1)},
        )
        solution = Session(scaled).solve()
        return float(min(max(solution.values[-1], 0.0), 1.0)) if solution.found else 0.0

    def least_costs(self, standing: Standing, bound: Floats) -> Floats:
        """Return the yearly cost of each source (sources,) in a plan of least cost that takes every measure anew.

        All NaN where no plan keeps the targets within their bounds.
        """
        options, sources = self._problem.options, len(self._problem.sources)
        none = np.zeros(len(options.keys))
        idle = replace(standing, extent=none, installed=none > 0, load=self._world.gross(standing))
        solution = self._solve(self._stated(idle, Room(bound, none > 0), none, none > 0))
        if solution is None:
            return np.full(sources, np.nan)
        cost = self._world.cost(self._with_offset(idle, solution))
        return np.asarray(np.bincount(options.source, cost, sources))

    def _stated(self, standing: Standing, room: Room, least: Floats, installed: Mask) -> CompiledModel:
        """Return the model with bounds as things stand; measures are taken at least so far."""
        compiled, problem = self._compiled, self._problem
        row_lower, row_upper = compiled.row_lower.copy(), compiled.row_upper.copy()
        lower, upper = compiled.column_lower.copy(), compiled.column_upper.copy()
        balance, rows = compiled.rows["balance"], self._rows(compiled)
        row_lower[balance] = row_upper[balance] = self._world.gross(standing)
        at = problem.targets.quality
        bound = room.bound - np.where(at >= 0, np.append(problem.receptors.background, 0.0)[at], 0.0)
        above = problem.targets.sign > 0
        row_lower[rows], row_upper[rows] = np.where(above, -np.inf, bound), np.where(above, bound, np.inf)
        extent, load = compiled.positions("extent"), compiled.positions("allowed_load")
        lower[extent], upper[extent] = least, self._world.usable(standing, room.fixed)
        lower[load] = np.minimum(problem.loads.floor, standing.load)
        upper[load] = np.maximum(upper[load], self._world.gross(standing))
        upper[compiled.positions("exceedance")] = 0.0
        if "installed" in compiled.columns:
            decisions, discrete = compiled.positions("installed"), problem.options.discrete
            lower[decisions] = installed[discrete]
            upper[decisions] = self._world.usable(standing, room.fixed)[discrete] > 0
        return replace(
            compiled,
            cost=self._cost,
            offset=0.0,
            row_lower=row_lower,
            row_upper=row_upper,
            column_lower=lower,
            column_upper=upper,
        )

    def _rows(self, compiled: CompiledModel) -> NDArray[np.int64]:
        """Return the row of each target."""
        targets = self._problem.targets
        rows = np.empty(len(targets.ids), dtype=np.int64)
        for form in (QUALITY, CAP, BUDGET):
            at = targets.rows(form)
            rows[at] = compiled.rows_of(form, [targets.ids[row] for row in at])
        return rows

    def _solve(self, stated: CompiledModel) -> Solution | None:
        if self._session is None:
            self._session = Session(stated)
        else:
            self._session.update(stated)
        solution = self._session.solve()
        if solution.status is SolutionStatus.INFEASIBLE:
            return None
        if not solution.found:
            raise SolverError(f"no offset was found ({solution.stop.value}, {solution.status.value})")
        return solution

    def _with_offset(self, proposed: Standing, solution: Solution) -> Standing:
        """Return what stands with an offset; an extent that moved by mere rounding has not moved."""
        options = self._problem.options
        found = solution.values[self._compiled.positions("extent")]
        scale = np.where(np.isfinite(options.upper), options.upper, np.maximum(found, 1.0))
        extent = np.where(found - proposed.extent > ROUNDING * scale, found, proposed.extent)
        installed = proposed.installed | (extent > 0)
        if "installed" in self._compiled.columns:
            chosen = np.round(solution.values[self._compiled.positions("installed")]) > 0
            installed[options.discrete] = proposed.installed[options.discrete] | chosen
            extent = np.where(installed, np.maximum(extent, np.where(options.discrete, options.lower, 0.0)), 0.0)
        load = proposed.load - options.removal @ (extent - proposed.extent)
        return replace(proposed, load=load, extent=extent, installed=installed)
