"""What stands around the quoted words, and what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from quotecheck.claim import Claim
from quotecheck.context import AFTER, BEFORE, ELISION_SHOWN, read_around
from quotecheck.extract import extract
from quotecheck.fetch import Fetcher
from quotecheck.locate import locate
from quotecheck.records import Article, Context, Source
from quotecheck.settings import Settings

if TYPE_CHECKING:
    from spacy.language import Language

    from quotecheck.checker import Checker

pytestmark = pytest.mark.slow

SOURCE = """The harbour board met on Tuesday evening in the old customs house.

Its chair, Lucan Abara, said that the dredging would begin in May. The fishermen had asked for June,
when the herring are gone. Nobody had told them that the contract was signed. The dredger is on its
way from Halsund, and it will stay until the channel is eight metres deep.

Two members voted against the plan."""


def context_of(checker: Checker, passage: str, source: str = SOURCE) -> Context:
    """Return the context of a quotation."""
    report = checker.check(Claim.from_passage(passage), Source.from_text(source))
    assert report.context is not None
    return report.context


def article_of(text: str) -> Article:
    """Read a text as an article."""
    return extract(Fetcher(Settings())(Source.from_text(text)))


def test_what_an_ellipsis_swallows_is_shown(real_checker: Checker) -> None:
    """A marked elision holds exactly the words between the two pieces."""
    context = context_of(
        real_checker,
        "“The fishermen had asked for June … Nobody had told them that the contract was signed.”",
    )
    (elision,) = [e for e in context.elisions if e.fragment == 0]
    assert elision.marked
    assert elision.text.split() == [",", "when", "the", "herring", "are", "gone."]


def test_what_is_dropped_without_a_mark_is_shown(real_checker: Checker) -> None:
    """An unmarked elision is one, and is told from a marked one."""
    context = context_of(
        real_checker,
        "“The dredger is on its way, and it will stay until the channel is eight metres deep.”",
    )
    (elision,) = [e for e in context.elisions if e.fragment == 0]
    assert not elision.marked
    assert "from Halsund" in elision.text


def test_sentences_between_the_retold_and_the_quoted_are_shown(real_checker: Checker) -> None:
    """What the quoter skips between a paraphrase and a quotation was left out, too."""
    context = context_of(
        real_checker,
        "The chair, Lucan Abara, said the dredging would begin in May. “The dredger is on its way"
        " from Halsund,” the paper adds.",
    )
    left_out = " ".join(e.text for e in context.elisions)
    assert "Nobody had told them" in " ".join(left_out.split())


def test_the_window_holds_the_match_and_what_surrounds_it(real_checker: Checker) -> None:
    """A reader sees the quoted words in their paragraph, at the offsets that are given."""
    context = context_of(real_checker, "“The fishermen had asked for June”")
    assert "The fishermen had asked for June" in " ".join(context.text.split())
    assert "dredging would begin" in " ".join(context.text.split())
    assert article_of(SOURCE).text[context.window.start : context.window.end] == context.text


def test_a_passage_without_framing_has_no_topic(real_checker: Checker) -> None:
    """Where the quoter adds no words, there is nothing whose drift could be measured."""
    assert context_of(real_checker, "“The fishermen had asked for June”").similarity is None


def test_a_framing_about_the_same_thing_is_near(real_checker: Checker) -> None:
    """The quoter's words about the same matter are nearer than words about another."""
    quoted = "“The dredger is on its way from Halsund”"
    near = context_of(
        real_checker, f"The harbour board of the old port has hired a ship to deepen it: {quoted}."
    )
    far = context_of(
        real_checker,
        f"My grandmother's recipe for plum cake needs eggs, butter and flour: {quoted}.",
    )
    assert near.similarity is not None
    assert far.similarity is not None
    assert near.similarity > far.similarity


def test_only_what_stands_around_a_match_is_parsed(nlp: Language) -> None:
    """The cost of a check does not grow with the length of the source."""
    filler = "\n\n".join(f"The clerk wrote down number {n} and went home." for n in range(2_000))
    article = article_of(f"{filler}\n\nThe dredger came from Halsund at noon.\n\n{filler}")
    claim = Claim.from_passage("“The dredger came from Halsund at noon.”")
    _, (stretch,) = read_around(claim, locate(claim, article), article, nlp)
    assert len(stretch.doc.text) < 2 * (BEFORE + AFTER)
    assert stretch.span.of(article.text) == stretch.doc.text


def test_quoted_words_are_never_shown_as_left_out(real_checker: Checker) -> None:
    """A word quoted twice, once inside a longer quotation, is quoted."""
    report = real_checker.check(
        Claim.from_passage(
            "“The fishermen had asked for June, when the herring are gone,” she writes, and again:"
            " “asked for June”. “The dredger is on its way from Halsund.”"
        ),
        Source.from_text(SOURCE),
    )
    assert report.context is not None
    quoted = [s for m in report.matches for s in m.segments]
    assert report.context.elisions
    for elision in report.context.elisions:
        assert not any(elision.span.meets(s) for s in quoted)


def test_a_long_elision_is_shown_by_its_ends(real_checker: Checker) -> None:
    """A report does not carry the whole source along."""
    filler = " ".join(f"The clerk wrote down number {n} and went home." for n in range(400))
    context = context_of(
        real_checker,
        "“The board met on Tuesday. … The dredger came from Halsund.”",
        f"The board met on Tuesday. {filler} The dredger came from Halsund.",
    )
    (elision,) = [e for e in context.elisions if e.fragment == 0]
    assert len(elision.span) > len(filler) - 5
    assert len(elision.text) < ELISION_SHOWN + 20
