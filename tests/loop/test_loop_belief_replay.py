"""Late and corrected results, documents, and the same bytes for the same inputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from belief_worlds import draw_world, monitored, month, river_case
from hypothesis import given
from hypothesis import strategies as st
from random_cases import examples

from abate.errors import InputError
from abate.loop.belief import Belief, start, update
from abate.loop.prior import Prior
from abate.loop.relearning import Snapshot, first_snapshot, replay
from abate_models.problem import read_problem


@pytest.fixture(scope="module")
def history():
    """Thirty months of a small world."""
    problem, prior = read_problem(river_case(3, 2, 1)), Prior(transfers=(("s0", "k0", "P", "tp", 0.4),))
    rng = np.random.default_rng(0)
    extents = rng.uniform(0, 0.5, (30, 3))
    periods = monitored(draw_world(problem, prior, rng), prior, rng, extents[0], "2020-01", 30)
    return problem, start(problem, prior), periods, extents


def bits(belief: Belief) -> bytes:
    return json.dumps(belief.to_json(), sort_keys=True).encode()


@examples(5)
@given(late=st.integers(0, 29), what=st.sampled_from(["value", "missing", "activity", "extents", "dropped"]))
def test_a_replay_is_the_same_as_learning_everything_anew(history, late, what):
    problem, first, periods, extents = history
    before = replay([first_snapshot(first)], problem, periods, extents)
    periods, extents = list(periods), extents.copy()
    if what == "value":
        periods[late] = replace(periods[late], load=periods[late].load * 1.5)
    elif what == "missing":
        periods[late] = replace(periods[late], quality=np.full(2, np.nan))
    elif what == "activity":
        periods[late] = replace(periods[late], activity=np.array([1.0, 0.8, 1.0]))
    elif what == "extents":
        extents[late] += 0.1
    else:
        del periods[late]
        extents = np.delete(extents, late, axis=0)
    again = replay(before.snapshots, problem, periods, extents)
    anew = replay([first_snapshot(first)], problem, periods, extents)
    assert bits(again.belief) == bits(anew.belief)
    assert [one.seal for one in again.snapshots] == [one.seal for one in anew.snapshots]
    assert again.first == 12 * (late // 12)
    assert bits(again.belief) != bits(before.belief)


def test_a_replay_is_the_same_as_one_update_after_the_other(history):
    problem, belief, periods, extents = history
    found = replay([first_snapshot(belief)], problem, periods, extents)
    tables = []
    for period, extent in zip(periods, extents, strict=True):
        belief, residuals = update(belief, problem, period, extent)
        tables.append(residuals)
    assert bits(belief) == bits(found.belief)
    assert found.residuals["residual"].tolist() == [value for table in tables for value in table["residual"]]


def test_more_periods_go_on_from_the_last_snapshot(history):
    problem, first, periods, extents = history
    early = replay([first_snapshot(first)], problem, periods[:25], extents[:25])
    documents = json.loads(json.dumps([one.to_json() for one in early.snapshots]))
    later = replay([Snapshot.from_json(one) for one in documents], problem, periods, extents)
    assert later.first == 24
    assert bits(later.belief) == bits(replay([first_snapshot(first)], problem, periods, extents).belief)


def test_another_prior_starts_anew(history):
    problem, first, periods, extents = history
    done = replay([first_snapshot(first)], problem, periods, extents)
    other = first_snapshot(start(problem, Prior()))
    assert replay([other, *done.snapshots[1:]], problem, periods, extents).first == 0


def test_a_replay_needs_a_start_and_extents(history):
    problem, first, periods, extents = history
    with pytest.raises(InputError, match="no snapshot of the start"):
        replay([], problem, periods, extents)
    with pytest.raises(InputError, match="3 sets of extents for 30 periods"):
        replay([first_snapshot(first)], problem, periods, extents[:3])


def test_a_belief_survives_its_document_exactly(history):
    problem, first, periods, extents = history
    belief = replay([first_snapshot(first)], problem, periods, extents).belief
    again = Belief.from_json(json.loads(json.dumps(belief.to_json(), allow_nan=False)))
    assert bits(again) == bits(belief)
    assert again.prior == belief.prior
    for name in ("mean", "covariance", "drift", "strain"):
        assert np.array_equal(getattr(again, name), getattr(belief, name))
    following = month(problem, "2024-01")
    assert bits(update(again, problem, following, extents[0])[0]) == bits(
        update(belief, problem, following, extents[0])[0]
    )


def test_a_result_before_the_last_one_is_late(history):
    problem, belief, periods, extents = history
    belief = update(belief, problem, periods[5], extents[5])[0]
    with pytest.raises(InputError, match="replay from an earlier belief"):
        update(belief, problem, periods[4], extents[4])


SCRIPT = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from belief_worlds import draw_world, monitored, river_case
from abate.loop.belief import start, update
from abate.loop.believed import deviations
from abate.loop.prior import Prior
from abate_models.problem import read_problem

problem, prior = read_problem(river_case(25, 12, 2)), Prior()
belief, rng, extents = start(problem, prior), np.random.default_rng(0), np.full(50, 0.3)
for period in monitored(draw_world(problem, prior, rng), prior, rng, extents, "2020-01", 2):
    belief, _ = update(belief, problem, period, extents)
found = [one.loads.data.tobytes() for one in deviations(problem, belief).values()]
print(hashlib.sha256(b"".join([belief.mean.tobytes(), belief.covariance.tobytes(), *found])).hexdigest())
"""


def test_the_bytes_do_not_depend_on_the_number_of_threads():
    def run(threads: int) -> str:
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads)}
        command = [sys.executable, "-c", SCRIPT, str(Path(__file__).parents[1])]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert run(1) == run(2)
