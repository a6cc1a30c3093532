"""Reports as records, sentences, runs of text, JSON and Markdown."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from quotecheck.claim import Claim
from quotecheck.errors import PageMissing
from quotecheck.markdown import to_markdown
from quotecheck.records import (
    Article,
    ArticleKind,
    Context,
    Edit,
    EditKind,
    Elision,
    Finding,
    FindingType,
    Label,
    Match,
    MatchKind,
    Mention,
    Referent,
    Relation,
    Severity,
    Source,
    Span,
    Verdict,
)
from quotecheck.report import Report, build, cannot_check
from quotecheck.runs import cut, mark_passage, mark_source
from quotecheck.wording import SHORT, explain_finding, suggest_repair

TEXT = (
    "Tollan Dairy asked for a levy. The older creameries did so as well."
    " In private the same firms oppose any levy."
)
PASSAGE = "Tollan Dairy asked for a levy, yet in private these firms “oppose any levy”."


def at(text: str, words: str) -> Span:
    """Find words in a text."""
    start = text.index(words)
    return Span(start, start + len(words))


def mention(text: str, words: str) -> Mention:
    """Make a mention of words in a text."""
    return Mention(words, at(text, words))


def make_report(*, title: str = "The levy") -> Report:
    """Build the report of a quotation that narrows two groups to one firm."""
    claim = Claim.from_passage(PASSAGE)
    whole = Span(0, len(TEXT))
    article = Article(
        text=TEXT,
        main=whole,
        paragraphs=(whole,),
        kind=ArticleKind.HTML,
        sha256="ab" * 32,
        retrieved_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        url="https://news.example/levy",
        final_url="https://news.example/levy",
        title=title,
    )
    match = Match(0, MatchKind.EXACT, (at(TEXT, "oppose any levy"),), 1.0)
    left_out = at(TEXT, "The older creameries did so as well.")
    context = Context(whole, TEXT, (Elision(left_out, left_out.of(TEXT), marked=False),), 0.5)
    older = mention(TEXT, "The older creameries")
    referent = Referent(
        mention=mention(PASSAGE, "these firms"),
        source_mention=mention(TEXT, "the same firms"),
        reads_as=(mention(PASSAGE, "Tollan Dairy"),),
        refers_to=(mention(TEXT, "Tollan Dairy"), older),
        antecedents=(mention(TEXT, "Tollan Dairy"), older),
        relation=Relation.NARROWED,
        confidence=0.8,
        left_out=(older,),
    )
    finding = Finding(
        FindingType.REFERENT_CHANGED,
        Severity.HIGH,
        0.8,
        (referent.mention.span,),
        (older.span,),
        referent,
    )
    return build(
        "r1",
        claim=claim,
        source=Source.from_url("https://news.example/levy"),
        article=article,
        matches=(match,),
        context=context,
        referents=(referent,),
        verdict=Verdict(Label.MISREPRESENTS, 0.8, (finding,)),
        versions={"quotecheck": "0"},
        timings_ms={"total": 3},
    )


def test_the_sentence_names_whom_the_reader_sees_and_who_is_missing() -> None:
    """A changed referent is told by its words, those of the passage and those of the source."""
    message = make_report().findings[0].message
    for words in ("these firms", "Tollan Dairy", "the same firms", "The older creameries"):
        assert f"“{words}”" in message


def test_the_suggestion_puts_the_members_in_brackets() -> None:
    """The repair is the source's expression with its referents in a bracket."""
    suggestion = make_report().findings[0].suggestion
    assert suggestion == "“… the same firms [Tollan Dairy and the older creameries] …”"


def test_every_offset_in_the_json_points_at_its_words() -> None:
    """Whoever cuts the texts by the offsets gets the words that stand beside them."""
    given = json.loads(json.dumps(make_report().to_dict(include_text=True)))
    source, passage = given["source"]["text"], given["claim"]["passage"]
    assert given["schema_version"] == 1
    for part, text in (
        *((f, passage) for f in given["claim"]["fragments"]),
        *((r["mention"], passage) for r in given["referents"]),
        *((r["source_mention"], source) for r in given["referents"]),
        *((a, source) for r in given["referents"] for a in r["antecedents"]),
        *((e, source) for e in given["context"]["elisions"]),
        (given["context"], source),
    ):
        assert text[part["start"] : part["end"]] == part["text"]


def test_the_text_of_the_source_stays_out_unless_asked_for() -> None:
    """A report is for handing on; the article is not ours to hand on with it."""
    assert "text" not in make_report().to_dict()["source"]  # type: ignore[operator]


def test_the_summary_does_not_accuse() -> None:
    """What is said is what stands where: nobody lies, fakes or manipulates."""
    report = make_report()
    assert report.summary.startswith("In the source, the quoted words say something else.")
    for word in ("lie", "false", "fabricat", "mislead", "manipulat", "dishonest"):
        assert word not in report.summary.lower()


def test_a_source_that_cannot_be_had_says_what_to_do() -> None:
    """No page is not “not found”: the label, the code and the advice say so."""
    error = PageMissing("There is no such page any more. Paste the text instead.")
    report = cannot_check(
        "r2",
        claim=Claim.from_passage(PASSAGE),
        source=Source.from_url("https://news.example/gone"),
        error=error,
        article=None,
        versions={},
        timings_ms={},
    )
    given = report.to_dict()
    assert given["label"] == "cannot_check"
    assert given["error"] == {"code": "page_missing", "message": str(error)}
    assert given["source"]["url"] == "https://news.example/gone"  # type: ignore[index]
    assert str(error) in report.summary


