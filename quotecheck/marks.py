"""Quotation marks in running text: which stretches stand between them, in all the usual styles.

Directional marks (“ ” « ») say themselves whether they open. Straight marks, and the few that are
turned round in other languages, are judged by what touches them. Single marks are apostrophes
unless both an opening and a closing one stand where only a quotation puts them. Marks inside other
marks belong to the outer quotation.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from quotecheck.records import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

# What closes a quotation that each mark opens; the first column also says which marks can open.
_CLOSERS: Final = {
    '"': '"',
    "＂": "＂",
    "“": "”",
    "”": "”",
    "‟": "”",
    "„": "“”",
    "«": "»",
    "»": "«»",
    "‹": "›",
    "›": "‹›",
    "「": "」",
    "『": "』",
    "``": ("''", '"'),
    "''": ("''",),
    "‘": "’",
    "'": "'",
    "‚": "‘’",
}
_SINGLE: Final = frozenset("‘'‚")
# These open or close by what touches them, not by their shape.
_TURNING: Final = frozenset({'"', "＂", "”", "»", "›", "''", "'"})
# A hand that mixes styles closes a curly mark with a straight one, or the other way round.
_MIXED: Final = {'"': "”", "“": '"', "„": '"'}

# Deeper than a quotation in a quotation in a quotation, marks are strays, not nested.
DEEPEST: Final = 4
# The longest quotation in news text that goes on over paragraphs is a speech or a letter.
MOST_PARAGRAPHS: Final = 60

_MARK: Final = re.compile("``|''|[" + "".join(mark for mark in _CLOSERS if len(mark) == 1) + "]")
_PARAGRAPH_END: Final = re.compile(r"\n[^\S\n]*(?:\n\s*|(?=[\"“„«»‹›‘`]))")
_BEFORE_OPENING: Final = frozenset("([{<-–—―/:;,.…=>\u200b\ufeff\"“«„‘'*_")
_OPENING: Final = re.compile("[“„«]")
_SENTENCE_END: Final = re.compile(r"[.!?](?=\s)")
_BLOCK: Final = re.compile(r"(?m)^[ \t]*>[^\n]*(?:\n[ \t]*>[^\n]*)*")
_BLOCK_PREFIX: Final = re.compile(r"(?m)^(?:[ \t]*>)+[ \t]*")
_SIGNATURE: Final = re.compile(r"\n(?:[ \t]*>)+[ \t]*(?:—|–|--|-)[ \t]?[^\n]{0,120}$")

# ’90s, rock ’n’ roll, ’tis: the apostrophe stands for letters left out at a word's start.
_LEFT_OUT: Final = re.compile(
    r"\d0s\b|n['’]|(?:em|til|till|tis|twas|twere|cause|bout|cos|round|neath|tween|n|ere|im|er)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quoted:
    """A stretch in quotation marks: `outer` with its marks, `inner` without them."""

    outer: Span
    inner: Span
    is_block: bool = False


def find_quoted(text: str) -> tuple[Quoted, ...]:
    """Find the outermost quotations of a text, in order.

    A quotation that is not closed runs to the end of its paragraph; one that was never opened runs
    from its paragraph's start. A quotation goes on over paragraphs where each begins with an
    opening mark, or where the next mark can only be the one that closes it. Lines that begin with
    ">" are a quotation as a whole. Stretches without a word are left out.
    """
    found: list[Quoted] = []
    position = 0
    for block in _BLOCK.finditer(text):
        found += _scan(text, position, block.start())
        found.append(_read_block(text, block))
        position = block.end()
    found += _scan(text, position, len(text))
    return tuple(quoted for quoted in found if re.search(r"\w", quoted.inner.of(text)))


def strip(text: str, start: int, end: int) -> Span:
    """Return the stretch without the white space at its ends."""
    inside = text[start:end]
    lead = len(inside) - len(inside.lstrip())
    return Span(start + lead, max(start + lead, start + len(inside.rstrip())))


def _read_block(text: str, block: re.Match[str]) -> Quoted:
    """Take the lines that begin with ">", less a last line that names the author."""
    end = block.end()
    if signature := _SIGNATURE.search(block.group()):
        end = block.start() + signature.start()
    prefix = _BLOCK_PREFIX.match(text, block.start())
    inner = strip(text, prefix.end() if prefix else block.start(), end)
    marked = tuple(_scan(text, inner.start, inner.end))
    if len(marked) == 1 and marked[0].outer == inner:
        inner = marked[0].inner
    return Quoted(Span(block.start(), block.end()), inner, is_block=True)


def _scan(text: str, start: int, end: int) -> Iterator[Quoted]:
    """Find the marked quotations between two places of a text."""
    text = text[:end]
    # White space between paragraphs; the text's end closes the last one.
    ends = [Span(*gap.span()) for gap in _PARAGRAPH_END.finditer(text, start)]
    ends.append(Span(end, end))
    position, paragraph = start, start
    while mark := _MARK.search(text, position):
        number = bisect_right(ends, mark.start(), key=lambda gap: gap.end)
        paragraph = max(paragraph, ends[number - 1].end if number else start)
        opener = mark.group()
        position = mark.end()
        if _opens(text, mark):
            close = _close_single if opener in _SINGLE else _close_double
            closing = close(text, mark, ends[number : number + MOST_PARAGRAPHS])
            if closing is None:
                continue
            inner = strip(text, mark.end(), closing.start)
            position = max(closing.end, mark.end())
            yield Quoted(Span(mark.start(), closing.end), inner)
        elif opener in {'"', "”"} and paragraph < mark.start() and _is_stray(text, mark):
            inner = strip(text, paragraph, mark.start())
            yield Quoted(Span(inner.start, mark.end()), inner)
        else:
            continue
        number = bisect_right(ends, position, key=lambda gap: gap.end)
        paragraph = ends[
            min(number, len(ends) - 1)
        ].start  # a stray closing mark says nothing after another quotation


def _opens(text: str, mark: re.Match[str]) -> bool:
    """Say whether a mark opens a quotation where none is open."""
    shape, before, after = mark.group(), _before(text, mark), text[mark.end() : mark.end() + 1]
    if shape in _SINGLE:
        is_word_next = bool(after) and not after.isspace() and after not in ",.;:!?)"
        return (
            (not before or before.isspace() or before in _BEFORE_OPENING)
            and is_word_next
            and not (_LEFT_OUT.match(text, mark.end()) and shape != "‚")
        )
    if shape in {"”", "»", "›", "''"}:
        return _looks_opening(text, mark)
    if shape in {'"', "＂"}:
        if before.isalnum() and after.isalnum():
            return False
        is_stray_closer = bool(before) and not before.isspace() and not _starts_word(after)
        return not is_stray_closer or (before in _BEFORE_OPENING and after not in {"", " ", "\n"})
    return True


def _looks_opening(text: str, mark: re.Match[str]) -> bool:
    """Say whether a turning mark stands before a word and after none."""
    before, after = _before(text, mark), text[mark.end() : mark.end() + 1]
    return (
        bool(after)
        and not after.isspace()
        and (not before or before.isspace() or (before in "([{—–-/" and _starts_word(after)))
    )


def _before(text: str, mark: re.Match[str]) -> str:
    return text[mark.start() - 1] if mark.start() else ""


def _starts_word(after: str) -> bool:
    return bool(after) and (after.isalnum() or after in "[(…‘'“$€£#@")


def _is_stray(text: str, mark: re.Match[str]) -> bool:
    """Say whether a mark that opens nothing closes what was never opened."""
    return not _is_inch(text, mark) and not _starts_word(text[mark.end() : mark.end() + 1])


def _is_inch(text: str, mark: re.Match[str]) -> bool:
    """Say whether a straight double mark touches a number, as inches and seconds do."""
    return mark.group() == '"' and _before(text, mark).isdigit()


def _close_double(text: str, opening: re.Match[str], ends: list[Span]) -> Span:
    """Find what closes a double mark; a place without a mark where nothing does."""
    opener = opening.group()
    family = {opener, *_CLOSERS[opener]}
    pattern = re.compile("|".join(re.escape(mark) for mark in sorted(family, reverse=True)))
    position = opening.end()
    for end in ends:
        nested = -1
        depth = 1
        for mark in pattern.finditer(text, position, end.start):
            if _nests(text, mark, opener):
                depth += 1
                nested = mark.start() if nested < 0 else nested
            elif not _is_inside_inch(text, mark, pattern, end.start):
                depth -= 1
            if depth == 0:
                is_crossed = _crosses(text, opening, mark, end.start)
                closing = Span(mark.start(), mark.end())
                return _give_up(text, opening.end(), end.start) if is_crossed else closing
            if depth > DEEPEST:
                break
        mixed = _MIXED.get(opener)
        if mixed and (other := _find_mixed(text, mixed, position, end.start)) is not None:
            return other
        if nested >= 0:
            return Span(nested, nested)
        position = _go_on(text, end.end, pattern, opener)
        if position < 0:
            return _give_up(text, opening.end(), end.start)
    return _give_up(text, opening.end(), ends[-1].start)


def _crosses(text: str, opening: re.Match[str], closing: re.Match[str], end: int) -> bool:
    """Say whether a curly quotation begins inside a straight one and ends after it."""
    if opening.group() != '"':
        return False
    inside = opening.end(), closing.start()
    is_open = text.count("“", *inside) > text.count("”", *inside)
    return is_open and text.find("”", closing.end(), end) >= 0


def _go_on(text: str, paragraph: int, pattern: re.Pattern[str], opener: str) -> int:
    """Return where an open quotation goes on in the next paragraph, or -1 where it does not."""
    continued = pattern.match(text, paragraph)
    if continued and continued.group() == opener:
        return continued.end()
    later = pattern.search(text, paragraph)
    if later is None or later.group() not in _CLOSERS[opener] or _nests(text, later, opener):
        return -1
    return paragraph


def _is_inside_inch(text: str, mark: re.Match[str], pattern: re.Pattern[str], end: int) -> bool:
    """Say whether a mark is a sign for inches, with the closing mark still to come."""
    if not _is_inch(text, mark):
        return False
    after = pattern.search(text, mark.end(), end)
    return after is not None and not _looks_opening(text, after)


def _nests(text: str, mark: re.Match[str], opener: str) -> bool:
    """Say whether a mark inside an open quotation opens another one."""
    if mark.group() != opener:
        return False
    if opener in _TURNING:
        return _looks_opening(text, mark)
    before, after = _before(text, mark), text[mark.end() : mark.end() + 1]
    return before.isspace() or _starts_word(after)


def _find_mixed(text: str, mixed: str, start: int, end: int) -> Span | None:
    """Find the one closing mark of another style, where it is the only one in the paragraph."""
    place = text.find(mixed, start, end)
    if place < 0 or text.find(mixed, place + 1, end) >= 0 or text[place - 1].isspace():
        return None
    return None if _OPENING.search(text, start, place) else Span(place, place + 1)


def _give_up(text: str, start: int, end: int) -> Span:
    """Say where a quotation ends that nothing closes.

    That is the end of its paragraph, or of its first sentence where another quotation follows.
    """
    if other := _OPENING.search(text, start, end):
        stop = _SENTENCE_END.search(text, start, other.start())
        end = stop.end() if stop else other.start()
    return Span(end, end)


def _close_single(text: str, opening: re.Match[str], ends: list[Span]) -> Span | None:
    """Find what closes a single mark, or None where the mark is an apostrophe.

    A mark after a word in -s or -n and before a small letter may be a possessive or a dropped
    letter (the firms’ own, doin’ well); it closes only where no better mark follows.
    """
    opener = opening.group()
    closers = _CLOSERS[opener]
    pattern = re.compile(f"[{closers}{opener}]")
    doubtful: Span | None = None
    position = opening.end()
    for end in ends:
        for mark in pattern.finditer(text, position, end.start):
            before, after = text[mark.start() - 1], text[mark.end() : mark.end() + 1]
            if after.isalnum():
                if mark.group() == opener and before.isspace():
                    break
                continue
            if before.isspace() or mark.group() not in closers:
                continue
            if re.match(r"\s+[a-z]", text[mark.end() : mark.end() + 3]) and before in "sSnfl":
                doubtful = doubtful or Span(mark.start(), mark.end())
                continue
            return Span(mark.start(), mark.end())
        if opener != "‘" or not text.startswith(opener, end.end) or doubtful:
            return doubtful
        position = end.end + 1
    return doubtful
