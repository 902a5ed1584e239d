"""Alembic's steps from one layout of the ledger to the next; `abate.ledger.layout` runs them."""
