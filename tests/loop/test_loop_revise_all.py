"""Many regions: each recorded once, none stopped by another, and what is recorded is what `revise` gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import revise_case as rc

import abate
from abate.ledger import Ledger
from abate.loop.simulate import simulate_history
from abate_data.write import write_case

REGIONS = ("north", "east", "south", "west")
CLOCK = "2027-03-01T12:00:00+00:00"
NOTHING = np.zeros(4)


def case_of(place: int) -> abate.Case:
    return rc.capped(125.0 + 5.0 * place)


def found_in(place: int, years=(2026,)) -> pd.DataFrame:
    return rc.monitored(years, NOTHING, activity=[1.0 + 0.01 * place] * len(years), noise=0.02, periods=2)


CASES = {name: case_of(place) for place, name in enumerate(REGIONS)}
FOUND = {name: found_in(place) for place, name in enumerate(REGIONS)}
#: Names a source that is not there.
BAD = found_in(0).assign(source=lambda rows: rows["source"].replace({"mill": "mil"}))


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """Four regions and two bad ones, with two workers: the ledger's place, what came of it, and of doing it again."""
    place = tmp_path_factory.mktemp("regions") / "plans.db"
    strict = rc.capped(40.0, targets_priority=[0, 0])
    cases = {"north": CASES["north"], "broken": CASES["north"], "strict": strict, **CASES}
    told = []
    with Ledger(place, actor="planner", clock=lambda: CLOCK) as ledger:
        first = abate.revise_all(
            cases,
            {**FOUND, "broken": BAD, "strict": FOUND["north"]},
            ledger=ledger,
            workers=2,
            progress=lambda *said: told.append(said),
        )
        second = abate.revise_all(CASES, FOUND, ledger=ledger, workers=2)
    return place, first, second, told


def test_every_good_region_is_recorded_once(batch):
    place, first, _, _ = batch
    assert first.table["region"].tolist() == ["north", "broken", "strict", "east", "south", "west"]
    assert first.table.set_index("region")["status"].drop(["broken", "strict"]).tolist() == ["done"] * 4
    with Ledger(place) as ledger:
        history = ledger.history()
    assert sorted(history["region"]) == sorted(REGIONS)
    assert set(history["cycle"]) == {"2026-12-31"}
    assert set(history["revision"]) == {1}
    assert set(history["actor"]) == {"planner"}
    assert set(history["recorded_at"]) == {CLOCK}


def test_a_bad_region_fails_by_itself_and_says_why(batch):
    first = batch[1]
    assert first.failed["region"].tolist() == ["broken", "strict"]
    assert first.failed["status"].tolist() == ["failed"] * 2
    of_names, of_targets = first.failed["message"]
    assert "'mil'" in of_names
    assert "mill" in of_names
    # all measures leave 45 t, and the cap of 40 t must not give way: another attempt would end alike
    assert "cap" in of_targets
    assert first.failed["attempts"].tolist() == [0, 1]
    assert str(first) == "6 regions: 4 done, 2 failed"


def test_what_is_recorded_is_not_done_again(batch):
    place, first, second, _ = batch
    assert second.table["status"].tolist() == ["recorded before"] * 4
    assert not len(second.failed)
    assert second.table["attempts"].tolist() == [0] * 4
    same = ["region", "cycle", "renewed", "cost", "reason"]
    done = first.table[first.table["status"] == "done"].reset_index(drop=True)
    pd.testing.assert_frame_equal(second.table[same], done[same], check_dtype=False)
    with Ledger(place) as ledger:
        assert len(ledger.history()) == 4


def test_progress_counts_to_the_end(batch):
    *_, told = batch
    assert {name for name, _, _ in told} >= set(REGIONS)
    assert max(done for _, done, _ in told) >= 4


def test_results_are_those_of_one_region_at_a_time(batch, tmp_path):
    place, _, _, _ = batch
    with Ledger(place) as ledger, Ledger(tmp_path / "alone.db") as alone:
        for region in REGIONS:
            revision = abate.revise(CASES[region], None, FOUND[region], ledger=alone, region=region)
            recorded = ledger.entry(region, "2026-12-31")
            assert revision.entry.result_hash == recorded.result_hash
            assert revision.entry.input_hash == recorded.input_hash


