"""The first layout: documents and cycles, guarded. A step is never changed once it was released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from abate.ledger.migrations.guards import guard

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make both tables and their guards."""
    op.create_table(
        "documents",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "cycles",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("cycle", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("input_hash", sa.Text, nullable=False),
        sa.Column("result_hash", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.Text, nullable=False),
        sa.Column("row_hash", sa.Text, nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("versions", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("supersedes", sa.Text, nullable=False),
        sa.Column("documents", sa.Text, nullable=False),
        sa.UniqueConstraint("region", "cycle", "input_hash", name="cycles_once"),
        sa.UniqueConstraint("region", "cycle", "revision", name="cycles_revision"),
        sa.UniqueConstraint("prev_hash", name="cycles_chain"),
    )
    guard("documents", [["hash"]])
    guard(
        "cycles",
        [["id"], ["prev_hash"], ["region", "cycle", "input_hash"], ["region", "cycle", "revision"]],
    )
