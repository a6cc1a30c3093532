"""Plurals that take up several groups at once: the same firms, both unions, airports in general.

No annotation of coreference teaches these: its chains have one antecedent a link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from quotecheck.links import Link, are_contrasted
from quotecheck.mentions import Animacy, MentionKind, NounPhrase, Number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from spacy.tokens import Doc

# Sentences back, within which a reader still has a group in mind; a plural that says of itself that
# it gathers (*both*, *the same*) reaches farther.
GROUP_REACH = 6
GATHERING_REACH = 10
# Sentences between two groups that are set against each other, and between those that a gathering
# plural joins.
CONTRAST_REACH = 2
GATHERED_REACH = 4
# Sentences back to two names joined by *and*: forgotten sooner than a group.
PAIR_REACH = 3
# Cosine from which on two head nouns can name the same kind of thing: company and firm have 0.70,
# company and rule 0.29,
# company and office 0.54.
ALIKE = 0.6
# Probability that a group takes up another, from which on they are not two.
ONE_GROUP = 0.2

# Nouns for those who trade, make and run things: each can take up another.
ORGANIZATION_NOUNS = frozenset(
    [
        *("company", "firm", "business", "group", "agency", "bank", "organization", "organisation"),
        *("maker", "manufacturer", "producer", "supplier", "operator", "provider", "vendor"),
        *("startup", "start-up", "giant", "corporation", "developer", "builder", "carrier"),
        *("retailer", "employer", "lender", "insurer", "publisher", "brand", "chain", "player"),
        *("newcomer", "incumbent", "rival", "competitor", "utility", "enterprise", "outfit"),
    ]
)
# Nouns so wide that they take up whatever people have founded.
_WIDEST = frozenset(
    [
        *("institution", "organization", "organisation", "body", "group", "service", "provider"),
        *("operator", "outfit", "enterprise", "player", "establishment", "undertaking"),
    ]
)
_FOUNDED = ORGANIZATION_NOUNS | frozenset(
    [
        *("association", "airline", "authority", "broadcaster", "channel", "charity", "church"),
        *("clinic", "club", "college", "cooperative", "council", "court", "department"),
        *("discounter", "factory", "foundation", "fund", "hospital", "hotel", "institute"),
        *("laboratory", "library", "mill", "ministry", "museum", "network", "newspaper", "office"),
        *("party", "plant", "platform", "railway", "restaurant", "school", "shop", "society"),
        *("station", "store", "studio", "supermarket", "theatre", "trust", "union", "university"),
    ]
)
_GATHERING = frozenset(["same", "both", "all", "such"])
_KINDS = frozenset(["kind", "sort", "type", "rank", "side", "stripe", "camp"])


class Similarity(Protocol):
    """Says how near in meaning words are."""

    def __call__(self, text: str, others: Sequence[str]) -> Sequence[float]:
        """Return the cosine in [-1, 1] of `text` with each of `others`."""


class SetFinder:
    """Finds what plurals take up while the links of a doc are drawn from left to right.

    Args:
        doc: the text.
        phrases: its referring expressions.
        links: what was linked so far; it grows.
        similarity: nearness in meaning, for head nouns that differ.
        chance: probability in [0, 1] that one phrase takes up another's entity.
    """

    def __init__(
        self,
        doc: Doc,
        phrases: Sequence[NounPhrase],
        links: dict[int, Link],
        similarity: Similarity,
        chance: Callable[[NounPhrase, NounPhrase], float],
    ) -> None:
        self._doc = doc
        self._phrases = phrases
        self._links = links
        self._similarity = similarity
        self._chance = chance

    def alike(self, phrase: NounPhrase, candidates: Sequence[NounPhrase]) -> list[NounPhrase]:
        """Return the candidates whose head names the same kind of thing, in their order."""
        nouns = [
            c
            for c in candidates
            if c.kind in {MentionKind.NOUN, MentionKind.DEFINITE, MentionKind.TAKEN_UP}
        ]
        if not nouns:
            return []
        heads = sorted({c.lemma for c in nouns})
        near = dict(zip(heads, self._similarity(phrase.lemma, heads), strict=True))
        are_firms = phrase.lemma in ORGANIZATION_NOUNS
        is_widest = phrase.lemma in _WIDEST
        return [
            c
            for c in nouns
            if c.lemma == phrase.lemma
            or near[c.lemma] >= ALIKE
            or (are_firms and c.lemma in ORGANIZATION_NOUNS)
            or (is_widest and c.lemma in _FOUNDED)
        ]

    def find(self, phrase: NounPhrase, candidates: Sequence[NounPhrase]) -> Link | None:
        """Find all that a plural like *these firms*, *the same firms*, *both firms* joins.

        Args:
            phrase: the plural.
            candidates: what stands before it, the nearest first.
        """
        openers = {t.lower_ for t in self._doc[phrase.start : phrase.root]}
        is_gathering, is_both = bool(openers & _GATHERING), "both" in openers
        reach = GATHERING_REACH if is_gathering else GROUP_REACH
        recent = [c for c in candidates if phrase.sentence - c.sentence <= reach]
        plurals = [c for c in recent if c.number is Number.PLURAL]
        alike = [
            c
            for c in self.alike(phrase, plurals)
            if not self._is_summary(c) and not (is_both and self._is_of_other_count(c))
        ]
        pair = self._pair(phrase, recent, alike)
        if pair is not None:
            return pair
        if not alike:
            return None
        nearest = alike[0]
        if self._links.get(nearest.number_in_text) and nearest.kind is MentionKind.TAKEN_UP:
            return Link((nearest.number_in_text,), 0.85)
        groups = self._contrasted(alike)
        if is_gathering:
            gathered = self._gathered(alike)
            groups = max(groups, gathered[:2] if is_both else gathered, key=len)
        if len(groups) > 1:
            return Link(tuple(c.number_in_text for c in reversed(groups)), 0.7)
        return Link((nearest.number_in_text,), 0.85)

    def find_generic(self, phrase: NounPhrase, candidates: Iterable[NounPhrase]) -> Link | None:
        """Link a bare plural (*companies tend to …*) to what is under discussion.

        That is a plural that takes such up, or several groups of them; a single group is named for
        being less than all of its kind.
        """
        if phrase.number is not Number.PLURAL or not phrase.is_bare or not phrase.is_subject:
            return None
        if phrase.modifiers or phrase.names:
            return None
        same = [c for c in candidates if c.lemma == phrase.lemma and c.number is Number.PLURAL]
        for other in same:
            if phrase.sentence - other.sentence <= CONTRAST_REACH and (
                other.kind is MentionKind.TAKEN_UP
            ):
                return Link((other.number_in_text,), 0.75)
        groups = self._gathered(same)
        if len(groups) > 1:
            return Link(tuple(c.number_in_text for c in reversed(groups)), 0.6)
        return None

    def _pair(
        self, phrase: NounPhrase, recent: Sequence[NounPhrase], alike: Sequence[NounPhrase]
    ) -> Link | None:
        """Find two joined by *and* that a plural takes up, or the groups that they sum up."""
        for pair in recent:
            if not pair.conjuncts or phrase.sentence - pair.sentence > PAIR_REACH:
                continue
            parts = (pair, *(self._phrases[n] for n in pair.conjuncts))
            if alike and alike[0].start > parts[-1].end and alike[0].sentence > pair.sentence:
                return None
            if self._fits(phrase, parts, alike):
                is_summary = not any(p.modifiers or p.names for p in parts)
                groups = self._contrasted([a for a in alike if a not in parts])
                if is_summary and len(groups) == len(parts):
                    return Link(tuple(p.number_in_text for p in reversed(groups)), 0.75)
                return Link(tuple(p.number_in_text for p in parts), 0.8)
        return None

    def _fits(
        self, phrase: NounPhrase, parts: Sequence[NounPhrase], alike: Sequence[NounPhrase]
    ) -> bool:
        """Say whether a coordination can be what the plural joins."""
        if all(p in alike for p in parts):
            return True
        names = [p for p in parts if p.names]
        if len(names) == len(parts):
            is_person = phrase.animacy is Animacy.PERSON
            return all((p.animacy is Animacy.PERSON) is is_person for p in parts) and (
                is_person or phrase.lemma in ORGANIZATION_NOUNS
            )
        alike_parts = sum(p in alike for p in parts)
        return alike_parts > 0 and all(p.number is Number.PLURAL for p in parts)

    def _contrasted(self, alike: Sequence[NounPhrase]) -> list[NounPhrase]:
        """Return the nearest group and those set against it: the newer firms, the older ones."""
        groups = list(alike[:1])
        for other in alike[1:]:
            is_other = all(
                self._chance(g, other) < ONE_GROUP and are_contrasted(other, g) for g in groups
            )
            if is_other and groups[0].sentence - other.sentence <= CONTRAST_REACH:
                groups.append(other)
        return groups

    def _gathered(self, alike: Sequence[NounPhrase]) -> list[NounPhrase]:
        """Return all the groups that a plural gathers, the nearest first."""
        groups: list[NounPhrase] = []
        for other in alike:
            if other.is_bare and not other.modifiers:
                continue  # all of its kind, as in a headline
            is_near = not groups or groups[-1].sentence - other.sentence <= GATHERED_REACH
            if is_near and all(self._are_apart(g, other) for g in groups):
                groups.append(other)
        return groups

    def _are_apart(self, later: NounPhrase, earlier: NounPhrase) -> bool:
        """Say whether two groups are two, by all that narrows them and by their links."""
        is_narrowed = bool(later.modifiers) and bool(earlier.modifiers)
        return (
            is_narrowed
            and not later.modifiers & earlier.modifiers
            and later.kind is not MentionKind.TAKEN_UP
            and self._chance(later, earlier) < ONE_GROUP
        )

    def _is_of_other_count(self, phrase: NounPhrase) -> bool:
        """Say whether a plural is counted, and not as two: *both* are not three."""
        counted = [c.lower_ for c in self._doc[phrase.root].children if c.dep_ == "nummod"]
        return any(word not in {"two", "2"} for word in counted)

    def _is_summary(self, phrase: NounPhrase) -> bool:
        """Say whether a plural itself sums up groups: firms of all kinds, both sides."""
        root = self._doc[phrase.root]
        return any(c.dep_ == "nmod" and c.lemma_.lower() in _KINDS for c in root.children)
