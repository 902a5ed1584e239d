"""Whether two compiled models are of one shape, so that the basis of the one fits the other, and if not, why not."""

from __future__ import annotations

from collections import Counter

import numpy as np

from abate_models.compile import CompiledModel

#: What planners call the members of a component of variables, one and several.
_COLUMNS = {
    "extent": ("option", "options"),
    "allowed_load": ("load", "loads"),
    "installed": ("yes-or-no decision", "yes-or-no decisions"),
    "expansion": ("option that is built in part", "options that are built in part"),
}
#: What planners call the members of a component of rows.
_ROWS = {
    **dict.fromkeys(("quality", "cap", "budget"), "targets"),
    **dict.fromkeys(("reduction_percent", "uniform", "burden"), "rules"),
    "balance": "loads",
    "group": "groups of options",
    "resource": "shared resources",
}
#: How many names are listed.
_LISTED = 3


def change_of_shape(old: CompiledModel, new: CompiledModel) -> str:
    """Return in a planner's words why the models are not of one shape; blank where rows and columns are the same."""
    return _columns(old, new) or _rows(old, new) or _decisions(old, new)


def _columns(old: CompiledModel, new: CompiledModel) -> str:
    names = dict.fromkeys([*_COLUMNS, *old.columns, *new.columns])
    for name in names:
        change = _count(new, name) - _count(old, name)
        if change:
            one, several = _COLUMNS.get(name, (f"variable of {_plain(name)}", f"variables of {_plain(name)}"))
            was = "was" if abs(change) == 1 else "were"
            return f"{abs(change)} {one if abs(change) == 1 else several} {was} {'added' if change > 0 else 'removed'}"
    return "" if old.columns == new.columns else "the variables stand in another order"


def _count(compiled: CompiledModel, name: str) -> int:
    columns = compiled.columns.get(name, slice(0, 0))
    return int(columns.stop - columns.start)


def _rows(old: CompiledModel, new: CompiledModel) -> str:
    for name in dict.fromkeys([*old.rows, *new.rows]):
        same_keys = old.keys.get(name) == new.keys.get(name)
        if same_keys and np.array_equal(old.rows.get(name, ()), new.rows.get(name, ())):
            continue
        words = f"the {_ROWS.get(name, f'rows of {_plain(name)}')}"
        before, after = (Counter(map(_told, model.keys.get(name, ()))) for model in (old, new))
        parts = [
            f"{_listed([*more])} {'was' if more.total() == 1 else 'were'} {what}"
            for more, what in ((after - before, "added"), (before - after, "removed"))
            if more
        ]
        if parts:
            return f"{words} differ: {', '.join(parts)}"
        return f"{words} stand in another order, or some were switched on or off"
    return ""


def _decisions(old: CompiledModel, new: CompiledModel) -> str:
    return "" if np.array_equal(old.integer, new.integer) else "other variables take whole numbers"


def _told(key: object) -> str:
    return " / ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _listed(names: list[str]) -> str:
    first = ", ".join(names[:_LISTED])
    return f"{first} and {len(names) - _LISTED} more" if len(names) > _LISTED else first
