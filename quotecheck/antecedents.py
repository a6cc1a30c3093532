"""What each expression of one text takes up.

The coreference component says how likely each antecedent is. A walk from left to right draws the
links: names also by their words, and, which no annotation teaches, plurals that take up several
groups at once and bare plurals that take up the group under discussion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quotecheck.links import Link, agree, are_contrasted, are_same_name, is_part
from quotecheck.mentions import (
    TIME_UNITS,
    MentionKind,
    NounPhrase,
    Number,
    is_reflexive,
    read_mentions,
)
from quotecheck.sets import GATHERING_REACH, ORGANIZATION_NOUNS, SetFinder, Similarity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Doc, Token

    from quotecheck.coref.clusters import Coreference, CorefMention

# Sentences back, within which a reader still has somebody in mind: in GUM's training part 88 in 100
# noun phrases were preceded by a mention of the same at most eight sentences back.
NOUN_REACH = 8
# Sentences back, within which a reader in a hurry finds a subject for a pronoun, and how sure it is
# that this is the reading: nobody has measured it, so it is said with reserve.
FIRST_SIGHT_REACH = 2
FIRST_SIGHT = 0.6
# Cosine from which on two phrases that share a modifier can name the same group.
SAME_PHRASE = 0.6
# Names and nouns that fit by their words are hardly ever another's.
SURE_BY_WORDS = 0.9

_FOR_EXAMPLE = ("for example", "for instance", "one example", "among them", "as an example")


@dataclass(frozen=True, slots=True)
class Resolution:
    """The referring expressions of one doc and what they take up.

    `entities[n]` is the number of the entity of phrase `n`; phrases with the same number are the
    same one. `members` names, for a group, the phrases given as examples of it. `orphans` gives
    how likely an expression has no antecedent in the text, in [0, 1], and `choices` all that it
    may take up.
    """

    doc: Doc
    phrases: tuple[NounPhrase, ...]
    links: dict[int, Link]
    entities: tuple[int, ...]
    members: dict[int, tuple[int, ...]]
    never: frozenset[int]
    orphans: dict[int, float] = field(default_factory=dict)
    choices: dict[int, tuple[Link, ...]] = field(default_factory=dict)

    def mentions_of(self, entity: int) -> tuple[NounPhrase, ...]:
        """Return all phrases for one entity, in order."""
        return tuple(p for p, e in zip(self.phrases, self.entities, strict=True) if e == entity)

    def text(self, phrase: NounPhrase) -> str:
        """Return the words of a phrase."""
        return self.doc[phrase.start : phrase.end].text


def resolve(
    doc: Doc,
    similarity: Similarity,
    *,
    never: frozenset[int] = frozenset(),
    is_excerpt: bool = False,
) -> Resolution:
    """Find out what each expression takes up.

    Args:
        doc: Parsed, tagged, with sentences and entities.
        similarity: Nearness in meaning, for head nouns that differ.
        never: Numbers of head tokens that nothing may take up: who reports, rather than who is
            reported on.
        is_excerpt: Something may have been cut out. A reader who cannot know that takes the subject
            before a pronoun for it, even where the component would rather say that somebody is
            missing.
    """
    return _Walk(doc, similarity, never, is_excerpt=is_excerpt).finish()


class _Walk:
    """One pass over a doc, from left to right."""

    def __init__(
        self, doc: Doc, similarity: Similarity, never: frozenset[int], *, is_excerpt: bool
    ) -> None:
        self._is_excerpt = is_excerpt
        self._doc = doc
        self._similarity = similarity
        self._never = never
        self._phrases = read_mentions(doc)
        self._entities = list(range(len(self._phrases)))
        self._links: dict[int, Link] = {}
        self._members = {n: p.examples for n, p in enumerate(self._phrases) if p.examples}
        self._sentences = list(doc.sents)
        self._found: Coreference = doc._.coreference
        self._at_root = {p.root: p.number_in_text for p in self._phrases}
        self._orphans: dict[int, float] = {}
        self._choices: dict[int, tuple[Link, ...]] = {}
        self._sets = SetFinder(doc, self._phrases, self._links, similarity, self._chance)

    def finish(self) -> Resolution:
        for phrase in self._phrases:
            self._read_examples(phrase)
            for other in phrase.described_by:
                self._join(phrase.number_in_text, other)
            # “The same source” is what is quoted, and nothing in it.
            is_reporter = phrase.root in self._never and phrase.kind is not MentionKind.NAME
            link = None if is_reporter else self._link(phrase)
            if link and link.antecedents:
                self._links[phrase.number_in_text] = link
                if len(link.antecedents) == 1:
                    self._join(link.antecedents[0], phrase.number_in_text)
        return Resolution(
            self._doc,
            self._phrases,
            self._links,
            tuple(self._entities),
            self._members,
            self._never,
            self._orphans,
            self._choices,
        )

    def _chance(self, phrase: NounPhrase, other: NounPhrase) -> float:
        """Say how likely one phrase takes up another's entity; 1 where they are one by now."""
        entity = self._entities[other.number_in_text]
        if self._entities[phrase.number_in_text] == entity:
            return 1.0
        return sum(
            choice.confidence
            for choice in self._choices.get(phrase.number_in_text, ())
            if any(self._entities[n] == entity for n in choice.antecedents)
        )

    def _join(self, first: int, second: int) -> None:
        old, new = self._entities[second], self._entities[first]
        self._entities = [new if e == old else e for e in self._entities]

    def _link(self, phrase: NounPhrase) -> Link | None:
        match phrase.kind:
            case MentionKind.NAME:
                return self._by_name(phrase)
            case MentionKind.PRONOUN:
                return self._by_chance(phrase)
            case MentionKind.TAKEN_UP:
                return self._taken_up(phrase)
            case MentionKind.DEFINITE:
                return self._definite(phrase)
            case MentionKind.NOUN:
                return self._sets.find_generic(phrase, self._before(phrase, GATHERING_REACH))
            case MentionKind.DEMONSTRATIVE:
                return None  # a clause more often than a thing: the comparison looks at those

    def _before(self, phrase: NounPhrase, reach: int) -> Iterator[NounPhrase]:
        """Give the phrases that may be taken up, nearest first."""
        for other in reversed(self._phrases[: phrase.number_in_text]):
            if phrase.sentence - other.sentence > reach:
                return
            if other.root not in self._never and other.end <= phrase.start:
                yield other

    # --- what the component says ---------------------------------------------------------------

    def _by_chance(self, phrase: NounPhrase) -> Link | None:
        """Take the entity that the coreference component holds likeliest, if any."""
        mention = self._found.at(phrase.root)
        if mention is None:
            return self._otherwise(phrase)
        chances: dict[tuple[int, ...], float] = {}
        nearest: dict[tuple[int, ...], tuple[int, ...]] = {}
        for choice in self._weigh(phrase, mention):
            numbers = choice.antecedents
            entity = tuple(self._entities[n] for n in numbers)
            chances[entity] = chances.get(entity, 0.0) + choice.confidence
            if entity not in nearest or numbers > nearest[entity]:
                nearest[entity] = numbers
        none = 1.0 - sum(chances.values())
        self._orphans[phrase.number_in_text] = none
        best = max(chances, key=lambda e: chances[e], default=None)
        joined = self._parts(phrase, mention)
        if joined is not None and joined.confidence > max(none, chances.get(best or (), 0.0)):
            return joined
        if best is None or chances[best] < none:
            return self._otherwise(phrase)
        return Link(nearest[best], chances[best])

    def _parts(self, phrase: NounPhrase, mention: CorefMention) -> Link | None:
        """Give what a plural joins where no single expression says it (split antecedents)."""
        found = [
            (self._phrases_at(self._found.mentions[part.mention].head), part.probability)
            for part in mention.parts
        ]
        numbers = tuple(sorted({n for phrases, _ in found for n in phrases}))
        entities = {self._entities[n] for n in numbers}
        if len(entities) < 2 or not all(phrases for phrases, _ in found):  # noqa: PLR2004  # one is no union
            return None
        if any(self._phrases[n].root in self._never or n >= phrase.number_in_text for n in numbers):
            return None
        return Link(numbers, min(probability for _, probability in found))

    def _weigh(self, phrase: NounPhrase, mention: CorefMention) -> tuple[Link, ...]:
        """Note all that an expression may take up, with the probability of each.

        What cannot be meant has no share: the rest, with having none, adds up to 1.
        """
        found = (
            Link(self._phrases_at(self._found.mentions[choice.mention].head), choice.probability)
            for choice in mention.antecedents
        )
        is_open = [f for f in found if f.antecedents and self._is_open(phrase, f.antecedents)]
        none = mention.new + mention.missing
        total = (none + sum(f.confidence for f in is_open)) or 1.0
        choices = tuple(Link(f.antecedents, f.confidence / total) for f in is_open)
        self._choices[phrase.number_in_text] = choices
        return choices

    def _otherwise(self, phrase: NounPhrase) -> Link | None:
        """Link a pronoun for which the component sees no antecedent."""
        if phrase.kind is not MentionKind.PRONOUN:
            return None
        ahead = self._looking_ahead(phrase)
        return self._at_first_sight(phrase) if ahead is None and self._is_excerpt else ahead

    def _at_first_sight(self, phrase: NounPhrase) -> Link | None:
        """Take the subject of the sentence before, as a reader in a hurry does; of two, neither."""
        fits = self._can_be if phrase.kind is MentionKind.PRONOUN else self._is_of_a_kind
        subjects = [
            other
            for other in self._before(phrase, FIRST_SIGHT_REACH)
            if other.is_subject
            and other.sentence < phrase.sentence
            and not other.needs_antecedent
            and fits(phrase, other)
        ]
        nearest = [s for s in subjects if s.sentence == subjects[0].sentence]
        if not nearest or len({self._entities[s.number_in_text] for s in nearest}) > 1:
            return None
        joined = (nearest[0].number_in_text, *nearest[0].conjuncts)
        antecedents = joined if phrase.number is Number.PLURAL else joined[:1]
        return Link(antecedents, FIRST_SIGHT)

    def _is_of_a_kind(self, phrase: NounPhrase, other: NounPhrase) -> bool:
        """Say whether the component takes two expressions for entities of one type and number."""
        one, two = self._found.at(phrase.root), self._found.at(other.root)
        return bool(one and two and one.kind == two.kind) and agree(phrase, other)

    def _phrases_at(self, head: int) -> tuple[int, ...]:
        """Return the phrases that a mention's head stands for: of a coordination, all its parts."""
        if head in self._at_root:
            return (self._at_root[head],)
        token = self._doc[head]
        if token.dep_ == "cc":
            first = self._at_root.get(token.head.head.i)
            if first is not None and self._phrases[first].conjuncts:
                return (first, *self._phrases[first].conjuncts)
        inside = [p for p in self._phrases if p.start <= head < p.end]
        return (min(inside, key=lambda p: p.end - p.start).number_in_text,) if inside else ()

    def _is_open(self, phrase: NounPhrase, numbers: tuple[int, ...]) -> bool:
        """Say whether an expression may take up some phrases."""
        others = [self._phrases[n] for n in numbers]
        if any(o.root in self._never or o.number_in_text >= phrase.number_in_text for o in others):
            return False
        if len(others) > 1:
            return True
        if phrase.kind is MentionKind.PRONOUN:
            return agree(phrase, others[0])
        entity = self._entities[numbers[0]]
        return not any(
            self._entities[other.number_in_text] == entity and are_contrasted(phrase, other)
            for other in self._phrases[: phrase.number_in_text]
        )

    # --- names and nouns -------------------------------------------------------------------------

    def _by_name(self, phrase: NounPhrase) -> Link | None:
        if (mention := self._found.at(phrase.root)) is not None:
            self._weigh(phrase, mention)
        for other in reversed(self._phrases[: phrase.number_in_text]):
            if other.kind is MentionKind.NAME and are_same_name(phrase, other):
                return Link((other.number_in_text,), SURE_BY_WORDS)
        return None

    def _taken_up(self, phrase: NounPhrase) -> Link | None:
        candidates = list(self._before(phrase, GATHERING_REACH))
        if phrase.number is Number.PLURAL and (group := self._sets.find(phrase, candidates)):
            return group
        chosen = self._by_chance(phrase)
        if chosen is not None:
            return chosen
        candidates = [c for c in candidates if phrase.sentence - c.sentence <= NOUN_REACH]
        same = [c for c in candidates if c.lemma == phrase.lemma]
        if same:
            return Link((same[0].number_in_text,), SURE_BY_WORDS)
        fitting = [
            c
            for c in candidates
            if c.sentence >= phrase.sentence - 2 and agree(phrase, c) and not is_part(c, phrase)
        ]
        alike = self._sets.alike(phrase, fitting)
        if alike:
            return Link((alike[0].number_in_text,), 0.6)
        return self._at_first_sight(phrase) if self._is_excerpt else None

    def _words(self, phrase: NounPhrase) -> str:
        return self._doc[phrase.start : phrase.end].text

    def _definite(self, phrase: NounPhrase) -> Link | None:
        chosen = self._by_chance(phrase)
        if chosen is not None:
            return chosen
        candidates = list(self._before(phrase, NOUN_REACH))
        for other in candidates:
            if (
                other.lemma == phrase.lemma
                and (not phrase.modifiers or phrase.modifiers & other.modifiers)
                and not are_contrasted(phrase, other)
            ):
                same_number = other.number is phrase.number or Number.EITHER in {
                    other.number,
                    phrase.number,
                }
                if same_number:
                    return Link((other.number_in_text,), 0.8)
        shared = [
            c
            for c in candidates
            if c.modifiers & phrase.modifiers
            and c.number is phrase.number
            and not are_contrasted(phrase, c)
        ]
        if shared:
            near = self._similarity(self._words(phrase), [self._words(c) for c in shared])
            best = max(range(len(shared)), key=lambda n: near[n])
            if near[best] >= SAME_PHRASE:
                return Link((shared[best].number_in_text,), 0.7)
        if phrase.lemma in ORGANIZATION_NOUNS and phrase.number is not Number.PLURAL:
            owners = [c for c in candidates if c.name_type == "ORG" and c.names]
            if owners:
                return Link((owners[0].number_in_text,), 0.5)
        return None

    def _read_examples(self, phrase: NounPhrase) -> None:
        """Add the subject of *For example, …* to the groups of the sentence before."""
        sentence = self._sentences[phrase.sentence]
        root = self._doc[phrase.root]
        if not phrase.is_subject or root.dep_ == "conj" or phrase.sentence == 0:
            return
        if not sentence.text.lstrip().lower().startswith(_FOR_EXAMPLE):
            return
        for group in self._phrases[: phrase.number_in_text]:
            if group.sentence == phrase.sentence - 1 and group.number is Number.PLURAL:
                known = self._members.get(group.number_in_text, ())
                self._members[group.number_in_text] = (*known, phrase.number_in_text)

    # --- pronouns --------------------------------------------------------------------------------

    def _looking_ahead(self, phrase: NounPhrase) -> Link | None:
        """Find a cataphor's antecedent: “When he arrived, the mayor …”."""
        pronoun = self._doc[phrase.root]
        head = pronoun.head
        clause = next((t for t in (head, *head.ancestors) if t.dep_.startswith("advcl")), None)
        for other in self._phrases[phrase.number_in_text + 1 :]:
            if other.sentence != phrase.sentence:
                return None
            candidate = self._doc[other.root]
            is_governed = clause is not None and candidate.head == clause.head and other.is_subject
            if is_governed and agree(phrase, other):
                return Link((other.number_in_text,), 0.7)
        return None

    def _can_be(self, phrase: NounPhrase, other: NounPhrase) -> bool:
        """Say whether a pronoun may take up a phrase before it, by agreement and by binding."""
        is_referring = other.kind is not MentionKind.DEMONSTRATIVE
        if not is_referring or other.lemma in TIME_UNITS:
            return False
        if not agree(phrase, other) or is_part(other, phrase):
            return False
        pronoun, head = self._doc[phrase.root], self._doc[other.root]
        if pronoun.dep_ == "conj" and pronoun.head == head:
            return False
        if pronoun.dep_ == "nmod:poss" or is_reflexive(self._doc, phrase):
            return True
        # What a verb's other argument names is somebody else: he saw him; she came and saw her;
        # in them they wrote.
        is_object = pronoun.dep_ in {"obj", "iobj", "obl"}
        return not (
            (pronoun.head == head.head and head.dep_ != "conj")
            or (is_object and head == _shared_subject(pronoun.head))
            or _is_inside(pronoun, head)
            or _is_inside(head, pronoun)
            or self._has_role(pronoun.head, other, phrase)
        )

    def _has_role(self, verb: Token, other: NounPhrase, phrase: NounPhrase) -> bool:
        """Say whether another mention of the same entity is an argument of the same verb."""
        entity = self._entities[other.number_in_text]
        return any(
            self._entities[p.number_in_text] == entity
            and self._doc[p.root].head == verb
            and self._doc[p.root].dep_ in {"nsubj", "obj", "iobj", "obl"}
            for p in self._phrases[: phrase.number_in_text]
        )


def _is_inside(one: Token, other: Token) -> bool:
    """Say whether `one` stands in what `other` governs, without a clause between."""
    for token in (one, *one.ancestors):
        if token == other:
            return True
        if token.dep_.startswith(("acl", "advcl", "ccomp", "csubj", "parataxis")):
            return False
    return False


def _shared_subject(verb: Token) -> Token | None:
    """Return the subject of a verb that has none of its own but shares that of another."""
    for token in (verb, *verb.ancestors):
        for child in token.children:
            if child.dep_ in {"nsubj", "nsubj:pass"}:
                return child
        if token.dep_ not in {"conj", "xcomp", "advcl"}:
            return None
    return None
