"""Whose words they are: whom the source gives the quoted words to, and whom the passage does.

The source gives words to somebody in its own quotation marks, with a verb of saying beside them; as
the object of such a verb, without marks; or after a name and a colon, as in an interview. Speakers
are known by all the names and nouns of their chain, so that “she”, “Ms Vane” and “the engineer” are
one where the coreference component has them in one.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from quotecheck.forms import word_set
from quotecheck.marks import find_quoted
from quotecheck.operators import SAYING_VERBS
from quotecheck.records import FragmentKind, Mention, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Doc, Token

    from quotecheck.claim import Claim
    from quotecheck.records import Article, Reading

# “Name:” or “NAME —” at the beginning of a paragraph, in an interview or a transcript.
_LABEL: Final = re.compile(
    r"(?:^|\n)[ \t]*(?P<name>(?:[A-Z][\w.’'-]*|[A-Z]+)"
    r"(?:[ \t]+(?:[A-Z][\w.’'-]*|of|the|de|van)){0,4})[ \t]*:\s+(?=\S)"
)
_TITLES: Final = word_set(
    "mr mrs ms miss mx dr prof professor sir dame lord lady judge justice mayor senator president"
    " minister captain councillor the of and"
)
# What words are quoted from, rather than who said them.
WRITINGS: Final = word_set(
    "source report article paper study newspaper magazine post story piece outlet essay book"
    " document statement speech text passage account transcript review ruling sentence line quote"
    " quotation word remark comment headline judgment opinion decision letter interview minutes"
    " column journal website site page publication survey research times herald courier leaflet"
    " gazette tribune observer telegraph mail chronicle star standard mirror quarterly weekly daily"
    " register examiner bulletin news bible press release question reporter explainer blog"
    " summary brochure guide profile obituary editorial feature record chapter abstract dispatch"
)
_MAKERS: Final = word_set("author writer journalist reviewer researcher scientist team judge")
_BODIES: Final = word_set("court agency tribunal commission institute university")
_SUBJECTS: Final = frozenset(["nsubj", "nsubj:pass", "nsubj:outer"])
_FIRST_PERSON: Final = frozenset(["i", "we", "me", "us", "my", "our"])
_PRONOUNS: Final = frozenset(["he", "she", "they", "it", "him", "her", "them", "who"])
# What a text does to say something.
_FINDING: Final = word_set(
    "confirm find rule show decide prove reveal note hold dismiss hail praise sigh sniff snap shout"
    " cry laugh smile exclaim muse cheer beam fume"
)
_TELLING: Final = SAYING_VERBS | _FINDING
# What says things only in a manner of speaking.
_NOBODY: Final = word_set(
    "reason experience evidence sense history fact figure law thing conscience nature logic record"
    " custom tradition data number result finding sign"
)
# Those who speak against something go by many names.
_AGAINST: Final = word_set(
    "critic critics opponent opponents detractor detractors objector objectors sceptic sceptics"
    " skeptic skeptics adversary foe foes campaigner campaigners opposition enemies protesters"
)
# Characters between a quotation and the verb that says whose it is, at most.
REACH: Final = 120


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who is given as saying something, with all that they are called.

    `names` are words of names, `nouns` the lemmas of nouns that stand for them; both in lower case.
    """

    mention: Mention
    names: frozenset[str]
    nouns: frozenset[str]
    is_first_person: bool = False
    is_plural: bool = False
    is_person: bool = False
    is_pronoun: bool = False

    @property
    def is_writing(self) -> bool:
        """Whether it is a text rather than a person."""
        return bool((self.nouns | self.names) & WRITINGS)

    @property
    def is_reporting(self) -> bool:
        """Whether it is a text, or whoever made it, rather than somebody who speaks in it."""
        is_maker = not self.names and bool(self.nouns & (_MAKERS | _BODIES))
        return self.is_writing or is_maker or bool(self.names & _BODIES)

    @property
    def can_speak(self) -> bool:
        """Whether it is known to be somebody: not reason, not an *it* that is nobody we know."""
        if self.is_pronoun:
            return bool(self.names or self.nouns)
        return not self.nouns & _NOBODY

    def is_known_by(self, words: frozenset[str]) -> bool:
        """Say whether words name this speaker, by any name or noun."""
        known = self.names | self.nouns
        return bool(known & words) or bool(known & _AGAINST and words & _AGAINST)

    def is_same(self, other: Speaker) -> bool:
        """Say whether two speakers share a name or a noun, or one is the other's initials."""
        return (
            self.is_known_by(other.names | other.nouns)
            or _are_initials(self.names, other.names)
            or _are_initials(other.names, self.names)
        )


