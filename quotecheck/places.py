"""Where the pieces of fragments can stand in a source, and which of these places go together.

piece ─► places: every exact one, or else the cheapest alignments
fragment ─► paths: one place a piece, by the joints between them
passage ─► one path a fragment, close to one another
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from quotecheck.align import (
    GAP_OPENED,
    GAP_WIDENED,
    INSERTED,
    REPLACED,
    Alignment,
    Step,
    StepKind,
    align,
)
from quotecheck.edits import says_same
from quotecheck.forms import AUXILIARIES, FUNCTION_WORDS, MODALS, NEGATIONS
from quotecheck.index import Index
from quotecheck.normalize import fold, read_words
from quotecheck.records import Insertion, InsertionKind, Joint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from quotecheck.index import QuotedWord
    from quotecheck.normalize import Folded, Words
    from quotecheck.records import Article, Fragment, Piece, Span

# Fewer words than these can be found by chance in another form; they stand there as they are, or at
# most inflected. One word stands there or does not.
SHORTEST_ALTERED: Final = 4
SHORTEST_INFLECTED: Final = 2
# But two words, one of which carries meaning, are as good as there where but one of these was
# dropped, added or changed among them: “would pay” where the source has “would not pay”.
# Of 617 stretches of three words from one of 45 pages, looked for in another, this finds one.
LEAST_EXACT: Final = 2
_TURNING: Final = (NEGATIONS | MODALS | AUXILIARIES) - {"'s", "'d", "non"}
_CONTRACTED: Final = "n't"
# Words at a quotation's beginning that the source may have contracted: “That is”, “I have not”.
CONTRACTED_WORDS: Final = 3
# An alignment holds where its cost is at most this share of a change for every quoted word, and the
# unchanged words have at least this share of the quotation's weight. Tuned on 2,816 sentences of 89
# news pages, with a word replaced, against sentences of other pages.
DEAREST: Final = 0.5
LEAST_UNCHANGED: Final = 0.5
# The share for quotations of fewer words than SHORT, in which two changed words leave little.
SHORT: Final = 8
LEAST_UNCHANGED_SHORT: Final = 0.65
# Source words around a likely stretch that are aligned too: the gap that is found without an
# ellipsis is at most this long, a few sentences.
GAP_WORDS: Final = 120
LIKELY_STRETCHES: Final = 3
# Places of one piece that are weighed against each other, for "of the" has thousands in a book; and
# of all pieces of a passage together, so that its last page is not slower than its first.
MOST_PLACES: Final = 300
MOST_PLACES_IN_ALL: Final = 6000
FEWEST_PLACES: Final = 10

# Costs beside those of an alignment, in changed words. An ellipsis leaps forward almost freely, but
# less so the farther it goes; a leap back costs a changed word.
TYPESET: Final = 0.03
OUTSIDE: Final = 0.25
LEAP: Final = 0.05
BACKWARDS: Final = 1.0
OVERLAPPING: Final = 3.0
BRACKET_WORDS: Final = 15
NOT_ADJACENT: Final = 1.5


_KEPT: Final = frozenset({StepKind.SAME, StepKind.INFLECTED})


@dataclass(frozen=True, slots=True)
class Quoted:
    """A piece of a fragment, read into words.

    `starts` are the source's words where it stands word for word. *Shape:* (n,), int64, rising.
    """

    piece: Piece
    insertion: InsertionKind | None
    words: Words
    lookups: tuple[QuotedWord, ...]
    starts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Place:
    """Source words from `first` to `end` where a piece can stand; without steps, as it is."""

    first: int
    end: int
    cost: float
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Searched:
    """A source made ready to be searched."""

    article: Article = field(repr=False)
    folded: Folded = field(repr=False)
    index: Index = field(repr=False)

    @classmethod
    def of(cls, article: Article) -> Searched:
        """Fold a source and number its words."""
        folded = fold(article.text)
        return cls(article, folded, Index.of(read_words(folded)))

    def is_outside(self, place: Place) -> bool:
        """Say whether a place is outside the article itself, in a caption or a list."""
        words, main = self.index.words, self.article.main
        return bool(words.starts[place.first] < main.start or words.ends[place.end - 1] > main.end)


@dataclass(frozen=True, slots=True)
class Path:
    """A place for each piece of a fragment, None for a piece that is not there.

    `whole` is the stretch of the source, in code points, where the fragment stands with its
    ellipses and brackets, for they are the source's own.
    """

    places: tuple[Place | None, ...]
    cost: float
    whole: Span | None = None

    @property
    def first(self) -> int:
        """The first source word of all pieces."""
        return min(place.first for place in self.places if place)

    @property
    def end(self) -> int:
        """The word after the last of all pieces."""
        return max(place.end for place in self.places if place)

    def is_apart(self, other: Path) -> bool:
        """Say whether no piece stands where it stands on the other path."""
        return all(
            one is None or another is None or one.end <= another.first or another.end <= one.first
            for one, another in zip(self.places, other.places, strict=True)
        )


def read_insertion(fragment: Fragment, piece: Piece) -> InsertionKind | None:
    """Return what kind of bracket stands before a piece, if one does."""
    if piece.joint is not Joint.INSERTION or piece.joint_span is None:
        return None
    by_span: dict[object, Insertion] = {item.span: item for item in fragment.insertions}
    return by_span[piece.joint_span].kind


def find_altered(index: Index, quoted: Sequence[QuotedWord]) -> list[Place]:
    """Find where quoted words stand with some of them changed, the least changed first."""
    if len(quoted) < SHORTEST_INFLECTED:
        return []
    found: list[Alignment] = []
    for start, end in index.find_likely(quoted, LIKELY_STRETCHES):
        window = max(0, start - GAP_WORDS), min(len(index.ids), end + GAP_WORDS)
        alignment = align(index, quoted, *window)
        if alignment is None:
            continue
        alignment = settle_edges(join_contraction(index, quoted, alignment))
        is_known = any(a.start == alignment.start and a.end == alignment.end for a in found)
        if not is_known and is_there(index, quoted, alignment):
            found.append(alignment)
    found.sort(key=lambda a: (a.cost, a.start))
    places = [Place(a.start, a.end, a.cost, a.steps) for a in found]
    return places or (find_turned(index, quoted) if len(quoted) < SHORTEST_ALTERED else [])


def find_turned(index: Index, quoted: Sequence[QuotedWord]) -> list[Place]:
    """Find where two or three quoted words stand but for one “not” or one auxiliary.

    Returns:
        The places, none where these say different things: then any of them may be chance.
    """
    turning = _read_turning(index)
    found: list[Place] = []
    for at, word in enumerate(quoted):
        rest = [*quoted[:at], *quoted[at + 1 :]]
        if at and _is_telling(quoted):
            # Dropped before this word.
            found += _find_with_one(index, quoted, at, at, turning)
        if _turns(word.key) and _is_telling(rest):
            found += _find_with_one(index, quoted, at, at + 1, turning)
            found += _find_without(index, quoted, at)
    wordings = {tuple(index.ids[place.first : place.end].tolist()) for place in found}
    return found if len(wordings) == 1 else []


def _turns(key: str) -> bool:
    return key in _TURNING or key.endswith(_CONTRACTED)


def _read_turning(index: Index) -> NDArray[np.int64]:
    """Return the numbers of a source's words that are a negation or an auxiliary, rising."""
    numbers = [n for word, n in index.vocabulary.items() if _turns(word)]
    return np.array(numbers, dtype=np.int64)


