"""The gate: figures are held to those recorded on the same cases, and lowered only on purpose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from quotecheck.cases import Case, load_cases
from quotecheck.errors import InputError
from quotecheck.evaluate import Outcome, Scores, evaluate, score
from quotecheck.floors import checksum, find_shortfalls, read_floors, record_floors, sum_up
from quotecheck.records import FindingType, Label, Source

if TYPE_CHECKING:
    from quotecheck.checker import Checker

CORPUS = Path(__file__).parent.parent / "corpus"

NEGATION = FindingType.NEGATION_DROPPED
CASES = tuple(
    Case(
        f"“passage {n}”",
        Source.from_text("A text."),
        id=f"c{n}",
        labels=(NEGATION,) if n % 2 else (),
        misleading=bool(n % 2),
    )
    for n in range(4)
)


def scores(flagged: str) -> Scores:
    """Score the cases, of which those with an x were flagged with a negation."""
    return score(
        Outcome(case, (NEGATION,) if is_found else (), MISLED[is_found])
        for case, is_found in zip(CASES, [mark == "x" for mark in flagged], strict=True)
    )


MISLED = {True: Label.MISREPRESENTS, False: Label.FAITHFUL}
PERFECT = scores("-x-x")
WORSE = scores("xx--")


def test_what_was_recorded_holds(tmp_path: Path) -> None:
    """The same figures pass, worse ones are named with both values."""
    file = tmp_path / "floors.json"
    record_floors(file, "test", PERFECT, CASES, allow_lower=False)
    floors = read_floors(file)["test"]
    assert find_shortfalls(PERFECT, CASES, floors) == []
    names = {s.figure: s for s in find_shortfalls(WORSE, CASES, floors)}
    assert {"accuracy", "false_alarm_rate", "misleading recall", "f1 negation_dropped"} <= set(
        names
    )
    assert str(names["accuracy"]) == "accuracy is 0.500, below its floor of 1.000"
    assert "above its ceiling" in str(names["false_alarm_rate"])


def test_a_floor_is_lowered_only_on_purpose(tmp_path: Path) -> None:
    """Recording worse figures asks for a flag, and keeps what was there."""
    file = tmp_path / "floors.json"
    record_floors(file, "test", PERFECT, CASES, allow_lower=False)
    with pytest.raises(InputError, match="--allow-lower"):
        record_floors(file, "test", WORSE, CASES, allow_lower=False)
    assert read_floors(file)["test"]["figures"] == sum_up(PERFECT)
    record_floors(file, "test", WORSE, CASES, allow_lower=True)
    assert read_floors(file)["test"]["figures"] == sum_up(WORSE)


def test_floors_are_of_their_cases(tmp_path: Path) -> None:
    """Other cases, or other labels, are not held to old figures."""
    file = tmp_path / "floors.json"
    record_floors(file, "test", PERFECT, CASES, allow_lower=False)
    with pytest.raises(InputError, match="not those"):
        find_shortfalls(PERFECT, CASES[:3], read_floors(file)["test"])
    assert checksum(CASES) == checksum(reversed(CASES))


@pytest.mark.parametrize("content", ["[]", "no json"])
def test_a_broken_file_is_said_to_be(tmp_path: Path, content: str) -> None:
    """What is no object of floors is an error that names the file."""
    file = tmp_path / "floors.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"floors\.json"):
        read_floors(file)
    with pytest.raises(InputError, match="cannot be read"):
        read_floors(tmp_path / "none.json")


@pytest.mark.slow
def test_the_check_keeps_what_it_reached(real_checker: Checker) -> None:
    """On the half that is only measured on, no figure is worse than when it was recorded."""
    cases = load_cases(CORPUS / "test")
    scores = evaluate(real_checker, cases)
    shortfalls = find_shortfalls(scores, cases, read_floors(CORPUS / "floors.json")["test"])
    assert not shortfalls, "; ".join(map(str, shortfalls))


def test_every_recorded_set_is_there() -> None:
    """Floors are held against the cases that they were recorded on, and against no others."""
    for name, floors in read_floors(CORPUS / "floors.json").items():
        assert checksum(load_cases(CORPUS / name)) == floors["cases_sha256"]


def test_sets_are_recorded_side_by_side(tmp_path: Path) -> None:
    """Recording one set leaves the others alone."""
    file = tmp_path / "floors.json"
    record_floors(file, "b", PERFECT, CASES, allow_lower=False)
    record_floors(file, "a", WORSE, CASES, allow_lower=False)
    assert list(json.loads(file.read_text(encoding="utf-8"))) == ["a", "b"]
