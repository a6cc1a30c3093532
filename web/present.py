"""A report as the result page shows it: marked texts, findings with their places, provenance.

runs of the report ─┐
findings' spans ────┴─► pieces ─► blocks of one kind      (the two columns)
findings, matches ────► notes, differences, words not found
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from babel import dates
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from quotecheck.records import (
    ArticleKind,
    EditKind,
    FindingType,
    FragmentKind,
    Label,
    Referent,
    Severity,
    SourceKind,
    Span,
)
from quotecheck.runs import cut, mark_passage, mark_source
from web.languages import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from quotecheck.records import Article, Finding, Match, Mention
    from quotecheck.report import Report
    from quotecheck.runs import Run

# The report says what is sure enough to be a statement; these bands only choose the word beside it.
LIKELY = 0.85
PROBABLE = 0.6

# None of these accuses anybody: a quotation can mislead without anybody's wish.
VERDICTS = {
    Label.FAITHFUL: _("Fair to its source"),
    Label.NEEDS_CONTEXT: _("Needs more context"),
    Label.MISREPRESENTS: _("Reads differently in the source"),
    Label.NOT_FOUND: _("Not in what we could read"),
    Label.CANNOT_CHECK: _("Not checked"),
}
SEVERITIES = {
    Severity.HIGH: _("Changes how it reads"),
    Severity.MEDIUM: _("May change how it reads"),
    Severity.LOW: _("A detail"),
}
ABSENT = _("Not in what we could read")
# The words for a finding and for the whole, from the surest on.
LIKELIHOODS = (_("very likely"), _("likely"), _("unsure"))
SURENESS = (_("very sure"), _("fairly sure"), _("not very sure"))
KINDS = {
    (SourceKind.URL, ArticleKind.HTML): _("A web page, read from its address"),
    (SourceKind.URL, ArticleKind.TEXT): _("Plain text, read from its address"),
    (SourceKind.HTML, ArticleKind.HTML): _("A web page, given as a file or pasted"),
    (SourceKind.TEXT, ArticleKind.TEXT): _("Text, pasted or given as a file"),
}
BREAK = re.compile(r"\s*\n\s*")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that are shown in one way.

    `letters` pair an expression with what it stands for, across the columns; `opening` are those
    that the words before do not have. `pins` are the numbers of the findings whose chief place in
    this column begins here, `findings` those that point at these words at all, and `tie` is the
    number of the quotation that they belong to, the same in both columns.
    """

    text: str
    is_edited: bool = False
    letters: tuple[str, ...] = ()
    opening: tuple[str, ...] = ()
    pins: tuple[int, ...] = ()
    findings: tuple[int, ...] = ()
    tie: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring pieces of one kind.

    The kinds are `quoted`, `left-out`, `missing` (quoted, and not in the source), `nearest` (what
    comes closest to missing words) and `plain`.
    """

    kind: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """One finding as the page lists it; the flags say whether each column has a pin for it.

    `unnamed` holds those of `refers_to` that the passage does not name.
    """

    number: int
    severity: str
    severity_word: str
    confidence_word: str
    message: str
    suggestion: str | None
    in_passage: bool
    in_source: bool
    letter: str | None
    reads_as: tuple[str, ...]
    refers_to: tuple[str, ...]
    unnamed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A quotation word by word against the source: (how, words), `how` as in `EditKind` or kept."""

    steps: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """All that the template of the result page shows."""

    label: str
    verdict: str
    summary: str
    sureness: str
    speaker: str | None
    passage: tuple[Block, ...]
    source: tuple[Block, ...]
    notes: tuple[Note, ...]
    repair: str | None
    differences: tuple[Difference, ...]
    is_incomplete: bool
    shown: frozenset[str]
    article: Article | None
    how_read: str
    given_address: str | None
    words_link: str | None


