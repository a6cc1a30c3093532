"""A report as a Web Annotation document, for programs that mark texts.

It follows the W3C's Web Annotation Data Model: an `AnnotationCollection` with one page, which holds
one annotation for each finding and one for each quotation that was located. All are about the
source.
"""

from __future__ import annotations

import uuid
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quotecheck.records import Article, Explained, Match, Span
    from quotecheck.report import Report

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
# Letters before and after the words: as many as other programs write, and look for.
CONTEXT_CHARS = 32
# What the sentences of `wording.py` are written in.
LANGUAGE = "en"


def to_annotations(report: Report, *, address: str | None) -> dict[str, object]:
    """Return the report as a Web Annotation document (JSON-LD).

    The words are named twice, by a `TextQuoteSelector` and by a `TextPositionSelector`. The latter
    counts code points into `Article.text`, the running text that was extracted from the source, and
    not into the page's HTML or its whole text content; a program that does not have that text
    (`check --json --include-text` prints it) finds the words by the former. The `state` says when
    the source was read, and names by their checksum (`urn:sha256:…`) the bytes that were. A pasted
    text or a file goes by that name, too, for want of an address.

    Args:
        report: What a check found.
        address: Where the report can be read. The annotations' names begin with it, so they stay
            the same for the same report; without it they begin with a URN made from the report's
            name.
    """
    base = address or uuid.uuid5(uuid.NAMESPACE_URL, f"quotecheck:{report.id}").urn
    items = [] if report.article is None else _annotate(report, report.article, base)
    given: dict[str, object] = {
        "@context": CONTEXT,
        "id": base,
        "type": "AnnotationCollection",
        "label": report.summary,
        "total": len(items),
    }
    if items:
        given["first"] = {
            "id": f"{base}#annotations",
            "type": "AnnotationPage",
            "partOf": base,
            "startIndex": 0,
            "items": items,
        }
    return given


def _annotate(report: Report, article: Article, base: str) -> list[dict[str, object]]:
    about = {
        "created": _read_at(article),
        "generator": {
            "type": "Software",
            "name": f"Quotecheck {report.versions.get('quotecheck', '')}".strip(),
        },
    }
    findings: list[dict[str, object]] = [
        {
            "id": f"{base}#finding-{number}",
            "type": "Annotation",
            "motivation": "assessing",
            **about,
            "body": _explain(explained),
            "target": _point_to(explained.finding.source_spans, article),
        }
        for number, explained in enumerate(report.findings, start=1)
    ]
    quotations: list[dict[str, object]] = [
        {
            "id": f"{base}#quotation-{match.fragment + 1}",
            "type": "Annotation",
            "motivation": "highlighting",
            **about,
            "body": _quote(match, report),
            "target": _point_to(match.segments, article),
        }
        for match in report.matches
        if match.is_located
    ]
    return findings + quotations


def _explain(explained: Explained) -> list[dict[str, str]]:
    """Return what is said of a finding: the sentence, what kind it is, and what would be fairer."""
    bodies = [
        _text(explained.message, purpose="assessing", language=LANGUAGE),
        _text(explained.finding.type.value, purpose="tagging"),
    ]
    if explained.suggestion:
        bodies.append(_text(explained.suggestion, purpose="editing"))
    return bodies


def _quote(match: Match, report: Report) -> dict[str, str]:
    """Return the words as the passage gives them."""
    return _text(report.claim.fragments[match.fragment].text, purpose="describing")


def _text(value: str, *, purpose: str, language: str | None = None) -> dict[str, str]:
    body = {"type": "TextualBody", "value": value, "format": "text/plain", "purpose": purpose}
    return body | ({"language": language} if language else {})


def _point_to(spans: Sequence[Span], article: Article) -> list[dict[str, object]]:
    """Return a target for each stretch of the source; where there is none, the source as a whole.

    An empty stretch is a place between two words. At 0 it is none: nothing came near the quotation.
    """
    source: dict[str, object] = {
        "type": "SpecificResource",
        "source": _name_source(article),
        "state": {
            "type": "TimeState",
            "sourceDate": _read_at(article),
            "cached": f"urn:sha256:{article.sha256}",
        },
    }
    stretches = [span for span in spans if span.end]
    return [source | {"selector": _select(span, article.text)} for span in stretches] or [source]


def _select(span: Span, text: str) -> list[dict[str, object]]:
    return [
        {
            "type": "TextQuoteSelector",
            "exact": span.of(text),
            "prefix": text[max(0, span.start - CONTEXT_CHARS) : span.start],
            "suffix": text[span.end : span.end + CONTEXT_CHARS],
        },
        {"type": "TextPositionSelector", "start": span.start, "end": span.end},
    ]


def _name_source(article: Article) -> str:
    return article.final_url or article.url or f"urn:sha256:{article.sha256}"


def _read_at(article: Article) -> str:
    """Return when the source was read, in the one form that the model allows: that of UTC."""
    return article.retrieved_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
