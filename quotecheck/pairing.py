"""The two texts side by side: which quoted word is which, and what each text resolves to."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

from quotecheck.records import Mention, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quotecheck.antecedents import Resolution
    from quotecheck.claim import Claim
    from quotecheck.links import Link
    from quotecheck.mentions import NounPhrase
    from quotecheck.records import Match, Reading

_WORD = re.compile(r"\w+")


# Words in a row, from which on the quoter's own words are those of the source.
COPIED_WORDS = 5


class Alignment:
    """Which word of the source each quoted word is, for the fragments that were found.

    The quoter's own words can be the source's as well, without marks: `to_copied` finds those.
    """

    def __init__(
        self,
        claim: Claim,
        matches: tuple[Match, ...],
        text: str,
        passage: str,
        stretches: tuple[Reading, ...],
    ) -> None:
        self._claim = claim
        self._stretches = stretches
        self._pairs: list[tuple[Span, Span]] = []  # source, passage
        for match in matches:
            pieces = claim.fragments[match.fragment].pieces
            for piece, segment in zip(pieces, match.segments, strict=True):
                self._pairs += _align(text, segment, passage, piece.span)
        self._pairs.sort()
        self._starts = [pair[0].start for pair in self._pairs]

    def to_passage(self, offset: int) -> Span | None:
        """Return the quoted word that stands for the source's word at `offset`."""
        at = bisect_right(self._starts, offset) - 1
        if at < 0 or offset >= self._pairs[at][0].end:
            return None
        return self._pairs[at][1]

    @cached_property
    def _by_passage(self) -> dict[int, Span]:
        return {quoted.start: there for there, quoted in self._pairs}

    def to_source(self, offset: int) -> Span | None:
        """Return the source's word for the quoted word that starts at `offset`."""
        return self._by_passage.get(offset)

    @cached_property
    def _copies(self) -> dict[int, Span]:
        """The source's words for the quoter's own, by where these start."""
        fragments = [f.span for f in self._claim.fragments]
        passage = self._claim.passage
        own = [
            span
            for span in (Span(*m.span()) for m in _WORD.finditer(passage))
            if not any(f.holds(span) for f in fragments)
        ]
        found: dict[int, Span] = {}
        for stretch in self._stretches:
            text, offset = stretch.doc.text, stretch.span.start
            there = [Span(*m.span()) for m in _WORD.finditer(text)]
            matcher = difflib.SequenceMatcher(
                None,
                [s.of(text).casefold() for s in there],
                [s.of(passage).casefold() for s in own],
                autojunk=False,
            )
            for block in matcher.get_matching_blocks():
                for step in range(block.size if block.size >= COPIED_WORDS else 0):
                    word = there[block.a + step]
                    found[own[block.b + step].start] = Span(word.start + offset, word.end + offset)
        return found

    def to_copied(self, offset: int) -> Span | None:
        """Return the source's word for the quoter's own word that starts at `offset`."""
        return self._copies.get(offset)


def _align(text: str, segment: Span, passage: str, piece: Span) -> Iterator[tuple[Span, Span]]:
    there = [Span(*m.span()) for m in _WORD.finditer(text, segment.start, segment.end)]
    here = [Span(*m.span()) for m in _WORD.finditer(passage, piece.start, piece.end)]
    matcher = difflib.SequenceMatcher(
        None,
        [s.of(text).casefold() for s in there],
        [s.of(passage).casefold() for s in here],
        autojunk=False,
    )
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            yield there[block.a + step], here[block.b + step]


