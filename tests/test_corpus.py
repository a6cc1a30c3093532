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
HALVES = ("dev", "test")
FILES = sorted(path for half in HALVES for path in (CORPUS / half).glob("*/cases.jsonl"))
LINES = [
    (path, json.loads(line))
    for path in FILES
    for line in path.read_text(encoding="utf-8").splitlines()
]
CASES = {case.id: case for half in HALVES for case in load_cases(CORPUS / half)}
PROBES = {half: load_cases(CORPUS / "probes" / f"{half}.jsonl") for half in HALVES}

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
    "second_labels",
    "second_misleading",
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


@pytest.mark.parametrize(("path", "case"), LINES, ids=[case["id"] for _, case in LINES])
def test_a_case_is_whole(path: Path, case: dict[str, object]) -> None:
    """A case has every field, a second reader's labels, and a note that says why."""
    assert list(case) == FIELDS
    assert len(str(case["note"])) > 20
    assert isinstance(case["misleading"], bool)
    assert case["second_labels"]
    assert case["source_path"] == "source.html"
    assert (path.parent / "source.html").is_file()


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


@pytest.mark.parametrize("half", HALVES)
def test_half_of_the_passages_are_fair(half: str) -> None:
    """A corpus of misuses alone would reward a check that finds fault with everything."""
    cases = load_cases(CORPUS / half)
    n_fair = sum(not case.labels for case in cases)
    assert abs(2 * n_fair - len(cases)) <= len(cases) // 50


def test_every_type_of_finding_has_cases() -> None:
    """What the contract names is labelled a dozen times, and several times in either half."""
    counts = Counter(kind for case in CASES.values() for kind in case.labels or ())
    assert set(counts) == set(FindingType)
    assert min(counts.values()) >= 12
    held = Counter(kind for case in load_cases(CORPUS / "test") for kind in case.labels or ())
    assert min(held[kind] for kind in FindingType) >= 5


def test_the_halves_share_no_page() -> None:
    """Cases of one page stand in one half, so that nothing is learnt from a page that is tested."""
    names = [path.parent.name for path in FILES]
    assert len(set(names)) == len(names) >= 60


@pytest.mark.parametrize("half", HALVES)
def test_probes_quote_their_text(half: str) -> None:
    """A probe's words are its text's, but for those that a probe leaves out without a sign."""
    for case in PROBES[half]:
        text = fold(case.source.value)
        pieces = [
            fold(p.span.of(case.passage)).strip(" .,;:")
            for f in Claim.from_passage(case.passage).fragments
            for p in f.pieces
        ]
        is_whole = all(piece in text for piece in pieces)
        assert is_whole or case.form == "unmarked"
        assert (case.labels == ()) == (case.form == "irrelevant")


@pytest.mark.parametrize("name", FOUNDING + KNOWN)
def test_what_is_told_anew_has_a_fair_twin(name: str) -> None:
    """Each retelling is about a referent, and has a twin that quotes the same source fairly."""
    misuse, fair = CASES[name], CASES[f"{name}-fair"]
    assert FindingType.REFERENT_CHANGED in (misuse.labels or ())
    assert fair.labels == ()
    assert Path(misuse.source.value).resolve() == Path(fair.source.value).resolve()


def test_no_file_dangles() -> None:
    """A folder holds a page and the passages that quote it."""
    for half in HALVES:
        for folder in (CORPUS / half).iterdir():
            assert {path.name for path in folder.iterdir()} == {"source.html", "cases.jsonl"}


def test_the_guide_counts_what_is_there() -> None:
    """The table in the guide has a row for each type, with the number of cases that carry it."""
    counts = {}
    for half in HALVES:
        cases = load_cases(CORPUS / half)
        counts[half] = Counter(kind.value for case in cases for kind in case.labels or ())
        counts[half]["faithful"] = sum(not case.labels for case in cases)
    guide = (CORPUS / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| `(\w+)` \| (\d+) \| (\d+) \| (\d+) \|$", guide)
    table = {name: tuple(map(int, numbers)) for name, *numbers in rows}
    dev, test = counts["dev"], counts["test"]
    assert table == {
        name: (dev[name], test[name], dev[name] + test[name]) for name in {*dev, *test}
    }
    assert f"There are {len(CASES)} passages over {len(FILES)} pages" in guide
