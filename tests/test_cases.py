"""Cases as JSON: what one may hold, and how a corpus of them is gathered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from quotecheck.cases import load_cases, read_case
from quotecheck.errors import CaseError, InputError
from quotecheck.records import FindingType, Source, SourceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE = Path("cases")


def line(**fields: object) -> str:
    """Return a good case as a line, but for the fields given."""
    whole = {"id": "c1", "passage": "He said “it rains”.", "source_text": "It rains."} | fields
    return json.dumps({name: value for name, value in whole.items() if value is not None})


# --- reading a case ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("source_url", "https://a.example/b", Source(SourceKind.URL, "https://a.example/b")),
        ("source_path", "a.html", Source(SourceKind.PATH, str(BASE / "a.html"))),
        ("source_html", "<p>It rains.", Source(SourceKind.HTML, "<p>It rains.")),
        ("source_text", "It rains.", Source(SourceKind.TEXT, "It rains.")),
    ],
)
def test_each_way_to_name_a_source_is_read(name: str, value: str, expected: Source) -> None:
    """A source is an address, a path from the cases' own folder, HTML, or text."""
    case = read_case(line(**{"source_text": None, name: value}), base=BASE)
    assert case.source == expected


def test_all_fields_of_a_labelled_case_are_read() -> None:
    """What the contract lists beside passage and source comes through."""
    case = read_case(
        line(
            speaker="Ada Moreau",
            labels=["referent_changed", "words_altered"],
            misleading=True,
            key_mention="it",
            referent_in_source="the sky",
            referent_in_passage="the roof",
            note="why",
            form="elided",
            read_by_hand=False,
        ),
        base=BASE,
    )
    assert case.labels == (FindingType.REFERENT_CHANGED, FindingType.WORDS_ALTERED)
    assert (case.id, case.speaker, case.misleading) == ("c1", "Ada Moreau", True)
    assert (case.key_mention, case.referent_in_source) == ("it", "the sky")
    assert (case.referent_in_passage, case.note) == ("the roof", "why")
    assert (case.form, case.read_by_hand) == ("elided", False)


def test_faithful_is_an_empty_set_of_labels_and_silence_is_none() -> None:
    """A passage that somebody found fair differs from one that nobody has labelled."""
    assert read_case(line(labels=["faithful"]), base=BASE).labels == ()
    assert read_case(line(), base=BASE).labels is None


def test_a_number_can_be_an_id() -> None:
    """Ids that a spreadsheet made are numbers; they come out as text."""
    assert read_case(line(id=7), base=BASE).id == "7"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n",
        "{",
        "[]",
        "null",
        '"passage"',
        "[" * 100_000,
        '{"id": ' + "9" * 5_000 + "}",
        line(note=float("nan")),
        line(other=float("-inf")),
        line(passage=None),
        line(passage=12),
        line(passage="cut “\ud83d”"),
        line(source_text=None),
        line(source_text="  "),
        line(source_text=["It rains."]),
        line(source_url="https://a.example"),
        line(id=["c1"]),
        line(id=True),
        line(labels=[]),
        line(labels="faithful"),
        line(labels=["faithful", "not_found"]),
        line(labels=["misquoted"]),
        line(labels=[{}]),
        line(misleading="yes"),
        line(speaker=3),
        "caf\udce9",
    ],
)
def test_what_is_no_case_is_refused(text: str) -> None:
    """Whatever a line holds, it is a case or a CaseError, never another error."""
    with pytest.raises(CaseError):
        read_case(text, base=BASE)


def test_the_refusal_says_which_sources_were_given() -> None:
    """Somebody who gave two sources is told which two."""
    with pytest.raises(CaseError, match=r"it has source_url and source_text\.$"):
        read_case(line(source_url="https://a.example"), base=BASE)


def test_no_file_is_read_for_a_case_from_elsewhere() -> None:
    """Where there is no folder to start from, a path is refused and every other source is read."""
    with pytest.raises(CaseError, match="no file of this machine"):
        read_case(line(source_text=None, source_path="/etc/passwd"), base=None)
    assert read_case(line(), base=None).source == Source.from_text("It rains.")


# --- gathering cases -----------------------------------------------------------------------------


def write(path: Path, *cases: Mapping[str, object]) -> Path:
    """Write cases, one a line, into a file whose folder may not be there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(json.dumps(content) for content in cases), encoding="utf-8")
    return path


def content(name: str | None, **fields: object) -> dict[str, object]:
    """Return a case as it stands in a file."""
    return {"id": name, "passage": "p", "source_path": "s.html", "labels": ["faithful"]} | fields


def test_a_folder_gives_its_cases_in_order(tmp_path: Path) -> None:
    """Every case below a folder is read; its source starts from the case's own folder."""
    write(tmp_path / "b" / "case.json", content("b"))
    write(tmp_path / "a" / "deep" / "case.json", content("a"))
    write(tmp_path / "more.jsonl", content("c"), content("d"))
    write(tmp_path / "a" / "floors.json", {})
    cases = load_cases(tmp_path)
    assert [case.id for case in cases] == ["a", "b", "c", "d"]
    assert cases[0].source == Source.from_path(tmp_path / "a" / "deep" / "s.html")


def test_a_jsonl_file_is_read_line_by_line(tmp_path: Path) -> None:
    """Empty lines between cases are passed over."""
    path = write(tmp_path / "cases.jsonl", content("a"), content("b", labels=["not_found"]))
    assert [case.labels for case in load_cases(path)] == [(), (FindingType.NOT_FOUND,)]


@pytest.mark.parametrize(
    ("cases", "reason"),
    [
        ([content("a"), content("a")], "line 3: Another case has the id 'a'"),
        ([content("a"), content("b", labels=None)], "line 3: The case has no labels"),
        ([content(None)], "line 1: The case has no id"),
        ([content("a", passage=None)], "line 1: The case has no passage"),
        ([], "holds no case"),
    ],
)
def test_cases_that_cannot_be_scored_are_refused(
    tmp_path: Path, cases: list[dict[str, object]], reason: str
) -> None:
    """The refusal says in which line, and what is wrong with it."""
    with pytest.raises(CaseError, match=reason):
        load_cases(write(tmp_path / "cases.jsonl", *cases))


def test_files_that_cannot_be_read_are_errors_of_the_input(tmp_path: Path) -> None:
    """A path that leads nowhere, or to no text, is the user's to mend."""
    with pytest.raises(InputError, match="cannot be read"):
        load_cases(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "caf\xe9"}')
    with pytest.raises(InputError, match="UTF-8"):
        load_cases(tmp_path / "latin.jsonl")
