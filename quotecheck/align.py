"""Word-level alignment of quoted words with a source: optimal, in rows of array operations.

The cost of an alignment is what the quoter would have had to change. It is the least over all
alignments of the quoted words with any stretch of the window (Gotoh's algorithm, semi-global, with
an affine cost for source words left out, so that one long gap is likelier than many short ones).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from rapidfuzz import fuzz, process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from quotecheck.index import Index, QuotedWord

# What a step costs, in quoted words. A word put in place of another is one step and not two; a word
# of the same stem is half of one. That a gap of fifty words costs no more than two changed ones
# lets a whole clause be found missing. Tuned on sentences of news pages with words replaced and
# dropped.
REPLACED: Final = 1.0
INFLECTED: Final = 0.5
INSERTED: Final = 1.05
GAP_OPENED: Final = 0.8
GAP_WIDENED: Final = 0.02
# Two words are forms of one where they are this alike (0 to 100) and share their first letters:
# "advocate" and "advocated", not "advocate" and "abdicate".
INFLECTION_RATIO: Final = 72.0
# Quoted pieces longer than this are first pinned down where runs of words are alike, so that what
# is left to align stays small.
LONGEST_WHOLE: Final = 160
PIN_WORDS: Final = 6

_NEVER: Final = 1e9
_EQUAL: Final = 1e-9  # costs closer than this are the same, but for rounding


class StepKind(enum.StrEnum):
    """What an alignment does with words."""

    SAME = "same"
    REPLACED = "replaced"
    INFLECTED = "inflected"
    DROPPED = "dropped"  # in the source alone
    ADDED = "added"  # in the quotation alone


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an alignment: half-open ranges of source words and of quoted words."""

    kind: StepKind
    source_start: int
    source_end: int
    quoted_start: int
    quoted_end: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """The quoted words laid along the source words from `start` to `end`."""

    start: int
    end: int
    cost: float
    steps: tuple[Step, ...]

    @property
    def unchanged(self) -> int:
        """Count the quoted words that stand in the source."""
        return sum(s.quoted_end - s.quoted_start for s in self.steps if s.kind is StepKind.SAME)


def align(index: Index, quoted: Sequence[QuotedWord], start: int, end: int) -> Alignment | None:
    """Lay quoted words along the source words from `start` to `end` at the least cost.

    Long quotations are first pinned where runs of words are alike and occur once; only what lies
    between the pins is then aligned.

    Returns:
        None where a long quotation has no such run: it is not from there.
    """
    if len(quoted) <= LONGEST_WHOLE:
        return _align(index, quoted, 0, start, end, is_open_left=True, is_open_right=True)
    pins = _pin(index, quoted, start, end)
    if not pins:
        return None
    steps: list[Step] = []
    cost = 0.0
    # A stretch before the first pin, between two, and after the last.
    bounds = [(0, start), *((p.quoted_end, p.source_end) for p in pins)]
    for number, (quoted_start, source_start) in enumerate(bounds):
        pin = pins[number] if number < len(pins) else None
        quoted_end = pin.quoted_start if pin else len(quoted)
        reach = 2 * (quoted_end - quoted_start) + LONGEST_WHOLE
        left = max(start, pin.source_start - reach) if pin and number == 0 else source_start
        right = pin.source_start if pin else min(end, source_start + reach)
        if (quoted_end - quoted_start) * (right - left) > LONGEST_WHOLE**2 * 100:
            return None
        part = _align(
            index,
            quoted[quoted_start:quoted_end],
            quoted_start,
            left,
            right,
            is_open_left=number == 0,
            is_open_right=pin is None,
        )
        cost += part.cost
        steps += part.steps
        if pin:
            steps.append(pin)
    return Alignment(steps[0].source_start, steps[-1].source_end, cost, tuple(steps))


