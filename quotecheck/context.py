"""What stands around the quoted words in the source, what was left out, how the topic drifts."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import numpy as np

from quotecheck.records import (
    Context,
    EditKind,
    Elision,
    InsertionKind,
    Joint,
    Match,
    Reading,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.language import Language
    from spacy.tokens import Span as Sentence

    from quotecheck.claim import Claim
    from quotecheck.encode import Encoder
    from quotecheck.records import Article

# Characters read before and after a match to find out who is meant: about 500 words back, where
# news names its people again, and two sentences on, for those who are named only afterwards.
BEFORE = 3_000
AFTER = 400
# Characters parsed in all: some 10,000 words, two seconds' work.
MOST_READ = 60_000
# Characters of what was left out that a report gives; of more, the beginning and the end.
ELISION_SHOWN = 2_000
# Characters shown around a match, where its paragraph is shorter.
SHOWN = 300
# The longest stretch that is shown in one piece; pieces farther apart are shown by the first.
LONGEST_SHOWN = 20_000
# Sentences before a match in which the quoter's retelling is looked for.
RETOLD_REACH = 12
# Content words that a retelling shares with the sentence it retells, at least.
RETOLD_WORDS = 3
# Or names: two of them are no accident.
RETOLD_NAMES = 2
# Content words from which on the quoter's own words have a topic that can be compared.
FRAMING_WORDS = 5
# Paragraphs, the nearest to the match, that these words are compared with: a topic needs no more.
COMPARED = 3
# Characters of each that the encoder reads, which stops at 256 word pieces.
ENCODED = 1_000

# A line break with none beside it.
_LINE_BREAK = re.compile(r"(?<!\n)\n(?!\s*\n)")
_CONTENT = frozenset(["NOUN", "PROPN", "VERB", "ADJ", "NUM"])


def read_around(
    claim: Claim,
    matches: tuple[Match, ...],
    article: Article,
    nlp: Language,
    known: tuple[Reading, ...] = (),
) -> tuple[Reading, tuple[Reading, ...]]:
    """Parse the passage, and the source around the matches.

    Only what stands around the matches is read, so that the cost does not grow with the source.
    What is known already (stretches of the same source that were parsed before) is not read again.

    Returns:
        The passage, and the stretches of the source in order; these do not overlap.
    """
    stretches: list[Span] = []
    for span in sorted(s for m in matches for s in m.segments):
        wide = _to_paragraphs(Span(max(0, span.start - BEFORE), span.end + AFTER), article)
        if stretches and wide.start <= stretches[-1].end:
            wide = Span(stretches[-1].start, max(wide.end, stretches[-1].end))
            stretches.pop()
        if sum(map(len, stretches)) + len(wide) > MOST_READ:
            break
        stretches.append(wide)
    text, mended = _as_read(claim)
    held = {s: next((k for k in known if k.span.holds(s)), None) for s in stretches}
    fresh = [s for s in stretches if held[s] is None]
    passage, *docs = nlp.pipe([text, *(_joined(s.of(article.text)) for s in fresh)])
    read = {s: Reading(s, d, article.text) for s, d in zip(fresh, docs, strict=True)}
    found = dict.fromkeys(held[s] or read[s] for s in stretches)
    return Reading(Span(0, len(text)), passage, claim.passage, mended), tuple(found)


def read_context(
    claim: Claim,
    matches: tuple[Match, ...],
    article: Article,
    passage: Reading,
    stretches: tuple[Reading, ...],
    encoder: Encoder,
) -> Context:
    """Say what stands around the matches and what the passage passes over.

    Args:
        claim: What was published.
        matches: Where its fragments stand; paraphrases show the nearest passage.
        article: The source.
        passage: The passage, parsed.
        stretches: The source around the matches, parsed.
        encoder: Sentence embeddings.
    """
    located = tuple(m for m in matches if m.is_located)
    elisions = [*_gaps_inside(claim, located, article), *_gaps_between(located, article)]
    known = [e.span for e in elisions]
    for stretch in stretches:
        elisions += [
            Elision(span, _shown(span.of(article.text)), marked=False)
            for span in _passed_over(claim, located, passage, stretch)
            if not any(span.meets(other) for other in known)
        ]
    elisions.sort(key=lambda e: e.span)
    window = _window(located or matches, elisions, article)
    return Context(
        window,
        window.of(article.text),
        tuple(elisions),
        _similarity(claim, matches, passage, window, article, encoder),
    )


def _as_read(claim: Claim) -> tuple[str, tuple[Span, ...]]:
    """Return the passage as it is read aloud, as long as it is: “compan[ies]” is “companies”.

    Returns:
        The text, and the words whose brackets were taken out of the way.
    """
    text, mended = claim.passage, []
    for insertion in (i for f in claim.fragments for i in f.insertions):
        if insertion.kind is InsertionKind.LETTER:
            before = re.search(r"\w*\Z", text[: insertion.span.start])
            after = re.compile(r"\w*").match(text, insertion.span.end)
            start = before.start() if before else insertion.span.start
            end = after.end() if after else insertion.span.end
            word = "".join(c for c in text[start:end] if c not in "[]()")
            text = text[:start] + word.ljust(end - start) + text[end:]
            mended.append(Span(start, end))
    return _joined(text), tuple(mended)


def _joined(text: str) -> str:
    """Return a text with the line breaks inside its paragraphs made spaces, offsets kept."""
    return _LINE_BREAK.sub(" ", text)


def _to_paragraphs(span: Span, article: Article) -> Span:
    """Widen a stretch to whole paragraphs, or leave it where a paragraph is very long."""
    start, end = span.start, min(span.end, len(article.text))
    for paragraph in article.paragraphs:
        if paragraph.start <= start < paragraph.end and start - paragraph.start < BEFORE:
            start = paragraph.start
        if paragraph.start < end <= paragraph.end and paragraph.end - end < BEFORE:
            end = paragraph.end
    return Span(min(start, end), end)


def _window(matches: tuple[Match, ...], elisions: list[Elision], article: Article) -> Span:
    """Return the stretch of the source that is shown."""
    if not matches:
        return _to_paragraphs(Span(0, min(len(article.text), 2 * SHOWN)), article)
    spans = sorted([*(s for m in matches for s in m.segments), *(e.span for e in elisions)])
    start, end = spans[0].start, spans[0].end
    for span in spans:
        if max(end, span.end) - start <= LONGEST_SHOWN:
            end = max(end, span.end)
    text_end = len(article.text)
    return _to_paragraphs(Span(max(0, start - SHOWN), min(text_end, end + SHOWN)), article)


def _gaps_inside(claim: Claim, matches: tuple[Match, ...], article: Article) -> Iterator[Elision]:
    """Give what is missing inside the quotation marks, marked or not."""
    for match in matches:
        pieces = claim.fragments[match.fragment].pieces
        for piece, (before, after) in zip(
            pieces[1:], itertools.pairwise(match.segments), strict=False
        ):
            is_marked = piece.joint in {Joint.ELLIPSIS, Joint.INSERTION}
            yield from _elision(before.end, after.start, article, match.fragment, marked=is_marked)
        for edit in match.edits:
            if edit.kind is EditKind.DELETE:
                yield from _elision(
                    edit.span.start, edit.span.end, article, match.fragment, marked=False
                )


def _gaps_between(matches: tuple[Match, ...], article: Article) -> Iterator[Elision]:
    """Give what stands between one quotation and the next."""
    segments = sorted((s, m.fragment) for m in matches for s in m.segments)
    end, last = 0, None
    for segment, fragment in segments:
        if last is not None and fragment != last:
            yield from _elision(end, segment.start, article, None, marked=True)
        if segment.end > end:
            end, last = segment.end, fragment


def _elision(
    start: int, end: int, article: Article, fragment: int | None, *, marked: bool
) -> Iterator[Elision]:
    if start >= end:
        return
    text = article.text[start:end]
    if any(c.isalnum() for c in text):
        left = len(text) - len(text.lstrip())
        right = len(text.rstrip())
        yield Elision(Span(start + left, start + right), _shown(text.strip()), marked, fragment)


def _shown(text: str) -> str:
    """Return the text of an elision, the middle of a very long one left out."""
    if len(text) <= ELISION_SHOWN:
        return text
    return f"{text[: ELISION_SHOWN // 2]} […] {text[-ELISION_SHOWN // 2 :]}"


def _passed_over(
    claim: Claim, matches: tuple[Match, ...], passage: Reading, stretch: Reading
) -> Iterator[Span]:
    """Give the sentences between what the quoter retells and what the quoter quotes.

    A sentence counts as retold where it shares enough content words, or names, with the quoter's
    own words.
    """
    words, names = _own_words(claim, passage)
    quoted = [s for m in matches for s in m.segments]
    sentences = list(stretch.doc.sents)
    places = [stretch.place(s.start_char, s.end_char) for s in sentences]
    first = next((n for n, p in enumerate(places) if any(p.meets(q) for q in quoted)), None)
    if first is None:
        return
    held = {
        n
        for n in range(max(0, first - RETOLD_REACH), first)
        if _is_retold(sentences[n], words, names)
    }
    if not held:
        return
    run: list[int] = []
    for number in range(min(held), first + 1):
        if number in held or number == first:
            if run:
                yield Span(places[run[0]].start, places[run[-1]].end)
            run = []
        elif any(c.isalnum() for c in sentences[number].text):
            run.append(number)


def _own_words(claim: Claim, passage: Reading) -> tuple[frozenset[str], frozenset[str]]:
    """Return the lemmas of the quoter's own content words, and those of names among them."""
    quoted = [f.span for f in claim.fragments]
    own = [
        t
        for t in passage.doc
        if t.pos_ in _CONTENT and not any(q.start <= t.idx < q.end for q in quoted)
    ]
    return (
        frozenset(t.lemma_.lower() for t in own),
        frozenset(t.lower_ for t in own if t.pos_ == "PROPN"),
    )


