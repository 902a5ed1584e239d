"""What holds after any commits in any order, told by a model of the ledger in a few lines."""

from __future__ import annotations

from collections import defaultdict
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

COMMITS = st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("12"), st.integers(0, 2)), max_size=12)
TIMES = ["2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z"]
EXAMPLES = count()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commits=COMMITS)
def test_any_commits_give_the_ledger_of_the_model(ledger, make_record, commits):
    """All examples go into one ledger, each with regions of its own."""
    example = next(EXAMPLES)
    model: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, (letter, cycle, seed) in enumerate(commits):
        region = f"{letter}{example}"
        entry = ledger.commit(make_record(region, cycle, seed=seed), TIMES[number % 2])
        seeds = model[region, cycle]
        assert entry.is_new == (seed not in seeds)
        if entry.is_new:
            seeds.append(seed)
        assert (entry.seed, entry.revision) == (seed, seeds.index(seed) + 1)
    for (region, cycle), seeds in model.items():
        assert [ledger.entry(region, cycle, number + 1).seed for number in range(len(seeds))] == seeds
        assert ledger.entry(region, cycle).seed == seeds[-1]
    history = ledger.history()
    assert history["id"].tolist() == list(range(1, len(history) + 1))
    own = history[history["region"].str.fullmatch(f"[AB]{example}")]
    assert len(own) == sum(map(len, model.values()))
    assert ledger.verify().empty