def test_runs_add_up_to_the_text() -> None:
    """Marking loses no character and adds none."""
    report = make_report()
    assert "".join(r.text for r in mark_passage(report)) == PASSAGE
    assert "".join(r.text for r in mark_source(report)) == TEXT


def test_runs_carry_what_covers_them() -> None:
    """Quoted words, left-out words and referents are told apart, in both texts."""
    report = make_report()
    quoted = [r.text for r in mark_source(report) if r.is_quoted]
    assert quoted == ["oppose any levy"]
    left_out = "".join(r.text for r in mark_source(report) if r.is_left_out)
    assert left_out == "The older creameries did so as well."
    assert [r.text for r in mark_passage(report) if r.referents] == ["Tollan Dairy", "these firms"]


@pytest.mark.usefixtures("no_collection")
def test_thousands_of_spans_are_cut_in_one_sweep() -> None:
    """Eight times the spans take about eight times as long, not sixty-four."""
    seconds = []
    for length in (5_000, 40_000):
        spans = [Span(n, n + 2) for n in range(0, length, 3)]
        start = time.process_time()
        pieces = list(cut(Span(1, length), [spans, [Span(0, length + 9)], [Span(5, 5)]]))
        seconds.append(time.process_time() - start)
        assert pieces[:3] == [(Span(1, 2), (0, 1)), (Span(2, 3), (1,)), (Span(3, 5), (0, 1))]
        assert pieces[-1][0].end == length
    assert seconds[1] < 24 * seconds[0] + 0.1


def test_spans_that_overlap_cover_by_layer() -> None:
    """A layer covers as long as one of its spans does; what lies outside cuts nothing."""
    layers = [[Span(0, 4), Span(2, 6)], [Span(9, 20)], [Span(30, 40)]]
    assert list(cut(Span(1, 10), layers)) == [
        (Span(1, 2), (0,)),
        (Span(2, 4), (0,)),
        (Span(4, 6), (0,)),
        (Span(6, 9), ()),
        (Span(9, 10), (1,)),
    ]


def test_markdown_shows_what_was_left_out() -> None:
    """Quoted words are bold, left-out words struck through, the finding a list item."""
    text = to_markdown(make_report())
    assert "**oppose any levy**" in text
    assert "~~" in text
    assert "- A reader takes “these firms”" in text


def test_markdown_takes_no_orders_from_a_title() -> None:
    """What a page calls itself is text, not Markdown."""
    text = to_markdown(make_report(title="[x](javascript:alert)*"))
    assert "\\[x\\](javascript:alert)\\*" in text


def test_markdown_lets_no_html_through() -> None:
    """Whatever a source, a passage or a sentence holds, no tag and no entity reaches the page."""
    evil = '<img src=x onerror="y"> &lt;b&gt;\n# <i>'
    report = make_report(title=evil)
    report = replace(
        report,
        summary=evil,
        claim=Claim.from_passage(f"{evil} “{evil}”"),
        article=replace(report.article, author=evil, published=evil, final_url=evil, sha256=evil),
        context=Context(Span(0, len(evil)), evil),
        matches=(),
        referents=(),
        findings=(replace(report.findings[0], message=evil, suggestion=evil),),
    )
    text = to_markdown(report)
    assert not re.search(r"(?<!\\)[<&]", text)
    assert not re.search(r"^# <", text, re.MULTILINE)
    assert text.count("\n# ") == 0
    assert "\\<img" in text.splitlines()[0]


def test_long_words_are_shown_by_their_ends() -> None:
    """A sentence stays readable, however much was left out."""
    text = "word " * 200
    span = Span(0, len(text))
    edit = Edit(EditKind.DELETE, span, text, Span(0, 0), "")
    finding = Finding(FindingType.UNMARKED_ELISION, Severity.MEDIUM, 0.7, (), (), edit)
    report = make_report()
    assert report.article is not None
    message = explain_finding(finding, report.claim, report.article)
    assert "[…]" in message
    assert len(message) < 2 * SHORT


@pytest.mark.parametrize(("confidence", "said"), [(0.9, "takes “she”"), (0.5, "may take “she”")])
def test_a_doubtful_reading_is_told_as_one(confidence: float, said: str) -> None:
    """What a reader makes of an expression is stated only where we are sure of it."""
    report = make_report()
    assert report.article is not None
    mention, one, other = (Mention(text, Span(0, 3)) for text in ("she", "Ida", "Odile"))
    referent = Referent(mention, mention, (one,), (other,), (), Relation.DIFFERENT, confidence)
    finding = Finding(FindingType.REFERENT_CHANGED, Severity.HIGH, confidence, (), (), referent)
    message = explain_finding(finding, report.claim, report.article)
    assert message == f"A reader {said} to mean “Ida”. In the source, “she” is “Odile”."


def test_a_dropped_word_is_offered_back_where_it_stood() -> None:
    """The repair of a slip is the quotation with the source's own words."""
    text = "The board did not approve the loan."
    claim = Claim.from_passage("“The board did approve the loan.”")
    edit = Edit(EditKind.DELETE, Span(14, 18), "not ", Span(15, 15), "")
    finding = Finding(FindingType.NEGATION_DROPPED, Severity.HIGH, 0.9, (), (), edit)
    whole = Span(0, len(text))
    article = Article(text, whole, (whole,), ArticleKind.TEXT, "", datetime(2026, 1, 1, tzinfo=UTC))
    assert suggest_repair(finding, claim, article) == "“… The board did not approve the loan. …”"
