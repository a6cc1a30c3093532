"""What an edit changes: the words of the source against those of the quotation.

A lost “not” is worth more than a changed adjective, and that more than a comma.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rapidfuzz.distance import Levenshtein

from quotecheck.records import Edit, EditKind, Finding, FindingType, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Words left out without a mark, from which on they are an elision rather than a slip of the pen.
ELISION_WORDS = 3
# In a longer gap, single words do not tell what it governed.
SLIP_WORDS = 8
# Letters that may differ in two spellings of one word, in proportion to the longer.
SPELLING = 0.34

NEGATIONS = frozenset(
    [
        *("not", "n't", "no", "never", "nor", "neither", "none", "nobody", "nothing"),
        *("nowhere", "cannot", "without", "hardly", "scarcely", "barely", "unable"),
    ]
)
_HEDGES = frozenset(
    [
        *("may", "might", "could", "perhaps", "possibly", "probably", "likely"),
        *("allegedly", "reportedly", "apparently", "seemingly", "appears", "appear"),
        *("seems", "seem", "suggests", "suggest", "potentially", "presumably"),
        *("supposedly",),
    ]
)
_CONDITIONS = frozenset(["if", "unless", "provided", "providing", "whether"])
_EXCEPTIONS = frozenset(["except", "excepting", "besides", "excluding", "only"])
_QUANTIFIERS = frozenset(
    [
        *("all", "every", "each", "most", "many", "much", "some", "few", "several"),
        *("any", "both", "half", "none", "always", "often", "sometimes", "rarely"),
        *("usually", "nearly", "almost"),
    ]
)
FUNCTION_WORDS = frozenset(
    [
        *("a", "an", "the", "this", "that", "these", "those", "and", "or", "of", "to"),
        *("in", "on", "at", "by", "for", "from", "with", "as", "is", "are", "was"),
        *("were", "be", "been", "being", "has", "have", "had", "do", "does", "did", "so"),
        *("then", "also", "just", "very", "really", "quite", "well", "now", "there"),
        *("here", "it", "its", "he", "she", "they", "we", "i", "you", "his", "her"),
        *("their", "our", "my", "your", "him", "them", "us", "me", "who", "which"),
        *("what", "when", "where", "about", "into", "over", "up", "out", "than", "s"),
        *("'s", "'d", "'ll", "'re", "'ve"),
    ]
)
_CONTRACTIONS = {
    "n't": "not",
    "'re": "are",
    "'ve": "have",
    "'ll": "will",
    "'m": "am",
    "can't": "cannot",
}
_WORD = re.compile(r"n['’]t\b|['’]\w+|\w+(?=n['’]t\b)|\w+(?:[-.,]\d+)*", re.UNICODE)


def judge_edit(edit: Edit) -> Iterator[Finding]:
    """Say what kind of change an edit is, and how far it reaches."""
    gone, put = read_words(edit.text), read_words(edit.quoted)
    lost, new = _without(gone, put), _without(put, gone)
    if not lost and not new:
        return
    kind, severity, confidence = _weigh(edit, lost, new)
    yield Finding(kind, severity, confidence, (edit.quoted_span,), (edit.span,), edit)


def _weigh(edit: Edit, lost: list[str], new: list[str]) -> tuple[FindingType, Severity, float]:
    if len(lost) > SLIP_WORDS and edit.kind is EditKind.DELETE:
        return FindingType.UNMARKED_ELISION, Severity.MEDIUM, 0.7
    operator = _weigh_operators(set(lost), set(new))
    return operator or _weigh_content(
        edit,
        [w for w in lost if w not in FUNCTION_WORDS],
        [w for w in new if w not in FUNCTION_WORDS],
    )


def _weigh_operators(
    dropped: set[str], added: set[str]
) -> tuple[FindingType, Severity, float] | None:
    """Weigh the loss or gain of a word that governs others: not, if, only, may, most."""
    if added & NEGATIONS and not dropped & NEGATIONS:
        return FindingType.WORDS_ALTERED, Severity.HIGH, 0.95
    if added & _QUANTIFIERS and dropped & _QUANTIFIERS:
        return FindingType.QUANTIFIER_CHANGED, Severity.HIGH, 0.85
    for words, finding, confidence in (
        (NEGATIONS, FindingType.NEGATION_DROPPED, 0.95),
        (_QUANTIFIERS, FindingType.QUANTIFIER_CHANGED, 0.8),
        (_HEDGES, FindingType.HEDGE_DROPPED, 0.8),
        (_CONDITIONS, FindingType.CONDITION_DROPPED, 0.8),
        (_EXCEPTIONS, FindingType.EXCEPTION_DROPPED, 0.8),
    ):
        if dropped & words and not added & words:
            return finding, Severity.HIGH, confidence
    return None


def _weigh_content(
    edit: Edit, lost: list[str], new: list[str]
) -> tuple[FindingType, Severity, float]:
    """Weigh the loss or change of the words that carry the meaning."""
    if not lost and not new:
        return FindingType.WORDS_ALTERED, Severity.LOW, 0.9
    if edit.kind is EditKind.DELETE:
        severity = Severity.MEDIUM if len(read_words(edit.text)) >= ELISION_WORDS else Severity.LOW
        return FindingType.UNMARKED_ELISION, severity, 0.7
    if is_variant(lost, new):
        return FindingType.WORDS_ALTERED, Severity.LOW, 0.8
    is_number = any(w[0].isdigit() for w in (*lost, *new))
    severity = Severity.HIGH if is_number else Severity.MEDIUM
    return FindingType.WORDS_ALTERED, severity, 0.8


def read_words(text: str) -> list[str]:
    """Return the words of a text, folded, contractions written out."""
    words = (m.group().replace("’", "'").casefold() for m in _WORD.finditer(text))
    return [_CONTRACTIONS.get(word, word) for word in words]


def _without(words: Iterable[str], others: list[str]) -> list[str]:
    """Return the words that are not among the others, each of those used up once."""
    left = list(others)
    kept = []
    for word in words:
        if word in left:
            left.remove(word)
        else:
            kept.append(word)
    return kept


def is_variant(lost: list[str], new: list[str]) -> bool:
    """Say whether the words are the same ones in another number, tense or spelling."""
    return len(lost) == len(new) and all(
        a[:2] == b[:2]
        and not (a[0].isdigit() or b[0].isdigit())
        and Levenshtein.normalized_distance(a, b) <= SPELLING
        for a, b in zip(lost, new, strict=True)
    )
