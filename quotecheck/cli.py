"""The commands. What is printed is printed here, or in `terminal.py` for it.

Standard output carries reports and scores alone, so that it can be piped; progress, warnings and
errors go to standard error. Whatever is slow to import is imported by the command that needs it.
"""

from __future__ import annotations

import argparse
import dataclasses
import enum
import io
import json
import os
import sys
import traceback
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from quotecheck.errors import InputError, QuotecheckError
from quotecheck.records import Label, Source
from quotecheck.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from quotecheck.cases import Case
    from quotecheck.checker import Checker
    from quotecheck.evaluate import Scores
    from quotecheck.report import Report

    OpenChecker = Callable[[Settings], Checker]


# An environment variable with which a fault of the program is shown in full.
DEBUG = "QUOTECHECK_DEBUG"


class Exit(enum.IntEnum):
    """What the exit code of a command says."""

    NOTHING_FOUND = 0
    FOUND = 1
    BAD_INPUT = 2
    NO_SOURCE = 3
    # What `sysexits.h` calls an internal error of the program.
    FAULT = 70
    # What a shell reports of a program that a signal ended: 128 and the signal's number.
    INTERRUPTED = 130
    BROKEN_PIPE = 141


def main(argv: Sequence[str] | None = None, *, open_checker: OpenChecker | None = None) -> int:
    """Run one command.

    Args:
        argv: The arguments after the program's name; by default those of the process.
        open_checker: Makes the checker from the settings; by default it loads the models.

    Returns:
        The exit code.
    """
    arguments = _parser().parse_args(argv)
    # What a terminal's encoding lacks is shown as `\u…` (which JSON reads as what it was).
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Where other programs are busy, torch's threads would spend ten times the work of a check on
    # waiting for each other; asleep they cost nothing. It has to be said before torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        code = int(arguments.run(arguments, open_checker or _load_checker))
        sys.stdout.flush()
    except QuotecheckError as exc:
        _say(str(exc))
        return Exit.BAD_INPUT if isinstance(exc, InputError) else Exit.NO_SOURCE
    except KeyboardInterrupt:
        _say("stopped")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader has gone. Python flushes once more on its way out, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.BROKEN_PIPE
    except Exception as exc:  # noqa: BLE001  # an exit code of 1 would say that something was found
        if os.environ.get(DEBUG):
            traceback.print_exc()
        _say(
            f"Something went wrong inside Quotecheck ({type(exc).__name__}), so there is no answer."
            f" Set {DEBUG}=1 to see where."
        )
        return Exit.FAULT
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quotecheck", description="Says whether a quotation is fair to its source."
    )
    parser.add_argument(
        "--version", action="version", version=f"quotecheck {metadata.version('quotecheck')}"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    check = commands.add_parser(
        "check",
        help="check one quotation",
        description="Check one quotation against its source.",
        epilog="Exit codes: 0 nothing found wrong; 1 something found; 2 bad usage or input;"
        " 3 the source could not be had or read; 70 a fault of the program.",
    )
    check.add_argument(
        "--passage",
        required=True,
        metavar="TEXT",
        help="what was published: the quoted words in quotation marks, and the words around them;"
        " - reads standard input, @FILE a file",
    )
    check.add_argument(
        "--source",
        required=True,
        metavar="URL-or-PATH",
        help="the address of the source, or a file with its HTML or plain text",
    )
    check.add_argument("--speaker", metavar="NAME", help="who is said to have said it")
    form = check.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the report as JSON")
    form.add_argument("--markdown", action="store_true", help="print the report as Markdown")
    form.add_argument(
        "--annotations", action="store_true", help="print the report as Web Annotations (JSON-LD)"
    )
    check.add_argument(
        "--include-text", action="store_true", help="put the source's whole text into the JSON"
    )
    check.add_argument("--no-color", action="store_true", help="print without colour")
    check.set_defaults(run=_check)

    audit = commands.add_parser(
        "audit",
        help="check what an article quotes",
        description="Find the quotations in an article and the sources that it links for them, and"
        " check each.",
        epilog="Exit codes: 0 nothing found wrong; 1 something found; 2 bad usage or input;"
        " 3 the article could not be had or read; 70 a fault of the program.",
    )
    audit.add_argument(
        "article", metavar="URL-or-PATH", help="the address of the article, or a file"
    )
    audit.add_argument("--json", action="store_true", help="print what was found as JSON")
    audit.add_argument(
        "--max-sources",
        type=int,
        choices=range(1, 1001),
        metavar="N",
        default=20,
        help="how many linked sources are read at most (usually 20)",
    )
    audit.add_argument("--no-color", action="store_true", help="print without colour")
    audit.set_defaults(run=_audit)

    batch = commands.add_parser(
        "batch",
        help="check many quotations",
        description="Check every line of a JSONL file, and write one line of JSON for each.",
    )
    batch.add_argument("cases", type=Path, metavar="IN.jsonl")
    batch.add_argument("--out", required=True, type=Path, metavar="OUT.jsonl")
    batch.add_argument("--resume", action="store_true", help="go on after an interruption")
    batch.add_argument(
        "--workers",
        type=int,
        choices=range(1, 65),
        metavar="N",
        default=1,
        help="how many lines may be checked at once; this version checks one after the other",
    )
    batch.set_defaults(run=_batch)

    evaluate = commands.add_parser(
        "evaluate",
        help="score labelled cases",
        description="Check labelled cases and say how often the check is right.",
    )
    evaluate.add_argument("cases", type=Path, metavar="FOLDER-or-JSONL")
    evaluate.add_argument("--json", action="store_true", help="print the scores as JSON")
    evaluate.add_argument(
        "--floors",
        type=Path,
        metavar="FILE",
        help="compare with the figures that FILE holds for these cases; 1 where one is worse",
    )
    evaluate.add_argument(
        "--record", action="store_true", help="write the figures reached into the file of --floors"
    )
    evaluate.add_argument(
        "--allow-lower",
        action="store_true",
        help="with --record: let a figure be worse than before",
    )
    evaluate.set_defaults(run=_evaluate)

    serve = commands.add_parser(
        "serve", help="start the web form", description="Start the web form on this machine."
    )
    serve.add_argument("--host", help="the address to listen on (usually 127.0.0.1)")
    serve.add_argument("--port", type=int, help="the port to listen on (usually 8000)")
    serve.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="serve a newsroom: this many processes, with logs for machines (see README.md)",
    )
    serve.set_defaults(run=_serve)
    return parser


