"""The gate: what the check reached on labelled cases, and must not fall below.

`corpus/floors.json` holds, for each set of cases, its figures when they were recorded and a
checksum of the cases, so that no floor is held against other cases than it was measured on.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from quotecheck.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

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
    """Return the SHA-256 of what cases say and are labelled with, in whatever order."""
    lines = sorted(
        json.dumps([c.id, c.passage, [str(kind) for kind in c.labels or ()], c.misleading])
        for c in cases
    )
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def read_floors(path: Path) -> dict[str, dict[str, object]]:
    """Read the floors of every set.

    Raises:
        InputError: The file cannot be read, or holds no floors.
    """
    try:
        floors = json.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise InputError(f"The floors in {path} cannot be read: {exc.strerror}.") from exc
    except ValueError as exc:
        raise InputError(f"{path} is not JSON.") from exc
    if not isinstance(floors, dict):
        raise InputError(f"{path} holds no floors: it is not a JSON object.")
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
    reached = sum_up(scores)
    figures: Mapping[str, float] = floors["figures"]  # type: ignore[assignment]
    return [
        Shortfall(name, floor, reached.get(name, 0.0))
        for name, floor in figures.items()
        if _is_worse(name, reached.get(name, 0.0), floor, SLACK)
    ]


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
    if old.get("cases_sha256") == checksum(cases) and not allow_lower:
        worse = find_shortfalls(scores, cases, old)
        if worse:
            raise InputError(
                f"{'; '.join(map(str, worse))}. To record it all the same, add --allow-lower, and"
                " say why in CHANGELOG.md."
            )
    floors[name] = {"cases_sha256": checksum(cases), "figures": sum_up(scores)}
    text = json.dumps(dict(sorted(floors.items())), indent=1)
    path.write_text(f"{text}\n", encoding="utf-8")


def _is_worse(name: str, reached: float, floor: float, slack: float) -> bool:
    return reached > floor + slack if name in _CEILINGS else reached < floor - slack
