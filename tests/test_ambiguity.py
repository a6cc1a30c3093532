"""Whether a passage leaves open which of several places it quotes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from quotecheck.ambiguity import is_ambiguous
from quotecheck.claim import Claim
from quotecheck.locate import locate
from quotecheck.records import Article, ArticleKind, Span

TEXT = (
    "The harbour bridge was inspected first. It is likely to get worse, the engineer wrote of its"
    " rust, and nobody painted it.\n\n"
    + "Much was said about other things, at length and to no end. "
    * 12
    + "\n\nThe smell of beet juice annoys the town. It is likely to get worse, said the baker of"
    " the smell, for the factory will grow."
)


def ask(passage: str, text: str = TEXT) -> bool:
    """Locate a passage and ask about its first fragment."""
    whole = Span(0, len(text))
    article = Article(
        text, whole, (whole,), ArticleKind.TEXT, "0" * 64, datetime(2026, 1, 1, tzinfo=UTC)
    )
    claim = Claim.from_passage(passage)
    return is_ambiguous(claim, article, locate(claim, article)[0])


def test_words_of_two_things_are_open() -> None:
    """The quoter speaks of neither place."""
    assert ask("As for the trouble, it “is likely to get worse”, we read.")


@pytest.mark.parametrize(
    "passage",
    [
        "The rust of the harbour bridge “is likely to get worse”, wrote the engineer.",
        "The engineer wrote of its rust, and nobody painted it.",
    ],
)
def test_words_that_the_quoter_ties_to_a_place_are_not(passage: str) -> None:
    """What the quoter says around the words tells which place is meant."""
    assert not ask(passage)


def test_a_pull_quote_is_the_same_place() -> None:
    """A sentence that a page repeats means the same thing twice."""
    sentence = "The ferry will not sail again before the spring, the harbour master said."
    text = f"{sentence}\n\nA storm took the quay in March.\n\n{sentence}"
    assert not ask("“The ferry will not sail again”", text)
