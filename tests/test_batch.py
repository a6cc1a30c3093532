"""Many checks: what answers a line, and how a run goes on after a cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from quotecheck.batch import batch_file, run_batch
from quotecheck.errors import InputError
from quotecheck.records import Label
from quotecheck.report import Report

if TYPE_CHECKING:
    from quotecheck.claim import Claim
    from quotecheck.records import Source

BASE = Path("cases")


class Echo:
    """A checker that finds every passage faithful, and remembers what it was asked."""

    def __init__(self) -> None:
        self.claims: list[Claim] = []

    def check(self, claim: Claim, source: Source, *, check_id: str | None = None) -> Report:
        """Answer at once, or fail where the passage says so."""
        self.claims.append(claim)
        if "stumble" in claim.passage:
            raise ZeroDivisionError
        return Report(check_id or "none", Label.FAITHFUL, 1.0, "Fine.", claim, source)


class CutOff(Exception):
    """The run ends here, as in a power cut."""


def line(**fields: object) -> str:
    """Return a good case as a line, but for the fields given."""
    whole = {"id": "c1", "passage": "He said “it rains”.", "source_text": "It rains."} | fields
    return json.dumps({name: value for name, value in whole.items() if value is not None})


def write(path: Path, *lines: str) -> Path:
    """Write lines to a file."""
    path.write_text("".join(text + "\n" for text in lines), encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, object]]:
    """Read the lines of a file that are whole."""
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]


# --- running -------------------------------------------------------------------------------------


def test_a_bad_line_is_answered_and_the_run_goes_on() -> None:
    """Each line has its answer in its place; a bad one has an error, its number, and its id."""
    lines = [line(id="a"), "nonsense", line(id="b", passage=None), line(id="c")]
    answers = list(run_batch(Echo(), lines, base=BASE))
    assert [answer["line"] for answer in answers] == [1, 2, 3, 4]
    assert [answer["id"] for answer in answers] == ["a", None, "b", "c"]
    assert [bool(answer["error"]) for answer in answers] == [False, True, True, False]
    assert answers[2]["error"] == {"code": "bad_case", "message": "The case has no passage."}


@pytest.mark.parametrize(
    ("passage", "code"),
    [(" ", "empty_passage"), ("word " * 5_000, "passage_too_long"), ("stumble", "internal_error")],
)
def test_every_failure_has_a_code(passage: str, code: str) -> None:
    """A passage that cannot be used, or that makes the program fail, says so in `error`."""
    (answer,) = run_batch(Echo(), [line(passage=passage)], base=BASE)
    assert isinstance(answer["error"], dict)
    assert answer["error"]["code"] == code
    assert (answer["id"], answer["label"]) == ("c1", "cannot_check")


def test_a_case_without_an_id_is_named_by_its_line() -> None:
    """Every report has an id, so that an answer can be told from the others."""
    (answer,) = run_batch(Echo(), [line(id=None)], base=BASE, first_line=12)
    assert (answer["id"], answer["line"]) == ("line-12", 12)


def test_the_speaker_reaches_the_claim() -> None:
    """Who is said to have spoken is part of what is checked."""
    checker = Echo()
    list(run_batch(checker, [line(speaker="Ada Moreau")], base=BASE))
    assert checker.claims[0].speaker == "Ada Moreau"


# --- files ---------------------------------------------------------------------------------------


def test_every_line_of_the_input_has_one_in_the_output(tmp_path: Path) -> None:
    """Blank lines, a byte order mark, bytes that are no UTF-8 and a last line without end count."""
    body = (
        b"\xef\xbb\xbf" + line(id="a").encode() + b"\r\n"
        b"\n"
        b'{"id": "caf\xe9"}\n' + line(id="b", passage="“one\u2028two”").encode()
    )
    cases, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    cases.write_bytes(body)
    result = batch_file(Echo, cases, out)
    assert [answer["id"] for answer in read(out)] == ["a", None, None, "b"]
    assert (result.n_lines, result.n_kept, result.n_errors) == (4, 0, 2)


def test_a_run_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    """What is whole is kept, a torn line is done again, and nothing is checked twice."""
    cases = write(tmp_path / "in.jsonl", *(line(id=f"c{n}") for n in range(1, 6)))
    out = tmp_path / "out.jsonl"

    def cut(done: int, _: int) -> None:
        if done == 3:
            raise CutOff

    with pytest.raises(CutOff):
        batch_file(Echo, cases, out, progress=cut)
    assert [answer["id"] for answer in read(out)] == ["c1", "c2", "c3"]
    with out.open("ab") as torn:
        torn.write(b'{"line": 4, "id": "c4", "lab')
    checker = Echo()
    result = batch_file(lambda: checker, cases, out, resume=True)
    assert [answer["id"] for answer in read(out)] == ["c1", "c2", "c3", "c4", "c5"]
    assert (result.n_lines, result.n_kept, len(checker.claims)) == (5, 3, 2)
    assert batch_file(lambda: checker, cases, out, resume=True).n_kept == 5
    assert len(checker.claims) == 2


def test_resume_starts_where_there_is_no_output(tmp_path: Path) -> None:
    """The same command serves for the first run and for every later one."""
    cases = write(tmp_path / "in.jsonl", line())
    assert batch_file(Echo, cases, tmp_path / "out.jsonl", resume=True).n_kept == 0
    assert len(read(tmp_path / "out.jsonl")) == 1


def test_without_resume_the_output_is_written_anew(tmp_path: Path) -> None:
    """An old output does not stay in front of the new one."""
    cases = write(tmp_path / "in.jsonl", line())
    out = write(tmp_path / "out.jsonl", "old", "older")
    batch_file(Echo, cases, out)
    assert [answer["id"] for answer in read(out)] == ["c1"]


@pytest.mark.parametrize("edited", [1, 2])
def test_an_input_that_was_changed_is_not_gone_on_with(tmp_path: Path, edited: int) -> None:
    """No answer is kept for a line that now asks something else, even under the same id."""
    lines = [line(id="a"), line(id="b"), line(id="c")]
    cases, out = write(tmp_path / "in.jsonl", *lines[:2]), tmp_path / "out.jsonl"
    batch_file(Echo, cases, out)
    before = out.read_bytes()
    lines[edited - 1] = line(id="ab"[edited - 1], passage="He said “it snows”.")
    write(cases, *lines)
    with pytest.raises(InputError, match=f"Line {edited} of the cases"):
        batch_file(Echo, cases, out, resume=True)
    assert out.read_bytes() == before


def test_another_line_end_is_no_change(tmp_path: Path) -> None:
    """An editor that writes other line ends, or a missing last one, costs no answer."""
    cases, out = write(tmp_path / "in.jsonl", line(id="a"), line(id="b")), tmp_path / "out.jsonl"
    batch_file(Echo, cases, out)
    cases.write_bytes(b"\xef\xbb\xbf" + cases.read_bytes().replace(b"\n", b"\r\n").rstrip())
    assert batch_file(Echo, cases, out, resume=True).n_kept == 2


def test_files_are_opened_before_the_models_are_loaded(tmp_path: Path) -> None:
    """A wrong path shows at once; and models that cannot be loaded cost no earlier output."""

    def load() -> Echo:
        raise CutOff

    with pytest.raises(InputError):
        batch_file(load, tmp_path / "none.jsonl", tmp_path / "out.jsonl")
    cases = write(tmp_path / "in.jsonl", line())
    with pytest.raises(InputError):
        batch_file(load, cases, tmp_path / "nowhere" / "out.jsonl")
    out = write(tmp_path / "out.jsonl", "old")
    with pytest.raises(CutOff):
        batch_file(load, cases, out)
    assert out.read_text(encoding="utf-8") == "old\n"


@pytest.mark.parametrize(
    "held",
    [["old"], ['{"line": 2}'], ['{"line": 1}'], ['{"line": 1}', '{"line": 2}'], ["[" * 100_000]],
)
def test_an_output_of_something_else_is_left_alone(tmp_path: Path, held: list[str]) -> None:
    """A file that is no answer to these lines is neither cut nor gone on with."""
    cases = write(tmp_path / "in.jsonl", line())
    out = write(tmp_path / "out.jsonl", *held)
    before = out.read_bytes()
    with pytest.raises(InputError):
        batch_file(Echo, cases, out, resume=True)
    assert out.read_bytes() == before


def test_the_cases_are_not_overwritten(tmp_path: Path) -> None:
    """The output cannot be the input, not even by another name."""
    cases = write(tmp_path / "in.jsonl", line())
    with pytest.raises(InputError, match="overwrite"):
        batch_file(Echo, cases, tmp_path / "." / "in.jsonl")
    assert cases.read_text(encoding="utf-8") == line() + "\n"


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    """A missing input and an output in no folder are errors of the input, with the path."""
    with pytest.raises(InputError, match=r"none\.jsonl cannot be opened"):
        batch_file(Echo, tmp_path / "none.jsonl", tmp_path / "out.jsonl")
    cases = write(tmp_path / "in.jsonl", line())
    with pytest.raises(InputError, match=r"out\.jsonl cannot be opened"):
        batch_file(Echo, cases, tmp_path / "nowhere" / "out.jsonl")


def test_progress_is_told_after_each_line(tmp_path: Path) -> None:
    """Progress counts the lines of the input, those of an earlier run among them."""
    cases = write(tmp_path / "in.jsonl", line(), line(), line())
    out = tmp_path / "out.jsonl"
    batch_file(Echo, cases, out)
    out.write_bytes(out.read_bytes().splitlines(keepends=True)[0])
    told: list[tuple[int, int]] = []
    batch_file(
        Echo, cases, out, resume=True, progress=lambda done, total: told.append((done, total))
    )
    assert told == [(2, 3), (3, 3)]
