"""The commands: exit codes, what goes to which stream, and what is said of a mistake."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from quotecheck import cli
from quotecheck.errors import ModelMissing, PageMissing
from quotecheck.records import (
    Article,
    ArticleKind,
    Context,
    Explained,
    Failure,
    Finding,
    FindingType,
    Label,
    Match,
    MatchKind,
    Mention,
    Referent,
    Relation,
    Severity,
    Source,
    SourceKind,
    Span,
)
from quotecheck.report import Report

if TYPE_CHECKING:
    from pathlib import Path

    from quotecheck.claim import Claim
    from quotecheck.settings import Settings

PASSAGE = "Brisela wants rules, yet these firms “tend to oppose them.”"
TEXT = "Brisela and Vandermoor spoke. The firms tend to oppose them."


def span(words: str, text: str) -> Span:
    """Return where the words stand in the text."""
    return Span(text.index(words), text.index(words) + len(words))


def mention(words: str, text: str) -> Mention:
    """Return the words as a mention in the text."""
    return Mention(words, span(words, text))


def make_report(label: Label, claim: Claim, source: Source) -> Report:
    """Return a report of the kind that a check of the passage above would give."""
    if label is Label.CANNOT_CHECK:
        failure = Failure(PageMissing.code, "There is no such page.")
        return Report("r1", label, 0.0, "It could not be read.", claim, source, error=failure)
    article = Article(
        text=TEXT,
        main=Span(0, len(TEXT)),
        paragraphs=(Span(0, len(TEXT)),),
        kind=ArticleKind.HTML,
        sha256="0" * 64,
        retrieved_at=dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC),
        url="https://example.org/firms",
        final_url="https://example.org/firms",
        title="Firms and rules",
    )
    match = Match(0, MatchKind.EXACT, (span("tend to oppose them.", TEXT),), 1.0)
    referent = Referent(
        mention=mention("these firms", claim.passage),
        source_mention=mention("The firms", TEXT),
        reads_as=(mention("Brisela", claim.passage),),
        refers_to=(mention("Brisela", TEXT), mention("Vandermoor", TEXT)),
        antecedents=(mention("Brisela and Vandermoor", TEXT),),
        relation=Relation.NARROWED,
        confidence=0.9,
    )
    finding = Finding(
        FindingType.REFERENT_CHANGED,
        Severity.HIGH,
        0.9,
        (referent.mention.span,),
        (span("Brisela and Vandermoor", TEXT),),
        referent,
    )
    is_fair = label is Label.FAITHFUL
    return Report(
        "r1",
        label,
        0.9,
        "A summary.",
        claim,
        source,
        article,
        (match,),
        Context(Span(0, len(TEXT)), TEXT),
        () if is_fair else (referent,),
        () if is_fair else (Explained(finding, "They are more firms.", "“the firms [both]”"),),
    )


class FakeChecker:
    """Answers every check with the same label, or raises the same error, and remembers it all."""

    def __init__(self, outcome: Label | Exception) -> None:
        self.outcome = outcome
        self.checked: list[tuple[Claim, Source]] = []

    def check(self, claim: Claim, source: Source, *, check_id: str | None = None) -> Report:
        """Give the report, or raise the error."""
        self.checked.append((claim, source))
        if isinstance(self.outcome, Label):
            return replace(make_report(self.outcome, claim, source), id=check_id or "generated")
        raise self.outcome

    def __call__(self, _: Settings) -> FakeChecker:
        """Stand in for the function that loads the models, too."""
        return self


def check(*arguments: str, outcome: Label | Exception = Label.FAITHFUL) -> int:
    """Run `quotecheck check` with a passage and a source, and a checker that knows the outcome."""
    given = ["check", "--source", "https://example.org/firms", *arguments]
    if "--passage" not in arguments:
        given += ["--passage", PASSAGE]
    return cli.main(given, open_checker=FakeChecker(outcome))


# --- exit codes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "code"),
    [
        (Label.FAITHFUL, 0),
        (Label.NEEDS_CONTEXT, 1),
        (Label.MISREPRESENTS, 1),
        (Label.NOT_FOUND, 1),
        (Label.CANNOT_CHECK, 3),
    ],
)
def test_label_makes_the_exit_code(label: Label, code: int) -> None:
    """0 is nothing found wrong, 1 something found, 3 a source that could not be read."""
    assert check(outcome=label) == code


def test_missing_model_is_exit_code_3(capsys: pytest.CaptureFixture[str]) -> None:
    """An error of ours is one sentence on standard error, without a traceback."""
    assert check(outcome=ModelMissing("The model is not installed.")) == 3
    assert capsys.readouterr() == ("", "quotecheck: The model is not installed.\n")


@pytest.mark.parametrize("passage", ["", " ", "“…”"])
def test_empty_passage_is_exit_code_2(passage: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A passage without a word is bad input, and the error says so."""
    assert check("--passage", passage) == 2
    out, err = capsys.readouterr()
    assert not out
    assert "passage" in err


