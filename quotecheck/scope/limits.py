"""Conditions and exceptions beside the quoted clause, and clauses that it is only a part of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from quotecheck.operators import (
    EXCEPTING,
    TYPES,
    UNIVERSALS,
    Phrase,
    find_phrases,
    is_exception,
)
from quotecheck.records import FindingType
from quotecheck.scope.quoted import SUBJECTS, Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Span as TokenSpan
    from spacy.tokens import Token

    from quotecheck.scope.quoted import Quoted


# Tokens from the beginning in which a sentence that takes up the one before limits it.
OPENING: Final = 8
# Half the tokens that an aside between commas has at most.
ASIDE: Final = 8
_MODAL: Final = frozenset(
    ["will", "would", "can", "could", "may", "might", "must", "shall", "should", "’ll", "'ll"]
)
_DEPENDING: Final = frozenset(["depend", "hinge", "presuppose", "assume", "require"])
_JOINTS: Final = frozenset(["and", "or", "but", "while", ";"])
_RELATIVES: Final = frozenset(["which", "who", "whom", "whose"])
_TAKING_UP: Final = frozenset(["that", "this", "it", "which", "these", "those"])


def find_limits(q: Quoted, sentence: TokenSpan) -> Iterator[Found]:
    """Find conditions and exceptions, left out, that limit what is quoted."""
    for phrase in find_phrases(sentence):
        is_quoted = any(i in q.everything for i in range(phrase.start, phrase.end))
        if phrase.rule != "idiom" and not is_quoted:
            yield from _limit(q, phrase, sentence)
    for token in sentence:
        if q.is_left_out(token) and is_exception(token):
            yield from _but_one(q, token, sentence)
    for found in EXCEPTING.finditer(sentence.text):
        words = q.between(sentence, *found.span())
        if words and not words & q.everything and q.is_beside(words, sentence):
            at = (max(words), max(words) + 1)
            yield Found("excepted", FindingType.EXCEPTION_DROPPED, at, words)


def _but_one(q: Quoted, token: Token, sentence: TokenSpan) -> Iterator[Found]:
    """Judge “all the towns but Harwell”, “all but three of the towns”."""
    end = token.i + 1
    while end < sentence.end and q.is_left_out(q.doc[end]) and not q.doc[end].is_punct:
        end += 1
    is_after = token.i - 1 in q.tokens
    is_before = q.doc[token.i - 1].lower_ in UNIVERSALS and end in q.tokens
    if is_after or is_before:
        at, words = (token.i, token.i + 1), frozenset(range(token.i, end))
        yield Found("but one", FindingType.EXCEPTION_DROPPED, at, words)


def _limit(q: Quoted, phrase: Phrase, sentence: TokenSpan) -> Iterator[Found]:
    """Judge one phrase: whether it limits what is quoted, or what is quoted stands under it."""
    clause = _clause_of(phrase, sentence)
    words = _words_of(q, phrase, clause, sentence)
    at, kind = (phrase.start, phrase.end), TYPES[phrase.rule]
    if q.doc[phrase.start].lower_ == "without" and phrase.start != sentence.start:
        return  # “a hive without bees”; only before the clause is it a condition
    if _is_verb(q.doc[phrase.start]):
        return  # “a prayer is given to the wrong brother”
    is_clause_quoted = clause is not None and clause.i in q.tokens
    if is_clause_quoted and _is_misread(q, phrase, words, sentence):
        yield Found(phrase.rule, kind, at, words)
    elif clause is not None and _is_within(q, clause, sentence):
        if is_clause_quoted and _stands_under(q, phrase, clause):
            yield Found(f"{phrase.rule} itself", kind, at, frozenset(range(*at)))
    elif phrase.rule != "concession" and not words & q.tokens:
        is_general = phrase.rule != "time" or _is_general(phrase, clause)
        if is_general and _limits(q, phrase, clause, words, sentence):
            yield Found(phrase.rule, kind, at, words)


def _is_verb(token: Token) -> bool:
    """Say whether a word that can open a condition is the verb of its own clause."""
    return token.lower_ == "given" and any(
        child.dep_.startswith(("aux", "nsubj")) for child in token.children
    )


def _is_misread(q: Quoted, phrase: Phrase, words: frozenset[int], sentence: TokenSpan) -> bool:
    """Say whether the parse takes what is quoted for a phrase’s clause, but a comma parts them."""
    is_strong = phrase.rule in {"condition", "exception"}
    return is_strong and len(words) > phrase.end - phrase.start + 1 and q.is_beside(words, sentence)


def _is_within(q: Quoted, clause: Token, sentence: TokenSpan) -> bool:
    """Say whether all that a sentence has of the quoted words stands within a clause."""
    inside = {t.i for t in clause.subtree}
    return clause.i in q.tokens or all(t.i in inside for t in sentence if t.i in q.tokens)


def _clause_of(phrase: Phrase, sentence: TokenSpan) -> Token | None:
    """Return the head of the clause or adjunct that a phrase opens."""
    inside = range(phrase.start, phrase.end)
    for index in reversed(inside):
        token = sentence.doc[index]
        if token.dep_ in {"mark", "case", "advmod", "fixed", "cc", "aux"}:
            head = token.head
            while head.i in inside and head.head != head:
                head = head.head
            if head.i not in inside and head.i > phrase.start:
                return head
    for index in inside:
        for child in sentence.doc[index].children:
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
    q: Quoted, phrase: Phrase, clause: Token | None, sentence: TokenSpan
) -> frozenset[int]:
    """Return the tokens of a phrase with what it opens."""
    own = set(range(phrase.start, phrase.end))
    if clause is not None:
        own |= {t.i for t in clause.subtree if t.i >= phrase.start}
        if not own & q.tokens:
            return frozenset(own)
    # The parse takes in what is quoted: the clause ends at the comma.
    own = set()
    for token in q.doc[phrase.start : sentence.end]:
        if token.i in q.everything or (token.text in ",;:" and token.i >= phrase.end):
            break
        own.add(token.i)
    return frozenset(own)


def _stands_under(q: Quoted, phrase: Phrase, clause: Token) -> bool:
    """Say whether a quoted clause is itself what is supposed, excepted or conceded."""
    if phrase.rule == "time" or clause.pos_ not in {"VERB", "AUX", "ADJ", "NOUN"}:
        return False
    if clause.dep_ not in {"advcl", "ccomp", "acl", "ROOT"}:
        return False
    if clause.dep_ == "advcl" and clause.head.i in q.everything:
        return False  # both clauses are quoted, and how they hang together shows
    return phrase.rule in {"condition", "concession"}


def _limits(
    q: Quoted, phrase: Phrase, clause: Token | None, words: frozenset[int], sentence: TokenSpan
) -> bool:
    """Say whether a phrase limits what is quoted: by the parse, or right beside it."""
    last = q.last(sentence)
    between = q.doc[last + 1 : phrase.start]
    if any(t.lower_ in _RELATIVES for t in between):
        return False
    joint = next((t.i for t in between if t.lower_ in _JOINTS), phrase.start)
    if any(t.pos_ in {"NOUN", "PROPN", "PRON"} for t in q.doc[joint : phrase.start]):
        return False  # another clause stands between, and the phrase is of that
    if clause is not None and clause.head != clause:
        matrix = clause.head
        while phrase.start <= matrix.i < phrase.end and matrix.head != matrix:
            matrix = matrix.head
        if matrix.i in q.tokens:
            return True
        if matrix.i not in words and any(matrix.i == above.i for above in q.above(sentence)):
            return True
    return phrase.rule != "time" and (
        q.is_beside(words, sentence) or _is_behind(q, phrase, sentence)
    )


def _is_behind(q: Quoted, phrase: Phrase, sentence: TokenSpan) -> bool:
    """Say whether only an aside between commas parts a phrase from the quotation before it."""
    last = q.last(sentence)
    between = [t.text.lower() for t in q.doc[last + 1 : phrase.start] if not t.is_quote]
    is_aside = len(between) > 1 and between[0] == between[-1] == ","
    return is_aside and len(between) <= 2 * ASIDE and not {"and", "but", "or", ";"} & {*between}


def _is_general(phrase: Phrase, clause: Token | None) -> bool:
    """Say whether *when* or *once* sets a condition: not where it tells of what happened once.

    It does where the one clause speaks of what will, may or must be, and where no comma before it
    makes it a mere addition.
    """
    if clause is None or not _is_clause(clause):
        return False
    matrix = clause.head
    while phrase.start <= matrix.i < phrase.end and matrix.head != matrix:
        matrix = matrix.head
    is_past = _is_past(clause) or _is_past(matrix)
    is_added = phrase.start > matrix.i and clause.doc[phrase.start - 1].text == ","
    is_strict = clause.doc[phrase.start].lower_ not in {"when", "where"}
    is_ahead = phrase.start < matrix.i
    is_open = is_strict or is_ahead or _is_modal(matrix) or _is_modal(clause)
    return (
        _is_clause(matrix) and not is_past and is_open and not (is_added and not _is_modal(clause))
    )


def _is_modal(token: Token) -> bool:
    """Say whether a clause speaks of what will, may or must be."""
    return any(c.dep_ == "aux" and c.lower_ in _MODAL for c in token.children)


def find_afterthought(sentence: TokenSpan) -> Iterator[Found]:
    """Find a sentence that limits the one before it: “That holds only if …”."""
    words = [t for t in sentence if not t.is_space and not t.is_punct]
    if not words:
        return
    comma = next((t.i for t in sentence if t.text == ","), sentence.end)
    if takes_up(words[0]) and sentence.root.lemma_.lower() in _DEPENDING:
        at = (sentence.root.i, sentence.root.i + 1)
        yield Found("condition after", FindingType.CONDITION_DROPPED, at, _all(sentence))
        return
    phrases = [p for p in find_phrases(sentence) if p.rule in {"condition", "exception"}]
    for phrase in phrases:
        # A clause of its own, with nothing after it that it would be the condition of.
        root, clause = sentence.root, _clause_of(phrase, sentence)
        is_alone = root.i < comma and (
            clause is None or clause == root or phrase.start <= root.i < phrase.end
        )
        is_first = phrase.start <= words[0].i + 1 and is_alone
        if is_first or (takes_up(words[0]) and phrase.start - words[0].i <= OPENING):
            yield Found(
                f"{phrase.rule} after",
                TYPES[phrase.rule],
                (phrase.start, phrase.end),
                _all(sentence),
            )
            return


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
    return any(
        "Past" in v.morph.get("Tense", []) and "Fin" in v.morph.get("VerbForm", []) for v in verbs
    )


def takes_up(token: Token) -> bool:
    """Say whether a sentence begins with what was said before it: “that”, “this rule”."""
    return token.lower_ in _TAKING_UP and token.dep_ in {*SUBJECTS, "det"}


def _all(sentence: TokenSpan) -> frozenset[int]:
    return frozenset(range(sentence.start, sentence.end))
