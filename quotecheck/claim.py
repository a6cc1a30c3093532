"""What a passage quotes: the fragments in quotation marks, and the quoter's own words around them.

passage ─► marks ─► fragments ─► pieces between ellipses and brackets
                └─► sentences ─► framing of each fragment
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from quotecheck.errors import EmptyPassage, PassageTooLong
from quotecheck.marks import Quoted, find_quoted, strip
from quotecheck.records import (
    Fragment,
    FragmentKind,
    Framing,
    Insertion,
    InsertionKind,
    Joint,
    Piece,
    Span,
)
from quotecheck.translation import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

# Three dots or more, close or spaced, in brackets or not. Of four, the first ends a sentence.
_ELLIPSIS: Final = re.compile(
    r"[\[(]\s*(?:…|\.(?:\s?\.)+)\s*[\])]"
    r"|(?<!\.)\.(?=(?:[ \u00a0]?\.){3})(?P<four>(?:[ \u00a0]?\.){3,})"
    r"|(?<![.\s])\.(?=\s\.(?:[ \u00a0]?\.){2})\s(?P<after_stop>\.(?:[ \u00a0]?\.){2,})"
    r"|\.(?:[ \u00a0]?\.){2,}"
    r"|…+"
)
_BRACKET: Final = re.compile(r"\[[^\[\]\n]{0,400}\]|\((?:sic[.!]?|[^()\n]{0,80})\)", re.IGNORECASE)
_SIC: Final = re.compile(r"[\[(]\s*(?:sic|thus)\s*[.!]?\s*[\])]", re.IGNORECASE)
_EMPHASIS: Final = re.compile(
    r"[\[(]\s*(?:(?:my|our|original|author['’]s)\s+)?(?:emphas[ie]s|italics?|bold(?:face)?|underlining|"
    r"capitals)\b(?:\s+(?:is|are|has been|have been))?"
    r"(?:\s+(?:added|mine|ours?|supplied|(?:in|from)\s+(?:the\s+)?original|original|omitted|removed))?"
    r"[^\])]{0,60}[\])]",
    re.IGNORECASE,
)

_WORD: Final = re.compile(r"\[?\w[\w\[\]]*(?:['’-]\w+)*")
# Of quotations of one word or two in news text about half are held at arm's length rather than
# quoted; of three words, hardly any.
SCARE_WORDS: Final = 2
# A verb of speech farther from the marks than this, in characters, governs something else.
REPORTING_REACH: Final = 80

# What says that the words in marks are somebody's: forms of verbs of speech, nouns for words, a
# colon. Bare forms that are nouns as well (post, brand, term, call, read) count only right before
# the marks, and nothing counts after a hyphen (long-term).
_REPORTING: Final = re.compile(
    r"(?<![\w-])(?:"
    r"sa(?:y|ys|id|ying)|t(?:ell|ells|old|elling)|wr(?:ite|ites|ote|itten|iting)|th(?:ink|inks|ought)|"
    r"sp(?:eak|eaks|oke|oken|eaking)|h(?:olds|eld)|reads|puts|put\s+it|"
    r"(?:acknowledg|announc|argu|assur|characteri[sz]|conced|conclud|continu|declar|describ|"
    r"emphasi[sz]|observ|pronounc|propos|quot|recogni[sz]|stat|summari[sz]|urg|advis|promis)"
    r"(?:e|es|ed|ing)|"
    r"(?:add|answer|ask|assert|boast|claim|comment|complain|confirm|contend|explain|hint|insist|"
    r"maintain|mention|predict|recall|remark|report|reveal|shout|stress|suggest|tweet|vow|warn|"
    r"whisper)(?:s|es|ed|ing)?|agree(?:s|d|ing)?|"
    r"(?:admit|refer)(?:s|t?ted|red|t?ting|ring)?|(?:repl|den|testif)(?:y|ies|ied|ying)|"
    r"not(?:es|ed|ing)|call(?:s|ed|ing)|label(?:s|l?ed|l?ing)|term(?:ed|ing)|brand(?:ed|ing)|"
    r"dub(?:s|bed|bing)|regard(?:s|ed|ing)|promot(?:es|ed|ing)|post(?:ed|ing)|according|"
    r"words?|phrases?|sentences?|quotes?|quotations?|assertions?|statements?|claims?"
    r")(?![\w-])"
    r"|(?<![\w-])(?:read|terms?|calls?|label|note|put|accord)\s*$|:\s*$",
    re.IGNORECASE,
)
_SO_CALLED: Final = re.compile(r"\bso[- ]called\s*$", re.IGNORECASE)

_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|Profs|Rev|Fr|Sr|Jr|St|Sen|Sens|Rep|Reps|Gov|Govs|Gen|Col|Lt|Maj|"
    r"Capt|Cmdr|Sgt|Cpl|Adm|Hon|Pres|Messrs|Mme|Mlle|vs|v|cf|ca|al|eds?|pp?|vol|vols|No|Nos|Art|Fig|"
    r"Figs|Eq|Sec|ch|art|fig|no|nos|approx|est|dept|Dept|Univ|Assn|Bros|Jan|Feb|Mar|Apr|Jun|Jul|Aug|"
    r"Sept?|Oct|Nov|Dec|Ave|Blvd|Rd|Mt|Ft|e\.g|i\.e|viz)|\b[A-Z](?:\.[A-Z])*)\.$"
)
# An abbreviation that can also end a sentence does so before a word that often begins one.
_CAN_END: Final = re.compile(r"\b(?:[A-Z]\.[A-Z]|[ap]\.m|etc|Inc|Corp|Ltd|Co|Jr|Sr)\.$")
_BEGINS: Final = re.compile(
    r"[\"“‘'(\[«]*(?:The|This|That|These|Those|But|And|In|It|He|She|They|We|I|A|An|If|When|While|"
    r"As|At|On|For|So|Yet|There|However|Then|According)\b"
)
_STOP: Final = re.compile(r"[.!?…]+[\"”’'»›)\]]*(?=\s)|\n[^\S\n]*\n")
# “Is it so?” Mr. Smith asked. A name and a verb of speech go with the question before them.
_TAIL: Final = re.compile(
    r"\s+(?:(?:[A-Z][\w.'’-]*\s+){1,4}|(?:the|a|an|he|she|they|we|I|it)\b[^.!?\n]{0,40}?\s?)"
    r"(?:said|says|asked|asks|wrote|writes|replied|added|cried|shouted|wondered|told|tweeted)\b"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A passage that quotes, read into what it quotes and how.

    `framings` has one entry a fragment, in the same order. `sentences` covers the passage but for
    the white space between them; a quotation in marks is never cut, so that what introduces it and
    what follows (“…,” he said.) belong to one sentence.
    """

    passage: str
    fragments: tuple[Fragment, ...]
    framings: tuple[Framing, ...]
    sentences: tuple[Span, ...]
    speaker: str | None = None

    @classmethod
    def from_passage(
        cls, passage: str, *, speaker: str | None = None, max_chars: int = 20_000
    ) -> Claim:
        """Read a passage.

        Args:
            passage: What the quoter published; without quotation marks, the quotation itself.
            speaker: Who is said to have spoken the words, where the passage does not say it.
            max_chars: The longest passage that is read.

        Raises:
            EmptyPassage: There is no word in it.
            PassageTooLong: It is longer than `max_chars`.
        """
        if not re.search(r"[^\W_]", passage):
            raise EmptyPassage(N_("The passage is empty. Paste the text that quotes the source."))
        if len(passage) > max_chars:
            raise PassageTooLong(
                N_(
                    "The passage has {count:,} characters, and at most {limit:,} are read. Check"
                    " only the sentences that quote."
                ),
                count=len(passage),
                limit=max_chars,
            )
        quoted = [item for item in find_quoted(passage) if _cut(passage, item.inner)[0]]
        sentences = split_sentences(
            passage, keep=tuple(item.outer for item in quoted if not item.is_block)
        )
        if not quoted:
            whole = strip(passage, 0, len(passage))
            if pieces := _cut(passage, whole)[0]:
                fragment = Fragment(
                    whole.of(passage), whole, FragmentKind.UNMARKED, pieces, _cut(passage, whole)[1]
                )
                nothing = Span(whole.start, whole.start), Span(whole.end, whole.end)
                framing = Framing(0, whole, *nothing)
                return cls(passage, (fragment,), (framing,), sentences, speaker)
            raise EmptyPassage(
                N_("The passage has nothing but brackets. Paste the words it quotes.")
            )
        framings = tuple(_frame(passage, n, item, sentences) for n, item in enumerate(quoted))
        fragments = tuple(
            _read_fragment(passage, item, framing)
            for item, framing in zip(quoted, framings, strict=True)
        )
        return cls(passage, fragments, framings, sentences, speaker)

    def only(self, numbers: Sequence[int]) -> Claim:
        """Return the same passage with some of its fragments; the others are the quoter's words.

        Args:
            numbers: Indexes into `fragments`, in order.
        """
        return replace(
            self,
            fragments=tuple(self.fragments[n] for n in numbers),
            framings=tuple(
                replace(self.framings[n], fragment=place) for place, n in enumerate(numbers)
            ),
        )


