"""The whole source as a strip, on which a reader sees where the quoted words come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quotecheck.records import Span
    from quotecheck.report import Report

# The strip's length in its own units; no mark is so thin that a finger could not find it.
LENGTH = 1000
LEAST = 6
# Thinner paragraphs than this run into one.
THIN = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of the strip, in thousandths of its length; `number` is that of a quotation."""

    start: int
    length: int
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Strip:
    """What the strip shows: paragraphs, what of the source the page shows, quoted and left out.

    `first` and `last` are the paragraphs, from 1, of the first and the last quoted word, of
    `n_paragraphs`.
    """

    paragraphs: tuple[Bar, ...]
    shown: Bar
    quoted: tuple[Bar, ...]
    left_out: tuple[Bar, ...]
    first: int
    last: int
    n_paragraphs: int


def draw_strip(report: Report) -> Strip | None:
    """Lay a report's quotations out on their source; None where there is nothing to show."""
    article, context = report.article, report.context
    located = [m for m in report.matches if m.is_located]
    if article is None or context is None or not located or not article.text:
        return None
    scale = LENGTH / len(article.text)
    places = [(m.fragment + 1, s) for m in located for s in m.segments]
    touched = [
        number
        for number, paragraph in enumerate(article.paragraphs, 1)
        if any(paragraph.meets(span) for _, span in places)
    ]
    if not touched:
        return None
    return Strip(
        tuple(_thick(article.paragraphs, scale)),
        _bar(context.window, scale),
        tuple(_bar(span, scale, number) for number, span in places),
        tuple(_bar(elision.span, scale) for elision in context.elisions),
        touched[0],
        touched[-1],
        len(article.paragraphs),
    )


def _bar(span: Span, scale: float, number: int | None = None) -> Bar:
    length = max(LEAST, round(len(span) * scale))
    return Bar(min(round(span.start * scale), LENGTH - length), length, number)


def _thick(paragraphs: Iterable[Span], scale: float) -> Iterable[Bar]:
    """Yield the paragraphs that are wide enough to be told apart."""
    start: float | None = None
    for paragraph in paragraphs:
        start = paragraph.start * scale if start is None else start
        end = paragraph.end * scale
        if end - start >= THIN:
            yield Bar(round(start), max(1, round(end - start) - 1))
            start = None
