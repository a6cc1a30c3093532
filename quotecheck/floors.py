"""The gate: what the check reached on labelled cases, and must not fall below.

`corpus/floors.json` holds, for each set of cases, its figures when they were recorded and a
checksum of the cases, so that no floor is held against other cases than it was measured on.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from quotecheck.errors import InputError
from quotecheck.records import SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from quotecheck.cases import Case
    from quotecheck.evaluate import Scores

# Rates are held to this much; less is the noise of one machine's arithmetic against another's.
SLACK: Final = 0.005
# Of these, less is better.
_CEILINGS: Final = frozenset({"false_alarm_rate", "referent_false_alarm_rate"})


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A figure that is worse than its floor."""

    figure: str
    floor: float
    reached: float

    def __str__(self) -> str:
        side = "above its ceiling" if self.figure in _CEILINGS else "below its floor"
        return f"{self.figure} is {self.reached:.3f}, {side} of {self.floor:.3f}"


def sum_up(scores: Scores) -> dict[str, float]:
    """Return the figures that the gate holds, rates in [0, 1], by name."""
    figures = scores.groups["all"].to_dict()
    held = {name: figures[name] for name in ("accuracy", *sorted(_CEILINGS))}
    misleading = figures["misleading"]
    held |= {f"misleading {name}": misleading[name] for name in ("precision", "recall")}  # type: ignore[index]
    types: Mapping[str, Mapping[str, object]] = figures["types"]  # type: ignore[assignment]
    held |= {f"f1 {name}": tally["f1"] for name, tally in types.items()}
    return {name: float(value) for name, value in held.items() if isinstance(value, int | float)}


def checksum(cases: Iterable[Case]) -> str:
    """Return the SHA-256 of cases, their labels and their sources, in whatever order.

    Raises:
        InputError: A source cannot be read.
    """
    lines = sorted(
        json.dumps(
            [c.id, c.passage, [str(kind) for kind in c.labels or ()], c.misleading, _source_of(c)]
        )
        for c in cases
    )
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def _source_of(case: Case) -> str:
    """Return the checksum of a case's source, where that lies here."""
    if case.source.kind is not SourceKind.PATH:
        return case.source.value
    try:
        return hashlib.sha256(Path(case.source.value).read_bytes()).hexdigest()
    except OSError as exc:
        raise InputError(f"{case.source.value} cannot be read: {exc.strerror}.") from exc


def read_floors(path: Path) -> dict[str, dict[str, object]]:
    """Read the floors of every set.

    Raises:
        InputError: The file cannot be read, or holds no floors.
    """
    try:
        floors: dict[str, dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise InputError(f"The floors in {path} cannot be read: {exc.strerror}.") from exc
    except ValueError as exc:
        raise InputError(f"{path} is not JSON.") from exc
    is_whole = isinstance(floors, dict) and all(
        isinstance(entry, dict) and {"cases_sha256", "figures"} <= entry.keys()
        for entry in floors.values()
    )
    if not is_whole:
        raise InputError(f"{path} holds no floors: it is not a JSON object of recorded figures.")
    return floors


def find_shortfalls(
    scores: Scores, cases: Iterable[Case], floors: Mapping[str, object]
) -> list[Shortfall]:
    """Return the figures that are worse than their floors.

    Raises:
        InputError: The floors were recorded on other cases.
    """
    if floors.get("cases_sha256") != checksum(cases):
        raise InputError(
            "The cases are not those that the floors were recorded on. Look at the new figures, and"
            " record them with --record."
        )
    return _compare(sum_up(scores), floors["figures"])


def record_floors(
    path: Path, name: str, scores: Scores, cases: Iterable[Case], *, allow_lower: bool
) -> None:
    """Record what was reached as the floor of a set.

    Raises:
        InputError: A figure is worse than the floor that is recorded, and that was not allowed.
    """
    cases = tuple(cases)
    floors = read_floors(path) if path.exists() else {}
    old = floors.get(name, {})
    if old and not allow_lower:
        worse = _compare(sum_up(scores), old["figures"])
        if worse:
            raise InputError(
                f"{'; '.join(map(str, worse))}. To record it all the same, add --allow-lower, and"
                " say why in CHANGELOG.md."
            )
    floors[name] = {"cases_sha256": checksum(cases), "figures": sum_up(scores)}
    text = json.dumps(dict(sorted(floors.items())), indent=1)
    path.write_text(f"{text}\n", encoding="utf-8")


def _compare(reached: Mapping[str, float], floors: object) -> list[Shortfall]:
    """Return what is worse than its floor; a figure that is not there is as bad as can be."""
    held: Mapping[str, float] = floors  # type: ignore[assignment]
    found = []
    for name, floor in held.items():
        is_ceiling = name in _CEILINGS
        value = reached.get(name, 1.0 if is_ceiling else 0.0)
        if value > floor + SLACK if is_ceiling else value < floor - SLACK:
            found.append(Shortfall(name, floor, value))
    return found
