"""Findings to sentences, JSON and runs of marked text: the only prose of the core that a user sees.

Sentences say what stands where and what differs; none of them accuses. All go through gettext.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from gettext import gettext as _
from gettext import ngettext
from typing import TYPE_CHECKING

from quotecheck.records import (
    Context,
    Edit,
    EditKind,
    Elision,
    Explained,
    Failure,
    Finding,
    FindingType,
    Insertion,
    Label,
    Match,
    MatchKind,
    Mention,
    Referent,
    Relation,
    Severity,
    Span,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from quotecheck.claim import Claim
    from quotecheck.errors import SourceError
    from quotecheck.records import Article, Source

SCHEMA_VERSION = 1

# A sentence with a longer quotation in it can no longer be read in one go.
SHORT = 160


@dataclass(frozen=True, slots=True)
class Report:
    """All that a check found, ready to be shown.

    `article` is None where the source could not be had or read; `error` then says why.
    `confidence` in [0, 1] is that of the label; 0 where nothing could be checked.
    """

    id: str
    label: Label
    confidence: float
    summary: str
    claim: Claim
    source: Source
    article: Article | None = None
    matches: tuple[Match, ...] = ()
    context: Context | None = None
    referents: tuple[Referent, ...] = ()
    findings: tuple[Explained, ...] = ()
    error: Failure | None = None
    versions: Mapping[str, object] = field(default_factory=dict)
    timings_ms: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self, *, include_text: bool = False) -> dict[str, object]:
        """Return the report as the JSON object that the contract describes.

        Args:
            include_text: Put the extracted text of the source in, too.
        """
        claim = self.claim
        return {
            "schema_version": SCHEMA_VERSION,
            "id": self.id,
            "label": self.label.value,
            "confidence": round(self.confidence, 2),
            "summary": self.summary,
            "claim": {
                "passage": claim.passage,
                "fragments": [
                    {"text": f.text, **_offsets(f.span), "kind": f.kind.value}
                    for f in claim.fragments
                ],
                "speaker": claim.speaker,
            },
            "source": _source_dict(self.source, self.article, include_text=include_text),
            "matches": [_match_dict(match) for match in self.matches],
            "context": _context_dict(self.context) if self.context else None,
            "referents": [_referent_dict(referent) for referent in self.referents],
            "findings": [_finding_dict(explained) for explained in self.findings],
            "error": (
                {"code": self.error.code, "message": self.error.message} if self.error else None
            ),
            "versions": dict(self.versions),
            "timings_ms": dict(self.timings_ms),
        }


def build(
    report_id: str,
    claim: Claim,
    source: Source,
    article: Article,
    matches: tuple[Match, ...],
    context: Context,
    referents: tuple[Referent, ...],
    verdict: Verdict,
    versions: Mapping[str, object],
    timings_ms: Mapping[str, int],
) -> Report:
    """Put a finished check into words."""
    findings = tuple(
        Explained(f, _message(f, article, claim), _suggestion(f, claim, article))
        for f in verdict.findings
    )
    return Report(
        report_id,
        verdict.label,
        verdict.confidence,
        _summary(verdict.label, findings, article, matches),
        claim,
        source,
        article,
        matches,
        context,
        referents,
        findings,
        None,
        versions,
        timings_ms,
    )


def cannot_check(
    report_id: str,
    claim: Claim,
    source: Source,
    error: SourceError,
    article: Article | None,
    versions: Mapping[str, object],
    timings_ms: Mapping[str, int],
) -> Report:
    """Say that the source could not be had or read, and what the user can do."""
    return Report(
        report_id,
        Label.CANNOT_CHECK,
        0.0,
        _("The source could not be read, so the quotation was not checked. {reason}").format(
            reason=error
        ),
        claim,
        source,
        article,
        error=Failure(error.code, str(error)),
        versions=versions,
        timings_ms=timings_ms,
    )


# --- sentences -----------------------------------------------------------------------------------


def _summary(
    label: Label, findings: Sequence[Explained], article: Article, matches: tuple[Match, ...]
) -> str:
    first = next((e.message for e in findings if e.finding.severity is not Severity.LOW), "")
    match label:
        case Label.FAITHFUL:
            text = _(
                "The quoted words are in the source, and nothing that we compare changes what"
                " they say there."
            )
            if any(m.is_outside_main for m in matches):
                text += " " + _("They stand outside the article's main text, on the same page.")
        case Label.NEEDS_CONTEXT:
            text = _("The quoted words are in the source, but what was left out may matter.")
            text = f"{text} {first}"
        case Label.MISREPRESENTS:
            text = _("In the source, the quoted words say something else.")
            text = f"{text} {first}"
        case Label.NOT_FOUND:
            absent = sum(e.finding.type is FindingType.NOT_FOUND for e in findings)
            text = ngettext(
                "Some quoted words are not in what we could read of the source.",
                "{count} quoted stretches are not in what we could read of the source.",
                absent,
            ).format(count=absent)
            text += " " + _("The page may have changed, or the words may stand elsewhere.")
        case _:
            text = ""
    if article.is_paywalled:
        text += " " + _("Only the opening of this article is open to everyone.")
    return text


def _message(finding: Finding, article: Article, claim: Claim) -> str:
    """Return the one sentence that explains a finding."""
    match finding.subject:
        case Referent() as referent:
            return _referent_message(referent)
        case Edit() as edit:
            return _edit_message(finding.type, edit)
        case Insertion() as insertion:
            return _(
                "The bracket {bracket} is the quoter's; nothing around the quotation in the source"
                " says so."
            ).format(bracket=_quote(insertion.text))
        case Context():
            return _(
                "The words around the quotation speak of something other than what surrounds it in"
                " the source."
            )
        case Elision() as elision:
            return _(
                "{words} is not in what we could read of the source; perhaps it is not meant as a"
                " quotation."
            ).format(words=_quote(elision.text))
        case Match() as match:
            return _match_message(finding, match, article, claim)


def _referent_message(referent: Referent) -> str:
    mention = _quote(referent.mention.text)
    source = referent.source_mention
    there = _quote(source.text) if source else mention
    reads_as, is_there = _list(referent.reads_as), _list(referent.refers_to)
    match referent.relation:
        case Relation.NARROWED:
            more = _list(_members_left_out(referent))
            return _(
                "A reader takes {mention} to mean {reads_as}. In the source, {there} takes in"
                " {more} as well."
            ).format(mention=mention, reads_as=reads_as, there=there, more=more)
        case Relation.WIDENED:
            return _(
                "A reader takes {mention} to mean {reads_as}. In the source, {there} is"
                " {is_there} alone."
            ).format(mention=mention, reads_as=reads_as, there=there, is_there=is_there)
        case Relation.DIFFERENT:
            return _(
                "A reader takes {mention} to mean {reads_as}. In the source, {there} is {is_there}."
            ).format(mention=mention, reads_as=reads_as, there=there, is_there=is_there)
        case _:
            if not referent.refers_to:
                return _(
                    "The passage does not say what {mention} stands for; the source says it before"
                    " the quoted words."
                ).format(mention=mention)
            return _(
                "The passage does not say what {mention} stands for. In the source it is"
                " {is_there}."
            ).format(mention=mention, is_there=is_there)


def _members_left_out(referent: Referent) -> tuple[Mention, ...]:
    """Return the members of the source's set that the passage does not name, or all of them."""
    return referent.left_out or referent.refers_to


