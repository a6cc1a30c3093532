"""Reports: who is said to say what is quoted, above the clause or beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from quotecheck.forms import word_set
from quotecheck.operators import (
    DENYING_WORDS,
    DISTANT_VERBS,
    HEDGING_WORDS,
    PARTIES,
    REPORTED_NOUNS,
    REPORTING_PHRASES,
    SAYING_VERBS,
    SUPPOSING_VERBS,
)
from quotecheck.records import FindingType
from quotecheck.scope.quoted import Found
from quotecheck.speech import named_by_according, own_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Span as TokenSpan
    from spacy.tokens import Token

    from quotecheck.scope.quoted import Quoted

# Tokens from a comma to a verb of saying: “, some argue,”.
ASIDE: Final = 8
# “It is … that”, without the word in the middle.
_SHORTEST: Final = 3
_JOINING: Final = word_set(
    "unless if when while although though because who which that once until and but or where"
    " whether since before after"
)
_GUESSES: Final = frozenset(
    ["guess", "hunch", "hope", "expectation", "feeling", "bet", "hypothesis", "fear", "wish"]
)


def report(
    verb: Token, words: frozenset[int] = frozenset(), *, speaker: Token | None = None
) -> Found:
    """Return what a verb of saying does to the clause that it reports."""
    subject = speaker or own_subject(verb)
    lemma = verb.lemma_.lower()
    is_supposed = subject is None and lemma in SUPPOSING_VERBS
    is_distant = lemma in DISTANT_VERBS or (subject is not None and is_party(subject))
    rule = "supposed" if is_supposed else "claimed" if is_distant else "reported"
    first = min(verb.i, subject.i) if subject is not None else verb.i
    return Found(
        rule,
        FindingType.ATTRIBUTION_DROPPED,
        (verb.i, verb.i + 1),
        words | frozenset([first, verb.i]),
        subject.i if subject is not None else None,
    )


def find_asides(q: Quoted, sentence: TokenSpan) -> Iterator[Found]:
    """Find reports that stand beside the clause: “…, critics say”, “according to …”."""
    for token in sentence:
        if not q.is_left_out(token):
            continue
        if _is_parenthesis(q, token) or _is_aside(q, token, sentence):
            yield report(token, speaker=_named_beside(q, token, sentence))
        elif token.dep_ == "nsubj:outer" and token.head.i in q.tokens:
            yield from _topic(token)
        elif token.lower_ == "according" and token.i + 1 < len(q.doc):
            yield from _according(q, token, sentence)


def find_set_reports(q: Quoted, sentence: TokenSpan) -> Iterator[Found]:
    """Find views given by a set phrase beside the clause: “rumour has it”, “in her eyes”."""
    text = sentence.text
    for phrase in REPORTING_PHRASES.finditer(text):
        words = q.between(sentence, *phrase.span())
        is_fronted = (
            bool(words) and min(words) <= sentence.start + 1 and sentence.root.i in q.tokens
        )
        is_near = bool(words) and (is_fronted or q.is_beside(words, sentence))
        if is_near and not words & q.everything:
            at = (min(words), max(words) + 1)
            yield Found("set report", FindingType.ATTRIBUTION_DROPPED, at, words)


def _named_beside(q: Quoted, verb: Token, sentence: TokenSpan) -> Token | None:
    """Return the noun between a comma and a verb of saying: “, opponents claim,”."""
    named = None
    for at in range(verb.i - 1, sentence.start, -1):
        token = q.doc[at]
        if token.text in {",", "–", "—"}:
            return named
        if at in q.everything or verb.i - at > ASIDE:
            return None
        if named is None and token.pos_ in {"NOUN", "PROPN", "PRON", "DET"}:
            named = token
    return None


def _is_parenthesis(q: Quoted, token: Token) -> bool:
    """Say whether the parse has a verb of saying beside a quoted clause, and of nothing else."""
    if token.lemma_.lower() not in SAYING_VERBS or token.dep_ != "parataxis":
        return False
    if q.are_parted(token, token.head) or any(c.dep_ == "nsubj:pass" for c in token.children):
        return False
    says_else = any(c.dep_ in {"ccomp", "xcomp"} and q.is_left_out(c) for c in token.children)
    return token.head.i in q.tokens and not says_else and own_subject(token) is not None


def find_impersonal(q: Quoted, sentence: TokenSpan) -> Iterator[Found]:
    """Find “it is possible, although …, that …” before the quotation, whatever the parse says."""
    first = min((t.i for t in sentence if t.i in q.tokens), default=sentence.start)
    opening = [t for t in sentence if t.i < first and not t.is_punct and not t.is_space]
    if len(opening) <= _SHORTEST or opening[0].lower_ != "it" or opening[-1].lower_ != "that":
        return
    is_negated = opening[2].lower_ in {"not", "n't", "n’t", "never"}
    word = opening[3] if is_negated and len(opening) > _SHORTEST + 1 else opening[2]
    if opening[1].lemma_.lower() != "be" or not all(q.is_left_out(t) for t in opening):
        return
    at, words = (word.i, word.i + 1), frozenset(t.i for t in opening)
    lemma = word.lemma_.lower()
    is_truth = lemma in {"true", "clear", "certain", "so", "the"}
    if (is_negated and is_truth) or (not is_negated and lemma in DENYING_WORDS):
        yield Found("denial", FindingType.NEGATION_DROPPED, at, words)
    elif not is_negated and lemma in HEDGING_WORDS:
        yield Found("hedge above", FindingType.HEDGE_DROPPED, at, words)


def find_copular(q: Quoted, sentence: TokenSpan) -> Iterator[Found]:
    """Find “her theory was that …” right before the quotation, whatever the parse makes of it."""
    first = min((t.i for t in sentence if t.i in q.tokens), default=sentence.start)
    if first - 2 < sentence.start or q.doc[first - 1].lower_ != "that":
        return
    verb = q.doc[first - 2]
    noun = next((t for t in sentence if t.i < verb.i and t.lemma_.lower() in REPORTED_NOUNS), None)
    is_copular = verb.lemma_.lower() == "be" and noun is not None and q.is_left_out(verb)
    if is_copular and noun is not None and noun.pos_ == "NOUN":
        yield _reported(noun, frozenset(range(noun.left_edge.i, first)))


def _reported(noun: Token, words: frozenset[int]) -> Found:
    """Return what a noun for somebody's view does; whose it is stands before it, if anywhere."""
    owner = next((c.i for c in noun.children if c.dep_ == "nmod:poss"), None)
    at = (noun.i, noun.i + 1)
    return Found("reported noun", FindingType.ATTRIBUTION_DROPPED, at, words, owner)


