"""The one way in which rows are read: each query by itself, done again where the server was away for a moment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, Select

from abate.ledger.rows import Row
from abate.ledger.trouble import again


def read(engine: Engine, shown: str, query: Select[Any]) -> list[Row]:
    """Return the rows of a query; `shown` is the ledger's name in messages."""

    def work() -> list[Row]:
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    return again(work, shown)
