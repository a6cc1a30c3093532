"""What comes right after the quoted words and takes them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from quotecheck.forms import word_set
from quotecheck.operators import ADVERSATIVES, is_exception, is_negation
from quotecheck.records import FindingType
from quotecheck.scope.limits import find_afterthought
from quotecheck.scope.quoted import SUBJECTS, Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Span as TokenSpan

    from quotecheck.scope.quoted import Quoted

# Words of a sentence that does nothing but deny: “It isn’t.”, “That is not so.”
SHORT_DENIAL: Final = 4
# Tokens from the beginning in which “however” opens a sentence.
OPENING: Final = 8
_WRONG: Final = word_set(
    "wrong mistaken false untrue nonsense myth lie rubbish fantasy incorrect absurd mistake"
)
_DENIAL: Final = word_set(
    "it that this they he she we i is was are were do does did has have will would can could not"
    " n't n’t so true the case there"
)


def find_answers(q: Quoted, sentence: TokenSpan) -> Iterator[Found]:
    """Find a clause or a sentence, left out, that takes back or answers what is quoted."""
    last = q.last(sentence)
    for token in sentence:
        joint = next(
            (c for c in token.children if c.dep_ == "cc" and c.lower_ in {"but", "yet"}), None
        )
        if (
            token.dep_ in {"conj", "parataxis", "advcl", "ROOT"}
            and joint is not None
            and joint.i > last
            and token.head.i in q.tokens
            and q.is_left_out(token)
            and q.is_left_out(joint)
            and not is_exception(joint)
            and any(c.dep_ in SUBJECTS for c in token.children)
        ):
            words = frozenset(t.i for t in token.subtree if t.i >= joint.i)
            is_close = _bears(q, sentence, words, strictly=True)
            rule = "but clause" if is_close else "loose but"
            yield Found(rule, FindingType.CONTRAST_DROPPED, (joint.i, joint.i + 1), words)
    if sentence.end >= len(q.doc):
        return
    rest = [t for t in q.doc[last + 1 : sentence.end] if t.is_alpha]
    if rest:
        return
    start = next((t.i for t in q.doc[sentence.end :] if not t.is_space), None)
    if start is None:
        return
    following = q.doc[start].sent
    if any(t.i in q.everything for t in following):
        return
    yield from find_afterthought(following)
    opener = _adversative(following) or _taken_back(following)
    if opener is None:
        return
    words = frozenset(range(following.start, following.end))
    rule = "answer" if _bears(q, sentence, words, strictly=False) else "loose answer"
    yield Found(rule, FindingType.CONTRAST_DROPPED, opener, words)


def _bears(q: Quoted, sentence: TokenSpan, words: frozenset[int], *, strictly: bool) -> bool:
    """Say whether an answer speaks of what is quoted, and so does not only follow it.

    It does where its subject takes up what was said before, or where one of the two is denied and
    they share a word; of a clause in the same sentence, both are asked.
    """
    quoted = [t for t in sentence if t.i in q.tokens]
    answer = [q.doc[i] for i in sorted(words)]
    turned = [
        any(is_negation(t) or t.lemma_.lower() in _WRONG for t in part) for part in (quoted, answer)
    ]
    shares = bool(q.content(words) & q.content(t.i for t in quoted))
    root = next((t for t in answer if t.head.i not in words or t.head == t), answer[0])
    subject = next((c for c in root.children if c.dep_ in SUBJECTS), None)
    takes_up = subject is not None and subject.pos_ in {"PRON", "DET"} and subject.lower_ != "there"
    is_turned = turned[0] != turned[1]
    return is_turned and (shares or takes_up) if strictly else takes_up or (is_turned and shares)


def _adversative(sentence: TokenSpan) -> tuple[int, int] | None:
    """Return the tokens that open a sentence against the one before it, if some do."""
    words = [t.lower_ for t in sentence]
    skip = 0
    while skip < len(words) and not words[skip].isalpha():
        skip += 1
    for phrase in ADVERSATIVES:
        if tuple(words[skip : skip + len(phrase)]) == phrase:
            return sentence.start + skip, sentence.start + skip + len(phrase)
    for at, word in enumerate(words[:OPENING]):
        if word in {"however", "nevertheless", "nonetheless"}:
            return sentence.start + at, sentence.start + at + 1
    return None


def _taken_back(sentence: TokenSpan) -> tuple[int, int] | None:
    """Return the words by which a sentence says that the one before it is not so, if it does."""
    words = [t for t in sentence if not t.is_space and not t.is_punct]
    root = sentence.root
    subject = next((c for c in root.children if c.dep_ in SUBJECTS), None)
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
