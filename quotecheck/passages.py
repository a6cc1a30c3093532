"""What an article quotes, and which of its links may be the source: LinkedArticle → Quotings.

    paragraphs ─► units that quote ─► passages ─► quotations ─► links in the sentence,
                                                                in the paragraph, in the one before

A passage is what a person would paste into the form: the paragraph that quotes, and the sentence
or two before it where it points back to them. Quotations of one passage that have different links
beside them are checked apart, each with the whole passage around it.
"""

from __future__ import annotations

import enum
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urldefrag, urlsplit

from quotecheck.claim import Claim, split_sentences
from quotecheck.errors import InputError
from quotecheck.marks import find_quoted
from quotecheck.records import FragmentKind, Link, Mention, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from quotecheck.records import Article, Fragment, LinkedArticle

MOST_LINKS: Final = 3  # of each place; the fourth link from a quotation is hardly its source
LEAD_SENTENCES: Final = 2
LEAD_CHARS: Final = 600
# A word or two in marks are taken for a quotation where a link touches them or nearly so.
BESIDE: Final = 25
# Of words in a title, the short ones may be small.
TITLE_WORD: Final = 4

# Words that take up something said before: without it, they would point to nothing.
_POINTS_BACK: Final = re.compile(
    r"\b(?:he|she|they|it|this|these|those|that|such|his|hers?|him|their|them|its|both|same|former"
    r"|latter|others?)\b|^\W*The\b",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"[.!?…:][\"'”’»)\]]*$")
_SHARING: Final = re.compile(
    r"(?:facebook\.com/(?:sharer|share|dialog)|(?:twitter|x)\.com/(?:intent|share|home\?status)"
    r"|linkedin\.com/(?:share|cws)|reddit\.com/submit|(?:wa\.me|api\.whatsapp\.com|t\.me/share)\b"
    r"|pinterest\.[a-z.]+/pin/create|getpocket\.com/(?:save|edit)|ycombinator\.com/submitlink"
    r"|flipboard\.com/bookmarklet|bsky\.app/intent|tumblr\.com/(?:share|widgets))",
    re.IGNORECASE,
)
# Parts of paths under which sites keep their own lists, and pages about who writes there.
_LISTS: Final = frozenset(
    """
    author authors by byline categories category contributor contributors people profile section
    sections staff tag tags topic topics writer writers
    """.split()  # noqa: SIM905  # a list of words reads best as one
)


class Where(enum.StrEnum):
    """Where a link stands, seen from the quotation."""

    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"
    BEFORE = "before"  # in the paragraph before


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page that may be the source of a quotation."""

    url: str
    where: Where


@dataclass(frozen=True, slots=True)
class Quoting:
    """Quotations that go together, with the passage that they are checked in.

    `claim` has the passage and, of its fragments, these alone. `span` is where the passage stands
    in the article's text, `quoted` where the quotations do. `candidates` are in the order in which
    they are to be tried.
    """

    claim: Claim = field(repr=False)
    span: Span
    quoted: tuple[Mention, ...]
    candidates: tuple[Candidate, ...]

    def apart(self) -> tuple[Quoting, ...]:
        """Return the quotations one by one."""
        return tuple(
            replace(self, claim=self.claim.only([n]), quoted=(mention,))
            for n, mention in enumerate(self.quoted)
        )


def find_quotings(linked: LinkedArticle) -> tuple[Quoting, ...]:
    """Find what an article quotes, in order, with the links that may be the sources.

    A word or two that are only held at arm's length, and titles of works, are left out.
    """
    reader = _Reader(linked)
    return tuple(quoting for unit in reader.units() for quoting in reader.read(unit))


@dataclass(frozen=True, slots=True)
class _Unit:
    """Paragraphs that quote together, by number; `last` is the last of them."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Passage:
    """A passage made of pieces of the article: the place of each in the one and in the other."""

    text: str
    places: tuple[tuple[Span, Span], ...]

    def find(self, at: int) -> int:
        """Return where a place of the passage lies in the article."""
        here, there = next(
            (pair for pair in reversed(self.places) if pair[0].start <= at), self.places[0]
        )
        return there.start + min(max(0, at - here.start), len(there))

    def place(self, span: Span) -> Span:
        """Return where a stretch of the passage lies in the article."""
        start = self.find(span.start)
        return Span(start, max(start, self.find(span.end)))


