"""Links to words: read back as a browser reads them, by the rules of the draft."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
import regex

from quotecheck.extract import extract
from quotecheck.records import Article, ArticleKind, Page, Span
from quotecheck.textfragment import MAX_CHARS, link_to_words

if TYPE_CHECKING:
    from collections.abc import Iterator

DEV = Path(__file__).parent.parent / "corpus" / "dev"
URL = "https://news.example/ferry?a=1&b=2"
WHEN = datetime(2026, 3, 1, tzinfo=UTC)

# Where a word can begin and end by Unicode's rules (UAX 29).
BOUNDARY = regex.compile(r"(?w)\b")


def make_article(*paragraphs: str, n_main: int | None = None, **changes: object) -> Article:
    """Return an article of some paragraphs, of which the first `n_main` are its main text."""
    spans, at = [], 0
    for paragraph in paragraphs:
        spans.append(Span(at, at + len(paragraph)))
        at += len(paragraph) + 2
    given: dict[str, object] = {
        "text": "\n\n".join(paragraphs),
        "main": Span(0, spans[(n_main or len(spans)) - 1].end),
        "paragraphs": tuple(spans),
        "kind": ArticleKind.HTML,
        "sha256": "",
        "retrieved_at": WHEN,
        "url": URL,
        "final_url": URL,
    }
    return Article(**(given | changes))


def at(article: Article, words: str, *, nth: int = 0) -> Span:
    """Return where some words of an article stand, for the first time or a later one."""
    start = article.text.index(words)
    for _ in range(nth):
        start = article.text.index(words, start + 1)
    return Span(start, start + len(words))


def directives(link: str | None) -> list[str]:
    """Return the text directives of a link, as they are written."""
    assert link is not None
    return [part.removeprefix("text=") for part in link.partition(":~:")[2].split("&")]


def say(article: Article, words: str, *, nth: int = 0) -> str:
    """Return the directive for some words of an article, percent-decoded."""
    (directive,) = directives(link_to_words(article, [at(article, words, nth=nth)]))
    return unquote(directive)


# --- a browser's search --------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class Place:
    """A place in one of the blocks of a page."""

    block: int
    offset: int


@dataclass(frozen=True)
class Found:
    """Words that were found, from one place to another."""

    start: Place
    end: Place


def fold(text: str) -> tuple[str, list[int]]:
    """Return letters that compare as a search does, each with where it comes from."""
    letters, places = [], []
    for n, char in enumerate(text):
        if char.isspace():
            form = "" if letters and letters[-1] == " " else " "
        else:
            form = unicodedata.normalize("NFD", char.casefold())
        for letter in form:
            if not unicodedata.category(letter).startswith("M"):
                letters.append(letter)
                places.append(n)
    return "".join(letters), [*places, len(text)]


class Reader:
    """Finds the words of a text directive in an article, step by step as the draft says."""

    def __init__(self, article: Article) -> None:
        self.blocks: list[str] = []
        self.starts: list[int] = []
        for paragraph in article.paragraphs:
            start = paragraph.start
            for line in paragraph.of(article.text).split("\n"):
                self.blocks.append(line)
                self.starts.append(start)
                start += len(line) + 1
        self.folded = [fold(block) for block in self.blocks]
        self.bounds = [{m.start() for m in BOUNDARY.finditer(block)} for block in self.blocks]

    def read(self, directive: str) -> Span | None:
        """Return the stretch of the article's text that a browser goes to."""
        parts = directive.split(",")
        before = unquote(parts.pop(0)[:-1]) if parts[0].endswith("-") else None
        after = unquote(parts.pop()[1:]) if parts[-1].startswith("-") else None
        start, end = unquote(parts[0]), unquote(parts[1]) if len(parts) > 1 else None
        assert len(parts) <= 2
        is_bounded = end is not None or after is None
        for match in self._find_starts(before, start, is_bounded=is_bounded):
            if found := self._complete(match, end, after):
                return Span(
                    self.starts[found.start.block] + found.start.offset,
                    self.starts[found.end.block] + found.end.offset,
                )
        return None

    def _find_starts(self, before: str | None, start: str, *, is_bounded: bool) -> Iterator[Found]:
        """Yield where the words begin, those before them taken into account."""
        search = Place(0, 0)
        while context := self._find(
            before or start, search, starts=True, ends=not before and is_bounded
        ):
            search = Place(context.start.block, context.start.offset + 1)
            if not before:
                yield context
            elif (
                (following := self._skip_space(context.end))
                and (match := self._find(start, following, starts=False, ends=is_bounded))
                and match.start == following
            ):
                yield match

    def _complete(self, match: Found, end: str | None, after: str | None) -> Found | None:
        """Return the words from their beginning to their end, those after them taken into account.

        Where the end or the words after it are not there, the draft ends the search, and here it
        goes on to later beginnings, after which they are not there either.
        """
        whole = match
        while True:
            if end is not None:
                closing = self._find(end, whole.end, starts=True, ends=after is None)
                if closing is None:
                    return None
                whole = Found(match.start, closing.end)
            if after is None:
                return whole
            following = self._skip_space(whole.end)
            context = following and self._find(after, following, starts=False, ends=True)
            if context and context.start == following:
                return whole
            if end is None or not context:
                return None

    def _find(self, words: str, place: Place, *, starts: bool, ends: bool) -> Found | None:
        """Find words within one block, from a place on; where asked, at the bounds of words."""
        wanted = fold(words)[0]
        for block in range(place.block, len(self.blocks)):
            text, origins = self.folded[block]
            n = text.find(wanted)
            while n >= 0:
                first, last = origins[n], origins[n + len(wanted) - 1] + 1
                while last < len(self.blocks[block]) and last not in origins:
                    last += 1  # accents belong to their letter
                if (
                    Place(block, first) >= place
                    and not (starts and first not in self.bounds[block])
                    and not (ends and last not in self.bounds[block])
                ):
                    return Found(Place(block, first), Place(block, last))
                n = text.find(wanted, n + 1)
        return None

    def _skip_space(self, place: Place) -> Place | None:
        for block in range(place.block, len(self.blocks)):
            offset = place.offset if block == place.block else 0
            for n in range(offset, len(self.blocks[block])):
                if not self.blocks[block][n].isspace():
                    return Place(block, n)
        return None


