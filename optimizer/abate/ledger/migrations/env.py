"""Alembic runs this file to do its steps, in the transaction that `abate.ledger.layout` has begun."""

from __future__ import annotations

from alembic import context

from abate.ledger.schema import VERSION_TABLE

# only Alembic has something to do here; tools that import every file, such as pytest, have not
if hasattr(context, "config"):
    context.configure(
        connection=context.config.attributes["connection"],
        version_table=VERSION_TABLE,  # a database may hold the tables of others, who have a table of versions, too
        transactional_ddl=True,  # of SQLite as well: a step is done whole or not at all
    )
    context.run_migrations()
