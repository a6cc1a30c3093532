"""The quoted words of one match in the parse of the source, and what they hang on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from quotecheck.forms import word_set
from quotecheck.operators import DENYING_WORDS, HEDGING_WORDS, REPORTED_NOUNS, SAYING_VERBS
from quotecheck.records import EditKind, FindingType, Governor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spacy.tokens import Doc, Token
    from spacy.tokens import Span as TokenSpan

    from quotecheck.claim import Claim
    from quotecheck.records import Match, Mention, Reading

# The clause that these join to what stands above them is said by what stands above.
_COMPLEMENTS: Final = frozenset(
    ["ccomp", "xcomp", "csubj", "csubj:pass", "csubj:outer", "acl", "parataxis", "advcl"]
)
_NOMINAL: Final = frozenset(
    ["nsubj", "nsubj:pass", "nsubj:outer", "obj", "iobj", "obl", "obl:agent", "nmod", "obl:arg"]
)
SUBJECTS: Final = ("nsubj", "nsubj:pass", "nsubj:outer", "expl")
_CONTENT: Final = frozenset(["NOUN", "PROPN", "VERB", "ADJ", "NUM", "ADV"])
_LIGHT: Final = word_set(
    "be have do say go make get take so then also very much more most other such same only just"
    " not never no now even still again when where why how once there here"
)
CALLING_VERBS: Final = word_set(
    "call conclude infer describe label think suppose assume pretend take"
)

# Tokens that lead up to a quoted clause, at most: “It would be wrong, she says, to claim that”.
LONGEST_LEAD: Final = 25
_CLAUSAL_NOUNS: Final = (
    REPORTED_NOUNS
    | DENYING_WORDS
    | HEDGING_WORDS
    | word_set("evidence proof trace reason basis ground doubt question fact possibility thing")
)
_NO_ROOTS: Final = frozenset({"punct", "mark", "cc", "det", "case", "aux", "cop", "aux:pass"})


@dataclass(frozen=True, slots=True)
class Found:
    """An operator that governs quoted words: the rule that says so, and its tokens.

    `operator` is a half-open stretch of tokens, `words` all tokens that were left out with it;
    `speaker` the head of whoever a report is of.
    """

    rule: str
    type: FindingType
    operator: tuple[int, int]
    words: frozenset[int]
    speaker: int | None = None


def quoted_tokens(stretch: Reading, match: Match) -> frozenset[int]:
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


@dataclass(frozen=True)
class Quoted:
    """The quoted words of one match in one parsed stretch of the source.

    `tokens` are those of this match, `everything` those of all matches, as numbers in the doc.
    """

    claim: Claim
    match: Match
    stretch: Reading
    tokens: frozenset[int]
    everything: frozenset[int]

    @property
    def doc(self) -> Doc:
        """The parsed stretch."""
        return self.stretch.doc

    @cached_property
    def sentences(self) -> tuple[TokenSpan, ...]:
        """The sentences in which something is quoted."""
        return tuple(
            s for s in self.doc.sents if any(i in self.tokens for i in range(s.start, s.end))
        )

    def last(self, sentence: TokenSpan) -> int:
        """Return the last quoted token of a sentence."""
        return max(i for i in range(sentence.start, sentence.end) if i in self.tokens)

    def governor(self, item: Found) -> Governor:
        """Return what was found as a record, in the words of the source."""
        whole = sorted(item.words | set(range(*item.operator)))
        return Governor(
            item.type,
            item.rule,
            self.mention(*item.operator),
            self.mention(whole[0], whole[-1] + 1),
            tuple(s for s in self.match.segments if s.meets(self.stretch.span)),
            self.claim.fragments[self.match.fragment].span,
        )

    def between(self, sentence: TokenSpan, start: int, end: int) -> frozenset[int]:
        """Return the words of a stretch of a sentence's text, marks left out."""
        first, last = sentence.start_char + start, sentence.start_char + end
        return frozenset(t.i for t in sentence if first <= t.idx < last and not t.is_punct)

    def is_left_out(self, token: Token) -> bool:
        """Say whether a token of the source is quoted nowhere in the passage."""
        return token.i not in self.everything

    def roots(self, sentence: TokenSpan) -> list[Token]:
        """Return the quoted words whose heads are not quoted: where what is quoted hangs."""
        return [
            token
            for token in sentence
            if token.i in self.tokens
            and (token.head == token or token.head.i not in self.tokens)
            and token.dep_ not in _NO_ROOTS
        ]

    def above(self, sentence: TokenSpan) -> Iterator[Token]:
        """Give the words, none of them quoted, that quoted clauses are said under."""
        for root in self.roots(sentence):
            for _, above in self.climb(root):
                yield above

    def climb(self, root: Token) -> Iterator[tuple[Token, Token]]:
        """Give the steps from a quoted clause to what it is the object of, and on."""
        token = root
        while token.head != token:
            head = token.head
            if head.i in self.everything or self.are_parted(token, head):
                return
            relation = token.dep_
            is_called = token == root and head.lemma_.lower() in CALLING_VERBS
            if relation in _NOMINAL and not is_called:
                if token == root or token.lemma_.lower() not in _CLAUSAL_NOUNS:
                    return
            elif relation not in _COMPLEMENTS | _NOMINAL and relation != "conj":
                return
            yield token, head
            token = head

    def are_parted(self, token: Token, head: Token) -> bool:
        """Say whether a semicolon, or more, parts a clause from one that it is only joined to."""
        if token.dep_ not in {"conj", "parataxis"}:
            return False
        first, last = sorted((token.i, head.i))
        marks = {t.text for t in self.doc[first:last]}
        is_listed = ":" in marks and head.lemma_.lower() not in SAYING_VERBS
        return is_listed or bool(marks & {";", ".", "?", "!"})

    def is_beside(self, words: frozenset[int], sentence: TokenSpan) -> bool:
        """Say whether nothing but a comma parts words that were left out from quoted ones."""
        start, end = min(words), max(words) + 1
        before = start - 1
        while before >= sentence.start and self.doc[before].text in {",", "–", "—", "("}:
            before -= 1
        if before >= sentence.start and before in self.tokens:
            return True
        after = end
        while after < sentence.end and self.doc[after].text in {",", "–", "—", ")", "then"}:
            after += 1
        is_first = start == sentence.start or self.doc[start - 1].text in {
            *(",", "“", '"', "–", "—", ";", ":"),
            *("but", "But", "And", "and", "that", "So", "Yet", "yet"),
        }
        return after < sentence.end and after in self.tokens and is_first

    def content(self, tokens: Iterable[int]) -> frozenset[str]:
        """Return the lemmas of the words that carry a meaning of their own."""
        words = (self.doc[i] for i in tokens)
        return frozenset(
            t.lemma_.lower() for t in words if t.pos_ in _CONTENT and t.lemma_.lower() not in _LIGHT
        )

    def mention(self, start: int, end: int) -> Mention:
        """Return the words from one token to before another."""
        first, last = self.doc[start], self.doc[end - 1]
        return self.stretch.mention(first.idx, last.idx + len(last))


def has_of(token: Token) -> bool:
    """Say whether a noun is joined by *of*."""
    return any(c.lower_ == "of" and c.dep_ == "case" for c in token.children)
