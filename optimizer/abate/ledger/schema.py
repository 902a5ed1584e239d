"""The ledger's tables. `documents` holds files by their hash, `cycles` a row per revision of a region's cycle.

Both are append-only: triggers refuse to change or delete a row (`abate.ledger.migrations.guards`). What is plain data
is kept as canonical JSON in a text column, so that its hash is that of the very bytes that stand there. The tables are
made and moved up by the migrations; here they are for statements only.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

#: The newest migration, which is the layout that this version reads and writes.
REVISION = "0001"
#: Where the database says which layout it has.
VERSION_TABLE = "abate_ledger_version"

metadata = MetaData()

documents = Table(
    "documents",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

cycles = Table(
    "cycles",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("region", Text, nullable=False),
    Column("cycle", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("input_hash", Text, nullable=False),
    Column("result_hash", Text, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("row_hash", Text, nullable=False),
    Column("inputs", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("versions", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_at", Text, nullable=False),
    Column("supersedes", Text, nullable=False),
    Column("documents", Text, nullable=False),
    UniqueConstraint("region", "cycle", "input_hash", name="cycles_once"),
    UniqueConstraint("region", "cycle", "revision", name="cycles_revision"),
    UniqueConstraint("prev_hash", name="cycles_chain"),  # a chain that forks is refused by the database itself
)
