"""What a page shows to a reader: HTML → blocks of text in the order of the page.

A block is a paragraph, a heading, a list item, a caption: what a browser sets apart from what
stands before and after it. The walk is iterative and linear, so deep or large pages do no harm.
"""

from __future__ import annotations

import enum
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lxml import etree, html

from quotecheck.records import Link, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_TAGS = frozenset(
    """
    address article aside blockquote body caption center dd details dialog dir div dl dt
    fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main
    menu nav ol option p pre section summary table tbody tfoot thead tr ul
    """.split()  # noqa: SIM905  # a list of words reads best as one
)
UNSEEN_TAGS = frozenset(
    """
    audio button canvas datalist head iframe input math noscript object script select style
    svg template textarea title video
    """.split()  # noqa: SIM905  # a list of words reads best as one
)
# Twice the letters of an English word with its space: only Chinese, Japanese and Thai have blocks
# in which words are longer than this.
LONG_WORD = 12
# A page with fewer shown words than the first, and with more words hidden than the second, has
# its article where scripts or odd names hide it: the largest boxes that pages hide have some 80.
FEW_WORDS, MANY_WORDS = 20, 100
CELLS = frozenset({"td", "th"})
# A cell with more words than this holds a paragraph of its own, as on pages laid out by tables;
# with fewer it is read with its row.
CELL_WORDS = 12
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# The whole page or its article can carry a class such as "has-comments": they are never a region.
WHOLE_TAGS = frozenset({"html", "body", "main", "article"})

# Names of classes and ids, seen on the 89 news pages of the extraction benchmark and in the
# templates of common publishing systems (WordPress, Drupal, Arc, Disqus, Viafoura, Coral).
_COMMENTS = re.compile(
    r"(?:^|\s)(?:user-?|reader-?|post-?|article-?)?(?:comments?|disqus(?:[-_]thread)?|fb-comments"
    r"|livefyre|viafoura|spot-?im|coral|respond"
    r"|comments?[-_]?(?:list|section|area|thread|body|box|form|container|wrapper|content|text))"
    r"(?=\s|$)",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"(?:cookie|gdpr)[-_]?(?:banner|bar|consent|law|message|modal|notice|overlay|policy|popup|wall)"
    r"|cookieconsent|onetrust|qc-cmp|truste|consent[-_](?:banner|modal|popup)"
    r"|(?:^|\s)(?:site-?nav(?:igation)?|main-?nav(?:igation)?|breadcrumbs?|skip-?links?"
    r"|site-?footer|page-?footer|global-?footer)(?=\s|$)",
    re.IGNORECASE,
)
# Only names that say it of the element itself: "sidebar" or "related" often names the whole grid.
_ASIDE = re.compile(
    r"(?:^|[\s_-])(?:caption|pull-?quote|newsletter|related[-_](?:articles|box|content|links|posts"
    r"|stories))(?=$|[\s_-])",
    re.IGNORECASE,
)
# Boxes that open over the text when a name is pointed at, written into the middle of its sentence.
_POPUP = re.compile(
    r"(?:rollover|tool-?tip|popover|popup|hover-?card)[\w-]*[-_](?:block|body|box|card|content|text)"
    r"|(?:^|\s)tooltip-?text(?=\s|$)",
    re.IGNORECASE,
)
_UNSEEN_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)


