"""Reports as Web Annotations: what they say, and the words that they point to."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from quotecheck.annotation import to_annotations
from quotecheck.claim import Claim
from quotecheck.records import (
    Article,
    ArticleKind,
    Edit,
    EditKind,
    Explained,
    Failure,
    Finding,
    FindingType,
    Label,
    Match,
    MatchKind,
    Severity,
    Source,
    Span,
)
from quotecheck.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = "Łucja 😀 says that the mill is closed.\n\nThe weir, she adds, is not safe at all."
PASSAGE = "She calls “the mill … closed”, and the weir “safe at all”. “Come and see!”"
ADDRESS = "https://desk.example/checks/r1"
URL = "https://news.example/weir"
SHA256 = "ab" * 32


def at(words: str) -> Span:
    """Return where some words stand in the source."""
    start = TEXT.index(words)
    return Span(start, start + len(words))


def make_report(url: str | None = URL) -> Report:
    """Return the report of a passage with two quotations that are there, and one that is not."""
    whole = Span(0, len(TEXT))
    article = Article(
        text=TEXT,
        main=whole,
        paragraphs=tuple(at(paragraph) for paragraph in TEXT.split("\n\n")),
        kind=ArticleKind.HTML,
        sha256=SHA256,
        retrieved_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        url=url,
        final_url=url,
    )
    claim = Claim.from_passage(PASSAGE)
    matches = (
        Match(0, MatchKind.STITCHED, (at("the mill"), at("closed")), 1.0),
        Match(1, MatchKind.EXACT, (at("safe at all"),), 1.0),
        Match(2, MatchKind.PARAPHRASE, (Span(0, 0),), 0.0),
    )
    place = at("not ").start
    edit = Edit(EditKind.INSERT, Span(place, place), "", Span(3, 4), "x")
    findings = tuple(
        Explained(Finding(kind, Severity.HIGH, 0.9, (), spans, edit), message, suggestion)
        for kind, spans, message, suggestion in (
            (
                FindingType.NEGATION_DROPPED,
                (at("not"), at("The weir")),
                "“not” is left out.",
                "not",
            ),
            (FindingType.WORDS_ALTERED, (edit.span,), "A word was added.", None),
            (FindingType.NOT_FOUND, (Span(0, 0),), "These words are not there.", None),
            (FindingType.NOT_FOUND, (), "Nor are these.", None),
        )
    )
    source = Source.from_url(url) if url else Source.from_text(TEXT)
    return Report(
        "r1",
        Label.MISREPRESENTS,
        0.9,
        "A summary.",
        claim,
        source,
        article,
        matches,
        findings=findings,
        versions={"quotecheck": "7.1"},
    )


def annotate(report: Report, address: str | None = ADDRESS) -> dict[str, Any]:
    """Return the document as a program reads it from JSON."""
    given: dict[str, Any] = json.loads(json.dumps(to_annotations(report, address=address)))
    return given


def targets(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield all that the annotations point to."""
    for item in given["first"]["items"]:
        yield from item["target"]


