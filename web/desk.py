"""What the form and the HTTP API share: checks are taken in, made, watched and given out.

take ─► (a thread) fetch ─► a turn at the checker ─► store
  └► progress, cancel, report: from the store, whichever process is at work
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, cast

from flask import current_app

from quotecheck.errors import SourceError
from web.apart import CheckerApart, CheckFailed
from web.tables import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from flask import Flask

    from quotecheck.checker import Fetch
    from quotecheck.claim import Claim
    from quotecheck.records import Page, Source
    from quotecheck.report import Report
    from web.entry import Entry
    from web.store import Kept, Progress, Store

EXTENSION = "quotecheck.desk"

# What a person is told of the stages that a checker goes through; all others are comparing.
TOLD = {"fetch": "fetch", "queue": "queue", "extract": "extract", "locate": "locate"}
COMPARING = "compare"

# When to come again where all places are taken: even of slow checks half are done by then.
RETRY_SECONDS = 15
# How often a process says that it is at work on its checks, and how often a waiting page asks.
PULSE_SECONDS = 3.0
LOOK_SECONDS = 0.15

log = logging.getLogger(__name__)


class TooManyWatch(Exception):
    """So many pages follow their checks already that a thread more would be missed elsewhere."""


class DeskFull(Exception):
    """So many checks wait already that one more would wait for too long."""


class NotFinished(Exception):
    """There is no report: the check is at work, was cancelled, or ended by a fault.

    Args:
        kept: What there is.
    """

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept.key)
        self.kept = kept


class Checks(Protocol):
    """What makes checks: a `Checker`, or what a test puts in its place."""

    def check(
        self,
        claim: Claim,
        source: Source,
        *,
        check_id: str,
        on_stage: Callable[[str], None],
    ) -> Report:
        """Return the report, having called `on_stage` with the name of each stage it enters."""


class Tally(Protocol):
    """What counts for the operator."""

    def note_places(self, at_work: int, free: int) -> None:
        """Note how many checks are in hand, and how many more would be taken."""

    def note_end(self, label: str, timings_ms: Mapping[str, int]) -> None:
        """Note that a check has ended, by the report's label or by how it ended."""


class _Unwanted(Exception):  # nothing went wrong
    """Nobody waits for this check any more."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What whoever asks for a check is given: its key, and the secret that deletes it."""

    key: str
    secret: str


