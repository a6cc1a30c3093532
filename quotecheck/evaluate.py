"""Labelled cases to scores.

What counts:

- A case is *flagged* with the types of its findings of medium or high severity; findings of low
  severity do not count, neither for it nor against it.
- Its labels are alternatives. A case is *right* where one of them is among the types it is flagged
  with; a faithful one, where it is flagged with none. One that could not be checked is never right.
- Of a type's cases, those are *missed* that are not right: where one of several labels is found,
  the others are not asked for. Every type that a case is flagged with and not labelled with is a
  false alarm of that type, on a misuse just as on a fair passage.
- `misleading` compares the case's own flag with the report's label: `misrepresents`,
  `needs_context` and `not_found` say that a reader is misled. Cases that are wrong as quotations
  but not misleading are left out, because either answer would do.
- `referents` looks at the cases that a key mention was written down for, and is strict: on a case
  labelled `referent_changed` that finding itself has to be there, and on one labelled
  `referent_missing` a `referent_changed` is a miss.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from quotecheck.batch import check_case
from quotecheck.cases import FAITHFUL
from quotecheck.errors import InputError
from quotecheck.records import FindingType, Label, Referent, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from quotecheck.batch import Checks, Progress
    from quotecheck.cases import Case

MISLEADING: Final = frozenset({Label.MISREPRESENTS, Label.NEEDS_CONTEXT, Label.NOT_FOUND})
REFERENT: Final = frozenset({FindingType.REFERENT_CHANGED, FindingType.REFERENT_MISSING})


@dataclass(frozen=True, slots=True)
class Tally:
    """Hits, false alarms and misses, and the rates that they make.

    A rate is in [0, 1], and None where there is nothing to divide by.
    """

    hits: int
    false_alarms: int
    misses: int

    @classmethod
    def of(cls, pairs: Iterable[tuple[bool, bool]]) -> Tally:
        """Count pairs of what should have been found and what was."""
        counts = Counter(pairs)
        return cls(counts[True, True], counts[False, True], counts[True, False])

    @property
    def precision(self) -> float | None:
        """The share of what was found that should have been."""
        return _share(self.hits, self.hits + self.false_alarms)

    @property
    def recall(self) -> float | None:
        """The share of what should have been found that was."""
        return _share(self.hits, self.hits + self.misses)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        return _share(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses)

    def to_dict(self) -> dict[str, object]:
        """Return counts and rates."""
        return {
            "precision": _round(self.precision),
            "recall": _round(self.recall),
            "f1": _round(self.f1),
            "hits": self.hits,
            "false_alarms": self.false_alarms,
            "misses": self.misses,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case should have given, and what it gave.

    `got` is in the report's order, the most weighty first. `error` says why nothing was checked.
    `is_at_key_mention` says whether a finding about a referent is about the case's key mention.
    """

    case: Case
    got: tuple[FindingType, ...]
    label: Label
    is_at_key_mention: bool = False
    error: str | None = None

    @property
    def expected(self) -> tuple[FindingType, ...]:
        """The case's labels; none for a faithful passage."""
        return self.case.labels or ()

    @property
    def is_right(self) -> bool:
        """Whether one of the labels was found, or nothing on a faithful passage."""
        if self.error is not None:
            return False
        return bool(set(self.expected) & set(self.got)) if self.expected else not self.got

    @property
    def cell(self) -> tuple[str, str]:
        """The case's row and column in the confusion table.

        Of several labels the one that was found stands for them all, or else the first; of several
        findings the one that is right, or else the most weighty.
        """
        found = next((kind for kind in self.expected if kind in self.got), None)
        if found:
            return found.value, found.value
        row = self.expected[0].value if self.expected else FAITHFUL
        if self.error is not None:
            return row, Label.CANNOT_CHECK.value
        return row, self.got[0].value if self.got else FAITHFUL