def test_the_document_is_a_collection_with_one_page() -> None:
    """All annotations are in the first page, which is part of the collection and counts them."""
    given = annotate(make_report())
    assert given["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert (given["type"], given["id"], given["total"]) == ("AnnotationCollection", ADDRESS, 6)
    page = given["first"]
    assert (page["type"], page["partOf"], page["startIndex"]) == ("AnnotationPage", ADDRESS, 0)
    assert {item["type"] for item in page["items"]} == {"Annotation"}
    assert len({page["id"], ADDRESS, *(item["id"] for item in page["items"])}) == 8


def test_findings_come_first_and_then_the_quotations_that_are_there() -> None:
    """Each has a name that stays; a quotation that was not located is told as a finding alone."""
    items = annotate(make_report())["first"]["items"]
    assert [(item["id"].removeprefix(ADDRESS), item["motivation"]) for item in items] == [
        ("#finding-1", "assessing"),
        ("#finding-2", "assessing"),
        ("#finding-3", "assessing"),
        ("#finding-4", "assessing"),
        ("#quotation-1", "highlighting"),
        ("#quotation-2", "highlighting"),
    ]


def test_a_finding_says_what_its_sentence_says() -> None:
    """The message, the type for programs, and the fairer words are plain text, each for its use."""
    first, second, *_ = annotate(make_report())["first"]["items"]
    plain = {"type": "TextualBody", "format": "text/plain"}
    message = {"value": "“not” is left out.", "purpose": "assessing", "language": "en"}
    assert first["body"] == [
        plain | message,
        plain | {"value": "negation_dropped", "purpose": "tagging"},
        plain | {"value": "not", "purpose": "editing"},
    ]
    assert [body["purpose"] for body in second["body"]] == ["assessing", "tagging"]


def test_a_quotation_says_what_the_passage_quotes() -> None:
    """Beside the words of the source, which are the target, stand those of the passage."""
    quotation = annotate(make_report())["first"]["items"][4]
    assert quotation["body"]["value"] == "the mill … closed"
    assert [t["selector"][0]["exact"] for t in quotation["target"]] == ["the mill", "closed"]


def test_both_selectors_select_the_same_words() -> None:
    """Who cuts the extracted text by the offsets gets the words, and those around them."""
    selected = [t["selector"] for t in targets(annotate(make_report())) if "selector" in t]
    assert len(selected) == 6
    for words, place in selected:
        assert (words["type"], place["type"]) == ("TextQuoteSelector", "TextPositionSelector")
        start, end = place["start"], place["end"]
        assert TEXT[start:end] == words["exact"]
        assert words["prefix"] + words["exact"] + words["suffix"] in TEXT
        assert len(words["prefix"]) == min(32, start)
        assert len(words["suffix"]) == min(32, len(TEXT) - end)


def test_a_place_between_two_words_is_named_by_what_stands_around_it() -> None:
    """Where the quoter added words, the source has none to select."""
    (target,) = annotate(make_report())["first"]["items"][1]["target"]
    words, place = target["selector"]
    assert (words["exact"], place["start"]) == ("", place["end"])
    assert words["prefix"].endswith("is ")
    assert words["suffix"].startswith("not safe")


@pytest.mark.parametrize("number", [2, 3])
def test_what_is_nowhere_is_said_of_the_whole_source(number: int) -> None:
    """A quotation that is not there selects nothing."""
    (target,) = annotate(make_report())["first"]["items"][number]["target"]
    assert target["source"] == URL
    assert "selector" not in target


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=2))], ids=str)
def test_each_target_tells_which_reading_of_the_source_it_means(zone: timezone) -> None:
    """The state has the moment of reading, in universal time, and the checksum of what was read."""
    report = make_report()
    assert report.article is not None
    when = report.article.retrieved_at.astimezone(zone)
    given = annotate(replace(report, article=replace(report.article, retrieved_at=when)))
    for target in targets(given):
        assert target["state"] == {
            "type": "TimeState",
            "sourceDate": "2026-03-01T09:30:00Z",
            "cached": f"urn:sha256:{SHA256}",
        }
    for item in given["first"]["items"]:
        assert item["created"] == "2026-03-01T09:30:00Z"
        assert item["generator"] == {"type": "Software", "name": "Quotecheck 7.1"}


def test_a_source_without_an_address_goes_by_its_checksum() -> None:
    """A pasted text or a file is named by what it holds, and never by where it lies."""
    sources = {target["source"] for target in targets(annotate(make_report(url=None)))}
    assert sources == {f"urn:sha256:{SHA256}"}


def test_names_without_an_address_stay_the_same_for_a_report() -> None:
    """What has no address is named by a URN, the same each time, and another for each report."""
    report = make_report()
    given = annotate(report, address=None)
    assert given == annotate(report, address=None)
    assert given["id"].startswith("urn:uuid:")
    assert given["first"]["items"][0]["id"] == f"{given['id']}#finding-1"
    assert annotate(replace(report, id="r2"), address=None)["id"] != given["id"]


def test_a_source_that_was_not_read_has_no_annotations() -> None:
    """Where there is no text, there is nothing to mark: the collection is empty."""
    failure = Failure("page_missing", "There is no such page.")
    report = replace(
        make_report(),
        label=Label.CANNOT_CHECK,
        article=None,
        matches=(),
        findings=(),
        error=failure,
    )
    assert annotate(report) == {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "id": ADDRESS,
        "type": "AnnotationCollection",
        "label": "A summary.",
        "total": 0,
    }