def _is_telling(words: Sequence[QuotedWord]) -> bool:
    """Say whether words that stand in a row are enough to go by."""
    return len(words) >= LEAST_EXACT and any(
        word.key not in FUNCTION_WORDS and not _turns(word.key) for word in words
    )


def _find_with_one(
    index: Index,
    quoted: Sequence[QuotedWord],
    at: int,
    after: int,
    turning: NDArray[np.int64],
) -> list[Place]:
    """Find where one turning word of the source stands for the quoted ones from `at` to `after`."""
    head, tail = quoted[:at], quoted[after:]
    size = len(head) + 1 + len(tail)
    starts = index.find_all(head or tail) - (0 if head else 1)
    starts = starts[(starts >= 0) & (starts + size <= len(index.ids))]
    starts = starts[np.isin(index.ids[starts + at], turning)]
    if head and tail:
        starts = starts[np.isin(starts + at + 1, index.find_all(tail))]
    kind = StepKind.REPLACED if after > at else StepKind.DROPPED
    cost = REPLACED if after > at else GAP_OPENED + GAP_WIDENED
    return [_place(start, size, cost, kind, at, after, len(quoted)) for start in starts.tolist()]


def _find_without(index: Index, quoted: Sequence[QuotedWord], at: int) -> list[Place]:
    """Find where the quoted words stand without the one at `at`, which lies between others."""
    if not 0 < at < len(quoted) - 1:
        return []
    starts = index.find_all([*quoted[:at], *quoted[at + 1 :]])
    size = len(quoted) - 1
    return [
        _place(start, size, INSERTED, StepKind.ADDED, at, at + 1, len(quoted))
        for start in starts.tolist()
    ]