def test_the_next_cycle_starts_from_the_ledger(batch):
    place = batch[0]
    later = {name: pd.concat([FOUND[name], found_in(at, (2027,))]) for at, name in enumerate(REGIONS[:2])}
    with Ledger(place) as ledger:
        made = abate.revise_all({name: CASES[name] for name in later}, later, ledger=ledger)
        assert made.table["cycle"].tolist() == ["2027-12-31"] * 2
        assert made.table["status"].tolist() == ["done"] * 2
        entry = ledger.entry("north", "2027-12-31")
        before = ledger.entry("north", "2026-12-31")
    assert entry.inputs["memory"] == before.result["memory"]


def test_cases_are_read_from_their_places(tmp_path):
    for region in REGIONS[:2]:
        case = CASES[region]
        table = FOUND[region]
        write_case(abate.load({**rc.tables(), "observations": table}), tmp_path / region)
        assert case.settings.name == "two-rivers"
    with Ledger(tmp_path / "plans.db") as ledger:
        places = {"north": tmp_path / "north", "gone": tmp_path / "gone", "east": str(tmp_path / "east")}
        made = abate.revise_all(places, ledger=ledger)
        assert made.table["status"].tolist() == ["done", "failed", "done"]
        assert "gone" in made.failed["message"].item()


def test_observations_of_a_region_without_a_case_are_refused(tmp_path):
    with pytest.raises(abate.InputError, match="nort"):
        abate.revise_all(CASES, {"nort": FOUND["north"]}, ledger=tmp_path / "plans.db")
    assert not (tmp_path / "plans.db").exists()


def test_no_regions_are_no_failure(tmp_path):
    made = abate.revise_all({}, ledger=tmp_path / "plans.db")
    assert not len(made.table)
    assert not len(made.failed)
    assert str(made) == "0 regions: none"


def test_a_ledger_that_fails_stops_the_batch_and_keeps_what_is_recorded(tmp_path, monkeypatch):
    with Ledger(tmp_path / "plans.db") as ledger:
        commit, calls = Ledger.commit, []

        def fails_at_the_second(self, record, recorded_at):
            calls.append(record.region)
            if len(calls) == 2:
                raise abate.LedgerError("the disk is full")
            return commit(self, record, recorded_at)

        monkeypatch.setattr(Ledger, "commit", fails_at_the_second)
        with pytest.raises(abate.LedgerError, match="the disk is full"):
            abate.revise_all(CASES, FOUND, ledger=ledger)
        monkeypatch.undo()
        assert ledger.history()["region"].tolist() == calls[:1]
        rest = abate.revise_all(CASES, FOUND, ledger=ledger)
    assert sorted(rest.table["status"]) == ["done"] * 3 + ["recorded before"]


def test_a_ledger_that_cannot_be_opened_is_refused(tmp_path):
    (tmp_path / "plans.db").write_text("this is no database, and long enough to be seen as none" * 20)
    with pytest.raises(abate.LedgerError):
        abate.revise_all(CASES, FOUND, ledger=tmp_path / "plans.db")


def test_a_first_plan_by_its_strategy_is_recorded_once(tmp_path):
    case = abate.load("echo-reservoir")
    history = simulate_history(case, abate.decompose(case), [2025], 3)
    choices = abate.Realignment(first_plan="least-cost since 2025-01-01")
    runs = [
        abate.revise_all(
            {"echo": case}, {"echo": history}, ledger=tmp_path / "plans.db", realignment=choices, workers=1
        )
        for _ in range(2)
    ]
    assert [list(run.table["status"]) for run in runs] == [["done"], ["recorded before"]]
    alone = abate.revise(
        case, abate.in_force(abate.decompose(case), "2025-01-01"), history, realignment=abate.Realignment()
    )
    with abate.Ledger(tmp_path / "plans.db") as ledger:
        told = ledger.entry("echo", "2025-12-31").result
    assert told["tables"] == alone.result()["tables"]
