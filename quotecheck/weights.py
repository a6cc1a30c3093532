"""How much each rule of scope weighs: fitted on labelled cases, few enough to read.

`models/verdict/weights.json` holds, for each rule, how many of its findings were counted and how
many of these were right; `python -m quotecheck.training.verdict` writes it. The confidence of a
finding is the rule's share of right ones, with one right and one wrong finding added to each rule,
so that a rule that was seen once is not sure of itself (Laplace's rule of succession).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from quotecheck.records import FindingType, Severity

if TYPE_CHECKING:
    from quotecheck.records import Governor

WEIGHTS_FILE: Final = Path(__file__).parent / "models" / "verdict" / "weights.json"

# Below this share of right findings a rule only notes a detail: four rules of 31 do.
WEIGHTY: Final = 0.4
# What turns round what a reader takes away, or gives it to somebody else.
_GRAVE: Final = frozenset(
    {
        FindingType.NEGATION_DROPPED,
        FindingType.CONDITION_DROPPED,
        FindingType.EXCEPTION_DROPPED,
        FindingType.SPEAKER_CHANGED,
    }
)
# Of these, rules that say less than the others of their type.
_SLIGHT: Final = frozenset(["only", "time", "used to"])
# Answers that only follow what is quoted, and do not speak of it.
_LOOSE: Final = frozenset(["loose answer", "loose but"])


@dataclass(frozen=True, slots=True)
class Weight:
    """How a rule did on the cases it was fitted on."""

    n_found: int
    n_right: int

    @property
    def confidence(self) -> float:
        """The smoothed share of right findings, in (0, 1)."""
        return (self.n_right + 1) / (self.n_found + 2)


@cache
def load_weights(path: Path = WEIGHTS_FILE) -> dict[str, Weight]:
    """Read the weights that ship."""
    rules = json.loads(path.read_text(encoding="utf-8"))["rules"]
    return {name: Weight(rule["found"], rule["right"]) for name, rule in rules.items()}


def weigh_rule(governor: Governor) -> tuple[Severity, float]:
    """Return how grave what was left out is, and how sure it is, by the rule that found it."""
    confidence = load_weights().get(governor.rule, Weight(0, 0)).confidence
    if governor.rule in _LOOSE or confidence < WEIGHTY:
        return Severity.LOW, confidence
    is_grave = governor.type in _GRAVE and governor.rule not in _SLIGHT
    return Severity.HIGH if is_grave else Severity.MEDIUM, confidence
