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
from typing import TYPE_CHECKING, Final

import numpy as np

from quotecheck.claim import Claim, split_sentences
from quotecheck.matches import CLITICS, MOST_ALTERNATIVES, describe
from quotecheck.normalize import Words, fold, read_words
from quotecheck.places import (
    FEWEST_PLACES,
    MOST_PLACES,
    MOST_PLACES_IN_ALL,
    OUTSIDE,
    TYPESET,
    Path,
    Place,
    Quoted,
    Searched,
    choose_paths,
    find_altered,
    find_between,
    find_paths,
    read_insertion,
)
from quotecheck.records import (
    Article,
    Fragment,
    InsertionKind,
    Match,
    MatchKind,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from quotecheck.encode import Encoder

# A fragment of which a piece is missing is there where the others hold this share of its words.
PRESENT_SHARE: Final = 0.6
# Another place fits as well where it costs no more than this, in changed words, and where other
# fragments are found, where it is this close to one of them.
AS_GOOD: Final = 0.01
AS_GOOD_STITCHED: Final = 0.05
NEAR_WORDS: Final = 100
# Words with letters in brackets for which the whole vocabulary is searched.
MOST_STEMS: Final = 20
# Sentences whose meaning is compared; of longer articles those with the most words in common. Most
# news articles have fewer, and an encoder reads these in about a second.
MOST_SENTENCES: Final = 120
# Fragments of one passage whose nearest sentence is looked for.
MOST_NEAREST: Final = 5
# Characters of a text that the encoder is given, which stops at 256 word pieces.
MOST_ENCODED: Final = 1_000


def locate(claim: Claim, article: Article) -> tuple[Match, ...]:
    """Find the fragments of a passage in a source.

    Args:
        claim: The passage.
        article: The source.

    Returns:
        One match for each fragment that is there, in the fragments' order. Linear in the length of
        the source.
    """
    source = Searched.of(article)
    if not len(source.index.words):
        return ()
    fragments = [_read_fragment(claim.passage, fragment, source) for fragment in claim.fragments]
    anchors = _find_anchors(fragments)
    n_pieces = sum(len(pieces) for pieces in fragments)
    most = min(MOST_PLACES, max(FEWEST_PLACES, MOST_PLACES_IN_ALL // n_pieces))
    paths = [
        _find_fragment(claim.passage, fragment, pieces, source, anchors, most)
        for fragment, pieces in zip(claim.fragments, fragments, strict=True)
    ]
    found = [number for number, options in enumerate(paths) if options]
    chosen = dict(zip(found, choose_paths([paths[number] for number in found]), strict=True))
    matches = []
    for number, path in chosen.items():
        others = [other for other_number, other in chosen.items() if other_number != number]
        alternatives = _find_alternatives(path, paths[number], others)
        matches.append(describe(claim, number, fragments[number], path, alternatives, source))
    return tuple(matches)


def find_nearest(
    claim: Claim, fragments: Sequence[int], article: Article, encoder: Encoder
) -> tuple[Match, ...]:
    """Find the sentences of a source that are nearest in meaning to fragments that it lacks.

    Args:
        claim: The passage.
        fragments: Which of its fragments.
        article: The source.
        encoder: What compares meanings.

    Returns:
        A match of the kind `paraphrase` for each, with the cosine similarity as its score; after
        the first few, which a reader can take in, one that points nowhere.
    """
    shown, rest = fragments[:MOST_NEAREST], fragments[MOST_NEAREST:]
    sentences = [
        sentence.shifted(paragraph.start)
        for paragraph in article.paragraphs
        for sentence in split_sentences(paragraph.of(article.text))
    ]
    texts = [claim.fragments[number].text[:MOST_ENCODED] for number in shown]
    if len(sentences) > MOST_SENTENCES:
        sentences = _filter_sentences(sentences, " ".join(texts), article)
    if not sentences or not shown:
        return tuple(_nowhere(number) for number in fragments)
    vectors = encoder.encode([*texts, *(s.of(article.text)[:MOST_ENCODED] for s in sentences)])
    similarities = vectors[: len(texts)] @ vectors[len(texts) :].T
    found = []
    for number, row in zip(shown, similarities, strict=True):
        place = sentences[int(np.argmax(row))]
        score = float(np.clip(row.max(), 0.0, 1.0))
        is_outside = not article.main.holds(place)
        found.append(
            Match(number, MatchKind.PARAPHRASE, (place,), score, is_outside_main=is_outside)
        )
    return (*found, *(_nowhere(number) for number in rest))


def _nowhere(fragment: int) -> Match:
    return Match(fragment, MatchKind.PARAPHRASE, (Span(0, 0),), 0.0)


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


def _read_fragment(passage: str, fragment: Fragment, source: Searched) -> list[Quoted]:
    """Read the pieces of a fragment into words, looked up in the source."""
    pieces = []
    for piece in fragment.pieces:
        words = read_words(fold(piece.span.of(passage), unwrap_letters=True))
        words = Words(words.keys, words.starts + piece.span.start, words.ends + piece.span.start)
        words, stems = _take_in_brackets(passage, fragment, words)
        lookups = tuple(source.index.read(words.keys, stems))
        starts = source.index.find_all(lookups)
        pieces.append(Quoted(piece, read_insertion(fragment, piece), words, lookups, starts))
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
    stems: dict[int, tuple[str, str]] = {}
    for insertion in fragment.insertions:
        if insertion.kind is not InsertionKind.LETTER:
            continue
        span = insertion.span
        for number in np.flatnonzero((starts <= span.end) & (ends >= span.start)).tolist():
            starts[number] = min(starts[number], span.start)
            ends[number] = max(ends[number], span.end)
            before, after = passage[starts[number] : span.start], passage[span.end : ends[number]]
            if (before or len(span) > len("[T]")) and len(stems) < MOST_STEMS:
                stems[number] = (before.lower(), after.lower())
    piece_starts = {piece.span.start for piece in fragment.pieces}
    if len(words) and words.keys[0] in CLITICS and starts[0] - 1 in piece_starts:
        starts[0] -= 1
        stems[0] = ("", f"'{words.keys[0]}")
    return Words(words.keys, starts, ends), stems


def _find_anchors(fragments: Sequence[Sequence[Quoted]]) -> NDArray[np.int64]:
    """Return where pieces stand that stand in few places: these say where the common ones are."""
    rare = [piece.starts for pieces in fragments for piece in pieces]
    few = sorted((starts for starts in rare if len(starts)), key=len)
    none = np.empty(0, dtype=np.int64)
    return np.unique(np.concatenate([none, *(starts[:20] for starts in few[:20])]))


def _find_fragment(
    passage: str,
    fragment: Fragment,
    pieces: Sequence[Quoted],
    source: Searched,
    anchors: NDArray[np.int64],
    most: int,
) -> list[Path]:
    """Find all ways in which a fragment can stand in the source."""
    is_divided = len(pieces) > 1 or pieces[0].piece.span != fragment.span
    if is_divided and (whole := _find_undivided(fragment, pieces, source)):
        return whole
    places = [_find_places(passage, piece, source, anchors, most) for piece in pieces]
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


def _find_undivided(fragment: Fragment, pieces: Sequence[Quoted], source: Searched) -> list[Path]:
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
            starts = piece.starts[piece.starts >= first]
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
    passage: str, quoted: Quoted, source: Searched, anchors: NDArray[np.int64], most: int
) -> list[Place]:
    """Find where one piece can stand: every place with its very words, or else the altered ones."""
    lookups, starts = quoted.lookups, quoted.starts
    while not len(starts) and len(lookups) > 1 and lookups[-1].key == "?":
        lookups = lookups[:-1]  # the quoter's own question mark
        starts = source.index.find_all(lookups)
    if len(starts) > most:
        distances = np.zeros(len(starts))
        if len(anchors):
            following = np.searchsorted(anchors, starts).clip(max=len(anchors) - 1)
            distances = np.minimum(
                np.abs(starts - anchors[following]), np.abs(starts - anchors[following - 1])
            )
        starts = np.sort(starts[np.argsort(distances, kind="stable")[:most]])
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
    as_good = [path for path in paths if path.cost <= chosen.cost + slack]
    if others:
        firsts = np.array([other.first for other in others])
        ends = np.array([other.end for other in others])
        reach = max(NEAR_WORDS, _distance(chosen, firsts, ends))
        as_good = [path for path in as_good if _distance(path, firsts, ends) <= reach]
    found: list[Path] = []
    for path in as_good:
        if all(path.is_apart(other) for other in (chosen, *found[-MOST_ALTERNATIVES:])):
            found.append(path)
    return found


def _distance(path: Path, firsts: NDArray[np.int64], ends: NDArray[np.int64]) -> int:
    """Return how many words lie between a path and the nearest of others."""
    return int(np.maximum(np.maximum(path.first - ends, firsts - path.end), 0).min())
