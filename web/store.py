"""Where finished reports are kept until somebody asks for them."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quotecheck.report import Report

# A long day's work for one desk.
KEPT_REPORTS = 200
# A report of a fetched page holds its article's text, some ten thousand characters; one of a given
# page that page as well, up to ten million. Kept characters took two to four bytes each when
# measured, the places of the paragraphs among them, so that all this stays below 80 MB.
KEPT_CHARS = 20_000_000


class ReportStore:
    """The last reports, in memory: none is written to disk, and all are gone when the app stops.

    Keys cannot be guessed, so that knowing one report's address gives away no other.

    Args:
        limit: How many reports are kept; the oldest goes first.
        max_chars: How many characters they may hold together; the newest is kept however long.
    """

    def __init__(self, limit: int = KEPT_REPORTS, *, max_chars: int = KEPT_CHARS) -> None:
        self._limit = limit
        self._max_chars = max_chars
        self._n_chars = 0
        self._reports: dict[str, Report] = {}
        self._lock = threading.Lock()

    @staticmethod
    def new_key() -> str:
        """Return a key that no report has: 96 random bits, safe in an address."""
        return secrets.token_urlsafe(12)

    def put(self, key: str, report: Report) -> None:
        """Keep a report under `key`, and let the oldest go where there are too many."""
        with self._lock:
            self._reports[key] = report
            self._n_chars += _count_chars(report)
            while len(self._reports) > 1 and (
                len(self._reports) > self._limit or self._n_chars > self._max_chars
            ):
                oldest = self._reports.pop(next(iter(self._reports)))
                self._n_chars -= _count_chars(oldest)

    def get(self, key: str) -> Report:
        """Return the report under `key`.

        Raises:
            KeyError: There is none, or it was let go.
        """
        with self._lock:
            return self._reports[key]


def _count_chars(report: Report) -> int:
    """Count the characters of the long texts that a report holds."""
    texts = [report.claim.passage, report.source.value]
    if report.article:
        texts.append(report.article.text)
    if report.context:
        texts += [report.context.text, *(elision.text for elision in report.context.elisions)]
    return sum(map(len, texts))
