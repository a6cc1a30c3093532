"""Findings to sentences, JSON and Markdown: the only prose of the core that a user sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotecheck.claim import Claim
    from quotecheck.records import (
        Article,
        Context,
        Explained,
        Failure,
        Label,
        Match,
        Referent,
        Source,
    )

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Report:
    """All that a check found, ready to be shown.

    `article` is None where the source could not be had or read; `error` then says why.
    """

    id: str
    label: Label
    confidence: float
    summary: str
    claim: Claim
    source: Source
    article: Article | None = None
    matches: tuple[Match, ...] = ()
    context: Context | None = None
    referents: tuple[Referent, ...] = ()
    findings: tuple[Explained, ...] = ()
    error: Failure | None = None
    versions: Mapping[str, object] = field(default_factory=dict)
    timings_ms: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self, *, include_text: bool = False) -> dict[str, object]:
        """Return the report as the JSON object that the contract describes."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of the passage or of the source that is shown in one way.

    `referents` holds indexes into `Report.referents` whose mention (in the passage), or whose
    source mention or one of its members (in the source), covers the run.
    """

    text: str
    is_quoted: bool = False
    is_left_out: bool = False
    is_edited: bool = False
    referents: tuple[int, ...] = ()


def mark_passage(report: Report) -> tuple[Run, ...]:
    """Cut the passage into runs; their texts add up to it."""
    raise NotImplementedError


def mark_source(report: Report) -> tuple[Run, ...]:
    """Cut the context of the source into runs; their texts add up to `Context.text`."""
    raise NotImplementedError
