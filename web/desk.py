"""What the form and the HTTP API share: one checker, and the reports that it has made."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

from flask import current_app

from web.store import ReportStore

if TYPE_CHECKING:
    from flask import Flask

    from quotecheck.checker import Checker
    from quotecheck.claim import Claim
    from quotecheck.records import Source
    from quotecheck.report import Report

EXTENSION = "quotecheck.desk"


class Desk:
    """Makes one check after another and keeps the reports.

    A check keeps all processors busy, so two at once would only make both people wait for the
    slower. Pages that are no check are served meanwhile.
    """

    def __init__(self, checker: Checker, store: ReportStore | None = None) -> None:
        self._checker = checker
        self._store = store or ReportStore()
        self._turn = threading.Lock()

    def check(self, claim: Claim, source: Source, *, check_id: str | None = None) -> str:
        """Check a quotation and return the key under which its report is kept.

        Args:
            claim: The passage.
            source: Where its quoted words are said to come from.
            check_id: The id that the report carries; by default the key.
        """
        key = self._store.new_key()
        with self._turn:
            report = self._checker.check(claim, source, check_id=check_id or key)
        self._store.put(key, report)
        return key

    def report(self, key: str) -> Report:
        """Return a kept report.

        Raises:
            KeyError: There is none under this key.
        """
        return self._store.get(key)


def set_desk(app: Flask, desk: Desk) -> None:
    """Give the application its desk."""
    app.extensions[EXTENSION] = desk


def get_desk() -> Desk:
    """Return the desk of the application that answers the request."""
    return cast("Desk", current_app.extensions[EXTENSION])