def present(report: Report) -> ReportPage:
    """Arrange a report for the page, in the reader's language."""
    report = report.retold(spoken())
    letters = _letters(report)
    findings = report.findings
    missing = _missing(report)
    located = [m for m in report.matches if m.is_located]
    nearest = [s for m in report.matches if not m.is_located for s in m.segments]
    passage = _arrange(
        mark_passage(report),
        [e.finding.passage_spans for e in findings],
        [(m.fragment, report.claim.fragments[m.fragment].span) for m in located],
        letters,
        {"missing": missing},
    )
    source = _arrange(
        mark_source(report),
        [e.finding.source_spans for e in findings],
        [(m.fragment, segment) for m in located for segment in m.segments],
        letters,
        {"nearest": nearest},
    )
    article = report.article
    return ReportPage(
        label=report.label.value,
        verdict=str(VERDICTS[report.label]),
        summary=report.summary,
        sureness=_say_sureness(report),
        speaker=report.claim.speaker,
        passage=passage,
        source=source,
        notes=_notes(report, letters, _pins(passage), _pins(source)),
        repair=report.repair,
        differences=tuple(_differences(report)),
        is_incomplete=bool(missing),
        shown=_shown((*passage, *source)),
        article=article,
        how_read=str(KINDS.get((report.source.kind, article.kind), _("Text"))) if article else "",
        given_address=report.source.address,
        words_link=report.words_url,
    )


def say_confidence(confidence: float) -> str:
    """Return the word for a confidence in [0, 1]."""
    return str(LIKELIHOODS[_band(confidence)])


def _band(confidence: float) -> int:
    return 0 if confidence >= LIKELY else 1 if confidence >= PROBABLE else 2


def _say_sureness(report: Report) -> str:
    """Return the words for how sure the label is; that nothing was found is no proof."""
    band = _band(report.confidence)
    return str(SURENESS[max(band, 1) if report.label is Label.FAITHFUL else band])


def say_severity(finding: Finding) -> str:
    """Return the words for how far a finding reaches; what is unsure is never stated as a fact."""
    if finding.severity is Severity.HIGH and finding.confidence < PROBABLE:
        return str(SEVERITIES[Severity.MEDIUM])
    return str(SEVERITIES[finding.severity])


def say_date(iso: str | dt.datetime | None) -> str:
    """Return an ISO 8601 date as people write it, or as it was given where it is none."""
    if iso is None:
        return ""
    try:
        moment = iso if isinstance(iso, dt.datetime) else dt.datetime.fromisoformat(iso)
    except ValueError:
        return str(iso)
    # Translators: a date, in the letters of Unicode's locale data.
    day = str(dates.format_date(moment, gettext("d MMMM y"), locale=spoken()))
    if not isinstance(iso, dt.datetime):
        return day
    return str(gettext("%(day)s, %(time)s UTC", day=day, time=f"{moment:%H:%M}"))


# --- the two columns -----------------------------------------------------------------------------


def _letters(report: Report) -> dict[int, str]:
    """Give a letter to each referent that a finding is about, and to no other."""
    subjects = (explained.finding.subject for explained in report.findings)
    noted = {subject for subject in subjects if isinstance(subject, Referent)}
    numbers = [n for n, referent in enumerate(report.referents) if referent in noted]
    return dict(zip(numbers, LETTERS, strict=False))


def _missing(report: Report) -> list[Span]:
    """Return the passage's quotations that are not in the source, where one was read."""
    if report.article is None or report.label is Label.CANNOT_CHECK:
        return []
    located = {match.fragment for match in report.matches if match.is_located}
    return [
        fragment.span
        for number, fragment in enumerate(report.claim.fragments)
        if number not in located and fragment.kind is not FragmentKind.SCARE
    ]