def _pin(index: Index, quoted: Sequence[QuotedWord], start: int, end: int) -> list[Step]:
    """Find runs of words that occur once on either side, in the same order on both."""
    window = index.ids[start:end].tolist()
    source_runs = _unique_runs(window)
    quoted_runs = _unique_runs([word.ids[0] if word.ids else -1 for word in quoted])
    hits = sorted((at, source_runs[run]) for run, at in quoted_runs.items() if run in source_runs)
    pins: list[Step] = []
    for at, there in _longest_rising(hits):
        source = start + there
        if pins and (last := pins[-1]) and at <= last.quoted_end:
            if source - at == last.source_start - last.quoted_start:
                pins[-1] = Step(
                    StepKind.SAME,
                    last.source_start,
                    source + PIN_WORDS,
                    last.quoted_start,
                    at + PIN_WORDS,
                )
            continue
        if pins and source < pins[-1].source_end:
            continue
        pins.append(Step(StepKind.SAME, source, source + PIN_WORDS, at, at + PIN_WORDS))
    return pins


def _unique_runs(numbers: Sequence[int]) -> dict[tuple[int, ...], int]:
    seen: dict[tuple[int, ...], int] = {}
    twice = set()
    for at in range(len(numbers) - PIN_WORDS + 1):
        run = tuple(numbers[at : at + PIN_WORDS])
        if run in seen:
            twice.add(run)
        seen[run] = at
    return {run: at for run, at in seen.items() if run not in twice}


