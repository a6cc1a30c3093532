"""What the quoted clause is the object of: denials, hedges, reports, and what disowns it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from quotecheck.forms import word_set
from quotecheck.operators import (
    DENYING_VERBS,
    DENYING_WORDS,
    FACTIVE_VERBS,
    HEDGING_VERBS,
    HEDGING_WORDS,
    POSSIBLE_MODALS,
    REPORTED_NOUNS,
    SAYING_VERBS,
    is_negation,
)
from quotecheck.records import FindingType
from quotecheck.scope.cuts import find_disowned
from quotecheck.scope.quoted import LONGEST_LEAD, SUBJECTS, Found
from quotecheck.scope.reports import report
from quotecheck.speech import own_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Span as TokenSpan
    from spacy.tokens import Token

    from quotecheck.scope.quoted import Quoted


_SEEMING: Final = word_set("look seem appear sound feel act behave treat")
# What matters no more where the clause is denied.
_LESS: Final = frozenset({FindingType.HEDGE_DROPPED})
_CLEARING: Final = word_set("clear acquit exonerate absolve")
_RAISING: Final = frozenset(["turn", "be", "happen", "prove", "follow", "emerge"])
_BLAMING: Final = word_set("accuse accused suspect criticize criticise blame charge")
_SAID: Final = frozenset(["ccomp", "xcomp", "parataxis", "csubj:pass"])
_OF_NOUNS: Final = frozenset(["acl", "ccomp", "csubj", "csubj:pass", "advcl"])
_INSTEAD: Final = frozenset(["without", "than", "instead"])
_THEY: Final = frozenset(["he", "she", "they", "it", "we", "i"])
_WISHES: Final = word_set("promise want wish")


def find_embeddings(q: Quoted, sentence: TokenSpan) -> Iterator[Found]:
    """Find denials, hedges and reports that quoted clauses are the object of."""
    for root in q.roots(sentence):
        turned: list[Token] = []
        found: list[Found] = []
        steps = list(q.climb(root))
        for below, above in steps:
            if below.dep_ == "conj":
                turned += _shared_negations(q, below, above)
                continue
            found += _embedding(q, below, above, turned)
        if (disowned := find_disowned(steps, q.everything)) is not None:
            yield disowned
            continue
        yield from (f for f in found if not len(turned) % 2 or f.type not in _LESS)
        if len(turned) % 2 and not _is_denied_in_quotation(q, steps):
            at = (turned[0].i, turned[0].i + 1)
            words = _lead(q, *steps[0]) | {t.i for t in turned}
            yield Found("denial", FindingType.NEGATION_DROPPED, at, words)


def _is_denied_in_quotation(q: Quoted, steps: list[tuple[Token, Token]]) -> bool:
    """Say whether what a clause hangs on in the end is quoted with a negation of its own."""
    top = steps[-1][1].head
    return top.i in q.everything and any(
        is_negation(c) and c.i in q.everything for c in top.children
    )


def _embedding(q: Quoted, below: Token, above: Token, turned: list[Token]) -> Iterator[Found]:
    """Judge one step up: add what turns the clause round, give what hedges or reports it."""
    lemma = above.lemma_.lower()
    marks = {c.lower_ for c in below.children if c.dep_ in {"mark", "case"}}
    negations = [
        c for c in above.subtree if is_negation(c) and q.is_left_out(c) and _is_turned(c, above)
    ][:1]
    words = _lead(q, below, above)
    if marks & {"as", "like"} and marks & {"if", "though", "like"} and lemma in _SEEMING:
        if not any(c.dep_ == "mark" and c.i in q.tokens for c in below.children):
            yield Found("as if", FindingType.HEDGE_DROPPED, (above.i, above.i + 1), words)
    elif lemma == "far" and above.dep_ != "advmod":
        turned.append(above)
    elif below.dep_ == "advcl":
        if lemma in _BLAMING and marks & {"of", "for", "with"}:
            yield report(above, words)
        if lemma in _CLEARING and "of" in marks:
            turned.append(above)
        turned.extend(
            [above] if marks & _INSTEAD else negations if marks & {"because", "to"} else []
        )
    else:
        is_denied = (
            lemma in DENYING_VERBS
            or (lemma in DENYING_WORDS and above.pos_ != "VERB")
            or (lemma == "rule" and any(c.lower_ == "out" for c in above.children))
            or (lemma == "remain" and below.dep_ == "xcomp")
        )
        if is_denied:
            turned.append(above)
        if lemma not in FACTIVE_VERBS:
            turned.extend(negations)
        if (not is_denied and not negations) or marks & {"whether", "if"}:
            yield from _complement(below, above, marks, words)


def _complement(
    below: Token, above: Token, marks: set[str], words: frozenset[int]
) -> Iterator[Found]:
    """Judge what a clause is the object of, where that does not deny it."""
    lemma, at = above.lemma_.lower(), (above.i, above.i + 1)
    subject = own_subject(above) or next((c for c in above.children if c.dep_ == "expl"), None)
    is_open = any(c.dep_ == "aux" and c.lower_ in POSSIBLE_MODALS for c in above.children)
    is_raised = subject is not None and subject.lower_ == "it" and lemma in _RAISING
    if is_open and is_raised and below.dep_ in _OF_NOUNS:
        yield Found("hedge above", FindingType.HEDGE_DROPPED, at, words)
        return
    if below.dep_ == "ccomp" and marks & {"whether", "if"}:
        yield Found("question", FindingType.HEDGE_DROPPED, at, words)
    elif lemma in HEDGING_VERBS or (lemma in HEDGING_WORDS and above.pos_ != "VERB"):
        is_wish = below.dep_ == "xcomp" and lemma in _WISHES
        yield Found("wish" if is_wish else "hedge above", FindingType.HEDGE_DROPPED, at, words)
    elif lemma in SAYING_VERBS and below.dep_ in _SAID and not _is_of_oneself(below, above):
        if own_subject(above) is not None or _is_said(below, above):
            yield report(above, words)
    elif lemma in REPORTED_NOUNS and below.dep_ in _OF_NOUNS:
        yield Found("reported noun", FindingType.ATTRIBUTION_DROPPED, at, words)


def _is_of_oneself(below: Token, above: Token) -> bool:
    """Say whether somebody is said to say it of themselves: “they said that they would …”.

    Whoever quotes the rest says of the same ones that they would.
    """
    subject, own = own_subject(above), own_subject(below)
    if subject is None or own is None or own.pos_ != "PRON" or own.lower_ not in _THEY:
        return False
    return own.i > subject.i and below.i > own.i


def _is_said(below: Token, above: Token) -> bool:
    """Say whether a verb of saying without a subject reports: a passive, or an order to suppose."""
    is_passive = any(c.dep_ == "aux:pass" for c in above.children)
    first = next((t for t in above.sent if t.is_alpha), above)
    return below.dep_ != "parataxis" and (is_passive or above == first or above.i == first.i + 2)


def _lead(q: Quoted, below: Token, above: Token) -> frozenset[int]:
    """Return what leads up to a quoted clause from the word that it is the object of."""
    first, last = above.left_edge.i, below.left_edge.i
    if below.i < above.i or last - first > LONGEST_LEAD:
        return frozenset([above.i])
    lead = [i for i in range(first, below.i) if q.is_left_out(q.doc[i])]
    return frozenset([*lead, above.i])


def _shared_negations(q: Quoted, below: Token, above: Token) -> list[Token]:
    """Return the negations of a first clause that its second half stands under as well."""
    if any(c.dep_ in (*SUBJECTS, "aux", "cop", "aux:pass") for c in below.children):
        return []
    joints = {c.lower_ for c in below.children if c.dep_ == "cc"}
    if not joints & {"or", "nor", "and"} or below.morph.get("VerbForm", []) == ["Fin"]:
        return []
    return [
        c
        for c in above.children
        if c.i < above.i and q.is_left_out(c) and is_negation(c) and c.dep_ == "advmod"
    ][:1]


def _is_turned(negation: Token, head: Token) -> bool:
    """Say whether a negation is of this word itself, or of its subject."""
    if negation.head == head:
        return True
    if negation.head.dep_ == "advmod" and negation.head.head == head:
        return True  # no longer
    subject = negation.head
    return subject.head == head and subject.dep_ in SUBJECTS and negation.dep_ in {"det", "amod"}
