"""Records of cycles for the benchmarks of the ledger, of about 5 kB each."""

from __future__ import annotations

from abate.ledger import Record

RECORDED_AT = "2026-11-22T19:30:00Z"


def record(region: str, cycle: str) -> Record:
    """Return a record that is the same whenever it is asked for again."""
    first = sum(map(ord, region + cycle))
    return Record(
        region=region,
        cycle=cycle,
        inputs={"loads": [first + place / 7 for place in range(120)]},
        result={"allowed": [first + place / 9 for place in range(120)]},
        options={"probability": 0.9},
        seed=1,
        versions={"highspy": "1.15.1"},
        code="0" * 40,
        actor="benchmark",
    )