def _is_retold(sentence: Sentence, words: frozenset[str], names: frozenset[str]) -> bool:
    content = {t.lemma_.lower() for t in sentence if t.pos_ in _CONTENT}
    named = {t.lower_ for t in sentence if t.pos_ == "PROPN"}
    return len(content & words) >= RETOLD_WORDS or len(named & names) >= RETOLD_NAMES


def _similarity(
    claim: Claim,
    matches: tuple[Match, ...],
    passage: Reading,
    window: Span,
    article: Article,
    encoder: Encoder,
) -> float | None:
    """Return how near the quoter's own words are to the source around the quotation."""
    words, _ = _own_words(claim, passage)
    if len(words) < FRAMING_WORDS or not matches:
        return None
    own = list(claim.passage)
    for fragment in claim.fragments:
        own[fragment.span.start : fragment.span.end] = " " * len(fragment.span)
    framing = " ".join("".join(own).split())
    near = [p for p in article.paragraphs if p.meets(window)]
    near.sort(key=lambda p: min(abs(p.start - m.span.start) for m in matches))
    texts = [p.of(article.text)[:ENCODED] for p in near[:COMPARED]]
    if not texts:
        return None
    vectors = encoder.encode([framing[:ENCODED], *texts])
    return float(np.max(vectors[1:] @ vectors[0]))
