"""The labelled cases: each is well formed, quotes what it says, and stands in its place."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from lxml import html

from quotecheck.cases import load_cases
from quotecheck.claim import Claim
from quotecheck.records import FindingType

CORPUS = Path(__file__).parent.parent / "corpus"
CASES = {case.id: case for case in load_cases(CORPUS)}

# Where the quoted words are not, or not all, the source's own.
NOT_VERBATIM = {
    FindingType.WORDS_ALTERED,
    FindingType.UNMARKED_ELISION,
    FindingType.NOT_FOUND,
}
FIELDS = [
    "id",
    "passage",
    "source_path",
    "labels",
    "misleading",
    "key_mention",
    "referent_in_source",
    "referent_in_passage",
    "note",
]
# The founding case told anew: two groups, of which a passage shows one (or shows both for one).
FOUNDING = [
    *("worked-example", "battery-levy", "ferry-fuel", "reservoir-pledge", "tannery-towns"),
    *("airport-curfew", "streaming-levy", "hospital-mondays", "unions-meters"),
    *("campus-rents", "campus-song", "grocer-tray", "quay-plug"),
]
# Misquotations that everybody knows, told anew: “that” and “this” moved, a condition cut off.
KNOWN = [
    *("degree-insult", "polder-parade", "polder-bulb", "plaster-box", "bucket-watch"),
    *("harbour-skipper", "ward-bells", "carrow-stone", "truce-breathing"),
]


def fold(text: str) -> str:
    """Return the text in small letters, with one kind of mark and of space, and no [t]his."""
    text = re.sub("[“”„«»\"‘’']", "'", re.sub(r"\[(\w)\]", r"\1", text))
    return " ".join(text.casefold().split())


def read_source(name: str | None) -> str:
    """Return a case's source as a reader sees it."""
    return html.fromstring(Path(CASES[name].source.value).read_bytes()).text_content()


def quoted_pieces(name: str | None) -> list[str]:
    """Return the stretches that a case's passage gives as running on without a gap."""
    passage = CASES[name].passage
    pieces = [p.span.of(passage) for f in Claim.from_passage(passage).fragments for p in f.pieces]
    return [fold(piece).strip(" .,;:") for piece in pieces]


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*/case.json")), ids=lambda p: p.parent.name)
def test_a_case_file_is_whole(path: Path) -> None:
    """A case has every field, its folder's name for an id, and a note that says why."""
    case = json.loads(path.read_text(encoding="utf-8"))
    assert list(case) == FIELDS
    assert case["id"] == path.parent.name
    assert len(case["note"]) > 20
    assert isinstance(case["misleading"], bool)
    assert (path.parent / case["source_path"]).is_file()


@pytest.mark.parametrize("name", CASES)
def test_quoted_words_are_in_the_source(name: str) -> None:
    """But for cases about wrong words, every quoted piece is the source's, letter for letter."""
    source = fold(read_source(name))
    missing = [piece for piece in quoted_pieces(name) if piece and piece not in source]
    if NOT_VERBATIM & set(CASES[name].labels or ()):
        assert missing
    else:
        # The quoter's own words, held at arm's length.
        assert missing == (["immersive experiences"] if name == "opera-season-fair" else [])


@pytest.mark.parametrize("name", CASES)
def test_labels_agree_with_each_other(name: str) -> None:
    """A faithful passage misleads nobody; a change of referent has an expression and two ends."""
    case = CASES[name]
    assert case.labels or not case.misleading
    assert bool(case.labels) != name.endswith("-fair")
    if case.key_mention:
        assert fold(case.key_mention) in fold(case.passage)
        assert case.referent_in_source
    if FindingType.REFERENT_CHANGED in (case.labels or ()):
        assert case.key_mention
        assert case.referent_in_passage != case.referent_in_source
    if FindingType.REFERENT_MISSING in (case.labels or ()):
        assert case.key_mention
        assert case.referent_in_passage is None


def test_half_of_the_passages_are_fair() -> None:
    """A corpus of misuses alone would reward a check that finds fault with everything."""
    n_fair = sum(not case.labels for case in CASES.values())
    assert n_fair == len(CASES) - n_fair


def test_every_type_of_finding_has_a_case() -> None:
    """What the contract names is labelled somewhere."""
    counts = Counter(kind for case in CASES.values() for kind in case.labels or ())
    assert set(counts) == set(FindingType)


@pytest.mark.parametrize("name", FOUNDING + KNOWN)
def test_what_is_told_anew_has_a_fair_twin(name: str) -> None:
    """Each retelling is about a referent, and has a twin that quotes the same source fairly."""
    misuse, fair = CASES[name], CASES[f"{name}-fair"]
    assert FindingType.REFERENT_CHANGED in (misuse.labels or ())
    assert fair.labels == ()
    assert Path(misuse.source.value).resolve() == Path(fair.source.value).resolve()


def test_no_file_dangles() -> None:
    """A folder holds a case and perhaps its source; each source is of a case in its own folder."""
    for folder in (path for path in CORPUS.iterdir() if path.is_dir()):
        names = {path.name for path in folder.iterdir()}
        assert names in ({"case.json"}, {"case.json", "source.html"})
        if "source.html" in names:
            assert Path(CASES[folder.name].source.value) == folder / "source.html"


def test_the_guide_counts_what_is_there() -> None:
    """The table in the guide has a row for each type, with the number of cases that carry it."""
    counts = Counter(kind.value for case in CASES.values() for kind in case.labels or ())
    counts["faithful"] = sum(not case.labels for case in CASES.values())
    guide = (CORPUS / "README.md").read_text(encoding="utf-8")
    table = {name: int(count) for name, count in re.findall(r"(?m)^\| `(\w+)` \| (\d+) \|$", guide)}
    assert table == dict(counts)