def split_sentences(text: str, *, keep: tuple[Span, ...] = ()) -> tuple[Span, ...]:
    """Cut a text into sentences by rule.

    A full stop ends a sentence unless it belongs to an abbreviation or an initial, or a small
    letter follows; nothing inside the spans of `keep` ends one, but the end of such a span may.

    Returns:
        Spans in order, without the white space between them.
    """
    held = iter(sorted(keep))
    current = next(held, None)
    cuts = [0]
    for stop in _STOP.finditer(text):
        while current and current.end < stop.end():
            current = next(held, None)
        if current and current.start < stop.start() and stop.end() < current.end:
            continue
        if _ends_sentence(text, stop):
            cuts.append(stop.end())
    spans = (
        strip(text, start, end) for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)
    )
    return tuple(span for span in spans if len(span))


def _ends_sentence(text: str, stop: re.Match[str]) -> bool:
    mark = stop.group()
    if mark.isspace():
        return True
    following = text[stop.end() : stop.end() + 120]
    if re.match(r"\s*\n\s*\n", following):
        return True
    first = following.lstrip()[:1]
    if not first or first.islower() or first in ",;:–—)-…":
        return not first
    before = text[max(0, stop.start() - 24) : stop.start() + 1]
    if mark == "." and _CAN_END.search(before):
        return _BEGINS.match(following.lstrip()) is not None
    if mark == "." and _ABBREVIATION.search(before) and not before.endswith(" I."):
        return False
    is_closed = mark[-1] in "\"”’'»›"
    return not (is_closed and mark[0] in "?!…" and _TAIL.match(following))


