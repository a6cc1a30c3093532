"""Folding keeps a map back to the original, and words keep their places."""

from __future__ import annotations

import itertools
import random
import time

import pytest

from quotecheck.normalize import fold, read_words

ALPHABET = [
    *"abcXYZ019 .,;-'\"“”‘’„«»—–…\n\t\u00a0\u2009\u200b\u00adﬁﬀ½é[]>",
    "  ",
    "``",
    "--",
    "e\u0301",
]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("“We” ‘pay’ „it“ «now»", '"We" \'pay\' "it" "now"'),
        ("``We'' pay", '"We" pay'),
        ("May—June – July", "May-June - July"),
        ("May--June", "May-June"),
        ("We\u00a0pay\u2009it  all\n\nnow", "We pay it all now"),
        ("We\u200b pay\ufeff it", "We pay it"),
        ("ex\u00adam\u00adple", "example"),
        ("the ﬁrst oﬃce", "the first office"),
        ("We pay … all", "We pay ... all"),
        ("an exam-\nple", "an example"),
        ("a Mid-\nAtlantic firm", "a Mid- Atlantic firm"),
        ("cafe\u0301", "café"),
        ("> We pay\n> our way", "> We pay our way"),
        ("２０ ｆｉｒｍｓ", "20 firms"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    """What typesetting changes becomes its plain form."""
    assert fold(text).text == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("[T]he firm", "The firm"),
        ("compan[ies] pa[id]", "companies paid"),
        ("[A] firm", "A firm"),
        ("firm[] [the] x [17]", "firm [the] x [17]"),
    ],
)
def test_unwrap_letters(text: str, folded: str) -> None:
    """Brackets around letters of a word come off, others stay."""
    assert fold(text, unwrap_letters=True).text == folded
    assert "[" in fold(text).text


def test_case_is_kept() -> None:
    """Folding a text does not change its case."""
    assert fold("The FIRM").text == "The FIRM"


def test_offsets_lead_back() -> None:
    """A word of the folded text is found again in the original."""
    text = "“The  ﬁrst\u00a0exam-\nple … ends”"
    folded = fold(text)
    for word, original in (
        ("first", "ﬁrst"),
        ("example", "exam-\nple"),
        ("...", "…"),
        ("ends", "ends"),
    ):
        start = folded.text.index(word)
        assert folded.span(start, start + len(word)).of(text) == original


def test_the_whole_leads_back_to_the_whole() -> None:
    """The folded text as a whole is the original, less what is invisible at its edges."""
    text = "The “firm”"
    assert fold(text).span(0, len(fold(text).text)).of(text) == text


def test_any_stretch_folds_to_itself() -> None:
    """For any text and any two words of it, what the span leads back to folds to the same words."""
    rng = random.Random(11)  # noqa: S311 # no secret
    for _ in range(500):
        # Without the one character that is two words.
        text = "".join(rng.choices(ALPHABET, k=rng.randint(1, 60))).replace("½", "")
        folded = fold(text)
        words = read_words(folded)
        assert len(folded.text) - folded.text.count(" ") <= 3 * len(text)
        for _ in range(5):
            if not len(words):
                break
            first = rng.randrange(len(words))
            end = rng.randint(first + 1, len(words))
            original = words.span(first, end).of(text)
            assert read_words(fold(original)).keys[0] == words.keys[first]
            assert len(read_words(fold(original)).keys) >= end - first


def test_folding_twice_changes_nothing() -> None:
    """The folded form of a folded text is that text."""
    rng = random.Random(12)  # noqa: S311 # no secret
    for _ in range(300):
        text = "".join(
            rng.choices(["we", "pay", " ", "\n", "“", "”", "—", "ﬁ", "\u00a0", "…"], k=30)
        )
        once = fold(text).text
        assert fold(once).text == once


def test_the_map_never_goes_back() -> None:
    """Later places of the folded text lead to later places of the original."""
    rng = random.Random(13)  # noqa: S311 # no secret
    for _ in range(300):
        text = "".join(rng.choices(ALPHABET, k=40))
        folded = fold(text)
        spans = [folded.span(place, place + 1) for place in range(len(folded.text))]
        assert all(a.start <= b.start and a.end <= b.end for a, b in itertools.pairwise(spans))
        assert all(0 <= span.start < span.end <= len(text) for span in spans)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("The U.S. firm doesn’t pay", ["the", "us", "firm", "doesn't", "pay"]),
        ("a well-known firm", ["a", "well", "known", "firm"]),
        ("$1,000.50 or 5%", ["$", "1000.50", "or", "5", "%"]),
        ("fell by −5 in 2010–15", ["fell", "by", "-5", "in", "2010", "15"]),
        ("Did it pay?", ["did", "it", "pay", "?"]),
        ("The *firm* _pays_", ["the", "firm", "pays"]),
        ("İstanbul pays", ["i\u0307stanbul", "pays"]),
    ],
)
def test_words(text: str, keys: list[str]) -> None:
    """Words are in small letters; signs that are read aloud are words too."""
    assert read_words(fold(text)).keys == keys


def test_words_have_places() -> None:
    """Each word's span is the word in the original."""
    text = "“The ﬁrm’s  exam-\nple”"
    words = read_words(fold(text))
    found = [words.span(n, n + 1).of(text) for n in range(len(words))]
    assert found == ["The", "ﬁrm’s", "exam-\nple"]


def test_an_empty_text_has_no_words() -> None:
    """Nothing folds to nothing."""
    assert fold("").text == ""
    assert len(read_words(fold(""))) == 0


@pytest.mark.usefixtures("no_collection")
def test_folding_is_linear() -> None:
    """Four times the text takes about four times as long, not sixteen."""
    text = "“The ﬁrm’s board—all of it—met…\n\nNobody  paid; " * 2000
    seconds = []
    for copies in (1, 4):
        started = time.process_time()
        read_words(fold(text * copies))
        seconds.append(time.process_time() - started)
    assert seconds[1] < 10 * seconds[0] + 0.1
