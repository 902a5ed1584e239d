"""Pyomo constraints and objectives whose coefficients are those of a sparse matrix.

A model of ten thousand sources has millions of coefficients. As Pyomo expressions they would cost minutes and
gigabytes; as sparse matrices they cost what the numbers cost. `MatrixConstraint` and `MatrixObjective` hold the
matrix and build the expression of a row only when somebody looks at it, so that writers, other solvers and
`pprint` see ordinary Pyomo components. `abate_models.compile` takes the matrices as they are.

A row that a user assigns anew (``model.quality["bay"] = ...``) becomes an ordinary constraint.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyomo.core.base.constraint import ConstraintData, IndexedConstraint
from pyomo.core.base.objective import ScalarObjective, maximize, minimize
from pyomo.core.base.set import Set
from pyomo.core.base.var import IndexedVar, Var, VarData
from pyomo.core.expr.numeric_expr import LinearExpression, MonomialTermExpression
from pyomo.core.expr.relational_expr import EqualityExpression, InequalityExpression, RangedExpression
from scipy import sparse

Floats = NDArray[np.float64]
Term = tuple[sparse.csr_array, IndexedVar]


class MatrixRow(ConstraintData):
    """One row of a `MatrixConstraint`: a Pyomo constraint without a stored expression.

    It keeps its position in the slot where `ConstraintData` keeps an expression, so that it can become one.
    """

    __slots__ = ()
    _expr: Any

    def __init__(self, component: Any, index: Hashable, position: int) -> None:
        super().__init__(component=component)
        self._index = index  # type: ignore[misc]  # a slot of Pyomo's, which mypy cannot see
        self._expr = position

    @property
    def position(self) -> int:
        """The row of the matrix."""
        return int(self._expr)

    def __call__(self, exception: Any = True) -> float | None:
        """Return the value of the row's body, straight from the numbers.

        Raises
        ------
        ValueError
            Where a variable has no value, as Pyomo's own rows do; None with ``exception=False``.
        """
        component: MatrixConstraint = self.parent_component()
        found = component.row_value(self.position)
        if found is None and exception:
            raise ValueError(f"No value for a variable of {self.name}")
        return found

    @property
    def expr(self) -> Any:
        """The row as a Pyomo relational expression, built on each call."""
        lower, body, upper = self.to_bounded_expression()
        if lower is None and upper is None:
            return None
        if lower == upper:
            return EqualityExpression((body, upper))
        if lower is None:
            return InequalityExpression((body, upper), strict=False)
        if upper is None:
            return InequalityExpression((lower, body), strict=False)
        return RangedExpression((lower, body, upper), (False, False))

    def to_bounded_expression(self, evaluate_bounds: bool = False) -> tuple[Any, Any, Any]:  # noqa: ARG002
        """Return (lower, body, upper) with None for a side that has no bound."""
        component = self.parent_component()
        lower, upper = float(component.lower[self.position]), float(component.upper[self.position])
        body = component.row_expression(self.position)
        return (lower if lower > -np.inf else None, body, upper if upper < np.inf else None)

    @property
    def equality(self) -> bool:
        """Whether both bounds are the same number."""
        component = self.parent_component()
        return bool(component.lower[self.position] == component.upper[self.position])

    def set_value(self, expr: Any) -> None:
        """Turn the row into an ordinary constraint with the given expression."""
        self.__class__ = ConstraintData
        self.set_value(expr)


class MatrixConstraint(IndexedConstraint):
    """lower <= sum over terms of matrix @ variable <= upper, row by row.

    Parameters
    ----------
    keys : index of each row, or the index set of a variable that has the same keys.
    terms : (matrix, variable) pairs; a matrix has a row per key and a column per member of its variable.
    lower, upper : bounds of the rows; -inf and inf where there is none.
    doc : what a row says, for people who inspect the model.
    """

    def __init__(
        self, keys: Sequence[Hashable] | Set, *, terms: Sequence[Term], lower: Floats, upper: Floats, doc: str
    ) -> None:
        super().__init__(keys if isinstance(keys, Set) else list(keys), doc=doc)
        self.terms = [(sparse.csr_array(matrix), variable) for matrix, variable in terms]
        self.lower = np.broadcast_to(np.asarray(lower, dtype=float), (len(keys),))
        self.upper = np.broadcast_to(np.asarray(upper, dtype=float), (len(keys),))
        self._members: list[list[VarData]] | None = None

    def add_term(self, matrix: sparse.csr_array, variable: IndexedVar) -> None:
        """Add matrix @ variable to the rows."""
        self.terms.append((sparse.csr_array(matrix), variable))
        self._members = None

    def construct(self, data: Any = None) -> None:
        """Create the row objects; called by Pyomo when the component joins a model."""
        if self._constructed:
            return
        super().construct(data)
        self._data = {key: MatrixRow(self, key, row) for row, key in enumerate(self.index_set())}

    def untouched_rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the active rows that still are those of the matrix: place among the members, row of the matrix."""
        rows = [
            (place, row.position)
            for place, row in enumerate(self._data.values())
            if row.__class__ is MatrixRow and row.active
        ]
        places, positions = np.array(rows, dtype=np.int64).reshape(-1, 2).T
        return places, positions

    def row_expression(self, position: int) -> LinearExpression:
        """Return the body of a row as a Pyomo linear expression."""
        return LinearExpression(
            [
                MonomialTermExpression((float(coefficient), members[column]))
                for (matrix, _), members in zip(self.terms, self._variables(), strict=True)
                for column, coefficient in zip(*_row(matrix, position), strict=True)
            ]
        )

    def row_value(self, position: int) -> float | None:
        """Return the value of a row's body at the variables' present values."""
        total = 0.0
        for (matrix, _), members in zip(self.terms, self._variables(), strict=True):
            columns, coefficients = _row(matrix, position)
            values = [members[column].value for column in columns]
            if None in values:
                return None
            total += float(coefficients @ np.array(values, dtype=float))
        return total

    def _variables(self) -> list[list[VarData]]:
        """Return the members of each variable in column order, remembered from the first look on."""
        if self._members is None:
            self._members = [list(variable.values()) for _, variable in self.terms]
        return self._members


