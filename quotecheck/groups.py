"""Names by their surface: lists given for a group, and names with a hyphen in them.

A parser trained on a few hundred thousand words attaches “such as A and B” wrongly one time in
several; the words themselves are surer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Doc


def find_hyphenated_names(doc: Doc) -> Iterator[tuple[int, ...]]:
    """Give the names with a hyphen in them, which the treebanks part: Berit Halvorsen-Adu."""
    for token in doc[1:-1]:
        left, right = doc[token.i - 1], doc[token.i + 1]
        is_joined = token.text in {"-", "‐", "‑"} and not (left.whitespace_ or token.whitespace_)
        if not (is_joined and left.pos_ == right.pos_ == "PROPN"):
            continue
        start, end = left.i, right.i
        while start > 0 and doc[start - 1].pos_ == "PROPN" and doc[start - 1].ent_type_ == "PER":
            start -= 1
        if not any(doc[i].dep_.startswith("compound") and doc[i].head.i > end for i in (end,)):
            yield tuple(range(start, end + 1))


@dataclass(frozen=True, slots=True)
class NamedGroup:
    """Plurals with names given for them: “makers such as A and B”; all are token numbers.

    `heads` has the noun right before the names and those around it: in “chiefs of firms such as A”
    either can be meant. Each member is a run of tokens; `marker` is where *such as* starts.
    """

    heads: tuple[int, ...]
    marker: int
    members: tuple[tuple[int, ...], ...]


def find_named_groups(doc: Doc) -> Iterator[NamedGroup]:
    """Find the groups with names given for them by their words, which are surer than the parse."""
    for token in doc[1:]:
        if token.lower_ == "such" and token.i + 1 < len(doc) and doc[token.i + 1].lower_ == "as":
            first = token.i + 2
        elif token.lower_ == "including":
            first = token.i + 1
        else:
            continue
        marker = token.i - 1 if doc[token.i - 1].text == "," else token.i
        heads = tuple(_heads_before(doc, marker))
        members = tuple(_name_runs(doc, first))
        if heads and members:
            yield NamedGroup(heads, marker, members)


def _heads_before(doc: Doc, marker: int) -> Iterator[int]:
    """Give the noun that ends at a marker, and the plurals whose descriptions end there."""
    if marker and doc[marker - 1].pos_ == "NOUN":
        nearest = doc[marker - 1]
        yield nearest.i
        for token in nearest.ancestors:
            is_plural = token.pos_ == "NOUN" and "Plur" in token.morph.get("Number", [])
            if is_plural and token.i < marker and token.sent == nearest.sent:
                yield token.i


def _name_runs(doc: Doc, start: int) -> Iterator[tuple[int, ...]]:
    """Give the names of a list, a run of tokens each, until something else comes.

    “X chief Y” is one run: what stands small between two names belongs to them.
    """
    run: list[int] = []
    for token in doc[start:]:
        is_name = token.text[:1].isupper()
        is_between = bool(run) and token.pos_ in {"NOUN", "ADJ", "PUNCT"} and token.text != ","
        if is_name or (is_between and token.i + 1 < len(doc) and doc[token.i + 1].text.istitle()):
            run.append(token.i)
            continue
        if run:
            yield tuple(run)
        run = []
        if token.text != "," and token.lower_ not in {"and", "or", "the"}:
            return
    if run:
        yield tuple(run)