def trim(article: Article, span: Span) -> Span:
    """Return a stretch without the punctuation at its edges."""

    def is_mark(char: str) -> bool:
        return not (char.isalnum() or unicodedata.category(char).startswith("M"))

    start, end = span.start, span.end
    while start < end and is_mark(article.text[start]):
        start += 1
    while start < end and is_mark(article.text[end - 1]):
        end -= 1
    return Span(start, end)


def choose_segments(article: Article, seed: int, n: int, longest: int = 40) -> Iterator[Span]:
    """Yield stretches of whole words, most of them short, that hold at least one letter."""
    chance = random.Random(seed)  # noqa: S311  # for variety, not for secrets
    words = [m.span() for m in regex.finditer(r"\S+", article.text)]
    while n:
        first = chance.randrange(len(words))
        last = min(len(words) - 1, first + int(longest * chance.random() ** 3))
        span = Span(words[first][0], words[last][1])
        if trim(article, span):
            n -= 1
            yield span


def read_dev(name: str) -> Article:
    """Return the article of a page of the corpus."""
    content = (DEV / name / "source.html").read_bytes()
    return extract(Page(URL, URL, content, "text/html", "utf-8", WHEN))


# --- the right words -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["airport-curfew", "cheesemaker", "worked-example", "hayloft"])
def test_a_browser_finds_the_words_of_every_link(name: str) -> None:
    """Whatever stretch of a page is linked, the first place that fits the link is that stretch.

    Where another stands before it with the same words around, it is the paragraph of the stretch.
    """
    article = read_dev(name)
    reader = Reader(article)
    n_exact = 0
    for segment in choose_segments(article, seed=1, n=300):
        link = link_to_words(article, [segment])
        if link is None and not article.main.holds(segment):
            continue  # a pull quote and the like: what it repeats is found first
        (directive,) = directives(link)
        found = reader.read(directive)
        assert found is not None, directive
        words = trim(article, segment)
        assert found.holds(words), directive
        n_exact += trim(article, found) == words
        touched = [p for p in article.paragraphs if p.meets(words)]
        assert Span(touched[0].start, touched[-1].end).holds(found), directive
    assert n_exact > 290


