"""Scores: what counts as right, as missed and as a false alarm."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from quotecheck.cases import Case
from quotecheck.evaluate import Tally, evaluate
from quotecheck.records import (
    Context,
    Explained,
    Failure,
    Finding,
    FindingType,
    Label,
    Mention,
    Referent,
    Relation,
    Severity,
    Source,
    Span,
)
from quotecheck.report import Report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quotecheck.claim import Claim
    from quotecheck.evaluate import Figures, Scores

CHANGED = FindingType.REFERENT_CHANGED
MISSING = FindingType.REFERENT_MISSING
NEGATION = FindingType.NEGATION_DROPPED
ALTERED = FindingType.WORDS_ALTERED

NOWHERE = Span(0, 0)


def finding(kind: FindingType, severity: Severity = Severity.HIGH, at: str = "") -> Finding:
    """Return a finding, about the expression `at` where one is given."""
    subject: Context | Referent = Context(NOWHERE, "")
    if at:
        mention = Mention(at, Span(0, len(at)))
        subject = Referent(mention, None, (), (), (), Relation.NARROWED, 0.9)
    return Finding(kind, severity, 0.9, (), (), subject)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the scripted checker says of one passage."""

    label: Label = Label.MISREPRESENTS
    findings: tuple[Finding, ...] = ()
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class Scripted:
    """A checker that answers by the passage; what it has no answer for, it finds faithful."""

    answers: Mapping[str, Answer] = field(default_factory=dict)

    def check(self, claim: Claim, source: Source, *, check_id: str | None = None) -> Report:
        """Answer as the script says."""
        answer = self.answers.get(claim.passage, Answer(Label.FAITHFUL))
        findings = tuple(Explained(f, "…") for f in answer.findings)
        return Report(
            check_id or "none",
            answer.label,
            0.9,
            "…",
            claim,
            source,
            findings=findings,
            error=answer.error,
        )


def case(name: str, *labels: FindingType, **fields: object) -> Case:
    """Return a labelled case whose passage is its id."""
    return Case(name, Source.from_text("…"), id=name, labels=labels, **fields)  # type: ignore[arg-type]


def run(answers: Mapping[str, Answer], *cases: Case) -> Scores:
    """Score cases against scripted answers."""
    return evaluate(Scripted(answers), cases)


def count(answers: Mapping[str, Answer], *cases: Case) -> Figures:
    """Return the figures of all the cases."""
    return run(answers, *cases).groups["all"]


# --- what counts ---------------------------------------------------------------------------------


def test_any_one_of_a_misuse_s_labels_is_right() -> None:
    """Labels are alternatives: where one is found, the others are neither found nor missed."""
    figures = count({"a": Answer(findings=(finding(ALTERED),))}, case("a", NEGATION, ALTERED))
    assert figures.n_right == 1
    assert figures.types[ALTERED] == Tally(1, 0, 0)
    assert figures.types[NEGATION] == Tally(0, 0, 0)


def test_where_none_is_found_every_label_is_missed() -> None:
    """A case that is not right counts against each type that would have done."""
    figures = count({}, case("a", NEGATION, ALTERED))
    assert figures.n_right == 0
    assert figures.types[ALTERED] == figures.types[NEGATION] == Tally(0, 0, 1)


def test_another_type_on_a_misuse_is_a_false_alarm_of_that_type() -> None:
    """Finding too much costs precision even where something is wrong."""
    answer = Answer(findings=(finding(NEGATION), finding(CHANGED)))
    figures = count({"a": answer}, case("a", NEGATION))
    assert figures.types[CHANGED] == Tally(0, 1, 0)
    assert figures.n_right == 1


def test_findings_of_low_severity_do_not_count() -> None:
    """A fair passage with a minor remark is right; a misuse with nothing more is missed."""
    minor = Answer(Label.FAITHFUL, (finding(ALTERED, Severity.LOW),))
    scores = run({"fair": minor, "misuse": minor}, case("fair"), case("misuse", ALTERED))
    assert [outcome.case.id for outcome in scores.differing] == ["misuse"]
    assert scores.groups["all"].types[ALTERED] == Tally(0, 0, 1)


def test_a_fair_passage_is_flagged_by_any_weighty_finding() -> None:
    """The rates of false alarms are shares of the fair passages, with referents apart."""
    answers = {
        "a": Answer(findings=(finding(NEGATION, Severity.MEDIUM),)),
        "b": Answer(findings=(finding(CHANGED), finding(MISSING))),
    }
    figures = count(answers, case("a"), case("b"), case("c"), case("d"), case("e", ALTERED))
    assert (figures.n_fair, figures.n_fair_flagged, figures.n_fair_flagged_referent) == (4, 2, 1)
    assert figures.to_dict()["false_alarm_rate"] == 0.5
    assert figures.to_dict()["referent_false_alarm_rate"] == 0.25


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (Label.MISREPRESENTS, Tally(1, 1, 0)),
        (Label.NEEDS_CONTEXT, Tally(1, 1, 0)),
        (Label.NOT_FOUND, Tally(1, 1, 0)),
        (Label.FAITHFUL, Tally(0, 0, 1)),
        (Label.CANNOT_CHECK, Tally(0, 0, 1)),
    ],
)
def test_misleading_goes_by_the_report_s_label(label: Label, expected: Tally) -> None:
    """Three labels warn a reader; wrong but harmless quotations are asked neither way."""
    answers = dict.fromkeys(("bad", "fair", "harmless"), Answer(label))
    figures = count(
        answers,
        case("bad", NEGATION, misleading=True),
        case("fair", misleading=False),
        case("harmless", ALTERED, misleading=False),
        case("unsaid", ALTERED),
    )
    assert figures.misleading == expected


