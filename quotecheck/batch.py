"""Many checks: a line of JSON in, a line of JSON out, in the same order.

Line n of the output answers line n of the input, whatever that line is; a line that cannot be used
(an empty one, too) is answered with an `error`. So a run that was cut off can go on where it was:
the whole lines of the output say how far it got.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, Protocol

from quotecheck.claim import Claim
from quotecheck.errors import CaseError, InputError
from quotecheck.records import FindingType, Label, Source
from quotecheck.report import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from quotecheck.report import Report

    Progress = Callable[[int, int], None]

FAITHFUL: Final = "faithful"
SOURCES: Final = ("source_url", "source_path", "source_html", "source_text")

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
# JSON may hold these as they are, but some readers take them for the end of a line.
_LINE_ENDS: Final = {ord(char): f"\\u{ord(char):04x}" for char in "\u0085\u2028\u2029"}

_log = logging.getLogger(__name__)


class Checks(Protocol):
    """What checks a claim: the `Checker`, or a test's stand-in."""

    def check(self, claim: Claim, source: Source, *, check_id: str | None = None) -> Report:
        """Check one quotation against its source."""


@dataclass(frozen=True, slots=True)
class Case:
    """A passage and its source, as a line of a batch or a case of a corpus gives them.

    `labels` are the types of finding that a person would accept, any one of them; it is empty for a
    faithful passage, and None where nobody has said. `misleading` is None likewise.
    """

    passage: str
    source: Source
    id: str | None = None
    speaker: str | None = None
    labels: tuple[FindingType, ...] | None = None
    misleading: bool | None = None
    key_mention: str | None = None
    referent_in_source: str | None = None
    referent_in_passage: str | None = None
    note: str | None = None
    form: str | None = None
    read_by_hand: bool | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """How long the output is, how much of it was kept, and how many of the new lines failed."""

    n_lines: int
    n_kept: int
    n_errors: int


