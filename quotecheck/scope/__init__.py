"""What governs the quoted words in the source, and what of that the passage keeps.

A word that was left out matters where the quoted clause stands under it: the *not* of its own verb,
the *unless* that limits it, the *critics say* that it is the object of. The same word in a clause
beside it, in a relative clause or in another sentence changes nothing. Both are told apart by the
dependency parse of the source (Universal Dependencies), with what stands right beside the quoted
words as a second opinion where a parse is likely to be wrong.

The terms are those of Huddleston and Pullum (2002): an operator has scope over what it governs. Two
negations that were both left out cancel each other, on one verb or one above the other.

    find_governors ─► quoted     the quoted words in the parse, and what they hang on
                  ├► own        negations, hedges and quantifiers of the quoted clause itself
                  ├► limits     conditions and exceptions beside it
                  ├► embedding  denials and hedges above it
                  ├► reports    who is said to say it, above it or beside it
                  ├► cuts       halves of comparisons, of subjects, of what is disowned
                  ├► answers    what takes it back right after it
                  ├► kept       what of all that the quoter tells in other words
                  └► voices     whose words they are, in the source and in the passage
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quotecheck.records import FindingType, FragmentKind
from quotecheck.scope.answers import find_answers
from quotecheck.scope.cuts import find_cuts
from quotecheck.scope.embedding import find_embeddings
from quotecheck.scope.kept import Told
from quotecheck.scope.limits import find_limits
from quotecheck.scope.own import find_modifiers, find_negations
from quotecheck.scope.quoted import Found, Quoted, quoted_tokens
from quotecheck.scope.reports import find_asides, find_copular, find_impersonal, find_set_reports
from quotecheck.scope.voices import Voices
from quotecheck.speech import PassageSpeech, SourceSpeech

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotecheck.claim import Claim
    from quotecheck.encode import Encoder
    from quotecheck.records import Article, Governor, Match, Reading

__all__ = ["find_governors"]


def find_governors(
    claim: Claim,
    matches: tuple[Match, ...],
    passage: Reading,
    stretches: tuple[Reading, ...],
    article: Article,
    encoder: Encoder,
) -> tuple[Governor, ...]:
    """Find what governs the quoted words in the source and is not in the passage.

    Args:
        claim: What was published.
        matches: Where its fragments stand in the source.
        passage: The passage, parsed.
        stretches: The source around the matches, parsed.
        article: The source.
        encoder: Sentence embeddings, of unit length.

    Returns:
        One governor for each operator that was left out, in the source's order.
    """
    told, heard = Told(claim, passage, encoder), PassageSpeech(claim, passage)
    found: list[Governor] = []
    for stretch in stretches:
        quoted = {
            number: quoted_tokens(stretch, match)
            for number, match in enumerate(matches)
            if match.is_located and claim.fragments[match.fragment].kind is not FragmentKind.SCARE
        }
        everything = frozenset[int]().union(*quoted.values())
        speech = SourceSpeech(stretch, article)
        for number, tokens in quoted.items():
            if tokens:
                match = matches[number]
                q = Quoted(claim, match, stretch, tokens, everything)
                voices = Voices(q, told, heard.speaker(match.fragment), speech)
                found += _governors(q, told, voices)
    return tuple(sorted(set(found), key=lambda g: (g.operator.span, g.type.value)))


def _governors(q: Quoted, told: Told, voices: Voices) -> Iterator[Governor]:
    """Give what governs one quotation and is kept neither by it nor by the quoter."""
    found: dict[tuple[FindingType, tuple[int, int]], Found] = {}
    for item in _search(q):
        found.setdefault((item.type, item.operator), item)
    reports = [i for i in found.values() if i.type is FindingType.ATTRIBUTION_DROPPED]
    for item in found.values():
        if item not in reports and not told.keeps(item, q):
            yield q.governor(item)
    yield from voices.compare(reports)


def _search(q: Quoted) -> Iterator[Found]:
    for sentence in q.sentences:
        yield from find_negations(q, sentence)
        yield from find_modifiers(q, sentence)
        yield from find_limits(q, sentence)
        yield from find_embeddings(q, sentence)
        yield from find_asides(q, sentence)
        yield from find_set_reports(q, sentence)
        yield from find_copular(q, sentence)
        yield from find_impersonal(q, sentence)
        yield from find_cuts(q, sentence)
        yield from find_answers(q, sentence)
