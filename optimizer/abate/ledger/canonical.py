"""Canonical JSON: one text for one value, so that its hash can be told again by anyone.

Keys in order of their code points, no blanks, UTF-8, floats as the shortest decimal that gives the same float
back (``repr``), and no NaN or infinity, which JSON does not have. ``1`` and ``1.0`` are two texts.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

from abate.errors import LedgerError

_PLAIN = (str, int, bool, type(None))
_ENCODER = json.JSONEncoder(sort_keys=True, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def dumps(value: Any, name: str = "value") -> bytes:
    """Return the canonical JSON of a value.

    Parameters
    ----------
    value : of dicts with text as keys, lists, tuples (kept as lists), text, whole numbers, finite floats, booleans and
        None.
    name : what the value is called in a message; blank where its keys say enough.

    Raises
    ------
    LedgerError
        Where the value holds anything else; it names the place, such as ``inputs.loads[3]``.
    """
    try:
        _refuse_strangers(value, name)
        return _ENCODER.encode(value).encode("utf-8")
    except RecursionError:
        raise LedgerError(f"{name} holds itself, or lies too deep for JSON; flatten it") from None
    except UnicodeEncodeError as error:
        raise LedgerError(f"{name} holds text that is no Unicode ({error.object[error.start]!a}); replace it") from None


def loads(text: str | bytes) -> Any:
    """Return the value of a JSON text."""
    return json.loads(text)


def digest(content: bytes) -> str:
    """Return the SHA-256 of bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _refuse_strangers(value: Any, name: str) -> None:
    if isinstance(value, dict):
        for key, child in value.items():
            if not isinstance(key, str):
                raise LedgerError(f"{name or 'it'} has the key {key!r}, and a ledger's keys are text; write it as text")
            if type(child) not in _PLAIN:
                _refuse_strangers(child, f"{name}.{key}" if name else key)
    elif isinstance(value, list | tuple):
        for place, child in enumerate(value):
            if type(child) not in _PLAIN and not (type(child) is float and math.isfinite(child)):
                _refuse_strangers(child, f"{name}[{place}]")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise LedgerError(f"{name} is {value}, and a ledger keeps finite numbers only; write None for none")
    elif not isinstance(value, _PLAIN):
        kind = type(value).__name__
        raise LedgerError(f"{name} is of type {kind}, which JSON does not have; turn it into text, numbers or lists")
