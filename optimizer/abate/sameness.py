"""Whether two compiled models are of one shape, so that the basis of the one fits the other, and if not, why not."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

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
#: The name of a member of an indexed block, in front of what it holds.
_BLOCK = re.compile(r"(\w+)\[[^\]]*\]\.")
#: How many names are listed.
_LISTED = 3


def change_of_shape(old: CompiledModel, new: CompiledModel) -> str:
    """Return in a planner's words why the models are not of one shape; blank where rows and columns are the same."""
    old, new = _by_place(old), _by_place(new)
    return _columns(old, new) or _rows(old, new) or _decisions(old, new)


@dataclass(frozen=True)
class Shape:
    """What a basis can be told to fit by: how many variables each component has, and a hash of the keys of its rows."""

    columns: Mapping[str, int]
    rows: Mapping[str, str]

    @classmethod
    def of(cls, compiled: CompiledModel) -> Shape:
        """Return the shape of a model."""
        compiled = _by_place(compiled)
        hashes = {
            name: hashlib.sha256(repr((keys, compiled.rows[name].tolist())).encode()).hexdigest()
            for name, keys in compiled.keys.items()
        }
        return cls({name: _count(compiled, name) for name in compiled.columns}, hashes)

    def change_to(self, new: Shape) -> str:
        """Return in a planner's words why another shape is not the same; blank where it is."""
        for name in _ordered(_COLUMNS, self.columns, new.columns):
            change = new.columns.get(name, 0) - self.columns.get(name, 0)
            if change:
                return _counted(name, change)
        names = _ordered(_ROWS, self.rows, new.rows)
        differing = [name for name in names if self.rows.get(name) != new.rows.get(name)]
        return f"{_called(differing[0])} differ" if differing else ""


def _ordered(called: Mapping[str, object], *shapes: Mapping[str, object]) -> list[str]:
    """Return the components of shapes, those with a planner's name first: whatever order a document gave them."""
    rank = {name: place for place, name in enumerate(called)}
    names = {name for shape in shapes for name in shape}
    return sorted(names, key=lambda name: (rank.get(_BLOCK.sub("", name), len(rank)), name))


def _by_place(compiled: CompiledModel) -> CompiledModel:
    """Return a model in which members of a block go by their place: next year's ten years are as last year's were."""
    places: dict[str, int] = {}

    def renamed(name: str) -> str:
        block = _BLOCK.match(name)
        if block is None:
            return name
        place = places.setdefault(block.group(), len(places) + 1)
        return f"{block.group(1)}[{place}].{name[block.end() :]}"

    return replace(
        compiled,
        columns={renamed(name): part for name, part in compiled.columns.items()},
        rows={renamed(name): part for name, part in compiled.rows.items()},
        keys={renamed(name): part for name, part in compiled.keys.items()},
    )


def _columns(old: CompiledModel, new: CompiledModel) -> str:
    names = dict.fromkeys([*_COLUMNS, *old.columns, *new.columns])
    for name in names:
        change = _count(new, name) - _count(old, name)
        if change:
            return _counted(name, change)
    return "" if old.columns == new.columns else "the variables stand in another order"


def _counted(name: str, change: int) -> str:
    """Say how many variables of a component were added, or removed."""
    plain = _BLOCK.sub("", name)
    one, several = _COLUMNS.get(plain, (f"variable of {_plain(plain)}", f"variables of {_plain(plain)}"))
    was = f"{one} was" if abs(change) == 1 else f"{several} were"
    return f"{abs(change)} {was} {'added' if change > 0 else 'removed'}"


def _count(compiled: CompiledModel, name: str) -> int:
    columns = compiled.columns.get(name, slice(0, 0))
    return int(columns.stop - columns.start)


def _rows(old: CompiledModel, new: CompiledModel) -> str:
    for name in dict.fromkeys([*old.rows, *new.rows]):
        same_keys = old.keys.get(name) == new.keys.get(name)
        if same_keys and np.array_equal(old.rows.get(name, ()), new.rows.get(name, ())):
            continue
        words = _called(name)
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


def _called(name: str) -> str:
    plain = _BLOCK.sub("", name)
    return f"the {_ROWS.get(plain, f'rows of {_plain(plain)}')}"


def _decisions(old: CompiledModel, new: CompiledModel) -> str:
    return "" if np.array_equal(old.integer, new.integer) else "other variables take whole numbers"


def _told(key: object) -> str:
    return " / ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _listed(names: list[str]) -> str:
    first = ", ".join(names[:_LISTED])
    return f"{first} and {len(names) - _LISTED} more" if len(names) > _LISTED else first
