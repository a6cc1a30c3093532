"""Where quoted fragments stand in a source: as they are, changed, or in pieces.

    1. exact          letter for letter
    2. typographic    the same words; quotes, dashes, spaces, commas, case, hyphens may differ
    3. altered        an optimal alignment of words, and the edits that lead to the quotation
    4. stitched       the pieces around ellipses and brackets, each found by 1 to 3, chosen together

Each step is tried where the one before finds nothing. Words of the article itself are preferred to
captions and lists, and of words that stand in several places those close to the other fragments.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from quotecheck.align import Step, StepKind
from quotecheck.claim import Claim, split_sentences
from quotecheck.index import Index
from quotecheck.normalize import Folded, Words, fold, read_words
from quotecheck.places import (
    MOST_PLACES,
    OUTSIDE,
    TYPESET,
    Path,
    Place,
    Quoted,
    choose_paths,
    find_altered,
    find_between,
    find_paths,
    read_insertion,
)
from quotecheck.records import (
    Article,
    Edit,
    EditKind,
    Fragment,
    InsertionKind,
    Joint,
    Match,
    MatchKind,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from quotecheck.encode import Encoder

# A fragment of which a piece is missing is there where the others hold this share of its words.
PRESENT_SHARE: Final = 0.6
# Dropped words up to this many belong to a change beside them; more are a gap of their own.
SMALL_GAP: Final = 3
# Another place fits as well where it costs no more than this, in changed words, and where other
# fragments are found, where it is this close to one of them.
AS_GOOD: Final = 0.01
AS_GOOD_STITCHED: Final = 0.05
NEAR_WORDS: Final = 100
_CLITICS: Final = frozenset({"s", "re", "ve", "ll", "d", "m", "t"})
MOST_ALTERNATIVES: Final = 20
# Sentences whose meaning is compared; of longer articles those with the most words in common. Most
# news articles have fewer, and an encoder reads these in about a second.
MOST_SENTENCES: Final = 120


@dataclass(frozen=True, slots=True)
class _Source:
    """A source ready to be searched."""

    article: Article = field(repr=False)
    folded: Folded = field(repr=False)
    index: Index = field(repr=False)

    @classmethod
    def of(cls, article: Article) -> _Source:
        folded = fold(article.text)
        return cls(article, folded, Index.of(read_words(folded)))

    def is_outside(self, place: Place) -> bool:
        words, main = self.index.words, self.article.main
        return bool(words.starts[place.first] < main.start or words.ends[place.end - 1] > main.end)


def locate(claim: Claim, article: Article) -> tuple[Match, ...]:
    """Find the fragments of a passage in a source.

    Args:
        claim: The passage.
        article: The source.

    Returns:
        One match for each fragment that is there, in the fragments' order. Linear in the length of
        the source.
    """
    source = _Source.of(article)
    if not len(source.index.words):
        return ()
    fragments = [_read_fragment(claim.passage, fragment, source) for fragment in claim.fragments]
    anchors = _find_anchors(fragments, source)
    paths = [
        _find_fragment(claim.passage, fragment, pieces, source, anchors)
        for fragment, pieces in zip(claim.fragments, fragments, strict=True)
    ]
    found = [number for number, options in enumerate(paths) if options]
    chosen = dict(zip(found, choose_paths([paths[number] for number in found]), strict=True))
    matches = []
    for number, path in chosen.items():
        others = [other for other_number, other in chosen.items() if other_number != number]
        alternatives = _find_alternatives(path, paths[number], others)
        matches.append(_describe(claim, number, fragments[number], path, alternatives, source))
    return tuple(matches)


def nearest(claim: Claim, fragment: int, article: Article, encoder: Encoder) -> Match:
    """Find the sentence of a source that is nearest in meaning to a fragment.

    Args:
        claim: The passage.
        fragment: Which of its fragments.
        article: The source.
        encoder: What compares meanings.

    Returns:
        A match of the kind `paraphrase` with the cosine similarity as its score.
    """
    sentences = [
        sentence.shifted(paragraph.start)
        for paragraph in article.paragraphs
        for sentence in split_sentences(paragraph.of(article.text))
    ]
    text = claim.fragments[fragment].text
    if len(sentences) > MOST_SENTENCES:
        sentences = _filter_sentences(sentences, text, article)
    if not sentences:
        return Match(fragment, MatchKind.PARAPHRASE, (Span(0, 0),), 0.0)
    vectors = encoder.encode([text, *(sentence.of(article.text) for sentence in sentences)])
    similarities = vectors[1:] @ vectors[0]
    best = int(np.argmax(similarities))
    score = float(np.clip(similarities[best], 0.0, 1.0))
    is_outside = not article.main.holds(sentences[best])
    return Match(
        fragment, MatchKind.PARAPHRASE, (sentences[best],), score, is_outside_main=is_outside
    )


def _filter_sentences(sentences: Sequence[Span], text: str, article: Article) -> list[Span]:
    """Keep the sentences that share the most words with a text, rare words weighing more."""
    keys = [set(read_words(fold(sentence.of(article.text))).keys) for sentence in sentences]
    counts = Counter(key for words in keys for key in words)
    wanted = set(read_words(fold(text)).keys)
    shared = [
        sum(math.log(len(keys) / counts[key]) for key in words & wanted) / math.sqrt(len(words) + 1)
        for words in keys
    ]
    order = np.argsort(-np.array(shared), kind="stable")[:MOST_SENTENCES]
    return [sentences[number] for number in sorted(order.tolist())]


def _read_fragment(passage: str, fragment: Fragment, source: _Source) -> list[Quoted]:
    """Read the pieces of a fragment into words, looked up in the source."""
    pieces = []
    for piece in fragment.pieces:
        words = read_words(fold(piece.span.of(passage), unwrap_letters=True))
        words = Words(words.keys, words.starts + piece.span.start, words.ends + piece.span.start)
        words, stems = _take_in_brackets(passage, fragment, words)
        lookups = tuple(source.index.read(words.keys, stems))
        pieces.append(Quoted(piece, read_insertion(fragment, piece), words, lookups))
    return pieces


def _take_in_brackets(
    passage: str, fragment: Fragment, words: Words
) -> tuple[Words, dict[int, tuple[str, str]]]:
    """Make words take in the brackets that stand for letters of theirs.

    Returns:
        The words, and by place, for words whose ending or stem stands in brackets, the letters
        before the bracket and after it. A first letter in brackets changes its case alone. The
        same for an ending with which a quotation begins: it “’s not so”.
    """
    starts, ends = words.starts.copy(), words.ends.copy()
    stems = {}
    for insertion in fragment.insertions:
        if insertion.kind is not InsertionKind.LETTER:
            continue
        span = insertion.span
        for number in np.flatnonzero((starts <= span.end) & (ends >= span.start)).tolist():
            starts[number] = min(starts[number], span.start)
            ends[number] = max(ends[number], span.end)
            before, after = passage[starts[number] : span.start], passage[span.end : ends[number]]
            if before or len(span) > len("[T]"):
                stems[number] = (before.lower(), after.lower())
    piece_starts = {piece.span.start for piece in fragment.pieces}
    if len(words) and words.keys[0] in _CLITICS and starts[0] - 1 in piece_starts:
        starts[0] -= 1
        stems[0] = ("", f"'{words.keys[0]}")
    return Words(words.keys, starts, ends), stems


def _find_anchors(fragments: Sequence[Sequence[Quoted]], source: _Source) -> NDArray[np.int64]:
    """Return where pieces stand that stand in few places: these say where the common ones are."""
    rare = [source.index.find_all(piece.lookups) for pieces in fragments for piece in pieces]
    few = sorted((starts for starts in rare if len(starts)), key=len)
    return np.concatenate([starts[:20] for starts in few[:20]] or [np.empty(0, dtype=np.int64)])


def _find_fragment(
    passage: str,
    fragment: Fragment,
    pieces: Sequence[Quoted],
    source: _Source,
    anchors: NDArray[np.int64],
) -> list[Path]:
    """Find all ways in which a fragment can stand in the source."""
    is_divided = len(pieces) > 1 or pieces[0].piece.span != fragment.span
    if is_divided and (whole := _find_undivided(fragment, pieces, source)):
        return whole
    places = [_find_places(passage, piece, source, anchors) for piece in pieces]
    n_words = sum(len(piece.words) for piece in pieces)
    n_present = sum(len(p.words) for p, there in zip(pieces, places, strict=True) if there)
    if not n_words or n_present < PRESENT_SHARE * n_words:
        return []
    paths = find_paths(pieces, places)
    if paths and not all(places):
        found = paths[0].places
        for number, quoted in enumerate(pieces):
            if not places[number]:
                before = next((p for p in found[number::-1] if p), None)
                after = next((p for p in found[number:] if p), None)
                places[number] = find_between(source.index, quoted.lookups, before, after)
        paths = find_paths(pieces, places)
    return paths


def _find_undivided(fragment: Fragment, pieces: Sequence[Quoted], source: _Source) -> list[Path]:
    """Find a fragment whose ellipses and brackets are the source's own."""
    wanted = fold(fragment.text).text.rstrip(" .,")
    at = source.folded.text.find(wanted)
    if at < 0:
        return []
    paths = []
    words = source.index.words
    while at >= 0:
        start = source.folded.span(at, at + len(wanted)).start
        first = int(np.searchsorted(words.starts, start))
        places: list[Place | None] = []
        for piece in pieces:
            starts = source.index.find_all(piece.lookups)
            starts = starts[starts >= first]
            if not len(starts):
                return []
            places.append(Place(int(starts[0]), int(starts[0]) + len(piece.words), 0.0))
            first = int(starts[0]) + len(piece.words)
        paths.append(Path(tuple(places), 0.0, source.folded.span(at, at + len(wanted))))
        at = source.folded.text.find(wanted, at + len(wanted))
        if len(paths) == MOST_PLACES:
            break
    return paths


