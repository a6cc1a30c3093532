"""The record of a fragment that was found: its segments, its edits and its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from quotecheck.align import Step, StepKind
from quotecheck.normalize import Words, fold
from quotecheck.records import (
    Article,
    Edit,
    EditKind,
    InsertionKind,
    Joint,
    Match,
    MatchKind,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quotecheck.claim import Claim
    from quotecheck.places import Path, Place, Quoted, Searched

# Dropped words up to this many belong to a change beside them; more are a gap of their own.
SMALL_GAP: Final = 3
# Alternatives whose places are given; the rest are counted.
MOST_ALTERNATIVES: Final = 20
# What a quotation can begin with at a word's apostrophe: it “’s not so”.
CLITICS: Final = frozenset({"s", "re", "ve", "ll", "d", "m", "t"})


def describe(
    claim: Claim,
    number: int,
    pieces: Sequence[Quoted],
    path: Path,
    alternatives: Sequence[Path],
    source: Searched,
) -> Match:
    """Make the record of a fragment that was found."""
    segments: list[Span] = []
    edits: list[Edit] = []
    unchanged = 0
    for quoted, place in zip(pieces, path.places, strict=True):
        if place is None:
            at = Span(segments[-1].end, segments[-1].end) if segments else _before(path, source)
            segments.append(at)
            span = quoted.words.span(0, len(quoted.words))
            edits.append(Edit(EditKind.INSERT, at, "", span, span.of(claim.passage)))
            continue
        segment = _read_segment(claim.passage, quoted, place, source)
        if quoted.insertion in {InsertionKind.SIC, InsertionKind.EMPHASIS} and segments:
            edits += _read_gap(quoted, segments[-1], segment, source)
        segments.append(segment)
        edits += _read_edits(claim.passage, quoted, place, source)
        unchanged += _count_unchanged(quoted, place)
    if path.whole:
        segments[0] = Span(path.whole.start, segments[0].end)
        segments[-1] = Span(segments[-1].start, max(path.whole.end, segments[-1].end))
    n_words = sum(len(quoted.words) for quoted in pieces)
    kind = _judge_kind(claim, pieces, path, segments, edits, source.article)
    return Match(
        fragment=number,
        kind=kind,
        segments=tuple(segments),
        score=min(1.0, unchanged / n_words),
        edits=tuple(edits),
        alternatives=len(alternatives),
        alternative_segments=tuple(
            source.index.words.span(other.first, other.end)
            for other in alternatives[:MOST_ALTERNATIVES]
        ),
        is_outside_main=any(
            place is not None and source.is_outside(place) for place in path.places
        ),
    )


def _judge_kind(
    claim: Claim,
    pieces: Sequence[Quoted],
    path: Path,
    segments: Sequence[Span],
    edits: Sequence[Edit],
    article: Article,
) -> MatchKind:
    if path.whole:
        there = Span(segments[0].start, segments[-1].end).of(article.text)
        quoted = Span(pieces[0].piece.span.start, pieces[-1].piece.span.end).of(claim.passage)
        return MatchKind.EXACT if quoted in there else MatchKind.TYPOGRAPHIC
    if any(
        quoted.piece.joint is Joint.ELLIPSIS or quoted.insertion is InsertionKind.WORDS
        for quoted in pieces
    ):
        return MatchKind.STITCHED
    if edits:
        return MatchKind.ALTERED
    is_exact = len(pieces) == 1 and pieces[0].piece.span.of(claim.passage) == segments[0].of(
        article.text
    )
    return MatchKind.EXACT if is_exact else MatchKind.TYPOGRAPHIC


def _before(path: Path, source: Searched) -> Span:
    start = int(source.index.words.starts[path.first])
    return Span(start, start)


def _count_unchanged(quoted: Quoted, place: Place) -> int:
    if not place.steps:
        return len(quoted.words)
    return sum(s.quoted_end - s.quoted_start for s in place.steps if s.kind is StepKind.SAME)


def _read_segment(passage: str, quoted: Quoted, place: Place, source: Searched) -> Span:
    """Return the stretch of a place, with the marks at its ends that the quotation has too."""
    words = source.index.words
    text = source.article.text
    span = words.span(place.first, place.end)
    start, end = span.start, span.end
    piece = quoted.piece.span
    first = quoted.words.span(0, 1).of(passage)
    if first[0] in "'’" and first[1:].lower() in CLITICS:
        start = max(start, int(words.ends[place.first]) - len(first))
    is_start_same = not place.steps or place.steps[0].kind is StepKind.SAME
    is_end_same = not place.steps or place.steps[-1].kind is StepKind.SAME
    if is_end_same and (tail := passage[int(quoted.words.ends[-1]) : piece.end]):
        there = fold(text[end : end + 2 * len(tail) + 4])
        shared = _count_shared(fold(tail).text, there.text)
        end += there.span(0, shared).end if shared else 0
    if is_start_same and (lead := passage[piece.start : int(quoted.words.starts[0])]):
        from_ = max(0, start - 2 * len(lead) - 4)
        there = fold(text[from_:start])
        shared = _count_shared(fold(lead).text[::-1], there.text[::-1])
        size = len(there.text)
        start = from_ + there.span(size - shared, size).start if shared else start
    inside = text[start:end]
    return Span(start + len(inside) - len(inside.lstrip()), start + len(inside.rstrip()))


def _count_shared(one: str, other: str) -> int:
    """Count the characters at the start of two folded texts that are alike, marks of any kind."""
    pairs = zip(one.replace('"', "'"), other.replace('"', "'"), strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _read_gap(quoted: Quoted, before: Span, after: Span, source: Searched) -> Iterator[Edit]:
    """Report words that the source has where the quotation has only a note such as [sic]."""
    if after.start <= before.end:
        return
    words = source.index.words
    first, end = np.searchsorted(words.starts, [before.end, after.start]).tolist()
    if end > first:
        span = words.span(first, end)
        place = Span(int(quoted.words.starts[0]), int(quoted.words.starts[0]))
        yield Edit(EditKind.DELETE, span, span.of(source.article.text), place, "")


def _read_edits(passage: str, quoted: Quoted, place: Place, source: Searched) -> Iterator[Edit]:
    """Put the steps of an alignment that change words together into edits."""
    group: list[Step] = []
    for step in place.steps:
        is_gap = step.kind is StepKind.DROPPED and step.source_end - step.source_start > SMALL_GAP
        if group and (step.kind is StepKind.SAME or is_gap):
            yield _make_edit(passage, quoted.words, group, source)
            group = []
        if is_gap:
            yield _make_edit(passage, quoted.words, [step], source)
        elif step.kind is not StepKind.SAME:
            group.append(step)
    if group:
        yield _make_edit(passage, quoted.words, group, source)


def _make_edit(passage: str, quoted: Words, steps: Sequence[Step], source: Searched) -> Edit:
    span = _span_of(source.index.words, steps[0].source_start, steps[-1].source_end)
    quoted_span = _span_of(quoted, steps[0].quoted_start, steps[-1].quoted_end)
    if not len(quoted_span):
        kind = EditKind.DELETE
    elif not len(span):
        kind = EditKind.INSERT
    else:
        kind = EditKind.REPLACE
    return Edit(kind, span, span.of(source.article.text), quoted_span, quoted_span.of(passage))


def _span_of(words: Words, first: int, end: int) -> Span:
    """Return the stretch of some words, or where there are none the place between two."""
    if end > first:
        return words.span(first, end)
    place = int(words.ends[first - 1]) if first else int(words.starts[0])
    return Span(place, place)
