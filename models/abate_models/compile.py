"""From a Pyomo model with linear constraints to one sparse matrix with bounds.

Matrix components are stacked as they are; every other active constraint goes through Pyomo's own linear
representation. Columns and rows keep the order in which the components joined the model.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyomo.core.base.block import Block
from pyomo.core.base.boolean_var import BooleanVar
from pyomo.core.base.constraint import Constraint, ConstraintData
from pyomo.core.base.expression import Expression
from pyomo.core.base.objective import Objective, ObjectiveData
from pyomo.core.base.param import Param
from pyomo.core.base.PyomoModel import ConcreteModel
from pyomo.core.base.set import RangeSet, Reals, Set
from pyomo.core.base.suffix import Suffix
from pyomo.core.base.var import Var, VarData
from pyomo.core.expr.numvalue import value as number
from pyomo.repn import generate_standard_repn
from scipy import sparse

from abate_data.errors import Finding, InputError
from abate_models.matrix import MatrixConstraint, MatrixObjective, MatrixRow

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]


@dataclass(frozen=True)
class CompiledModel:
    """min cost @ x + offset, row_lower <= matrix @ x <= row_upper, column_lower <= x <= column_upper.

    Attributes
    ----------
    matrix : (rows x columns).
    cost, offset : of the objective, to be minimised; a maximisation is compiled with its sign turned.
    integer : which columns take whole numbers.
    columns : for each variable component, the slice of its columns, in the order of its members.
    rows : for each constraint component, the row of each of its members, -1 where that is not active.
    keys : for each constraint component, the keys of its members.
    maximised : whether the model's own objective is to be maximised, so that cost is its negative.
    """

    matrix: sparse.csr_array
    cost: Floats
    offset: float
    row_lower: Floats
    row_upper: Floats
    column_lower: Floats
    column_upper: Floats
    integer: NDArray[np.bool_]
    columns: dict[str, slice]
    rows: dict[str, Positions]
    keys: dict[str, list[Hashable]] = field(default_factory=dict)
    maximised: bool = False

    def rows_of(self, component: str, keys: Iterable[Hashable]) -> Positions:
        """Return the row of each key of a constraint component, -1 where the model has no such active row."""
        known = self.rows.get(component, ())
        row = dict(zip(self.keys.get(component, ()), known, strict=True))
        return np.array([row.get(key, -1) for key in keys], dtype=np.int64)

    def positions(self, variable: str) -> Positions:
        """Return the columns of a variable component."""
        columns = self.columns[variable]
        return np.arange(columns.start, columns.stop)

    def row_component(self, row: int) -> str:
        """Return the name of the constraint component that a row belongs to."""
        return next(name for name, positions in self.rows.items() if row in positions)


def compile_model(model: ConcreteModel) -> CompiledModel:
    """Compile the active part of a model.

    Raises
    ------
    InputError
        Where a constraint or the objective is not linear, a component is of a kind that has no linear rows, a
        variable belongs to another model, or there is not exactly one active objective.
    """
    return compile_objectives(model, [_only_objective(model)])[0]


def compile_objectives(
    model: ConcreteModel, objectives: Sequence[ObjectiveData]
) -> tuple[CompiledModel, list[tuple[Floats, float, bool]]]:
    """Compile the active part of a model with some objectives, active or not.

    Returns
    -------
    The model with the first objective, and for each objective its cost and offset, to be minimised, and whether it is
    to be maximised, so that these are its negatives.

    Raises
    ------
    InputError
        As `compile_model`.
    """
    _refuse_unknown_kinds(model)
    columns, members = _columns(model)
    blocks = _Blocks(columns, sum(slice_.stop - slice_.start for slice_ in columns.values()))
    rows: dict[str, Positions] = {}
    keys: dict[str, list[Hashable]] = {}
    for component in own_components(model, Constraint):
        rows[component.name] = blocks.add(component, members)
        keys[component.name] = list(component.keys())
    weighed = [_weighed(objective, columns, members, blocks.width) for objective in objectives]
    cost, offset, maximised = weighed[0]
    lower, upper, integer = _bounds(members.values, blocks.width)
    compiled = CompiledModel(
        matrix=blocks.matrix(),
        cost=cost,
        offset=offset,
        row_lower=blocks.joined(blocks.lower),
        row_upper=blocks.joined(blocks.upper),
        column_lower=lower,
        column_upper=upper,
        integer=integer,
        columns=columns,
        rows=rows,
        keys=keys,
        maximised=maximised,
    )
    return compiled, weighed


def own_components(model: ConcreteModel, kind: type) -> Iterator[Any]:
    """Yield the active components of a kind; a Reference only shows members of others once more."""
    for component in model.component_objects(kind, active=True, descend_into=True):
        if not component.is_reference():
            yield component


#: Kinds of components that say nothing of their own, or what a linear model can hold.
_KNOWN_KINDS = (Var, Constraint, Objective, Block, Param, Set, RangeSet, Expression, Suffix, BooleanVar)


_AS_CONSTRAINTS = "write it as constraints, with binaries where it chooses"


def _refuse_unknown_kinds(model: ConcreteModel) -> None:
    findings = [
        Finding(
            "model", f"is a {kind.__name__}, which has no linear rows", "write it as constraints", row=component.name
        )
        for kind in model.collect_ctypes(active=True, descend_into=True)
        if kind not in _KNOWN_KINDS
        for component in model.component_objects(kind, active=True, descend_into=True)
    ]
    if findings:
        raise InputError(findings)


class _Members:
    """All variables of a model with the column of each, which is looked up only for ordinary constraints."""

    def __init__(self, values: list[VarData]) -> None:
        self.values = values
        self._column: dict[int, int] = {}

    def column(self, variable: VarData, row: str) -> int:
        """Return the column of a variable that stands in a row; InputError where it is none of the model's."""
        if not self._column:
            self._column = {id(member): column for column, member in enumerate(self.values)}
        column = self._column.get(id(variable))
        if column is None:
            problem = f"uses {variable.name}, which is not an active variable of the model"
            raise InputError([Finding("model", problem, "use the variables of this model", row=row)])
        return column