def _place(
    start: int, size: int, cost: float, kind: StepKind, at: int, after: int, length: int
) -> Place:
    """Make the place of `length` quoted words of which those from `at` to `after` differ."""
    here = start + at
    rest = start + size - (length - after)
    steps = [Step(kind, here, rest, at, after)]
    if at:
        steps.insert(0, Step(StepKind.SAME, start, here, 0, at))
    if after < length:
        steps.append(Step(StepKind.SAME, rest, start + size, after, length))
    return Place(start, start + size, cost, tuple(steps))


def find_between(
    index: Index, quoted: Sequence[QuotedWord], before: Place | None, after: Place | None
) -> list[Place]:
    """Find a piece that is nowhere else between the places of its neighbours, changed.

    A short piece, changed, can stand in many places by chance, but hardly between the others.
    """
    reach = len(quoted) + GAP_WORDS // 4
    start = before.end if before else max(0, after.first - reach) if after else 0
    end = min(len(index.ids), start + reach, after.first if after else len(index.ids))
    if start >= end:
        return []
    alignment = align(index, quoted, start, end)
    if alignment is None or alignment.unchanged < len(quoted) * LEAST_UNCHANGED:
        return []
    return [Place(alignment.start, alignment.end, alignment.cost, alignment.steps)]


def is_there(index: Index, quoted: Sequence[QuotedWord], alignment: Alignment) -> bool:
    """Say whether an alignment is the quoted passage with changes, and not another passage."""
    kinds = {step.kind for step in alignment.steps}
    if StepKind.SAME not in kinds:
        return False
    if len(quoted) < SHORTEST_ALTERED:
        return kinds <= {StepKind.SAME, StepKind.INFLECTED}
    same = [
        word
        for step in alignment.steps
        if step.kind is StepKind.SAME
        for word in quoted[step.quoted_start : step.quoted_end]
    ]
    share = index.weigh(same) / index.weigh(quoted)
    least = LEAST_UNCHANGED_SHORT if len(quoted) < SHORT else LEAST_UNCHANGED
    return alignment.cost <= DEAREST * len(quoted) and share >= least


def join_contraction(index: Index, quoted: Sequence[QuotedWord], alignment: Alignment) -> Alignment:
    """Lay the words at a quotation's ends along the source's contraction of them, or the like.

    “That is” costs more in place of “That’s” than a gap back to some other “is”, and “is not” more
    in place of “isn't” than in place of that and the next word.
    """
    steps = alignment.steps
    same = [n for n, step in enumerate(steps) if step.kind is StepKind.SAME]
    if not same:
        return alignment
    keys = [word.key for word in quoted]
    last = steps[same[-1]]
    if 0 < len(quoted) - last.quoted_end <= CONTRACTED_WORDS:
        at, tail = last.source_end, " ".join(keys[last.quoted_end :])
        for end in range(at + 1, min(at + CONTRACTED_WORDS, len(index.ids)) + 1):
            if says_same(" ".join(index.words.keys[at:end]), tail):
                joined = Step(StepKind.INFLECTED, at, end, last.quoted_end, len(quoted))
                steps = (*steps[: same[-1] + 1], joined)
                break
    for number in same:
        step = steps[number]
        is_changed = any(s.kind is not StepKind.SAME for s in steps[:number])
        if not is_changed or not 0 < step.quoted_start <= CONTRACTED_WORDS:
            continue
        at, head = step.source_start, " ".join(keys[: step.quoted_start])
        for start in range(max(0, at - CONTRACTED_WORDS), at):
            if says_same(" ".join(index.words.keys[start:at]), head):
                joined = Step(StepKind.INFLECTED, start, at, 0, step.quoted_start)
                steps = (joined, *steps[number:])
                return Alignment(start, steps[-1].source_end, alignment.cost, steps)
    return Alignment(steps[0].source_start, steps[-1].source_end, alignment.cost, steps)


