"""What counts as evidence, and what it adds up to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from quotecheck.claim import Claim
from quotecheck.locate import locate
from quotecheck.records import (
    SURE,
    Article,
    ArticleKind,
    Context,
    Edit,
    EditKind,
    FindingType,
    Label,
    Match,
    MatchKind,
    Mention,
    Referent,
    Relation,
    Severity,
    Span,
    Verdict,
)
from quotecheck.verdict import judge

SOURCE = "The board did not approve all of the 40 loans that Varga Freight had asked for in May."


def article(text: str = SOURCE) -> Article:
    """Make an article of a text."""
    whole = Span(0, len(text))
    return Article(
        text=text,
        main=whole,
        paragraphs=(whole,),
        kind=ArticleKind.TEXT,
        sha256="0" * 64,
        retrieved_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def context(text: str = SOURCE, similarity: float | None = None) -> Context:
    """Make a context that shows the whole of a text."""
    return Context(Span(0, len(text)), text, (), similarity)


def edited(quoted: str, *, text: str, kind: EditKind) -> tuple[Claim, Match]:
    """Make a quotation of the source with one edit: `quoted` stands where the source has `text`."""
    changed = " ".join(SOURCE.replace(text, quoted).split())
    claim = Claim.from_passage(f"“{changed}”")
    at = SOURCE.index(text)
    place = changed.index(quoted) + 1 if quoted else 1
    edit = Edit(kind, Span(at, at + len(text)), text, Span(place, place + len(quoted)), quoted)
    return claim, Match(0, MatchKind.ALTERED, (Span(0, len(SOURCE)),), 0.9, (edit,))


def verdict_of(quoted: str, text: str) -> Verdict:
    """Judge a quotation with one edit."""
    kind = EditKind.REPLACE if quoted and text else EditKind.DELETE
    claim, match = edited(quoted, text=text, kind=kind)
    return judge(claim, article(), (match,), context(), ())


def whole_match(claim: Claim) -> Match:
    """Say that the first fragment is the whole source, letter for letter."""
    assert claim.fragments[0].text in SOURCE
    return Match(0, MatchKind.EXACT, (Span(0, len(SOURCE)),), 1.0)


def test_words_that_stand_there_unchanged_are_faithful() -> None:
    """Nothing found and every word there: faithful."""
    claim = Claim.from_passage(f"“{SOURCE}”")
    verdict = judge(claim, article(), (whole_match(claim),), context(), ())
    assert verdict.label is Label.FAITHFUL
    assert verdict.findings == ()


@pytest.mark.parametrize(
    ("quoted", "text", "expected"),
    [
        ("", "not ", FindingType.NEGATION_DROPPED),
        ("most", "all", FindingType.QUANTIFIER_CHANGED),
        ("60", "40", FindingType.WORDS_ALTERED),
    ],
)
def test_a_change_that_turns_the_sentence_misrepresents(
    quoted: str, text: str, expected: FindingType
) -> None:
    """A dropped negation, another quantifier, another number: the sentence says something else."""
    verdict = verdict_of(quoted, text)
    assert verdict.label is Label.MISREPRESENTS
    assert [f.type for f in verdict.findings] == [expected]
    assert verdict.findings[0].severity is Severity.HIGH


@pytest.mark.parametrize(("quoted", "text"), [("loan", "loans"), ("which", "that"), ("", "the ")])
def test_a_variant_of_the_same_words_is_a_small_thing(quoted: str, text: str) -> None:
    """Number, spelling and function words are noted, and change no label."""
    verdict = verdict_of(quoted, text)
    assert verdict.label is Label.FAITHFUL
    assert all(f.severity is Severity.LOW for f in verdict.findings)


def test_another_content_word_needs_context() -> None:
    """A content word put in place of another is a question for the reader."""
    verdict = verdict_of("grants", "loans")
    assert verdict.label is Label.NEEDS_CONTEXT
    assert verdict.findings[0].type is FindingType.WORDS_ALTERED


def test_a_contraction_keeps_its_negation() -> None:
    """“didn't” for “did not” drops nothing."""
    verdict = verdict_of("didn’t", "did not")
    assert verdict.findings == ()


def test_a_word_at_arms_length_that_is_nowhere_is_not_called_faithful() -> None:
    """Where no quoted word was found at all, nothing is said to be fair."""
    claim = Claim.from_passage("The boats are “zebras”, she wrote.")
    verdict = judge(claim, article(), (), context(), ())
    assert verdict.label is Label.NOT_FOUND
    assert verdict.confidence <= 0.5
    assert [f.severity for f in verdict.findings] == [Severity.LOW]


def test_a_word_at_arms_length_beside_a_fair_quotation_changes_no_label() -> None:
    """Beside words that are there, a word in marks may be the quoter's own."""
    claim = Claim.from_passage(f"“{SOURCE}” The boats are “zebras”.")
    verdict = judge(claim, article(), (whole_match(claim),), context(), ())
    assert verdict.label is Label.FAITHFUL
    assert [f.type for f in verdict.findings] == [FindingType.NOT_FOUND]


def test_a_fragment_that_is_not_there_is_not_found() -> None:
    """A fragment without a place gives the label, whatever else is found."""
    claim = Claim.from_passage("She wrote: “The harbour was sold to a rival port last year.”")
    nearest = Match(0, MatchKind.PARAPHRASE, (Span(0, len(SOURCE)),), 0.2)
    verdict = judge(claim, article(), (nearest,), context(), ())
    assert verdict.label is Label.NOT_FOUND
    assert verdict.findings[0].subject == nearest


