"""What of the words that were left out the quoter tells in words of their own."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from quotecheck.forms import NEGATIONS, word_set
from quotecheck.operators import (
    DENYING_VERBS,
    DENYING_WORDS,
    HEDGING_ADVERBS,
    HEDGING_VERBS,
    HEDGING_WORDS,
    POSSIBLE_MODALS,
    QUANTIFIERS,
    QUANTIFYING_ADVERBS,
    REPORTED_NOUNS,
    SAYING_VERBS,
    find_phrases,
    is_negation,
)
from quotecheck.records import FindingType

if TYPE_CHECKING:
    from spacy.tokens import Token

    from quotecheck.claim import Claim
    from quotecheck.encode import Encoder
    from quotecheck.records import Reading
    from quotecheck.scope.quoted import Found, Quoted

# The share of its content words that shows that what was left out is told in other words.
TOLD: Final = 0.5
# The same of an answer, which is longer and told in passing.
ANSWERED: Final = 0.2
# Cosine from which on a clause of the quoter's says what a condition or an exception that was left
# out says: of 440 findings on the development cases, the two above it were wrong.
SAID: Final = 0.5
# Characters behind a quotation in which the quoter answers it.
ANSWER: Final = 120
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
        " hopes hoped fears feared asks asked question wonders wondered thinks believes let lets"
        " allow allows able enable enables guess guesses guessing hunch bet reckons"
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
# These the quoter says in the clause that leads into the quotation, or not at all.
_CLOSE: Final = frozenset(
    {
        FindingType.NEGATION_DROPPED,
        FindingType.CUT_MID_CLAUSE,
    }
)
# Of these, the quoter may say the very word.
_NAMED: Final = frozenset(
    ["denial", "hedge above", "wish", "as if", "question", "disowned", "comparison", "anybody"]
)
_VIEWS: Final = word_set(
    "according view views eye eyes opinion so-called supposed alleged purported self-styled words"
    " call calls called"
)
_OPENED: Final = {
    FindingType.CONDITION_DROPPED: frozenset(["condition", "time"]),
    FindingType.EXCEPTION_DROPPED: frozenset(["condition", "exception"]),
    FindingType.CONTRAST_DROPPED: frozenset(["concession"]),
}


_CLAUSE_END: Final = re.compile(r"[,;:.!?\n“”\"—–]+")


class Told:
    """What the quoter says in words of their own, by the fragment that they stand around.

    Args:
        claim: What was published.
        passage: The same, parsed.
        encoder: Tells whether other words mean the same.
    """

    def __init__(self, claim: Claim, passage: Reading, encoder: Encoder) -> None:
        self._claim = claim
        self._doc = passage.doc
        self._encoder = encoder
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

    def _close(self, fragment: int) -> frozenset[str]:
        """Return the words of the clause that leads into a fragment, and of the one behind it."""
        framing, span = self._claim.framings[fragment], self._claim.fragments[fragment].span
        lead = self._claim.passage[framing.sentence.start : span.start]
        begin = framing.sentence.start + max(
            (m.end() for m in re.finditer(r"[,:;.!?–—](?=\s)", lead)), default=0
        )
        behind = self._claim.passage[span.end : framing.sentence.end]
        stop = re.search(r"[,:;.!?–—]", behind.lstrip("”\"’'» "))
        end = span.end + (stop.start() + 2 if stop else len(behind))
        inside = [i.span for i in self._claim.fragments[fragment].insertions]
        near = [
            t
            for t in self._own
            if begin <= t.idx < end or any(s.start <= t.idx < s.end for s in inside)
        ]
        return frozenset(w for t in near for w in (t.lower_, t.lemma_.lower()))

    def _counts(self, fragment: int) -> bool:
        """Say whether the quoter gives a number of their own in that sentence."""
        sentence = self._claim.framings[fragment].sentence
        return any(t.pos_ == "NUM" for t in self._own if sentence.start <= t.idx < sentence.end)

    def _answers(self, fragment: int) -> bool:
        """Say whether the quoter goes on with a denial right after the quotation."""
        end = self._claim.fragments[fragment].span.end
        after = [t for t in self._own if end <= t.idx < end + ANSWER]
        return any(is_negation(t) for t in after)

    def reports(self, fragment: int) -> bool:
        """Say whether the quoter's own words in that sentence speak of somebody's view."""
        return bool(self.near(fragment) & (SAYING_VERBS | REPORTED_NOUNS | _VIEWS))

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

    @cached_property
    def _clauses(self) -> list[str]:
        """Return the clauses of the quoter's own, of two words or more."""
        passage, at, own = self._claim.passage, 0, []
        for fragment in self._claim.fragments:
            own.append(passage[at : fragment.span.start])
            at = fragment.span.end
        clauses = _CLAUSE_END.split("\n".join([*own, passage[at:]]))
        return [clause.strip() for clause in clauses if len(clause.split()) > 1]

    def _says(self, words: str) -> bool:
        """Say whether a clause of the quoter's means what was left out."""
        if not self._clauses:
            return False
        meant, *own = self._encoder.encode([words, *self._clauses])
        return max(float(clause @ meant) for clause in own) >= SAID

    def keeps(self, item: Found, q: Quoted) -> bool:
        """Say whether the quoter tells what an operator does, in its words or in others."""
        return self._names(item, q) or (item.type in _OPENED and self._retells(item, q))

    def _names(self, item: Found, q: Quoted) -> bool:
        """Say whether the quoter has a word or a clause of their own that does the same."""
        fragment = q.match.fragment
        near = self.near(fragment)
        if item.type in _CLOSE:
            near = self._close(fragment)
        elif item.type is FindingType.HEDGE_DROPPED:
            near = self.everywhere  # who guesses may say so in another sentence
        operator = {q.doc[i].lemma_.lower() for i in range(*item.operator)}
        return bool(
            near & _KEPT.get(item.type, frozenset())
            or self.opens(fragment) & _OPENED.get(item.type, frozenset())
            or (item.type is FindingType.QUANTIFIER_CHANGED and self._counts(fragment))
            or (item.rule in _NAMED and operator & near)
        )

    def _retells(self, item: Found, q: Quoted) -> bool:
        """Say whether the quoter tells what a clause that was left out says, or quotes it, too."""
        if item.words & q.everything - q.tokens:
            return True
        # Words that are quoted, too, are the topic; they tell nothing of what was left out.
        lost = q.content(item.words - set(range(*item.operator))) - q.content(q.tokens)
        if item.type is FindingType.CONTRAST_DROPPED:
            return self._answers(q.match.fragment) or self.share(lost) >= ANSWERED
        names = {t.lemma_.lower() for t in (q.doc[i] for i in item.words) if t.pos_ == "PROPN"}
        if names & lost & self.everywhere or self.share(lost) >= TOLD:
            return True
        return self._says(q.doc[min(item.words) : max(item.words) + 1].text)
