"""Links that open a page at the quoted words: URL text fragments (`#:~:text=…`).

A browser looks for the words of a link in what it shows, from the top, by the rules of the draft
“URL Fragment Text Directives” of the WICG: words are whole, case and accents do not count, each
part of a directive lies within one block, and the first place that fits is taken. So each part is
cut from one line of one paragraph, and where its words stand elsewhere, too, the words beside them
are named with them.

What only the page knows, the article's text does not say: a line break in the middle of a
paragraph, the cells of a table. There the browser can find nothing, and opens the page at its top.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import quote

from quotecheck.records import ArticleKind, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from quotecheck.records import Article

# What a browser shows as a text that it can search by these rules.
_SHOWN = frozenset({ArticleKind.HTML, ArticleKind.TEXT})

# A stretch with more words or letters is named by its two ends: a link stays short enough to be
# pasted, and words that an editor changes later in the middle do no harm.
MAX_WORDS = 8
MAX_CHARS = 100
# So many words at each end are seldom found twice in an article.
EDGE_WORDS = 4
# Whoever needs more words around it to tell two places apart stands in a text that repeats itself.
MAX_CONTEXT = 20

# What a word cannot hold: white space, and the marks that join two words without any.
_CHUNK = re.compile(r"[^\s\u2012-\u2015\u2026/]+")
_LINE = re.compile(r"[^\n]+")
_PIECE = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Word:
    """A word without the punctuation around it.

    `key` is its place in the letters of the page, `block` the number of the line it stands in.
    """

    span: Span
    key: Span
    block: int


@dataclass(frozen=True, slots=True)
class _Part:
    """Words of one block, from number `first` to number `last`."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Beside:
    """How many words before and after a part are named with it."""

    n_before: int = 0
    n_after: int = 0


def link_to_words(article: Article, segments: Iterable[Span]) -> str | None:
    """Return the address that opens a page at some of its words.

    Args:
        article: The page.
        segments: The stretches of `article.text` to point to; a browser scrolls to the first that
            it finds. One that begins or ends inside a word takes in the whole word.

    Returns:
        The article's address with a text directive for each segment that has words, and that can be
        told from all other places; None where there is no such segment, or no http(s) address.
    """
    address = article.final_url or article.url or ""
    if article.kind not in _SHOWN or not address.lower().startswith(("http://", "https://")):
        return None
    page = _Page(article)
    # Two segments can lie in the same words.
    directives = dict.fromkeys(filter(None, (page.point_to(segment) for segment in segments)))
    if not directives:
        return None
    base, _, fragment = address.partition("#")
    fragment = fragment.partition(":~:")[0]
    return f"{base}#{fragment}:~:" + "&".join(f"text={words}" for words in directives)