def referent(relation: Relation, confidence: float) -> Referent:
    """Make a referent of the word “board”."""
    mention = Mention("board", Span(5, 10))
    return Referent(mention, mention, (mention,), (mention,), (mention,), relation, confidence)


@pytest.mark.parametrize(
    ("relation", "confidence", "label"),
    [
        (Relation.NARROWED, SURE, Label.MISREPRESENTS),
        (Relation.DIFFERENT, SURE - 0.05, Label.NEEDS_CONTEXT),
        (Relation.MISSING, 0.99, Label.NEEDS_CONTEXT),
        (Relation.SAME, 0.99, Label.FAITHFUL),
        (Relation.UNKNOWN, 0.99, Label.FAITHFUL),
    ],
)
def test_a_doubtful_change_is_a_question(
    relation: Relation, confidence: float, label: Label
) -> None:
    """Only a sure change of referent misrepresents; a doubtful or a missing one needs context."""
    claim = Claim.from_passage(f"“{SOURCE}”")
    verdict = judge(
        claim, article(), (whole_match(claim),), context(), (referent(relation, confidence),)
    )
    assert verdict.label is label


def test_pieces_in_another_order_are_reported() -> None:
    """An ellipsis promises that what follows it comes later in the source."""
    claim = Claim.from_passage("“asked for in May … The board did not approve”")
    first = SOURCE.index("asked")
    match = Match(0, MatchKind.STITCHED, (Span(first, first + 16), Span(0, 25)), 1.0)
    verdict = judge(claim, article(), (match,), context(), ())
    assert [f.type for f in verdict.findings] == [FindingType.FRAGMENTS_REORDERED]


def test_a_bracket_with_words_of_the_source_is_what_brackets_are_for() -> None:
    """A bracket that names what the source names is fair, one that adds a stranger is not."""
    for words, types in (("Varga Freight", []), ("arms dealers", ["bracket_unsupported"])):
        claim = Claim.from_passage(
            f"“The board did not approve … loans that [{words}] had asked for”"
        )
        match = Match(0, MatchKind.STITCHED, (Span(0, 25), Span(40, 50), Span(60, 80)), 1.0)
        verdict = judge(claim, article(), (match,), context(), ())
        assert [f.type.value for f in verdict.findings] == types


def test_findings_come_in_order_of_weight() -> None:
    """The first finding is the one that a reader should see first."""
    claim, match = edited("most", text="all", kind=EditKind.REPLACE)
    verdict = judge(
        claim, article(), (match,), context(similarity=-0.2), (referent(Relation.MISSING, 0.9),)
    )
    order = [f.severity for f in verdict.findings]
    assert order == [Severity.HIGH, Severity.MEDIUM, Severity.LOW]


REPORT = (
    "In 2019 the European Union will take the case of the Norwegian firms to court. The firms would"
    " not pay the fine, and the board has not yet, in its own words, decided to ask them again. The"
    " clerk who did not sign left."
)


def judged(passage: str, text: str = REPORT) -> list[str]:
    """Locate and judge a passage; return the findings' types, those of low weight left out."""
    claim = Claim.from_passage(passage)
    matches = locate(claim, article(text))
    assert len(matches) == len(claim.fragments)
    findings = judge(claim, article(text), matches, context(text), ()).findings
    return [f.type.value for f in findings if f.severity is not Severity.LOW]


@pytest.mark.parametrize(
    "passage",
    [
        "“the European Union will take the case [2019] of the Norwegian firms to court”",
        "“the European Union [would] take the case of the Norwegian firms to court”",
        "“the European Union [took] the case of the Norwegian firms to court”",
        "“take the case of the Norwegian firms to court [and] would not pay the fine”",
        "“the European Union will take the case of the [Norway] firms to court”",
        "“the board [have] not yet, in its own words, decided”",
        "“the board has not yet, in its own words, [decides] to ask them again”",
    ],
)
def test_a_bracket_may_say_what_stands_nearby(passage: str) -> None:
    """A number, a form of a verb, an auxiliary or a joining word in brackets is fair."""
    assert judged(passage) == []


@pytest.mark.parametrize(
    "passage",
    [
        "“the European Union will [never] take the case of the Norwegian firms to court”",
        "“the European Union will [not] take the case of the Norwegian firms to court”",
        "“the European Union [must] take the case of the Norwegian firms to court”",
        "“the European Union will take the case of the [corrupt] firms to court”",
    ],
)
def test_a_bracket_that_turns_the_sentence_is_doubted(passage: str) -> None:
    """A “not”, a “must” or a judgement that nothing nearby supports is the quoter's."""
    assert judged(passage) == ["bracket_unsupported"]


@pytest.mark.parametrize(
    ("passage", "expected"),
    [
        ("They said they “would pay” the fine.", ["negation_dropped"]),
        ("They said they “will not pay” the fine.", ["hedge_dropped"]),
        ("They said they “would not pay” the fine.", []),
    ],
)
def test_a_short_quotation_may_not_lose_its_negation(passage: str, expected: list[str]) -> None:
    """Two words are held against the three of the source, and the lost “not” is found."""
    assert judged(passage) == expected
