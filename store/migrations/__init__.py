"""Alembic migrations of the store. A migration that has been released never changes."""
