"""Quotecheck says whether a quotation is fair to its source.

Importing this package loads no model: `Checker.from_settings()` does.
"""

from __future__ import annotations

from quotecheck.checker import Checker
from quotecheck.claim import Claim
from quotecheck.errors import QuotecheckError
from quotecheck.records import Label, Source
from quotecheck.report import Report

__all__ = ["Checker", "Claim", "Label", "QuotecheckError", "Report", "Source"]
