"""The shortest passage that would be fair: the words to put back, the bracket that says who.

A repair changes only what is between the quoter's marks. It is a proposal: the checker checks it as
it checks any other passage, and only one that comes out fair is shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from quotecheck.records import (
    Edit,
    EditKind,
    FindingType,
    FragmentKind,
    Governor,
    Referent,
    Severity,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quotecheck.claim import Claim
    from quotecheck.records import Article, Finding, Match, Mention

# Characters between two pieces of the source, from which on an ellipsis is shorter than they are.
ELIDED: Final = 160
# Characters from which on what a bracket would hold is a clause.
CLAUSE: Final = 90
# The longest repair of one fragment, in characters: a longer one is no quotation any more.
LONGEST: Final = 700

_STRAY: Final = " \t\n\r\u00a0,;:–—-"
_ARTICLES: Final = re.compile(r"^(The|A|An|Some|Both|These|Those|Its|His|Her)\b(?=\s)")


@dataclass(frozen=True, slots=True)
class _Change:
    """New words for a stretch of the passage."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class _PutBack:
    """Words of the source to quote together with a fragment's own."""

    fragment: int
    spans: tuple[Span, ...]


def repair(
    claim: Claim, article: Article, matches: tuple[Match, ...], findings: Iterable[Finding]
) -> str | None:
    """Return the passage with what was left out put back, or None where that mends nothing.

    Args:
        claim: What was published.
        article: The source.
        matches: Where the fragments stand.
        findings: What differs; details of low severity are left as they are.
    """
    spans: dict[int, list[Span]] = {}
    changes: list[_Change] = []
    for finding in (f for f in findings if f.severity is not Severity.LOW):
        change = _mend(claim, finding)
        if change is None:
            return None
        if isinstance(change, _Change):
            changes.append(change)
        else:
            spans.setdefault(change.fragment, []).extend(change.spans)
    for number, back in spans.items():
        text = _requote(claim, article, matches, number, back)
        if text is None:
            return None
        whole = claim.fragments[number].span
        changes = [c for c in changes if not whole.holds(c.span)]
        changes.append(_Change(whole, text))
    return _apply(claim.passage, changes) if changes else None


def _mend(claim: Claim, finding: Finding) -> _Change | _PutBack | None:
    """Say what would mend one finding, or None where nothing short would."""
    match finding.subject:
        case Governor() as governor if finding.type is not FindingType.SPEAKER_CHANGED:
            speaker = (governor.speaker.span,) if governor.speaker else ()
            number = _fragment_at(claim, governor.quoted)
            return _PutBack(number, (governor.words.span, *speaker))
        case Edit() as edit if edit.kind is EditKind.INSERT:
            return _Change(edit.quoted_span, "")
        case Edit() as edit:
            return _PutBack(_fragment_at(claim, edit.quoted_span), (edit.span,))
        case Referent() as referent if _are_clauses(referent.refers_to):
            number = _fragment_at(claim, referent.mention.span)
            return _PutBack(number, tuple(m.span for m in referent.refers_to))
        case Referent() as referent if referent.refers_to:
            return _bracket(claim, referent)
        case _:
            return None


def _are_clauses(mentions: tuple[Mention, ...]) -> bool:
    """Say whether an expression stands for whole sentences, which no bracket should hold."""
    return any(m.text.rstrip()[-1:] in {".", "!", "?"} or len(m.text) > CLAUSE for m in mentions)


def _fragment_at(claim: Claim, span: Span) -> int:
    found = (n for n, f in enumerate(claim.fragments) if f.span.holds(span) or f.span.meets(span))
    return next(found, 0)


def _bracket(claim: Claim, referent: Referent) -> _Change | None:
    """Say in a bracket behind an expression who or what it is."""
    span = referent.mention.span
    if not any(f.span.holds(span) for f in claim.fragments):
        return _Change(span, _names(referent.refers_to))
    return _Change(Span(span.end, span.end), f" [{_names(referent.refers_to)}]")


def _names(mentions: Iterable[Mention]) -> str:
    words = list(dict.fromkeys(" ".join(m.text.split()) for m in mentions))
    words = [_ARTICLES.sub(lambda found: found.group().lower(), word) for word in words]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _requote(
    claim: Claim, article: Article, matches: tuple[Match, ...], number: int, back: list[Span]
) -> str | None:
    """Quote a fragment's words from the source again, together with what was left out."""
    match = next((m for m in matches if m.fragment == number and m.is_located), None)
    if match is None:
        return None
    quoted = [_without_stray(article.text, s) for s in match.segments]
    spans = sorted([*quoted, *(_without_stray(article.text, s) for s in back)])
    joined: list[Span] = []
    for span in spans:
        is_near = bool(joined) and span.start - joined[-1].end <= ELIDED
        between = article.text[joined[-1].end : max(span.start, joined[-1].end)] if joined else ""
        if is_near and "\n" not in between:
            joined[-1] = Span(joined[-1].start, max(span.end, joined[-1].end))
        else:
            joined.append(span)
    pieces = [_to_words(article.text, span) for span in joined]
    text = " … ".join(" ".join(p.of(article.text).split()) for p in pieces)
    fragment = claim.fragments[number]
    if fragment.kind is FragmentKind.UNMARKED:
        text = re.sub('[“”"]', "", text)
    text = text.replace("“", "‘").replace("”", "’").replace('"', "'")
    ending = re.search(r"[.,!?]+$", fragment.text)
    if ending and ending.group() == "," and text.endswith("."):
        text = f"{text[:-1]},"  # “…,” she says.
    elif ending and not re.search(r"[.,!?]$", text):
        text += ending.group()
    return text if len(text) <= LONGEST else None


def _without_stray(text: str, span: Span) -> Span:
    """Return a span without the marks at its ends."""
    words = span.of(text)
    start = span.start + len(words) - len(words.lstrip(_STRAY + "."))
    return Span(start, max(start, span.start + len(words.rstrip(_STRAY))))


def _to_words(text: str, span: Span) -> Span:
    """Widen a span to whole words."""
    start, end = span.start, span.end
    while start and text[start - 1].isalnum() and text[start : start + 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1 : end].isalnum():
        end += 1
    return Span(start, end)


def _apply(passage: str, changes: list[_Change]) -> str:
    for change in sorted(dict.fromkeys(changes), key=lambda c: c.span, reverse=True):
        before, after = passage[: change.span.start], passage[change.span.end :]
        if not change.text and before[-1:].isspace():
            after = after.lstrip(" ")
        passage = before + change.text + after
    return passage