def test_referents_are_scored_strictly_at_key_mentions() -> None:
    """A change is not excused by another finding, and a change is no substitute for a loss."""
    answers = {
        "found": Answer(findings=(finding(CHANGED, at="These same firms"),)),
        "elsewhere": Answer(findings=(finding(CHANGED, at="it"),)),
        "other": Answer(findings=(finding(ALTERED),)),
        "lost": Answer(findings=(finding(CHANGED, at="he"),)),
        "unkeyed": Answer(findings=(finding(CHANGED),)),
    }
    figures = count(
        answers,
        case("found", CHANGED, key_mention="[t]hese same firms"),
        case("elsewhere", CHANGED, key_mention="the company"),
        case("other", CHANGED, ALTERED, key_mention="they"),
        case("lost", MISSING, key_mention="he"),
        case("unkeyed", CHANGED),
    )
    assert figures.referent_changed == Tally(2, 1, 1)
    assert figures.referent_missing == Tally(0, 0, 1)
    assert figures.n_changed_at_key_mention == 1


def test_what_could_not_be_checked_is_never_right() -> None:
    """Neither a source that was not had nor a passage that holds nothing is a faithful passage."""
    lost = Answer(Label.CANNOT_CHECK, error=Failure("timeout", "It took too long."))
    empty = Case(" ", Source.from_text("…"), id="empty", labels=())
    scores = run({"a": lost}, case("a"), empty)
    assert scores.groups["all"].n_unchecked == 2
    assert scores.groups["all"].n_right == 0
    assert [bool(outcome.error) for outcome in scores.differing] == [True, True]
    assert scores.confusion == {("faithful", "cannot_check"): 2}


def test_the_confusion_table_has_one_cell_a_case() -> None:
    """A case stands where its found label is, or else at its first label and weightiest finding."""
    answers = {
        "a": Answer(findings=(finding(CHANGED), finding(ALTERED))),
        "b": Answer(findings=(finding(MISSING), finding(CHANGED))),
        "c": Answer(findings=(finding(CHANGED),)),
    }
    scores = run(
        answers, case("a", NEGATION, ALTERED), case("b", NEGATION), case("c"), case("d", NEGATION)
    )
    assert scores.confusion == {
        ("words_altered", "words_altered"): 1,
        ("negation_dropped", "referent_missing"): 1,
        ("faithful", "referent_changed"): 1,
        ("negation_dropped", "faithful"): 1,
    }


def test_groups_are_scored_alone() -> None:
    """Cases that were read by hand, and each form, have figures of their own beside all."""
    scores = run(
        {},
        case("a", form="whole", read_by_hand=True),
        case("b", CHANGED, form="split", read_by_hand=False),
    )
    assert list(scores.groups) == ["all", "read_by_hand", "form:split", "form:whole"]
    assert [figures.n_cases for figures in scores.groups.values()] == [2, 1, 1, 1]
    assert list(run({}, case("a")).groups) == ["all"]


def test_rates_of_nothing_are_not_numbers() -> None:
    """Where there is nothing to divide by, a rate is None, not zero or one."""
    tally = Tally(0, 0, 0)
    assert (tally.precision, tally.recall, tally.f1) == (None, None, None)
    assert Tally(3, 1, 2).to_dict() == {
        "precision": 0.75,
        "recall": 0.6,
        "f1": 0.667,
        "hits": 3,
        "false_alarms": 1,
        "misses": 2,
    }


# --- how it is shown -----------------------------------------------------------------------------


def test_scores_come_as_json_and_as_text() -> None:
    """Both name the cases that differ, with what was expected and what was found."""
    scores = run(
        {"b": Answer(findings=(finding(MISSING),))},
        case("a", NEGATION, ALTERED, misleading=True),
        case("b"),
    )
    content = json.loads(json.dumps(scores.to_dict()))
    assert content["groups"]["all"]["accuracy"] == 0
    assert content["groups"]["all"]["types"]["referent_missing"]["false_alarms"] == 1
    assert content["confusion"]["faithful"] == {"referent_missing": 1}
    assert content["differing"][0] == {
        "id": "a",
        "expected": ["negation_dropped", "words_altered"],
        "got": ["faithful"],
        "label": "faithful",
        "error": None,
    }
    text = scores.to_text()
    assert "a: expected negation_dropped or words_altered; got faithful" in text
    assert "b: expected faithful; got referent_missing" in text


def test_progress_is_told_after_each_case() -> None:
    """Whoever waits can see how far it is."""
    told: list[tuple[int, int]] = []
    evaluate(Scripted(), [case("a"), case("b")], progress=lambda n, total: told.append((n, total)))
    assert told == [(1, 2), (2, 2)]
