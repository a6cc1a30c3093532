"""What governs a quoted clause is found, what only stands near it is let pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from quotecheck.claim import Claim
from quotecheck.records import FindingType, Governor, Severity, Source

if TYPE_CHECKING:
    from quotecheck.checker import Checker

pytestmark = pytest.mark.slow

LEAD = "The Sarrow Tidings has read the report on the weir. "
# The source, and what of it is quoted, with the finding that this asks for.
GOVERNED = [
    # on the clause itself
    ("The engineer did not inspect the weir.", "The engineer did … inspect the weir.", "negation"),
    (
        "The weir no longer holds the spring floods.",
        "The weir … holds the spring floods",
        "negation",
    ),
    ("The dam is by no means beyond repair.", "The dam is … beyond repair", "negation"),
    ("The weir may break before the winter.", "The weir … break before the winter", "hedge"),
    ("Some of the houses were built in the flood plain.", "the houses were built", "quantifier"),
    ("The firms would not pay the fine.", "The firms would [...] pay the fine", "negation"),
    ("The board has not yet, in its own words, decided.", "the board has … decided", "negation"),
    # beside it
    (
        "The gates will stay open, provided that the levy is paid.",
        "The gates will stay open",
        "condition",
    ),
    (
        "Should the levy fail, the county will sell the mill.",
        "the county will sell the mill",
        "condition",
    ),
    (
        "Every house was dry again by May, apart from the two at the ford.",
        "Every house was dry again by May",
        "exception",
    ),
    ("All but three of the farms were insured.", "the farms were insured", "exception"),
    # above it
    ("It is not true that the keeper was asleep.", "the keeper was asleep", "negation"),
    ("The inquiry denied that the keeper was asleep.", "the keeper was asleep", "negation"),
    (
        "Opponents of the levy claim that the mill is bankrupt.",
        "the mill is bankrupt",
        "attribution",
    ),
    (
        "The levy, opponents claim, will ruin the mill.",
        "The levy … will ruin the mill",
        "attribution",
    ),
    ("Rumour has it that the mill is bankrupt.", "the mill is bankrupt", "attribution"),
    ("It is a myth that the river was ever clean.", "the river was ever clean", "attribution"),
    ("The surveyor asked whether the wall had moved.", "the wall had moved", "hedge"),
    ("It would be unfair to say that the keeper slept.", "the keeper slept", "cut"),
    # after it
    (
        "The wall was said to be safe. That holds only as long as the river stays low.",
        "The wall was said to be safe.",
        "condition",
    ),
    (
        "The mill has no debts, it was said. It was wrong.",
        "The mill has no debts, it was said.",
        "contrast",
    ),
]
TYPES = {
    "negation": FindingType.NEGATION_DROPPED,
    "hedge": FindingType.HEDGE_DROPPED,
    "quantifier": FindingType.QUANTIFIER_CHANGED,
    "condition": FindingType.CONDITION_DROPPED,
    "exception": FindingType.EXCEPTION_DROPPED,
    "attribution": FindingType.ATTRIBUTION_DROPPED,
    "cut": FindingType.CUT_MID_CLAUSE,
    "contrast": FindingType.CONTRAST_DROPPED,
}
# The same words where they govern something else.
UNGOVERNED = [
    (
        "The engineer inspected the weir, which had not been cleaned since the war.",
        "The engineer inspected the weir",
    ),
    (
        "The county sold the mill, and the keeper did not ask for his wages.",
        "The county sold the mill",
    ),
    (
        "The gates will stay open; the fishermen will be paid if they ask.",
        "The gates will stay open",
    ),
    (
        "Every house was dry again by May, and the school, apart from its cellar, opened in June.",
        "Every house was dry again by May",
    ),
    (
        "The keeper, who was accused of theft in his youth, … rang the bell at midnight.".replace(
            "… ", ""
        ),
        "The keeper … rang the bell at midnight",
    ),
    ("The weir was not only old but cracked.", "The weir was not only old but cracked."),
    ("No one denies that the keeper rang the bell.", "the keeper rang the bell"),
]
# What the quoter says in words of their own, so that nothing is lost.
KEPT = [
    (
        "The gates will stay open, provided that the levy is paid.",
        "If the money comes in, the report says, “the gates will stay open”.",
    ),
    (
        "Opponents of the levy claim that the mill is bankrupt.",
        "According to its opponents, “the mill is bankrupt”.",
    ),
    (
        "The engineer did not inspect the weir.",
        "Nobody says that the engineer did “inspect the weir”.",
    ),
    ("The weir may break before the winter.", "The weir could “break before the winter”."),
]


def find(checker: Checker, passage: str, source: str) -> list[Governor]:
    """Return what governs the quoted words and was left out, but for details."""
    report = checker.check(Claim.from_passage(passage), Source.from_text(LEAD + source))
    findings = [e.finding for e in report.findings if e.finding.severity is not Severity.LOW]
    return [f.subject for f in findings if isinstance(f.subject, Governor)]


@pytest.mark.parametrize(("source", "quoted", "kind"), GOVERNED)
def test_what_governs_a_quotation_is_found(
    real_checker: Checker, source: str, quoted: str, kind: str
) -> None:
    """A word that was left out matters where the quoted clause stands under it."""
    found = find(real_checker, f"“{quoted}”", source)
    assert TYPES[kind] in {governor.type for governor in found}
    # The evidence is the source's own words, where it says that they stand.
    for governor in found:
        assert governor.operator.text == governor.operator.span.of(LEAD + source)
        assert governor.words.text == governor.words.span.of(LEAD + source)


@pytest.mark.parametrize(("source", "quoted"), UNGOVERNED)
def test_what_governs_something_else_is_let_pass(
    real_checker: Checker, source: str, quoted: str
) -> None:
    """The same word in another clause, or twice on one, changes nothing."""
    assert find(real_checker, f"“{quoted}”", source) == []


@pytest.mark.parametrize(("source", "passage"), KEPT)
def test_what_the_quoter_tells_is_not_lost(
    real_checker: Checker, source: str, passage: str
) -> None:
    """Words of the quoter's own can do what those did that were left out."""
    assert find(real_checker, passage, source) == []