class Desk:
    """Makes one check after another and keeps the reports.

    A check keeps all processors busy, so two at once in one process would only make both people
    wait for the slower. Sources are fetched meanwhile, and pages that are no check are served.

    Args:
        checker: Makes the checks.
        store: Keeps them.
        ahead: What the checker fetches with, where it can fetch before its turn.
        most: How many may be checked, fetched for, or waiting, all together; and how many pages
            may follow one, each of which holds a thread of the server.
        tally: Counts them, where somebody wants to know.
    """

    def __init__(
        self,
        checker: Checks,
        store: Store,
        *,
        ahead: FetchAhead | None = None,
        most: int = 12,
        tally: Tally | None = None,
    ) -> None:
        self._checker = checker
        self.store = store
        self._ahead = ahead
        self._most = most
        self._tally = tally
        self._places = threading.BoundedSemaphore(most) if most else None
        self._seats = threading.BoundedSemaphore(most or 1)
        self._turn = threading.Lock()
        # A cancelled check gives its place back at once; its thread may have to wait for a slow
        # site until that is given up. Threads start when they are needed, after any fork.
        self._threads = ThreadPoolExecutor(max_workers=2 * most or 1, thread_name_prefix="check")
        self._active: dict[str, _Place] = {}
        self._pulse: threading.Thread | None = None
        self._lock = threading.Lock()

    def take(
        self, claim: Claim, source: Source, entry: Entry, *, check_id: str | None = None
    ) -> Ticket:
        """Begin a check.

        Args:
            claim: The passage.
            source: Where its quoted words are said to come from.
            entry: What was typed, to fill the form again.
            check_id: The id that the report carries; by default the key.

        Raises:
            DeskFull: Too many wait already.
        """
        if self._places is None or not self._places.acquire(blocking=False):
            raise DeskFull
        place = _Place(self._places)
        try:
            ticket = Ticket(*self.store.add(entry))
            with self._lock:
                self._active[ticket.key] = place
                self._keep_pulse()
            self.count()
            self._threads.submit(self._work, ticket.key, claim, source, check_id or ticket.key)
        except BaseException:
            place.give_back()
            raise
        return ticket

    def wait(self, key: str, seconds: float | None = None) -> bool:
        """Wait for a check that this process has taken; say whether it has ended."""
        with self._lock:
            place = self._active.get(key)
        return place is None or place.has_ended.wait(seconds)

    def progress(self, key: str) -> Progress:
        """Return how far a check has come, in whatever process.

        Raises:
            KeyError: There is none under this key.
        """
        return self.store.progress(key)

    def seat(self) -> Callable[[], None]:
        """Give a page that follows its check a seat, and return what gives it back.

        Raises:
            TooManyWatch: All are taken; the page can look again by itself now and then.
        """
        if not self._seats.acquire(blocking=False):
            raise TooManyWatch
        return self._seats.release

    def watch(self, key: str, seconds: float) -> Iterator[Progress]:
        """Yield each step that a check takes, until it has ended or the time is over.

        The step that it stands at is told again every few seconds: only who sends something finds
        out that nobody listens any more.

        Raises:
            KeyError: There is none under this key.
        """
        end = time.monotonic() + seconds
        before = None
        told_at = 0.0
        while (now := time.monotonic()) < end:
            progress = self.progress(key)
            if progress != before or now - told_at > PULSE_SECONDS:
                told_at = now
                yield progress
            if progress.state is not State.WORKING or progress.is_dead:
                return
            before = progress
            self.wait(key, LOOK_SECONDS) if key in self._active else time.sleep(LOOK_SECONDS)

    def cancel(self, key: str) -> None:
        """End a check for which nobody waits any more; one that is done stays."""
        self.store.end(key, State.CANCELLED)
        with self._lock:
            place = self._active.get(key)
        if place:
            place.give_back()
            self.count()

    def count(self) -> None:
        """Tell the operator how many checks are in hand."""
        if self._tally:
            with self._lock:
                at_work = len(self._active)
                held = sum(place.is_held for place in self._active.values())
                self._tally.note_places(at_work, self._most - held)

    def kept(self, key: str) -> Kept:
        """Return a check with all that is known of it.

        Raises:
            KeyError: There is none under this key.
        """
        return self.store.get(key)

    def report(self, key: str) -> Report:
        """Return a finished report.

        Raises:
            KeyError: There is no check under this key.
            NotFinished: There is one, and no report yet, or never.
        """
        kept = self.kept(key)
        if kept.report is None:
            raise NotFinished(kept)
        return kept.report

    def work_apart(self, on_loss: Callable[[], None]) -> None:
        """Let a process of its own make the checks of this one, from before the first on.

        Args:
            on_loss: Called when that process is gone: from then on, checks fail.
        """
        self._checker = CheckerApart(self._checker, self._ahead, on_loss)

    def close(self) -> None:
        """Wait for what is being worked on, and take nothing more."""
        self._threads.shutdown()

    def _work(self, key: str, claim: Claim, source: Source, check_id: str) -> None:
        """Make one check; runs in a thread of its own."""
        ended, timings_ms = State.CANCELLED.value, dict[str, int]()
        try:
            report, page = self._check(key, claim, source, check_id)
            if self.store.finish(key, report, page):
                ended, timings_ms = report.label.value, dict(report.timings_ms)
        except _Unwanted:
            pass
        except CheckFailed:
            ended = State.FAILED.value
            self.store.end(key, State.FAILED)
        except Exception:  # whatever it is, somebody waits to be told
            log.exception("a check failed")
            ended = State.FAILED.value
            self.store.end(key, State.FAILED)
        finally:
            with self._lock:
                place = self._active.pop(key)
            place.give_back()
            place.has_ended.set()
            self.count()
            if self._tally:
                self._tally.note_end(ended, timings_ms)

    def _check(
        self, key: str, claim: Claim, source: Source, check_id: str
    ) -> tuple[Report, Page | None]:
        told = ""

        def note(stage: str) -> None:
            nonlocal told
            stage = TOLD.get(stage, COMPARING)
            # What was fetched ahead is not fetched again, though the checker enters that stage.
            if stage == told or (stage == "fetch" and told):
                return
            told = stage
            if not self.store.note_stage(key, stage):
                raise _Unwanted

        ahead: AbstractContextManager[Any] = nullcontext()
        if self._ahead:
            note("fetch")
            ahead = self._ahead.fetched(source)
        with ahead as fetched:
            note("queue")
            with self._turn:
                report = self._checker.check(claim, source, check_id=check_id, on_stage=note)
            if fetched is None:
                return report, None
            report = replace(report, timings_ms=fetched.added_to(report.timings_ms))
            page = None if isinstance(fetched.outcome, SourceError) else fetched.outcome
            return report, page

    def _keep_pulse(self) -> None:
        if self._pulse is None or not self._pulse.is_alive():
            self._pulse = threading.Thread(target=self._beat, daemon=True, name="pulse")
            self._pulse.start()

    def _beat(self) -> None:
        """Say every few seconds that this process is at work, as long as it is."""
        while True:
            time.sleep(PULSE_SECONDS)
            with self._lock:
                keys = list(self._active)
                if not keys:
                    self._pulse = None
                    return
            try:
                self.store.note_alive(keys)
            except Exception:  # the next beat may find the database back
                log.exception("a database did not take a sign of life")


