"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "snapshots",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("media_type", sa.String(127), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("n_bytes", sa.Integer, nullable=False),
    )
    op.create_table(
        "checks",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry", sa.LargeBinary, nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("report", sa.LargeBinary),
        sa.Column("snapshot", sa.String(64), sa.ForeignKey("snapshots.sha256")),
    )
    op.create_index("ix_checks_created_at", "checks", ["created_at"])
    op.create_index("ix_checks_snapshot", "checks", ["snapshot"])
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "check_key",
            sa.String(32),
            sa.ForeignKey("checks.key", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("finding", sa.Integer, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_feedback_check_key", "feedback", ["check_key"])
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.String(128), nullable=False),
    )


def downgrade() -> None:
    """Take the tables away."""
    for table in ("feedback", "checks", "snapshots", "secrets"):
        op.drop_table(table)