@pytest.mark.parametrize(
    "argv", [[], ["verify"], ["check"], ["check", "--passage", "x"], ["serve", "--port", "http"]]
)
def test_bad_usage_is_exit_code_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be understood ends with the usage on standard error."""
    with pytest.raises(SystemExit) as ended:
        cli.main(argv)
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("usage: quotecheck")


def test_bad_setting_is_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A setting that cannot be is named, and nothing is checked."""
    monkeypatch.setenv("QUOTECHECK_PORT", "eighty")
    assert check() == 2
    assert "port" in capsys.readouterr().err


def test_interruption_is_exit_code_130(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends a command as a shell expects, with a word and no traceback."""

    def interrupt(_: Settings) -> FakeChecker:
        raise KeyboardInterrupt

    argv = ["check", "--passage", PASSAGE, "--source", "a.txt"]
    assert cli.main(argv, open_checker=interrupt) == 130
    assert capsys.readouterr() == ("", "quotecheck: stopped\n")


def test_fault_of_the_program_is_exit_code_70(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault never looks like a verdict: it has a code of its own, and says one sentence."""
    assert check(outcome=ZeroDivisionError("by zero")) == 70
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("quotecheck: Something went wrong inside Quotecheck (ZeroDivisionError)")
    assert "Traceback" not in err
    monkeypatch.setenv("QUOTECHECK_DEBUG", "1")
    assert check(outcome=ZeroDivisionError("by zero")) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("form", [[], ["--json"], ["--markdown"], ["--annotations"]], ids=" ".join)
def test_closed_pipe_is_quiet(form: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """When the reader of the output has gone, nothing is said and no verdict is given."""
    reader, writer = os.pipe()
    os.close(reader)
    errors = io.StringIO()
    with os.fdopen(writer, "w", encoding="utf-8") as out:
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", errors)
        assert check(*form) == 141
    assert not errors.getvalue()


# --- what goes in --------------------------------------------------------------------------------


def passage_read(*arguments: str) -> str:
    """Return the passage that reaches the checker."""
    checker = FakeChecker(Label.FAITHFUL)
    argv = ["check", "--source", "a.txt", "--passage", *arguments]
    assert cli.main(argv, open_checker=checker) == 0
    return checker.checked[0][0].passage


def test_passage_comes_from_the_argument() -> None:
    """The passage is what was typed."""
    assert passage_read(PASSAGE) == PASSAGE


def test_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `-`, the passage is standard input, which is UTF-8 whatever the terminal is."""
    stream = io.TextIOWrapper(io.BytesIO(PASSAGE.encode()), encoding="ascii")
    monkeypatch.setattr(sys, "stdin", stream)
    assert passage_read("-") == PASSAGE


def test_at_sign_reads_a_file(tmp_path: Path) -> None:
    """With `@`, the passage is the file's content, without a byte order mark."""
    path = tmp_path / "passage.txt"
    path.write_text(PASSAGE, encoding="utf-8-sig")
    assert passage_read(f"@{path}") == PASSAGE


@pytest.mark.parametrize("option", ["--passage", "--speaker"])
def test_argument_in_another_encoding_is_bad_input(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bytes that are not UTF-8 are said to be so, and never reach a report."""
    assert check(option, os.fsdecode(b"caf\xe9")) == 2
    assert "UTF-8" in capsys.readouterr().err


def test_missing_passage_file_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A passage file that is not there is the user's mistake, not the source's."""
    assert check("--passage", f"@{tmp_path / 'none.txt'}") == 2
    assert "none.txt cannot be read" in capsys.readouterr().err


def test_passage_file_in_another_encoding_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is not UTF-8 is refused rather than misread."""
    path = tmp_path / "passage.txt"
    path.write_bytes(PASSAGE.encode("cp1252"))
    assert check("--passage", f"@{path}") == 2
    assert "UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argument", "kind"),
    [
        ("https://example.org/a", SourceKind.URL),
        ("HTTP://example.org/a", SourceKind.URL),
        ("saved/page.html", SourceKind.PATH),
    ],
)
def test_source_is_an_address_or_a_path(argument: str, kind: SourceKind) -> None:
    """What begins like a web address is one; all else is a path."""
    checker = FakeChecker(Label.FAITHFUL)
    argv = ["check", "--passage", PASSAGE, "--source", argument, "--speaker", "A. Brisela"]
    assert cli.main(argv, open_checker=checker) == 0
    claim, source = checker.checked[0]
    assert source.kind is kind
    assert claim.speaker == "A. Brisela"


# --- what comes out ------------------------------------------------------------------------------


def test_json_is_all_that_standard_output_has(capsys: pytest.CaptureFixture[str]) -> None:
    """With `--json`, standard output is one JSON object and standard error is empty."""
    check("--json", outcome=Label.MISREPRESENTS)
    out, err = capsys.readouterr()
    assert json.loads(out)["label"] == "misrepresents"
    assert not err


@pytest.mark.parametrize("is_wanted", [True, False])
def test_text_of_the_source_is_in_the_json_where_asked(
    *, is_wanted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--include-text` puts the extracted text in; without it, it stays out."""
    check("--json", *(["--include-text"] if is_wanted else []))
    assert json.loads(capsys.readouterr().out)["source"].get("text") == (
        TEXT if is_wanted else None
    )


def test_failure_is_in_the_json_and_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A source that cannot be read gives a report for programs and a sentence for people."""
    check("--json", outcome=Label.CANNOT_CHECK)
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["code"] == "page_missing"
    assert err == "quotecheck: There is no such page.\n"


def test_view_shows_without_colour_what_colour_shows(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the output is no terminal, marks stand in for colour and nothing is lost."""
    check(outcome=Label.MISREPRESENTS)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "Brisela[1] wants rules, yet these firms[1] “{tend to oppose them.}”" in out
    assert "The firms[1] {tend to oppose them.}" in out
    for words in (
        "Misrepresents the source",
        "A summary.",
        "in the source (“The firms”): Brisela; Vandermoor",
        "They are more firms.",
        "fairer: “the firms [both]”",
        "https://example.org/firms",
        "2026-11-23 at 10:00 UTC",
    ):
        assert words in out


@pytest.mark.parametrize(
    ("environment", "arguments", "is_coloured"),
    [({}, [], True), ({"NO_COLOR": "1"}, [], False), ({}, ["--no-color"], False)],
    ids=["terminal", "NO_COLOR", "--no-color"],
)
def test_colour_is_for_terminals_that_want_it(
    environment: dict[str, str],
    arguments: list[str],
    *,
    is_coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A terminal gets colour unless the user or the environment says no."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", **environment}.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    check(*arguments, outcome=Label.MISREPRESENTS)
    assert ("\x1b[" in terminal.getvalue()) is is_coloured
    assert ("{tend to" in terminal.getvalue()) is not is_coloured


def test_nothing_that_a_page_says_can_steer_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Control characters and those that turn the direction of text are made visible."""
    check("--passage", "these firms Brisela “x\x1b[2Jy\x9bz \u202eabc”", outcome=Label.NOT_FOUND)
    out = capsys.readouterr().out
    assert "x\ufffd[2Jy\ufffdz \ufffdabc" in out


def test_markdown_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """With `--markdown`, the report is text to paste into a story's notes."""
    assert check("--markdown", outcome=Label.MISREPRESENTS) == 1
    out, err = capsys.readouterr()
    assert "They are more firms." in out
    assert not err


def test_annotations_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """With `--annotations`, standard output is one Web Annotation document."""
    assert check("--annotations", outcome=Label.MISREPRESENTS) == 1
    out, err = capsys.readouterr()
    assert [item["motivation"] for item in json.loads(out)["first"]["items"]] == [
        "assessing",
        "highlighting",
    ]
    assert not err


@pytest.mark.parametrize("form", ["--json", "--markdown"])
def test_a_report_is_printed_in_one_form(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Two forms at once are bad usage."""
    with pytest.raises(SystemExit) as ended:
        check("--annotations", form)
    assert ended.value.code == 2
    assert "not allowed with argument" in capsys.readouterr().err


# --- many ----------------------------------------------------------------------------------------


def test_batch_writes_a_line_for_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`batch` answers every line in order, goes on after a bad one, and says how it went."""
    cases, out = tmp_path / "cases.jsonl", tmp_path / "reports.jsonl"
    case = json.dumps({"id": "c1", "passage": PASSAGE, "source_text": TEXT})
    cases.write_text(f"{case}\nnonsense\n", encoding="utf-8")
    argv = ["batch", str(cases), "--out", str(out)]
    assert cli.main(argv, open_checker=FakeChecker(Label.MISREPRESENTS)) == 0
    answers = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [answer["label"] for answer in answers] == ["misrepresents", "cannot_check"]
    assert capsys.readouterr() == ("", f"quotecheck: 2 lines in {out}; 1 with an error\n")


def test_batch_goes_on_where_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--resume`, lines that were answered are not checked again."""
    cases, out = tmp_path / "cases.jsonl", tmp_path / "reports.jsonl"
    case = json.dumps({"passage": PASSAGE, "source_text": TEXT})
    cases.write_text(f"{case}\n", encoding="utf-8")
    argv = ["batch", str(cases), "--out", str(out), "--resume"]
    cli.main(argv, open_checker=FakeChecker(Label.FAITHFUL))
    cases.write_text(f"{case}\n{case}\n", encoding="utf-8")
    checker = FakeChecker(Label.FAITHFUL)
    assert cli.main(argv, open_checker=checker) == 0
    assert len(checker.checked) == 1
    assert "2 lines" in capsys.readouterr().err


def test_missing_file_of_cases_is_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is not there is named."""
    argv = ["batch", str(tmp_path / "none.jsonl"), "--out", str(tmp_path / "reports.jsonl")]
    assert cli.main(argv, open_checker=FakeChecker(Label.FAITHFUL)) == 2
    assert "none.jsonl" in capsys.readouterr().err


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A folder with one labelled case."""
    case = {"id": "c1", "passage": PASSAGE, "source_text": TEXT, "labels": ["referent_changed"]}
    (tmp_path / "case.json").write_text(json.dumps(case), encoding="utf-8")
    return tmp_path


def test_evaluate_prints_scores_as_json(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--json`, the scores are one JSON object."""
    argv = ["evaluate", str(labelled), "--json"]
    assert cli.main(argv, open_checker=FakeChecker(Label.MISREPRESENTS)) == 0
    assert json.loads(capsys.readouterr().out)["groups"]["all"]["accuracy"] == 1.0


def test_evaluate_prints_scores_for_people(
    labelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without `--json`, the scores are a table, and the cases that differ are named."""
    cli.main(["evaluate", str(labelled)], open_checker=FakeChecker(Label.FAITHFUL))
    out = capsys.readouterr().out
    assert "1 cases" in out
    assert "c1: expected referent_changed; got faithful" in out


# --- the process ---------------------------------------------------------------------------------


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does."""
    return subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", "quotecheck.cli", *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, **environment},
    )


def test_help_names_every_command() -> None:
    """`--help` goes to standard output and lists what there is."""
    done = run("--help")
    assert done.returncode == 0
    for command in ("check", "batch", "evaluate", "serve"):
        assert f"  {command} " in done.stdout


def test_version_is_the_installed_one() -> None:
    """`--version` says the name and the version."""
    done = run("--version")
    assert done.stdout.startswith("quotecheck 0.")
    assert done.returncode == 0


def test_terminal_that_is_not_utf8_gets_what_it_can_show() -> None:
    """A character that the encoding lacks is written out, and nothing fails."""
    done = run("check", "--passage", "@“none”", "--source", "a.txt", PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert "\\u201cnone\\u201d" in done.stderr
    assert "Traceback" not in done.stderr