def settle_edges(alignment: Alignment) -> Alignment:
    """Take words that have nothing to do with the source off the ends of a stretch of it.

    An optimal alignment lays words that were added before or after the quotation along the source's
    neighbouring words. One such word is a changed one; two or more were added.
    """
    steps = list(alignment.steps)
    for is_end in (False, True):
        ordered = steps[::-1] if is_end else steps
        count = next((n for n, s in enumerate(ordered) if s.kind in _KEPT), len(ordered))
        edge, rest = ordered[:count], ordered[count:]
        if not rest or sum(step.quoted_end - step.quoted_start for step in edge) <= 1:
            continue
        place = rest[0].source_end if is_end else rest[0].source_start
        added = [
            Step(StepKind.ADDED, place, place, step.quoted_start, step.quoted_end)
            for step in edge
            if step.kind is not StepKind.DROPPED
        ]
        steps = [*reversed(rest), *reversed(added)] if is_end else [*added, *rest]
    return Alignment(steps[0].source_start, steps[-1].source_end, alignment.cost, tuple(steps))


def find_paths(quoted: Sequence[Quoted], places: Sequence[Sequence[Place]]) -> list[Path]:
    """Put a place for each piece together, the cheapest way to each place of the last one.

    Args:
        quoted: The pieces of one fragment.
        places: For each, where it can stand; empty where it is not there.

    Returns:
        Paths, the cheapest first; none where no piece stands anywhere.
    """
    present = [number for number, options in enumerate(places) if options]
    if not present:
        return []
    costs = np.array([place.cost for place in places[present[0]]])
    came_from: list[NDArray[np.int64]] = []
    for before, number in itertools.pairwise(present):
        joints = _price_joints(quoted[number], places[before], places[number])
        total = costs[:, None] + joints
        came_from.append(np.argmin(total, axis=0))
        costs = total.min(axis=0) + np.array([place.cost for place in places[number]])
    paths = []
    for last in np.argsort(costs, kind="stable").tolist():
        chosen: list[Place | None] = [None] * len(places)
        at = last
        for rank in range(len(present) - 1, -1, -1):
            chosen[present[rank]] = places[present[rank]][at]
            at = int(came_from[rank - 1][at]) if rank else at
        paths.append(Path(tuple(chosen), float(costs[last])))
    return paths


def _price_joints(
    quoted: Quoted, before: Sequence[Place], after: Sequence[Place]
) -> NDArray[np.float64]:
    """Say what it costs to go from each place to each. *Shape:* (before, after)."""
    ends = np.array([place.end for place in before])[:, None]
    starts = np.array([place.first for place in before])[:, None]
    firsts = np.array([place.first for place in after])[None, :]
    lasts = np.array([place.end for place in after])[None, :]
    gap = firsts - ends
    distance = np.where(gap >= 0, gap, np.maximum(starts - lasts, 0))
    costs: NDArray[np.float64] = LEAP * np.log1p(distance)
    if quoted.insertion is InsertionKind.WORDS:
        costs += np.where(gap > BRACKET_WORDS, NOT_ADJACENT / 3, 0.0)
    elif quoted.insertion is not None:
        costs += np.where(gap > 0, NOT_ADJACENT, 0.0)
    costs += np.where(gap < 0, BACKWARDS, 0.0)
    costs += np.where((gap < 0) & (lasts > starts), OVERLAPPING, 0.0)
    return costs


def choose_paths(paths: Sequence[Sequence[Path]]) -> list[Path]:
    """Choose a path for each fragment so that all stand close together.

    Args:
        paths: The paths of each fragment, in the order of the passage, none of them empty.
    """
    if not paths:
        return []
    costs = np.array([path.cost for path in paths[0]])
    came_from = []
    for before, after in itertools.pairwise(paths):
        ends = np.array([path.end for path in before])[:, None]
        starts = np.array([path.first for path in before])[:, None]
        gap = np.array([path.first for path in after])[None, :] - ends
        behind = starts - np.array([path.end for path in after])[None, :]
        distance = np.where(gap >= 0, gap, np.maximum(behind, 0))
        total = costs[:, None] + LEAP * np.log1p(distance) + np.where(gap < 0, LEAP, 0.0)
        came_from.append(np.argmin(total, axis=0))
        costs = total.min(axis=0) + np.array([path.cost for path in after])
    at = int(np.argmin(costs))
    chosen = []
    for rank in range(len(paths) - 1, -1, -1):
        chosen.append(paths[rank][at])
        at = int(came_from[rank - 1][at]) if rank else at
    return chosen[::-1]
