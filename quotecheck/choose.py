"""Which of a page's blocks are the article.

trafilatura names paragraphs, the tree of the page fills the gaps between them: a paragraph missed
is worse here than a stray one, since words that are not in the text cannot be found in it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from quotecheck.visible import HEADINGS, Block, Region

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from quotecheck.visible import Layout

# All tuned on the 89 news pages of the extraction benchmark, for the share of hand-marked
# sentences found in the main text, while strange words in it stay few.
SHINGLE = 4  # words in a row that tell where a text comes from
NAMED_SHARE = 0.5  # of a block's shingles found in what trafilatura names
SHOWN_SHARE = 0.25  # of the words that trafilatura names; with less, the page's names mislead
PROSE_WORDS = 8  # fewer are seldom a sentence: captions, bylines, buttons
PROSE_LINKS = 0.5  # more of a block inside links is a list of other articles
HOLDING_SHARE = 0.6  # of the running text; a container with less is a part beside others
ENOUGH_SHARE = 0.25  # of the fullest container; with less, trafilatura took the wrong block
HOME_BLOCKS = 2  # named paragraphs that make an element the home of the article
REPEAT_WORDS = 6  # fewer can stand twice by chance
MAX_PLACES = 32  # where a text is looked for; bounds the work on a page that repeats itself

# Blocks that hold one paragraph each; text right inside any other element shares it with others.
_OWN_ELEMENT = HEADINGS | {"blockquote", "dd", "dt", "figcaption", "li", "p", "pre", "tr"}
_SHOWN = frozenset({Region.BODY, Region.ASIDE})
# What stands between paragraphs and belongs to the page, not to the article.
_LABEL = re.compile(
    r"(?:advertisements?|sponsored(?: content)?|(?:read|see|watch) (?:more|also|next)"
    r"|more (?:on|from|like) .{1,30}|related(?: \w+){0,2}|share(?: this)?(?: \w+)?|recommended"
    r"|\(?(?:image|photo)s?(?: credit: .{1,80}| \d+ of \d+)\)?"
    r"|story continues below(?: advertisement)?|sign up|subscribe|most (?:read|popular))[.:]?",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")


def is_prose(block: Block) -> bool:
    """Say whether a block reads like a paragraph of running text."""
    return (
        block.region is Region.BODY
        and block.words >= PROSE_WORDS
        and block.link_share < PROSE_LINKS
        and block.tag not in HEADINGS
    )


def count_prose(blocks: Iterable[Block]) -> int:
    """Count the words of the blocks that read like running text."""
    return sum(block.words for block in blocks if is_prose(block))


def choose_main(layout: Layout, named: str) -> tuple[int, ...]:
    """Choose the blocks of the article.

    Args:
        layout: The page.
        named: What trafilatura holds for the article, a paragraph a line; empty where it was
            not asked or found nothing.

    Returns:
        Indexes into `layout.blocks`, in order.
    """
    chosen = _named_blocks(layout.blocks, named)
    fullest = _fullest_container(layout)
    n_chosen = count_prose(layout.blocks[i] for i in chosen)
    if n_chosen < ENOUGH_SHARE * count_prose(layout.blocks[i] for i in fullest):
        chosen = set(fullest)
    chosen |= _passed_over(layout, chosen)
    chosen = {i for i in chosen if not _LABEL.fullmatch(layout.blocks[i].text)}
    repeats = find_repeats(layout.blocks, sorted(chosen), chosen)
    return tuple(sorted(chosen - repeats))


def find_repeats(
    blocks: Sequence[Block], candidates: Iterable[int], among: Collection[int]
) -> set[int]:
    """Find the candidates whose whole text stands again in another of the blocks `among`.

    Of two blocks with the same text the first is the original. Linear in the number of words.
    """
    starts = {i: _words(blocks[i].text)[:SHINGLE] for i in candidates}
    wanted = {tuple(start) for start in starts.values()}
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i in sorted(among):
        for shingle in wanted.intersection(_shingles(blocks[i].text)):
            places[shingle].append(i)
    repeats = set()
    for i, start in starts.items():
        text = blocks[i].text
        if blocks[i].words < REPEAT_WORDS:
            continue
        for place in places[tuple(start)][:MAX_PLACES]:
            other = blocks[place].text
            if place != i and text in other and (len(other) > len(text) or place < i):
                repeats.add(i)
                break
    return repeats


def _named_blocks(blocks: Sequence[Block], named: str) -> set[int]:
    if not named:
        return set()
    lines = {tuple(_words(line)) for line in named.splitlines()}
    shingles = {shingle for line in named.splitlines() for shingle in _shingles(line)}
    found = []
    for i, block in enumerate(blocks):
        own = _shingles(block.text)
        if own:
            is_named = sum(shingle in shingles for shingle in own) >= NAMED_SHARE * len(own)
        else:
            is_named = tuple(_words(block.text)) in lines
        if is_named:
            found.append(i)
    # An opinion page can be called "comment" from top to bottom, or wait hidden for its script:
    # then trafilatura knows better. A hidden copy of a page that is shown weighs as much as it.
    found = [i for i in found if blocks[i].region is not Region.FURNITURE]
    shown = {i for i in found if blocks[i].region is Region.BODY}
    n_shown, n_found = (sum(blocks[i].words for i in part) for part in (shown, found))
    return shown if n_shown >= SHOWN_SHARE * n_found else set(found)


def _fullest_container(layout: Layout) -> list[int]:
    """Find the blocks of running text in the smallest element that holds most of it."""
    words: Counter[int] = Counter()
    children: dict[int, set[int]] = defaultdict(set)
    for block in layout.blocks:
        if is_prose(block):
            inner = None
            for number in layout.containers(block):
                words[number] += block.words
                if inner is not None:
                    children[number].add(inner)
                inner = number
    at = 0
    while children[at]:
        largest = max(children[at], key=lambda number: words[number])
        if words[largest] < HOLDING_SHARE * words[at]:
            break
        at = largest
    return [
        i
        for i, block in enumerate(layout.blocks)
        if is_prose(block) and at in layout.containers(block)
    ]


def _passed_over(layout: Layout, chosen: Collection[int]) -> set[int]:
    """Find what stands among the article's paragraphs and was not chosen with them."""
    if not chosen:
        return set()
    first, last = min(chosen), max(chosen)
    counts = Counter(_home(layout, layout.blocks[i]) for i in chosen if is_prose(layout.blocks[i]))
    homes = {home for home, n in counts.items() if n >= HOME_BLOCKS}
    # A page can cut one article into several elements, around advertisements or pictures.
    twins = {(layout.names[home], _story(layout, home)) for home in homes}
    found = set()
    for i, block in enumerate(layout.blocks):
        if i in chosen or block.region is not Region.BODY or block.link_share >= PROSE_LINKS:
            continue
        home = _home(layout, block)
        if first < i < last:
            is_inside = any(number in homes for number in layout.containers(block))
        else:
            is_inside = home in homes and is_prose(block)
        if is_inside or (is_prose(block) and (layout.names[home], _story(layout, home)) in twins):
            found.add(i)
    return found


def _story(layout: Layout, number: int) -> int:
    """Return the nearest `article` element around an element, or the root."""
    while layout.parents[number] != number and not layout.names[number].startswith("article"):
        number = layout.parents[number]
    return number


def _home(layout: Layout, block: Block) -> int:
    """Return the element that a paragraph shares with its neighbours."""
    return layout.parents[block.container] if block.tag in _OWN_ELEMENT else block.container


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _shingles(text: str) -> list[tuple[str, ...]]:
    words = _words(text)
    return list(zip(*(words[n:] for n in range(SHINGLE)), strict=False))
