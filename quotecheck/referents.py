"""What each expression of a quotation points to, in the passage and in the source, as sets.

An expression leans on what stands around it: he, that, these firms. Where the passage leaves its
antecedent out, a reader finds another, or none. Both texts are resolved, each by itself, and what
the expression takes up in the one is held against what it takes up in the other.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quotecheck.antecedents import resolve
from quotecheck.links import agree, agree_in_animacy, are_same_name
from quotecheck.mentions import Animacy, MentionKind, NounPhrase, Number
from quotecheck.pairing import Alignment, Side
from quotecheck.records import InsertionKind, Mention, Referent, Relation, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spacy.tokens import Doc, Token
    from spacy.tokens import Span as TokenSpan

    from quotecheck.claim import Claim
    from quotecheck.encode import Encoder
    from quotecheck.records import Article, Match, Piece, Reading

# Cosine from which on two noun phrases with different heads name the same thing.
SAME_THING = 0.7
# The quoter's noun phrases that are compared with a member of a set; few passages have more.
MOST_COMPARED = 60
# Cosine from which on the quoter's own sentence retells a sentence of the source.
RETOLD = 0.45
# Cosine of two heads from which on the one may be a kind of the other: bird and cormorant, 0.5.
CANDIDATE = 0.35
# How often an expression called missing was one, by its kind: counted on 420 cases made from
# GUM's training part (96 of 105 pronouns, 26 of 39 noun phrases; the others were changed ones, none
# fair), and where the source's own antecedent was not found either, 16 of 21.
MISSING_SURE = {
    MentionKind.PRONOUN: 0.9,
    MentionKind.TAKEN_UP: 0.7,
    MentionKind.DEMONSTRATIVE: 0.5,
    MentionKind.DEFINITE: 0.5,
    MentionKind.NAME: 0.5,
    MentionKind.NOUN: 0.5,
}
MISSING_UNEXPLAINED = 0.6
# Probability of having no antecedent, from which on an expression is read as having none.
ORPHAN = 0.5
# What is left of the confidence where the one read is the nearer one in the source as well: then a
# reader of the whole may well read it so, and we may be the ones who are wrong.
NEARER = 0.5
# Probability that one takes up the other, from which on two of the source may be the same.
SAME_ONE = 0.1
# Sentences before an expression that it can take up as a whole.
RETOLD_SENTENCES = 3
# Words from which on the quoter's own say enough to be compared.
OWN_WORDS = 4
# Tokens of a sentence before *this* or *that*, from which on it can take up its own sentence.
OWN_SENTENCE = 6

_WORD = re.compile(r"\w+")
_ELLIPSIS_AT_END = re.compile(r"\s*\[?(?:…|\.\.\.)\]?\s*$")
_POINTING = frozenset(["this", "that", "these", "those", "such", "same"])
_SAYING = frozenset(
    [
        *("say", "tell", "write", "report", "state", "note", "add", "argue", "claim", "explain"),
        *("observe", "reply", "ask", "answer", "declare", "insist", "warn", "announce", "put"),
        *("conclude", "remark", "find", "show", "suggest", "describe", "quote", "call"),
    ]
)
_WRITINGS = frozenset(
    [
        *("source", "report", "article", "paper", "study", "newspaper", "magazine", "post"),
        *("story", "piece", "author", "writer", "outlet", "essay", "book", "time", "document"),
        *("statement", "speech", "text", "passage", "account", "transcript", "review", "ruling"),
        *("sentence", "line", "quote", "quotation", "word", "remark", "comment", "headline"),
    ]
)
# Last words of newspapers' names.
_OUTLETS = frozenset(
    [
        *(
            "times",
            "post",
            "herald",
            "courier",
            "journal",
            "news",
            "gazette",
            "tribune",
            "guardian",
        ),
        *("observer", "telegraph", "mail", "chronicle", "star", "sun", "standard", "mirror"),
        *("quarterly", "weekly", "daily", "magazine", "review", "register", "examiner", "bulletin"),
    ]
)


def compare_referents(
    claim: Claim,
    matches: tuple[Match, ...],
    passage: Reading,
    stretches: tuple[Reading, ...],
    article: Article,
    encoder: Encoder,
) -> tuple[Referent, ...]:
    """Compare whom and what the passage's expressions point to with the source.

    Looked at are the expressions inside the quotation marks whose antecedent stands before them in
    the source, and the subject that the quoter's own words give to a quoted predicate.

    Returns:
        One referent an expression that leans on its surroundings, in the passage's order.
    """
    nearness = _Nearness(encoder)
    alignment = Alignment(claim, matches, article.text, passage.doc.text, stretches)
    read = Side(
        passage, resolve(passage.doc, nearness, never=_writings(passage.doc), is_excerpt=True)
    )
    referents: list[Referent] = []
    for stretch in stretches:
        source = Side(stretch, resolve(stretch.doc, nearness))
        referents += _Comparison(claim, alignment, read, source, nearness).run()
    return tuple(sorted(referents, key=lambda r: r.mention.span))


def _writings(doc: Doc) -> frozenset[int]:
    """Return the heads of what is quoted from: “the source says”, “the best line of all: …”."""
    found = set()
    for token in doc:
        is_reporter = token.lemma_.lower() in _WRITINGS and (
            token.dep_.startswith("nsubj") and token.head.lemma_.lower() in _SAYING
        )
        is_outlet = token.pos_ == "PROPN" and token.lower_ in _OUTLETS
        if is_reporter or is_outlet or any(c.lower_ == "according" for c in token.children):
            found.add(token.i)
    for sentence in doc.sents:
        found.update(_announcing(sentence))
    return frozenset(found)


def _announcing(sentence: TokenSpan) -> Iterator[int]:
    """Give the words of what only announces a quotation: “My favourite line in the report: …”."""
    colon = next((t.i for t in sentence if t.text == ":"), None)
    if colon is None:
        return
    for token in sentence:
        if token.i < colon and token.lemma_.lower() in _WRITINGS and token.pos_ == "NOUN":
            yield from (t.i for t in token.subtree if t.i < colon)


class _Nearness:
    """Cosines of short texts; each text is encoded once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._vectors: dict[str, object] = {}

    def __call__(self, text: str, others: Sequence[str]) -> Sequence[float]:
        fresh = [t for t in dict.fromkeys([text, *others]) if t not in self._vectors]
        if fresh:
            self._vectors.update(zip(fresh, self._encoder.encode(fresh), strict=True))
        vector = self._vectors[text]
        return [float(vector @ self._vectors[other]) for other in others]  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class _Thing:
    """One member of a set: a phrase, the words that name it, and the names given for it."""

    phrase: NounPhrase
    mention: Mention
    names: frozenset[str]
    examples: tuple[Mention, ...]


