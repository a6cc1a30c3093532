"""Operators on the quoted clause itself: its negations, hedges and quantifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from quotecheck.forms import word_set
from quotecheck.operators import (
    BOUNDS,
    HEDGING_ADVERBS,
    NEGATIVE_PHRASES,
    POSSIBLE_MODALS,
    QUANTIFIERS,
    QUANTIFYING_ADVERBS,
    QUANTITY_NOUNS,
    find_phrases,
    is_negation,
)
from quotecheck.records import FindingType
from quotecheck.scope.quoted import Found, has_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Span as TokenSpan
    from spacy.tokens import Token

    from quotecheck.scope.quoted import Quoted


_NOMINAL: Final = frozenset(
    ["nsubj", "nsubj:pass", "nsubj:outer", "obj", "iobj", "obl", "obl:agent", "nmod", "obl:arg"]
)
# What makes less of the word that it depends on: the rule, the words, and how they depend on it.
_MODIFIERS: Final = (
    ("modal", FindingType.HEDGE_DROPPED, POSSIBLE_MODALS, {"aux"}),
    ("adverb", FindingType.HEDGE_DROPPED, HEDGING_ADVERBS, {"advmod", "amod"}),
    ("determiner", FindingType.QUANTIFIER_CHANGED, QUANTIFIERS, {"det", "amod"}),
    ("frequency", FindingType.QUANTIFIER_CHANGED, QUANTIFYING_ADVERBS, {"advmod"}),
    ("used to", FindingType.CONDITION_DROPPED, frozenset(["used"]), {"aux"}),
)
_SOME: Final = word_set("some few most many several half minority majority handful number couple")
_OCCASIONS: Final = word_set(
    "case instance occasion place area respect time circumstance situation district"
)


def find_negations(q: Quoted, sentence: TokenSpan) -> Iterator[Found]:
    """Find negations, left out, of words that are quoted."""
    by_head: dict[int, list[Token]] = {}
    end = sentence.start
    for token in sentence:
        if not q.is_left_out(token) or token.i < end:
            continue
        head, length = _turned_phrase(q, token)
        end = token.i + length
        if head is None and is_negation(token):
            head = _negated(q, token)
        if head is not None:
            by_head.setdefault(head.i, []).append(token)
    for tokens in by_head.values():
        if len(tokens) % 2:
            token = tokens[0]
            yield Found(
                "negation",
                FindingType.NEGATION_DROPPED,
                (token.i, token.i + 1),
                frozenset([token.i]),
            )


def _turned_phrase(q: Quoted, token: Token) -> tuple[Token | None, int]:
    """Return the quoted word beside a set phrase that turns it round, and the phrase's length."""
    for phrase in NEGATIVE_PHRASES:
        end = token.i + len(phrase)
        if end > len(q.doc) or tuple(t.lower_ for t in q.doc[token.i : end]) != phrase:
            continue
        if any(i in q.everything for i in range(token.i, end)):
            return None, 0
        beside = [i for i in (end, token.i - 1) if i in q.tokens]
        if beside:
            return q.doc[beside[0]], len(phrase)
    return None, 0


def _negated(q: Quoted, token: Token) -> Token | None:
    """Return the quoted word that a negation turns round, if it turns one."""
    head = token.head
    # no longer, not yet, not a single one
    while head.i not in q.tokens and (
        head.dep_ in {"advmod", "det", "nummod", "amod"}
        or (head.dep_ in _NOMINAL and token.dep_ in {"det", "amod", "advmod"})
    ):
        if head.head == head:
            return None
        head = head.head
    return head if head.i in q.tokens else None


def find_modifiers(q: Quoted, sentence: TokenSpan) -> Iterator[Found]:
    """Find hedges, quantifiers and *only*, left out, of words that are quoted."""
    opening = {p.start for p in find_phrases(sentence)}
    for token in sentence:
        if not q.is_left_out(token) or token.i in opening:
            continue
        found = _modifier(token) if token.head.i in q.tokens else None
        found = found or _limiter(q, token)
        if found is not None:
            rule, kind = found
            yield Found(rule, kind, (token.i, token.i + 1), frozenset([token.i]))


def _modifier(token: Token) -> tuple[str, FindingType] | None:
    """Return what a word does to the quoted one that it depends on, if it makes less of it."""
    for rule, kind, words, relations in _MODIFIERS:
        if token.lower_ in words and token.dep_ in relations:
            return rule, kind
    return ("only", FindingType.EXCEPTION_DROPPED) if token.lower_ == "only" else None


def _limiter(q: Quoted, token: Token) -> tuple[str, FindingType] | None:
    """Return what a word above or beside the quoted ones does to how many they are said of."""
    if is_negation(token):
        return None
    is_part = token.lower_ in QUANTITY_NOUNS and any(
        c.dep_ == "nmod" and c.i in q.tokens and has_of(c) for c in token.children
    )
    if is_part:
        return "part", FindingType.QUANTIFIER_CHANGED
    if _is_part_of_subject(q, token):
        return "part of subject", FindingType.QUANTIFIER_CHANGED
    if _is_bound(q, token):
        return "bound", FindingType.QUANTIFIER_CHANGED
    return None


def _is_part_of_subject(q: Quoted, token: Token) -> bool:
    """Say whether a quoted verb is said of some or few, and not of all: “a few told me”."""
    if token.lemma_.lower() not in _SOME:
        return False
    if token.dep_ in {"det", "amod"}:
        noun = token.head
        is_occasion = noun.lemma_.lower() in _OCCASIONS and noun.dep_ in {"obl", "nmod"}
        is_subject = noun.dep_ in {"nsubj", "nsubj:pass"}
        return (is_occasion or is_subject) and (q.is_left_out(noun) and noun.head.i in q.tokens)
    return token.dep_ in {"nsubj", "nsubj:pass"} and token.head.i in q.tokens


def _is_bound(q: Quoted, token: Token) -> bool:
    for bound in BOUNDS:
        words = bound.split()
        end = token.i + len(words)
        if end < len(q.doc) and [t.lower_ for t in q.doc[token.i : end]] == words:
            number = q.doc[end]
            return number.i in q.tokens and number.pos_ == "NUM"
    return False
