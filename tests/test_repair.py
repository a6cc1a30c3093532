"""A passage is mended by putting back what was left out, or by saying who is meant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from quotecheck.claim import Claim
from quotecheck.records import (
    Article,
    ArticleKind,
    Edit,
    EditKind,
    Finding,
    FindingType,
    Governor,
    Label,
    Match,
    MatchKind,
    Mention,
    Referent,
    Relation,
    Severity,
    Source,
    Span,
)
from quotecheck.repair import repair

if TYPE_CHECKING:
    from quotecheck.checker import Checker

TEXT = "The gates will stay open, unless the county objects. She asked for no more."


def span(words: str, text: str = TEXT) -> Span:
    """Find words in a text."""
    at = text.index(words)
    return Span(at, at + len(words))


def mention(words: str, text: str = TEXT) -> Mention:
    """Make a mention of words in a text."""
    return Mention(words, span(words, text))


def article() -> Article:
    """Make an article of the text."""
    whole = Span(0, len(TEXT))
    return Article(
        TEXT, whole, (whole,), ArticleKind.TEXT, "0" * 64, datetime(2026, 1, 1, tzinfo=UTC)
    )


def finding(subject: Governor | Edit | Referent, severity: Severity = Severity.HIGH) -> Finding:
    """Make a finding of its evidence."""
    return Finding(FindingType.EXCEPTION_DROPPED, severity, 0.8, (), (), subject)


def quoted(passage: str, words: str) -> tuple[Claim, tuple[Match, ...]]:
    """Make a claim whose one fragment is the source's words."""
    return Claim.from_passage(passage), (Match(0, MatchKind.EXACT, (span(words),), 1.0),)


def test_left_out_words_are_put_back() -> None:
    """The exception stands in the quotation again, the quoter's words as they were."""
    claim, matches = quoted(
        "The county says: “The gates will stay open.” Good.", "The gates will stay open"
    )
    governor = Governor(
        FindingType.EXCEPTION_DROPPED,
        "exception",
        mention("unless"),
        mention("unless the county objects"),
        (matches[0].segments[0],),
        claim.fragments[0].span,
    )
    mended = repair(claim, article(), matches, [finding(governor)])
    assert mended == (
        "The county says: “The gates will stay open, unless the county objects.” Good."
    )


def test_altered_words_are_set_right() -> None:
    """Where the quotation has other words than the source, it gets the source's."""
    passage = "“The doors will stay open”"
    claim, matches = quoted(passage, "The gates will stay open")
    edit = Edit(EditKind.REPLACE, span("gates"), "gates", span("doors", passage), "doors")
    assert repair(claim, article(), matches, [finding(edit)]) == "“The gates will stay open”"


def test_a_bracket_says_who_is_meant() -> None:
    """An expression that hangs in the air is followed by whom the source means."""
    claim, matches = quoted("“She asked for no more.”", "She asked for no more")
    referent = Referent(
        Mention("She", Span(1, 4)),
        mention("She"),
        (),
        (Mention("The keeper", Span(0, 10)),),
        (),
        Relation.MISSING,
        0.8,
    )
    mended = repair(claim, article(), matches, [finding(referent)])
    assert mended == "“She [the keeper] asked for no more.”"


@pytest.mark.parametrize("findings", [[], ["low"]])
def test_nothing_is_mended_where_nothing_is_wrong(findings: list[str]) -> None:
    """Details are left as they are."""
    claim, matches = quoted("“The gates will stay open”", "The gates will stay open")
    edit = Edit(EditKind.REPLACE, span("gates"), "gates", Span(5, 10), "gates")
    low = [finding(edit, Severity.LOW) for _ in findings]
    assert repair(claim, article(), matches, low) is None


def test_an_unmarked_passage_keeps_its_apostrophes() -> None:
    """Marks are taken off a passage that has none; what belongs to a word stays."""
    text = "The firms’ plan will stay open, unless the county objects."
    whole = Span(0, len(text))
    source = Article(
        text, whole, (whole,), ArticleKind.TEXT, "0" * 64, datetime(2026, 1, 1, tzinfo=UTC)
    )
    claim = Claim.from_passage("The firms’ plan will stay open.")
    match = Match(0, MatchKind.EXACT, (span("The firms’ plan will stay open", text),), 1.0)
    governor = Governor(
        FindingType.EXCEPTION_DROPPED,
        "exception",
        mention("unless", text),
        mention("unless the county objects", text),
        match.segments,
        claim.fragments[0].span,
    )
    mended = repair(claim, source, (match,), [finding(governor)])
    assert mended == "The firms’ plan will stay open, unless the county objects."


@pytest.mark.slow
def test_a_repair_that_is_shown_comes_out_fair(real_checker: Checker) -> None:
    """What the report offers was checked as any other passage is."""
    passage = "Good news for the fishermen: “The gates will stay open”."
    source = Source.from_text(f"The county met on Monday. {TEXT}")
    report = real_checker.check(Claim.from_passage(passage), source)
    assert report.repair is not None
    assert "unless the county objects" in report.repair
    again = real_checker.check(Claim.from_passage(report.repair), source)
    assert again.label is Label.FAITHFUL
    assert again.repair is None
    assert report.to_dict()["repair"] == report.repair


@pytest.mark.slow
def test_the_source_is_parsed_once(real_checker: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    """To check the repair, only the mended passage is parsed: the source is known by then."""
    parsed: list[str] = []
    nlp = real_checker._nlp  # noqa: SLF001  # the pipeline that the checker was made with
    pipe = nlp.pipe

    def count(texts: list[str], **options: object) -> object:
        parsed.extend(texts)
        return pipe(texts, **options)

    monkeypatch.setattr(nlp, "pipe", count)
    source = Source.from_text(f"The county met on Monday. {TEXT}")
    report = real_checker.check(Claim.from_passage("It is so: “The gates will stay open”."), source)
    assert report.repair is not None
    assert [text for text in parsed if "county met" in text] == [source.value]
    assert len(parsed) == 3