class _Place:
    """A place at the desk, given back once."""

    def __init__(self, places: threading.BoundedSemaphore) -> None:
        self._places = places
        self._lock = threading.Lock()
        self.is_held = True
        self.has_ended = threading.Event()

    def give_back(self) -> None:
        with self._lock:
            if self.is_held:
                self.is_held = False
                self._places.release()


@dataclass(frozen=True, slots=True)
class Fetched:
    """A source that was fetched ahead, or the reason why it could not be had."""

    source: Source
    outcome: Page | SourceError
    milliseconds: int

    def added_to(self, timings_ms: Mapping[str, int]) -> dict[str, int]:
        """Return a check's timings with the time that fetching took before it."""
        more = {name: timings_ms.get(name, 0) + self.milliseconds for name in ("fetch", "total")}
        return {**timings_ms, **more}


class FetchAhead:
    """Fetches a source before its check has its turn, so that a slow site keeps nobody else.

    The checker is given this in place of the fetcher, and finds what the desk has fetched.

    Args:
        fetch: The fetcher.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._own = threading.local()

    def __call__(self, source: Source) -> Page:
        """Return a source's bytes: those that this thread has fetched for it, if any."""
        fetched = self.held()
        if fetched is None or fetched.source is not source:
            return self._fetch(source)
        if isinstance(fetched.outcome, SourceError):
            raise fetched.outcome
        return fetched.outcome

    @contextmanager
    def fetched(self, source: Source) -> Iterator[Fetched]:
        """Fetch a source, and hold it for the check that this thread makes inside."""
        start = time.perf_counter()
        outcome: Page | SourceError
        try:
            outcome = self._fetch(source)
        except SourceError as exc:
            outcome = exc
        taken = round((time.perf_counter() - start) * 1000)
        with self.holding(Fetched(source, outcome, taken)) as fetched:
            yield fetched

    @contextmanager
    def holding(self, fetched: Fetched) -> Iterator[Fetched]:
        """Hold what was fetched for the check that this thread makes inside."""
        self._own.fetched = fetched
        try:
            yield fetched
        finally:
            del self._own.fetched

    def held(self) -> Fetched | None:
        """Return what is held for the check that this thread makes."""
        return getattr(self._own, "fetched", None)


def set_desk(app: Flask, desk: Desk) -> None:
    """Give the application its desk."""
    app.extensions[EXTENSION] = desk


def get_desk() -> Desk:
    """Return the desk of the application that answers the request."""
    return cast("Desk", current_app.extensions[EXTENSION])
