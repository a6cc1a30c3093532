"""Where checks are kept: what was asked, how far each has come, and its report in the end."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, select, update
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, undefer

from web.codec import pack_entry, pack_report, unpack_entry, unpack_report
from web.tables import Check, Feedback, Secret, Snapshot, State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Engine
    from sqlalchemy.orm.interfaces import ORMOption

    from quotecheck.records import Page
    from quotecheck.report import Report
    from web.entry import Entry

# A process that has not said for so long that it is at work on a check is gone.
DEAD_AFTER = dt.timedelta(seconds=15)
# Old checks are looked for when a new one comes, but not at every one.
CLEANING_EVERY = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader said of a finding, by its number on the page."""

    finding: int
    comment: str
    said_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A check as it is kept; `report` is there where it is done.

    `is_dead` says that the process that was at work on it is gone.
    """

    key: str
    state: State
    stage: str
    created_at: dt.datetime
    is_dead: bool
    entry: Entry
    report: Report | None
    snapshot: str | None
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a check has come."""

    state: State
    stage: str
    is_dead: bool


class Store:
    """Checks in a database, for any number of processes.

    Keys cannot be guessed, so that knowing one report's address gives away no other. Whoever asked
    for a check is given a secret with which it can be deleted; only its hash is kept.

    Args:
        engine: The database, its tables up to date.
        keep: For how long checks are kept; None keeps them until they are deleted.
        clock: The time now, in UTC.
        dead_after: After how long without a word a process is taken to be gone.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        keep: dt.timedelta | None = None,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        dead_after: dt.timedelta = DEAD_AFTER,
    ) -> None:
        self._engine = engine
        self._keep = keep
        self._clock = clock
        self._dead_after = dead_after
        self._cleaned_at: dt.datetime | None = None

    def add(self, entry: Entry) -> tuple[str, str]:
        """Note a check that is about to be made.

        Returns:
            Its key, 96 random bits that are safe in an address, and the secret that deletes it.
        """
        self._clean()
        key, secret = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
        now = self._clock()
        with Session(self._engine) as session, session.begin():
            session.add(
                Check(
                    key=key,
                    state=State.WORKING,
                    stage="",
                    created_at=now,
                    alive_at=now,
                    entry=pack_entry(entry),
                    secret_hash=_hash(secret),
                )
            )
        return key, secret

    def note_stage(self, key: str, stage: str) -> bool:
        """Note which stage a check has come to; say whether anybody still waits for it."""
        with Session(self._engine) as session, session.begin():
            found = session.execute(
                update(Check)
                .where(Check.key == key, Check.state == State.WORKING)
                .values(stage=stage, alive_at=self._clock())
            )
            return bool(found.rowcount)  # type: ignore[attr-defined]  # of an update

    def note_alive(self, keys: Collection[str]) -> None:
        """Note that checks are still being worked on."""
        with Session(self._engine) as session, session.begin():
            session.execute(update(Check).where(Check.key.in_(keys)).values(alive_at=self._clock()))

    def finish(self, key: str, report: Report, page: Page | None = None) -> bool:
        """Put a finished report away, with the source as it was sent: both or neither.

        Returns:
            Whether it was still wanted: what was cancelled or deleted meanwhile stays so.
        """
        sha256 = hashlib.sha256(page.content).hexdigest() if page else None
        values = {"state": State.DONE, "stage": "", "report": pack_report(report)}
        own = update(Check).where(Check.key == key)
        for _ in range(2):  # another process may have put the same source away just now
            try:
                with Session(self._engine) as session, session.begin():
                    found = session.execute(
                        own.where(Check.state == State.WORKING).values(**values)
                    )
                    if not found.rowcount:  # type: ignore[attr-defined]  # of an update
                        return False
                    if page and sha256 and session.get(Snapshot, sha256) is None:
                        session.add(
                            Snapshot(
                                sha256=sha256,
                                media_type=page.media_type[:127],
                                content=zlib.compress(page.content),
                                n_bytes=len(page.content),
                            )
                        )
                        session.flush()
                    session.execute(own.values(snapshot=sha256))
                    return True
            except IntegrityError:
                continue
        return False

    def end(self, key: str, state: State) -> None:
        """Note that a check ended without a report."""
        with Session(self._engine) as session, session.begin():
            session.execute(
                update(Check)
                .where(Check.key == key, Check.state == State.WORKING)
                .values(state=state, stage="")
            )

    def progress(self, key: str) -> Progress:
        """Return how far a check has come.

        Raises:
            KeyError: There is none under this key.
        """
        with Session(self._engine) as session:
            check = _find(session, key)
            return Progress(check.state, check.stage, self._is_dead(check))

    def get(self, key: str) -> Kept:
        """Return a check.

        Raises:
            KeyError: There is none under this key: there never was, or it was deleted.
        """
        with Session(self._engine) as session:
            check = _find(session, key, undefer(Check.entry), undefer(Check.report))
            remarks = session.scalars(
                select(Feedback).where(Feedback.check_key == key).order_by(Feedback.id)
            )
            return Kept(
                key,
                check.state,
                check.stage,
                check.created_at,
                self._is_dead(check),
                unpack_entry(check.entry),
                unpack_report(check.report) if check.report else None,
                check.snapshot,
                tuple(Remark(r.finding, r.comment, r.said_at) for r in remarks),
            )

    def source(self, key: str) -> bytes:
        """Return the source of a check as it was sent.

        Raises:
            KeyError: There is no such check, or its source was never had.
        """
        with Session(self._engine) as session:
            sha256 = _find(session, key).snapshot
            query = select(Snapshot.content).where(Snapshot.sha256 == sha256)
            packed = session.scalar(query) if sha256 else None
        if packed is None:
            raise KeyError(key)
        return zlib.decompress(packed)

    def delete(self, key: str, secret: str) -> bool:
        """Delete a check and all that hangs on it; say whether the secret was the right one.

        Raises:
            KeyError: There is none under this key.
        """
        with Session(self._engine) as session, session.begin():
            check = _find(session, key)
            if not hmac.compare_digest(check.secret_hash, _hash(secret)):
                return False
            session.delete(check)
            session.flush()
            _drop_unused(session)
        return True

    def remark(self, key: str, finding: int, comment: str) -> None:
        """Keep what a reader says of a finding.

        Raises:
            KeyError: There is no such check.
        """
        with Session(self._engine) as session, session.begin():
            _find(session, key)
            # PostgreSQL keeps no text with this character in it, and nobody means to write it.
            comment = comment.replace("\0", "")
            session.add(
                Feedback(check_key=key, finding=finding, comment=comment, said_at=self._clock())
            )

    def secret(self, name: str) -> str:
        """Return a value of 256 random bits that is made once and kept."""
        for _ in range(2):  # another process may be making it just now
            try:
                with Session(self._engine) as session, session.begin():
                    held = session.get(Secret, name)
                    if held is None:
                        held = Secret(name=name, value=secrets.token_urlsafe(32))
                        session.add(held)
                    return held.value
            except IntegrityError:
                continue
        raise KeyError(name)

    def expires(self, created_at: dt.datetime) -> dt.datetime | None:
        """Return when a check that was asked for then is deleted; None for never."""
        return created_at + self._keep if self._keep else None

    def is_ready(self) -> bool:
        """Say whether the database answers."""
        try:
            with Session(self._engine) as session:
                return session.scalar(select(1)) == 1
        except SQLAlchemyError:
            return False

    def release(self) -> None:
        """Close the connections; new ones are made as they are needed.

        A process that is about to be forked must have none: its children would share them.
        """
        self._engine.dispose()

    def _is_dead(self, check: Check) -> bool:
        return check.state is State.WORKING and self._clock() - check.alive_at > self._dead_after

    def _clean(self) -> None:
        """Delete what is older than checks are kept."""
        now = self._clock()
        if self._keep is None or (self._cleaned_at and now - self._cleaned_at < CLEANING_EVERY):
            return
        self._cleaned_at = now
        with Session(self._engine) as session, session.begin():
            session.execute(delete(Check).where(Check.created_at < now - self._keep))
            _drop_unused(session)


def _find(session: Session, key: str, *options: ORMOption) -> Check:
    """Return a check's row.

    Raises:
        KeyError: There is none; an address can hold what no key does, and PostgreSQL refuses.
    """
    check = None if "\0" in key else session.get(Check, key, options=options)
    if check is None:
        raise KeyError(key)
    return check


def _drop_unused(session: Session) -> None:
    """Delete the sources on which no report rests any more."""
    used = exists().where(Check.snapshot == Snapshot.sha256)
    # A report that is being put away just now may come to rest on one of them: the rest of the
    # transaction stands, and the next deletion finds what this one had to leave.
    with suppress(IntegrityError, OperationalError), session.begin_nested():
        session.execute(delete(Snapshot).where(~used))


def _hash(secret: str) -> str:
    # Of 96 random bits; one that a person could choose would want a slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()