class _Comparison:
    """The expressions of one stretch of the source, against the passage."""

    def __init__(
        self,
        claim: Claim,
        alignment: Alignment,
        passage: Side,
        source: Side,
        nearness: _Nearness,
    ) -> None:
        self._claim = claim
        self._alignment = alignment
        self._passage = passage
        self._source = source
        self._nearness = nearness
        self._told: set[int] = set()
        self._copied: dict[int, set[int]] = {}
        self._known = dict(self._map_passage())

    def run(self) -> Iterator[Referent]:
        """Give the referents of the framed predicates, then those of the quoted expressions."""
        for supplied, phrase in self._framed_subjects():
            yield from self._compare(phrase, supplied, self._passage.mention(supplied))
        for phrase in self._source.phrases:
            there = self._alignment.to_passage(self._source.root_offset(phrase))
            if there is None or not self._leans(phrase):
                continue
            reader = self._passage.phrase_at(there.start)
            mention = self._quoted_mention(phrase, there)
            if (bracket := self._bracket_after(mention)) is not None:
                yield from self._compare_bracket(phrase, mention, bracket)
                continue
            if phrase.kind is MentionKind.DEMONSTRATIVE:
                yield from self._compare_clause(phrase, mention)
            else:
                yield from self._compare(phrase, reader, mention)

    def _bracket_after(self, mention: Mention) -> Span | None:
        """Return the quoter's bracket right behind an expression: “she [the mayor]”."""
        for fragment in self._claim.fragments:
            for insertion in fragment.insertions:
                gap = insertion.span.start - mention.span.end
                if insertion.kind is InsertionKind.WORDS and 0 <= gap <= 1:
                    return insertion.span
        return None

    def _compare_bracket(
        self, phrase: NounPhrase, mention: Mention, bracket: Span
    ) -> Iterator[Referent]:
        """Hold what a bracket says of an expression against what it takes up in the source."""
        read = [p for p in self._passage.phrases if bracket.holds(self._passage.span(p))]
        members = self._source.members(phrase)
        things = [self._thing(self._source, p) for p in members if not p.needs_antecedent]
        told = [self._thing(self._passage, p) for p in read if not p.needs_antecedent]
        absent = [t for t in things if not self._is_named(t, read)]
        if not things or not told or len(absent) < len(things):
            return
        others = [t for t in told if self._is_other(t, things)]
        if len(others) == len(told) and not any(_share_a_name(t, o) for t in told for o in things):
            yield Referent(
                mention=mention,
                source_mention=self._source.mention(phrase),
                reads_as=_flatten(told),
                refers_to=_flatten(things),
                antecedents=tuple(t.mention for t in things),
                relation=Relation.DIFFERENT,
                confidence=self._source.confidence(phrase),
            )

    def _leans(self, phrase: NounPhrase) -> bool:
        """Say whether the phrase takes its meaning from what stands before it."""
        return phrase.needs_antecedent or (
            phrase.kind in {MentionKind.NOUN, MentionKind.DEFINITE}
            and phrase.number_in_text in self._source.resolution.links
        )

    def _quoted_mention(self, phrase: NounPhrase, root: Span) -> Mention:
        """Return the quoted words that stand for a phrase of the source."""
        span = self._source.span(phrase)
        words = [
            there
            for word in _WORD.finditer(
                self._source.doc.text, span.start - self._start, span.end - self._start
            )
            if (there := self._alignment.to_passage(word.start() + self._start)) is not None
        ]
        inside = [w for w in words if abs(w.start - root.start) <= len(span) + len(root)] or [root]
        whole = Span(min(w.start for w in inside), max(w.end for w in inside))
        whole = self._passage.reading.widen(whole)
        return Mention(whole.of(self._claim.passage), whole)

    @property
    def _start(self) -> int:
        return self._source.reading.span.start

    # --- who is who ------------------------------------------------------------------------------

    def _map_passage(self) -> Iterator[tuple[int, set[int]]]:
        """Give, for each entity that the passage names, the source's entities it can be."""
        found: dict[int, set[int]] = {}
        for phrase in self._passage.phrases:
            if phrase.needs_antecedent:
                continue
            entity = self._passage.entity(phrase)
            found.setdefault(entity, set()).update(self._entities_for(phrase))
            place = self._passage.root_offset(phrase)
            there = self._alignment.to_source(place) or self._alignment.to_copied(place)
            if there is not None and (copy := self._source.phrase_at(there.start)) is not None:
                self._copied.setdefault(entity, set()).add(self._source.entity(copy))
        yield from found.items()

    def _entities_for(self, phrase: NounPhrase) -> Iterator[int]:
        """Give the source's entities that a phrase of the passage can be."""
        there = self._alignment.to_source(self._passage.root_offset(phrase))
        if there is not None:
            quoted = self._source.phrase_at(there.start)
            if quoted is not None and not quoted.needs_antecedent:
                yield self._source.entity(quoted)
            return
        copied = self._alignment.to_copied(self._passage.root_offset(phrase))
        if copied is not None and (copy := self._source.phrase_at(copied.start)) is not None:
            yield self._source.entity(copy)
        for other in self._source.phrases:
            if other.needs_antecedent:
                continue
            if phrase.names and other.names:
                if are_same_name(phrase, other):
                    yield self._source.entity(other)
            elif not phrase.names and _is_like(phrase, other):
                yield self._source.entity(other)

    def _thing(self, side: Side, phrase: NounPhrase) -> _Thing:
        """Gather the names by which a member of a set is known."""
        entity = side.entity(phrase)
        mentions = side.resolution.mentions_of(entity)
        examples: list[Mention] = []
        for example in side.names(phrase):
            examples += _named(side, example, phrase)
        own = frozenset().union(*(m.names for m in mentions))
        words = frozenset(w for e in examples for w in _WORD.findall(e.text.lower()))
        best = next((m for m in mentions if m.kind is MentionKind.NAME), phrase)
        return _Thing(best, side.mention(best), own | words, tuple(dict.fromkeys(examples)))

    def _is_unresolved(self, reader: NounPhrase) -> bool:
        """Say whether the passage has more likely nothing than something for an expression."""
        orphans = self._passage.resolution.orphans
        return orphans.get(reader.number_in_text, 0.0) >= ORPHAN

    def _is_told(self, phrase: NounPhrase, mention: Mention) -> bool:
        """Say whether a phrase stands before an expression, or in the quoter's own words."""
        span = self._passage.span(phrase)
        return span.end <= mention.span.start or not any(
            f.span.holds(span) for f in self._claim.fragments
        )

    def _is_named(self, thing: _Thing, told: Sequence[NounPhrase]) -> bool:
        """Say whether phrases of the passage name this member of the source's set."""
        entity = self._source.entity(thing.phrase)
        mentions = self._source.resolution.mentions_of(entity)
        entities = {
            entity,
            *(self._source.entity(n) for m in mentions for n in self._source.names(m)),
        }
        told = [p for p in told if not p.needs_antecedent]
        if any(self._known.get(self._passage.entity(p), set()) & entities for p in told):
            return True
        examples = [frozenset(_WORD.findall(e.text.lower())) for e in thing.examples]
        names = [p.names for p in told]
        if any(name and (name <= e or e <= name) for name in names for e in examples):
            return True
        texts = [self._source.resolution.text(m) for m in mentions if not m.needs_antecedent]
        own = [
            p
            for p in told
            if p.number is thing.phrase.number
            and not p.names
            and not self._passage.names(p)
            and self._alignment.to_source(self._passage.root_offset(p)) is None
        ]
        others = [self._passage.resolution.text(p) for p in own[:MOST_COMPARED]]
        return bool(others) and any(max(self._nearness(t, others)) >= SAME_THING for t in texts)

    # --- one expression --------------------------------------------------------------------------

    def _compare(
        self, phrase: NounPhrase, reader: NounPhrase | None, mention: Mention
    ) -> Iterator[Referent]:
        """Hold one expression's set in the source against its set in the passage."""
        side = self._source
        entity = side.entity(phrase)
        if entity in self._told:
            return
        if not self._stands_on_something(phrase):
            return
        members = side.members(phrase)
        things = [self._thing(side, p) for p in members if not p.needs_antecedent]
        reads_as = self._reads_as(reader, mention)
        # What is named only later in the quotation is of no help to who reads up to here.
        others = [r for r in reads_as if self._is_other(r, things)]
        is_open = not reads_as and reader is not None and self._is_unresolved(reader)
        is_early = is_open or (bool(others) and len(others) == len(reads_as))
        told = [p for p in self._passage.phrases if not is_early or self._is_told(p, mention)]
        absent = [t for t in things if not self._is_named(t, told)]
        relation, sure = self._relate(phrase, mention, things, absent, reads_as, reader)
        if phrase.kind is MentionKind.DEFINITE and relation is not Relation.DIFFERENT:
            return  # most definites are known to everyone: only another one of the name counts
        if relation is not Relation.UNKNOWN:
            self._told.add(entity)
        yield Referent(
            mention=mention,
            source_mention=side.mention(phrase),
            reads_as=_flatten(reads_as),
            refers_to=_flatten(things),
            antecedents=tuple(t.mention for t in things),
            relation=relation,
            confidence=sure,
            left_out=_flatten(absent) if relation is Relation.NARROWED else (),
        )

    def _stands_on_something(self, phrase: NounPhrase) -> bool:
        """Say whether something stands before the expression that it can take up.

        Where no antecedent was found, an expression at the very beginning of the source needs none.
        """
        if phrase.number_in_text in self._source.resolution.links or not phrase.needs_antecedent:
            return True
        return phrase.sentence > 0

    def _reads_as(self, reader: NounPhrase | None, mention: Mention) -> list[_Thing]:
        """Return the set that a reader of the passage alone takes the expression for."""
        if reader is None:
            return []
        side = self._passage
        if not reader.needs_antecedent and reader.kind is not MentionKind.DEFINITE:
            return [self._thing(side, reader)]
        if reader.number_in_text not in side.resolution.links:
            return []
        is_quoted = self._is_quoted(mention.span)
        return [
            self._thing(side, p)
            for p in side.members(reader)
            if not p.needs_antecedent and not (is_quoted and self._is_speaker(p))
        ]

    def _is_speaker(self, phrase: NounPhrase) -> bool:
        """Say whether the passage gives the quoted words to this one: “…,” Reyes said."""
        token = self._passage.doc[phrase.root]
        is_outside = not any(f.span.start <= token.idx < f.span.end for f in self._claim.fragments)
        return (
            is_outside and token.dep_.startswith("nsubj") and token.head.lemma_.lower() in _SAYING
        )

    def _relate(
        self,
        phrase: NounPhrase,
        mention: Mention,
        things: list[_Thing],
        absent: list[_Thing],
        reads_as: list[_Thing],
        reader: NounPhrase | None,
    ) -> tuple[Relation, float]:
        """Say how the two sets differ, and how sure that is, in [0, 1]."""
        link = self._source.confidence(phrase)
        read = self._passage.confidence(reader) if reader else 1.0
        sure = math.sqrt(link * read)
        others = [r for r in reads_as if self._is_other(r, things)]
        if things and not absent:
            is_wider = 0 < len(others) < len(reads_as) and len(things) > 1
            return (Relation.WIDENED, sure) if is_wider else (Relation.SAME, link)
        if not reads_as:
            if self._is_orphan(phrase, reader or phrase, mention, things):
                sure = MISSING_SURE[phrase.kind] if things else MISSING_UNEXPLAINED
                return Relation.MISSING, sure * self._loneliness(reader)
        elif len(absent) < len(things) and any(_can_be_part(r) for r in reads_as):
            return Relation.NARROWED, sure
        elif (
            others
            and not any(self._is_beside(r, mention) for r in reads_as)
            and not self._may_be_renamed(reader or phrase, things, reads_as)
        ):
            sure = read * self._margin(phrase, things, others)
            if any(self._is_nearer(phrase, r, things) for r in others):
                sure *= NEARER
            return Relation.DIFFERENT, sure
        return Relation.UNKNOWN, 0.5

    def _margin(self, phrase: NounPhrase, things: list[_Thing], others: list[_Thing]) -> float:
        """Say how much likelier an expression means others there than those read, in [0, 1].

        Where those read stand in the source, all else that it may take up speaks for a change, by
        whatever name; where they do not, only what it was resolved to.
        """
        same = max(self._chance_in_source(phrase, r) for r in others)
        if all(self._known_entities(r.phrase) for r in others):
            return max(0.0, self._source.linked(phrase) - 2 * same)
        meant = {self._source.entity(t.phrase) for t in things}
        return max(0.0, self._source.sureness(phrase, meant) - same)

    def _known_entities(self, phrase: NounPhrase) -> set[int]:
        """Return the source's entities that a phrase of the passage is, or can be."""
        entity = self._passage.entity(phrase)
        return self._copied.get(entity) or self._known.get(entity, set())

    def _is_nearer(self, phrase: NounPhrase, read: _Thing, things: list[_Thing]) -> bool:
        """Say whether in the source, too, the one read stands nearer than the one meant."""
        known = self._known_entities(read.phrase)
        meant = {self._source.entity(t.phrase) for t in things}
        before = [self._source.entity(p) for p in self._source.phrases if p.root < phrase.root]
        last = next((e for e in reversed(before) if e in known | meant), None)
        return last in known - meant

    def _loneliness(self, reader: NounPhrase | None) -> float:
        """Say how likely an expression has no antecedent in the passage, in [0, 1]."""
        if reader is None:
            return 1.0
        return self._passage.resolution.orphans.get(reader.number_in_text, 1.0)

    def _chance_in_source(self, phrase: NounPhrase, read: _Thing) -> float:
        """Say how likely an expression takes up in the source what a reader takes it for."""
        return self._source.chance(phrase, self._known_entities(read.phrase))

    def _is_orphan(
        self, phrase: NounPhrase, reader: NounPhrase, mention: Mention, things: list[_Thing]
    ) -> bool:
        """Say whether an expression has something to take up in the source, and not here."""
        if not things and phrase.kind is MentionKind.PRONOUN:
            if self._source.linked(phrase) < ORPHAN:
                return False
        elif not things:
            words = {t.lower_ for t in self._source.doc[phrase.start : phrase.end]}
            if not words & _POINTING:
                return False
        if phrase.kind is not MentionKind.PRONOUN and self._is_framed():
            return False
        return not self._has_candidate(phrase, reader, mention)

    def _is_framed(self) -> bool:
        """Say whether the quoter tells anything of their own around the quotations.

        Then a thing that is named with “that” (“that heater”, “this land”) is seldom a riddle: of
        six such findings in the corpus one was right, and of bare quotations from GUM 47 of 48.
        """
        passage, at, n_own = self._claim.passage, 0, 0
        for span in (*(f.span for f in self._claim.fragments), Span(len(passage), len(passage))):
            n_own += len(_WORD.findall(passage[at : span.start]))
            at = span.end
        return n_own >= OWN_WORDS

    def _is_beside(self, read: _Thing, mention: Mention) -> bool:
        """Say whether an antecedent is quoted in the same sentence as the expression.

        Whoever reads the source has it before them as well, so it makes no difference.
        """
        fragment = next((f.span for f in self._claim.fragments if f.span.holds(mention.span)), None)
        place = read.mention.span
        if fragment is None or not fragment.holds(place):
            return False
        between = Span(min(place.end, mention.span.start), max(place.start, mention.span.end))
        doc = self._passage.doc
        return not any(between.start < s.start_char < between.end for s in doc.sents) and not any(
            p.joint_span and between.holds(p.joint_span) for p in self._pieces
        )

    @property
    def _pieces(self) -> tuple[Piece, ...]:
        return tuple(p for f in self._claim.fragments for p in f.pieces)

    def _has_candidate(self, phrase: NounPhrase, reader: NounPhrase, mention: Mention) -> bool:
        """Say whether the passage holds something that a careful reader might still take up.

        Where it does, an expression is not called an orphan, though we cannot say what it means.
        """
        if self._is_led_up_to(reader, mention):
            return True
        if reader.kind is MentionKind.PRONOUN:
            return self._is_introduced(reader) or self._is_ahead(reader, mention)
        if phrase.kind is not MentionKind.TAKEN_UP:
            return False
        before = [
            p
            for p in self._passage.phrases
            if self._passage.span(p).end <= mention.span.start
            and not p.needs_antecedent
            and p.root not in self._passage.resolution.never
        ]
        if any(p.names and phrase.number is Number.PLURAL for p in before):
            return True
        heads = sorted({p.lemma for p in before})
        if heads and max(self._nearness(phrase.lemma, heads)) >= CANDIDATE:
            return True
        return self._is_retold(phrase, mention)

    def _is_led_up_to(self, reader: NounPhrase, mention: Mention) -> bool:
        """Say whether the same unbroken quotation leads up to an expression.

        Where a sentence before it is quoted whole, or the same sentence has something that a
        pronoun fits, a reader of the passage has before them what a reader of the source has.
        """
        piece = next((p.span for p in self._pieces if p.span.holds(mention.span)), None)
        if piece is None:
            return False
        starts = (s.start_char for s in self._passage.doc.sents)
        if any(piece.start + 1 < start <= mention.span.start for start in starts):
            return True
        return reader.kind is MentionKind.PRONOUN and any(
            piece.holds(self._passage.span(p))
            and self._passage.span(p).end <= mention.span.start
            and not p.needs_antecedent
            and agree(reader, p)
            for p in self._passage.phrases
        )

    def _is_introduced(self, reader: NounPhrase) -> bool:
        """Say whether the quoter's own words have somebody whom a pronoun fits."""
        return next(self._introduced(reader), None) is not None

    def _introduced(self, reader: NounPhrase) -> Iterator[NounPhrase]:
        """Give what the quoter's own words have that an expression fits."""
        for phrase in self._passage.phrases:
            span = self._passage.span(phrase)
            if (
                not phrase.needs_antecedent
                and phrase.root not in self._passage.resolution.never
                and not self._is_quoted(span)
                and agree(reader, phrase)
            ):
                yield phrase

    def _may_be_renamed(
        self, reader: NounPhrase, things: list[_Thing], reads_as: list[_Thing]
    ) -> bool:
        """Say whether the quoter may have introduced the source's own set by another name."""
        entities = {self._source.entity(t.phrase) for t in things}
        read = {self._passage.entity(r.phrase) for r in reads_as}
        for phrase in self._introduced(reader):
            entity, known = self._passage.entity(phrase), self._known_entities(phrase)
            if entity in read or (known and not known & entities):
                continue
            if known or any(_can_be_renamed(phrase, t) for t in things):
                return True
        return False

    def _is_ahead(self, phrase: NounPhrase, mention: Mention) -> bool:
        """Say whether a pronoun may take up the subject that follows it (cataphora)."""
        reader = self._passage.phrase_at(mention.span.start)
        return reader is not None and any(
            p.sentence == reader.sentence
            and p.root > reader.root
            and p.is_subject
            and bool(p.names)
            and not reader.is_subject
            and agree(phrase, p)
            for p in self._passage.phrases
        )

    def _is_retold(
        self, phrase: NounPhrase, mention: Mention, within: int = RETOLD_SENTENCES
    ) -> bool:
        """Say whether the passage has, in whatever words, what stands before the expression.

        Args:
            phrase: the source's expression.
            mention: the passage's.
            within: sentences before it, of which one must stand in the passage word by word.
        """
        sentences = list(self._source.doc.sents)
        before = sentences[max(0, phrase.sentence - RETOLD_SENTENCES) : phrase.sentence]
        for sentence in before[-within:]:
            words = [
                self._alignment.to_passage(t.idx + self._start) for t in sentence if t.is_alpha
            ]
            if sum(w is not None for w in words) >= min(OWN_WORDS, len(words)) > 0:
                return True
        own = self._own_words_before(mention)
        return bool(own and before) and any(
            max(self._nearness(text, [s.text for s in before])) >= RETOLD for text in own
        )

    def _own_words_before(self, mention: Mention) -> list[str]:
        """Return the quoter's own words up to an expression, by sentences and by clauses."""
        texts = []
        for sentence in self._claim.sentences:
            if sentence.start >= mention.span.start:
                break
            end = min(sentence.end, mention.span.start)
            cuts = [
                f.span for f in self._claim.fragments if f.span.meets(Span(sentence.start, end))
            ]
            text = self._claim.passage[sentence.start : end]
            for cut in reversed(cuts):
                left, right = cut.start - sentence.start, cut.end - sentence.start
                text = f"{text[: max(0, left)]} {text[right:]}"
            clauses = [text, *re.split(r"[,;:]", text)]
            texts += [c for c in clauses if len(_WORD.findall(c)) >= OWN_WORDS]
        return texts

    def _is_other(self, read: _Thing, things: list[_Thing]) -> bool:
        """Say whether what the passage means is somebody else, and not another name for them.

        What is copied from the source is what it is there; the quoter's own description can be
        another word for the same, so that only its names count against it.
        """
        if not things or any(_share_a_name(read, t) or _share_a_word(read, t) for t in things):
            return False
        entities = {self._source.entity(t.phrase) for t in things}
        copied = self._copied.get(self._passage.entity(read.phrase), set())
        if copied:
            return not copied & entities
        known = self._known.get(self._passage.entity(read.phrase), set())
        if known & entities:
            return False
        is_told_apart = bool(known) and self._source.affinity(known, entities) < SAME_ONE
        # Of a plural, one name can be a part, which no link would show.
        one = [t for t in things if not (is_told_apart and t.phrase.number is read.phrase.number)]
        if any(_can_be_alias(read, t) for t in one):
            return False
        return bool(read.names) and (
            bool(known)
            or any(t.names and read.phrase.name_type == t.phrase.name_type for t in things)
        )

    # --- this and that ---------------------------------------------------------------------------

    def _compare_clause(self, phrase: NounPhrase, mention: Mention) -> Iterator[Referent]:
        """Compare a *this* or *that* which takes up the sentence before it."""
        sentences = list(self._source.doc.sents)
        sentence = sentences[phrase.sentence]
        if phrase.sentence == 0 or phrase.root - sentence.start > OWN_SENTENCE:
            return
        read = self._sentence_before(mention)
        is_quoted = read is not None and self._is_quoted(read.span)
        if self._is_retold(phrase, mention, within=1 if is_quoted else RETOLD_SENTENCES):
            return
        before = sentences[phrase.sentence - 1]
        taken_up = self._source.reading.mention(*_bounds(before, before.text))
        yield Referent(
            mention=mention,
            source_mention=self._source.mention(phrase),
            reads_as=() if read is None else (read,),
            refers_to=(taken_up,),
            antecedents=(taken_up,),
            relation=Relation.MISSING if read is None else Relation.DIFFERENT,
            confidence=0.5,
        )

    def _sentence_before(self, mention: Mention) -> Mention | None:
        """Return the sentence of the passage that a reader takes *this* or *that* for.

        One that only announces what is quoted is none.
        """
        doc = self._passage.doc
        never = self._passage.resolution.never
        sentences = [s for s in doc.sents if s.end_char <= mention.span.start]
        if not sentences:
            return None
        last = sentences[-1]
        says = any("Fin" in t.morph.get("VerbForm", []) and t.is_alpha for t in last)
        if not says or any(t.i in never for t in last) or len(_WORD.findall(last.text)) < OWN_WORDS:
            return None
        start, end = _bounds(last, _ELLIPSIS_AT_END.sub("", last.text))
        opened = [f.span.start for f in self._claim.fragments if start < f.span.start < end]
        closed = [f.span.end for f in self._claim.fragments if f.span.end >= end]
        if opened and closed:  # the quoter's words and the beginning of the quotation in one
            start = opened[-1]
        return self._passage.reading.mention(start, end)

    def _is_quoted(self, span: Span) -> bool:
        return any(f.span.holds(span) for f in self._claim.fragments)

    # --- predicates in marks, subjects outside ---------------------------------------------------

    def _framed_subjects(self) -> Iterator[tuple[NounPhrase, NounPhrase]]:
        """Give the subjects that the quoter supplies, each with the source's own."""
        for reader in self._passage.phrases:
            token = self._passage.doc[reader.root]
            if self._alignment.to_source(token.idx) is not None:
                continue
            verb = self._quoted_verb(reader)
            subject = _subject(verb) if verb is not None else None
            if subject is None:
                continue
            place = subject.idx + self._start
            phrase = self._source.phrase_at(place)
            if phrase is None or self._alignment.to_passage(place) is not None:
                continue
            if reader.needs_antecedent or (reader.names and (phrase.names or self._leans(phrase))):
                yield reader, phrase

    def _quoted_verb(self, reader: NounPhrase) -> Token | None:
        """Return the source's word for the quoted predicate of a phrase outside the marks.

        The parse of the passage tells it, or the place right before the opening mark.
        """
        doc = self._passage.doc
        root = doc[reader.root]
        end = doc[reader.end - 1].idx + len(doc[reader.end - 1])
        fragment = next((f for f in self._claim.fragments if f.span.start >= end), None)
        if fragment is None:
            return None
        between = _WORD.findall(doc.text[end : fragment.span.start])
        tokens = [root.head] if reader.is_subject else []
        if not between:
            tokens += [t for t in doc if fragment.span.start <= t.idx < fragment.span.end][:3]
        for token in tokens:
            # An apostrophe in front, as in “’s”, is no part of a word there.
            there = self._alignment.to_source(token.idx) or self._alignment.to_source(token.idx + 1)
            if there is None:
                continue
            span = self._source.doc.char_span(
                there.start - self._start, there.end - self._start, alignment_mode="expand"
            )
            if span is not None and span.root.pos_ in {"VERB", "AUX", "ADJ", "NOUN"}:
                return span.root
        return None


