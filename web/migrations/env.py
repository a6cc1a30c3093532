"""How Alembic runs the revisions: over the connection that `web.database` hands it."""

from __future__ import annotations

from alembic import context

from web.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
with context.begin_transaction():
    context.run_migrations()