@dataclass(frozen=True, slots=True)
class Figures:
    """The scores of one set of cases; the module's head says how each is counted."""

    n_cases: int
    n_fair: int
    n_right: int
    n_unchecked: int
    n_fair_flagged: int
    n_fair_flagged_referent: int
    types: Mapping[FindingType, Tally]
    misleading: Tally
    referent_changed: Tally
    referent_missing: Tally
    n_changed_at_key_mention: int

    def to_dict(self) -> dict[str, object]:
        """Return the figures, the rates rounded to a thousandth."""
        return {
            "cases": self.n_cases,
            "fair": self.n_fair,
            "unchecked": self.n_unchecked,
            "accuracy": _round(_share(self.n_right, self.n_cases)),
            "false_alarm_rate": _round(_share(self.n_fair_flagged, self.n_fair)),
            "referent_false_alarm_rate": _round(_share(self.n_fair_flagged_referent, self.n_fair)),
            "misleading": self.misleading.to_dict(),
            "referents": {
                "changed": self.referent_changed.to_dict(),
                "changed_at_key_mention": self.n_changed_at_key_mention,
                "missing": self.referent_missing.to_dict(),
            },
            "types": {kind.value: tally.to_dict() for kind, tally in self.types.items()},
        }


@dataclass(frozen=True, slots=True)
class Scores:
    """How the check did on labelled cases.

    `groups` has the figures of every case under `all`; where cases say so, of those that were
    `read_by_hand`, and of each form under `form:…`.
    """

    groups: Mapping[str, Figures]
    confusion: Mapping[tuple[str, str], int]
    differing: tuple[Outcome, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the scores as a JSON object."""
        rows: dict[str, dict[str, int]] = {}
        for (row, column), count in sorted(self.confusion.items()):
            rows.setdefault(row, {})[column] = count
        return {
            "groups": {name: figures.to_dict() for name, figures in self.groups.items()},
            "confusion": rows,
            "differing": [
                {
                    "id": outcome.case.id,
                    "expected": _names(outcome.expected),
                    "got": _names(outcome.got),
                    "label": outcome.label.value,
                    "error": outcome.error,
                }
                for outcome in self.differing
            ],
        }

    def to_text(self) -> str:
        """Return the scores as tables for a terminal."""
        return "\n".join(_write_text(self))


def evaluate(checker: Checks, cases: Sequence[Case], progress: Progress | None = None) -> Scores:
    """Check labelled cases and score the answers.

    Args:
        checker: What checks them.
        cases: Cases with labels.
        progress: Told after each case how many are done, and how many there are.
    """
    outcomes = []
    for number, case in enumerate(cases, start=1):
        outcomes.append(_judge(checker, case))
        if progress:
            progress(number, len(cases))
    return score(outcomes)


def score(outcomes: Iterable[Outcome]) -> Scores:
    """Count what came out."""
    outcomes = tuple(outcomes)
    groups = {"all": _count(outcomes)}
    if by_hand := tuple(o for o in outcomes if o.case.read_by_hand):
        groups["read_by_hand"] = _count(by_hand)
    for form in sorted({o.case.form for o in outcomes if o.case.form}):
        groups[f"form:{form}"] = _count(tuple(o for o in outcomes if o.case.form == form))
    return Scores(
        groups, Counter(o.cell for o in outcomes), tuple(o for o in outcomes if not o.is_right)
    )


# --- one case ------------------------------------------------------------------------------------


def _judge(checker: Checks, case: Case) -> Outcome:
    try:
        report = check_case(checker, case)
    except InputError as exc:
        return Outcome(case, (), Label.CANNOT_CHECK, error=str(exc))
    if report.label is Label.CANNOT_CHECK:
        reason = report.error.message if report.error else report.summary
        return Outcome(case, (), report.label, error=reason)
    weighty = [e.finding for e in report.findings if e.finding.severity is not Severity.LOW]
    got = tuple(dict.fromkeys(finding.type for finding in weighty))
    key = _fold(case.key_mention or "")
    mentions = {_fold(f.subject.mention.text) for f in weighty if isinstance(f.subject, Referent)}
    return Outcome(
        case,
        got,
        report.label,
        is_at_key_mention=bool(key) and any(m in key or key in m for m in mentions),
    )


def _fold(text: str) -> str:
    return " ".join(text.replace("[", "").replace("]", "").casefold().split())


# --- counting ------------------------------------------------------------------------------------


def _count(outcomes: Sequence[Outcome]) -> Figures:
    fair = [o for o in outcomes if not o.expected]
    keyed = [o for o in outcomes if o.case.key_mention]
    changed, missing = FindingType.REFERENT_CHANGED, FindingType.REFERENT_MISSING
    seen = {kind for o in outcomes for kind in (*o.expected, *o.got)}
    return Figures(
        n_cases=len(outcomes),
        n_fair=len(fair),
        n_right=sum(o.is_right for o in outcomes),
        n_unchecked=sum(o.error is not None for o in outcomes),
        n_fair_flagged=sum(bool(o.got) for o in fair),
        n_fair_flagged_referent=sum(bool(REFERENT & set(o.got)) for o in fair),
        types={kind: _tally_type(outcomes, kind) for kind in FindingType if kind in seen},
        misleading=_tally_misleading(outcomes),
        referent_changed=_tally_strictly(keyed, changed),
        referent_missing=_tally_strictly(keyed, missing),
        n_changed_at_key_mention=sum(
            o.is_at_key_mention and changed in o.got and changed in o.expected for o in keyed
        ),
    )


def _tally_type(outcomes: Iterable[Outcome], kind: FindingType) -> Tally:
    return Tally.of(
        (kind in o.expected and (kind in o.got or not o.is_right), kind in o.got) for o in outcomes
    )


def _tally_strictly(outcomes: Iterable[Outcome], kind: FindingType) -> Tally:
    return Tally.of((kind in o.expected, kind in o.got) for o in outcomes)


def _tally_misleading(outcomes: Iterable[Outcome]) -> Tally:
    return Tally.of(
        (bool(o.expected), o.label in MISLEADING)
        for o in outcomes
        if not o.expected or o.case.misleading
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _round(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 3)


# --- writing -------------------------------------------------------------------------------------


def _write_text(scores: Scores) -> Iterator[str]:
    for name, figures in scores.groups.items():
        yield from _write_figures(name, figures)
        yield ""
    yield "expected → got"
    for (row, column), count in sorted(scores.confusion.items()):
        yield f"  {row:<20} → {column:<20} {count:>4}{'' if row == column else '  ✗'}"
    yield f"\n{len(scores.differing)} cases differ"
    for o in scores.differing:
        got = o.error or " ".join(_names(o.got))
        yield f"  {o.case.id}: expected {' or '.join(_names(o.expected))}; got {got}"


def _write_figures(name: str, figures: Figures) -> Iterator[str]:
    accuracy = _percent(_share(figures.n_right, figures.n_cases))
    yield f"{name}: {figures.n_cases} cases, {figures.n_fair} of them fair; right {accuracy}"
    if figures.n_unchecked:
        yield f"  could not be checked: {figures.n_unchecked}"
    flagged = _percent(_share(figures.n_fair_flagged, figures.n_fair))
    referent = _percent(_share(figures.n_fair_flagged_referent, figures.n_fair))
    yield f"  fair passages flagged: {flagged}; for a referent: {referent}"
    yield f"  {'':<24} precision  recall     F1   found  wrong missed"
    tallies = {
        "misleading": figures.misleading,
        "key mention changed": figures.referent_changed,
        "key mention missing": figures.referent_missing,
    }
    if not name.startswith("form:"):
        tallies |= {kind.value: tally for kind, tally in figures.types.items()}
    for label, tally in tallies.items():
        precision, recall, f1 = map(_percent, (tally.precision, tally.recall, tally.f1))
        counts = f"{tally.hits:>7} {tally.false_alarms:>6} {tally.misses:>6}"
        yield f"  {label:<24} {precision:>9} {recall:>7} {f1:>6} {counts}"


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f}%"


def _names(kinds: Iterable[FindingType]) -> list[str]:
    return [kind.value for kind in kinds] or [FAITHFUL]