def _frame(passage: str, number: int, quoted: Quoted, sentences: tuple[Span, ...]) -> Framing:
    """Take the sentences in which a quotation stands, less the quotation."""
    first = bisect_right(sentences, quoted.outer.start, key=lambda sentence: sentence.end)
    after = bisect_left(sentences, quoted.outer.end, key=lambda sentence: sentence.start)
    around = sentences[first:after]
    start = min([quoted.outer.start, *(sentence.start for sentence in around)])
    end = max([quoted.outer.end, *(sentence.end for sentence in around)])
    lead = strip(passage, start, quoted.outer.start)
    tail = strip(passage, quoted.outer.end, end)
    return Framing(number, Span(start, end), lead, tail)


def _read_fragment(passage: str, quoted: Quoted, framing: Framing) -> Fragment:
    pieces, insertions = _cut(passage, quoted.inner)
    kind = FragmentKind.QUOTATION
    n_words = sum(len(_WORD.findall(piece.span.of(passage))) for piece in pieces)
    if (
        n_words <= SCARE_WORDS
        and not quoted.is_block
        and not _is_reported(passage, quoted, framing)
    ):
        kind = FragmentKind.SCARE
    return Fragment(quoted.inner.of(passage), quoted.inner, kind, pieces, insertions)


def _is_reported(passage: str, quoted: Quoted, framing: Framing) -> bool:
    """Say whether the words around a short fragment give it as said, or it is a sentence itself."""
    lead, tail = framing.lead.of(passage), framing.tail.of(passage)
    lead, tail = lead[-REPORTING_REACH:], tail[:REPORTING_REACH]
    if _SO_CALLED.search(lead):
        return False
    if not lead and not re.search(r"\w", tail) and quoted.inner.of(passage)[-1] in ".!?":
        return True
    return any(_REPORTING.search(words) for words in (lead, tail))