def _are_initials(short: frozenset[str], names: frozenset[str]) -> bool:
    """Say whether a label is made of a name's first letters, in any order: “OBK”."""
    first = sorted(name[0] for name in names)
    return len(first) > 1 and any(sorted(label) == first for label in short)


def read_speaker(reading: Reading, token: Token) -> Speaker:
    """Return the speaker whom a noun phrase with this head names."""
    names, nouns = set[str](), set[str]()
    for head in [token, *_chain(reading.doc, token)]:
        if head.pos_ in {"NOUN", "ADJ"}:
            nouns.add(head.lemma_.lower())
        for word in _phrase(head):
            if word.pos_ == "PROPN" and word.lower_.strip(".") not in _TITLES:
                names.add(word.lower_)
            elif word.pos_ == "NOUN" and word.dep_ in {"appos", "nmod:desc"}:
                nouns.add(word.lemma_.lower())
    words = [token.i, *(t.i for t in token.subtree if not t.is_punct)]
    end = max([token.i, *(i for i in words if i - token.i <= len(words))]) + 1
    first, last = reading.doc[min(words)], reading.doc[end - 1]
    return Speaker(
        reading.mention(first.idx, last.idx + len(last)),
        frozenset(names),
        frozenset(nouns),
        is_first_person=token.lower_ in _FIRST_PERSON,
        is_person=any(t.ent_type_ == "PER" for t in _phrase(token))
        or _is_named_person(reading, token),
        is_plural="Plur" in token.morph.get("Number", []),
        is_pronoun=token.lower_ in _PRONOUNS,
    )


def _is_named_person(reading: Reading, token: Token) -> bool:
    """Say whether one of the mentions of the same one is a person's name."""
    heads = _chain(reading.doc, token)
    return any(head.ent_type_ == "PER" for head in heads)


def _phrase(head: Token) -> Iterator[Token]:
    """Give a head with its own names, titles and appositions."""
    yield head
    for child in head.children:
        if child.dep_ in {"flat", "compound", "appos", "amod", "nmod:desc", "nmod:poss"}:
            yield from _phrase(child)


def _chain(doc: Doc, token: Token) -> Iterator[Token]:
    """Give the heads of the other mentions of the same one."""
    for key, group in doc.spans.items():
        if key.startswith("coref_heads_") and any(span.start == token.i for span in group):
            yield from (span[0] for span in group)


def own_subject(verb: Token) -> Token | None:
    """Return the subject of a verb, its own alone: of several, the nearest."""
    subjects = [c for c in verb.children if c.dep_ in _SUBJECTS]
    return min(subjects, key=lambda child: abs(child.i - verb.i), default=None)


def named_by_according(token: Token) -> Token | None:
    """Return the noun that *according to* names."""
    return next((a for a in token.ancestors if a.pos_ in {"NOUN", "PROPN", "PRON"}), None)


def agent_of(verb: Token) -> Token | None:
    """Return who says what a verb of saying reports: its subject, or after *by* in the passive."""
    is_passive = any(c.dep_ in {"aux:pass", "nsubj:pass"} for c in verb.children)
    if is_passive:
        return next((c for c in verb.children if c.dep_ == "obl:agent"), None)
    return own_subject(verb) or (own_subject(verb.head) if verb.dep_ == "conj" else None)