def _longest_rising(hits: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Keep the most pairs that rise on both sides (patience sorting)."""
    tails: list[int] = []
    piles: list[int] = []
    previous = [-1] * len(hits)
    for number, (_, there) in enumerate(hits):
        pile = int(np.searchsorted(tails, there))
        if pile:
            previous[number] = piles[pile - 1]
        if pile == len(tails):
            tails.append(there)
            piles.append(number)
        else:
            tails[pile] = there
            piles[pile] = number
    chain = []
    number = piles[-1] if piles else -1
    while number >= 0:
        chain.append(hits[number])
        number = previous[number]
    return chain[::-1]


def _align(
    index: Index,
    quoted: Sequence[QuotedWord],
    offset: int,
    start: int,
    end: int,
    *,
    is_open_left: bool,
    is_open_right: bool,
) -> Alignment:
    """Fill the table of least costs row by row, then walk back through it.

    *Shape:* the table is (quoted words + 1, source words + 1); a row is a quoted word.
    """
    window = index.ids[start:end]
    places = np.arange(len(window) + 1)
    changes = _price_changes(index, quoted, window)
    joined = _find_joined(index, quoted, start, end)
    table = np.empty((len(quoted) + 1, len(window) + 1))
    before_gap = np.empty_like(table)  # the least cost of paths that do not end in a gap
    before_gap[0] = 0.0 if is_open_left else np.where(places == 0, 0.0, _NEVER)
    table[0] = before_gap[0] if is_open_left else _widen(before_gap[0], places)
    for row in range(1, len(quoted) + 1):
        best = table[row - 1] + INSERTED
        np.minimum(best[1:], table[row - 1, :-1] + changes[row - 1], out=best[1:])
        for quoted_count, source_count, ends in joined.get(row, ()):
            came = table[row - quoted_count, ends - source_count]
            best[ends] = np.minimum(best[ends], came)
        before_gap[row] = best
        table[row] = _widen(best, places)
    last = int(np.argmin(before_gap[-1])) if is_open_right else len(window)
    steps = [
        Step(
            step.kind,
            step.source_start + start,
            step.source_end + start,
            step.quoted_start + offset,
            step.quoted_end + offset,
        )
        for step in _walk_back(table, before_gap, changes, joined, last)
    ][::-1]
    if is_open_left and steps and steps[0].kind is StepKind.DROPPED:
        steps = steps[1:]
    cost = float((before_gap if is_open_right else table)[-1, last])
    first = steps[0].source_start if steps else start
    return Alignment(first, start + last, cost, tuple(steps))


def _widen(best: NDArray[np.float64], places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Let each path leave out source words: the least over all gaps that end at each place."""
    opened = np.minimum.accumulate(best - GAP_WIDENED * places)
    row = best.copy()
    np.minimum(row[1:], opened[:-1] + GAP_OPENED + GAP_WIDENED * places[1:], out=row[1:])
    return row


def _walk_back(
    table: NDArray[np.float64],
    before_gap: NDArray[np.float64],
    changes: NDArray[np.float64],
    joined: dict[int, list[tuple[int, int, NDArray[np.int64]]]],
    last: int,
) -> Iterator[Step]:
    """Yield the steps of the cheapest path, from its end to its start."""
    row, place = len(table) - 1, last
    is_gap_done = False
    while row > 0 or table[0, place] < before_gap[0, place] - _EQUAL:
        cost = table[row, place]
        if not is_gap_done and cost < before_gap[row, place] - _EQUAL:
            came = before_gap[row, :place] + GAP_WIDENED * (place - np.arange(place))
            start = place - 1 - int(np.argmin(came[::-1]))
            yield Step(StepKind.DROPPED, start, place, row, row)
            place, is_gap_done = start, True
            continue
        is_gap_done = False
        cost = before_gap[row, place]
        for quoted_count, source_count, ends in joined.get(row, ()):
            is_here = place in ends
            if is_here and abs(table[row - quoted_count, place - source_count] - cost) < _EQUAL:
                break
        else:
            quoted_count, source_count = 1, 1
            change = changes[row - 1, place - 1] if place else _NEVER
            if place and abs(table[row - 1, place - 1] + change - cost) < _EQUAL:
                kind = {0.0: StepKind.SAME, INFLECTED: StepKind.INFLECTED}.get(
                    float(change), StepKind.REPLACED
                )
            else:
                kind, source_count = StepKind.ADDED, 0
            yield Step(kind, place - source_count, place, row - 1, row)
            row, place = row - 1, place - source_count
            continue
        yield Step(StepKind.SAME, place - source_count, place, row - quoted_count, row)
        row, place = row - quoted_count, place - source_count


def _price_changes(
    index: Index, quoted: Sequence[QuotedWord], window: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Say what it costs to read each source word as each quoted one. *Shape:* (quoted, window)."""
    numbers, inverse = np.unique(window, return_inverse=True)
    lexicon = index.lexicon
    there = [lexicon[number] for number in numbers.tolist()]
    costs = np.full((len(quoted), len(numbers)), REPLACED)
    if there and quoted:
        keys = [word.key for word in quoted]
        alike = process.cdist(keys, there, scorer=fuzz.ratio, score_cutoff=INFLECTION_RATIO)
        for row, column in np.argwhere(alike > 0).tolist():
            if _is_form(keys[row], there[column]):
                costs[row, column] = INFLECTED
    for row, word in enumerate(quoted):
        for number in word.ids:
            costs[row, numbers == number] = 0.0
    return costs[:, inverse]


def _is_form(one: str, other: str) -> bool:
    shared = min(3, len(one), len(other))
    return one[:shared] == other[:shared] and one.isalpha() and other.isalpha()


def _find_joined(
    index: Index, quoted: Sequence[QuotedWord], start: int, end: int
) -> dict[int, list[tuple[int, int, NDArray[np.int64]]]]:
    """Find words that are written as one here and as two there: exam-ple, web site.

    Returns:
        By the row where the step ends: how many quoted words, how many source words, and the
        places where it can end.
    """
    joined: dict[int, list[tuple[int, int, NDArray[np.int64]]]] = {}
    window = index.ids[start:end]
    for row in range(2, len(quoted) + 1):
        number = index.vocabulary.get(quoted[row - 2].key + quoted[row - 1].key)
        if number is not None and len(ends := np.flatnonzero(window == number) + 1):
            joined.setdefault(row, []).append((2, 1, ends))
    keys = index.words.keys[start:end]
    pairs: dict[str, list[int]] = {}
    wanted = {word.key for word in quoted}
    for place in range(2, len(keys) + 1):
        pair = keys[place - 2] + keys[place - 1]
        if pair in wanted:
            pairs.setdefault(pair, []).append(place)
    if pairs:
        for row, word in enumerate(quoted, start=1):
            if word.key in pairs:
                joined.setdefault(row, []).append((1, 2, np.array(pairs[word.key])))
    return joined
