"""Triggers that refuse to change or delete a row.

Alembic's `batch_alter_table` makes a table anew and drops its triggers without a word: a step that uses it on SQLite
has to call `guard` again.
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

_REFUSAL = "the ledger is append-only: a correction is a new revision"


def guard(table: str, keys: Sequence[Sequence[str]]) -> None:
    """Refuse UPDATE and DELETE on a table, and the ways around them.

    Parameters
    ----------
    table : its name.
    keys : the columns of every unique key. On SQLite ``INSERT OR REPLACE`` deletes the row that has the same key
        without asking the triggers for DELETE, so an insert on a key that is there is refused as well.
    """
    statements = _sqlite(table, keys) if op.get_bind().dialect.name == "sqlite" else _postgresql(table)
    for statement in statements:
        op.execute(statement)


def _sqlite(table: str, keys: Sequence[Sequence[str]]) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    same = " OR ".join("(" + " AND ".join(f"{name} = NEW.{name}" for name in key) + ")" for key in keys)
    return [
        f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_refuse_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) {refuse}",
    ]


def _postgresql(table: str) -> list[str]:
    refuse = "EXECUTE FUNCTION abate_ledger_refuse()"
    return [
        "CREATE OR REPLACE FUNCTION abate_ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
        f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
        f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    ]
