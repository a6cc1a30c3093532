"""Where finished reports are kept until somebody asks for them."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quotecheck.report import Report

# A long day's work for one desk. A report holds its article's text, some 50 KB, so that the memory
# taken stays around 10 MB.
KEPT_REPORTS = 200


class ReportStore:
    """The last reports, in memory: none is written to disk, and all are gone when the app stops.

    Keys cannot be guessed, so that knowing one report's address gives away no other.

    Args:
        limit: How many reports are kept; the oldest goes first.
    """

    def __init__(self, limit: int = KEPT_REPORTS) -> None:
        self._limit = limit
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
            while len(self._reports) > self._limit:
                del self._reports[next(iter(self._reports))]

    def get(self, key: str) -> Report:
        """Return the report under `key`.

        Raises:
            KeyError: There is none, or it was let go.
        """
        with self._lock:
            return self._reports[key]
