"""Damage of every kind is found and named."""

from __future__ import annotations

import pytest

from abate.errors import InputError, LedgerError
from abate.ledger import Ledger, verify
from abate.ledger.canonical import digest
from abate.ledger.rows import hash_of_row

NOON = "2026-11-22T12:00:00Z"
COLUMNS = {
    "id": 99,
    "region": "'Ogden'",
    "cycle": "'2019'",
    "revision": 5,
    "input_hash": "'0'",
    "result_hash": "'0'",
    "prev_hash": "'0'",
    "row_hash": "'0'",
    "inputs": """'{"loads":[39.0]}'""",
    "result": """'{"allowed":{}}'""",
    "options": "'{}'",
    "seed": 8,
    "versions": "'{}'",
    "code": "'000'",
    "actor": "'somebody'",
    "recorded_at": "'2020-01-01T00:00:00Z'",
    "supersedes": "'0'",
    "documents": "'[]'",
}


@pytest.fixture
def filled(ledger, make_record) -> Ledger:
    """A ledger of five rows: cycles 2024 to 2026, with two revisions of 2025 and a row of another region between."""
    for region, cycle, seed in [("Weber", "2024", 7), ("Weber", "2025", 7), ("Logan", "2025", 7), ("Weber", "2025", 8)]:
        ledger.commit(make_record(region, cycle, seed=seed), NOON)
    ledger.commit(make_record("Weber", "2026"), NOON)
    assert ledger.verify().empty
    return ledger


