"""Alembic's entry point.

`store.engine.upgrade` calls it with an open connection, inside one transaction that holds the lock.
"""

from alembic import context

from store.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
