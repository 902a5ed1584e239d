"""Cases and models on disk as plain arrays, so that a measured process starts from them without making them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abate_data.case import Case
from abate_data.settings import Settings
from abate_models.compile import CompiledModel

CASE, MODEL = "case.npz", "model.npz"


def save_case(case: Case, folder: Path) -> None:
    """Write a case; an entry per column, named table/column/dtype."""
    arrays: dict[str, Any] = {"settings": np.array(case.settings.model_dump_json())}
    for table, frame in case.tables.items():
        for column in frame:
            values, name = frame[column], f"{table}/{column}/{frame[column].dtype}"
            if isinstance(values.dtype, pd.CategoricalDtype):
                arrays[f"{name}/domain"] = np.array(values.cat.categories, dtype=np.str_)
                arrays[name] = values.cat.codes.to_numpy()
            else:
                is_number = values.dtype.kind in "bfi"
                arrays[name] = values.to_numpy(dtype=None if is_number else np.str_)
    np.savez(folder / CASE, **arrays)


def read_case(folder: Path) -> Case:
    """Read a case that `save_case` wrote."""
    columns: dict[str, dict[str, Any]] = {}
    domains: dict[bytes, pd.Index[str]] = {}
    with np.load(folder / CASE) as arrays:
        settings = Settings.model_validate_json(str(arrays["settings"]))
        for name in arrays.files:
            table, column, dtype = [*name.split("/"), "", ""][:3]
            if not column or name.endswith("/domain"):
                continue
            values: Any = arrays[name]
            if dtype == "category":
                ids = arrays[f"{name}/domain"]
                # columns of one domain share their categories, as in a case that was read from files
                domain = domains.setdefault(ids.tobytes(), pd.Index(ids.tolist(), dtype=object))
                values = pd.Categorical.from_codes(values, categories=domain)
            columns.setdefault(table, {})[column] = pd.Series(values, dtype=dtype, copy=False)
    return Case(settings, {table: pd.DataFrame(frame, copy=False) for table, frame in columns.items()})


def save_model(compiled: CompiledModel, folder: Path) -> None:
    """Write a compiled model as it is before any scaling, for a process that knows NumPy and HiGHS only."""
    matrix = compiled.matrix
    np.savez(
        folder / MODEL,
        start=matrix.indptr,
        index=matrix.indices,
        value=matrix.data,
        cost=compiled.cost,
        column_lower=compiled.column_lower,
        column_upper=compiled.column_upper,
        row_lower=compiled.row_lower,
        row_upper=compiled.row_upper,
        integer=compiled.integer.astype(np.int32),
    )
