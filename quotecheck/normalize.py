"""Text made comparable: folded forms of characters, with a map of offsets back to the original.

Only the places that change are kept, so that a text of mostly plain letters costs one pass of one
regular expression, and its map is a few numbers for each change.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from quotecheck.records import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

_INVISIBLE: Final = (
    "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe0e\ufe0f\ufeff"
)
_SPACE: Final = rf"[\s{_INVISIBLE}]"
# A line of an e-mail or of Markdown that quotes begins with ">": no more than a line break.
_PREFIX: Final = r"\n[ \t]*>(?:[ \t]*>)*"
_LINE_END: Final = (
    r"(?P<hyphen>(?<=[a-z\u00df-\u00ff])[-\u00ad\u2010]"
    rf"[{_INVISIBLE}]*[ \t]*\r?\n[ \t]*(?:>[ \t]*)*(?=[a-z\u00df-\u00ff]))"
)
_RUN: Final = (
    rf"(?P<space>(?:{_PREFIX}|[^\S ]|[{_INVISIBLE}]| (?={_SPACE}))(?:{_PREFIX}|{_SPACE})*)"
)
_MARKS: Final = r"(?P<mark>``|''|´´|[-\u2010-\u2015\u2212]{2,})"
_ACCENTS: Final = r"(?P<accents>[\u0300-\u036f]+)"
_LETTER: Final = r"[^\W\d_]"
_BRACKET: Final = re.compile(rf"(?<={_LETTER})\[{_LETTER}*\]|\[{_LETTER}*\](?={_LETTER})|\[[Aa]\]")
_CHANGE: Final = re.compile(f"{_LINE_END}|{_RUN}|{_MARKS}|{_ACCENTS}|(?P<other>[^\\x00-\\x7f])")
# Where a change can begin; a set alone, so that the search skips the rest at full speed. Latin,
# Greek, Cyrillic, Hebrew, Arabic and CJK letters are most of what is written, and stand for
# themselves; the few there that do not are left in. Spaces count only where two follow each other.
_PLAIN: Final = (
    r"!-&(-,./-Z\\^_a-{|}~\u00c0-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e\u0180-\u01c3\u0386-\u03ce"
    r"\u0400-\u052f\u05d0-\u05ea\u0621-\u064a\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff"
)
_BEGINS: Final = re.compile(rf"[^ \[\]{_PLAIN}]")
_BEGINS_SPACED: Final = re.compile(rf"[^\[\]{_PLAIN}]")
_BEGINS_UNWRAPPING: Final = re.compile(rf"[^{_PLAIN}]")

_FORMS: Final = {
    **dict.fromkeys("‘’‚‛′ʹʻʼʽ´`‹›＇", "'"),
    **dict.fromkeys("“”„‟″«»＂〝〞「」『』", '"'),
    **dict.fromkeys("‐‑‒–—―−⁃﹘﹣－⸺⸻", "-"),
    "``": '"',
    "''": '"',
    "´´": '"',
    "…": "...",
    "\u2044": "/",
}

# A word with its apostrophes; a number with its separators and sign; a sign that is read aloud.
_WORD: Final = re.compile(
    r"[^\W\d_](?:\.[^\W\d_](?![^\W_]))+|[^\W\d_][^\W_]*(?:'[^\W_]+)*"
    r"|(?:(?<![\w)\"'])-(?=\d))?\d+(?:[.,:]\d+)*[^\W_]*(?:'[^\W\d_]+)?"
    r"|[$€£¥₹%‰&§+=<>°±×÷?]"
)
_THOUSANDS: Final = re.compile(r",(?=\d{3}(?!\d))")


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in its folded form.

    Attributes:
        text: The folded form.
        original_length: Code points of the original.
        changes: One row a change: where the replaced stretch starts and ends in the original, and
            where what replaces it starts and ends in the folded form. *Shape:* (n, 4), int64.
    """

    text: str
    original_length: int
    changes: NDArray[np.int64] = field(repr=False)

    def span(self, start: int, end: int) -> Span:
        """Return the stretch of the original that `text[start:end]` is the folded form of.

        A change counts as a whole: half of a ligature leads back to all of it.
        """
        if end <= start:
            place = int(self.to_original(np.array([start]))[0])
            return Span(place, place)
        first = int(self.to_original(np.array([start]))[0])
        return Span(first, int(self.to_original_end(np.array([end]))[0]))

    def to_original(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where the code points that start at `places` start in the original.

        Args:
            places: Offsets into `text`. *Shape:* (n,), int64.

        Returns:
            *Shape:* (n,), int64.
        """
        if not len(self.changes):
            return places
        row = np.searchsorted(self.changes[:, 2], places, side="right") - 1
        start, end, _, folded_end = self.changes[np.maximum(row, 0)].T
        # What was removed has no length in the folded form: a start comes after it.
        mapped = np.where(places < folded_end, start, end + places - folded_end)
        return np.where(row < 0, places, mapped)

    def to_original_end(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where the code points that end at `places` end in the original.

        Args:
            places: Offsets into `text`, more than 0. *Shape:* (n,), int64.

        Returns:
            *Shape:* (n,), int64.
        """
        if not len(self.changes):
            return places
        row = np.searchsorted(self.changes[:, 2], places, side="left") - 1
        _, end, _, folded_end = self.changes[np.maximum(row, 0)].T
        mapped = np.where(places <= folded_end, end, end + places - folded_end)
        return np.where(row < 0, places, mapped)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text in order, without regard to case.

    Attributes:
        keys: The words, folded and in small letters.
        starts: Where each starts in the original text. *Shape:* (n,), int64.
        ends: Where each ends there. *Shape:* (n,), int64.
    """

    keys: list[str]
    starts: NDArray[np.int64] = field(repr=False)
    ends: NDArray[np.int64] = field(repr=False)

    def __len__(self) -> int:
        """Count the words."""
        return len(self.keys)

    def span(self, first: int, end: int) -> Span:
        """Return the stretch of the original from word `first` to the one before `end`."""
        return Span(int(self.starts[first]), int(self.ends[end - 1]))


def fold(text: str, *, unwrap_letters: bool = False) -> Folded:
    """Fold what typesetting changes and nobody reads.

    Quotation marks and dashes become typewriter ones; white space of any kind and length becomes
    one space; soft hyphens and other invisible characters go; a hyphen at a line's end goes with
    the line break; ligatures, full-width forms and the like become the plain letters; "…" becomes
    three dots. Case is kept. Linear in the length of the text.

    Args:
        text: Any text.
        unwrap_letters: Also take off the brackets around letters of a word: [T]he, compan[ies].
    """
    begins = _BEGINS_SPACED if "  " in text else _BEGINS
    parts: list[str] = []
    changes: list[tuple[int, int, int, int]] = []
    position = length = 0
    # The places of brackets that come off.
    brackets = {
        place
        for match in (_BRACKET.finditer(text) if unwrap_letters else ())
        for place in (match.start(), match.end() - 1)
    }
    for place in (_BEGINS_UNWRAPPING if unwrap_letters else begins).finditer(text):
        start = place.start()
        match = _CHANGE.match(text, start) if start >= position else None
        if match is None and start not in brackets:
            continue
        end, kind = (match.end(), match.lastgroup) if match else (start + 1, "bracket")
        if kind == "space":
            while start > position and text[start - 1] == " ":
                start -= 1
        elif kind == "accents" and start > position and text[start - 1].isalpha():
            start -= 1
        stretch = text[start:end]
        if kind in {"hyphen", "bracket"}:
            form = ""
        elif kind == "space":
            form = "" if stretch.strip() and not _has_space(stretch) else " "
        else:
            form = _fold_form(stretch)
        if form == stretch:
            continue
        parts += (text[position:start], form)
        length += start - position
        changes.append((start, end, length, length + len(form)))
        length += len(form)
        position = end
    parts.append(text[position:])
    table = np.array(changes, dtype=np.int64).reshape(-1, 4)
    return Folded("".join(parts), len(text), table)


def read_words(folded: Folded) -> Words:
    """Cut a folded text into words, with offsets into the original.

    A hyphen parts two words, an apostrophe does not. Signs that are read aloud ($, %, &) and the
    question mark are words too, for what they say can be changed.
    """
    text = folded.text
    spans = [match.span() for match in _WORD.finditer(text)]
    lower = text.lower()
    if len(lower) == len(text):
        keys = [lower[start:end] for start, end in spans]
    else:  # a letter that grows: İ
        keys = [text[start:end].lower() for start, end in spans]
    keys = [_key(key) if "." in key or "," in key else key for key in keys]
    places = np.array(spans, dtype=np.int64).reshape(-1, 2)
    return Words(keys, folded.to_original(places[:, 0]), folded.to_original_end(places[:, 1]))


def _key(word: str) -> str:
    """Return a word without the points of U.S. or the commas of 1,000."""
    if "." in word and not word[-1].isdigit():
        return word.replace(".", "")
    return _THOUSANDS.sub("", word)


def _has_space(run: str) -> bool:
    return any(char.isspace() for char in run)


@lru_cache(maxsize=65536)
def _fold_form(stretch: str) -> str:
    """Return the plain form of a character, of a letter with its accents, or of a doubled mark."""
    if len(stretch) > 1 and _FORMS.get(stretch[0], stretch[0]) == "-":
        return "-"
    plain = unicodedata.normalize("NFKC", stretch)
    if plain != stretch and plain[:1].isspace() and len(plain) > 1:
        plain = stretch  # a spacing accent, which would come apart
    return _FORMS.get(stretch) or "".join(_FORMS.get(char, char) for char in plain)