def _bounds(sentence: TokenSpan, text: str) -> tuple[int, int]:
    """Return where the words begin and end in `text`, which is a sentence or its beginning."""
    start = sentence.start_char + len(text) - len(text.lstrip())
    return start, start + len(text.strip())


def _share_a_name(one: _Thing, other: _Thing) -> bool:
    """Say whether the names of one are among those of the other."""
    return bool(one.names and other.names) and (
        one.names <= other.names or other.names <= one.names
    )


def _share_a_word(one: _Thing, other: _Thing) -> bool:
    """Say whether two are named with one word: “Pellgrove”, “the Village of Pellgrove”, a list.

    Adjectives may still tell two groups of one noun apart.
    """
    capitals = [
        {w for w in _WORD.findall(t.mention.text)[1:] if w[0].isupper()}
        | {w for w in _WORD.findall(t.mention.text)[:1] if t.names and w[0].isupper()}
        for t in (one, other)
    ]
    is_plain = not any(t.phrase.qualities or t.names for t in (one, other))
    return bool(capitals[0] & capitals[1]) or (is_plain and one.phrase.lemma == other.phrase.lemma)


def _can_be_alias(one: _Thing, other: _Thing) -> bool:
    """Say whether one may be a name for what the other describes: Berit Adu, the plaintiff."""
    if bool(one.names) is bool(other.names):
        return False
    described = other if one.names else one
    if described.phrase.kind not in {MentionKind.DEFINITE, MentionKind.TAKEN_UP}:
        return False
    return agree_in_animacy(one.phrase, other.phrase)