def _cut(passage: str, inner: Span) -> tuple[tuple[Piece, ...], tuple[Insertion, ...]]:
    """Divide a quotation at its ellipses and brackets.

    A bracket that stands for letters of a word ([T]he, compan[ies]) stays inside its piece; any
    other parts two pieces, and "[sic]" and "[emphasis added]" leave no gap in the source, so that
    what they part must be adjacent there. An ellipsis next to a bracket wins, for it allows a gap.
    """
    insertions = _read_insertions(passage, inner)
    cuts = [
        (item.span, Joint.INSERTION) for item in insertions if item.kind is not InsertionKind.LETTER
    ]
    covered = [span for span, _ in cuts]
    for mark in _ELLIPSIS.finditer(passage, inner.start, inner.end):
        group = mark.lastgroup or 0
        span = Span(*mark.span(group))
        if not any(span.meets(other) for other in covered):
            cuts.append((span, Joint.ELLIPSIS))
    pieces: list[Piece] = []
    joint, joint_span, start = Joint.START, None, inner.start
    for span, kind in [*sorted(cuts), (Span(inner.end, inner.end), Joint.START)]:
        piece = _trim(passage, start, span.start, is_first=start == inner.start)
        if re.search(r"\w", piece.of(passage)):
            if not pieces:
                joint, joint_span = Joint.START, None
            pieces.append(Piece(piece, joint, joint_span))
            joint = Joint.START
        if joint is not Joint.ELLIPSIS or kind is Joint.ELLIPSIS:
            joint, joint_span = kind, span
        start = span.end
    return tuple(pieces), insertions


def _trim(passage: str, start: int, end: int, *, is_first: bool) -> Span:
    """Take white space off a piece, and after an ellipsis the comma that was left standing."""
    span = strip(passage, start, end)
    if not is_first and (stray := re.match(r"[\s.,;:!?]+", span.of(passage))):
        return Span(span.start + stray.end(), span.end)
    return span


def _read_insertions(passage: str, inner: Span) -> tuple[Insertion, ...]:
    found = []
    for bracket in _BRACKET.finditer(passage, inner.start, inner.end):
        text, span = bracket.group(), Span(*bracket.span())
        if _ELLIPSIS.fullmatch(text):
            continue
        if _SIC.fullmatch(text):
            kind = InsertionKind.SIC
        elif _EMPHASIS.fullmatch(text):
            kind = InsertionKind.EMPHASIS
        elif text.startswith("("):
            continue  # the source's own parenthesis
        elif _touches_word(passage, span, inner):
            kind = InsertionKind.LETTER
        else:
            kind = InsertionKind.WORDS
        found.append(Insertion(kind, span, text))
    return tuple(found)


def _touches_word(passage: str, span: Span, inner: Span) -> bool:
    """Say whether a bracket stands for letters of a word, or for the one-letter word "a"."""
    inside = passage[span.start + 1 : span.end - 1]
    before = passage[span.start - 1] if span.start > inner.start else " "
    after = passage[span.end] if span.end < inner.end else " "
    is_letters = inside.isalpha() or not inside.strip()
    return (is_letters and (before.isalpha() or after.isalpha())) or inside in {"A", "a"}
