"""What the form and the HTTP API share: one checker, and the reports that it has made."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from flask import current_app

from quotecheck.errors import SourceError
from web.store import ReportStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask import Flask

    from quotecheck.checker import Checker, Fetch
    from quotecheck.claim import Claim
    from quotecheck.records import Page, Source
    from quotecheck.report import Report

EXTENSION = "quotecheck.desk"

# The worked example takes 0.4 s; where each takes five times that, the last of these waits for less
# than half a minute. Each may hold a source of ten megabytes meanwhile.
MAX_AT_DESK = 12
# When to come again where all those places are taken: even of slow checks half are done by then.
RETRY_SECONDS = 15


class DeskFull(Exception):
    """So many checks wait already that one more would wait for too long."""


class Desk:
    """Makes one check after another and keeps the reports.

    A check keeps all processors busy, so two at once would only make both people wait for the
    slower. Pages that are no check are served meanwhile.

    Args:
        checker: Makes the checks.
        store: Keeps the reports.
        ahead: What the checker fetches with, where it can fetch before its turn.
        most: How many may be checked, fetched for, or waiting, all together.
    """

    def __init__(
        self,
        checker: Checker,
        *,
        store: ReportStore | None = None,
        ahead: FetchAhead | None = None,
        most: int = MAX_AT_DESK,
    ) -> None:
        self._checker = checker
        self._store = store or ReportStore()
        self._ahead = ahead
        self._places = threading.BoundedSemaphore(most)
        self._turn = threading.Lock()

    def check(self, claim: Claim, source: Source, *, check_id: str | None = None) -> str:
        """Check a quotation and return the key under which its report is kept.

        Args:
            claim: The passage.
            source: Where its quoted words are said to come from.
            check_id: The id that the report carries; by default the key.

        Raises:
            DeskFull: Too many wait already.
        """
        if not self._places.acquire(blocking=False):
            raise DeskFull
        try:
            key = self._store.new_key()
            with self._ahead.fetched(source) if self._ahead else nullcontext() as fetched:
                with self._turn:
                    report = self._checker.check(claim, source, check_id=check_id or key)
                if fetched:
                    report = replace(report, timings_ms=fetched.added_to(report.timings_ms))
        finally:
            self._places.release()
        self._store.put(key, report)
        return key

    def report(self, key: str) -> Report:
        """Return a kept report.

        Raises:
            KeyError: There is none under this key.
        """
        return self._store.get(key)


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
        fetched: Fetched | None = getattr(self._own, "fetched", None)
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
        self._own.fetched = Fetched(source, outcome, taken)
        try:
            yield self._own.fetched
        finally:
            del self._own.fetched


def set_desk(app: Flask, desk: Desk) -> None:
    """Give the application its desk."""
    app.extensions[EXTENSION] = desk


def get_desk() -> Desk:
    """Return the desk of the application that answers the request."""
    return cast("Desk", current_app.extensions[EXTENSION])