def _topic(noun: Token) -> Iterator[Found]:
    """Judge the subject of “the plaintiff’s argument is that …”, “the mistake is to think …”."""
    at, words = (noun.i, noun.i + 1), frozenset(t.i for t in noun.subtree)
    if noun.lemma_.lower() in REPORTED_NOUNS:
        yield _reported(noun, words)
    elif noun.lemma_.lower() in _GUESSES:
        yield Found("hedge above", FindingType.HEDGE_DROPPED, at, words)
    elif noun.lemma_.lower() in DENYING_WORDS:
        yield Found("denial", FindingType.NEGATION_DROPPED, at, words)


def _according(q: Quoted, token: Token, sentence: TokenSpan) -> Iterator[Found]:
    speaker = named_by_according(token)
    if speaker is None or speaker.i in q.everything:
        return
    words = frozenset(t.i for t in speaker.subtree)
    if speaker.head.i in q.tokens or q.is_beside(words, sentence):
        at = (token.i, token.i + 2)
        yield Found("according to", FindingType.ATTRIBUTION_DROPPED, at, words, speaker.i)


def _is_aside(q: Quoted, token: Token, sentence: TokenSpan) -> bool:
    """Say whether a verb of saying stands with its subject between commas beside the quotation.

    This holds where the parse takes them for something else.
    """
    if token.lemma_.lower() not in SAYING_VERBS or token.dep_ == "parataxis":
        return False
    left, right = token.i - 1, token.i + 1
    while left > sentence.start and q.doc[left].text not in {",", "–", "—"}:
        if token.i - left > ASIDE or q.doc[left].i in q.everything:
            return False
        left -= 1
    is_parted = left > sentence.start and (
        right < sentence.end and q.doc[right].text in {",", ".", "–", "—"}
    )
    lead = q.doc[left + 1 : token.i]
    if any(t.lower_ in _JOINING for t in lead):
        return False  # “, unless the county objects.” is a clause of its own
    has_subject = any(t.pos_ in {"NOUN", "PROPN", "PRON", "DET"} for t in lead)
    beside = {left - 1, right + 1} & q.tokens
    return is_parted and has_subject and bool(beside)


def is_party(subject: Token) -> bool:
    """Say whether a subject stands on one side: critics, opponents, the company’s lawyers."""
    return any(t.lemma_.lower() in PARTIES for t in (subject, *subject.children))
