"""Text cut into runs that are shown in one way: for the terminal, for the web, for Markdown."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quotecheck.records import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from quotecheck.report import Report

# The layers that a text is cut by; after them there is one for each referent.
_QUOTED, _LEFT_OUT, _EDITED, _FIRST_REFERENT = range(4)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of the passage or of the source that is shown in one way.

    `referents` holds indexes into `Report.referents` whose mention (in the passage), or whose
    source mention or one of its members (in the source), covers the run. `span` is its place in
    the passage or in the source's text.
    """

    text: str
    span: Span
    is_quoted: bool = False
    is_left_out: bool = False
    is_edited: bool = False
    referents: tuple[int, ...] = ()


def mark_passage(report: Report) -> tuple[Run, ...]:
    """Cut the passage into runs; their texts add up to it."""
    return _mark(
        report.claim.passage,
        0,
        quoted=[f.span for f in report.claim.fragments],
        left_out=[],
        edited=[e.quoted_span for m in report.matches if m.is_located for e in m.edits],
        referents=[(r.mention.span, *(m.span for m in r.reads_as)) for r in report.referents],
    )


def mark_source(report: Report) -> tuple[Run, ...]:
    """Cut the context of the source into runs; their texts add up to `Context.text`."""
    context = report.context
    if context is None:
        return ()
    located = [m for m in report.matches if m.is_located]
    return _mark(
        context.text,
        context.window.start,
        quoted=[s for m in located for s in m.segments],
        left_out=[e.span for e in context.elisions],
        edited=[e.span for m in located for e in m.edits],
        referents=[
            (
                *((r.source_mention.span,) if r.source_mention else ()),
                *(m.span for m in r.refers_to),
            )
            for r in report.referents
        ],
    )


def cut(whole: Span, layers: Sequence[Iterable[Span]]) -> Iterator[tuple[Span, tuple[int, ...]]]:
    """Cut a stretch wherever a span begins or ends inside it.

    One sweep over the sorted edges: passages may hold thousands of spans.

    Args:
        whole: The stretch.
        layers: Spans by what they mean; an empty one cuts, and covers nothing.

    Yields:
        The pieces in order, each with the indexes of the layers that cover it.
    """
    edges = {whole.start, whole.end}
    opening: dict[int, list[int]] = {}
    closing: dict[int, list[int]] = {}
    for n, spans in enumerate(layers):
        for span in spans:
            start, end = max(span.start, whole.start), min(span.end, whole.end)
            edges.update(edge for edge in (start, end) if whole.start < edge < whole.end)
            if start < end:
                opening.setdefault(start, []).append(n)
                closing.setdefault(end, []).append(n)
    covering: Counter[int] = Counter()
    for left, right in itertools.pairwise(sorted(edges)):
        covering.update(opening.get(left, ()))
        for n in closing.get(left, ()):
            covering[n] -= 1
            if not covering[n]:
                del covering[n]
        yield Span(left, right), tuple(sorted(covering))


def _mark(
    text: str,
    start: int,
    *,
    quoted: Iterable[Span],
    left_out: Iterable[Span],
    edited: Iterable[Span],
    referents: Iterable[Iterable[Span]],
) -> tuple[Run, ...]:
    layers = [quoted, left_out, edited, *referents]
    return tuple(
        Run(
            span.shifted(-start).of(text),
            span,
            is_quoted=_QUOTED in covering,
            is_left_out=_LEFT_OUT in covering,
            is_edited=_EDITED in covering,
            referents=tuple(n - _FIRST_REFERENT for n in covering if n >= _FIRST_REFERENT),
        )
        for span, covering in cut(Span(start, start + len(text)), layers)
    )