class MatrixObjective(ScalarObjective):
    """Minimise, or maximise, constant + sum over terms of coefficients @ variable.

    Parameters
    ----------
    terms : (coefficients, variable) pairs; one coefficient per member of the variable.
    constant : added to the sum.
    preference : name of the objective, see `abate_models.objectives`; its own name where blank.
    maximised : whether the sum is to be made as great as can be.
    doc : what is optimised, with its unit.
    """

    def __init__(
        self,
        *,
        terms: Sequence[tuple[Floats, IndexedVar]],
        constant: float = 0.0,
        preference: str = "",
        maximised: bool = False,
        doc: str,
    ) -> None:
        super().__init__(doc=doc)
        self._maximised = maximised
        self.preference = preference
        self.terms = [(np.asarray(coefficients, dtype=float), variable) for coefficients, variable in terms]
        self.constant = constant

    def construct(self, data: Any = None) -> None:
        """Join a model; called by Pyomo."""
        super().construct(data)
        self.set_sense(maximize if self._maximised else minimize)

    @property
    def args(self) -> tuple[Any]:
        """The expression as Pyomo's named expressions hold it, built on each call."""
        monomials = [
            MonomialTermExpression((float(coefficient), member))
            for coefficients, variable in self.terms
            for coefficient, member in zip(coefficients, variable.values(), strict=True)
            if coefficient
        ]
        return (LinearExpression([self.constant, *monomials]),)

    def set_value(self, expr: Any) -> None:
        """Turn it into an ordinary objective with the given expression."""
        self.__class__ = ScalarObjective
        del self.preference, self._maximised
        self.set_value(expr)


def bounded_variable(keys: Sequence[Hashable] | Set, lower: Floats, upper: Floats, *, doc: str) -> IndexedVar:
    """Return a continuous variable with a member per key between the given bounds (infinite ones are left out)."""
    variable = Var(keys, doc=doc)
    variable.construct()
    # the slots that setlb and setub fill, without their checks, which cost more than the rest of a variable
    for member, least, most in zip(variable.values(), lower.tolist(), upper.tolist(), strict=True):
        member._lb = None if least == -np.inf else least
        member._ub = None if most == np.inf else most
    return variable


def selection(chosen: NDArray[np.int64], width: int, values: Floats | float = 1.0) -> sparse.csr_array:
    """Return the matrix (len(chosen) x width) whose row k has one entry, in column chosen[k]."""
    data = np.broadcast_to(np.asarray(values, dtype=float), (len(chosen),))
    return sparse.csr_array((data.copy(), chosen, np.arange(len(chosen) + 1)), shape=(len(chosen), width))


def _row(matrix: sparse.csr_array, position: int) -> tuple[Any, Floats]:
    entries = slice(matrix.indptr[position], matrix.indptr[position + 1])
    return matrix.indices[entries], matrix.data[entries]