def read_case(text: str, base: Path) -> Case:
    """Read one case.

    Args:
        text: A JSON object; bytes that were no UTF-8 stand in it as lone surrogates.
        base: The folder that a `source_path` starts from.

    Raises:
        CaseError: It is not a case as the contract describes it.
    """
    fields = _read_object(text)
    given = [name for name in SOURCES if fields.get(name) is not None]
    if len(given) != 1:
        told = f"it has {' and '.join(given)}" if given else "it has none"
        raise CaseError(f"A case needs exactly one of {', '.join(SOURCES)}; {told}.")
    passage = _read_text(fields, "passage")
    value = _read_text(fields, given[0])
    if passage is None:
        raise CaseError("The case has no passage.")
    if not value or not value.strip():
        raise CaseError(f"The case's {given[0]} is empty.")
    return Case(
        passage,
        _name_source(given[0], value, base),
        id=_read_id(fields),
        labels=_read_labels(fields),
        misleading=_read_flag(fields, "misleading"),
        read_by_hand=_read_flag(fields, "read_by_hand"),
        **{
            name: _read_text(fields, name)
            for name in (
                "speaker",
                "key_mention",
                "referent_in_source",
                "referent_in_passage",
                "note",
                "form",
            )
        },
    )


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
        under the same label as a source that cannot be read; both with the number of the `line`.
    """
    for number, line in enumerate(lines, start=first_line):
        try:
            case = read_case(line, base)
            report = check_case(
                checker, case, check_id=f"line-{number}", max_passage_chars=max_passage_chars
            )
            answer = report.to_dict()
        except InputError as exc:
            answer = _refuse(_guess_id(line), exc.code, str(exc))
        except Exception as exc:  # noqa: BLE001  # one stumble must not cost the lines after it
            _log.exception("the check of line %d failed", number)
            answer = _refuse(
                _guess_id(line),
                "internal_error",
                f"The check failed ({type(exc).__name__}). This is a fault of Quotecheck's.",
            )
        yield {"line": number, **answer}


def batch_file(
    checker: Checks,
    in_path: Path,
    out_path: Path,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    max_passage_chars: int = 20_000,
) -> BatchResult:
    """Check every line of a file and write one line for each, as soon as it is known.

    Args:
        checker: What checks them.
        in_path: The cases, one JSON object a line.
        out_path: Where the reports go. It is written anew unless `resume` is set.
        resume: Keep the whole lines that the output has, and go on with the line after them.
        progress: Told after each line how many lines are done, and how many there are.
        max_passage_chars: The longest passage that is read.

    Raises:
        InputError: A file cannot be opened, or the output is not of an earlier run on this input.
    """
    with _open(in_path, "rb") as cases:
        if out_path.exists() and in_path.samefile(out_path):
            raise InputError("The output would overwrite the cases. Give it another name.")
        n_lines = sum(1 for _ in cases)
        cases.seek(0)
        n_kept = _keep_whole_lines(out_path) if resume else 0
        if n_kept > n_lines:
            raise InputError(
                f"{out_path} has {n_kept} lines and {in_path} only {n_lines}: it is from another"
                " run. Give the output another name."
            )
        answers = run_batch(
            checker,
            islice(_decode(cases), n_kept, None),
            base=in_path.parent,
            first_line=n_kept + 1,
            max_passage_chars=max_passage_chars,
        )
        n_errors = 0
        with _open(out_path, "ab" if resume else "wb") as out:
            for number, answer in enumerate(answers, start=n_kept + 1):
                n_errors += answer["error"] is not None
                _write(out, answer)
                if progress:
                    progress(number, n_lines)
    return BatchResult(n_lines, n_kept, n_errors)


# --- lines ---------------------------------------------------------------------------------------


def _open(path: Path, mode: Literal["rb", "r+b", "wb", "ab"]) -> BinaryIO:
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


def _keep_whole_lines(path: Path) -> int:
    """Cut a torn last line off the output of an earlier run, and return how many are left.

    Raises:
        InputError: The last of them is not the answer that should stand there.
    """
    if not path.exists():
        return 0
    count, end, last = 0, 0, b""
    with _open(path, "r+b") as out:
        for line in out:
            if line.endswith(b"\n"):
                count, end, last = count + 1, end + len(line), line
        if count and not _answers(last, count):
            raise InputError(
                f"Line {count} of {path} is not the answer to line {count} of a batch, so the run"
                " cannot go on from there. Give the output another name."
            )
        out.truncate(end)
    return count


def _answers(line: bytes, number: int) -> bool:
    try:
        answer = json.loads(line)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("line") == number


def _refuse(case_id: str | None, code: str, message: str) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "id": case_id,
        "label": Label.CANNOT_CHECK.value,
        "error": {"code": code, "message": message},
    }


def _guess_id(line: str) -> str | None:
    """Return the id of a line that could not be used, where at least that can be read."""
    try:
        return _read_id(_read_object(line))
    except CaseError:
        return None


# --- fields --------------------------------------------------------------------------------------


def _read_object(text: str) -> dict[str, object]:
    if not text.strip():
        raise CaseError("The line is empty.")
    if not _is_unicode(text):
        raise CaseError("The line is not in UTF-8.")
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as exc:
        raise CaseError(f"The line is not JSON: {exc.msg} at character {exc.pos + 1}.") from exc
    except (ValueError, RecursionError) as exc:  # a number of 5,000 digits; brackets 10,000 deep
        raise CaseError("The line is JSON that cannot be read.") from exc
    if not isinstance(fields, dict):
        raise CaseError("A case is a JSON object, in braces.")
    return fields


def _read_text(fields: Mapping[str, object], name: str) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise CaseError(f"The case's {name} is not text.")
    if not _is_unicode(value):
        raise CaseError(f"The case's {name} has half a character in it: it was cut by bytes.")
    return value


def _read_flag(fields: Mapping[str, object], name: str) -> bool | None:
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise CaseError(f"The case's {name} is neither true nor false.")


def _read_id(fields: Mapping[str, object]) -> str | None:
    value = fields.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _read_text(fields, "id")


def _read_labels(fields: Mapping[str, object]) -> tuple[FindingType, ...] | None:
    names = fields.get("labels")
    if names is None:
        return None
    if not isinstance(names, list) or not names:
        raise CaseError(
            f'The case\'s labels are not a list of types of finding, or ["{FAITHFUL}"].'
        )
    if names == [FAITHFUL]:
        return ()
    known = {kind.value: kind for kind in FindingType}
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise CaseError(f"The case has the label {name!r}, which is no type of finding.")
    return tuple(known[name] for name in names)


def _is_unicode(text: str) -> bool:
    return _SURROGATE.search(text) is None


def _name_source(name: str, value: str, base: Path) -> Source:
    match name:
        case "source_url":
            return Source.from_url(value)
        case "source_path":
            return Source.from_path(base / value)
        case "source_html":
            return Source.from_html(value)
        case _:
            return Source.from_text(value)
