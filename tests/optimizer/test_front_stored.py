"""Fronts on disk: what is read is what was written, the same bytes each time, and nothing else is taken for one."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import abate
from abate.errors import InputError
from abate.front import explore, solve, stored
from abate.front.stored import load, save


@pytest.fixture(scope="module")
def echo():
    return abate.load("echo-reservoir")


@pytest.fixture(scope="module")
def front(echo):
    return explore(echo, ["cost", "removal"])


@pytest.fixture(scope="module")
def packed(front, tmp_path_factory):
    path = tmp_path_factory.mktemp("stored") / "front.npz"
    save(front, path)
    return path.read_bytes()


HISTORY = pd.DataFrame({"generation": [0, 1], "evaluations": [100, 200], "hypervolume": [0.5, 0.75]})


def same(one, other):
    for name in ("criteria", "gap", "method", "why", "reason", "solves"):
        assert getattr(one, name) == getattr(other, name), name
    for name in ("values", "columns", "optimal", "gaps", "ideal", "scale", "unexplored"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name, strict=True)
    pd.testing.assert_frame_equal(one.history, other.history, check_dtype=len(one.history) > 0)


class TestRoundTrip:
    def test_everything_comes_back(self, front, echo, tmp_path):
        front.save(tmp_path / "front.npz")
        read = load(tmp_path / "front.npz", echo)
        same(front, read)
        assert read.status == front.status
        pd.testing.assert_frame_equal(read.points, front.points)

    def test_plans_and_choices_of_the_case(self, front, echo, tmp_path):
        save(front, tmp_path / "front.npz")
        read = load(tmp_path / "front.npz", echo)
        pd.testing.assert_frame_equal(read.plan(2).allocation, front.plan(2).allocation)
        wish = {"cost": 2e6}
        assert read.near(wish).values.tolist() == pytest.approx(front.near(wish).values.tolist())
        pd.testing.assert_frame_equal(read.knee().rates, front.knee().rates)

    def test_a_search_with_its_history_and_unknowns(self, front, echo, tmp_path):
        none = np.full(2, np.nan)
        searched = replace(
            front, history=HISTORY, gap=np.inf, unexplored=np.nan, ideal=none, scale=none, reason="it was interrupted"
        )
        save(searched, tmp_path / "front.npz")
        same(searched, load(tmp_path / "front.npz", echo))

    def test_without_the_case_there_are_points_but_no_plans(self, front, tmp_path):
        save(front, tmp_path / "front.npz")
        read = load(tmp_path / "front.npz")
        same(front, read)
        assert read.knee().point == front.knee().point
        with pytest.raises(InputError, match="load it with the case 'echo-reservoir'"):
            read.plan(0)

    def test_saved_again_without_the_case_it_is_the_same(self, packed, tmp_path):
        (tmp_path / "one.npz").write_bytes(packed)
        save(load(tmp_path / "one.npz"), tmp_path / "two.npz")
        assert (tmp_path / "two.npz").read_bytes() == packed

    def test_objectives_beside_those_of_the_model(self, front, echo, tmp_path):
        # a front of three, the first two of which the model can tell
        third = replace(front.criteria[0], name="jobs")
        more = replace(
            front,
            criteria=(*front.criteria, third),
            values=np.column_stack([front.values, front.values[:, 0]]),
            ideal=np.append(front.ideal, 0.0),
            scale=np.append(front.scale, 1.0),
        )
        save(more, tmp_path / "front.npz")
        read = load(tmp_path / "front.npz", echo)
        assert read.linear is None
        assert read.plan(1).cost == pytest.approx(front.plan(1).cost)

    def test_a_front_of_a_model(self, echo, tmp_path):
        model = pyo.ConcreteModel()
        model.x = pyo.Var([0, 1], bounds=(0, 1))
        model.need = pyo.Constraint(expr=model.x[0] + model.x[1] >= 1)
        model.cost = pyo.Objective(expr=2 * model.x[0] + model.x[1])
        model.harm = pyo.Objective(expr=model.x[0] + 3 * model.x[1])
        save(solve(model, [model.cost, model.harm]), tmp_path / "front.npz")
        read = load(tmp_path / "front.npz")
        assert len(read) == 2
        with pytest.raises(InputError, match="solve the model again"):
            read.plan(0)
        with pytest.raises(InputError, match="one of a model"):
            load(tmp_path / "front.npz", echo)


class TestBytes:
    def test_two_saves_give_the_same(self, front, packed, tmp_path):
        save(front, tmp_path / "again.npz")
        assert (tmp_path / "again.npz").read_bytes() == packed

    def test_no_time_of_day(self, front, tmp_path):
        save(front, tmp_path / "front.npz")
        with zipfile.ZipFile(tmp_path / "front.npz") as file:
            assert {member.date_time for member in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}

    def test_no_pickle_and_the_software_is_named(self, front, tmp_path):
        save(front, tmp_path / "front.npz")
        with np.load(tmp_path / "front.npz", allow_pickle=False) as file:
            assert all(file[name].dtype != object for name in file.files)
            about = json.loads(str(file["about"]))
        assert set(about["software"]) == set(stored.SOFTWARE)
        assert about["made_for"]["case"] == "echo-reservoir"


class TestPlaces:
    @pytest.mark.parametrize("name", ["front", "front.npy", "front.NPZ", "front.npz.gz"])
    def test_another_ending(self, front, tmp_path, name):
        with pytest.raises(InputError, match=r"end it in \.npz"):
            save(front, tmp_path / name)
        assert not list(tmp_path.iterdir())

    def test_no_such_folder(self, front, tmp_path):
        with pytest.raises(InputError, match="cannot be written"):
            save(front, tmp_path / "nowhere" / "front.npz")

    def test_a_folder_of_that_name(self, front, tmp_path):
        (tmp_path / "front.npz").mkdir()
        with pytest.raises(InputError, match="cannot be written"):
            save(front, tmp_path / "front.npz")

    def test_an_old_file_stays_until_the_new_one_is_whole(self, front, packed, tmp_path, monkeypatch):
        path = tmp_path / "front.npz"
        path.write_bytes(packed)

        def full(file, **_):
            file.write_bytes(b"half")
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(np, "savez_compressed", full)
        with pytest.raises(InputError, match="No space left"):
            save(front, path)
        assert path.read_bytes() == packed
        assert os.listdir(tmp_path) == ["front.npz"]

    def test_a_new_one_takes_its_place(self, front, packed, tmp_path):
        path = tmp_path / "front.npz"
        path.write_bytes(b"something else")
        save(front, path)
        assert path.read_bytes() == packed


class TestRefusals:
    def refused(self, path, match, case=None):
        with pytest.raises(InputError, match=match) as caught:
            load(path, case)
        assert all(finding.cure for finding in caught.value.findings)

    def test_nothing_there(self, tmp_path):
        self.refused(tmp_path / "front.npz", "is not there")
        self.refused(tmp_path, "is not there")

    @pytest.mark.parametrize("content", [b"", b"PK", b"text", b"\x93NUMPY"])
    def test_something_else(self, tmp_path, content):
        (tmp_path / "front.npz").write_bytes(content)
        self.refused(tmp_path / "front.npz", "no stored front, or is damaged")

    def test_another_npz(self, tmp_path):
        np.savez(tmp_path / "other.npz", values=np.zeros(3))
        self.refused(tmp_path / "other.npz", "no stored front")

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
    def test_cut_off(self, packed, tmp_path, share):
        (tmp_path / "front.npz").write_bytes(packed[: int(share * len(packed))])
        self.refused(tmp_path / "front.npz", "no stored front, or is damaged")

    @given(st.data())
    @settings(max_examples=60, deadline=None, derandomize=True)
    def test_damaged_anywhere(self, packed, tmp_path_factory, data):
        # a byte that means nothing, such as one of a time stamp, may change; numbers may not
        place = data.draw(st.integers(0, len(packed) - 1))
        changed = bytearray(packed)
        changed[place] ^= data.draw(st.integers(1, 255))
        path = tmp_path_factory.mktemp("damaged") / "front.npz"
        path.write_bytes(bytes(changed))
        try:
            read = load(path)
        except InputError:
            return
        assert len(read) == 5

    def rewritten(self, packed, path, **arrays):
        path.write_bytes(packed)
        with np.load(path) as file:
            kept = {name: file[name] for name in file.files}
        np.savez(path, **{**kept, **arrays})
        return path

    def about(self, packed, path, **changes):
        path.write_bytes(packed)
        with np.load(path) as file:
            text = json.loads(str(file["about"]))
        return self.rewritten(packed, path, about=np.array(json.dumps({**text, **changes})))

    def test_a_newer_layout(self, packed, tmp_path):
        self.refused(self.about(packed, tmp_path / "a.npz", format=stored.FORMAT + 1), "newer abate.*update abate")

    @pytest.mark.parametrize(
        "changes",
        [
            {"kind": "else"},
            {"format": "one"},
            {"criteria": [{"name": "cost"}]},
            {"criteria": []},
            {"solves": {"a": "many"}},
            {"solves": None},
            {"made_for": {}},
            {"made_for": {"modelled": [], "else": 1}},
            {"history": ["else"]},
            {"history": 3},
        ],
        ids=str,
    )
    def test_a_text_that_says_something_else(self, packed, tmp_path, changes):
        self.refused(self.about(packed, tmp_path / "a.npz", **changes), "damaged")

    @pytest.mark.parametrize(
        "arrays",
        [
            {"values": np.zeros((5, 3))},
            {
                "values": np.zeros((0, 2)),
                "columns": np.zeros((0, 4)),
                "optimal": np.zeros(0, bool),
                "gaps": np.zeros(0),
            },
            {"values": np.full((5, 2), np.nan)},
            {"columns": np.zeros(5)},
            {"columns": np.array([["a"]] * 5)},
            {"optimal": np.zeros(5)},
            {"gaps": np.zeros(5, complex)},
            {"extent": np.zeros(1)},
            {"about": np.array("[]")},
            {"about": np.array("{")},
            {"about": np.zeros(2)},
        ],
        ids="-".join,
    )
    def test_arrays_that_do_not_fit(self, packed, tmp_path, arrays):
        self.refused(self.rewritten(packed, tmp_path / "a.npz", **arrays), "damaged")

    def test_objects_are_never_unpickled(self, packed, tmp_path):
        path = self.rewritten(packed, tmp_path / "a.npz", values=np.array([[object()]]))
        self.refused(path, "damaged")

    def test_a_bomb(self, packed, tmp_path, monkeypatch):
        path = tmp_path / "bomb.npz"
        path.write_bytes(packed)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
            file.writestr("history/generation.npy2", bytes(2**20))
        assert path.stat().st_size < 2**13
        assert len(load(path)) == 5
        monkeypatch.setattr(stored, "MOST_BYTES", 2**20)
        self.refused(path, "no stored front, or is damaged")

    def test_a_header_that_promises_more_than_there_is(self, packed, tmp_path):
        path = tmp_path / "a.npz"
        path.write_bytes(packed)
        with zipfile.ZipFile(path) as file:
            kept = {name: file.read(name) for name in file.namelist()}
        kept["values.npy"] = kept["values.npy"].replace(b"(5, 2)", b"(5000000000000, 2)".ljust(6))
        with zipfile.ZipFile(path, "w") as file:
            for name, content in kept.items():
                file.writestr(name, content)
        self.refused(path, "damaged")

    def test_another_case(self, front, packed, tmp_path):
        path = tmp_path / "front.npz"
        path.write_bytes(packed)
        self.refused(path, "made for another case", abate.load("europe-air"))

    def test_a_case_of_which_a_table_has_changed(self, packed, tmp_path, echo):
        path = tmp_path / "front.npz"
        path.write_bytes(packed)
        self.refused(path, "tables have changed.*'echo-reservoir'", abate.load("echo-reservoir", "pooled"))

    def test_a_model_that_is_built_otherwise_today(self, front, echo, tmp_path):
        wider = replace(front, columns=np.column_stack([front.columns, np.zeros(len(front))]))
        save(wider, tmp_path / "front.npz")
        self.refused(tmp_path / "front.npz", "does not fit the model", echo)
