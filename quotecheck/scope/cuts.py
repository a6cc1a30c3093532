"""Cuts that leave another statement, or none: comparisons, parts of subjects, what is disowned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from quotecheck.forms import word_set
from quotecheck.operators import DENYING_WORDS, QUANTITY_NOUNS, SAYING_VERBS
from quotecheck.records import FindingType
from quotecheck.scope.quoted import CALLING_VERBS, LONGEST_LEAD, SUBJECTS, Found, has_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Span as TokenSpan
    from spacy.tokens import Token

    from quotecheck.scope.quoted import Quoted

_UNWISE: Final = word_set(
    "imprudent unwise premature misleading dishonest unfair rash reckless misguided inaccurate"
    " simplistic silly unjust irresponsible careless tempting disaster folly shame stupid wrong"
    " mistake absurd foolish naive nonsense disgrace crime sin scandal ridiculous cruel indecent"
)
_ANYBODY: Final = word_set(
    "anybody anyone everybody everyone whoever those people someone somebody"
)
_UNFINISHED: Final = word_set(
    "fail refuse appear seem stop cease mean care bother forget try decline hesitate threaten"
)
_PARTS: Final = (
    QUANTITY_NOUNS
    | DENYING_WORDS
    | word_set("some few most many several half majority number couple")
)


def find_cuts(q: Quoted, sentence: TokenSpan) -> Iterator[Found]:
    """Find clauses that the quotation keeps a half of."""
    yield from _cut_comparison(q, sentence)
    yield from _cut_subjects(q, sentence)
    yield from _cut_verbs(q, sentence)


def find_disowned(steps: list[tuple[Token, Token]], everything: frozenset[int]) -> Found | None:
    """Return what says of the quoted words that one should not say them.

    “It would be wrong to call it …”, “anybody who tells you that …”, “more than to learn …”:
    what is cut out of these is another statement, or none.
    """
    above: list[Token] = []
    for below, head in steps:
        lemma = head.lemma_.lower()
        is_said = any(
            t.lemma_.lower() in SAYING_VERBS | CALLING_VERBS
            and t.morph.get("VerbForm", []) in (["Inf"], ["Ger"])
            for t in above
        )
        marks = {c.lower_ for c in below.children if c.dep_ in {"mark", "case"}}
        near = {t.lower_ for t in below.doc[max(0, below.left_edge.i - 1) : below.i]}
        is_bare = any(c.lower_ == "to" and c.dep_ == "mark" for c in below.children)
        is_unwise = lemma in _UNWISE and (is_said or is_bare)
        if (is_unwise or (lemma in DENYING_WORDS and is_said)) and head.pos_ != "VERB":
            rule, word = "disowned", head
        elif "than" in marks and "rather" not in near:
            rule, word = "comparison", head
        elif lemma in SAYING_VERBS and head.dep_ == "acl:relcl" and head.head.lower_ in _ANYBODY:
            rule, word = "anybody", head.head
        else:
            above.append(head)
            continue
        first = min(t.left_edge.i for t in (word, head))
        end = steps[0][0].left_edge.i
        is_short = 0 < end - first <= LONGEST_LEAD
        lead = range(first, end) if is_short else [t.i for t in (word, head, *above)]
        words = frozenset(i for i in lead if i not in everything)
        return Found(rule, FindingType.CUT_MID_CLAUSE, (word.i, word.i + 1), words)
    return None


def _cut_subjects(q: Quoted, sentence: TokenSpan) -> Iterator[Found]:
    """Find a quoted subject that is only a part of the source's: “[the love of] money is …”."""
    for token in sentence:
        head = token.head
        if (
            token.i in q.tokens
            and token.dep_ == "nmod"
            and q.is_left_out(head)
            and head.dep_ in SUBJECTS
            and head.head.i in q.tokens
            and has_of(token)
            and head.lemma_.lower() not in _PARTS
        ):
            words = frozenset(range(head.i, token.left_edge.i)) | {head.i}
            yield Found("part subject", FindingType.CUT_MID_CLAUSE, (head.i, head.i + 1), words)


def _cut_verbs(q: Quoted, sentence: TokenSpan) -> Iterator[Found]:
    """Find a verb that says another thing without its own: “the rising failed [to spread]”."""
    last = q.doc[q.last(sentence)]
    if last.lemma_.lower() not in _UNFINISHED or last.i + 1 >= sentence.end:
        return
    rest = next((c for c in last.children if c.dep_ == "xcomp" and c.i > last.i), None)
    if rest is not None and q.doc[last.i + 1].lower_ == "to" and q.is_left_out(q.doc[last.i + 1]):
        words = frozenset(t.i for t in rest.subtree if t.i > last.i)
        yield Found("cut verb", FindingType.CUT_MID_CLAUSE, (last.i + 1, rest.i + 1), words)


def _cut_comparison(q: Quoted, sentence: TokenSpan) -> Iterator[Found]:
    """Find a comparison of which the quotation keeps the first half: “I would sooner …”."""
    last = q.last(sentence)
    if last + 1 < sentence.end and q.doc[last + 1].lower_ == "than":
        first = last + 1
        if q.is_left_out(q.doc[first]):
            words = frozenset(range(first, sentence.end))
            yield Found("comparison", FindingType.CUT_MID_CLAUSE, (first, first + 1), words)
