"""Text cut into runs that are shown in one way: for the terminal, for the web, for Markdown."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quotecheck.records import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotecheck.report import Report


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
    return _cut(
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
    return _cut(
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


def _cut(
    text: str,
    start: int,
    *,
    quoted: Sequence[Span],
    left_out: Sequence[Span],
    edited: Sequence[Span],
    referents: Sequence[Sequence[Span]],
) -> tuple[Run, ...]:
    end = start + len(text)
    everything = [*quoted, *left_out, *edited, *(s for spans in referents for s in spans)]
    edges = {start, end}
    edges.update(e for s in everything for e in (s.start, s.end) if start < e < end)
    places = sorted(edges)
    runs = []
    for left, right in itertools.pairwise(places):
        here = Span(left, right)
        runs.append(
            Run(
                text[left - start : right - start],
                here,
                is_quoted=any(s.holds(here) for s in quoted),
                is_left_out=any(s.holds(here) for s in left_out),
                is_edited=any(s.holds(here) for s in edited),
                referents=tuple(
                    n for n, spans in enumerate(referents) if any(s.holds(here) for s in spans)
                ),
            )
        )
    return tuple(runs)