def _edit_message(kind: FindingType, edit: Edit) -> str:
    text, quoted = _quote(edit.text), _quote(edit.quoted)
    if kind is FindingType.NEGATION_DROPPED:
        sentence = _("The source has {text} here, which turns the sentence round;")
        rest = (
            _("the quotation leaves it out.")
            if edit.kind is EditKind.DELETE
            else _("the quotation has {quoted}.")
        )
        return f"{sentence} {rest}".format(text=text, quoted=quoted)
    match edit.kind:
        case EditKind.DELETE:
            return _("The source has {text} here; the quotation leaves it out unmarked.").format(
                text=text
            )
        case EditKind.INSERT:
            return _("The quotation has {quoted} here; the source does not.").format(quoted=quoted)
        case EditKind.REPLACE:
            return _("Where the quotation has {quoted}, the source has {text}.").format(
                text=text, quoted=quoted
            )


def _match_message(finding: Finding, match: Match, article: Article, claim: Claim) -> str:
    words = _quote(claim.fragments[match.fragment].text)
    match finding.type:
        case FindingType.NOT_FOUND:
            return _(
                "We did not find {words} in what we could read of the source. The nearest passage"
                " there is {nearest}."
            ).format(words=words, nearest=_quote(match.span.of(article.text)))
        case FindingType.FRAGMENTS_REORDERED:
            return _("The pieces of {words} stand in another order in the source.").format(
                words=words
            )
        case FindingType.FRAGMENTS_DISTANT:
            return _("The pieces of {words} stand far apart in the source.").format(words=words)
        case _:
            return ngettext(
                "{words} stands in one more place in the source; we compared the likelier one.",
                "{words} stands in {count} more places in the source; we compared the likeliest.",
                match.alternatives,
            ).format(words=words, count=match.alternatives)


