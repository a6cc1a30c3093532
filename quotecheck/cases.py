"""A case: a passage and its source as JSON, in a batch, in a corpus, or sent to the HTTP API."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from quotecheck.errors import CaseError, InputError
from quotecheck.records import FindingType, Source
from quotecheck.translation import N_

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FAITHFUL: Final = "faithful"
SOURCES: Final = ("source_url", "source_path", "source_html", "source_text")

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


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


def read_case(text: str, *, base: Path | None) -> Case:
    """Read one case.

    Args:
        text: A JSON object; bytes that were no UTF-8 stand in it as lone surrogates.
        base: The folder that a `source_path` starts from; None where no file may be read.

    Raises:
        CaseError: It is not a case as the contract describes it.
    """
    fields = _read_object(text)
    if base is None and fields.get("source_path") is not None:
        raise CaseError(
            N_(
                "A source_path cannot be used here: no file of this machine is read. Send the text"
                " as source_html or source_text."
            )
        )
    given = [name for name in SOURCES if fields.get(name) is not None]
    names = ", ".join(SOURCES)
    if not given:
        raise CaseError(N_("A case needs exactly one of {names}; it has none."), names=names)
    if len(given) > 1:
        raise CaseError(
            N_("A case needs exactly one of {names}; it has {given}."),
            names=names,
            given=" and ".join(given),
        )
    passage = _read_text(fields, "passage")
    value = _read_text(fields, given[0])
    if passage is None:
        raise CaseError(N_("The case has no passage."))
    if not value or not value.strip():
        raise CaseError(N_("The case's {name} is empty."), name=given[0])
    return Case(
        passage,
        _name_source(given[0], value, base or Path()),
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


def load_cases(path: Path) -> tuple[Case, ...]:
    """Read labelled cases.

    Args:
        path: A JSONL file, whose empty lines are passed over; or a folder, of which every
            `case.json` is read, and every JSONL file, wherever they stand below it.

    Raises:
        CaseError: A case is not right, has no labels, no id, or an id that another has; or there
            is none.
        InputError: A file cannot be read.
    """
    cases: dict[str, Case] = {}
    for place, text, base in _read_texts(path):
        try:
            case = read_case(text, base=base)
        except CaseError as exc:
            raise CaseError(f"{place}: {exc}") from exc
        if not case.id:
            raise CaseError(f"{place}: The case has no id.")
        if case.labels is None:
            raise CaseError(f"{place}: The case has no labels.")
        if case.id in cases:
            raise CaseError(f"{place}: Another case has the id {case.id!r}, too.")
        cases[case.id] = case
    if not cases:
        raise CaseError(f"{path} holds no case.")
    return tuple(cases.values())


def guess_id(text: str) -> str | None:
    """Return the id of what cannot be used as a case, where at least that can be read."""
    try:
        return _read_id(_read_object(text))
    except CaseError:
        return None


def is_unicode(text: str) -> bool:
    """Say whether a text is made of whole characters: none of its surrogates is alone."""
    return _SURROGATE.search(text) is None


# --- files ---------------------------------------------------------------------------------------


def _read_texts(path: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield, for each case, where it stands, its JSON, and the folder that its paths start from."""
    if path.is_dir():
        for file in sorted((*path.rglob("case.json"), *path.rglob("*.jsonl"))):
            yield from _read_texts(file)
    elif path.suffix == ".json":
        yield str(path), _read_file(path), path.parent
    else:
        # Only a line feed ends a line: JSON may hold the other separators.
        for number, line in enumerate(_read_file(path).split("\n"), start=1):
            if line.strip():
                yield f"{path}, line {number}", line, path.parent


def _read_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{path} is not in UTF-8.") from exc


# --- fields --------------------------------------------------------------------------------------


def _read_object(text: str) -> dict[str, object]:
    if not text.strip():
        raise CaseError(N_("The case is empty."))
    if not is_unicode(text):
        raise CaseError(N_("The case is not in UTF-8."))
    try:
        fields = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as exc:
        raise CaseError(
            N_("The case is not JSON: {problem} at character {place}."),
            problem=exc.msg,
            place=exc.pos + 1,
        ) from exc
    except (ValueError, RecursionError) as exc:  # a number of 5,000 digits; brackets 10,000 deep
        raise CaseError(N_("The case is JSON that cannot be read.")) from exc
    if not isinstance(fields, dict):
        raise CaseError(N_("A case is a JSON object, in braces."))
    return fields


def _refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise CaseError(f"The case is not JSON: {name} is no number there.")


def _read_text(fields: Mapping[str, object], name: str) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise CaseError(N_("The case's {name} is not text."), name=name)
    if not is_unicode(value):
        raise CaseError(
            N_("The case's {name} has half a character in it: it was cut by bytes."), name=name
        )
    return value


def _read_flag(fields: Mapping[str, object], name: str) -> bool | None:
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise CaseError(N_("The case's {name} is neither true nor false."), name=name)


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
            N_("The case's labels are not a list of types of finding, or {faithful}."),
            faithful=f'["{FAITHFUL}"]',
        )
    if names == [FAITHFUL]:
        return ()
    known = {kind.value: kind for kind in FindingType}
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise CaseError(
                N_("The case has the label {name}, which is no type of finding."), name=repr(name)
            )
    return tuple(known[name] for name in names)


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
