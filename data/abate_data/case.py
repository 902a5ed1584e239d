"""A case: an immutable set of validated tables with the settings they are read under."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from abate_data.settings import Settings


@dataclass(frozen=True, eq=False)
class Case:
    """A planning case that has passed every check.

    Made by `abate_data.read.load`, never by hand.

    Attributes
    ----------
    settings : what `case.toml` says.
    tables : every table of the schema by name; a table that was not given is empty. Ids are categoricals
        whose categories are the whole domain in the planner's order, so that their codes index sources,
        receptors ...; a blank id has code -1 and means "any". Numbers are float64 in the units of
        `settings.units`, flags are bool, blank numbers hold the column's default.
    scenario : name of the scenario that replaced some tables, or empty.
    """

    settings: Settings
    tables: Mapping[str, pd.DataFrame]
    scenario: str = field(default="")

    def __getitem__(self, table: str) -> pd.DataFrame:
        """Return one table; changing it does not change the case (pandas copies on write)."""
        return self.tables[table].copy(deep=False)

    def ids(self, table: str, column: str) -> list[str]:
        """Return the whole domain of an id column, in the planner's order."""
        names = self._kept("ids", table, column, lambda: np.array(self.tables[table][column].cat.categories, object))
        return [str(name) for name in names]

    def words(self, table: str, column: str) -> np.ndarray:
        """Return a column of choices as objects; it cannot be changed."""
        return self._kept("words", table, column, lambda: np.array(self.tables[table][column], dtype=object))

    def codes(self, table: str, column: str) -> np.ndarray:
        """Return the positions of an id column's values in its domain, int, -1 for blank; it cannot be changed."""
        return self._kept("codes", table, column, lambda: np.array(self.tables[table][column].cat.codes, np.int64))

    def values(self, table: str, column: str) -> np.ndarray:
        """Return a number column as float64; it cannot be changed."""
        return self._kept("values", table, column, lambda: np.array(self.tables[table][column], dtype=np.float64))

    def _kept(self, what: str, table: str, column: str, read: Callable[[], np.ndarray]) -> np.ndarray:
        """Return an array that is read once: a front of many plans asks for it again and again."""
        key = (what, table, column)
        if key not in self._arrays:
            array = read()
            array.flags.writeable = False
            self._arrays[key] = array
        return self._arrays[key]

    @cached_property
    def _arrays(self) -> dict[tuple[str, str, str], np.ndarray]:
        return {}

    @property
    def label(self) -> str:
        """What the case is called, with its scenario if it is one."""
        return self.settings.name + (f", scenario {self.scenario}" if self.scenario else "")

    @cached_property
    def hash(self) -> str:
        """SHA-256 of settings and tables: the same for the same case, however it was read."""
        digest = hashlib.sha256(self.settings.model_dump_json().encode())
        digest.update(self.scenario.encode())
        for name, table in self.tables.items():
            if not len(table):  # a table that a later schema adds says nothing of a case without it
                continue
            digest.update(f"\0{name}\0{len(table)}".encode())
            for column in table.columns:
                digest.update(f"\0{column}\0".encode())
                digest.update(_bytes(table[column]))
        return digest.hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Case) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(table)} {name}" for name, table in self.tables.items() if len(table))
        scenario = f" scenario {self.scenario!r}" if self.scenario else ""
        return f"<Case {self.settings.name!r}{scenario}: {sizes}>"


def _bytes(column: pd.Series) -> bytes:
    """Canonical bytes of a column: codes and categories, floats, or joined text."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = np.ascontiguousarray(column.cat.codes, dtype="<i4")
        return "\0".join(map(str, column.cat.categories)).encode() + codes.tobytes()
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return np.ascontiguousarray(column, dtype="<f8").tobytes()
    return "\0".join(map(str, column)).encode()