class Region(enum.Enum):
    """The part of a page that a block stands in."""

    BODY = enum.auto()
    ASIDE = enum.auto()  # captions, pull quotes, boxes: shown, but beside the running text
    FURNITURE = enum.auto()  # menus, footers, cookie banners
    COMMENTS = enum.auto()  # what readers wrote below
    HIDDEN = enum.auto()  # not shown until a script says so


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item or the like, white space folded.

    `container` is the number of the nearest block element in `Layout.parents`; `link_share` says
    how much of the text is inside links, from 0 to 1. `links` have their places in `text`, and
    their addresses as the page writes them.
    """

    text: str
    tag: str
    region: Region
    container: int
    link_share: float
    links: tuple[Link, ...] = ()

    @property
    def words(self) -> int:
        """How many words the block has, or would have in a script that sets them apart."""
        return max(self.text.count(" ") + 1, len(self.text) // LONG_WORD)


@dataclass(frozen=True, slots=True)
class Layout:
    """A page's blocks in order, and the tree of block elements that they stand in.

    `parents[n]` is the number of the element around element n; the root is its own parent.
    `names[n]` is the element's tag and classes: elements of one template share it.
    """

    blocks: tuple[Block, ...]
    parents: tuple[int, ...]
    names: tuple[str, ...]
    n_elements: int
    depth: int

    def containers(self, block: Block) -> Iterator[int]:
        """Yield the elements around a block, from the nearest to the root."""
        number = block.container
        while True:
            yield number
            if self.parents[number] == number:
                return
            number = self.parents[number]


def read_layout(tree: html.HtmlElement) -> Layout:
    """Cut a page into the blocks that it shows."""
    walk = _Walk()
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event == "start":
            walk.enter(element)
        elif event == "end":
            walk.leave(element)
        else:
            walk.write(element.tail)
    walk.flush()
    return Layout(
        _unmask(walk.blocks),
        tuple(walk.parents),
        tuple(walk.names),
        walk.n_elements,
        walk.max_depth,
    )


def _unmask(blocks: list[Block]) -> tuple[Block, ...]:
    """Take what is hidden, or named like comments, for the page where nothing else is there."""
    counts: Counter[Region] = Counter()
    for block in blocks:
        counts[block.region] += block.words
    if counts[Region.BODY] + counts[Region.ASIDE] < FEW_WORDS:
        for masked in (Region.HIDDEN, Region.COMMENTS):
            if counts[masked] > MANY_WORDS:
                return tuple(
                    replace(block, region=Region.BODY) if block.region is masked else block
                    for block in blocks
                )
    return tuple(blocks)


@dataclass(frozen=True, slots=True)
class _Open:
    """A link of the block that is being written: the first of its pieces, and the one after."""

    first: int
    after: int
    href: str
    rel: str


class _Walk:
    """The state of one walk over a page."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.parents: list[int] = [0]
        self.names: list[str] = [""]
        self.n_elements = 0
        self.max_depth = 0
        self._tags = ["body"]  # of each block element around, root first
        self._numbers = [0]
        self._regions = [(0, Region.BODY)]  # with the depth at which each begins
        self._depth = 0
        self._unseen_from: int | None = None
        self._link_depth: int | None = None
        self._pieces: list[str] = []
        self._link_chars = 0
        self._n_breaks = 0
        self._link: _Open | None = None
        self._links: list[_Open] = []

    def enter(self, element: html.HtmlElement) -> None:
        self._depth += 1
        self.n_elements += 1
        self.max_depth = max(self.max_depth, self._depth)
        if self._unseen_from is not None:
            return
        tag = element.tag
        names = f"{element.get('class', '')} {element.get('id', '')}"
        if tag in UNSEEN_TAGS or (tag not in BLOCK_TAGS and _POPUP.search(names)):
            self._unseen_from = self._depth
            return
        if tag == "sup" and element.find(".//a") is not None:  # a note's number, which none quotes
            self._unseen_from = self._depth
            n = len(self._pieces)
            self._links += [_open(note, n) for note in element.iter("a") if note.get("href")]
            return
        if tag in BLOCK_TAGS:
            self.flush()
            self.parents.append(self._numbers[-1])
            self.names.append(f"{tag} {element.get('class', '')}".strip())
            self._numbers.append(len(self.parents) - 1)
            self._tags.append(tag)
        if (region := self._region(element, tag, names)) is not None:
            self.flush()
            self._regions.append((self._depth, region))
        if tag == "br":
            self._break()
        elif tag in CELLS:
            self._pieces.append(" ")
        if tag == "a" and self._link_depth is None:
            self._link_depth = self._depth
        self.write(element.text, is_joint=tag not in BLOCK_TAGS)
        if self._link_depth == self._depth and element.get("href"):
            # A space that was put before the link's first words is not part of it.
            self._link = _open(element, len(self._pieces) - bool(element.text))

    def leave(self, element: html.HtmlElement) -> None:
        if self._unseen_from is None or self._unseen_from == self._depth:
            if self._unseen_from is None and element.tag in BLOCK_TAGS:
                self.flush()
                self._numbers.pop()
                self._tags.pop()
            if self._unseen_from is None and element.tag in CELLS:
                self._end_cell()
            self._unseen_from = None
            if self._link_depth == self._depth:
                self._link_depth = None
                self._close_link()
            if self._regions[-1][0] == self._depth:
                self.flush()
                self._regions.pop()
        self._depth -= 1
        self.write(element.tail, is_joint=element.tag not in BLOCK_TAGS)

    def write(self, text: str | None, *, is_joint: bool = False) -> None:
        if not text or self._unseen_from is not None:
            return
        if is_joint and self._pieces and _is_glued(self._pieces[-1], text):
            self._pieces.append(" ")
        self._pieces.append(text)
        if self._link_depth is not None:
            self._link_chars += len(text.strip())
        if self._n_breaks and not text.isspace():
            self._n_breaks = 0

    def flush(self) -> None:
        """Close the block that is being written, if there is anything in it."""
        text = " ".join("".join(self._pieces).split())
        still_open = self._link
        self._close_link()
        if text:
            share = min(1.0, self._link_chars / len(text))
            links = _place_links(self._pieces, self._links)
            self.blocks.append(
                Block(text, self._tags[-1], self._regions[-1][1], self._numbers[-1], share, links)
            )
        self._pieces.clear()
        self._links.clear()
        self._link = still_open and replace(still_open, first=0, after=0)
        self._link_chars = 0
        self._n_breaks = 0

    def _close_link(self) -> None:
        """End the link that is being written, here or at the end of its block."""
        if self._link is not None and self._link.first < len(self._pieces):
            self._links.append(replace(self._link, after=len(self._pieces)))
        self._link = None

    def _end_cell(self) -> None:
        """Keep a short cell with its row, and set a long one apart."""
        self._pieces.append(" ")
        if sum(len(piece.split()) for piece in self._pieces) > CELL_WORDS:
            self.flush()

    def _break(self) -> None:
        """Take one line break for white space, and two for the end of a paragraph."""
        self._n_breaks += 1
        if self._n_breaks > 1:
            self.flush()
        else:
            self._pieces.append("\n")

    def _region(self, element: html.HtmlElement, tag: str, names: str) -> Region | None:
        """Say which region an element begins; None where it goes on with the one around it."""
        around = self._regions[-1][1]
        found = around
        if "hidden" in element.attrib or _UNSEEN_STYLE.search(element.get("style", "")):
            found = Region.HIDDEN
        elif around in {Region.BODY, Region.ASIDE} and tag not in WHOLE_TAGS:
            if _COMMENTS.search(names):
                found = Region.COMMENTS
            elif (
                tag in {"nav", "footer"}
                or element.get("role") in {"navigation", "dialog"}
                or _FURNITURE.search(names)
            ):
                found = Region.FURNITURE
            elif (
                tag in {"aside", "figcaption", "caption"}
                # Kept from being read aloud, but shown: above all pull quotes.
                or element.get("aria-hidden") == "true"
                or (tag in BLOCK_TAGS and _ASIDE.search(names))
            ):
                found = Region.ASIDE
        return None if found is around else found


