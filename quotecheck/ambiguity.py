"""Words that stand in several places of a source: does it matter which one is quoted?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from quotecheck.forms import FUNCTION_WORDS, read_words

if TYPE_CHECKING:
    from quotecheck.claim import Claim
    from quotecheck.records import Article, Match, Span

# Characters on either side of a place that tell what is spoken of there.
AROUND: Final = 400
# The same for what is spoken of right there.
BESIDE: Final = 150
# The longest sentence that is looked at, in characters.
LONGEST: Final = 2_000
# The share of their words that two sentences have in common when one repeats the other.
REPEATED: Final = 0.7
# Words of a quotation, from which on it is a repetition of the source's own, not an accident.
REPEATED_WORDS: Final = 12

_STOP: Final = re.compile(r"[.!?](?=[\s”\"’'])|\n")


def is_ambiguous(claim: Claim, article: Article, match: Match) -> bool:
    """Say whether a passage leaves open which of several places it quotes.

    It does where the sentences around the places differ, so that none is a pull quote of another,
    and where the quoter's own words have no more in common with the one than with the others.

    Args:
        claim: What was published.
        article: The source.
        match: Where a fragment stands; its alternatives are the other places.
    """
    fragment = claim.fragments[match.fragment]
    if not match.alternative_segments or len(read_words(fragment.text)) >= REPEATED_WORDS:
        return False
    here = match.span
    sentence = _sentence(article.text, here)
    own = _own_words(claim)
    near = _near(article.text, here)
    for other in match.alternative_segments:
        if _overlap(sentence, _sentence(article.text, other)) >= REPEATED:
            continue
        there = _near(article.text, other)
        closer = _near(article.text, here, BESIDE), _near(article.text, other, BESIDE)
        fit_here = len(own & (near - there)) + len(own & (closer[0] - closer[1]))
        fit_there = len(own & (there - near)) + len(own & (closer[1] - closer[0]))
        if fit_here <= fit_there:
            return True
    return False


def _sentence(text: str, span: Span) -> frozenset[str]:
    near = max(0, span.start - LONGEST)
    start = max((m.end() for m in _STOP.finditer(text, near, span.start)), default=near)
    stop = _STOP.search(text, span.end)
    return frozenset(read_words(text[start : stop.start() if stop else len(text)]))


def _near(text: str, span: Span, reach: int = AROUND) -> frozenset[str]:
    around = text[max(0, span.start - reach) : span.end + reach]
    return frozenset(w for w in read_words(around) if w not in FUNCTION_WORDS)


def _own_words(claim: Claim) -> frozenset[str]:
    own = list(claim.passage)
    for fragment in claim.fragments:
        own[fragment.span.start : fragment.span.end] = " " * len(fragment.span)
    return frozenset(w for w in read_words("".join(own)) if w not in FUNCTION_WORDS)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))
