"""What the database holds: checks with their reports, the sources that were read, feedback.

A change here goes together with a migration in `web/migrations/versions`; a test compares the two.
"""

from __future__ import annotations

import datetime as dt
import enum

from sqlalchemy import DateTime, Enum, ForeignKey, LargeBinary, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Moment(TypeDecorator[dt.datetime]):
    """A time in UTC, also where the database (SQLite) knows no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, _: object) -> dt.datetime | None:
        """Give the database UTC."""
        return value and value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, _: object) -> dt.datetime | None:
        """Give UTC back: PostgreSQL answers in its server's own zone, SQLite in none."""
        if value is None or value.tzinfo:
            return value and value.astimezone(dt.UTC)
        return value.replace(tzinfo=dt.UTC)


class State(enum.StrEnum):
    """How far a check has come."""

    WORKING = "working"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"  # by a fault of ours; a source that cannot be read is a report of its own


class Base(DeclarativeBase):
    """What all tables have in common."""


class Check(Base):
    """One check: what was asked, how far it has come, and in the end its report.

    `report` is there exactly where `state` is `done`: both are written in one transaction.
    """

    __tablename__ = "checks"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    state: Mapped[State] = mapped_column(
        Enum(State, native_enum=False, length=16, values_callable=lambda e: [m.value for m in e])
    )
    stage: Mapped[str] = mapped_column(String(32), default="")
    created_at: Mapped[dt.datetime] = mapped_column(Moment, index=True)
    # While a check is at work, its process says so every few seconds.
    alive_at: Mapped[dt.datetime] = mapped_column(Moment)
    # What was typed, packed as JSON, so that no form is lost with a process.
    entry: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    report: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    snapshot: Mapped[str | None] = mapped_column(ForeignKey("snapshots.sha256"), index=True)


class Snapshot(Base):
    """A source as it was sent, packed; one however many reports rest on it."""

    __tablename__ = "snapshots"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(127))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    n_bytes: Mapped[int]


class Feedback(Base):
    """What a reader says of a finding."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(primary_key=True)
    check_key: Mapped[str] = mapped_column(ForeignKey("checks.key", ondelete="CASCADE"), index=True)
    finding: Mapped[int]  # its number on the report's page, from 1
    comment: Mapped[str] = mapped_column(Text)
    said_at: Mapped[dt.datetime] = mapped_column(Moment)


class Secret(Base):
    """A value that is made once and outlives a restart, such as the key that signs cookies."""

    __tablename__ = "secrets"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(128))