class _Reader:
    """Reads one article."""

    def __init__(self, linked: LinkedArticle) -> None:
        article = linked.article
        self._text = article.text
        self._paragraphs = [p for p in article.paragraphs if article.main.holds(p)]
        self._set_off = frozenset(linked.set_off)
        self._links: dict[int, list[Link]] = defaultdict(list)  # by paragraph
        for link in linked.links:
            if _may_be_source(link, article):
                n, _ = self._around(link.span)
                self._links[n].append(replace(link, url=urldefrag(link.url).url))

    def units(self) -> Iterator[_Unit]:
        """Yield the paragraphs that quote; a quotation over several of them holds them together."""
        main = Span(0, self._paragraphs[-1].end) if self._paragraphs else Span(0, 0)
        marked = find_quoted(main.of(self._text))
        ranges = [_Unit(*self._around(quoted.outer)) for quoted in marked]
        for n, paragraph in enumerate(self._paragraphs):
            if paragraph in self._set_off:
                # What leads up to a block quotation stands in the paragraph above it.
                ranges.append(_Unit(n - 1 if n and self._is_prose(n - 1) else n, n))
        held: _Unit | None = None
        for unit in sorted(ranges, key=lambda unit: (unit.first, unit.last)):
            if held and unit.first <= held.last:
                held = _Unit(held.first, max(held.last, unit.last))
                continue
            if held:
                yield held
            held = unit
        if held:
            yield held

    def read(self, unit: _Unit) -> Iterator[Quoting]:
        """Yield what a unit quotes, quotations with the same nearest link together."""
        passage = self._compose(unit)
        try:
            claim = Claim.from_passage(passage.text, max_chars=len(passage.text))
        except InputError:  # marks around nothing but brackets
            return
        start = self._paragraphs[unit.first].start
        near = [link for n in range(unit.first, unit.last + 1) for link in self._links[n]]
        before = self._links[unit.first - 1] if unit.first else []
        groups: list[tuple[list[int], tuple[Candidate, ...]]] = []
        for n, fragment in enumerate(claim.fragments):
            span = passage.place(fragment.span)
            if fragment.kind is FragmentKind.UNMARKED or span.start < start:
                continue
            sentence = passage.place(claim.framings[n].sentence)
            if _is_passed_over(fragment, span, sentence, near):
                continue
            candidates = tuple(_choose(span, sentence, near, before))
            if groups and groups[-1][1][:1] == candidates[:1]:
                groups[-1][0].append(n)
            else:
                groups.append(([n], candidates))
        whole = Span(passage.places[0][1].start, passage.places[-1][1].end)
        for numbers, candidates in groups:
            quoted = (claim.fragments[n] for n in numbers)
            mentions = tuple(Mention(f.text, passage.place(f.span)) for f in quoted)
            yield Quoting(claim.only(numbers), whole, mentions, candidates)

    def _around(self, span: Span) -> tuple[int, int]:
        """Return the first and the last of the paragraphs that a stretch lies in."""
        first = bisect_right(self._paragraphs, span.start, key=lambda p: p.start) - 1
        last = bisect_left(self._paragraphs, span.end, key=lambda p: p.start) - 1
        return first, max(first, last)

    def _is_prose(self, n: int) -> bool:
        """Say whether a paragraph is running text rather than a heading or a block quotation."""
        paragraph = self._paragraphs[n]
        is_ended = _SENTENCE_END.search(paragraph.of(self._text)) is not None
        return is_ended and paragraph not in self._set_off

    def _compose(self, unit: _Unit) -> _Passage:
        """Put a unit and what it needs from before it together."""
        pieces = [self._paragraphs[n] for n in range(unit.first, unit.last + 1)]
        if lead := self._lead(unit):
            pieces.insert(0, lead)
        text, places = "", []
        for piece in pieces:
            text += ("\n\n" if text else "") + ("> " if piece in self._set_off else "")
            places.append((Span(len(text), len(text) + len(piece)), piece))
            text += piece.of(self._text)
        return _Passage(text, tuple(places))

    def _lead(self, unit: _Unit) -> Span | None:
        """Return the sentences before a unit that its opening points back to, if it does."""
        paragraph = self._paragraphs[unit.first]
        if unit.first == 0 or not self._is_prose(unit.first - 1):
            return None
        opening = paragraph.of(self._text)
        first = next(iter(find_quoted(opening)), None)
        if not _POINTS_BACK.search(opening[: first.outer.end] if first else opening):
            return None
        before = self._paragraphs[unit.first - 1]
        words = before.of(self._text)
        keep = tuple(item.outer for item in find_quoted(words))
        sentences = split_sentences(words, keep=keep)[-LEAD_SENTENCES:]
        fitting = [s.start for s in sentences if len(words) - s.start <= LEAD_CHARS]
        return Span(before.start + fitting[0], before.end) if fitting else None


