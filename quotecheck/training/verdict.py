"""Fit the weights of the rules of scope: count on labelled cases how often each one is right.

    python -m quotecheck.training.verdict --cases corpus/dev corpus/probes/dev.jsonl

writes `quotecheck/models/verdict/weights.json`. A finding is right where its type is among the
case's labels; one of another type on a misuse counts as half, for the passage is wrong as said.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from quotecheck.batch import check_case
from quotecheck.cases import load_cases
from quotecheck.records import Governor
from quotecheck.weights import WEIGHTS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from quotecheck.batch import Checks
    from quotecheck.cases import Case


def count_rules(checker: Checks, cases: Iterable[Case]) -> dict[str, dict[str, int]]:
    """Count the findings of each rule, and those that are right.

    Returns:
        By the rule, in order: `found`, `right`.
    """
    found, right = Counter[str](), Counter[str]()
    for case in cases:
        report = check_case(checker, case)
        for explained in report.findings:
            governor = explained.finding.subject
            if isinstance(governor, Governor):
                found[governor.rule] += 2
                is_right = governor.type in (case.labels or ())
                right[governor.rule] += 2 if is_right else bool(case.labels)
    return {rule: {"found": found[rule] // 2, "right": right[rule] // 2} for rule in sorted(found)}


def main(argv: Sequence[str] | None = None) -> int:
    """Fit the weights and write them."""
    parser = argparse.ArgumentParser(prog="quotecheck.training.verdict", description=__doc__)
    parser.add_argument("--cases", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, default=WEIGHTS_FILE)
    arguments = parser.parse_args(argv)
    from quotecheck.checker import Checker  # noqa: PLC0415  # loads the models

    cases = [case for path in arguments.cases for case in load_cases(path)]
    rules = count_rules(Checker.from_settings(), cases)
    digest = hashlib.sha256("\n".join(sorted(c.passage for c in cases)).encode()).hexdigest()
    fitted = {
        "cases": [path.as_posix() for path in arguments.cases],
        "n_cases": len(cases),
        "passages_sha256": digest,
    }
    text = json.dumps({"fitted_on": fitted, "rules": rules}, indent=1) + "\n"
    arguments.out.write_text(text, encoding="utf-8")
    print(f"{arguments.out}: {len(rules)} rules from {len(cases)} cases", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