def _find_places(
    passage: str, quoted: Quoted, source: _Source, anchors: NDArray[np.int64]
) -> list[Place]:
    """Find where one piece can stand: every place with its very words, or else the altered ones."""
    lookups = quoted.lookups
    starts = source.index.find_all(lookups)
    while not len(starts) and len(lookups) > 1 and lookups[-1].key == "?":
        lookups = lookups[:-1]  # the quoter's own question mark
        starts = source.index.find_all(lookups)
    if len(starts) > MOST_PLACES:
        distances = np.zeros(len(starts))
        if len(anchors):
            distances = np.abs(starts[:, None] - anchors[None, :]).min(axis=1)
        starts = np.sort(starts[np.argsort(distances, kind="stable")[:MOST_PLACES]])
    text = quoted.piece.span.of(passage)
    words = source.index.words
    lead = int(quoted.words.starts[0]) - quoted.piece.span.start
    places = []
    for start in starts.tolist():
        offset = int(words.starts[start]) - lead
        is_exact = offset >= 0 and source.article.text.startswith(text, offset)
        places.append(Place(start, start + len(lookups), 0.0 if is_exact else TYPESET))
    if not places:
        places = find_altered(source.index, lookups)
    return [
        Place(p.first, p.end, p.cost + OUTSIDE, p.steps) if source.is_outside(p) else p
        for p in places
    ]