def _columns(model: ConcreteModel) -> tuple[dict[str, slice], _Members]:
    columns: dict[str, slice] = {}
    values: list[VarData] = []
    for component in own_components(model, Var):
        start = len(values)
        values.extend(component.values())
        columns[component.name] = slice(start, len(values))
    return columns, _Members(values)


class _Blocks:
    """Collects rows, block by block."""

    def __init__(self, columns: dict[str, slice], width: int) -> None:
        self.columns = columns
        self.width = width
        self.height = 0
        self.lower: list[Floats] = []
        self.upper: list[Floats] = []
        self._pieces: list[sparse.csr_array] = []

    def add(self, component: Constraint, members: _Members) -> Positions:
        """Add the active rows of a component; return the row of each of its members."""
        position = np.full(len(component), -1, dtype=np.int64)
        if isinstance(component, MatrixConstraint):
            places, kept = component.untouched_rows()
            position[places] = self._add_matrix(component, kept)
            if len(kept) == len(component):
                return position
        ordinary = list(_ordinary_rows(component))
        if ordinary:
            own = [place for place, _ in ordinary]
            position[own] = self._add_rows([row for _, row in ordinary], members)
        return position

    def matrix(self) -> sparse.csr_array:
        """Return all rows as one matrix."""
        if not self._pieces:
            return sparse.csr_array((0, self.width))
        return _stack(self._pieces, self.width)

    @staticmethod
    def joined(pieces: list[Floats]) -> Floats:
        """Return the bounds of all rows."""
        return np.concatenate(pieces) if pieces else np.zeros(0)

    def _add_matrix(self, component: MatrixConstraint, kept: Positions) -> Positions:
        whole = len(kept) == len(component.lower)
        pieces = [
            (matrix if whole else matrix[kept], self.columns[variable.name].start)
            for matrix, variable in component.terms
        ]
        return self._append(_side_by_side(pieces, self.width), component.lower[kept], component.upper[kept])

    def _add_rows(self, rows: list[ConstraintData], members: _Members) -> Positions:
        linear = [_linear(row.body, row.name) for row in rows]
        indptr = np.cumsum([0, *(len(coefficients) for _, coefficients, _ in linear)])
        named = zip(rows, linear, strict=True)
        columns = [members.column(v, row.name) for row, (variables, _, _) in named for v in variables]
        indices = np.array(columns, dtype=np.int32)
        data = np.array([c for _, coefficients, _ in linear for c in coefficients], dtype=float)
        constant = np.array([constant for _, _, constant in linear])
        lower = np.array([-np.inf if row.lb is None else row.lb for row in rows]) - constant
        upper = np.array([np.inf if row.ub is None else row.ub for row in rows]) - constant
        return self._append(sparse.csr_array((data, indices, indptr), shape=(len(rows), self.width)), lower, upper)

    def _append(self, matrix: sparse.csr_array, lower: Floats, upper: Floats) -> Positions:
        self._pieces.append(matrix)
        self.lower.append(lower)
        self.upper.append(upper)
        first, self.height = self.height, self.height + matrix.shape[0]
        return np.arange(first, self.height)


def _ordinary_rows(component: Constraint) -> Iterator[tuple[int, ConstraintData]]:
    """Yield (place, row) of the active rows that have an expression of their own."""
    for place, row in enumerate(component.values()):
        if row.__class__ is not MatrixRow and row.active:
            yield place, row


def _linear(expression: object, name: str) -> tuple[list[VarData], list[float], float]:
    linear = generate_standard_repn(expression, compute_values=True, quadratic=False)
    if not linear.is_linear():
        finding = Finding("model", "is not linear", "write it as a linear expression of the variables", row=name)
        raise InputError([finding])
    return list(linear.linear_vars), list(linear.linear_coefs), float(linear.constant)


