"""Fronts on disk: one .npz file, arrays of numbers and a text that says what they are; nothing in it is ever run.

The same front gives the same bytes, and a file is replaced whole or not at all.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
import zlib
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abate.errors import Finding, InputError
from abate.front.case_source import CaseSource
from abate.front.criterion import Criterion
from abate.front.exact.point import Floats
from abate.front.exact.space import LinearObjective
from abate.front.front import Front
from abate.front.source import Source
from abate.plan import Plan
from abate_data.case import Case
from abate_models.compile import CompiledModel

#: What the text begins with, and the number of this layout.
KIND, FORMAT = "abate front", 1
#: Most bytes that a file may unpack to.
MOST_BYTES = 2**31
#: What the points depend on.
SOFTWARE = ("abate", "highspy", "pyomo", "numpy", "pymoo")
_ARRAYS = ("values", "columns", "optimal", "gaps", "ideal", "scale", "extent")
_FAULTS = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, NotImplementedError, RecursionError),
    *(EOFError, MemoryError, zipfile.BadZipFile, zlib.error),
)


@dataclass(frozen=True)
class MadeFor:
    """The case that a front was made for: name, scenario, hash, objectives of its model; blank where it had none."""

    case: str = ""
    scenario: str = ""
    case_hash: str = ""
    modelled: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoredSource:
    """A front that was read without its case: its points can be looked at and chosen from, but have no plans."""

    made_for: MadeFor
    linear: tuple[CompiledModel, list[LinearObjective]] | None = None

    def plan(self, columns: Floats, name: str) -> Plan:
        """Refuse, and say what is missing.

        Raises
        ------
        InputError
            Always.
        """
        del columns
        case = self.made_for.case
        cure = f"load it with the case {case!r}" if case else "solve the model again with abate.front.solve"
        raise InputError([Finding("front", "was read without what its plans are made of", cure, value=name)])


def save(front: Front, path: str | Path) -> None:
    """Write a front to a file; one that stands there is replaced once the new one is complete.

    Parameters
    ----------
    path : of the file, which ends in .npz.

    Raises
    ------
    InputError
        Where the path ends otherwise, or nothing can be written there.
    """
    place = Path(path)
    refuse_ending(place)
    try:
        with tempfile.TemporaryDirectory(dir=place.absolute().parent, prefix=".abate-") as folder:
            part = Path(folder) / place.name
            np.savez_compressed(part, allow_pickle=False, **_arrays(front))
            part.replace(place)
    except OSError as error:
        cure = "name a place where you may write"
        raise InputError([Finding("front", f"cannot be written: {error.strerror}", cure, value=str(path))]) from error


def refuse_ending(path: Path) -> None:
    """Raise InputError where a path is not that of a stored front."""
    if path.suffix != ".npz":
        raise InputError([Finding("front", "is no name of a stored front", "end it in .npz", value=str(path))])


def load(path: str | Path, case: Case | None = None) -> Front:
    """Return a front that was saved.

    Parameters
    ----------
    case : that it was made for, without which its points have no plans and no rates.

    Raises
    ------
    InputError
        Where there is no such file, it is no front, is damaged or was written by a newer abate, or the case is not the
        one that it was made for.
    """
    place = Path(path)
    if not place.is_file():
        raise InputError([Finding("front", "is not there", "name a file that was saved", value=str(path))])
    try:
        text, arrays = _read(place)
    except _FAULTS as error:
        cure = "name a file that was saved by abate, or save the front again"
        raise InputError([Finding("front", "is no stored front, or is damaged", cure, value=str(path))]) from error
    if text["format"] > FORMAT:
        raise InputError([Finding("front", "was written by a newer abate", "update abate", value=str(path))])
    try:
        made_for = MadeFor(**{**text["made_for"], "modelled": tuple(text["made_for"]["modelled"])})
        front = _front(text, arrays, StoredSource(made_for))
    except _FAULTS as error:
        cure = "save the front again"
        raise InputError([Finding("front", "lacks something or is damaged", cure, value=str(path))]) from error
    return front if case is None else replace(front, origin=_source(front, made_for, case))


def _arrays(front: Front) -> dict[str, Any]:
    """Return what is stored: arrays of numbers, and the rest as a text in JSON."""
    text = {
        "kind": KIND,
        "format": FORMAT,
        "criteria": [asdict(criterion) for criterion in front.criteria],
        "method": front.method,
        "why": front.why,
        "reason": front.reason,
        "solves": front.solves,
        "history": list(front.history.columns),
        "made_for": asdict(_made_for(front.origin)),
        "software": {name: version(name) for name in SOFTWARE},
    }
    history = {
        f"history/{name}": np.asarray(column, dtype=None if len(column) else float)
        for name, column in front.history.items()
    }
    return {
        "about": np.array(json.dumps(text)),
        "values": front.values,
        "columns": front.columns,
        "optimal": front.optimal,
        "gaps": front.gaps,
        "ideal": front.ideal,
        "scale": front.scale,
        "extent": np.array([front.gap, front.unexplored]),
        **history,
    }


def _made_for(source: Source) -> MadeFor:
    if isinstance(source, CaseSource):
        case = source.case
        modelled = tuple(objective.name for objective in source.modelled)
        return MadeFor(case.settings.name, case.scenario, case.hash, modelled)
    return source.made_for if isinstance(source, StoredSource) else MadeFor()


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the text and the arrays of a file.

    Raises
    ------
    ValueError, or another one of `_FAULTS`
        Where it is not what `save` writes.
    """
    with zipfile.ZipFile(path) as packed:
        if sum(member.file_size for member in packed.infolist()) > MOST_BYTES:
            raise ValueError("it unpacks to more than is allowed")
    with np.load(path, allow_pickle=False) as stored:
        text = json.loads(str(stored["about"]))
        if text["kind"] != KIND or not isinstance(text["format"], int):
            raise ValueError("it is something else")
        if text["format"] > FORMAT:
            return text, {}
        names = [*_ARRAYS, *(f"history/{name}" for name in text["history"])]
        return text, {name: stored[name] for name in names}


