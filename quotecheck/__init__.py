"""Quotecheck says whether a quotation is fair to its source.

Importing this package loads no model: `Checker.from_settings()` does. `Checker` itself is imported
when it is first asked for, since its stages take most of a second to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotecheck.claim import Claim
from quotecheck.errors import QuotecheckError
from quotecheck.records import Label, Source
from quotecheck.report import Report

if TYPE_CHECKING:
    from quotecheck.checker import Checker

__all__ = ["Checker", "Claim", "Label", "QuotecheckError", "Report", "Source"]


def __getattr__(name: str) -> object:
    if name == "Checker":
        from quotecheck.checker import Checker  # noqa: PLC0415

        return Checker
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