class Side:
    """A resolved text with offsets into the whole of it."""

    def __init__(self, reading: Reading, resolution: Resolution) -> None:
        self.reading = reading
        self.resolution = resolution
        self.doc = reading.doc
        self.phrases = resolution.phrases

    def span(self, phrase: NounPhrase) -> Span:
        """Return the place of a phrase in the whole text."""
        last = self.doc[phrase.end - 1]
        return self.reading.place(self.doc[phrase.start].idx, last.idx + len(last))

    def root_offset(self, phrase: NounPhrase) -> int:
        """Return where the head word of a phrase starts in the whole text."""
        return self.doc[phrase.root].idx + self.reading.span.start

    def mention(self, phrase: NounPhrase) -> Mention:
        """Return a phrase as a mention."""
        span = self.span(phrase)
        return Mention(span.of(self.reading.original), span)

    def entity(self, phrase: NounPhrase) -> int:
        """Return the number of the entity that a phrase is about."""
        return self.resolution.entities[phrase.number_in_text]

    def phrase_at(self, offset: int) -> NounPhrase | None:
        """Return the phrase whose head word holds the offset."""
        for phrase in self.phrases:
            start = self.root_offset(phrase)
            if start <= offset < start + len(self.doc[phrase.root]):
                return phrase
        return None

    def confidence(self, phrase: NounPhrase) -> float:
        """Return how sure it is what the phrase takes up, back to its name or its set."""
        sure, number, seen = 1.0, phrase.number_in_text, set[int]()
        while number not in seen and (link := self.resolution.links.get(number)) is not None:
            seen.add(number)
            sure *= link.confidence
            if len(link.antecedents) > 1:
                break
            number = link.antecedents[0]
        return sure

    @cached_property
    def _origins(self) -> list[dict[int, float]]:
        """For each phrase, what it may go back to in the end, with the probability of each.

        A pronoun goes back by way of pronouns to something that stands for itself.
        """
        origins: list[dict[int, float]] = []
        anchors: list[dict[int, float]] = []
        for phrase in self.phrases:
            origin = _mix(self.resolution.choices.get(phrase.number_in_text, ()), anchors)
            origins.append(origin)
            leans = bool(origin) and phrase.needs_antecedent
            anchors.append(origin if leans else {phrase.number_in_text: 1.0})
        return origins

    def chance(self, phrase: NounPhrase, entities: set[int]) -> float:
        """Return how likely the phrase goes back to one of these entities, in [0, 1]."""
        return sum(
            chance
            for number, chance in self._origins[phrase.number_in_text].items()
            if self.resolution.entities[number] in entities
        )

    def affinity(self, one: set[int], other: set[int]) -> float:
        """Return how likely some mention of one lot of entities takes up the other, in [0, 1]."""
        return max(
            (
                self.chance(phrase, to)
                for phrase in self.phrases
                for of, to in ((one, other), (other, one))
                if self.entity(phrase) in of
            ),
            default=0.0,
        )

    def linked(self, phrase: NounPhrase) -> float:
        """Return how likely the phrase takes up anything, in [0, 1]."""
        number = phrase.number_in_text
        choices = self.resolution.choices.get(number)
        if choices:
            return sum(choice.confidence for choice in choices)
        link = self.resolution.links.get(number)
        return 1.0 if link is None else link.confidence

    def sureness(self, phrase: NounPhrase, entities: set[int]) -> float:
        """Return how sure it is that the phrase means the entities that it was linked to."""
        number = phrase.number_in_text
        link = self.resolution.links.get(number)
        if link is None:
            return 1.0
        if len(link.antecedents) > 1 or not self.resolution.choices.get(number):
            return link.confidence
        return self.chance(phrase, entities)

    def members(self, phrase: NounPhrase) -> list[NounPhrase]:
        """Return what a phrase takes up in the end: one phrase for each entity of the set."""
        found: dict[int, NounPhrase] = {}
        todo, seen = [phrase], set()
        while todo:
            current = todo.pop(0)
            if current.number_in_text in seen:
                continue
            seen.add(current.number_in_text)
            link = self.resolution.links.get(current.number_in_text)
            if link is not None:
                todo += [self.phrases[n] for n in link.antecedents]
            else:
                found.setdefault(self.entity(current), current)
        return list(found.values())

    def names(self, phrase: NounPhrase) -> list[NounPhrase]:
        """Return the phrases given as examples of a group, wherever it is mentioned."""
        members = self.resolution.members
        return [
            self.phrases[n]
            for mention in self.resolution.mentions_of(self.entity(phrase))
            for n in members.get(mention.number_in_text, ())
        ]


def _mix(choices: Sequence[Link], anchors: Sequence[dict[int, float]]) -> dict[int, float]:
    """Add up what the choices of an expression go back to."""
    mixed: dict[int, float] = {}
    for choice in choices:
        for antecedent in choice.antecedents:
            for number, chance in anchors[antecedent].items():
                share = chance * choice.confidence / len(choice.antecedents)
                mixed[number] = mixed.get(number, 0.0) + share
    return mixed