def _check(arguments: argparse.Namespace, open_checker: OpenChecker) -> Exit:
    from quotecheck.annotation import to_annotations  # noqa: PLC0415
    from quotecheck.cases import is_unicode  # noqa: PLC0415
    from quotecheck.claim import Claim  # noqa: PLC0415  # not needed for --help
    from quotecheck.markdown import to_markdown  # noqa: PLC0415
    from quotecheck.terminal import print_report  # noqa: PLC0415

    settings = Settings.load()
    if arguments.speaker and not is_unicode(arguments.speaker):
        raise InputError("The speaker's name is not in UTF-8. Type it again.")
    claim = Claim.from_passage(
        _read_passage(arguments.passage),
        speaker=arguments.speaker,
        max_chars=settings.max_passage_chars,
    )
    source = Source.from_argument(arguments.source)
    report = open_checker(settings).check(claim, source)
    if arguments.json:
        _print_json(report.to_dict(include_text=arguments.include_text))
    elif arguments.markdown:
        print(to_markdown(report), end="")
    elif arguments.annotations:
        _print_json(to_annotations(report, address=None))
    else:
        print_report(report, sys.stdout, use_color=not arguments.no_color)
    if report.error:
        _say(report.error.message)
    return _exit_code(report)


def _exit_code(report: Report) -> Exit:
    if report.label is Label.FAITHFUL:
        return Exit.NOTHING_FOUND
    return Exit.NO_SOURCE if report.label is Label.CANNOT_CHECK else Exit.FOUND


def _audit(arguments: argparse.Namespace, open_checker: OpenChecker) -> Exit:
    from quotecheck.audit import audit_article  # noqa: PLC0415  # not needed for --help
    from quotecheck.terminal import print_audit  # noqa: PLC0415

    audit = audit_article(
        open_checker(Settings.load()),
        Source.from_argument(arguments.article),
        max_sources=arguments.max_sources,
        progress=_progress(),
    )
    if arguments.json:
        _print_json(audit.to_dict())
    else:
        print_audit(audit, sys.stdout, use_color=not arguments.no_color)
    is_found = any(item.is_fault for item in audit.quotations)
    return Exit.FOUND if is_found else Exit.NOTHING_FOUND