def _suggestion(finding: Finding, claim: Claim, article: Article) -> str | None:
    """Return wording that would mend the quotation, where there is a short one."""
    match finding.subject:
        case Referent() as referent if referent.refers_to:
            names = _list(referent.refers_to, bare=True)
            if len(names) > SHORT:
                return None
            source = referent.source_mention
            kept = source.text if source else referent.mention.text
            return f"“… {kept} [{names}] …”"
        case Edit() as edit if edit.text and finding.severity is not Severity.LOW:
            before = claim.passage[max(0, edit.quoted_span.start - 40) : edit.quoted_span.start]
            after = claim.passage[edit.quoted_span.end : edit.quoted_span.end + 40]
            lead = before[before.find(" ") + 1 :] if len(before) == 40 else before.lstrip("“\"'‘")
            tail = after[: after.rfind(" ")] if " " in after else after.rstrip("”\"'’")
            text = " ".join(
                f"{lead} {article.text[edit.span.start : edit.span.end]} {tail}".split()
            )
            return f"“… {text} …”" if len(text) <= SHORT else None
        case _:
            return None


def _quote(text: str) -> str:
    """Put words between quotation marks, the middle of long ones left out."""
    text = " ".join(text.split())
    if len(text) > SHORT:
        half = SHORT // 2
        text = f"{text[:half].rsplit(' ', 1)[0]} […] {text[-half:].split(' ', 1)[-1]}"
    return f"“{text}”"


def _list(mentions: Iterable[Mention], *, bare: bool = False) -> str:
    words = list(dict.fromkeys(" ".join(m.text.split()) for m in mentions))
    words = words if bare else [_quote(word) for word in words]
    if len(words) < 2:  # noqa: PLR2004  # one thing needs no “and”
        return "".join(words)
    return _("{first} and {last}").format(first=", ".join(words[:-1]), last=words[-1])