def _arrange(
    runs: Sequence[Run],
    places: Sequence[Sequence[Span]],
    ties: Sequence[tuple[int, Span]],
    letters: dict[int, str],
    kinds: Mapping[str, Sequence[Span]],
) -> tuple[Block, ...]:
    """Cut a text at the findings' places and put neighbours of one kind together.

    Args:
        runs: The text as the report marks it.
        places: Where each finding points in it, its chief place first.
        ties: Where each quotation stands in it, by the quotation's number.
        letters: The letter of each referent that has one.
        kinds: Stretches of a kind that the runs do not know of, by that kind.
    """
    if not runs:
        return ()
    pins: dict[int, list[int]] = {}
    for number, spans in enumerate(places, 1):
        if spans:
            pins.setdefault(spans[0].start, []).append(number)
    breaks = [
        Span(*m.span()).shifted(run.span.start) for run in runs for m in BREAK.finditer(run.text)
    ]
    # The order of the layers tells what covers a piece: kinds, then findings, then quotations.
    names = tuple(kinds)
    first_tie = len(names) + len(places)
    layers = [
        *kinds.values(),
        *places,
        *([span] for _, span in ties),
        breaks,
        [run.span for run in runs],
    ]
    pieces: list[tuple[str, Piece]] = []
    before: tuple[str, ...] = ()
    following = iter(runs)
    run = next(following)
    for span, covering in cut(Span(runs[0].span.start, runs[-1].span.end), layers):
        if span.start >= run.span.end:
            run = next(following)
        held = tuple(letters[n] for n in run.referents if n in letters)
        tied = (ties[n - first_tie][0] + 1 for n in covering if 0 <= n - first_tie < len(ties))
        piece = Piece(
            span.shifted(-run.span.start).of(run.text),
            is_edited=run.is_edited,
            letters=held,
            opening=tuple(letter for letter in held if letter not in before),
            pins=tuple(pins.get(span.start, ())),
            findings=tuple(n - len(names) + 1 for n in covering if len(names) <= n < first_tie),
            tie=next(tied, None),
        )
        own = next((names[n] for n in covering if n < len(names)), None)
        # The empty line between two paragraphs is marked as nothing at all.
        kind = "plain" if BREAK.fullmatch(piece.text) else own or _kind(run)
        pieces.append((kind, piece))
        before = held
    return tuple(
        Block(kind, tuple(piece for _, piece in group))
        for kind, group in groupby(pieces, key=lambda pair: pair[0])
    )


def _kind(run: Run) -> str:
    if run.is_quoted:
        return "quoted"
    return "left-out" if run.is_left_out else "plain"


def _pins(blocks: Iterable[Block]) -> frozenset[int]:
    return frozenset(n for block in blocks for piece in block.pieces for n in piece.pins)


def _shown(blocks: Iterable[Block]) -> frozenset[str]:
    """Return the kinds of mark that the legend has to explain."""
    shown = {block.kind for block in blocks} - {"plain"}
    pieces = [piece for block in blocks for piece in block.pieces]
    if any(piece.is_edited for piece in pieces):
        shown.add("edited")
    if any(piece.letters for piece in pieces):
        shown.add("who")
    return frozenset(shown)


# --- what was found ------------------------------------------------------------------------------


def _notes(
    report: Report, letters: dict[int, str], in_passage: frozenset[int], in_source: frozenset[int]
) -> tuple[Note, ...]:
    notes = []
    for number, explained in enumerate(report.findings, 1):
        finding = explained.finding
        subject = finding.subject
        referent = subject if isinstance(subject, Referent) else None
        is_absent = finding.type is FindingType.NOT_FOUND
        notes.append(
            Note(
                number=number,
                severity=finding.severity.value,
                severity_word=str(ABSENT) if is_absent else say_severity(finding),
                confidence_word=say_confidence(finding.confidence),
                message=explained.message,
                suggestion=explained.suggestion,
                in_passage=number in in_passage,
                in_source=number in in_source,
                letter=next((letters[n] for n in letters if report.referents[n] == referent), None),
                reads_as=_names(referent.reads_as) if referent else (),
                refers_to=_names(referent.refers_to) if referent else (),
                unnamed=_names(referent.left_out) if referent else (),
            )
        )
    return tuple(notes)


def _names(mentions: Iterable[Mention]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(m.text.split()) for m in mentions))


def _differences(report: Report) -> Iterable[Difference]:
    if report.article is None:
        return
    for match in report.matches:
        if match.is_located and match.edits:
            yield Difference(tuple(_steps(match, report.article.text)))


def _steps(match: Match, text: str) -> Iterable[tuple[str, str]]:
    """Walk through the source's words, in the order quoted, with each edit in its place."""
    for number, segment in enumerate(match.segments):
        if number:
            yield "gap", "…"
        at = segment.start
        inside = [e for e in match.edits if segment.start <= e.span.start <= segment.end]
        for edit in sorted(inside, key=lambda e: e.span):
            yield "kept", text[at : edit.span.start]
            if edit.kind is not EditKind.INSERT:
                yield "source", edit.span.of(text)
            if edit.kind is not EditKind.DELETE:
                yield "quoted", edit.quoted
            at = max(at, edit.span.end)
        yield "kept", text[at : segment.end]