class _Page:
    """The words of an article, as a browser's search meets them.

    `_keys` holds the letters and digits of all words in one string, without case, accents or
    anything between them, and `_edges` the places in it where a word can begin or end. Who compares
    by these finds all places that a browser finds, and a few that it does not: words that are
    unlike all others here are so in every browser.
    """

    def __init__(self, article: Article) -> None:
        self._text = article.text
        self._blocks = [
            Span(p.start + line.start(), p.start + line.end())
            for p in article.paragraphs
            for line in _LINE.finditer(p.of(article.text))
        ]
        self._words: list[_Word] = []
        self._edges = {0}
        keys: list[str] = []
        length = 0
        for number, block in enumerate(self._blocks):
            for span in _find_words(self._text, block):
                start = length
                for piece in _PIECE.finditer(self._text, span.start, span.end):
                    keys.append(_fold(piece[0]))
                    length += len(keys[-1])
                    self._edges.add(length)
                if length > start:
                    self._words.append(_Word(span, Span(start, length), number))
        self._keys = "".join(keys)
        self._n_main = sum(word.span.start < article.main.end for word in self._words)

    def point_to(self, segment: Span) -> str | None:
        """Return the text directive for a segment; None where it cannot be told from others.

        Where its words have a twin that may come first on the page, such as a pull quote, the order
        of the text has to do; and where a twin does come first, the whole of its block is named.
        """
        words = self._words
        first = bisect_right(words, segment.start, key=lambda word: word.span.end)
        last = bisect_left(words, segment.end, key=lambda word: word.span.start) - 1
        if not segment or first > last:
            return None
        blocks = _Part(self._block_of(first).first, self._block_of(last).last)
        ways = [
            (start, end, is_sure)
            for run, is_sure in (
                (_Part(first, last), True),
                (_Part(first, last), False),
                (blocks, False),
            )
            for start, end in self._cut(run.first, run.last)
        ]
        found = (self._pin(start, end, is_sure=is_sure) for start, end, is_sure in ways)
        return next(filter(None, found), None)

    def _cut(self, first: int, last: int) -> Iterator[tuple[_Part, _Part | None]]:
        """Yield the ways to name a run of words: all of them, or its beginning and its end."""
        words, n_words = self._words, last - first + 1
        is_one_block = words[first].block == words[last].block
        is_short = (
            n_words <= MAX_WORDS and words[last].span.end - words[first].span.start <= MAX_CHARS
        )
        if is_one_block and (is_short or n_words == 1):
            yield _Part(first, last), None
            return
        for size in range(EDGE_WORDS, MAX_WORDS + 1):
            most = min(size, n_words // 2) if is_one_block else size
            yield (
                _Part(first, min(first + most - 1, self._block_of(first).last)),
                _Part(max(last - most + 1, self._block_of(last).first), last),
            )

    def _pin(self, start: _Part, end: _Part | None, *, is_sure: bool) -> str | None:
        """Write a directive with as few words beside those it names as tell them apart.

        A browser takes the first place where the beginning fits, and from there on the first where
        the end does: the words before tell the beginnings apart, those after the ends.
        """
        others = self._find_others(start, is_sure=is_sure)
        between = self._find_between(start, end) if end else []
        # The search goes on behind an end that the words after do not fit, and not inside it.
        is_overlapped = end is not None and any(
            place + len(self._key(end)) > self._key(end).start for place in between
        )
        for beside in self._list_contexts(start, end or start):
            if is_overlapped and beside.n_after:
                continue
            before = _Beside(beside.n_before, 0 if end else beside.n_after)
            after = _Beside(0, beside.n_after)
            if any(self._fits(place, start, before) for place in others):
                continue
            if end is None or not any(self._fits(place, end, after) for place in between):
                return self._write(start, end, beside)
        return None

    def _find_others(self, part: _Part, *, is_sure: bool) -> list[int]:
        """Return where a part's letters stand that a browser can come to before the part itself.

        What is no part of the article's main text follows it in `Article.text`, but may be anywhere
        on the page; to be sure, all of that counts.
        """
        key = self._key(part)
        end = len(self._keys) if is_sure else key.start
        is_main = part.first < self._n_main
        main_end = self._words[self._n_main - 1].key.end if is_main else key.end
        places = self._find(key.of(self._keys), 0, end)
        return [n for n in places if n < key.start or (n > key.start and n >= main_end)]

    def _find_between(self, start: _Part, end: _Part) -> list[int]:
        """Return where the end of a range stands before it does, seen from the range's start."""
        key = self._key(end)
        places = self._find(key.of(self._keys), self._key(start).end, key.start)
        return [place for place in places if place in self._edges]

    def _find(self, letters: str, start: int, end: int) -> Iterator[int]:
        """Yield the places from `start` on and before `end` at which some letters begin."""
        place = self._keys.find(letters, start)
        while 0 <= place < end:
            yield place
            place = self._keys.find(letters, place + 1)

    def _fits(self, place: int, part: _Part, beside: _Beside) -> bool:
        """Say whether around a place with the letters of a part, the words beside it are, too."""
        start = self._words[part.first - beside.n_before].key.start
        letters = self._keys[start : self._words[part.last + beside.n_after].key.end]
        found = place - (self._key(part).start - start)
        return (
            found in self._edges
            and found + len(letters) in self._edges
            and self._keys.startswith(letters, found)
        )

    def _list_contexts(self, start: _Part, end: _Part) -> list[_Beside]:
        """Return how many words can be named before and after, the fewest first.

        Words of the next block come last: between two paragraphs, a page can show what is no part
        of its article.
        """
        words = self._words
        before, after = start.first - 1, end.last + 1
        most_before = most_after = 0
        if self._is_joined(before, start.first):
            most_before = min(MAX_CONTEXT, start.first - self._block_of(before).first)
        if self._is_joined(end.last, after):
            most_after = min(MAX_CONTEXT, self._block_of(after).last - end.last)
        is_far_before = most_before and words[before].block != words[start.first].block
        is_far_after = most_after and words[after].block != words[end.last].block
        return sorted(
            (_Beside(*n) for n in product(range(most_before + 1), range(most_after + 1))),
            key=lambda beside: (
                bool(is_far_before and beside.n_before) + bool(is_far_after and beside.n_after),
                beside.n_before + beside.n_after,
            ),
        )

    def _is_joined(self, word: int, after: int) -> bool:
        """Say whether a word stands right before another, in its block or at the end of the last.

        Only the main text has its paragraphs in the order of the page.
        """
        if word < 0 or after >= len(self._words):
            return False
        n_blocks = self._words[after].block - self._words[word].block
        return n_blocks == 0 or (n_blocks == 1 and after < self._n_main)

    def _block_of(self, word: int) -> _Part:
        """Return all words of the block that a word stands in."""
        number = self._words[word].block
        return _Part(
            bisect_left(self._words, number, key=lambda w: w.block),
            bisect_right(self._words, number, key=lambda w: w.block) - 1,
        )

    def _key(self, part: _Part) -> Span:
        return Span(self._words[part.first].key.start, self._words[part.last].key.end)

    def _write(self, start: _Part, end: _Part | None, beside: _Beside) -> str:
        """Write a directive: `[before-,]start[,end][,-after]`.

        What is named beside the words has to touch them, but for white space: so the punctuation in
        between is written with it, and that at the edge of a block with the words themselves.
        """
        text, words, blocks = self._text, self._words, self._blocks
        first, last = words[start.first], words[(end or start).last]
        opening, closing = first.span.start, last.span.end
        before = after = None
        if beside.n_before:
            border = blocks[words[start.first - 1].block].end
            if words[start.first - 1].block == first.block:
                border = opening
            else:
                opening = blocks[first.block].start
            before = text[words[start.first - beside.n_before].span.start : border]
        if beside.n_after:
            beyond = (end or start).last
            border = blocks[words[beyond + 1].block].start
            if words[beyond + 1].block == last.block:
                border = closing
            else:
                closing = blocks[last.block].end
            after = text[border : words[beyond + beside.n_after].span.end]
        if end is None:
            parts = [text[opening:closing]]
        else:
            parts = [
                text[opening : words[start.last].span.end],
                text[words[end.first].span.start : closing],
            ]
        written = [_encode(part) for part in parts]
        if before is not None:
            written.insert(0, _encode(before) + "-")
        if after is not None:
            written.append("-" + _encode(after))
        return ",".join(written)


def _find_words(text: str, block: Span) -> Iterator[Span]:
    """Yield the words of a block: what no browser would take for the inside of a longer word."""
    for chunk in _CHUNK.finditer(text, block.start, block.end):
        start, end = chunk.span()
        while start < end and not _is_letter(text[start]):
            start += 1
        while start < end and not _is_letter(text[end - 1]):
            end -= 1
        if start < end:
            yield Span(start, end)


def _is_letter(char: str) -> bool:
    """Say whether a character is a letter, a digit, or an accent that stands on one."""
    return char.isalnum() or char == "_" or unicodedata.category(char).startswith("M")


def _fold(word: str) -> str:
    """Return the letters of a word without what a search passes over: case and accents."""
    if word.isascii():
        return word.lower().replace("_", "")
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if c.isalnum())


def _encode(words: str) -> str:
    """Percent-encode a part, with the three marks that would divide it: comma, ampersand, hyphen.

    White space becomes single spaces, as a browser shows it.
    """
    return quote(" ".join(words.split()), safe="", errors="replace").replace("-", "%2D")
