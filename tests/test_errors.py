"""The error tree: every error has a word for programs, and the drawing is the tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from quotecheck import errors
from quotecheck.errors import QuotecheckError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A line of the drawing: the bars and corners before a name say how deep it stands.
DRAWN = re.compile(r"^    (?P<bars>[│├└─ ]*)(?P<name>[A-Z]\w+)(?: |$)", re.MULTILINE)
BARS_A_LEVEL = 4


def drawn_tree() -> dict[str, str | None]:
    """Read each name's parent from the drawing at the top of the module."""
    parents: dict[str, str | None] = {}
    branch: list[str] = []
    for line in DRAWN.finditer(errors.__doc__ or ""):
        depth = len(line["bars"]) // BARS_A_LEVEL
        del branch[depth:]
        parents[line["name"]] = branch[-1] if branch else None
        branch.append(line["name"])
    return parents


def walk(kind: type[QuotecheckError]) -> Iterator[type[QuotecheckError]]:
    """Give an error's class and every class below it."""
    yield kind
    for below in kind.__subclasses__():
        yield from walk(below)


CLASSES = [kind for kind in walk(QuotecheckError) if kind.__module__ == errors.__name__]


def test_drawing_names_every_class() -> None:
    """What is drawn and what is defined are the same names."""
    assert set(drawn_tree()) == {kind.__name__ for kind in CLASSES}


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_drawing_shows_where_a_class_stands(kind: type[QuotecheckError]) -> None:
    """An error is drawn below its base class, or below a class that it specialises."""
    drawn_parent = drawn_tree()[kind.__name__]
    if drawn_parent is None:
        assert kind is QuotecheckError
    else:
        assert issubclass(kind, getattr(errors, drawn_parent))


def test_codes_are_unique() -> None:
    """No two errors share a code, and none leaves its own to its base class."""
    codes = [kind.__dict__.get("code") for kind in CLASSES]
    assert len(set(codes)) == len(CLASSES)
    assert None not in codes


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_code_is_a_plain_word(kind: type[QuotecheckError]) -> None:
    """A code can stand in a URL, a log line or a program without quoting."""
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", kind.code)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_text_of_an_error_is_its_sentence(kind: type[QuotecheckError]) -> None:
    """What is raised with a sentence is shown as that sentence."""
    assert str(kind("The page is gone.")) == "The page is gone."