def _front(text: dict[str, Any], arrays: dict[str, np.ndarray], source: Source) -> Front:
    criteria = tuple(Criterion(**criterion) for criterion in text["criteria"])
    points, count = len(arrays["columns"]), len(criteria)
    shapes = {"values": (points, count), "optimal": (points,), "gaps": (points,), "ideal": (count,), "scale": (count,)}
    if any(arrays[name].shape != shape for name, shape in {**shapes, "extent": (2,)}.items()):
        raise ValueError("arrays do not fit one another")
    if count < 2 or not points or arrays["columns"].ndim != 2 or not np.isfinite(arrays["values"]).all():
        raise ValueError("there is not a point of two objectives")
    numbers = {name: arrays[name].astype(float, casting="safe") for name in ("values", "columns", "gaps", "ideal")}
    gap, unexplored = arrays["extent"].astype(float, casting="safe").tolist()
    return Front(
        **numbers,
        criteria=criteria,
        optimal=arrays["optimal"].astype(bool, casting="no"),
        scale=arrays["scale"].astype(float, casting="safe"),
        gap=gap,
        unexplored=unexplored,
        method=str(text["method"]),
        why=str(text["why"]),
        reason=str(text["reason"]),
        solves={str(name): int(count) for name, count in text["solves"].items()},
        history=pd.DataFrame({name: arrays[f"history/{name}"] for name in text["history"]}),
        origin=source,
    )


def _source(front: Front, made_for: MadeFor, case: Case) -> Source:
    """Return the case as the source of a front, InputError where it is not the one that the front was made for."""
    if not made_for.case_hash:
        raise InputError([Finding("front", "is one of a model, not of a case", "load it without a case")])
    if case.hash != made_for.case_hash:
        scenario = f", scenario {made_for.scenario!r}" if made_for.scenario else ""
        cure = f"give the case {made_for.case!r}{scenario} as it was then, or explore the one you have"
        raise InputError(
            [Finding("front", "was made for another case, or tables have changed", cure, value=case.label)]
        )
    source = CaseSource.of(case, made_for.modelled)
    if front.columns.shape[1] != len(source.compiled.cost):
        cure = "explore the case again with this version of abate"
        raise InputError([Finding("front", "does not fit the model that is built today", cure)])
    return source if tuple(front.names) == made_for.modelled else replace(source, names=tuple(front.names))