# --- marked text ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of the passage or of the source that is shown in one way.

    `referents` holds indexes into `Report.referents` whose mention (in the passage), or whose
    source mention or one of its members (in the source), covers the run. `span` is its place in
    the passage or in the source's text.
    """

    text: str
    span: Span
    is_quoted: bool = False
    is_left_out: bool = False
    is_edited: bool = False
    referents: tuple[int, ...] = ()


def mark_passage(report: Report) -> tuple[Run, ...]:
    """Cut the passage into runs; their texts add up to it."""
    return _cut(
        report.claim.passage,
        0,
        quoted=[f.span for f in report.claim.fragments],
        left_out=[],
        edited=[e.quoted_span for m in report.matches if m.is_located for e in m.edits],
        referents=[(r.mention.span, *(m.span for m in r.reads_as)) for r in report.referents],
    )


def mark_source(report: Report) -> tuple[Run, ...]:
    """Cut the context of the source into runs; their texts add up to `Context.text`."""
    context = report.context
    if context is None:
        return ()
    located = [m for m in report.matches if m.is_located]
    return _cut(
        context.text,
        context.window.start,
        quoted=[s for m in located for s in m.segments],
        left_out=[e.span for e in context.elisions],
        edited=[e.span for m in located for e in m.edits],
        referents=[
            (
                *((r.source_mention.span,) if r.source_mention else ()),
                *(m.span for m in r.refers_to),
            )
            for r in report.referents
        ],
    )


def _cut(
    text: str,
    start: int,
    *,
    quoted: Sequence[Span],
    left_out: Sequence[Span],
    edited: Sequence[Span],
    referents: Sequence[Sequence[Span]],
) -> tuple[Run, ...]:
    end = start + len(text)
    everything = [*quoted, *left_out, *edited, *(s for spans in referents for s in spans)]
    edges = {start, end}
    edges.update(e for s in everything for e in (s.start, s.end) if start < e < end)
    places = sorted(edges)
    runs = []
    for left, right in zip(places, places[1:], strict=False):
        here = Span(left, right)
        runs.append(
            Run(
                text[left - start : right - start],
                here,
                is_quoted=any(s.holds(here) for s in quoted),
                is_left_out=any(s.holds(here) for s in left_out),
                is_edited=any(s.holds(here) for s in edited),
                referents=tuple(
                    n for n, spans in enumerate(referents) if any(s.holds(here) for s in spans)
                ),
            )
        )
    return tuple(runs)


# --- JSON ----------------------------------------------------------------------------------------


def _offsets(span: Span) -> dict[str, int]:
    return {"start": span.start, "end": span.end}


def _mention_dict(mention: Mention) -> dict[str, object]:
    return {"text": mention.text, **_offsets(mention.span)}


def _source_dict(
    source: Source, article: Article | None, *, include_text: bool
) -> dict[str, object]:
    given: dict[str, object] = {
        "url": (article and article.url) or source.address,
        "final_url": None,
        "kind": None,
        "title": None,
        "author": None,
        "published": None,
        "retrieved_at": None,
        "sha256": None,
        "archived": False,
        "n_chars": None,
    }
    if article is None:
        return given
    given |= {
        "final_url": article.final_url,
        "kind": article.kind.value,
        "title": article.title,
        "author": article.author,
        "published": article.published,
        "retrieved_at": article.retrieved_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "sha256": article.sha256,
        "n_chars": len(article.text),
        "site": article.site,
        "language": article.language,
        "paywalled": article.is_paywalled,
    }
    if include_text:
        given["text"] = article.text
    return given


def _match_dict(match: Match) -> dict[str, object]:
    return {
        "fragment": match.fragment,
        "kind": match.kind.value,
        "segments": [_offsets(s) for s in match.segments],
        "score": round(match.score, 3),
        "edits": [
            {
                "kind": e.kind.value,
                **_offsets(e.span),
                "text": e.text,
                "quoted": e.quoted,
                "quoted_start": e.quoted_span.start,
                "quoted_end": e.quoted_span.end,
            }
            for e in match.edits
        ],
        "alternatives": match.alternatives,
        "outside_main": match.is_outside_main,
    }


def _context_dict(context: Context) -> dict[str, object]:
    return {
        **_offsets(context.window),
        "text": context.text,
        "similarity": None if context.similarity is None else round(context.similarity, 3),
        "elisions": [
            {**_offsets(e.span), "text": e.text, "marked": e.marked} for e in context.elisions
        ],
    }


def _referent_dict(referent: Referent) -> dict[str, object]:
    source = referent.source_mention
    return {
        "mention": _mention_dict(referent.mention),
        "source_mention": _mention_dict(source) if source else None,
        "reads_as": [m.text for m in referent.reads_as],
        "is": [m.text for m in referent.refers_to],
        "left_out": [m.text for m in referent.left_out],
        "relation": referent.relation.value,
        "confidence": round(referent.confidence, 2),
        "antecedents": [_mention_dict(m) for m in referent.antecedents],
    }


def _finding_dict(explained: Explained) -> dict[str, object]:
    finding = explained.finding
    return {
        "type": finding.type.value,
        "severity": finding.severity.value,
        "confidence": round(finding.confidence, 2),
        "message": explained.message,
        "passage_spans": [_offsets(s) for s in finding.passage_spans],
        "source_spans": [_offsets(s) for s in finding.source_spans],
        "suggestion": explained.suggestion,
    }