def _can_be_renamed(phrase: NounPhrase, thing: _Thing) -> bool:
    """Say whether a quoter's own expression can stand for one of the source's: no other name."""
    if phrase.names and thing.names:
        return bool(phrase.names & thing.names)
    return agree_in_animacy(phrase, thing.phrase)


def _is_like(phrase: NounPhrase, other: NounPhrase) -> bool:
    """Say whether two phrases with one head noun can be about the same: by what qualifies it.

    “The private ones” has whatever noun it stands for.
    """
    if phrase.lemma != other.lemma:
        return phrase.lemma == "one" and bool(phrase.qualities & other.qualities)
    if other.qualities:
        return bool(phrase.qualities & other.qualities)
    return bool(phrase.modifiers & other.modifiers) or not other.modifiers


def _can_be_part(read: _Thing) -> bool:
    """Say whether a thing can be part of a set: several, or one that is named; “a firm” is none."""
    return bool(read.names) or read.phrase.number is not Number.SINGULAR


def _subject(verb: Token) -> Token | None:
    """Return the subject of a predicate, found up the chain of verbs that share it."""
    for token in (verb, *verb.ancestors):
        for child in token.children:
            if child.dep_ in {"nsubj", "nsubj:pass", "nsubj:outer"}:
                return child if child.i <= verb.i else None
        if token.dep_ not in {"conj", "xcomp", "aux", "aux:pass", "cop"}:
            return None
    return None


def _named(side: Side, example: NounPhrase, group: NounPhrase) -> Iterator[Mention]:
    """Give the names in an example that are of the group's kind: “X chief Y” is X among firms."""
    wanted = {"PER"} if group.animacy is Animacy.PERSON else {"ORG", "LOC"}
    root = side.doc[example.root]
    start, end = min(example.start, root.left_edge.i), example.end
    for entity in side.doc.ents:
        if start <= entity.start and entity.end <= end and entity.label_ in wanted:
            yield side.reading.mention(entity.start_char, entity.end_char)
            return
    if group.animacy is not Animacy.PERSON and root.dep_ != "conj":
        first = side.doc[example.start]
        if first.i != example.root and first.text[:1].isupper() and first.ent_type_ != "PER":
            yield side.reading.mention(first.idx, first.idx + len(first))
            return
    yield side.mention(example)


def _flatten(things: list[_Thing]) -> tuple[Mention, ...]:
    """Return the words for a set: each member, and the names that are given for it."""
    return tuple(dict.fromkeys(m for thing in things for m in (thing.mention, *thing.examples)))
