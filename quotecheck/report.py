"""The report of a check: built from the evidence, put into words, given as JSON."""

from __future__ import annotations

# What the fields of a report are made of is read at run time, too, where one is put away.
from collections.abc import Mapping  # noqa: TC003
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from quotecheck.claim import Claim  # noqa: TC001
from quotecheck.records import (
    Article,
    Context,
    Explained,
    Failure,
    Label,
    Match,
    Referent,
    Source,
)
from quotecheck.textfragment import link_to_words
from quotecheck.translation import ENGLISH, use_language
from quotecheck.wording import explain_failure, explain_finding, suggest_repair, summarize

if TYPE_CHECKING:
    from quotecheck.errors import SourceError
    from quotecheck.records import Mention, Span, Verdict
    from quotecheck.wire import (
        ContextDict,
        FindingDict,
        MatchDict,
        MentionDict,
        ReferentDict,
        ReportDict,
        SourceDict,
        SpanDict,
    )

SCHEMA_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Report:
    """All that a check found, ready to be shown.

    `article` is None where the source could not be had or read; `error` then says why.
    `confidence` in [0, 1] is that of the label; 0 where nothing could be checked. `repair` is the
    passage with what was left out put back, where that was checked and comes out fair. `words_url`
    opens the source at the quoted words.

    A report is made in English; `retold` gives it in another language.
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
    repair: str | None = None
    error: Failure | None = None
    versions: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    timings_ms: Mapping[str, int] = field(default_factory=dict)
    words_url: str | None = None

    def retold(self, language: str) -> Report:
        """Return the same report with its sentences in another language.

        Args:
            language: A code, as `use_language` takes it.
        """
        with use_language(language):
            return _tell(self)

    def to_dict(self, *, include_text: bool = False) -> ReportDict:
        """Return the report as the JSON object that the contract describes.

        Args:
            include_text: Put the extracted text of the source in, too.
        """
        claim = self.claim
        return {
            "schema_version": SCHEMA_VERSION,
            "id": self.id,
            "label": self.label,
            "confidence": round(self.confidence, 2),
            "summary": self.summary,
            "claim": {
                "passage": claim.passage,
                "fragments": [
                    {"text": f.text, **_offsets(f.span), "kind": f.kind} for f in claim.fragments
                ],
                "speaker": claim.speaker,
            },
            "source": describe_source(self.source, self.article, include_text=include_text),
            "words_url": self.words_url,
            "matches": [_match_dict(match) for match in self.matches],
            "context": _context_dict(self.context) if self.context else None,
            "referents": [_referent_dict(referent) for referent in self.referents],
            "findings": [_finding_dict(explained) for explained in self.findings],
            "repair": self.repair,
            "error": (
                {"code": self.error.code, "message": self.error.message} if self.error else None
            ),
            "versions": dict(self.versions),
            "timings_ms": dict(self.timings_ms),
        }


def build(
    report_id: str,
    *,
    claim: Claim,
    source: Source,
    article: Article,
    matches: tuple[Match, ...],
    context: Context,
    referents: tuple[Referent, ...],
    verdict: Verdict,
    repair: str | None = None,
    versions: Mapping[str, str | Mapping[str, str]],
    timings_ms: Mapping[str, int],
) -> Report:
    """Put a finished check into words."""
    return Report(
        report_id,
        verdict.label,
        verdict.confidence,
        "",
        claim,
        source,
        article,
        matches,
        context,
        referents,
        tuple(Explained(finding, "") for finding in verdict.findings),
        repair,
        None,
        versions,
        timings_ms,
        link_to_words(article, (s for m in matches if m.is_located for s in m.segments)),
    ).retold(ENGLISH)


def cannot_check(
    report_id: str,
    *,
    claim: Claim,
    source: Source,
    error: SourceError,
    article: Article | None,
    versions: Mapping[str, str | Mapping[str, str]],
    timings_ms: Mapping[str, int],
) -> Report:
    """Say that the source could not be had or read, and what the user can do."""
    return Report(
        report_id,
        Label.CANNOT_CHECK,
        0.0,
        "",
        claim,
        source,
        article,
        error=Failure(error.code, str(error), error.message),
        versions=versions,
        timings_ms=timings_ms,
    ).retold(ENGLISH)


def _tell(report: Report) -> Report:
    """Make a report's sentences from its records, in the current language."""
    claim, article, error = report.claim, report.article, report.error
    if error is not None:
        message = error.told.said() if error.told else error.message
        return replace(
            report, summary=explain_failure(message), error=replace(error, message=message)
        )
    if article is None:
        return report
    findings = tuple(
        Explained(
            explained.finding,
            explain_finding(explained.finding, claim, article),
            suggest_repair(explained.finding, claim, article),
        )
        for explained in report.findings
    )
    summary = summarize(report.label, findings, claim, article, report.matches)
    return replace(report, summary=summary, findings=findings)


def _offsets(span: Span) -> SpanDict:
    return {"start": span.start, "end": span.end}


def _mention_dict(mention: Mention) -> MentionDict:
    return {"text": mention.text, **_offsets(mention.span)}


def describe_source(
    source: Source, article: Article | None, *, include_text: bool = False
) -> SourceDict:
    """Return what is known of a source, as the contract describes it."""
    if article is None:
        return {
            "url": source.address,
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
    read: SourceDict = {
        "url": article.url or source.address,
        "final_url": article.final_url,
        "kind": article.kind,
        "title": article.title,
        "author": article.author,
        "published": article.published,
        "retrieved_at": article.retrieved_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "sha256": article.sha256,
        "archived": False,
        "n_chars": len(article.text),
        "site": article.site,
        "language": article.language,
        "paywalled": article.is_paywalled,
    }
    if include_text:
        read["text"] = article.text
    return read


def _match_dict(match: Match) -> MatchDict:
    return {
        "fragment": match.fragment,
        "kind": match.kind,
        "segments": [_offsets(s) for s in match.segments],
        "score": round(match.score, 3),
        "edits": [
            {
                "kind": e.kind,
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


def _context_dict(context: Context) -> ContextDict:
    return {
        **_offsets(context.window),
        "text": context.text,
        "similarity": None if context.similarity is None else round(context.similarity, 3),
        "elisions": [
            {**_offsets(e.span), "text": e.text, "marked": e.marked} for e in context.elisions
        ],
    }


def _referent_dict(referent: Referent) -> ReferentDict:
    source = referent.source_mention
    return {
        "mention": _mention_dict(referent.mention),
        "source_mention": _mention_dict(source) if source else None,
        "reads_as": [m.text for m in referent.reads_as],
        "is": [m.text for m in referent.refers_to],
        "left_out": [m.text for m in referent.left_out],
        "relation": referent.relation,
        "confidence": round(referent.confidence, 2),
        "antecedents": [_mention_dict(m) for m in referent.antecedents],
    }


def _finding_dict(explained: Explained) -> FindingDict:
    finding = explained.finding
    return {
        "type": finding.type,
        "severity": finding.severity,
        "confidence": round(finding.confidence, 2),
        "message": explained.message,
        "passage_spans": [_offsets(s) for s in finding.passage_spans],
        "source_spans": [_offsets(s) for s in finding.source_spans],
        "suggestion": explained.suggestion,
    }
