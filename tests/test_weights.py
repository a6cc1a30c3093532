"""What the rules of scope weigh, and how that is counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from quotecheck.cases import Case
from quotecheck.records import FindingType, Governor, Mention, Severity, Source, Span
from quotecheck.training.verdict import count_rules
from quotecheck.weights import WEIGHTS_FILE, Weight, load_weights, weigh_rule

if TYPE_CHECKING:
    from quotecheck.checker import Checker


def governor(rule: str, kind: FindingType) -> Governor:
    """Make a governor that a rule found."""
    words = Mention("unless", Span(0, 6))
    return Governor(kind, rule, words, words, (), Span(0, 1))


def test_a_rule_that_was_seen_once_is_not_sure() -> None:
    """One right finding of one is less than ten of ten."""
    assert Weight(0, 0).confidence == 0.5
    assert Weight(1, 1).confidence < Weight(10, 10).confidence < 1


def test_what_ships_says_what_it_was_fitted_on() -> None:
    """The file names the cases, their number and their checksum; no rule is right too often."""
    fitted = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))["fitted_on"]
    assert all("test" not in path for path in fitted["cases"])
    assert fitted["n_cases"] > 1000
    assert len(fitted["passages_sha256"]) == 64
    assert all(0 <= w.n_right <= w.n_found for w in load_weights().values())


@pytest.mark.parametrize(
    ("rule", "kind", "severity"),
    [
        ("negation", FindingType.NEGATION_DROPPED, Severity.HIGH),
        ("condition", FindingType.CONDITION_DROPPED, Severity.HIGH),
        ("time", FindingType.CONDITION_DROPPED, Severity.MEDIUM),
        ("part", FindingType.QUANTIFIER_CHANGED, Severity.MEDIUM),
        ("loose answer", FindingType.CONTRAST_DROPPED, Severity.LOW),
    ],
)
def test_rules_weigh_by_what_they_turn_round(
    rule: str, kind: FindingType, severity: Severity
) -> None:
    """A lost *not* is grave, a lost *when* less so, a *But* that only follows is a detail."""
    assert weigh_rule(governor(rule, kind))[0] is severity


@pytest.mark.slow
def test_findings_are_counted_by_rule(real_checker: Checker) -> None:
    """A finding is right where its type is labelled, and not where the passage is fair."""
    source = Source.from_text("The town met. The gates will stay open, unless the county objects.")
    passage = "“The gates will stay open”"
    labelled = (FindingType.EXCEPTION_DROPPED,)
    cases = [
        Case(passage, source, id="a", labels=labelled, misleading=True),
        Case(passage, source, id="b", labels=(), misleading=False),
    ]
    assert count_rules(real_checker, cases) == {"exception": {"found": 2, "right": 1}}
