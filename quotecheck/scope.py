"""What governs the quoted words in the source, and what of that the passage keeps.

A word that was left out matters where the quoted clause stands under it: the *not* of its own verb,
the *unless* that limits it, the *critics say* that it is the object of. The same word in a clause
beside it, in a relative clause or in another sentence changes nothing. Both are told apart by the
dependency parse of the source (Universal Dependencies), with what stands right beside the quoted
words as a second opinion where a parse is likely to be wrong.

The terms are those of Huddleston and Pullum (2002): an operator has scope over what it governs. Two
negations that were both left out cancel each other, on one verb or one above the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from quotecheck.forms import NEGATIONS, word_set
from quotecheck.operators import (
    ADVERSATIVES,
    BOUNDS,
    DENYING_VERBS,
    DENYING_WORDS,
    DISTANT_VERBS,
    FACTIVE_VERBS,
    HEDGING_ADVERBS,
    HEDGING_VERBS,
    HEDGING_WORDS,
    POSSIBLE_MODALS,
    QUANTIFIERS,
    QUANTIFYING_ADVERBS,
    QUANTITY_NOUNS,
    REPORTED_NOUNS,
    SAYING_VERBS,
    SUPPOSING_VERBS,
    TYPES,
    Phrase,
    find_phrases,
    is_exception,
    is_negation,
)
from quotecheck.records import (
    EditKind,
    FindingType,
    FragmentKind,
    Governor,
    Mention,
)
from quotecheck.speech import PassageSpeech, SourceSpeech, Speaker, read_speaker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spacy.tokens import Span as TokenSpan
    from spacy.tokens import Token

    from quotecheck.claim import Claim
    from quotecheck.records import Article, Match, Reading

# The clause that these join to what stands above them is said by what stands above.
_COMPLEMENTS: Final = frozenset(
    ["ccomp", "xcomp", "csubj", "csubj:pass", "csubj:outer", "acl", "parataxis", "advcl"]
)
_NOMINAL: Final = frozenset(
    ["nsubj", "nsubj:pass", "nsubj:outer", "obj", "iobj", "obl", "obl:agent", "nmod", "obl:arg"]
)
_SUBJECTS: Final = ("nsubj", "nsubj:pass", "nsubj:outer", "expl")
_CONTENT: Final = frozenset(["NOUN", "PROPN", "VERB", "ADJ", "NUM", "ADV"])
_LIGHT: Final = word_set(
    "be have do say go make get take so then also very much more most other such same only just"
    " not never no now even still again when where why how once there here"
)
# The share of its content words that shows that what was left out is told in other words.
TOLD: Final = 0.5
# Words of a sentence that does nothing but deny: “It isn’t.”, “That is not so.”
SHORT_DENIAL: Final = 4
# Tokens from the beginning in which “however” opens a sentence.
OPENING: Final = 8
# Tokens that lead up to a quoted clause, at most: “It would be wrong, she says, to claim that”.
LONGEST_LEAD: Final = 25
# Tokens from a comma to a verb of saying: “, some argue,”.
ASIDE: Final = 8
# Tokens before the quoted words in which somebody who is named may be who “he” is.
NEAR: Final = 150
_SEEMING: Final = word_set("look seem appear sound feel act behave treat")
_WRONG: Final = word_set(
    "wrong mistaken false untrue nonsense myth lie rubbish fantasy incorrect absurd mistake"
)
_DENIAL: Final = word_set(
    "it that this they he she we i is was are were do does did has have will would can could not n't"
    " n’t so true the case there"
)
_JOINTS: Final = frozenset(["and", "or", "but", "while", ";"])
_RELATIVES: Final = frozenset(["which", "who", "whom", "whose"])
_TURNING: Final = frozenset([("far", "from"), ("anything", "but"), ("nothing", "like")])
_UNWISE: Final = word_set(
    "imprudent unwise premature misleading dishonest unfair rash reckless misguided inaccurate"
    " simplistic silly unjust irresponsible careless tempting easy disaster folly shame stupid"
)
_TAKING_UP: Final = frozenset(["that", "this", "it", "which", "these", "those"])
_CALLING: Final = word_set("call conclude infer describe label think suppose assume pretend take")
_ANYBODY: Final = word_set(
    "anybody anyone everybody everyone whoever those people someone somebody"
)
_SOME: Final = word_set("some few most many several half minority majority handful number couple")
_OCCASIONS: Final = word_set(
    "case instance occasion place area respect time circumstance situation district"
)

# What the quoter's own words may say in place of what was left out, by what that was.
_KEPT: Final = {
    FindingType.NEGATION_DROPPED: NEGATIONS
    | DENYING_VERBS
    | DENYING_WORDS
    | word_set("n't few deny denied denies rejected rejects instead rather against lack lacks"),
    FindingType.CONDITION_DROPPED: word_set(
        "if unless provided providing when once until whenever assuming condition conditions"
        " conditional conditionally depend depends till"
    ),
    FindingType.EXCEPTION_DROPPED: word_set(
        "except excepting unless besides excluding only apart aside other save exception exceptions"
        " bar barring almost nearly most mostly"
    ),
    FindingType.HEDGE_DROPPED: HEDGING_ADVERBS
    | HEDGING_VERBS
    | HEDGING_WORDS
    | POSSIBLE_MODALS
    | word_set(
        "whether if would should can unsure doubt maybe suggests suggested likely expects expected"
        " hopes hoped fears feared asks asked question wonders wondered thinks believes"
    ),
    FindingType.QUANTIFIER_CHANGED: QUANTIFIERS
    | QUANTIFYING_ADVERBS
    | word_set(
        "few half minority majority handful part proportion third quarter percent % fraction couple"
        " number only least"
    ),
    FindingType.CONTRAST_DROPPED: word_set(
        "but however yet although though while still despite nevertheless nonetheless admittedly"
        " granted concede conceded concedes even whereas notwithstanding albeit"
    ),
}

# Of these, the quoter may say the very word.
_NAMED: Final = frozenset(
    ["denial", "hedge above", "wish", "as if", "question", "disowned", "comparison", "anybody"]
)
_OPENED: Final = {
    FindingType.CONDITION_DROPPED: frozenset(["condition", "time"]),
    FindingType.EXCEPTION_DROPPED: frozenset(["condition", "exception"]),
    FindingType.CONTRAST_DROPPED: frozenset(["concession"]),
}


def find_governors(
    claim: Claim,
    matches: tuple[Match, ...],
    passage: Reading,
    stretches: tuple[Reading, ...],
    article: Article,
) -> tuple[Governor, ...]:
    """Find what governs the quoted words in the source and is not in the passage.

    Args:
        claim: What was published.
        matches: Where its fragments stand in the source.
        passage: The passage, parsed.
        stretches: The source around the matches, parsed.
        article: The source.

    Returns:
        One governor for each operator that was left out, in the source's order.
    """
    told, heard = _Told(claim, passage), PassageSpeech(claim, passage)
    found: list[Governor] = []
    for stretch in stretches:
        quoted = {
            number: _tokens(stretch, match)
            for number, match in enumerate(matches)
            if match.is_located and claim.fragments[match.fragment].kind is not FragmentKind.SCARE
        }
        everything = frozenset().union(*quoted.values())
        speech = SourceSpeech(stretch, article)
        for number, tokens in quoted.items():
            if tokens:
                said = _Said(heard.speaker(matches[number].fragment), speech)
                found += _Quotation(
                    claim, matches[number], stretch, tokens, everything, told, said
                ).governors()
    return tuple(sorted(set(found), key=lambda g: (g.operator.span, g.type.value)))


def _tokens(stretch: Reading, match: Match) -> frozenset[int]:
    """Return the tokens of a stretch that a match quotes; those it leaves out unmarked are none."""
    gone = [e.span for e in match.edits if e.kind is EditKind.DELETE]
    start = stretch.span.start
    return frozenset(
        token.i
        for token in stretch.doc
        if not (token.is_punct or token.is_space)
        and any(s.start <= start + token.idx < s.end for s in match.segments)
        and not any(g.start <= start + token.idx < g.end for g in gone)
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """An operator that governs quoted words: the rule that says so, and its tokens."""

    rule: str
    type: FindingType
    operator: tuple[int, int]
    words: frozenset[int]
    speaker: int | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """Who speaks: the passage's speaker of a fragment, and those of the source's stretch."""

    by: Speaker | None
    there: SourceSpeech


class _Told:
    """What the quoter says in words of their own, by the fragment that they stand around."""

    def __init__(self, claim: Claim, passage: Reading) -> None:
        self._claim = claim
        self._doc = passage.doc
        self._own = [t for t in passage.doc if self._is_own(t)]

    def _is_own(self, token: Token) -> bool:
        for fragment in self._claim.fragments:
            if fragment.span.start <= token.idx < fragment.span.end:
                return any(i.span.start <= token.idx < i.span.end for i in fragment.insertions)
        return not token.is_space

    def near(self, fragment: int) -> frozenset[str]:
        """Return the words, and their lemmas, in the sentence in which a fragment stands."""
        sentence = self._claim.framings[fragment].sentence
        near = [t for t in self._own if sentence.start <= t.idx < sentence.end]
        return frozenset(w for t in near for w in (t.lower_, t.lemma_.lower()))

    def opens(self, fragment: int) -> frozenset[str]:
        """Return what the quoter's own words in that sentence open: a condition, an exception."""
        sentence = self._claim.framings[fragment].sentence
        return frozenset(
            phrase.rule
            for parsed in self._doc.sents
            for phrase in find_phrases(parsed)
            if sentence.start <= self._doc[phrase.start].idx < sentence.end
            and all(self._is_own(t) for t in self._doc[phrase.start : phrase.end])
        )

    @cached_property
    def everywhere(self) -> frozenset[str]:
        """Return the lemmas of all that the quoter says."""
        return frozenset(w for t in self._own for w in (t.lower_, t.lemma_.lower()))

    def share(self, lemmas: frozenset[str]) -> float:
        """Return the share of content words that the quoter says, too; 0 where there are none."""
        return len(lemmas & self.everywhere) / len(lemmas) if lemmas else 0.0