def places(faults):
    return set(faults[["region", "cycle", "revision"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_of_any_field_is_found_and_its_row_is_named(filled, tamper, column):
    tamper(f"UPDATE cycles SET {column} = {COLUMNS[column]} WHERE id = 2")
    changed = {"region": "Weber", "cycle": "2025", "revision": 1}
    if column in changed:
        changed[column] = {"region": "Ogden", "cycle": "2019", "revision": 5}[column]
    faults = filled.verify()
    assert tuple(changed.values()) in places(faults)
    assert ("Weber", "2024", 1) not in places(faults)


def test_every_column_is_tried():
    from abate.ledger.schema import cycles

    assert set(COLUMNS) == {column.name for column in cycles.columns}


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("result", "its result is not the one that was recorded"),
        ("inputs", "its inputs, options or seed are not the ones that were recorded"),
        ("seed", "its inputs, options or seed are not"),
        ("actor", "one of its fields is not as it was recorded"),
    ],
)
def test_the_fault_says_what_was_changed_and_nothing_reads_the_row(filled, tamper, column, words):
    tamper(f"UPDATE cycles SET {column} = {COLUMNS[column]} WHERE id = 2")
    faults = filled.verify()
    assert len(faults) == 1
    assert words in faults["fault"].item()
    with pytest.raises(LedgerError, match=f"region 'Weber', cycle '2025', revision 1 is damaged: {words}"):
        filled.entry("Weber", "2025", 1)
    assert filled.entry("Weber", "2025").revision == 2


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_row_that_was_taken_out_is_missed_by_the_one_after_it(filled, tamper, number):
    after = filled.history().set_index("id").loc[number + 1]
    tamper(f"DELETE FROM cycles WHERE id = {number}")
    faults = filled.verify()
    assert (after["region"], after["cycle"], after["revision"]) in places(faults)
    assert f"stands after row {number - 1}: rows between them are missing" in "\n".join(faults["fault"])


def test_rows_that_moved_up_to_close_the_gap_break_the_chain(filled, tamper):
    tamper("DELETE FROM cycles WHERE id = 3")
    for number in (4, 5):
        tamper(f"UPDATE cycles SET id = {number - 1} WHERE id = {number}")
    told = "\n".join(filled.verify()["fault"])
    assert "it does not follow row 2" in told


def test_a_forged_row_with_a_hash_of_its_own_breaks_the_chain_after_it(filled, tamper, raw):
    with raw.connect() as connection:
        row = dict(connection.exec_driver_sql("SELECT * FROM cycles WHERE id = 2").mappings().one())
    forged = hash_of_row(row | {"actor": "somebody"})
    tamper("UPDATE cycles SET actor = 'somebody', row_hash = :forged WHERE id = 2", forged=forged)
    faults = filled.verify()
    assert places(faults) == {("Logan", "2025", 1), ("Weber", "2025", 2)}
    assert "it does not follow row 2: that row, or this one, was exchanged" in set(faults["fault"])
    assert "it does not name the revision before it as the one that it corrects" in set(faults["fault"])


def test_a_damaged_or_missing_document_is_named_with_the_rows_that_need_it(filled, tamper):
    name = digest(b"seen")
    tamper("UPDATE documents SET content = :other", other=b"unseen")
    faults = filled.verify()
    assert len(faults) == 5
    assert set(faults["fault"]) == {f"its document {name} is missing or damaged"}
    with pytest.raises(LedgerError, match=f"the document '{name}' .* is damaged"):
        filled.document(name)
    tamper("DELETE FROM documents")
    assert filled.verify().equals(faults)


def test_documents_without_a_row_tell_that_the_end_was_cut_off(filled, make_record, tamper):
    filled.commit(make_record("Weber", "2027", documents={digest(b"last"): b"last"}), NOON)
    tamper("DELETE FROM cycles WHERE id = 6")
    faults = filled.verify()
    assert faults["fault"].tolist() == [
        f"document {digest(b'last')} belongs to no row: rows at the end may have been cut off"
    ]
    assert places(faults) == {("", "", 0)}


def test_the_check_sees_every_sound_entry_and_its_answers_are_faults(filled, tamper):
    seen = []

    def check(entry):
        seen.append((entry.region, entry.cycle, entry.revision))
        if entry.cycle == "2026":
            return "the certificate does not hold"
        if entry.region == "Logan":
            raise InputError([])
        return ""

    tamper("UPDATE cycles SET actor = 'somebody' WHERE id = 2")
    faults = filled.verify(check)
    assert seen == [("Weber", "2024", 1), ("Logan", "2025", 1), ("Weber", "2025", 2), ("Weber", "2026", 1)]
    assert faults["region"].tolist() == ["Weber", "Logan", "Weber"]
    assert faults["fault"].tolist()[2] == "the certificate does not hold"


def test_a_ledger_longer_than_one_reading_is_read_to_its_end(filled, tamper, monkeypatch):
    monkeypatch.setattr(verify, "_PAGE", 2)
    assert filled.verify().empty
    tamper("UPDATE cycles SET actor = 'somebody' WHERE id = 5")
    assert places(filled.verify()) == {("Weber", "2026", 1)}


def test_the_ledger_may_grow_while_it_is_checked(filled, make_record):
    def check(entry):
        if entry.cycle == "2024":
            filled.commit(make_record("Weber", "2027", documents={digest(b"new"): b"new"}), NOON)

    assert filled.verify(check).empty


@pytest.fixture
def small_file(tmp_path, make_record):
    file = tmp_path / "plans.db"
    with Ledger(file) as ledger:
        for number in range(30):
            ledger.commit(make_record(cycle=f"cycle {number}", inputs={"loads": [number / 7] * 200}), NOON)
    return file


def test_a_byte_that_flips_in_the_file_is_found_wherever_it_is(small_file):
    """In each row's inputs, one byte is set to one that is no UTF-8."""
    sound = small_file.read_bytes()
    for number in (1, 13, 29):
        start = sound.index(f"[{number / 7}".encode())
        small_file.write_bytes(sound[: start + 1] + b"\xff" + sound[start + 2 :])
        with Ledger(small_file) as ledger:
            faults = ledger.verify()
            assert places(faults) == {("Weber", f"cycle {number}", 1)}
            with pytest.raises(LedgerError, match=f"cycle 'cycle {number}', revision 1 is damaged"):
                ledger.entry("Weber", f"cycle {number}")
            assert ledger.entry("Weber", "cycle 2").revision == 1


def pages_of(file):
    content = file.read_bytes()
    return [bytearray(content[start : start + 4096]) for start in range(0, len(content), 4096)]


def test_a_file_that_cannot_be_read_to_its_end_is_said_to_end_where_it_does(small_file):
    pages = pages_of(small_file)
    (broken,) = [page for page in pages if f"[{25 / 7}".encode() in page]
    broken[:] = b"\xff" * 4096
    small_file.write_bytes(b"".join(pages))
    with Ledger(small_file) as ledger:
        told = ledger.verify()["fault"].tolist()
    assert told[0].startswith("the file is damaged: ")
    assert "the file cannot be read after row " in told[-1]
    assert "(region 'Weber', cycle 'cycle " in told[-1]


def test_an_index_that_lost_a_row_is_found(small_file):
    """A row that the index does not know could be committed a second time."""
    leaf_of_index = 10  # Source: SQLite's file format, b-tree pages
    pages = pages_of(small_file)
    page = next(page for page in pages if page[0] == leaf_of_index and b"Webercycle 7" in page)
    page[:] = page.replace(b"Webercycle 7", b"Wxbercycle 7")
    small_file.write_bytes(b"".join(pages))
    with Ledger(small_file) as ledger:
        faults = ledger.verify()
    assert all(fault.startswith("the file is damaged: row 8 ") for fault in faults["fault"])
    assert len(faults) > 0
