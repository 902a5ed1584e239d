"""One commit a cycle: what stands after it, after it is repeated, and after it is corrected."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from dataclasses import replace

import pytest

from abate.errors import LedgerError
from abate.ledger import Ledger
from abate.ledger.canonical import digest
from abate.ledger.entry import hash_of_inputs

NOON = "2026-11-22T12:00:00Z"


def test_what_was_committed_is_read_back(url, make_record):
    record = make_record()
    with Ledger(url) as ledger:
        made = ledger.commit(record, NOON)
    with Ledger(url) as again:
        entry = again.entry("Weber", "2026")
        assert again.document(digest(b"seen")) == b"seen"
    assert entry == made
    assert (made.is_new, entry.is_new) == (True, False)
    for name in ("region", "cycle", "inputs", "result", "options", "seed", "versions", "code", "actor"):
        assert getattr(entry, name) == getattr(record, name)
    assert (entry.id, entry.revision, entry.supersedes, entry.recorded_at) == (1, 1, "", NOON)
    assert entry.documents == (digest(b"seen"),)


def test_hashes_are_those_of_the_documentation(ledger, make_record):
    """Recomputed here with nothing but hashlib and json."""

    def sha(value):
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    first, second = ledger.commit(make_record(), NOON), ledger.commit(make_record(seed=8), NOON)
    for entry, before in ((first, "0" * 64), (second, first.row_hash)):
        whole = {name: getattr(entry, name) for name in vars(entry) if name not in ("row_hash", "is_new")}
        for name in ("inputs", "result", "options", "versions", "documents"):
            whole[name] = json.dumps(whole[name], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert entry.prev_hash == before
        assert entry.row_hash == sha(whole)
        assert entry.result_hash == sha(entry.result)
        assert entry.input_hash == sha({"inputs": entry.inputs, "options": entry.options, "seed": entry.seed})


def test_the_same_inputs_again_write_nothing(ledger, make_record):
    first = ledger.commit(make_record(), NOON)
    again = ledger.commit(make_record(versions={"highspy": "9"}, actor="other", documents={}), "2027-01-01T00:00:00Z")
    assert again == first
    assert not again.is_new
    assert len(ledger.history()) == 1
    assert ledger.verify().empty


def test_the_same_inputs_with_another_result_leave_the_first_and_say_so(ledger, make_record, caplog):
    first = ledger.commit(make_record(), NOON)
    with caplog.at_level(logging.WARNING, "abate.ledger"):
        again = ledger.commit(make_record(result={"allowed": {}}), NOON)
    assert again.result == first.result
    assert "another result" in caplog.text
    assert "Weber" in caplog.text


@pytest.mark.parametrize("change", [{"inputs": {"loads": [41.0]}}, {"options": {"probability": 0.8}}, {"seed": 8}])
def test_a_correction_is_a_new_revision_and_leaves_the_old_one(ledger, make_record, change):
    first = ledger.commit(make_record(), NOON)
    second = ledger.commit(make_record(**change), NOON)
    assert (second.revision, second.supersedes, second.is_new) == (2, first.row_hash, True)
    assert ledger.entry("Weber", "2026") == second
    assert ledger.entry("Weber", "2026", 1) == first
    assert ledger.verify().empty


def test_latest_is_the_cycle_that_was_begun_last_in_its_newest_revision(ledger, make_record):
    assert ledger.latest("Weber") is None
    for region, cycle, seed in [("Weber", "9", 1), ("Weber", "10", 1), ("Ogden", "11", 1), ("Weber", "10", 2)]:
        ledger.commit(make_record(region, cycle, seed=seed), NOON)
    ledger.commit(make_record("Weber", "9", seed=2), NOON)  # a late correction
    latest = ledger.latest("Weber")
    assert (latest.cycle, latest.revision) == ("10", 2)


def test_find_tells_what_is_done_before_it_is_computed(ledger, make_record):
    record = make_record()
    key = hash_of_inputs(record.inputs, record.options, record.seed)
    assert ledger.find("Weber", "2026", key) is None
    made = ledger.commit(record, NOON)
    ledger.commit(make_record(seed=8), NOON)
    assert ledger.find("Weber", "2026", key) == made


def test_history_has_a_row_per_entry_in_their_order(ledger, make_record):
    assert ledger.history().empty
    for region, cycle in [("Weber", "2"), ("Ogden", "1"), ("Weber", "1")]:
        ledger.commit(make_record(region, cycle), NOON)
    history = ledger.history()
    assert history[["id", "region", "cycle"]].to_numpy().tolist() == [
        [1, "Weber", "2"],
        [2, "Ogden", "1"],
        [3, "Weber", "1"],
    ]
    assert history["prev_hash"].tolist()[1:] == history["row_hash"].tolist()[:-1]
    assert ledger.history("Weber")["cycle"].tolist() == ["2", "1"]
    assert list(ledger.history("nowhere").columns) == list(history.columns)


def test_a_document_is_kept_once(ledger, make_record, raw):
    other = {digest(b"new"): b"new"}
    ledger.commit(make_record(), NOON)
    ledger.commit(make_record(seed=8), NOON)
    ledger.commit(make_record("Ogden", documents=make_record().documents | other), NOON)
    with raw.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM documents").scalar() == 2
    assert ledger.document(digest(b"new")) == b"new"


def test_a_clock_that_was_set_back_is_recorded_and_said(ledger, make_record, caplog):
    ledger.commit(make_record(cycle="1"), "2026-11-22T12:00:00+01:00")
    with caplog.at_level(logging.WARNING, "abate.ledger"):
        ledger.commit(make_record(cycle="2"), "2026-11-22T11:30:00Z")  # later than 12:00 one hour to the east
        assert not caplog.text
        ledger.commit(make_record(cycle="3"), "2020-01-01T00:00:00Z")
    assert "the clock was set back" in caplog.text
    assert ledger.latest("Weber").cycle == "3"
    assert ledger.verify().empty


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (("Webber", "2026"), "no region 'Webber'; did you mean 'Weber'"),
        (("Weber", "2025"), "no cycle '2025' of region 'Weber'; did you mean '2026'"),
        (("Weber", "2026", 3), "no revision 3 of cycle '2026' of region 'Weber'; the newest is 1"),
    ],
)
def test_an_entry_that_is_not_there_is_named(ledger, make_record, missing, words):
    with pytest.raises(LedgerError, match="no entries yet"):
        ledger.entry(*missing)
    ledger.commit(make_record(), NOON)
    with pytest.raises(LedgerError, match=words):
        ledger.entry(*missing)


def test_a_document_that_is_not_there_is_named(ledger):
    with pytest.raises(LedgerError, match="no document 'abc'"):
        ledger.document("abc")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"region": " "}, "the region of a record is blank"),
        ({"cycle": ""}, "the cycle of a record is blank"),
        ({"cycle": 2026}, "cycle is 2026; give a text"),
        ({"actor": "a\0b"}, "give a text without a NUL"),
        ({"code": "\udcff"}, "code holds text that is no Unicode"),
        ({"seed": True}, "the seed is True"),
        ({"seed": 2**63}, "at most 64 bits"),
        ({"result": {"cost": float("nan")}}, r"^result\.cost is nan"),
        ({"inputs": {"cost": float("inf")}}, r"^inputs\.cost is inf"),
        ({"options": {"rule": object()}}, r"^options\.rule is of type object"),
        ({"documents": {"abc": b"seen"}}, "the document under 'abc' has another hash"),
        ({"documents": {digest(b"seen"): "seen"}}, "has another hash"),
    ],
)
def test_a_record_that_cannot_be_kept_is_refused_before_the_database_is_asked(ledger, make_record, change, words):
    with pytest.raises(LedgerError, match=words):
        ledger.commit(replace(make_record(), **change), NOON)
    assert ledger.history().empty


@pytest.mark.parametrize("time", ["yesterday", "", "2026-11-22", "2026-11-22T12:00:00", None])
def test_a_time_without_its_offset_is_refused(ledger, make_record, time):
    with pytest.raises(LedgerError, match="write a time with its offset from UTC"):
        ledger.commit(make_record(), time)


def test_writers_at_once_make_one_entry_of_one_cycle(url, make_record):
    """Eight threads with ledgers of their own open a new database together and commit the same ten cycles."""
    together, made, failed = threading.Barrier(8), [], []

    def write():
        try:
            together.wait()
            with Ledger(url) as ledger:
                made.extend(ledger.commit(make_record(cycle=str(number)), NOON) for number in range(10))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sorted(entry.cycle for entry in made if entry.is_new) == sorted(map(str, range(10)))
    with Ledger(url) as ledger:
        assert len(ledger.history()) == 10
        assert ledger.verify().empty
