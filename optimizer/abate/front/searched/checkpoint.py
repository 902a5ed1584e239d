"""Checkpoints: the whole state of a search as arrays in one file, which is replaced whole."""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from abate.errors import Finding, InputError

#: Number of this layout.
FORMAT = 1
_MADE_FOR = "made_for"

Arrays = dict[str, np.ndarray]


class Keeper:
    """Keeps arrays in a file, where one is named.

    Parameters
    ----------
    path : of the file; None for none.
    made_for : what the arrays are made for.
    seconds : between two times that the file is written.
    """

    def __init__(self, path: Path | None, made_for: Mapping[str, Any], seconds: float) -> None:
        self._path, self._made_for, self._seconds = path, made_for, seconds
        self._saved = time.monotonic()

    def now_and_then(self, arrays: Arrays) -> None:
        """Write the arrays where the last time is long enough ago."""
        if time.monotonic() - self._saved > self._seconds:
            self.now(arrays)

    def now(self, arrays: Arrays) -> None:
        """Write the arrays."""
        if self._path is not None:
            save(self._path, self._made_for, arrays)
        self._saved = time.monotonic()


def save(path: Path, made_for: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays, and what they were made for, to a file; an earlier one stays until the new one is complete."""
    text = json.dumps({"format": FORMAT, **made_for})
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        np.savez(file, **{_MADE_FOR: np.array([text])}, **arrays)  # type: ignore[arg-type]  # mypy sees the flag of savez
    os.replace(beside, path)


def load(path: Path, made_for: Mapping[str, Any]) -> Arrays:
    """Return the arrays of a checkpoint.

    Raises
    ------
    InputError
        Where the file is no checkpoint, or was made for something else; it says what differs.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        told = json.loads(str(arrays.pop(_MADE_FOR)[0]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        cure = "name another file, or delete it to start anew"
        raise InputError([Finding("checkpoint", "is no checkpoint of a search", cure, value=path.name)]) from error
    wanted = {"format": FORMAT, **made_for}
    cure = "name another file, delete it to start anew, or go on with what it was made for"
    findings = [
        Finding("checkpoint", f"was made for {name} {_said(told.get(name))}", cure, value=_said(value))
        for name, value in wanted.items()
        if told.get(name) != json.loads(json.dumps(value))
    ]
    if findings:
        raise InputError(findings)
    return arrays


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