def test_the_one_who_says_it_is_named(real_checker: Checker) -> None:
    """Of two nouns before a verb of saying, the nearer is who says it."""
    source = "The levy, opponents claim, will ruin the mill."
    (found,) = find(real_checker, "“The levy … will ruin the mill”", source)
    assert found.speaker is not None
    assert found.speaker.text == "opponents"


def test_an_unmarked_gap_is_judged_by_what_it_governed(real_checker: Checker) -> None:
    """Where words are gone without a sign, the finding says what they did."""
    source = LEAD + "The gates, unless the county objects, will stay open all summer."
    claim = Claim.from_passage("“The gates will stay open all summer.”")
    report = real_checker.check(claim, Source.from_text(source))
    assert FindingType.EXCEPTION_DROPPED in {e.finding.type for e in report.findings}


TALK = (
    "The council met on Tuesday.\n\n“The weir will break,” said Ottoline Marsh, the engineer.\n\n"
    "“I have never seen a sounder wall,” said Jarvis Pell, who owns the mill."
)


def test_words_given_to_somebody_else_are_seen(real_checker: Checker) -> None:
    """The source gives the words to one person, the passage to another."""
    found = find(real_checker, "“The weir will break,” warns Jarvis Pell.", TALK)
    assert [g.type for g in found] == [FindingType.SPEAKER_CHANGED]
    assert found[0].speaker is not None
    assert "Marsh" in found[0].speaker.text


@pytest.mark.parametrize(
    "passage",
    [
        "“The weir will break,” warns Ottoline Marsh.",
        "“The weir will break,” warns the engineer.",
        "The council heard it from its own engineer: “The weir will break.”",
    ],
)
def test_a_speaker_may_go_by_another_name(real_checker: Checker, passage: str) -> None:
    """A surname, a role, or a colon: it is the same voice."""
    assert find(real_checker, passage, TALK) == []