class _Quotation:
    """The quoted tokens of one match in one parsed stretch of the source."""

    def __init__(
        self,
        claim: Claim,
        match: Match,
        stretch: Reading,
        quoted: frozenset[int],
        everything: frozenset[int],
        told: _Told,
        said: _Said,
    ) -> None:
        self._claim = claim
        self._match = match
        self._stretch = stretch
        self._doc = stretch.doc
        self._quoted = quoted
        self._everything = everything
        self._told = told
        self._said = said
        self._sentences = [
            s for s in stretch.doc.sents if any(i in quoted for i in range(s.start, s.end))
        ]

    def governors(self) -> Iterator[Governor]:
        """Give what governs the quoted words and is kept neither by them nor by the quoter."""
        found: dict[tuple[FindingType, tuple[int, int]], _Found] = {}
        for item in self._search():
            found.setdefault((item.type, item.operator), item)
        reports = [i for i in found.values() if i.type is FindingType.ATTRIBUTION_DROPPED]
        for item in found.values():
            if item not in reports and not self._is_kept(item):
                yield self._governor(item)
        yield from self._voices(reports)

    # --- whose words they are --------------------------------------------------------------------

    def _voices(self, reports: list[_Found]) -> Iterator[Governor]:
        """Hold whom the source gives the words to against whom the passage does."""
        judged = False
        for item in reports:
            speaker = (
                read_speaker(self._stretch, self._doc[item.speaker])
                if item.speaker is not None
                else None
            )
            if speaker is not None and speaker.is_first_person:
                speaker = self._said.there.speaker(*self._place(item.speaker))
                if speaker is None or speaker.is_first_person:
                    continue
            if speaker is not None and not speaker.can_speak:
                continue
            judged = True
            kind = self._voice(speaker)
            if kind is not None and not (speaker is None and self._names_report(item)):
                yield replace(
                    self._governor(item),
                    type=kind,
                    speaker=_mention_of(speaker),
                    given=_mention_of(self._said.by),
                )
        first = next((i for i in sorted(self._quoted)), None)
        if judged or first is None:
            return
        speaker = self._said.there.speaker(*self._place(None))
        if speaker is None or speaker.is_first_person or self._said.by is None:
            return
        kind = self._voice(speaker)
        if kind is not None:
            found = _Found("spoken", kind, (first, first + 1), frozenset([first]))
            yield replace(
                self._governor(found),
                operator=speaker.mention,
                words=speaker.mention,
                speaker=speaker.mention,
                given=_mention_of(self._said.by),
            )

    def _place(self, token: int | None) -> tuple[int, int]:
        """Return where a token of the source stands, or else the first quoted one."""
        at = self._doc[min(self._quoted) if token is None else token].idx
        return at, at + 1

    def _voice(self, speaker: Speaker | None) -> FindingType | None:
        """Say what is wrong with whom the passage gives the words to; None where nothing is."""
        by = self._said.by
        if (
            speaker is not None
            and (not by or by.is_reporting or by.is_same(speaker))
            and speaker.is_known_by(self._told.everywhere)
        ):
            return None
        if by is None or by.is_reporting:
            is_own = speaker is not None and speaker.is_reporting
            return None if is_own else FindingType.ATTRIBUTION_DROPPED
        if speaker is None or not by.names:
            return None
        by = self._said.there.expanded(by)
        if by.is_same(speaker) or not (speaker.names or speaker.nouns):
            return None
        if speaker.is_pronoun and self._is_near(by.names):
            return None  # who “he” is may be what we got wrong
        if speaker.is_writing:
            return FindingType.ATTRIBUTION_DROPPED
        return None if speaker.is_plural and not speaker.names else FindingType.SPEAKER_CHANGED

    def _is_near(self, names: frozenset[str]) -> bool:
        """Say whether somebody is named in the sentences before the quoted words."""
        first = min(self._quoted)
        return any(t.lower_ in names for t in self._doc[max(0, first - NEAR) : first])

    def _names_report(self, item: _Found) -> bool:
        """Say whether the quoter tells in the source's own word that this is only said."""
        return not {self._doc[i].lemma_.lower() for i in item.words}.isdisjoint(
            self._told.everywhere
        )

    def _search(self) -> Iterator[_Found]:
        for sentence in self._sentences:
            yield from self._negations(sentence)
            yield from self._modifiers(sentence)
            yield from self._phrases(sentence)
            yield from self._embeddings(sentence)
            yield from self._answers(sentence)

    # --- what the passage keeps ------------------------------------------------------------------

    def _is_kept(self, item: _Found) -> bool:
        near = self._told.near(self._match.fragment)
        if item.type in _KEPT and near & _KEPT[item.type]:
            return True
        if self._told.opens(self._match.fragment) & _OPENED.get(item.type, frozenset()):
            return True
        operator = {self._doc[i].lemma_.lower() for i in range(*item.operator)}
        if item.rule in _NAMED and operator & near:
            return True
        content = self._content(item.words - set(range(*item.operator)))
        if item.type in {
            FindingType.CONDITION_DROPPED,
            FindingType.EXCEPTION_DROPPED,
            FindingType.CONTRAST_DROPPED,
        }:
            if item.words & self._everything - self._quoted:
                return True
            # Words that are quoted, too, are the topic; they tell nothing of what was left out.
            return self._told.share(content - self._content(self._quoted)) >= TOLD
        return False

    def _content(self, tokens: Iterable[int]) -> frozenset[str]:
        words = (self._doc[i] for i in tokens)
        return frozenset(
            t.lemma_.lower() for t in words if t.pos_ in _CONTENT and t.lemma_.lower() not in _LIGHT
        )

    def _governor(self, item: _Found) -> Governor:
        governed = [s for s in self._match.segments if s.meets(self._stretch.span)]
        whole = sorted(item.words | set(range(*item.operator)))
        first, last = self._doc[whole[0]], self._doc[whole[-1]]
        fragment = self._claim.fragments[self._match.fragment]
        return Governor(
            item.type,
            item.rule,
            self._mention(*item.operator),
            self._stretch.mention(first.idx, last.idx + len(last)),
            tuple(governed),
            fragment.span,
        )

    def _mention(self, start: int, end: int) -> Mention:
        first, last = self._doc[start], self._doc[end - 1]
        return self._stretch.mention(first.idx, last.idx + len(last))

    # --- on the quoted clause itself -------------------------------------------------------------

    def _left_out(self, token: Token) -> bool:
        return token.i not in self._everything

    def _negations(self, sentence: TokenSpan) -> Iterator[_Found]:
        """Find negations, left out, of words that are quoted."""
        by_head: dict[int, list[Token]] = {}
        for token in sentence:
            if self._left_out(token) and is_negation(token):
                head = self._negated(token)
                if head is not None:
                    by_head.setdefault(head.i, []).append(token)
            word = self._turned_phrase(token) if self._left_out(token) else None
            if word is not None:
                by_head.setdefault(word.i, []).append(token)
        for tokens in by_head.values():
            if len(tokens) % 2:
                token = tokens[0]
                yield _Found(
                    "negation",
                    FindingType.NEGATION_DROPPED,
                    (token.i, token.i + 1),
                    frozenset([token.i]),
                )

    def _turned_phrase(self, token: Token) -> Token | None:
        """Return the quoted word after *far from*, *anything but*, *nothing like*."""
        if token.i + 2 >= len(self._doc):
            return None
        pair = (token.lower_, self._doc[token.i + 1].lower_)
        following = self._doc[token.i + 2]
        is_whole = self._left_out(self._doc[token.i + 1]) and following.i in self._quoted
        return following if pair in _TURNING and is_whole else None

    def _negated(self, token: Token) -> Token | None:
        """Return the quoted word that a negation turns round, if it turns one."""
        head = token.head
        # no longer, not yet, not a single one
        while head.i not in self._quoted and (
            head.dep_ in {"advmod", "det", "nummod", "amod"}
            or (head.dep_ in _NOMINAL and token.dep_ in {"det", "amod", "advmod"})
        ):
            if head.head == head:
                return None
            head = head.head
        return head if head.i in self._quoted else None

    def _modifiers(self, sentence: TokenSpan) -> Iterator[_Found]:
        """Find hedges, quantifiers and *only*, left out, of words that are quoted."""
        opening = {p.start for p in find_phrases(sentence)}
        for token in sentence:
            if not self._left_out(token):
                continue
            word, is_under = token.lower_, token.head.i in self._quoted
            at, itself = (token.i, token.i + 1), frozenset([token.i])
            if is_under and word in POSSIBLE_MODALS and token.dep_ == "aux":
                yield _Found("modal", FindingType.HEDGE_DROPPED, at, itself)
            elif is_under and word in HEDGING_ADVERBS and token.dep_ in {"advmod", "amod"}:
                yield _Found("adverb", FindingType.HEDGE_DROPPED, at, itself)
            elif is_under and word in QUANTIFIERS and token.dep_ in {"det", "amod"}:
                yield _Found("determiner", FindingType.QUANTIFIER_CHANGED, at, itself)
            elif is_under and word in QUANTIFYING_ADVERBS and token.dep_ == "advmod":
                yield _Found("frequency", FindingType.QUANTIFIER_CHANGED, at, itself)
            elif is_under and word == "only" and token.i not in opening:
                yield _Found("only", FindingType.EXCEPTION_DROPPED, at, itself)
            elif word in QUANTITY_NOUNS and any(
                c.dep_ == "nmod" and c.i in self._quoted and self._has_of(c) for c in token.children
            ):
                yield _Found("part", FindingType.QUANTIFIER_CHANGED, at, itself)
            elif self._is_part_of_subject(token):
                yield _Found("part of subject", FindingType.QUANTIFIER_CHANGED, at, itself)
            elif token.i + 1 < len(self._doc) and self._is_bound(token):
                yield _Found("bound", FindingType.QUANTIFIER_CHANGED, at, itself)
            elif is_under and word == "used" and token.dep_ == "aux":
                yield _Found("used to", FindingType.CONDITION_DROPPED, at, itself)

    def _is_part_of_subject(self, token: Token) -> bool:
        """Say whether a quoted verb is said of some or few, and not of all: “a few told me”."""
        if token.lemma_.lower() not in _SOME:
            return False
        if token.dep_ in {"det", "amod"}:
            noun = token.head
            is_occasion = noun.lemma_.lower() in _OCCASIONS and noun.dep_ in {"obl", "nmod"}
            is_subject = noun.dep_ in {"nsubj", "nsubj:pass"}
            return (is_occasion or is_subject) and (
                self._left_out(noun) and noun.head.i in self._quoted
            )
        return token.dep_ in {"nsubj", "nsubj:pass"} and token.head.i in self._quoted

    @staticmethod
    def _has_of(token: Token) -> bool:
        return any(c.lower_ == "of" and c.dep_ == "case" for c in token.children)

    def _is_bound(self, token: Token) -> bool:
        for bound in BOUNDS:
            words = bound.split()
            end = token.i + len(words)
            if end < len(self._doc) and [t.lower_ for t in self._doc[token.i : end]] == words:
                number = self._doc[end]
                return number.i in self._quoted and number.pos_ == "NUM"
        return False

    # --- beside it: conditions, exceptions, concessions ------------------------------------------

    def _phrases(self, sentence: TokenSpan) -> Iterator[_Found]:
        for phrase in find_phrases(sentence):
            if phrase.rule == "idiom" or any(
                i in self._everything for i in range(phrase.start, phrase.end)
            ):
                continue
            clause = self._clause_of(phrase)
            words = self._words_of(phrase, clause, sentence)
            at = (phrase.start, phrase.end)
            if (
                clause is not None
                and clause.i in self._quoted
                and phrase.rule in {"condition", "exception"}
                and len(words) > len(range(*at)) + 1
                and self._is_beside(words, sentence)
            ):
                # The parse takes what is quoted for the clause itself, but a comma parts them.
                yield _Found(phrase.rule, TYPES[phrase.rule], at, words)
                continue
            if clause is not None and self._is_within(clause, sentence):
                if clause.i in self._quoted and self._stands_under(phrase, clause):
                    yield _Found(
                        f"{phrase.rule} itself",
                        TYPES[phrase.rule],
                        at,
                        frozenset(range(*at)),
                    )
                continue
            if phrase.rule == "concession" or words & self._quoted:
                continue
            if not self._limits(phrase, clause, words, sentence):
                continue
            if phrase.rule == "time" and not self._is_general(phrase, clause):
                continue
            yield _Found(phrase.rule, TYPES[phrase.rule], at, words)
        for token in sentence:
            if (
                self._left_out(token)
                and is_exception(token)
                and self._doc[token.i - 1].i in self._quoted
            ):
                words = frozenset(t.i for t in token.head.subtree if t.i >= token.i) | {token.i}
                if not words & self._everything:
                    at = (token.i, token.i + 1)
                    yield _Found("but one", FindingType.EXCEPTION_DROPPED, at, words)

    def _is_within(self, clause: Token, sentence: TokenSpan) -> bool:
        """Say whether all that a sentence has of the quoted words stands within a clause."""
        inside = {t.i for t in clause.subtree}
        return clause.i in self._quoted or all(
            t.i in inside for t in sentence if t.i in self._quoted
        )

    def _clause_of(self, phrase: Phrase) -> Token | None:
        """Return the head of the clause or adjunct that a phrase opens."""
        inside = range(phrase.start, phrase.end)
        for index in reversed(inside):
            token = self._doc[index]
            if token.dep_ in {"mark", "case", "advmod", "fixed", "cc", "aux"}:
                head = token.head
                while head.i in inside and head.head != head:
                    head = head.head
                if head.i not in inside and head.i > phrase.start:
                    return head
        for index in inside:
            for child in self._doc[index].children:
                if child.i >= phrase.end and child.dep_ in {
                    "advcl",
                    "ccomp",
                    "csubj",
                    "obl",
                    "obj",
                }:
                    return child
        return None

    def _words_of(
        self, phrase: Phrase, clause: Token | None, sentence: TokenSpan
    ) -> frozenset[int]:
        """Return the tokens of a phrase with what it opens."""
        own = set(range(phrase.start, phrase.end))
        if clause is not None:
            own |= {t.i for t in clause.subtree if t.i >= phrase.start}
            if not own & self._quoted:
                return frozenset(own)
        # The parse takes in what is quoted: the clause ends at the comma.
        own = set()
        for token in self._doc[phrase.start : sentence.end]:
            if token.i in self._everything or (token.text in ",;:" and token.i >= phrase.end):
                break
            own.add(token.i)
        return frozenset(own)

    def _stands_under(self, phrase: Phrase, clause: Token) -> bool:
        """Say whether a quoted clause is itself what is supposed, excepted or conceded."""
        if phrase.rule == "time" or clause.pos_ not in {"VERB", "AUX", "ADJ", "NOUN"}:
            return False
        if clause.dep_ not in {"advcl", "ccomp", "acl", "ROOT"}:
            return False
        if clause.dep_ == "advcl" and clause.head.i in self._everything:
            return False  # both clauses are quoted, and how they hang together shows
        return phrase.rule in {"condition", "concession"}

    def _limits(
        self, phrase: Phrase, clause: Token | None, words: frozenset[int], sentence: TokenSpan
    ) -> bool:
        """Say whether a phrase limits what is quoted: by the parse, or right beside it."""
        last = max(i for i in range(sentence.start, sentence.end) if i in self._quoted)
        between = self._doc[last + 1 : phrase.start]
        if any(t.lower_ in _RELATIVES for t in between):
            return False
        joint = next((t.i for t in between if t.lower_ in _JOINTS), phrase.start)
        if any(t.pos_ in {"NOUN", "PROPN", "PRON"} for t in self._doc[joint : phrase.start]):
            return False  # another clause stands between, and the phrase is of that
        if clause is not None and clause.head != clause:
            matrix = clause.head
            while phrase.start <= matrix.i < phrase.end and matrix.head != matrix:
                matrix = matrix.head
            if matrix.i in self._quoted:
                return True
            if matrix.i not in words and any(
                matrix.i == above.i for above in self._above(sentence)
            ):
                return True
        return phrase.rule != "time" and (
            self._is_beside(words, sentence) or self._is_behind(phrase, sentence)
        )

    def _is_behind(self, phrase: Phrase, sentence: TokenSpan) -> bool:
        """Say whether only an aside between commas parts a phrase from the quotation before it."""
        last = max(i for i in range(sentence.start, sentence.end) if i in self._quoted)
        between = [t.text.lower() for t in self._doc[last + 1 : phrase.start]]
        is_aside = len(between) > 1 and between[0] == between[-1] == ","
        return is_aside and len(between) <= 2 * ASIDE and not {"and", "but", "or", ";"} & {*between}

    def _is_beside(self, words: frozenset[int], sentence: TokenSpan) -> bool:
        """Say whether nothing but a comma parts words that were left out from quoted ones."""
        start, end = min(words), max(words) + 1
        before = start - 1
        while before >= sentence.start and self._doc[before].text in {",", "–", "—", "("}:
            before -= 1
        if before >= sentence.start and before in self._quoted:
            return True
        after = end
        while after < sentence.end and self._doc[after].text in {",", "–", "—", ")", "then"}:
            after += 1
        is_first = start == sentence.start or self._doc[start - 1].text in {
            *(",", "“", '"', "–", "—", ";", ":"),
            *("but", "But", "And", "and", "that", "So", "Yet", "yet"),
        }
        return after < sentence.end and after in self._quoted and is_first

    def _is_general(self, phrase: Phrase, clause: Token | None) -> bool:
        """Say whether *when* or *where* sets a condition: nothing that happened once."""
        if clause is None or not _is_clause(clause):
            return False
        matrix = clause.head
        while phrase.start <= matrix.i < phrase.end and matrix.head != matrix:
            matrix = matrix.head
        return _is_clause(matrix) and not _is_past(clause) and not _is_past(matrix)

    # --- above it: what the clause is the object of ----------------------------------------------

    def _roots(self, sentence: TokenSpan) -> list[Token]:
        """Return the quoted words whose heads are not quoted: where what is quoted hangs."""
        return [
            token
            for token in sentence
            if token.i in self._quoted
            and (token.head == token or token.head.i not in self._quoted)
            and token.dep_ not in {"punct", "mark", "cc", "det", "case", "aux", "cop", "aux:pass"}
        ]

    def _above(self, sentence: TokenSpan) -> Iterator[Token]:
        """Give the words, none of them quoted, that quoted clauses are said under."""
        for root in self._roots(sentence):
            for _, above in self._climb(root):
                yield above

    def _climb(self, root: Token) -> Iterator[tuple[Token, Token]]:
        """Give the steps from a quoted clause to what it is the object of, and on."""
        token = root
        while token.head != token:
            head = token.head
            if head.i in self._everything:
                return
            relation = token.dep_
            if relation == "conj":
                if any(c.dep_ in _SUBJECTS for c in token.children) and relation != "conj":
                    return
            elif relation in _NOMINAL and not (token == root and head.lemma_.lower() in _CALLING):
                if token.lemma_.lower() not in REPORTED_NOUNS | DENYING_WORDS | HEDGING_WORDS:
                    return
                if token == root:
                    return
            elif relation not in _COMPLEMENTS | _NOMINAL:
                return
            yield token, head
            token = head

    def _embeddings(self, sentence: TokenSpan) -> Iterator[_Found]:
        """Find denials, hedges and reports that quoted clauses are the object of."""
        for root in self._roots(sentence):
            turned: list[Token] = []
            found: list[_Found] = []
            steps = list(self._climb(root))
            for below, above in steps:
                if below.dep_ == "conj":
                    turned += self._shared_negations(below, above)
                    continue
                found += self._embedding(below, above, turned)
            disowned = self._disowned(steps, self._everything)
            if steps and turned:
                turned_words = self._lead(steps[0][0], steps[0][1]) | {t.i for t in turned}
            if disowned is not None:
                yield disowned
                continue
            yield from found
            if len(turned) % 2:
                at = (turned[0].i, turned[0].i + 1)
                yield _Found("denial", FindingType.NEGATION_DROPPED, at, frozenset(turned_words))
        yield from self._asides(sentence)
        yield from self._cut_comparison(sentence)
        yield from self._cut_subjects(sentence)

    @staticmethod
    def _disowned(steps: list[tuple[Token, Token]], everything: frozenset[int]) -> _Found | None:
        """Return what says of the quoted words that one should not say them.

        “It would be wrong to call it …”, “anybody who tells you that …”, “more than to learn …”:
        what is cut out of these is another statement, or none.
        """
        above: list[Token] = []
        for below, head in steps:
            lemma = head.lemma_.lower()
            is_said = any(
                t.lemma_.lower() in SAYING_VERBS | _CALLING
                and t.morph.get("VerbForm") in (["Inf"], ["Ger"])
                for t in above
            )
            marks = {c.lower_ for c in below.children if c.dep_ in {"mark", "case"}}
            near = {t.lower_ for t in below.doc[max(0, below.left_edge.i - 1) : below.i]}
            if lemma in DENYING_WORDS | _UNWISE and is_said and head.pos_ != "VERB":
                rule, word = "disowned", head
            elif "than" in marks and "rather" not in near:
                rule, word = "comparison", head
            elif (
                lemma in SAYING_VERBS and head.dep_ == "acl:relcl" and head.head.lower_ in _ANYBODY
            ):
                rule, word = "anybody", head.head
            else:
                above.append(head)
                continue
            first = min(t.left_edge.i for t in (word, head))
            end = steps[0][0].left_edge.i
            is_short = 0 < end - first <= LONGEST_LEAD
            lead = range(first, end) if is_short else [t.i for t in (word, head, *above)]
            words = frozenset(i for i in lead if i not in everything)
            return _Found(rule, FindingType.CUT_MID_CLAUSE, (word.i, word.i + 1), words)
        return None

    def _cut_subjects(self, sentence: TokenSpan) -> Iterator[_Found]:
        """Find a quoted subject that is only a part of the source's: “[the love of] money is …”."""
        for token in sentence:
            head = token.head
            if (
                token.i in self._quoted
                and token.dep_ == "nmod"
                and self._left_out(head)
                and head.dep_ in _SUBJECTS
                and head.head.i in self._quoted
                and self._has_of(token)
                and head.lemma_.lower() not in QUANTITY_NOUNS | _SOME
            ):
                words = frozenset(range(head.i, token.left_edge.i)) | {head.i}
                yield _Found(
                    "part subject", FindingType.CUT_MID_CLAUSE, (head.i, head.i + 1), words
                )

    def _cut_comparison(self, sentence: TokenSpan) -> Iterator[_Found]:
        """Find a comparison of which the quotation keeps the first half: “I would sooner …”."""
        last = max(i for i in range(sentence.start, sentence.end) if i in self._quoted)
        if last + 1 < sentence.end and self._doc[last + 1].lower_ == "than":
            first = last + 1
            if self._left_out(self._doc[first]):
                words = frozenset(range(first, sentence.end))
                yield _Found("comparison", FindingType.CUT_MID_CLAUSE, (first, first + 1), words)

    def _embedding(self, below: Token, above: Token, turned: list[Token]) -> Iterator[_Found]:
        """Judge one step up: add what turns the clause round, give what hedges or reports it."""
        lemma = above.lemma_.lower()
        marks = {c.lower_ for c in below.children if c.dep_ in {"mark", "case"}}
        negations = [
            c
            for c in above.subtree
            if is_negation(c) and self._left_out(c) and self._is_turned(c, above)
        ]
        at, words = (above.i, above.i + 1), self._lead(below, above)
        if marks & {"as", "like"} and (marks & {"if", "though", "like"}) and lemma in _SEEMING:
            if not any(c.dep_ == "mark" and c.i in self._quoted for c in below.children):
                yield _Found("as if", FindingType.HEDGE_DROPPED, at, words)
            return
        if lemma == "far" and above.dep_ != "advmod":
            turned.append(above)
            return
        if below.dep_ == "advcl":
            if marks & {"without", "than", "instead"}:
                turned.append(above)
            elif "because" in marks and negations:
                turned.extend(negations[:1])
            elif lemma in {"accuse", "suspect"} or (
                marks & {"of", "for"} and lemma in {"criticize", "blame", "charge"}
            ):
                yield self._report(above, words)
            return
        if lemma in DENYING_VERBS or (lemma in DENYING_WORDS and above.pos_ != "VERB"):
            turned.append(above)
        if negations and lemma not in FACTIVE_VERBS:
            turned.extend(negations[:1])
        if below.dep_ == "ccomp" and marks & {"whether", "if"}:
            yield _Found("question", FindingType.HEDGE_DROPPED, at, words)
        elif negations or lemma in DENYING_VERBS | DENYING_WORDS:
            return
        elif lemma in HEDGING_VERBS or (lemma in HEDGING_WORDS and above.pos_ != "VERB"):
            is_wish = below.dep_ == "xcomp" and lemma in {"promise", "want", "wish"}
            yield _Found("wish" if is_wish else "hedge above", FindingType.HEDGE_DROPPED, at, words)
        elif lemma in SAYING_VERBS and below.dep_ in {"ccomp", "xcomp", "parataxis", "csubj:pass"}:
            if not (self._subject(above) is None and below.dep_ == "parataxis"):
                yield self._report(above, words)
        elif lemma in REPORTED_NOUNS and below.dep_ in {
            *("acl", "ccomp", "csubj", "csubj:pass", "advcl"),
        }:
            yield _Found("reported noun", FindingType.ATTRIBUTION_DROPPED, at, words)

    def _lead(self, below: Token, above: Token) -> frozenset[int]:
        """Return what leads up to a quoted clause from the word that it is the object of."""
        first, last = above.left_edge.i, below.left_edge.i
        if below.i < above.i or last - first > LONGEST_LEAD:
            return frozenset([above.i])
        lead = [i for i in range(first, below.i) if self._left_out(self._doc[i])]
        return frozenset([*lead, above.i])

    def _report(self, verb: Token, words: frozenset[int] = frozenset()) -> _Found:
        subject = self._subject(verb)
        is_supposed = subject is None and verb.lemma_.lower() in SUPPOSING_VERBS
        is_distant = verb.lemma_.lower() in DISTANT_VERBS or verb.lemma_.lower() == "accuse"
        rule = "supposed" if is_supposed else "claimed" if is_distant else "reported"
        first = min(verb.i, subject.i) if subject is not None else verb.i
        return _Found(
            rule,
            FindingType.ATTRIBUTION_DROPPED,
            (verb.i, verb.i + 1),
            words | frozenset([first, verb.i]),
            subject.i if subject is not None else None,
        )

    def _asides(self, sentence: TokenSpan) -> Iterator[_Found]:
        """Find reports that stand beside the clause: “…, critics say”, “according to …”."""
        for token in sentence:
            if not self._left_out(token):
                continue
            is_verb = token.lemma_.lower() in SAYING_VERBS and token.dep_ == "parataxis"
            says_else = any(
                c.dep_ in {"ccomp", "xcomp"} and self._left_out(c) for c in token.children
            )
            is_of_quoted = token.head.i in self._quoted and not says_else
            if is_verb and is_of_quoted and self._subject(token) is not None:
                yield self._report(token)
            if token.dep_ == "nsubj:outer" and token.head.i in self._quoted:
                noun = token.lemma_.lower()
                at, words = (token.i, token.i + 1), frozenset(t.i for t in token.subtree)
                if noun in REPORTED_NOUNS:
                    owner = next((c for c in token.children if c.dep_ == "nmod:poss"), None)
                    yield _Found(
                        "reported noun",
                        FindingType.ATTRIBUTION_DROPPED,
                        at,
                        words,
                        owner.i if owner is not None else None,
                    )
                elif noun in DENYING_WORDS:
                    yield _Found("denial", FindingType.NEGATION_DROPPED, at, words)
            if self._is_aside(token, sentence):
                yield self._report(token)
            if token.lower_ == "according" and token.i + 1 < len(self._doc):
                speaker = next(
                    (a for a in token.ancestors if a.pos_ in {"NOUN", "PROPN", "PRON"}), None
                )
                if speaker is None or speaker.i in self._everything:
                    continue
                matrix = speaker.head
                words = frozenset(t.i for t in speaker.subtree)
                if matrix.i in self._quoted or self._is_beside(words, sentence):
                    yield _Found(
                        "according to",
                        FindingType.ATTRIBUTION_DROPPED,
                        (token.i, token.i + 2),
                        words,
                        speaker.i,
                    )

    def _is_aside(self, token: Token, sentence: TokenSpan) -> bool:
        """Say whether a verb of saying stands with its subject between commas beside the quotation.

        This holds where the parse takes them for something else.
        """
        if token.lemma_.lower() not in SAYING_VERBS or token.dep_ == "parataxis":
            return False
        left, right = token.i - 1, token.i + 1
        while left > sentence.start and self._doc[left].text not in {",", "–", "—"}:
            if token.i - left > ASIDE or self._doc[left].i in self._everything:
                return False
            left -= 1
        is_parted = left > sentence.start and (
            right < sentence.end and self._doc[right].text in {",", ".", "–", "—"}
        )
        has_subject = any(
            t.pos_ in {"NOUN", "PROPN", "PRON", "DET"} for t in self._doc[left + 1 : token.i]
        )
        beside = {left - 1, right + 1} & self._quoted
        return is_parted and has_subject and bool(beside)

    def _shared_negations(self, below: Token, above: Token) -> list[Token]:
        """Return the negations of a first clause that its second half stands under as well."""
        if any(c.dep_ in (*_SUBJECTS, "aux", "cop", "aux:pass") for c in below.children):
            return []
        joints = {c.lower_ for c in below.children if c.dep_ == "cc"}
        if not joints & {"or", "nor", "and"} or below.morph.get("VerbForm") == ["Fin"]:
            return []
        return [
            c
            for c in above.children
            if c.i < above.i and self._left_out(c) and is_negation(c) and c.dep_ == "advmod"
        ][:1]

    @staticmethod
    def _is_turned(negation: Token, head: Token) -> bool:
        """Say whether a negation is of this word itself, or of its subject."""
        if negation.head == head:
            return True
        if negation.head.dep_ == "advmod" and negation.head.head == head:
            return True  # no longer
        subject = negation.head
        return (
            subject.head == head and subject.dep_ in _SUBJECTS and negation.dep_ in {"det", "amod"}
        )

    @staticmethod
    def _subject(verb: Token) -> Token | None:
        return next(
            (c for c in verb.children if c.dep_ in {"nsubj", "nsubj:pass", "nsubj:outer"}), None
        )

    # --- after it: what answers it ---------------------------------------------------------------

    def _afterthought(self, sentence: TokenSpan) -> Iterator[_Found]:
        """Find a sentence that limits the one before it: “That holds only if …”."""
        words = [t for t in sentence if not t.is_space and not t.is_punct]
        if not words:
            return
        phrases = [p for p in find_phrases(sentence) if p.rule in {"condition", "exception"}]
        takes_up = words[0].lower_ in _TAKING_UP and words[0].dep_ in {*_SUBJECTS, "det"}
        for phrase in phrases:
            is_first = phrase.start <= words[0].i + 1 and not any(
                t.dep_ == "ROOT" and t.pos_ == "VERB" and t.i > phrase.end for t in sentence
            )
            if is_first or (takes_up and phrase.start - words[0].i <= OPENING):
                yield _Found(
                    f"{phrase.rule} after",
                    TYPES[phrase.rule],
                    (phrase.start, phrase.end),
                    frozenset(range(sentence.start, sentence.end)),
                )
                return

    def _answers(self, sentence: TokenSpan) -> Iterator[_Found]:
        """Find a clause or a sentence, left out, that takes back or answers what is quoted."""
        last = max(i for i in range(sentence.start, sentence.end) if i in self._quoted)
        for token in sentence:
            joint = next(
                (c for c in token.children if c.dep_ == "cc" and c.lower_ in {"but", "yet"}), None
            )
            if (
                token.dep_ in {"conj", "parataxis", "advcl", "ROOT"}
                and joint is not None
                and joint.i > last
                and token.head.i in self._quoted
                and self._left_out(token)
                and self._left_out(joint)
                and not is_exception(joint)
                and any(c.dep_ in _SUBJECTS for c in token.children)
            ):
                words = frozenset(t.i for t in token.subtree if t.i >= joint.i)
                yield _Found(
                    "but clause", FindingType.CONTRAST_DROPPED, (joint.i, joint.i + 1), words
                )
        if sentence.end >= len(self._doc):
            return
        rest = [t for t in self._doc[last + 1 : sentence.end] if t.is_alpha]
        if rest:
            return
        start = next((t.i for t in self._doc[sentence.end :] if not t.is_space), None)
        if start is None:
            return
        following = self._doc[start].sent
        if any(t.i in self._everything for t in following):
            return
        yield from self._afterthought(following)
        opener = _adversative(following) or _taken_back(following)
        if opener is None:
            return
        yield _Found(
            "answer",
            FindingType.CONTRAST_DROPPED,
            (opener[0], opener[1]),
            frozenset(range(following.start, following.end)),
        )