def _find_alternatives(chosen: Path, paths: Sequence[Path], others: Sequence[Path]) -> list[Path]:
    """Return the other paths that fit as well, none of them over another."""
    slack = AS_GOOD if len(chosen.places) == 1 else AS_GOOD_STITCHED
    reach = max(NEAR_WORDS, _distance(chosen, others))
    found: list[Path] = []
    for path in paths:
        if (
            path.cost <= chosen.cost + slack
            and all(path.is_apart(other) for other in (chosen, *found[-MOST_ALTERNATIVES:]))
            and (not others or _distance(path, others) <= reach)
        ):
            found.append(path)
    return found


def _distance(path: Path, others: Sequence[Path]) -> int:
    """Return how many words lie between a path and the nearest of others."""
    gaps = [max(path.first - other.end, other.first - path.end, 0) for other in others]
    return min(gaps, default=0)


def _describe(
    claim: Claim,
    number: int,
    pieces: Sequence[Quoted],
    path: Path,
    alternatives: Sequence[Path],
    source: _Source,
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


def _before(path: Path, source: _Source) -> Span:
    start = int(source.index.words.starts[path.first])
    return Span(start, start)


def _count_unchanged(quoted: Quoted, place: Place) -> int:
    if not place.steps:
        return len(quoted.words)
    return sum(s.quoted_end - s.quoted_start for s in place.steps if s.kind is StepKind.SAME)


def _read_segment(passage: str, quoted: Quoted, place: Place, source: _Source) -> Span:
    """Return the stretch of a place, with the marks at its ends that the quotation has too."""
    words = source.index.words
    text = source.article.text
    span = words.span(place.first, place.end)
    start, end = span.start, span.end
    piece = quoted.piece.span
    first = quoted.words.span(0, 1).of(passage)
    if first[0] in "'’" and first[1:].lower() in _CLITICS:
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


def _read_gap(quoted: Quoted, before: Span, after: Span, source: _Source) -> Iterator[Edit]:
    """Report words that the source has where the quotation has only a note such as [sic]."""
    if after.start <= before.end:
        return
    words = source.index.words
    first, end = np.searchsorted(words.starts, [before.end, after.start]).tolist()
    if end > first:
        span = words.span(first, end)
        place = Span(int(quoted.words.starts[0]), int(quoted.words.starts[0]))
        yield Edit(EditKind.DELETE, span, span.of(source.article.text), place, "")


def _read_edits(passage: str, quoted: Quoted, place: Place, source: _Source) -> Iterator[Edit]:
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


def _make_edit(passage: str, quoted: Words, steps: Sequence[Step], source: _Source) -> Edit:
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