@pytest.mark.parametrize("seed", range(30))
def test_a_text_that_repeats_itself_gets_the_right_link_or_none(seed: int) -> None:
    """Few words, of which some begin others, in short lines: what is linked is still found."""
    chance = random.Random(seed)  # noqa: S311  # for variety, not for secrets
    words = ["may", "be", "maybe", "late", "well-known", "known,", "“An", "other", "another", "é"]
    words += ["E’s", "e", "...", "co-op", "op", "no—one"]
    article = make_article(
        *(
            "\n".join(
                " ".join(chance.choices(words, k=chance.randint(1, 9)))
                for _ in range(chance.randint(1, 2))
            )
            for _ in range(14)
        )
    )
    reader = Reader(article)
    n_linked = n_exact = 0
    for segment in choose_segments(article, seed, n=80, longest=20):
        if (link := link_to_words(article, [segment])) is None:
            continue
        n_linked += 1
        (directive,) = directives(link)
        found = reader.read(directive)
        assert found is not None, directive
        assert found.holds(trim(article, segment)), directive
        n_exact += trim(article, found) == trim(article, segment)
    assert n_linked > 75
    assert n_exact > 60


# --- how it is written ---------------------------------------------------------------------------


def test_a_short_stretch_is_given_in_full() -> None:
    """Words that stand in one place need nothing beside them."""
    article = make_article("The ferry sails at noon. Its crew sleeps on board.")
    link = link_to_words(article, [at(article, "sails at noon.")])
    assert link == f"{URL}#:~:text=sails%20at%20noon"


def test_the_marks_of_the_syntax_are_encoded() -> None:
    """Hyphens, commas and ampersands inside the words divide no parts."""
    article = make_article("So the well-known firm, Łoza & Søn, says “50% - or none”.")
    (directive,) = directives(link_to_words(article, [at(article, "well-known firm, Łoza & Søn")]))
    assert directive == "well%2Dknown%20firm%2C%20%C5%81oza%20%26%20S%C3%B8n"
    (directive,) = directives(link_to_words(article, [at(article, "says “50% - or none”")]))
    assert directive == "says%20%E2%80%9C50%25%20%2D%20or%20none"


@pytest.mark.parametrize(
    ("words", "directive"),
    [
        ("ferr", "ferry’s"),
        ("oon-da", "noon-day"),
        ("o", "noon-day"),
        ("erry’s old cr", "ferry’s old crew"),
        (" old ", "old"),
    ],
)
def test_words_are_whole(words: str, directive: str) -> None:
    """A search goes by whole words; a stretch that cuts one takes it in."""
    article = make_article("A noon-day ferry’s old crew.")
    assert say(article, words) == directive


def test_a_long_stretch_is_given_by_its_ends() -> None:
    """More than a line of words would make a link that nobody can paste."""
    article = make_article("One two three four five six seven eight nine ten eleven.")
    assert say(article, "two three four five six seven eight nine") == (
        "two three four five six seven eight nine"
    )
    assert say(article, "two three four five six seven eight nine ten") == (
        "two three four five,seven eight nine ten"
    )
    long = make_article(f"See {'a' * MAX_CHARS} and there.")
    assert say(long, f"{'a' * MAX_CHARS} and") == f"{'a' * MAX_CHARS},and"


@pytest.mark.parametrize("gap", ["\n\n", "\n"])
def test_a_stretch_over_two_blocks_is_given_by_its_ends(gap: str) -> None:
    """No part crosses the end of a paragraph, or of a line that the source ends itself."""
    article = make_article(*f"The ferry sails.{gap}It is late again.".split("\n\n"))
    assert say(article, f"ferry sails.{gap}It is") == "ferry sails,It is"


def test_the_fewest_words_tell_two_places_apart() -> None:
    """What stands earlier, too, is named with as few words beside it as no other place has."""
    article = make_article(
        "He says the crew sleeps. She said the crew sleeps, and she knows the crew sleeps."
    )
    assert say(article, "the crew sleeps") == "the crew sleeps"
    assert say(article, "the crew sleeps", nth=1) == "the crew sleeps,-, and"
    assert say(article, "the crew sleeps", nth=2) == "knows-,the crew sleeps"


