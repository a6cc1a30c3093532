"""What a change of words weighs: from the source's words and the quoted ones to the finding."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from quotecheck.claim import Claim
from quotecheck.forms import is_same_word, read_words
from quotecheck.locate import locate
from quotecheck.records import (
    Article,
    ArticleKind,
    Context,
    Finding,
    FindingType,
    Severity,
    Span,
)
from quotecheck.verdict import judge

ALTERED = FindingType.WORDS_ALTERED
NEGATION = FindingType.NEGATION_DROPPED
HEDGE = FindingType.HEDGE_DROPPED
ELISION = FindingType.UNMARKED_ELISION
QUANTIFIER = FindingType.QUANTIFIER_CHANGED
HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW

# Source words and quoted words, with what stands on both sides of them.
BEFORE = "As the board of the harbour heard on that evening,"
AFTER = "as far as its own auditors in Lindvik could see."


def findings_of(source: str, quoted: str) -> tuple[Finding, ...]:
    """Quote a sentence with other words in it, locate it and judge it."""
    text = f"The ships lay idle. {BEFORE} {source} {AFTER} Nobody left."
    claim = Claim.from_passage(f"The paper wrote: “{BEFORE} {quoted} {AFTER}”")
    whole = Span(0, len(text))
    article = Article(
        text, whole, (whole,), ArticleKind.TEXT, "0" * 64, datetime(2026, 1, 1, tzinfo=UTC)
    )
    matches = locate(claim, article)
    assert len(matches) == 1
    return judge(claim, article, matches, Context(whole, text), ()).findings


def check(source: str, quoted: str, expected: FindingType | None, severity: Severity) -> None:
    """Compare the weightiest finding; for None, no finding may be above `severity`."""
    findings = findings_of(source, quoted)
    order = [HIGH, MEDIUM, LOW]
    if expected is None:
        assert all(order.index(f.severity) >= order.index(severity) for f in findings), findings
    else:
        assert findings, "nothing was found"
        assert (findings[0].type, findings[0].severity) == (expected, severity)


@pytest.mark.parametrize(
    ("source", "quoted", "expected", "severity"),
    [
        ("growth was -5% in May", "growth was 5% in May", ALTERED, HIGH),
        ("it cost $500 million in all", "it cost €500 million in all", ALTERED, HIGH),
        ("a share of p < 5 was seen", "a share of p > 5 was seen", ALTERED, HIGH),
        ("a share of p < 5 was seen", "a share of p 5 was seen", ALTERED, HIGH),
        ("it rose by 5% in May", "it rose by 5 in May", ALTERED, HIGH),
        ("it cost £20 a week", "it cost 20 a week", ALTERED, HIGH),
        ("it cost $500 million in all", "it cost 500 million dollars in all", None, LOW),
    ],
)
def test_a_sign_is_a_word(
    source: str, quoted: str, expected: FindingType | None, severity: Severity
) -> None:
    """A minus, a currency, a percent sign or a comparison that changes is another fact."""
    check(source, quoted, expected, severity)


@pytest.mark.parametrize(
    ("source", "quoted", "expected", "severity"),
    [
        ("he paid the loan in May", "she paid the loan in May", ALTERED, MEDIUM),
        ("sales rose to five percent there", "sales rose by five percent there", ALTERED, MEDIUM),
        ("the firm moved from London in May", "the firm moved to London in May", ALTERED, MEDIUM),
        ("they counted women and children", "they counted women or children", ALTERED, MEDIUM),
        ("it is just not fair to them", "it is not just fair to them", ALTERED, MEDIUM),
        ("he was a member of it", "he is a member of it", ALTERED, MEDIUM),
        ("the loan that they took", "the loan which they took", None, LOW),
        ("the firms in the town paid", "firms in the town paid", None, LOW),
        ("the loan has been paid back", "the loan had been paid back", None, LOW),
        ("the firm moved into London", "the firm moved to London", None, LOW),
        ("they counted women and men", "they counted men and women", None, LOW),
        ("it was really a big loan", "it was a really big loan", None, LOW),
        ("they met on May 5 in Oslo", "they met on 5 May in Oslo", None, LOW),
        ("we saw them in Oslo", "we saw 'em in Oslo", None, LOW),
    ],
)
def test_small_words_that_say_who_and_which_way(
    source: str, quoted: str, expected: FindingType | None, severity: Severity
) -> None:
    """Person, direction, and/or, tense of “is” and order around an operator are no trifles."""
    check(source, quoted, expected, severity)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("loan", "loans", True),
        ("pays", "paid", True),
        ("travelled", "traveled", True),
        ("organise", "organizing", True),
        ("labour", "labor", True),
        ("company", "companies", True),
        ("centre", "center", True),
        ("hoped", "hopes", True),
        ("goverment", "government", True),
        ("definately", "definitely", True),
        ("occured", "occurred", True),
        ("called", "calls", True),
        ("agreed", "agrees", True),
        ("contacted", "contracted", False),
        ("protested", "protected", False),
        ("feed", "fee", False),
        ("economics", "economic", False),
        ("recieved", "received", True),
        ("judgement", "judgment", True),
        ("employer", "employee", False),
        ("austria", "australia", False),
        ("prescribe", "proscribe", False),
        ("immoral", "immortal", False),
        ("hoped", "hopped", False),
        ("news", "new", False),
        ("martial", "marital", False),
        ("their", "there", False),
    ],
)
def test_forms_of_a_word(one: str, other: str, *, is_same: bool) -> None:
    """Number, tense, spelling and a slip in a long word leave a word what it is."""
    assert is_same_word(one, other) is is_same


@pytest.mark.parametrize(
    ("source", "quoted", "expected", "severity"),
    [
        ("the war with Iran went on", "the war with Iraq went on", ALTERED, MEDIUM),
        ("the ship from Austria sank", "the ship from Australia sank", ALTERED, MEDIUM),
        ("the ship from Niger sank", "the ship from Nigeria sank", ALTERED, MEDIUM),
        ("the letters of Williams came", "the letters of William came", ALTERED, MEDIUM),
        ("every employer was heard", "every employee was heard", ALTERED, MEDIUM),
        ("the songs of Beyoncé came", "the songs of Beyonce came", None, LOW),
        ("somebody from Oslo spoke", "someone from Oslo spoke", None, LOW),
        ("the letter of Holm’s came", "the letter of Holm came", None, LOW),
        ("the firms organise a fair", "the firms organized a fair", None, LOW),
    ],
)
def test_names_differ_by_more_than_a_letter(
    source: str, quoted: str, expected: FindingType | None, severity: Severity
) -> None:
    """A name with another letter is somebody else."""
    check(source, quoted, expected, severity)


@pytest.mark.parametrize(
    ("source", "quoted", "expected", "severity"),
    [
        ("she was a former member there", "she was a member there", HEDGE, HIGH),
        ("the firm failed to pay the loan", "the firm paid the loan", NEGATION, HIGH),
        ("the firm refused to pay the loan", "the firm to pay the loan", NEGATION, HIGH),
        ("the alleged fraud was large", "the fraud was large", HEDGE, HIGH),
        ("an ex-member of it spoke", "a member of it spoke", HEDGE, HIGH),
        ("the so-called expert spoke", "the expert spoke", HEDGE, HIGH),
        ("the illegal loans were paid", "the legal loans were paid", NEGATION, HIGH),
        ("the ship was unsafe to sail", "the ship was safe to sail", NEGATION, HIGH),
        ("the ship was safe to sail", "the ship was unsafe to sail", ALTERED, HIGH),
        ("a non-profit firm paid", "a profit firm paid", NEGATION, HIGH),
        ("the wooden ships were lost", "the ships were lost", ELISION, MEDIUM),
        ("the coal firms were lost", "the firms were lost", ELISION, MEDIUM),
        ("the ships were really lost", "the ships were lost", None, LOW),
        ("it was a very large loan", "it was a large loan", None, LOW),
        ("it also paid the loan", "it paid the loan", None, LOW),
        ("it quietly paid the loan", "it paid the loan", None, LOW),
        ("they saw President Ada Holm there", "they saw President Holm there", None, LOW),
        ("they saw Mr. Holm there", "they saw Holm there", None, LOW),
        ("Varga Inc. paid the loan", "Varga paid the loan", None, LOW),
        ("the loan[1] was paid", "the loan was paid", None, LOW),
        ("it was a long¹ loan", "it was a long loan", None, LOW),
        ("“the firm,” said Ada Holm, “paid it”", "the firm paid it", None, LOW),
        ("some 500 loans were paid", "500 loans were paid", None, LOW),
        ("the firm paid, you know, the loan", "the firm paid the loan", None, LOW),
        ("more than 500 loans were paid", "over 500 loans were paid", None, LOW),
        ("more than 500 loans were paid", "500 loans were paid", QUANTIFIER, MEDIUM),
        ("fewer than 500 loans were paid", "500 loans were paid", QUANTIFIER, HIGH),
        ("it was only a loan", "it was just a loan", None, LOW),
        ("they tried to sell the ship", "they sold the ship", HEDGE, HIGH),
        ("I doubt that they paid it", "that they paid it", NEGATION, HIGH),
        ("he rejected the planned merger", "he rejected the merger", HEDGE, HIGH),
    ],
)
def test_words_that_restrict(
    source: str, quoted: str, expected: FindingType | None, severity: Severity
) -> None:
    """What makes less of a word may not go unseen; what only colours it may."""
    check(source, quoted, expected, severity)


@pytest.mark.parametrize(
    ("source", "quoted", "expected", "severity"),
    [
        ("five loans were paid", "5 loans were paid", None, LOW),
        ("some 30 loans were paid", "some thirty loans were paid", None, LOW),
        ("the first loan was paid", "the 1st loan was paid", None, LOW),
        ("in nineteen ninety-nine it paid", "in 1999 it paid", None, LOW),
        ("it lent £3bn to them", "it lent £3 billion to them", None, LOW),
        ("it lent $2.5 million to them", "it lent $2,500,000 to them", None, LOW),
        ("about 5% of them paid", "about 5 percent of them paid", None, LOW),
        ("about 20 per cent of them paid", "about 20% of them paid", None, LOW),
        ("all 1,000 loans were paid", "all 1000 loans were paid", None, LOW),
        ("twenty-five loans were paid", "25 loans were paid", None, LOW),
        ("a hundred and five loans came", "105 loans came", None, LOW),
        ("it was No. 1 of them", "it was number one of them", None, LOW),
        ("nobody of them paid", "no one of them paid", None, LOW),
        ("half a million loans came", "500,000 loans came", None, LOW),
        ("two and a half million came", "2.5 million came", None, LOW),
        ("on 5th May they met", "on May 5 they met", None, LOW),
        ("on the 5th of May they met", "on May 5 they met", None, LOW),
        ("on 5th May they met", "on May 6 they met", ALTERED, HIGH),
        ("between 97%–98% of them", "between 97 percent–98 percent of them", None, LOW),
        ("at 5 p.m. it closed", "at 5pm it closed", None, LOW),
        ("five loans were paid", "6 loans were paid", ALTERED, HIGH),
        ("it lent 3 million to them", "it lent 3 billion to them", ALTERED, HIGH),
        ("twenty-five loans were paid", "twenty-six loans were paid", ALTERED, HIGH),
        ("the first loan was paid", "the second loan was paid", ALTERED, HIGH),
        ("the 40 loans were paid", "the many loans were paid", ALTERED, HIGH),
        ("they voted in May on it", "they voted in June on it", ALTERED, HIGH),
    ],
)
def test_numbers_weigh_by_their_value(
    source: str, quoted: str, expected: FindingType | None, severity: Severity
) -> None:
    """A number in another style is the same number."""
    check(source, quoted, expected, severity)


@pytest.mark.parametrize(
    ("source", "quoted", "expected", "severity"),
    [
        ("they can't pay the loan", "they cannot pay the loan", None, LOW),
        ("they won’t pay the loan", "they will not pay the loan", None, LOW),
        ("I'd pay the whole loan", "I would pay the whole loan", None, LOW),
        ("I'd paid the whole loan", "I had paid the whole loan", None, LOW),
        ("we are going to pay the loan", "we’re gonna pay the loan", None, LOW),
        ("they saw Dr. Holm there", "they saw Doctor Holm there", None, LOW),
        ("they saw Mr. Holm there", "they saw Mister Holm there", None, LOW),
        ("the U.S. firms paid it", "the United States firms paid it", None, LOW),
        ("they won’t pay the loan", "they will pay the loan", NEGATION, HIGH),
        ("they may pay the loan", "they will pay the loan", HEDGE, HIGH),
        ("they will pay the loan", "they may pay the loan", ALTERED, MEDIUM),
        ("they would pay the loan", "they will pay the loan", HEDGE, MEDIUM),
        ("they will pay the loan", "they would pay the loan", None, LOW),
        ("they should pay the loan", "they must pay the loan", ALTERED, MEDIUM),
        ("they might pay the loan", "they may pay the loan", None, LOW),
    ],
)
def test_contractions_and_modals(
    source: str, quoted: str, expected: FindingType | None, severity: Severity
) -> None:
    """A word written out says the same; another modal does not."""
    check(source, quoted, expected, severity)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("twenty twenty-one", ["#2021"]),
        ("two thousand and five", ["#2005"]),
        ("one two three", ["#1", "#2", "#3"]),
        ("a 21st-century firm", ["a", "#21th", "century", "firm"]),
        ("at 5:30 or 1/2", ["at", "#5:30", "or", "#1/2"]),
        ("5-10", ["#5", "#10"]),
        ("three million two hundred", ["#3000200"]),
        ("−5 °C", ["#-5", "°", "c"]),
    ],
)
def test_numbers_are_read_by_their_value(text: str, words: list[str]) -> None:
    """Words and figures of one number are one word."""
    assert read_words(text) == words


def test_a_contraction_written_out_at_the_end_is_no_change() -> None:
    """The last word of a quotation may be written out as well."""
    assert _judge_whole("of what they did not") == ()
    assert [f.severity for f in _judge_whole("of what they never did")][:1] != [LOW]


def _judge_whole(ending: str) -> tuple[Finding, ...]:
    """Judge a quotation with another ending than the source's “didn’t”."""
    text = "The firms had a long list of what they did in May, and of what they didn’t. It is lost."
    claim = Claim.from_passage(f"“The firms had a long list of what they did in May, and {ending}”")
    whole = Span(0, len(text))
    article = Article(
        text, whole, (whole,), ArticleKind.TEXT, "0" * 64, datetime(2026, 1, 1, tzinfo=UTC)
    )
    return judge(claim, article, locate(claim, article), Context(whole, text), ()).findings
