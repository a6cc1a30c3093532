"""Evidence to findings and a label: pure, deterministic, and all in one place.

Severity says how far a finding reaches into what a reader takes away, confidence how sure we are of
it; the label follows from both.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from rapidfuzz.distance import Levenshtein

from quotecheck.records import (
    Edit,
    EditKind,
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
    from collections.abc import Iterable, Iterator

    from quotecheck.claim import Claim
    from quotecheck.records import Article, Context, Match, Referent

# A changed referent below this confidence is a question to the reader, not a statement: on the
# corpus and on elision cases made from GUM's training part, changes above it were right nine times
# in ten.
SURE = 0.6
# And below this one it is not worth a reader's time.
DOUBTFUL = 0.3

# Words left out without a mark, from which on they are an elision rather than a slip of the pen.
ELISION_WORDS = 3
# In a longer gap, single words do not tell what it governed.
SLIP_WORDS = 8
# Characters between two pieces of one quotation, from which on a reader would not expect them to
# belong together: about five paragraphs of news.
DISTANT_CHARS = 3_000
# Cosine of the quoter's own words with the source's surroundings, under which they hardly share a
# topic: one fair passage of the corpus in a hundred lies lower.
FOREIGN_TOPIC = 0.05
# Letters that may differ in two spellings of one word, in proportion to the longer.
SPELLING = 0.34

_NEGATIONS = frozenset(
    [
        "not",
        "n't",
        "no",
        "never",
        "nor",
        "neither",
        "none",
        "nobody",
        "nothing",
        "nowhere",
        "cannot",
        "without",
        "hardly",
        "scarcely",
        "barely",
        "unable",
    ]
)
_HEDGES = frozenset(
    [
        "may",
        "might",
        "could",
        "perhaps",
        "possibly",
        "probably",
        "likely",
        "allegedly",
        "reportedly",
        "apparently",
        "seemingly",
        "appears",
        "appear",
        "seems",
        "seem",
        "suggests",
        "suggest",
        "potentially",
        "presumably",
        "supposedly",
    ]
)
_CONDITIONS = frozenset(["if", "unless", "provided", "providing", "whether"])
_EXCEPTIONS = frozenset(["except", "excepting", "besides", "excluding", "only"])
_QUANTIFIERS = frozenset(
    [
        "all",
        "every",
        "each",
        "most",
        "many",
        "much",
        "some",
        "few",
        "several",
        "any",
        "both",
        "half",
        "none",
        "always",
        "often",
        "sometimes",
        "rarely",
        "usually",
        "nearly",
        "almost",
    ]
)
_FUNCTION_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "this",
        "that",
        "these",
        "those",
        "and",
        "or",
        "of",
        "to",
        "in",
        "on",
        "at",
        "by",
        "for",
        "from",
        "with",
        "as",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "has",
        "have",
        "had",
        "do",
        "does",
        "did",
        "so",
        "then",
        "also",
        "just",
        "very",
        "really",
        "quite",
        "well",
        "now",
        "there",
        "here",
        "it",
        "its",
        "he",
        "she",
        "they",
        "we",
        "i",
        "you",
        "his",
        "her",
        "their",
        "our",
        "my",
        "your",
        "him",
        "them",
        "us",
        "me",
        "who",
        "which",
        "what",
        "when",
        "where",
        "about",
        "into",
        "over",
        "up",
        "out",
        "than",
        "s",
        "'s",
        "'d",
        "'ll",
        "'re",
        "'ve",
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
        yield Finding(
            FindingType.NOT_FOUND,
            Severity.HIGH,
            0.7 if is_short or fragment.kind is FragmentKind.UNMARKED else 0.95,
            (fragment.span,),
            place.segments,
            place,
        )


def _judge_match(claim: Claim, match: Match) -> Iterator[Finding]:
    for edit in match.edits:
        yield from _judge_edit(edit)
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


def _judge_edit(edit: Edit) -> Iterator[Finding]:
    """Say what kind of change an edit is, and how far it reaches."""
    gone, put = _words(edit.text), _words(edit.quoted)
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
        [w for w in lost if w not in _FUNCTION_WORDS],
        [w for w in new if w not in _FUNCTION_WORDS],
    )


def _weigh_operators(
    dropped: set[str], added: set[str]
) -> tuple[FindingType, Severity, float] | None:
    """Weigh the loss or gain of a word that governs others: not, if, only, may, most."""
    if added & _NEGATIONS and not dropped & _NEGATIONS:
        return FindingType.WORDS_ALTERED, Severity.HIGH, 0.95
    if added & _QUANTIFIERS and dropped & _QUANTIFIERS:
        return FindingType.QUANTIFIER_CHANGED, Severity.HIGH, 0.85
    for words, finding, confidence in (
        (_NEGATIONS, FindingType.NEGATION_DROPPED, 0.95),
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
        severity = Severity.MEDIUM if len(_words(edit.text)) >= ELISION_WORDS else Severity.LOW
        return FindingType.UNMARKED_ELISION, severity, 0.7
    if _is_variant(lost, new):
        return FindingType.WORDS_ALTERED, Severity.LOW, 0.8
    is_number = any(w[0].isdigit() for w in (*lost, *new))
    severity = Severity.HIGH if is_number else Severity.MEDIUM
    return FindingType.WORDS_ALTERED, severity, 0.8


def _words(text: str) -> list[str]:
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


def _is_variant(lost: list[str], new: list[str]) -> bool:
    """Say whether the words are the same ones in another number, tense or spelling."""
    return len(lost) == len(new) and all(
        a[:2] == b[:2]
        and not (a[0].isdigit() or b[0].isdigit())
        and Levenshtein.normalized_distance(a, b) <= SPELLING
        for a, b in zip(lost, new, strict=True)
    )


def _judge_insertions(
    claim: Claim, article: Article, matches: tuple[Match, ...], context: Context
) -> Iterator[Finding]:
    """Look for what the quoter's brackets say in what stands around the quotation.

    A bracket that names somebody the source does name, or says in other words what stands there,
    is what brackets are for; only one with nothing in common with the surroundings is doubtful.
    """
    nearby = set(_words(context.text)) | set(_words(article.title or ""))
    for match in matches:
        if not match.is_located:
            continue
        for insertion in claim.fragments[match.fragment].insertions:
            if insertion.kind is not InsertionKind.WORDS:
                continue
            if insertion.span.of(claim.passage) in context.text:
                continue  # the source's own bracket: a note's number, say
            heavy = [w for w in _words(insertion.text) if w not in _FUNCTION_WORDS]
            known = [w for w in heavy if any(_is_variant([w], [n]) for n in nearby)]
            is_opposed = bool(set(heavy) & _NEGATIONS) and not set(
                _words(match.span.of(article.text))
            ).intersection(_NEGATIONS)
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
