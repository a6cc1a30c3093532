"""Evidence to findings and a label: pure, deterministic, and all in one place.

Severity says how far a finding reaches into what a reader takes away, confidence how sure we are of
it; the label follows from both.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from quotecheck.ambiguity import is_ambiguous
from quotecheck.edits import ELISION_WORDS, judge_edits
from quotecheck.forms import (
    AUXILIARIES,
    FUNCTION_WORDS,
    MODALS,
    NEGATIONS,
    read_bases,
    read_words,
)
from quotecheck.records import (
    SURE,
    Edit,
    EditKind,
    Elision,
    Finding,
    FindingType,
    FragmentKind,
    Governor,
    InsertionKind,
    Label,
    MatchKind,
    Relation,
    Severity,
    Span,
    Verdict,
)
from quotecheck.weights import weigh_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quotecheck.claim import Claim
    from quotecheck.records import Article, Context, Match, Piece, Referent

# A finding below this confidence is not worth a reader's time: chosen on the corpus and on 240
# cases made from GUM's training part, for few false alarms.
DOUBTFUL = 0.45

# Characters between two pieces of one quotation, from which on a reader would not expect them to
# belong together: about five paragraphs of news.
DISTANT_CHARS = 3_000
# The same where the two are made into one sentence.
DISTANT_CLAUSE_CHARS = 1_000
# Cosine of the quoter's own words with the source's surroundings, under which they hardly share a
# topic: of 84 passages of the corpus that frame their quotation, the farthest has 0.15.
FOREIGN_TOPIC = 0.1
# The surest that a quotation is called fair: of the corpus, a half of which misleads, in ways too
# that are not yet weighed, three in five passages called fair were so.
FAIR = 0.75
_NOT_ONLY = frozenset(["only", "just", "merely", "simply", "least"])
# Quoters put these in to make a sentence run on; “must” and “not” say more than that.
_GLUE = (FUNCTION_WORDS | MODALS | AUXILIARIES) - {"must", "cannot"}
# Letters that a bracket's word shares with a word nearby of which it is made: Norway, Norwegian.
RELATED_LETTERS = 4
# What single words that were left out can be; of several, their governors tell.
_OPERATOR_TYPES = frozenset(
    {
        FindingType.NEGATION_DROPPED,
        FindingType.CONDITION_DROPPED,
        FindingType.EXCEPTION_DROPPED,
        FindingType.HEDGE_DROPPED,
        FindingType.QUANTIFIER_CHANGED,
    }
)
_SEVERITY_ORDER = {Severity.HIGH: 0, Severity.MEDIUM: 1, Severity.LOW: 2}


def judge(
    claim: Claim,
    article: Article,
    matches: tuple[Match, ...],
    context: Context,
    referents: tuple[Referent, ...],
    governors: tuple[Governor, ...] = (),
) -> Verdict:
    """Weigh the evidence.

    Args:
        claim: What was published.
        article: The source that it was held against.
        matches: Where each fragment stands; paraphrases stand for fragments that are not there.
        context: What stands around them.
        referents: What the expressions point to, in the passage and in the source.
        governors: What governs the quoted words in the source and was left out.

    Returns:
        The findings, most weighty first, and the label.
    """
    findings = [
        *_judge_missing(claim, matches),
        *itertools.chain.from_iterable(
            _judge_match(claim, article, m) for m in matches if m.is_located
        ),
        *_judge_insertions(claim, article, matches, context),
        *_judge_order(claim, matches),
        *itertools.chain.from_iterable(_judge_referent(r) for r in referents),
        *_judge_topic(claim, matches, context),
        *(_judge_governor(g) for g in governors),
    ]
    findings = _merge(findings)
    findings.sort(key=lambda f: (_SEVERITY_ORDER[f.severity], -f.confidence))
    label, confidence = _label(findings, matches)
    return Verdict(label, confidence, tuple(findings))


def _merge(findings: list[Finding]) -> list[Finding]:
    """Leave one finding for the same words, and judge longer gaps by what governs.

    Where several words are gone without a mark, a single *not* or *if* among them says nothing by
    itself: what it governs does, and that the governors tell.
    """
    governed = [f for f in findings if isinstance(f.subject, Governor)]
    kept: list[Finding] = []
    for finding in findings:
        edit = finding.subject
        if isinstance(edit, Governor):
            continue
        if not isinstance(edit, Edit) or finding.type not in _OPERATOR_TYPES:
            kept.append(finding)
            continue
        told = next((f for f in governed if _are_one(f, finding)), None)
        if told is not None:
            surer = max(told.confidence, finding.confidence)
            governed[governed.index(told)] = replace(told, confidence=surer)
            continue
        is_long = edit.kind is EditKind.DELETE and len(read_words(edit.text)) > ELISION_WORDS
        elided = replace(
            finding, type=FindingType.UNMARKED_ELISION, severity=Severity.MEDIUM, confidence=0.7
        )
        kept.append(elided if is_long else finding)
    return kept + governed


def _are_one(governed: Finding, edited: Finding) -> bool:
    """Say whether a governor and an edit are about the same words that are gone."""
    return governed.type is edited.type and any(
        governed.source_spans[0].meets(span) for span in edited.source_spans
    )


def _label(findings: list[Finding], matches: tuple[Match, ...]) -> tuple[Label, float]:
    located = [m.score for m in matches if m.is_located]
    absent = [
        f
        for f in findings
        if f.type is FindingType.NOT_FOUND and (f.severity is Severity.HIGH or not located)
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
    # Each small doubt takes a little from it.
    return Label.FAITHFUL, max(0.5, min([FAIR, *located]) - 0.05 * len(slips))


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


def _judge_match(claim: Claim, article: Article, match: Match) -> Iterator[Finding]:
    yield from judge_edits(match.edits, article.text, claim.passage)
    pieces = claim.fragments[match.fragment].pieces
    for (before, after), piece in zip(itertools.pairwise(match.segments), pieces[1:], strict=False):
        spans = (before, after)
        if after.start < before.start:
            yield Finding(
                FindingType.FRAGMENTS_REORDERED, Severity.MEDIUM, 0.8, (piece.span,), spans, match
            )
        elif after.start - before.end > (
            DISTANT_CHARS if _ends_sentence(claim, piece) else DISTANT_CLAUSE_CHARS
        ):
            yield Finding(
                FindingType.FRAGMENTS_DISTANT, Severity.MEDIUM, 0.7, (piece.span,), spans, match
            )
    words = len(claim.fragments[match.fragment].text.split())
    is_open = is_ambiguous(claim, article, match)
    if match.alternatives and (words > ELISION_WORDS or is_open):
        yield Finding(
            FindingType.AMBIGUOUS_MATCH,
            Severity.MEDIUM if is_open else Severity.LOW,
            0.5,
            (claim.fragments[match.fragment].span,),
            (match.span, *match.alternative_segments),
            match,
        )


def _judge_order(claim: Claim, matches: tuple[Match, ...]) -> Iterator[Finding]:
    """Look for two quotations made into one sentence, of which the second comes first there.

    That quotations come in another order is common and fair; but one that opens with an ellipsis
    (“…,” he writes, “… and …”) says that it goes on from the one before.
    """
    located = {m.fragment: m for m in matches if m.is_located}
    for number in range(1, len(claim.fragments)):
        before, after = located.get(number - 1), located.get(number)
        fragment = claim.fragments[number]
        if before is None or after is None or after.span.end > before.span.start:
            continue
        opening = claim.passage[fragment.span.start : fragment.pieces[0].span.start]
        is_one = claim.framings[number].sentence == claim.framings[number - 1].sentence
        if is_one and re.search(r"…|\.\s?\.", opening):
            yield Finding(
                FindingType.FRAGMENTS_REORDERED,
                Severity.MEDIUM,
                0.7,
                (claim.fragments[number - 1].span, fragment.span),
                (before.span, after.span),
                after,
            )


def _ends_sentence(claim: Claim, piece: Piece) -> bool:
    """Say whether what stands before an ellipsis is given as a sentence of its own."""
    mark = piece.joint_span
    before = claim.passage[: mark.start].rstrip() if mark else ""
    return before[-1:] in {".", "!", "?"} or piece.span.of(claim.passage)[:1].isupper()


def _negates(words: list[str]) -> bool:
    """Say whether words hold a negation, other than that of “not only”."""
    return any(
        word in NEGATIONS and not (word == "not" and after in _NOT_ONLY)
        for word, after in itertools.zip_longest(words, words[1:], fillvalue="")
    )


def _judge_insertions(
    claim: Claim, article: Article, matches: tuple[Match, ...], context: Context
) -> Iterator[Finding]:
    """Look for what the quoter's brackets say in what stands around the quotation.

    A bracket that names somebody the source does name, or says in other words what stands there,
    is what brackets are for; only one with nothing in common with the surroundings is doubtful.
    """
    around = " ".join([context.text, article.title or "", article.published or ""])
    nearby = frozenset(read_words(around))
    for match in matches:
        if not match.is_located:
            continue
        for insertion in claim.fragments[match.fragment].insertions:
            if insertion.kind is not InsertionKind.WORDS:
                continue
            if insertion.span.of(claim.passage) in context.text:
                continue  # the source's own bracket: a note's number, say
            words = read_words(insertion.text)
            heavy = [w for w in words if w not in _GLUE]
            is_opposed = _negates(words) and not _negates(read_words(match.span.of(article.text)))
            if heavy and (is_opposed or not any(_is_known(w, nearby) for w in heavy)):
                yield Finding(
                    FindingType.BRACKET_UNSUPPORTED,
                    Severity.MEDIUM,
                    0.6,
                    (insertion.span,),
                    (match.span,),
                    insertion,
                )


def _is_known(word: str, nearby: frozenset[str]) -> bool:
    """Say whether a word stands nearby, in another form or as a part of another word."""
    if word in nearby:
        return True
    if not word.isalpha():
        return False
    bases = read_bases(word)
    return any(
        not bases.isdisjoint(read_bases(other))
        or (len(word) > RELATED_LETTERS and word[:RELATED_LETTERS] == other[:RELATED_LETTERS])
        for other in nearby
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


def _judge_governor(governor: Governor) -> Finding:
    """Weigh words that govern what is quoted, by the rule that found them."""
    severity, confidence = weigh_rule(governor)
    return Finding(
        governor.type,
        severity,
        confidence,
        (governor.quoted,),
        (governor.words.span, *governor.governed),
        governor,
    )


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