def _taken_back(sentence: TokenSpan) -> tuple[int, int] | None:
    """Return the words by which a sentence says that the one before it is not so, if it does."""
    words = [t for t in sentence if not t.is_space and not t.is_punct]
    root = sentence.root
    subject = next((c for c in root.children if c.dep_ in _SUBJECTS), None)
    if subject is None or subject.pos_ not in {"PRON", "DET"} or not words:
        return None
    is_wrong = root.lemma_.lower() in _WRONG and not any(
        is_negation(c) or c.lower_ in {"been", "be"} for c in root.children
    )
    is_denied = len(words) <= SHORT_DENIAL and (
        any(is_negation(t) for t in sentence) and all(t.lower_ in _DENIAL for t in words)
    )
    if is_wrong:
        return root.i, root.i + 1
    return (words[0].i, words[-1].i + 1) if is_denied else None


def _mention_of(speaker: Speaker | None) -> Mention | None:
    return speaker.mention if speaker is not None else None


def _is_clause(token: Token) -> bool:
    """Say whether a word is the head of a clause with a verb."""
    return token.pos_ in {"VERB", "AUX"} or any(c.dep_ == "cop" for c in token.children)


def _is_past(token: Token) -> bool:
    """Say whether a clause speaks of something that happened."""
    verbs = [token, *(c for c in token.children if c.dep_ in {"aux", "cop", "aux:pass"})]
    if any(
        v.lower_ in {"will", "would", "can", "could", "may", "might", "must", "should"}
        for v in verbs
    ):
        return False
    return any("Past" in v.morph.get("Tense") and "Fin" in v.morph.get("VerbForm") for v in verbs)


def _adversative(sentence: TokenSpan) -> tuple[int, int] | None:
    """Return the tokens that open a sentence against the one before it, if some do."""
    words = [t.lower_ for t in sentence]
    skip = 0
    while skip < len(words) and not words[skip].isalpha():
        skip += 1
    for phrase in sorted(ADVERSATIVES, key=len, reverse=True):
        if tuple(words[skip : skip + len(phrase)]) == phrase:
            return sentence.start + skip, sentence.start + skip + len(phrase)
    for at, word in enumerate(words[:OPENING]):
        if word in {"however", "nevertheless", "nonetheless"}:
            return sentence.start + at, sentence.start + at + 1
    return None