def test_case_and_accents_tell_nothing_apart() -> None:
    """A search passes over them, so they make two places the same."""
    article = make_article("His RÉSUMÉ came first. My resume came later.")
    assert say(article, "resume") == "My-,resume"


def test_the_words_beside_may_stand_in_the_next_block() -> None:
    """Where a block has no more words, its neighbour’s are named, with all marks in between."""
    article = make_article("Ask her!", "“Why?”", "Ask him!", "“Why?”", "(So what?)", "“Why?”")
    assert say(article, "Why") == "Why"
    assert say(article, "Why", nth=1) == "Why?”,-(So"
    assert say(article, "Why", nth=2) == "what?)-,“Why"


def test_the_end_of_a_range_is_told_from_an_earlier_one() -> None:
    """The first end after the beginning is taken, so an end that comes before is told apart."""
    middle = "and so it went on for a while, and no one came"
    article = make_article(f"A start it is; in the very end {middle}; in the very end, she left.")
    assert say(article, f"A start it is; in the very end {middle}; in the very end") == (
        "A start it is,in the very end,-, she"
    )


def test_what_stands_outside_the_main_text_may_come_first() -> None:
    """A caption that follows in the text can stand above on the page: it is told apart, too."""
    article = make_article("Here the crew sleeps.", "Below the crew sleeps.", n_main=1)
    assert say(article, "the crew sleeps") == "Here-,the crew sleeps"


def test_a_pull_quote_takes_no_link_from_its_sentence() -> None:
    """Where all of a paragraph stands beside the text once more, the order of the text decides."""
    article = make_article("The crew sleeps here.", "It does.", "The crew sleeps here.", n_main=2)
    assert say(article, "crew sleeps") == "crew sleeps"


def test_words_of_a_repeated_paragraph_are_found_by_the_whole_of_it() -> None:
    """A paragraph that repeats an earlier one is told apart by its neighbours, as a whole."""
    article = make_article("The crew sleeps here.", "Why?", "The crew sleeps here.", "Who knows.")
    assert say(article, "crew sleeps", nth=1) == "The crew sleeps here.,-Who"


def test_what_cannot_be_told_apart_gets_no_link() -> None:
    """A link that leads to another place with the same words is worse than none."""
    article = make_article(*["Yes."] * 6)
    assert link_to_words(article, [at(article, "Yes", nth=4)]) is None


def test_each_segment_has_a_directive_of_its_own() -> None:
    """Pieces around an ellipsis are marked both; the same words twice count once."""
    article = make_article("The ferry sails at noon. Its crew sleeps on board.")
    pieces = [at(article, "ferry sails"), at(article, "crew"), at(article, "crew"), Span(3, 3)]
    assert directives(link_to_words(article, pieces)) == ["ferry%20sails", "crew"]


@pytest.mark.parametrize(
    ("address", "start"),
    [
        ("https://news.example/a#part", "https://news.example/a#part:~:text="),
        ("https://news.example/a#:~:text=old,-words", "https://news.example/a#:~:text="),
        ("HTTP://news.example/a#!/b:~:x", "HTTP://news.example/a#!/b:~:text="),
    ],
)
def test_a_fragment_is_kept_and_a_directive_replaced(address: str, start: str) -> None:
    """The part of a page that its address names stays named."""
    article = make_article("The ferry sails.", url=None, final_url=address)
    assert link_to_words(article, [at(article, "ferry")]) == f"{start}ferry"


@pytest.mark.parametrize("address", [None, "", "file:///tmp/a.html", "ftp://news.example/a"])
def test_without_an_address_of_the_web_there_is_no_link(address: str | None) -> None:
    """Pasted texts and files have no page to open."""
    article = make_article("The ferry sails.", url=address, final_url=address)
    assert link_to_words(article, [at(article, "ferry")]) is None


@pytest.mark.parametrize("segments", [[], [Span(0, 0)], [Span(0, 3)]])
def test_without_words_there_is_no_link(segments: list[Span]) -> None:
    """Marks alone are nothing to search for."""
    assert link_to_words(make_article("… “ferry”"), segments) is None
