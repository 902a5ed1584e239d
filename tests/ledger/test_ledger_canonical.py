"""One value has one text: what canonical JSON promises."""

from __future__ import annotations

import hashlib
import json
import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abate.errors import LedgerError
from abate.ledger.canonical import digest, dumps, loads

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)


def kinds(value):
    """Return a value with the type of everything in it, as Python takes 1, 1.0 and True for the same."""
    if isinstance(value, dict):
        return {key: kinds(child) for key, child in value.items()}
    if isinstance(value, list):
        return [kinds(child) for child in value]
    return type(value).__name__, value.hex() if isinstance(value, float) else value


def shuffled(value, order):
    if isinstance(value, dict):
        return {key: shuffled(value[key], order) for key in order.draw(st.permutations(list(value)))}
    return [shuffled(child, order) for child in value] if isinstance(value, list) else value


@given(VALUES)
def test_what_is_read_back_is_what_was_written(value):
    assert kinds(loads(dumps(value))) == kinds(value)
    assert dumps(loads(dumps(value))) == dumps(value)


@given(VALUES, st.data())
def test_the_order_of_keys_does_not_matter(value, order):
    assert dumps(shuffled(value, order)) == dumps(value)


@given(VALUES, VALUES)
def test_two_values_have_two_texts(one, other):
    assert (dumps(one) == dumps(other)) == (kinds(one) == kinds(other))


@given(VALUES)
def test_any_reader_of_json_can_tell_the_hash_again(value):
    plain = json.loads(json.dumps(value))
    again = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    assert hashlib.sha256(again).hexdigest() == digest(dumps(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # Source: RFC 8259 for the grammar; the shortest decimals of 0.1 and 1/3 as printed by any IEEE 754 library
        ({"b": 1, "a": [1.0, True, None]}, b'{"a":[1.0,true,null],"b":1}'),
        (0.1 + 0.2, b"0.30000000000000004"),
        (1 / 3, b"0.3333333333333333"),
        (-0.0, b"-0.0"),
        (5e-324, b"5e-324"),
        ('é\n\x00"', '"é\\n\\u0000\\""'.encode()),
        ((1, 2), b"[1,2]"),
        (np.float64(2.5), b"2.5"),
    ],
)
def test_texts_that_were_written_by_hand(value, text):
    assert dumps(value) == text


def test_the_hash_is_sha_256():
    # Source: NIST FIPS 180-4, example for the message "abc"
    assert digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"loads": [1.0, math.nan]}, r"^inputs\.loads\[1\] is nan"),
        ({"a": {"b": -math.inf}}, r"^inputs\.a\.b is -inf"),
        ({"a": [np.float64("nan")]}, r"^inputs\.a\[0\] is nan"),
        ({"year": {2026: 1}}, r"^inputs\.year has the key 2026"),
        ({"loads": np.zeros(2)}, r"^inputs\.loads is of type ndarray"),
        ([{1, 2}], r"^inputs\[0\] is of type set"),
        (Decimal("1.5"), r"^inputs is of type Decimal"),
        ({"name": "\ud800"}, r"^inputs holds text that is no Unicode"),
    ],
)
def test_what_is_no_plain_data_is_named(value, words):
    with pytest.raises(LedgerError, match=words):
        dumps(value, "inputs")


def test_what_holds_itself_is_refused():
    endless: list = []
    endless.append(endless)
    with pytest.raises(LedgerError, match="inputs holds itself"):
        dumps(endless, "inputs")
