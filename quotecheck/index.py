"""The words of a source as numbers, so that arrays can search them in linear time."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from quotecheck.normalize import Words

# A stretch is looked at where it shares this much with the quotation, by weight. Sentences with
# half of their words changed share more; low, since the alignment decides and this saves it time.
LIKELY_SHARE: Final = 0.35
# How many words more than the quotation such a stretch has, beside half of the quotation's own.
SLACK_WORDS: Final = 8


@dataclass(frozen=True, slots=True)
class QuotedWord:
    """A quoted word, and the numbers of the source's words that it can stand for (often one)."""

    key: str
    ids: tuple[int, ...]


@dataclass(frozen=True)
class Index:
    """The words of a source as numbers, so that arrays can search them.

    Attributes:
        words: The words with their offsets.
        vocabulary: The number of each different word.
        ids: The words' numbers. *Shape:* (n,), int32.
    """

    words: Words
    vocabulary: dict[str, int] = field(repr=False)
    ids: NDArray[np.int32] = field(repr=False)

    @classmethod
    def of(cls, words: Words) -> Index:
        """Number the words of a source."""
        vocabulary: dict[str, int] = {}
        numbers = [vocabulary.setdefault(key, len(vocabulary)) for key in words.keys]
        return cls(words, vocabulary, np.array(numbers, dtype=np.int32))

    @cached_property
    def lexicon(self) -> list[str]:
        """The word of each number."""
        return list(self.vocabulary)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How often each word occurs. *Shape:* (vocabulary,), int64."""
        return np.bincount(self.ids, minlength=len(self.vocabulary))

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """How much a word says about where it stands: rare ones much, the commonest little.

        *Shape:* (vocabulary + 1,), float64 in (0, 1]; the last is for words that do not occur.
        """
        rarity = np.log((len(self.ids) + 1) / self.counts) / np.log(len(self.ids) + 2)
        return np.append(np.maximum(rarity, 0.02), 1.0)

    def read(self, keys: Sequence[str], stems: dict[int, tuple[str, str]]) -> list[QuotedWord]:
        """Look quoted words up.

        Args:
            keys: The words, folded.
            stems: For words with letters in brackets, by place: what stands before the bracket
                and what after it, which is all that the source's word must have.
        """
        quoted = []
        for place, key in enumerate(keys):
            number = self.vocabulary.get(key)
            ids: tuple[int, ...] = () if number is None else (number,)
            if place in stems:
                before, after = stems[place]
                ids = tuple(
                    n
                    for word, n in self.vocabulary.items()
                    if word.startswith(before) and word.endswith(after) and len(word) >= len(before)
                )
            quoted.append(QuotedWord(key, ids))
        return quoted

    def find_all(self, quoted: Sequence[QuotedWord]) -> NDArray[np.int64]:
        """Find every place where the quoted words stand one after another.

        Returns:
            The places' first words. *Shape:* (n,), int64, rising.
        """
        none = np.empty(0, dtype=np.int64)
        if any(not word.ids for word in quoted) or len(quoted) > len(self.ids):
            return none
        by_rarity = sorted(
            range(len(quoted)), key=lambda place: sum(self.counts[n] for n in quoted[place].ids)
        )
        starts = none
        for rank, place in enumerate(by_rarity):
            ids = quoted[place].ids
            if rank == 0:
                starts = np.flatnonzero(_is_any(self.ids, ids)) - place
                starts = starts[(starts >= 0) & (starts + len(quoted) <= len(self.ids))]
            else:
                starts = starts[_is_any(self.ids[starts + place], ids)]
            if not len(starts):
                return none
        return starts

    def weigh(self, quoted: Sequence[QuotedWord]) -> float:
        """Add up the weights of quoted words."""
        return float(sum(self.weights[word.ids[0] if word.ids else -1] for word in quoted))

    def find_likely(self, quoted: Sequence[QuotedWord], most: int) -> Iterator[tuple[int, int]]:
        """Yield the stretches of the source that share the most with the quoted words, best first.

        Rare words weigh more than common ones, and two words side by side as on the page count
        again. Linear in the length of the source.

        Args:
            quoted: The words to look for.
            most: How many stretches to yield at most.

        Yields:
            The first word and the one after the last.
        """
        length = min(len(self.ids), len(quoted) + len(quoted) // 2 + SLACK_WORDS)
        if not length:
            return
        votes = np.zeros(len(self.vocabulary))
        for word in quoted:
            votes[list(word.ids)] = self.weights[list(word.ids)]
        hits = votes[self.ids]
        size = len(self.vocabulary)
        pairs = {
            one * size + other
            for before, after in itertools.pairwise(quoted)
            for one in before.ids[:1]
            for other in after.ids[:1]
        }
        places = np.flatnonzero((hits[:-1] > 0) & (hits[1:] > 0))
        seen = self.ids[places].astype(np.int64) * size + self.ids[places + 1]
        side_by_side = places[np.isin(seen, list(pairs))]
        hits[side_by_side] += (
            votes[self.ids[side_by_side]] + votes[self.ids[side_by_side + 1]]
        ) / 2
        total = np.concatenate([[0.0], np.cumsum(hits)])
        sums = total[length:] - total[:-length]
        for _ in range(most):
            peak = int(np.argmax(sums))
            if sums[peak] < LIKELY_SHARE * self.weigh(quoted):
                return
            yield peak, peak + length
            sums[max(0, peak - length) : peak + length] = -1.0


def _is_any(numbers: NDArray[np.int32], ids: tuple[int, ...]) -> NDArray[np.bool_]:
    return numbers == ids[0] if len(ids) == 1 else np.isin(numbers, ids)