def _only_objective(model: ConcreteModel) -> ObjectiveData:
    active = list(model.component_data_objects(Objective, active=True, descend_into=True))
    if len(active) != 1:
        names = ", ".join(objective.name for objective in active) or "none"
        raise InputError([Finding("model", "needs exactly one active objective", "deactivate the others", value=names)])
    return active[0]


def _weighed(
    objective: ObjectiveData, columns: dict[str, slice], members: _Members, width: int
) -> tuple[Floats, float, bool]:
    cost = np.zeros(width)
    if isinstance(objective, MatrixObjective):
        for coefficients, variable in objective.terms:
            cost[columns[variable.name]] += coefficients
        offset = objective.constant
    else:
        variables, weights, offset = _linear(objective.expr, objective.name)
        for variable, weight in zip(variables, weights, strict=True):
            cost[members.column(variable, objective.name)] += weight
    maximised = not objective.is_minimizing()
    return (-cost, -offset, True) if maximised else (cost, offset, False)


def _bounds(members: list[VarData], width: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    lower, upper = np.empty(width), np.empty(width)
    integer = np.zeros(width, dtype=bool)
    for column, variable in enumerate(members):
        if _is_plain(variable):
            least, greatest = variable._lb, variable._ub
        else:
            least, greatest, integer[column] = _careful_bounds(variable)
        lower[column] = -np.inf if least is None else least
        upper[column] = np.inf if greatest is None else greatest
    return lower, upper, integer


def _is_plain(variable: VarData) -> bool:
    """Whether a variable is free to take any real number between two bounds that are numbers.

    Its slots are read then: Pyomo's `bounds`, which has expressions in mind, is most of the time of compiling.
    """
    return (
        not variable._fixed
        and variable._domain is Reals
        and variable._lb.__class__ in _PLAIN
        and variable._ub.__class__ in _PLAIN
    )


_PLAIN = (float, type(None))


def _careful_bounds(variable: VarData) -> tuple[float | None, float | None, bool]:
    """Return bounds and whether the variable is whole, for whatever Pyomo allows."""
    whole = not variable.is_continuous()
    if whole and variable.domain.get_interval()[2] != 1:
        cure = "use whole numbers between bounds, or binaries that choose"
        raise InputError([Finding("model", "takes only certain values", cure, row=variable.name)])
    if variable.fixed:
        return number(variable), number(variable), whole
    least, greatest = variable.bounds
    return least, greatest, whole


def _side_by_side(pieces: list[tuple[sparse.csr_array, int]], width: int) -> sparse.csr_array:
    """Return one matrix of full width from pieces that start at given columns."""
    if len(pieces) == 1:
        matrix, start = pieces[0]
        indices = matrix.indices + np.int32(start) if start else matrix.indices
        return sparse.csr_array((matrix.data, indices, matrix.indptr), shape=(matrix.shape[0], width))
    if len({start for _, start in pieces}) < len(pieces):  # a variable that stands twice in a row
        return _summed(pieces, width)
    counts = [np.diff(matrix.indptr) for matrix, _ in pieces]
    indptr = np.concatenate([[0], np.cumsum(np.sum(counts, axis=0))])
    data, indices = np.empty(indptr[-1]), np.empty(indptr[-1], dtype=np.int32)
    free = indptr[:-1].copy()
    for place in np.argsort([start for _, start in pieces]):
        (matrix, start), count = pieces[place], counts[place]
        at = np.arange(matrix.nnz) + np.repeat(free - matrix.indptr[:-1], count)
        data[at], indices[at] = matrix.data, matrix.indices + start
        free += count
    return sparse.csr_array((data, indices, indptr), shape=(len(indptr) - 1, width))


def _summed(pieces: list[tuple[sparse.csr_array, int]], width: int) -> sparse.csr_array:
    """Return one matrix of full width from pieces that may overlap."""
    entries = [(sparse.coo_array(matrix), start) for matrix, start in pieces]
    row = np.concatenate([part.coords[0] for part, _ in entries])
    column = np.concatenate([part.coords[1] + np.int32(start) for part, start in entries])
    data = np.concatenate([part.data for part, _ in entries])
    return sparse.csr_array(sparse.coo_array((data, (row, column)), shape=(pieces[0][0].shape[0], width)))


def _stack(pieces: list[sparse.csr_array], width: int) -> sparse.csr_array:
    """Return the pieces one below the other."""
    offsets = np.cumsum([0, *(piece.nnz for piece in pieces)])
    indptr = [
        pieces[0].indptr[:1],
        *(piece.indptr[1:] + offset for piece, offset in zip(pieces, offsets, strict=False)),
    ]
    return sparse.csr_array(
        (
            np.concatenate([piece.data for piece in pieces]),
            np.concatenate([piece.indices for piece in pieces]).astype(np.int32, copy=False),
            np.concatenate(indptr).astype(np.int32, copy=False),
        ),
        shape=(sum(piece.shape[0] for piece in pieces), width),
    )