class PassageSpeech:
    """Whom a passage gives each of its fragments to."""

    def __init__(self, claim: Claim, passage: Reading) -> None:
        self._claim = claim
        self._passage = passage

    def speaker(self, number: int) -> Speaker | None:
        """Return who the quoter says the words of a fragment are, or None where nobody is named."""
        fragment = self._claim.fragments[number]
        if fragment.kind is FragmentKind.UNMARKED:
            return self._given()
        found = list(self._candidates(number))
        if not found:
            return self._given()
        return min(found, key=lambda item: item[0])[1]

    def _given(self) -> Speaker | None:
        name = self._claim.speaker
        if not name:
            return None
        words = frozenset(w for w in re.findall(r"\w+", name.lower()) if w not in _TITLES)
        return Speaker(Mention(name, Span(0, 0)), words, frozenset(), is_person=True)

    def _candidates(self, number: int) -> Iterator[tuple[int, Speaker]]:
        """Give the speakers that are named beside a fragment, with their distance in characters."""
        fragment = self._claim.fragments[number]
        sentence = self._claim.framings[number].sentence
        for token in self._passage.doc:
            if not sentence.start <= token.idx < sentence.end or self._is_quoted(token):
                continue
            agent = None
            if token.lemma_.lower() in _TELLING and token.pos_ == "VERB":
                agent = agent_of(token) or self._after(token)
            elif token.lower_ == "according":
                agent = named_by_according(token)
            elif token.text == ":":
                agent = self._before_colon(token, sentence)
            if agent is None or self._is_quoted(agent):
                continue
            distance = max(fragment.span.start - token.idx, token.idx - fragment.span.end, 0)
            between = self._claim.passage[
                min(fragment.span.end, token.idx) : max(fragment.span.start, token.idx)
            ]
            if token.text == ":":
                distance += REACH // 2  # a verb of saying tells more
            distance += REACH * between.count("“") + REACH * (between.count('"') // 2)
            yield distance, read_speaker(self._passage, agent)

    def _before_colon(self, colon: Token, sentence: Span) -> Token | None:
        before = [t for t in self._passage.doc[: colon.i] if t.idx >= sentence.start]
        heads = [t for t in before if t.dep_ == "ROOT" and t.pos_ == "PROPN"]
        subjects = [
            t for t in before if t.dep_ in _SUBJECTS and t.pos_ in {"PROPN", "NOUN", "PRON"}
        ]
        return next(iter([*heads, *subjects]), None)

    def _after(self, verb: Token) -> Token | None:
        """Return a name right after a verb of saying that the parse takes for its object."""
        if verb.i + 1 >= len(self._passage.doc):
            return None
        if verb.lemma_.lower() in {"tell", "ask", "accuse", "assure", "urge"}:
            return None
        following = self._passage.doc[verb.i + 1]
        return following if following.pos_ == "PROPN" and following.head == verb else None

    def _is_quoted(self, token: Token) -> bool:
        return any(f.span.start <= token.idx < f.span.end for f in self._claim.fragments)


class SourceSpeech:
    """Who speaks in a parsed stretch of the source."""

    def __init__(self, stretch: Reading, article: Article) -> None:
        self._stretch = stretch
        self._doc = stretch.doc
        self._article = article

    @cached_property
    def _quotations(self) -> list[Span]:
        """Return the stretches in quotation marks, offsets of the doc's text."""
        return [item.outer for item in find_quoted(self._doc.text)]

    @cached_property
    def _labels(self) -> list[re.Match[str]]:
        """Return the labels of speakers: names before a colon that come more than once."""
        found = list(_LABEL.finditer(self._article.text))
        counts = Counter(m.group("name") for m in found)
        return [m for m in found if counts[m.group("name")] > 1 and len(m.group("name")) > 1]

    def speaker(self, start: int, end: int) -> Speaker | None:
        """Return who speaks the words of a stretch aloud, in marks or after a label.

        Args:
            start: where the words begin in the doc's text.
            end: where they end there.
        """
        at = next(
            (n for n, q in enumerate(self._quotations) if q.start <= start and end <= q.end + 1),
            None,
        )
        if at is not None:
            return self._beside(at)
        return self._labelled(start)

    def mentions(self, speaker: Speaker) -> bool:
        """Say whether the source has one of a speaker's names, or is by them."""
        words, author = self._known
        return bool(speaker.names & words) and not speaker.names & author

    @cached_property
    def _known(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the words of the article, and those of its author's name."""
        text, author = self._article.text.lower(), (self._article.author or "").lower()
        return frozenset(re.findall(r"\w+", text)), frozenset(re.findall(r"\w+", author))

    def expanded(self, speaker: Speaker) -> Speaker:
        """Return a speaker with all that the source calls whoever has one of these names."""
        names, nouns = set(speaker.names), set(speaker.nouns)
        for token in self._doc:
            if token.pos_ == "PROPN" and token.lower_ in speaker.names:
                head = token
                while head.dep_ in {"flat", "compound"} and head.head != head:
                    head = head.head
                known = read_speaker(self._stretch, head)
                names |= known.names
                nouns |= known.nouns
        return replace(speaker, names=frozenset(names), nouns=frozenset(nouns))

    def _beside(self, at: int, steps: int = 4) -> Speaker | None:
        quotation = self._quotations[at]
        after_end = (
            self._quotations[at + 1].start
            if at + 1 < len(self._quotations)
            else len(self._doc.text)
        )
        before_start = self._quotations[at - 1].end if at else 0
        after = self._doc.text[quotation.end : after_end]
        before = self._doc.text[before_start : quotation.start]
        # “…,” said A. – to the end of the sentence, not into another paragraph
        stop = re.search(r"[.!?](?:\s|$)|\n\s*\n", after)
        reach = quotation.end + (stop.start() if stop else min(len(after), REACH))
        inner_end = self._doc.text[quotation.start : quotation.end].rstrip("”\"’'»")[-1:]
        if inner_end not in ".!" or re.match(r"\s*[a-z]|\s*[A-Z]\w+ (?:\w+ )?(?:said|says)", after):
            found = self._verb_between(quotation.end, reach)
            if found is not None:
                return found
        # A said: “…” – from the beginning of the sentence
        begin = max((m.end() for m in re.finditer(r"[.!?](?=\s)\s+|\n\s*\n", before)), default=0)
        found = self._verb_between(before_start + begin, quotation.start)
        if found is not None:
            return found
        is_apart = "\n\n" in before
        if at and steps and (not is_apart or not before.strip()) and not re.search(r"\w", before):
            return self._beside(at - 1, steps - 1)
        if at and steps and not is_apart and len(before) <= REACH:
            return self._beside(at - 1, steps - 1)
        # a paragraph of its own that goes on after one with its speaker
        if at and steps and is_apart and not re.search(r"\w", before.split("\n\n")[-1]):
            return self._beside(at - 1, steps - 1)
        return None

    def _verb_between(self, start: int, end: int) -> Speaker | None:
        for token in self._doc:
            if not start <= token.idx < end:
                continue
            if token.lemma_.lower() in SAYING_VERBS and token.pos_ == "VERB":
                agent = agent_of(token)
                if agent is not None and agent.lower_ == "you":
                    continue
                if agent is not None and start <= agent.idx < end:
                    return read_speaker(self._stretch, agent)
            if token.lower_ == "according":
                agent = named_by_according(token)
                if agent is not None:
                    return read_speaker(self._stretch, agent)
        return None

    def _labelled(self, start: int) -> Speaker | None:
        """Return the name that stands before a colon where the speaker's turn begins."""
        place = start + self._stretch.span.start
        labels = self._labels
        last = None
        for label in labels:
            if label.end() > place:
                break
            last = label
        if last is None:
            return None
        name = last.group("name")
        words = frozenset(w.lower() for w in re.findall(r"\w+", name) if w.lower() not in _TITLES)
        span = Span(*last.span("name"))
        return Speaker(Mention(name, span), words, frozenset(), is_person=True) if words else None
