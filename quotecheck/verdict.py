"""Evidence to findings and a label: pure, deterministic, and all in one place.

Severity says how far a finding reaches into what a reader takes away, confidence how sure we are of
it; the label follows from both.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from quotecheck.edits import (
    ELISION_WORDS,
    FUNCTION_WORDS,
    NEGATIONS,
    is_variant,
    judge_edit,
    read_words,
)
from quotecheck.records import (
    Elision,
    Finding,
    FindingType,
    FragmentKind,
    InsertionKind,
    Label,
    MatchKind,
    Relation,
    Severity,
    Span,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotecheck.claim import Claim
    from quotecheck.records import Article, Context, Match, Referent

# A finding below this confidence is a question to the reader, not a statement. Of the changed
# referents above it, ten in eleven were right on cases made from GUM's training part; of those
# below it, two in three.
SURE = 0.65
# And below this one it is not worth a reader's time.
DOUBTFUL = 0.3

# Characters between two pieces of one quotation, from which on a reader would not expect them to
# belong together: about five paragraphs of news.
DISTANT_CHARS = 3_000
# Cosine of the quoter's own words with the source's surroundings, under which they hardly share a
# topic: one fair passage of the corpus in a hundred lies lower.
FOREIGN_TOPIC = 0.05
_SEVERITY_ORDER = {Severity.HIGH: 0, Severity.MEDIUM: 1, Severity.LOW: 2}


def judge(
    claim: Claim,
    article: Article,
    matches: tuple[Match, ...],
    context: Context,
    referents: tuple[Referent, ...],
) -> Verdict:
    """Weigh the evidence.

    Args:
        claim: What was published.
        article: The source that it was held against.
        matches: Where each fragment stands; paraphrases stand for fragments that are not there.
        context: What stands around them.
        referents: What the expressions point to, in the passage and in the source.

    Returns:
        The findings, most weighty first, and the label.
    """
    findings = [
        *_judge_missing(claim, matches),
        *itertools.chain.from_iterable(_judge_match(claim, m) for m in matches if m.is_located),
        *_judge_insertions(claim, article, matches, context),
        *itertools.chain.from_iterable(_judge_referent(r) for r in referents),
        *_judge_topic(claim, matches, context),
    ]
    findings.sort(key=lambda f: (_SEVERITY_ORDER[f.severity], -f.confidence))
    label, confidence = _label(findings, matches)
    return Verdict(label, confidence, tuple(findings))


def _label(findings: list[Finding], matches: tuple[Match, ...]) -> tuple[Label, float]:
    absent = [
        f for f in findings if f.type is FindingType.NOT_FOUND and f.severity is Severity.HIGH
    ]
    if absent:
        return Label.NOT_FOUND, max(f.confidence for f in absent)
    serious = [f.confidence for f in findings if f.severity is Severity.HIGH]
    if serious and max(serious) >= SURE:
        return Label.MISREPRESENTS, max(serious)
    doubtful = [f.confidence for f in findings if f.severity is not Severity.LOW]
    if doubtful:
        return Label.NEEDS_CONTEXT, max(doubtful)
    slips = [f.confidence for f in findings]
    located = [m.score for m in matches if m.is_located]
    # Words that stand there letter for letter, with nothing found, are as sure as a check gets;
    # each small doubt takes a little from it.
    return Label.FAITHFUL, max(0.5, min([0.95, *located]) - 0.05 * len(slips))


def _judge_missing(claim: Claim, matches: tuple[Match, ...]) -> Iterator[Finding]:
    places = {m.fragment: m for m in matches}
    for number, fragment in enumerate(claim.fragments):
        place = places.get(number)
        if place and place.is_located:
            continue
        if place is None:  # words held at arm's length: perhaps nobody is quoted
            yield Finding(
                FindingType.NOT_FOUND,
                Severity.LOW,
                0.5,
                (fragment.span,),
                (),
                Elision(fragment.span, fragment.text, marked=True, fragment=number),
            )
            continue
        is_short = len(fragment.text.split()) < ELISION_WORDS
        # Beside a quotation that is there, two words in marks may well be somebody else's.
        is_beside = is_short and any(m.is_located for m in matches)
        yield Finding(
            FindingType.NOT_FOUND,
            Severity.LOW if is_beside else Severity.HIGH,
            0.7 if is_short or fragment.kind is FragmentKind.UNMARKED else 0.95,
            (fragment.span,),
            place.segments,
            place,
        )


def _judge_match(claim: Claim, match: Match) -> Iterator[Finding]:
    for edit in match.edits:
        yield from judge_edit(edit)
    pieces = claim.fragments[match.fragment].pieces
    for (before, after), piece in zip(itertools.pairwise(match.segments), pieces[1:], strict=False):
        spans = (before, after)
        if after.start < before.start:
            yield Finding(
                FindingType.FRAGMENTS_REORDERED, Severity.MEDIUM, 0.8, (piece.span,), spans, match
            )
        elif after.start - before.end > DISTANT_CHARS:
            yield Finding(
                FindingType.FRAGMENTS_DISTANT, Severity.MEDIUM, 0.7, (piece.span,), spans, match
            )
    words = len(claim.fragments[match.fragment].text.split())
    if match.alternatives and words > ELISION_WORDS:
        yield Finding(
            FindingType.AMBIGUOUS_MATCH,
            Severity.LOW,
            0.5,
            (claim.fragments[match.fragment].span,),
            (match.span, *match.alternative_segments),
            match,
        )


def _judge_insertions(
    claim: Claim, article: Article, matches: tuple[Match, ...], context: Context
) -> Iterator[Finding]:
    """Look for what the quoter's brackets say in what stands around the quotation.

    A bracket that names somebody the source does name, or says in other words what stands there,
    is what brackets are for; only one with nothing in common with the surroundings is doubtful.
    """
    nearby = set(read_words(context.text)) | set(read_words(article.title or ""))
    for match in matches:
        if not match.is_located:
            continue
        for insertion in claim.fragments[match.fragment].insertions:
            if insertion.kind is not InsertionKind.WORDS:
                continue
            if insertion.span.of(claim.passage) in context.text:
                continue  # the source's own bracket: a note's number, say
            heavy = [w for w in read_words(insertion.text) if w not in FUNCTION_WORDS]
            known = [w for w in heavy if any(is_variant([w], [n]) for n in nearby)]
            is_opposed = bool(set(heavy) & NEGATIONS) and not set(
                read_words(match.span.of(article.text))
            ).intersection(NEGATIONS)
            if heavy and (not known or is_opposed):
                yield Finding(
                    FindingType.BRACKET_UNSUPPORTED,
                    Severity.MEDIUM,
                    0.6,
                    (insertion.span,),
                    (match.span,),
                    insertion,
                )


def _judge_referent(referent: Referent) -> Iterator[Finding]:
    match referent.relation:
        case Relation.NARROWED | Relation.WIDENED | Relation.DIFFERENT:
            kind, severity = FindingType.REFERENT_CHANGED, Severity.HIGH
        case Relation.MISSING:
            kind, severity = FindingType.REFERENT_MISSING, Severity.MEDIUM
        case _:
            return
    if referent.confidence < DOUBTFUL:
        return
    source = referent.source_mention
    yield Finding(
        kind,
        severity,
        referent.confidence,
        (referent.mention.span, *(m.span for m in referent.reads_as)),
        _distinct(
            (
                *((source.span,) if source else ()),
                *(m.span for m in referent.refers_to),
                *(m.span for m in referent.antecedents),
            )
        ),
        referent,
    )


def _distinct(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    return tuple(dict.fromkeys(spans))


def _judge_topic(claim: Claim, matches: tuple[Match, ...], context: Context) -> Iterator[Finding]:
    """Note a framing that shares no topic with the source; by itself it proves little."""
    if context.similarity is None or context.similarity >= FOREIGN_TOPIC:
        return
    if any(m.kind is MatchKind.PARAPHRASE for m in matches):
        return
    framing = Span(0, len(claim.passage))
    yield Finding(
        FindingType.CONTEXT_SHIFT, Severity.LOW, 0.5, (framing,), (context.window,), context
    )