def _open(element: html.HtmlElement, n_pieces: int) -> _Open:
    return _Open(
        n_pieces, n_pieces, element.get("href", "").strip(), element.get("rel", "").lower()
    )


def _place_links(pieces: list[str], links: list[_Open]) -> tuple[Link, ...]:
    """Say where links stand in the pieces' text once its white space is folded."""
    if not links:
        return ()
    ends = [0]
    for piece in pieces:
        ends.append(ends[-1] + len(piece))
    words = [Span(*word.span()) for word in re.finditer(r"\S+", "".join(pieces))]
    folded = [0]
    for word in words:
        folded.append(folded[-1] + len(word) + 1)
    length = folded[-1] - 1

    def place_start(raw: int) -> int:
        n = bisect_right(words, raw, key=lambda word: word.end)
        return min(length, folded[n] + max(0, raw - words[n].start)) if n < len(words) else length

    def place_end(raw: int) -> int:
        n = bisect_left(words, raw, key=lambda word: word.start) - 1
        return folded[n] + min(len(words[n]), raw - words[n].start) if n >= 0 else 0

    placed = []
    for link in links:
        is_note = link.first == link.after  # it has no words, and belongs to those before it
        end = place_end(ends[link.after])
        start = end if is_note else place_start(ends[link.first])
        if is_note or start < end:
            placed.append(Link(Span(start, end), link.href, link.rel))
    return tuple(placed)


def _is_glued(before: str, after: str) -> bool:
    """Say whether two sentences touch where one element ends, kept apart on the page by style."""
    last, first = before[-1:], after[:1]
    return first.isupper() and (
        last in {")", "!", "?"} or (last == "." and before[-2:-1].islower())
    )
