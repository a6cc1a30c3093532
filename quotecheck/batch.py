"""Many checks: a line of JSON in, a line of JSON out, in the same order.

Line n of the output answers line n of the input, whatever that line is; a line that cannot be used
(an empty one, too) is answered with an `error`. So a run that was cut off can go on where it was:
the whole lines of the output say how far it got, and by a checksum which lines they answer.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, Protocol

from quotecheck.cases import guess_id, read_case
from quotecheck.claim import Claim
from quotecheck.errors import InputError
from quotecheck.records import Label
from quotecheck.report import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from quotecheck.cases import Case
    from quotecheck.records import Source
    from quotecheck.report import Report

    Progress = Callable[[int, int], None]

# JSON may hold these as they are, but some readers take them for the end of a line.
_LINE_ENDS: Final = {ord(char): f"\\u{ord(char):04x}" for char in "\u0085\u2028\u2029"}

_log = logging.getLogger(__name__)


class Checks(Protocol):
    """What checks a claim: the `Checker`, or a test's stand-in."""

    def check(self, claim: Claim, source: Source, *, check_id: str | None = None) -> Report:
        """Check one quotation against its source."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """How long the output is, how much of it was kept, and how many of the new lines failed."""

    n_lines: int
    n_kept: int
    n_errors: int


def check_case(
    checker: Checks,
    case: Case,
    *,
    check_id: str | None = None,
    max_passage_chars: int = 20_000,
) -> Report:
    """Check one case.

    Args:
        checker: What checks it.
        case: The case.
        check_id: The report's id where the case has none.
        max_passage_chars: The longest passage that is read.

    Raises:
        InputError: The passage cannot be used.
    """
    claim = Claim.from_passage(case.passage, speaker=case.speaker, max_chars=max_passage_chars)
    return checker.check(claim, case.source, check_id=case.id or check_id)


def run_batch(
    checker: Checks,
    lines: Iterable[str],
    *,
    base: Path,
    first_line: int = 1,
    max_passage_chars: int = 20_000,
) -> Iterator[dict[str, object]]:
    """Check case after case, and never stop at one.

    Args:
        checker: What checks them.
        lines: One JSON object a line.
        base: The folder that a `source_path` starts from.
        first_line: The number of the first of the lines.
        max_passage_chars: The longest passage that is read.

    Yields:
        For each line the report as the contract has it, or what was wrong with the line in `error`
        under the same label as a source that cannot be read; both with the number of the `line` and
        with the checksum of what stood there.
    """
    for number, line in enumerate(lines, start=first_line):
        try:
            case = read_case(line, base=base)
            report = check_case(
                checker, case, check_id=f"line-{number}", max_passage_chars=max_passage_chars
            )
            answer: Mapping[str, object] = report.to_dict()
        except InputError as exc:
            answer = _refuse(guess_id(line), exc.code, str(exc))
        except Exception as exc:  # noqa: BLE001  # one stumble must not cost the lines after it
            _log.exception("the check of line %d failed", number)
            answer = _refuse(
                guess_id(line),
                "internal_error",
                f"The check failed ({type(exc).__name__}). This is a fault of Quotecheck's.",
            )
        yield {"line": number, "line_sha256": _hash(line), **answer}


def batch_file(
    open_checker: Callable[[], Checks],
    in_path: Path,
    out_path: Path,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    max_passage_chars: int = 20_000,
) -> BatchResult:
    """Check every line of a file and write one line for each, as soon as it is known.

    Args:
        open_checker: Makes what checks them, once it is sure that both files can be used.
        in_path: The cases, one JSON object a line.
        out_path: Where the reports go. It is written anew unless `resume` is set.
        resume: Keep the whole lines that the output has, and go on with the line after them.
        progress: Told after each line how many lines are done, and how many there are.
        max_passage_chars: The longest passage that is read.

    Raises:
        InputError: A file cannot be opened, or the output is not of an earlier run on this input,
            or the input was changed since.
    """
    with _open(in_path, "rb") as cases:
        if out_path.exists() and in_path.samefile(out_path):
            raise InputError("The output would overwrite the cases. Give it another name.")
        n_lines = sum(1 for _ in cases)
        cases.seek(0)
        n_kept = _keep_whole_lines(out_path, _decode(cases)) if resume else 0
        n_errors = 0
        with _open(out_path, "ab") as out:
            checker = open_checker()
            if not resume:
                out.truncate(0)
            cases.seek(0)
            answers = run_batch(
                checker,
                islice(_decode(cases), n_kept, None),
                base=in_path.parent,
                first_line=n_kept + 1,
                max_passage_chars=max_passage_chars,
            )
            for number, answer in enumerate(answers, start=n_kept + 1):
                n_errors += answer["error"] is not None
                _write(out, answer)
                if progress:
                    progress(number, n_lines)
    return BatchResult(n_lines, n_kept, n_errors)


# --- lines ---------------------------------------------------------------------------------------


def _open(path: Path, mode: Literal["rb", "r+b", "ab"]) -> BinaryIO:
    try:
        return path.open(mode)
    except OSError as exc:
        raise InputError(f"{path} cannot be opened: {exc.strerror}.") from exc


def _decode(lines: Iterable[bytes]) -> Iterator[str]:
    """Return each line as text, in which lone surrogates stand for what is not UTF-8.

    A byte order mark is left out. Only a line feed ends a line: JSON may hold other separators.
    """
    for number, line in enumerate(lines):
        body = line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line
        yield body.decode("utf-8", errors="surrogateescape")


def _write(out: BinaryIO, answer: Mapping[str, object]) -> None:
    text = json.dumps(answer, ensure_ascii=False).translate(_LINE_ENDS)
    try:
        # A lone surrogate in a source has no UTF-8; the escape that takes its place is JSON for it.
        out.write(text.encode("utf-8", errors="backslashreplace") + b"\n")
        out.flush()
    except OSError as exc:
        raise InputError(f"The output cannot be written: {exc.strerror}.") from exc


def _hash(line: str) -> str:
    """Return a checksum of a line; white space about it changes nothing, nor does its line end."""
    content = line.strip().encode("utf-8", errors="surrogateescape")
    return hashlib.sha256(content).hexdigest()


def _keep_whole_lines(path: Path, lines: Iterator[str]) -> int:
    """Cut a torn last line off the output of an earlier run, and return how many are left.

    Args:
        path: The output.
        lines: Those of the input.

    Raises:
        InputError: A line of the output is not the answer to the input's.
    """
    if not path.exists():
        return 0
    count = end = 0
    with _open(path, "r+b") as out:
        for line in out:
            if not line.endswith(b"\n"):
                break
            count, end = count + 1, end + len(line)
            asked = next(lines, None)
            if asked is None:
                raise InputError(
                    f"{path} has more lines than the cases: it is from another run. Give the"
                    " output another name."
                )
            if (answered := _read_hash(line, count)) is None:
                raise InputError(
                    f"Line {count} of {path} is not the answer to line {count} of a batch, so the"
                    " run cannot go on from there. Give the output another name."
                )
            if answered != _hash(asked):
                raise InputError(
                    f"Line {count} of the cases is another one than {path} answers: it was changed"
                    " since. Give the output another name, or begin anew without --resume."
                )
        out.truncate(end)
    return count


def _read_hash(line: bytes, number: int) -> str | None:
    """Return the checksum of the line that an answer is for; None where it is no such answer."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict) or answer.get("line") != number:
        return None
    return str(answer.get("line_sha256"))


def _refuse(case_id: str | None, code: str, message: str) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "id": case_id,
        "label": Label.CANNOT_CHECK.value,
        "error": {"code": code, "message": message},
    }
