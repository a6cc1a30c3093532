"""Whom words are given to, in the passage and in the source."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from quotecheck.claim import Claim
from quotecheck.records import Article, ArticleKind, Reading, Span
from quotecheck.speech import PassageSpeech, SourceSpeech

if TYPE_CHECKING:
    from spacy.language import Language

pytestmark = pytest.mark.slow

SOURCE = (
    "“The weir will break,” said Ottoline Marsh, the engineer. “It is only a matter of time.”\n\n"
    "Jarvis Pell, who owns the mill, laughed. “I have never seen a sounder wall,” he said."
)
INTERVIEW = (
    "ODA RUSK: Will the weir hold?\n\nMARSH: It will not hold.\n\nODA RUSK: And the mill?\n\n"
    "MARSH: The mill will stand."
)


def reading(nlp: Language, text: str) -> Reading:
    """Parse a text."""
    return Reading(Span(0, len(text)), nlp(text), text)


def article(text: str) -> Article:
    """Make an article of a text."""
    whole = Span(0, len(text))
    return Article(
        text, whole, (whole,), ArticleKind.TEXT, "0" * 64, datetime(2026, 1, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("passage", "name"),
    [
        ("“The weir will break,” said Ottoline Marsh.", "marsh"),
        ("According to Ottoline Marsh, “the weir will break”.", "marsh"),
        ("Ottoline Marsh is in no doubt: “The weir will break.”", "marsh"),
        ("Jarvis Pell laughed. But Ottoline Marsh warned that “the weir will break”.", "marsh"),
    ],
)
def test_the_passage_names_who_speaks(nlp: Language, passage: str, name: str) -> None:
    """By a verb of saying on either side, by *according to*, or before a colon."""
    claim = Claim.from_passage(passage)
    speaker = PassageSpeech(claim, reading(nlp, passage)).speaker(0)
    assert speaker is not None
    assert name in speaker.names


def test_a_speaker_can_be_given_beside_the_passage(nlp: Language) -> None:
    """Where the passage has none, the name that came with it counts."""
    passage = "“The weir will break.”"
    claim = Claim.from_passage(passage, speaker="Dr Ottoline Marsh")
    speaker = PassageSpeech(claim, reading(nlp, passage)).speaker(0)
    assert speaker is not None
    assert speaker.names == {"ottoline", "marsh"}


@pytest.mark.parametrize(
    ("words", "name"),
    [("The weir will", "marsh"), ("It is only", "marsh"), ("I have never", "pell")],
)
def test_the_source_names_who_speaks(nlp: Language, words: str, name: str) -> None:
    """Beside the marks, in the quotation before, or by a pronoun whose chain has the name."""
    speech = SourceSpeech(reading(nlp, SOURCE), article(SOURCE))
    at = SOURCE.index(words)
    speaker = speech.speaker(at, at + len(words))
    assert speaker is not None
    assert name in speaker.names


def test_an_interview_names_by_labels(nlp: Language) -> None:
    """What stands after a name and a colon is that one's, up to the next name."""
    speech = SourceSpeech(reading(nlp, INTERVIEW), article(INTERVIEW))
    at = INTERVIEW.index("The mill will")
    speaker = speech.speaker(at, at + 3)
    assert speaker is not None
    assert speaker.names == {"marsh"}


def test_a_heading_with_a_colon_is_no_speaker(nlp: Language) -> None:
    """A label that comes once labels nobody."""
    text = "Editor’s Note: The weir was built in 1911.\n\nIt will be inspected in May."
    speech = SourceSpeech(reading(nlp, text), article(text))
    at = text.index("The weir")
    assert speech.speaker(at, at + 3) is None