def _read_passage(argument: str) -> str:
    """Return the passage that the argument gives, or names.

    Raises:
        InputError: The file cannot be read, or what was given is not UTF-8.
    """
    try:
        if argument == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        if argument.startswith("@"):
            return Path(argument[1:]).read_text(encoding="utf-8-sig")
        # Bytes that are not UTF-8 reach us as lone surrogates, which cannot be printed again.
        return argument.encode("utf-8").decode("utf-8")
    except OSError as exc:
        raise InputError(
            f"The passage file {argument[1:]} cannot be read: {exc.strerror}."
        ) from exc
    except UnicodeError as exc:
        raise InputError("The passage is not in UTF-8. Save it as UTF-8 and try again.") from exc


def _batch(arguments: argparse.Namespace, open_checker: OpenChecker) -> Exit:
    from quotecheck.batch import batch_file  # noqa: PLC0415

    settings = Settings.load()
    result = batch_file(
        lambda: open_checker(settings),
        arguments.cases,
        arguments.out,
        resume=arguments.resume,
        progress=_progress(),
        max_passage_chars=settings.max_passage_chars,
    )
    kept = f", {result.n_kept} of them from before" if result.n_kept else ""
    errors = f"; {result.n_errors} with an error" if result.n_errors else ""
    _say(f"{result.n_lines} lines in {arguments.out}{kept}{errors}")
    return Exit.NOTHING_FOUND


def _evaluate(arguments: argparse.Namespace, open_checker: OpenChecker) -> Exit:
    from quotecheck.cases import load_cases  # noqa: PLC0415
    from quotecheck.evaluate import evaluate  # noqa: PLC0415

    if arguments.floors is None and (arguments.record or arguments.allow_lower):
        raise InputError("--record and --allow-lower need the file of --floors.")
    cases = load_cases(arguments.cases)
    scores = evaluate(open_checker(Settings.load()), cases, _progress())
    if arguments.json:
        _print_json(scores.to_dict())
    else:
        print(scores.to_text())
    if arguments.floors is None:
        return Exit.NOTHING_FOUND
    return _hold(arguments, scores, cases)


def _hold(arguments: argparse.Namespace, scores: Scores, cases: tuple[Case, ...]) -> Exit:
    """Hold scores against the floors of their cases, or record them."""
    from quotecheck.floors import find_shortfalls, read_floors, record_floors  # noqa: PLC0415

    file, cases_path = arguments.floors.resolve(), arguments.cases.resolve()
    inside = cases_path.is_relative_to(file.parent)
    name = cases_path.relative_to(file.parent).as_posix() if inside else cases_path.name
    if arguments.record:
        record_floors(file, name, scores, cases, allow_lower=arguments.allow_lower)
        _say(f"recorded the figures of {name} in {arguments.floors}")
        return Exit.NOTHING_FOUND
    floors = read_floors(file)
    if name not in floors:
        raise InputError(f"{arguments.floors} holds no floors for {name}; record them: --record.")
    worse = find_shortfalls(scores, cases, floors[name])
    for shortfall in worse:
        _say(str(shortfall))
    return Exit.FOUND if worse else Exit.NOTHING_FOUND


def _serve(arguments: argparse.Namespace, _: OpenChecker) -> Exit:
    from web import serve  # noqa: PLC0415  # Flask is for this command alone
    from web.workers import serve_workers  # noqa: PLC0415

    given = {"host": arguments.host, "port": arguments.port}
    changes = {name: value for name, value in given.items() if value is not None}
    settings = dataclasses.replace(Settings.load(), **changes)
    if arguments.workers is None:
        serve(settings)
    else:
        serve_workers(settings, arguments.workers)
    return Exit.NOTHING_FOUND


def _load_checker(settings: Settings) -> Checker:
    from quotecheck.checker import Checker  # noqa: PLC0415

    if sys.stderr.isatty():
        _say("loading the models …")
    return Checker.from_settings(settings)


def _progress() -> Callable[[int, int], None] | None:
    """Return what shows on a terminal how far a run has got; nothing where nobody watches."""

    def show(n_done: int, n_all: int) -> None:
        end = "\n" if n_done == n_all else ""
        print(f"\r{n_done} of {n_all}", end=end, file=sys.stderr, flush=True)

    return show if sys.stderr.isatty() else None


def _print_json(content: Mapping[str, object]) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=2))


def _say(sentence: str) -> None:
    print(f"quotecheck: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