def _is_passed_over(fragment: Fragment, span: Span, sentence: Span, links: Sequence[Link]) -> bool:
    """Say whether words in marks are no quotation: held at arm's length, or a title."""
    if _is_title(fragment.text):
        return True
    if fragment.kind is not FragmentKind.SCARE:
        return False
    return not any(
        _gap(link.span, span) <= BESIDE and _gap(link.span, sentence) == 0 for link in links
    )


def _choose(
    span: Span, sentence: Span, near: Sequence[Link], before: Sequence[Link]
) -> Iterator[Candidate]:
    """Yield the links that may be a quotation's source, the likeliest first.

    Args:
        span: The quoted words.
        sentence: The sentence around them.
        near: The links of the paragraphs that quote.
        before: Those of the paragraph before.
    """
    beside = [link for link in near if _gap(link.span, sentence) == 0]
    seen: set[str] = set()
    places = ((Where.SENTENCE, beside), (Where.PARAGRAPH, near), (Where.BEFORE, before))
    for where, links in places:
        by_distance = sorted(links, key=lambda link: _gap(link.span, span))
        urls = dict.fromkeys(link.url for link in by_distance if link.url not in seen)
        for url in list(urls)[:MOST_LINKS]:
            seen.add(url)
            yield Candidate(url, where)


def _gap(one: Span, other: Span) -> int:
    """Return how many code points lie between two stretches."""
    return max(0, one.start - other.end, other.start - one.end)


def _is_title(words: str) -> bool:
    """Say whether words are written as the titles of books and films are."""
    long = [word for word in re.findall(r"[^\W\d_]+", words) if len(word) >= TITLE_WORD]
    is_capital = all(word[0].isupper() for word in long)
    return len(long) > 1 and is_capital and not re.search(r"[.!?;:…]", words)


def _may_be_source(link: Link, article: Article) -> bool:
    """Say whether a link can lead to a source: not to this page, a list, an author, a button."""
    try:
        parts = urlsplit(link.url)
        own = [urlsplit(url) for url in (article.url, article.final_url) if url]
    except ValueError:  # brackets that enclose no address
        return False
    if not parts.netloc or {"author", "tag"} & set(link.rel.split()):
        return False
    if _SHARING.search(f"{parts.netloc}{parts.path}?{parts.query}"):
        return False
    if not parts.path.strip("/") and not parts.query:  # a site's front page: today's news
        return False
    if any(_page(parts) == _page(page) for page in own):
        return False
    steps = _steps(parts)
    return not (any(_host(parts) == _host(page) for page in own) and _LISTS & set(steps))


def _page(parts: SplitResult) -> tuple[str, str, str]:
    return _host(parts), parts.path.rstrip("/"), parts.query


def _host(parts: SplitResult) -> str:
    return parts.netloc.lower().removeprefix("www.")


def _steps(parts: SplitResult) -> Iterable[str]:
    """Return the parts of a path but the last, which is the page's own name."""
    steps: Sequence[str] = parts.path.lower().strip("/").split("/")
    return steps[:-1]
