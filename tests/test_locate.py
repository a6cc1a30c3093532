"""Fragments are found as they are, changed with the changes named, or in pieces; or not at all."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from quotecheck.claim import Claim
from quotecheck.locate import find_nearest, locate
from quotecheck.records import Article, ArticleKind, EditKind, Match, MatchKind, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SOURCE = """\
The harbour board of Lindvik met on Tuesday. Its members, who had been chosen in spring, did not \
approve the loan that Varga Freight had asked for. “We cannot lend — not in a year like this one — \
to a firm without accounts,” said Ada Holm, who chairs the board.

Mr. Varga called the decision a mistake. He said that the smaller firms, such as Orrin Lines, had \
been given loans in May, and that they often tend to pay late. The board has answered none of his \
letters since.

In a letter of June, the self-made shipowner had promised to publish his accounts. Would he have \
done so? Ms. Holm thinks that he would. The harbour board of Lindvik will meet again in autumn, \
when a new treas-
urer takes office."""


def article(text: str = SOURCE, *, main: Span | None = None) -> Article:
    """Make an article of a text with empty lines between its paragraphs."""
    paragraphs = []
    start = 0
    for paragraph in text.split("\n\n"):
        paragraphs.append(Span(start, start + len(paragraph)))
        start += len(paragraph) + 2
    return Article(
        text=text,
        main=main or Span(0, len(text)),
        paragraphs=tuple(paragraphs),
        kind=ArticleKind.TEXT,
        sha256="0" * 64,
        retrieved_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def find(passage: str, text: str = SOURCE) -> Match:
    """Locate the only fragment of a passage."""
    (match,) = locate(Claim.from_passage(passage), article(text))
    return match


def words(match: Match, text: str = SOURCE) -> list[str]:
    """Return what the segments of a match say."""
    return [segment.of(text) for segment in match.segments]


def edits(match: Match, passage: str, text: str = SOURCE) -> list[tuple[EditKind, str, str]]:
    """Return the edits of a match, having seen that their spans say what they do."""
    for edit in match.edits:
        assert edit.span.of(text) == edit.text
        assert edit.quoted_span.of(passage) == edit.quoted
    return [(edit.kind, edit.text, edit.quoted) for edit in match.edits]


def test_exact() -> None:
    """The same letters are exact, with the full stop where both have it."""
    match = find("“Mr. Varga called the decision a mistake.”")
    assert match.kind is MatchKind.EXACT
    assert words(match) == ["Mr. Varga called the decision a mistake."]
    assert (match.score, match.edits, match.alternatives) == (1.0, (), 0)


@pytest.mark.parametrize(
    ("passage", "found"),
    [
        ("“We cannot lend - not in a year like this one - to a firm”", "We cannot lend — not"),
        ("“[H]is letters since”", "his letters since"),
        ("“His letters since”", "his letters since"),
        ("“called the decision a mistake,” he wrote", "called the decision a mistake"),
        ("“the self made shipowner”", "the self-made shipowner"),
        ("“the selfmade shipowner had promised”", "the self-made shipowner had promised"),
        ("“a new treasurer takes office”", "a new treas-\nurer takes office"),
        ("“a new treas-urer takes office”", "a new treas-\nurer takes office"),
        ("“none of his\nletters  since”", "none of his letters since"),
    ],
)
def test_typographic(passage: str, found: str) -> None:
    """Marks, dashes, spaces, case, hyphens and the quoter's comma change no words."""
    match = find(passage)
    assert match.kind is MatchKind.TYPOGRAPHIC
    assert match.edits == ()
    assert words(match)[0].startswith(found)


def test_letters_in_brackets_stand_for_others() -> None:
    """The ending in brackets may differ from the source's; the rest of the word may not."""
    assert find("“memb[er] who had been chosen in spring”").kind is MatchKind.TYPOGRAPHIC
    assert find("“the decisi[ve] a mistake”").edits == ()
    assert find("“remb[er] who had been chosen in spring”").kind is MatchKind.ALTERED


def test_an_ending_begins_a_quotation() -> None:
    """A quotation may begin inside a word, at its apostrophe."""
    text = "It’s a long way from here to Lindvik by boat."
    match = find("It “’s a long way from here,” she said.", text)
    assert words(match, text) == ["’s a long way from here"]
    assert match.kind is not MatchKind.ALTERED


def test_a_dropped_not_is_named() -> None:
    """A quotation that lacks one small word is altered, and the edit is that word."""
    passage = "“Its members, who had been chosen in spring, did approve the loan”"
    match = find(passage)
    assert match.kind is MatchKind.ALTERED
    assert edits(match, passage) == [(EditKind.DELETE, "not", "")]
    assert match.score == 1.0


def test_a_replaced_word_is_named() -> None:
    """A word put in place of another is one edit with both words."""
    passage = "“they always tend to pay late”"
    match = find(passage)
    assert edits(match, passage) == [(EditKind.REPLACE, "often", "always")]
    assert match.score < find("“they often tend to pay late”").score


def test_an_added_word_is_named() -> None:
    """A word that the source lacks is an insertion between two of its words."""
    passage = "“they often tend to never pay late”"
    match = find(passage)
    assert edits(match, passage) == [(EditKind.INSERT, "", "never")]


def test_a_replaced_first_word_is_named() -> None:
    """A changed word at the edge of a quotation is laid beside the source's word there."""
    passage = "“Her members, who had been chosen in spring”"
    assert edits(find(passage), passage) == [(EditKind.REPLACE, "Its", "Her")]


def test_neighbouring_changes_are_one_edit() -> None:
    """A phrase in place of another is one replacement."""
    passage = "“the smaller firms, such as Orrin Lines, had been handed some cash in May”"
    assert edits(find(passage), passage) == [(EditKind.REPLACE, "given loans", "handed some cash")]


def test_a_changed_form_is_named() -> None:
    """Another form of a word is a change too."""
    passage = "“they often tended to pay late”"
    assert edits(find(passage), passage) == [(EditKind.REPLACE, "tend", "tended")]


def test_a_changed_number_is_named() -> None:
    """Signs and numbers are words: another currency or amount is a change."""
    text = "The board lent the firm $4.5 million in the spring of last year."
    passage = "“lent the firm €4.5 million in the spring”"
    assert edits(find(passage, text), passage, text) == [(EditKind.REPLACE, "$", "€")]
    passage = "“lent the firm $4,500 million in the spring”"
    assert edits(find(passage, text), passage, text) == [(EditKind.REPLACE, "4.5", "4,500")]


def test_a_gap_without_an_ellipsis_is_named() -> None:
    """Sentences left out without a mark are one deletion, not a failure to find."""
    passage = (
        "“the loan that Varga Freight had asked for. Mr. Varga called the decision a mistake.”"
    )
    match = find(passage)
    assert match.kind is MatchKind.ALTERED
    ((kind, text, quoted),) = edits(match, passage)
    assert (kind, quoted) == (EditKind.DELETE, "")
    assert text.startswith("We cannot lend")
    assert text.endswith("who chairs the board")


def test_words_that_are_not_there_are_not_returned() -> None:
    """Another sentence on the same matter is no match."""
    for passage in (
        "“The board of the harbour refused to give the shipping firm any money at all.”",
        "“to a firm with friends”",
        "“Orrin Freight”",
        "“mistaken”",
    ):
        assert locate(Claim.from_passage(passage), article()) == ()


def test_short_fragments_may_be_inflected_at_most() -> None:
    """Of two or three words a form may differ, no word."""
    assert find("“smaller firm”").kind is MatchKind.ALTERED
    assert locate(Claim.from_passage("“larger firms”"), article()) == ()


def test_part_of_a_word_is_no_match() -> None:
    """A fragment ends where words end."""
    assert locate(Claim.from_passage("“art”"), article("The party was in Lindvik.")) == ()


def test_stitched_at_an_ellipsis() -> None:
    """Each piece has its segment, in the pieces' order."""
    match = find("“The harbour board of Lindvik … did not approve the loan”")
    assert match.kind is MatchKind.STITCHED
    assert words(match) == ["The harbour board of Lindvik", "did not approve the loan"]
    assert match.segments[0].start == 0


def test_of_repeated_pieces_those_close_together_are_taken() -> None:
    """The same words stand twice; the place that goes with the other piece is the one."""
    match = find("“The harbour board of Lindvik … takes office”")
    assert match.segments[0].start == SOURCE.rindex("The harbour board")


def test_pieces_in_reverse_are_located() -> None:
    """Pieces out of the source's order are found, and the segments go backwards."""
    match = find("“answered none of his letters … Varga called the decision a mistake”")
    assert match.kind is MatchKind.STITCHED
    assert match.segments[1].end < match.segments[0].start


def test_an_inserted_bracket_is_passed_over() -> None:
    """A bracket may stand in place of words of the source."""
    match = find("“He said that [they] had been given loans in May”")
    assert match.kind is MatchKind.STITCHED
    assert words(match) == ["He said that", "had been given loans in May"]
    assert match.edits == ()


def test_a_note_allows_no_gap() -> None:
    """What stands before and after [sic] is adjacent in the source, or words were left out."""
    assert find("“had been given [sic] loans in May”").kind is MatchKind.TYPOGRAPHIC
    passage = "“had been chosen [sic] did not approve the loan”"
    assert edits(find(passage), passage) == [(EditKind.DELETE, "in spring", "")]


def test_changes_in_pieces_are_named() -> None:
    """A stitched match has edits where a piece was changed."""
    passage = "“Its members … Freight had hoped for”"
    assert edits(find(passage), passage) == [(EditKind.REPLACE, "asked", "hoped")]


def test_a_missing_piece_is_an_insertion() -> None:
    """A short piece that the source lacks is named as added; its segment is empty."""
    passage = "“Its members, who had been chosen in spring, did not approve … ever again”"
    match = find(passage)
    assert edits(match, passage) == [(EditKind.INSERT, "", "ever again")]
    assert len(match.segments[1]) == 0


def test_the_sources_own_ellipsis_and_bracket() -> None:
    """What reads as an ellipsis or an insertion may stand in the source."""
    text = "“I think … we paid,” she said. It cost [about] ten crowns a head in all."
    match = find("“I think … we paid”", text)
    assert match.kind is MatchKind.EXACT
    assert [segment.of(text) for segment in match.segments] == ["I think", "we paid"]
    assert find("“It cost [about] ten crowns”", text).kind is MatchKind.EXACT


def test_fragments_are_tied_to_one_another() -> None:
    """Of words that stand in many places, those near the other fragment are taken."""
    claim = Claim.from_passage(
        "Ms. Holm “thinks that he would,” and “the harbour board” will meet."
    )
    first, second = locate(claim, article())
    assert first.fragment == 0
    assert second.span.start == SOURCE.rindex("The harbour board")


def test_missing_fragments_leave_the_others() -> None:
    """Only the fragments that are there are returned, by their numbers."""
    claim = Claim.from_passage("He “pays on the day,” and “they often tend to pay late,” she said.")
    (match,) = locate(claim, article())
    assert match.fragment == 1


def test_other_places_are_counted() -> None:
    """Words that stand twice have one alternative, and its place."""
    match = find("“The harbour board of Lindvik”")
    assert match.alternatives == 1
    (other,) = match.alternative_segments
    assert other.of(SOURCE) == "The harbour board of Lindvik"
    assert not other.meets(match.span)


def test_the_article_itself_is_preferred() -> None:
    """The same words in a caption are neither taken nor counted."""
    text = "The board met in May.\n\nThe board met in May.\n\nA boat at the quay of Lindvik."
    main = Span(23, 44)
    claim = Claim.from_passage("“The board met in May.”")
    (match,) = locate(claim, article(text, main=main))
    assert match.segments == (main,)
    assert not match.is_outside_main
    assert match.alternatives == 0
    (caption,) = locate(Claim.from_passage("“A boat at the quay”"), article(text, main=main))
    assert caption.is_outside_main


def test_an_unmarked_passage_is_located() -> None:
    """A passage without marks is looked for as a whole."""
    match = find("Ms. Holm thinks that he would.")
    assert match.kind is MatchKind.EXACT


def test_a_long_quotation_is_pinned_and_aligned() -> None:
    """Hundreds of quoted words are aligned, and the one that was changed is named."""
    text = " ".join(
        f"In year {n} the firm of {n * 7} men sailed past cape {n * 3}." for n in range(90)
    )
    passage = f"“{text.replace('of 301 men', 'with 301 men')}”"
    match = find(passage, text)
    assert edits(match, passage, text) == [(EditKind.REPLACE, "of", "with")]


def test_a_source_without_words() -> None:
    """Nothing stands in an empty source."""
    assert locate(Claim.from_passage("“We paid”"), article("")) == ()


@pytest.mark.usefixtures("no_collection")
def test_location_is_linear() -> None:
    """Eight times the source takes about eight times as long."""
    claim = Claim.from_passage("“they always tend to pay late, and the board … a new treasurer”")
    seconds = []
    for copies in (20, 160):
        text = (
            SOURCE
            + "\n\n"
            + "\n\n".join(f"Nobody in port {n} paid a toll." for n in range(copies * 20))
        )
        source = article(text)
        started = time.process_time()
        assert locate(claim, source)
        seconds.append(time.process_time() - started)
    assert seconds[1] < 24 * seconds[0] + 0.1


class CountingEncoder:
    """An encoder of two dimensions: how often a text says "loan", and a constant."""

    def __init__(self) -> None:
        self.n_texts = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector a text."""
        self.n_texts += len(texts)
        vectors = np.array([[text.count("loan"), 0.5] for text in texts], dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_nearest_is_the_sentence_most_alike() -> None:
    """The nearest passage is a sentence, with the similarity as its score."""
    claim = Claim.from_passage("“no loan for the freight firm”")
    (match,) = find_nearest(claim, [0], article(), CountingEncoder())
    assert match.kind is MatchKind.PARAPHRASE
    assert not match.is_located
    assert words(match)[0].startswith("Its members")
    assert words(match)[0].endswith("asked for.")
    assert 0.9 < match.score <= 1.0


def test_nearest_reads_part_of_a_long_source() -> None:
    """Of a long article only the sentences with words in common are encoded."""
    text = SOURCE + "\n\n" + " ".join(f"Port {n} was closed." for n in range(900))
    encoder = CountingEncoder()
    (match,) = find_nearest(Claim.from_passage("“a loan for Varga”"), [0], article(text), encoder)
    assert "loan" in match.segments[0].of(text)
    assert encoder.n_texts < 200


def test_nearest_in_an_empty_source() -> None:
    """Without sentences the match is empty and scores nothing."""
    (match,) = find_nearest(Claim.from_passage("“a loan”"), [0], article(""), CountingEncoder())
    assert (match.score, match.segments) == (0.0, (Span(0, 0),))


TURNED = (
    "The firms would not pay the fine. The clerk will sign the deed. A storm is near the coast."
)


@pytest.mark.parametrize(
    ("quoted", "there", "expected"),
    [
        ("will not pay", "would not pay", [(EditKind.REPLACE, "would", "will")]),
        ("would pay", "would not pay", [(EditKind.DELETE, "not", "")]),
        ("may sign", None, []),
        ("clerk may sign", "clerk will sign", [(EditKind.REPLACE, "will", "may")]),
        ("will not sign", "will sign", [(EditKind.INSERT, "", "not")]),
        ("won’t sign the", "will sign the", [(EditKind.REPLACE, "will", "won’t")]),
        ("will never", None, []),
        ("would lend", None, []),
        ("near the town", None, []),
        ("not sail", None, []),
    ],
)
def test_a_few_words_with_one_operator_changed(
    quoted: str, there: str | None, expected: list[tuple[EditKind, str, str]]
) -> None:
    """Two or three words are found where a “not” or an auxiliary alone differs."""
    passage = f"They said it “{quoted}” then."
    matches = locate(Claim.from_passage(passage), article(TURNED))
    if there is None:
        assert matches == ()
        return
    (match,) = matches
    assert words(match, TURNED) == [there]
    assert edits(match, passage, TURNED) == expected


def test_a_few_words_that_could_be_two_things_are_not_found() -> None:
    """Where the source has several wordings that fit, none of them is taken."""
    text = "The firms would not pay. The clerk would never pay. The board would then meet."
    assert locate(Claim.from_passage("He said it “would pay” then."), article(text)) == ()


def test_a_contraction_at_the_head_is_laid_along_what_it_contracts() -> None:
    """“That is” stands at “That’s”, not at some “is” before it."""
    text = "The board of the port is old and slow. That’s a fact which the firms often forget."
    passage = "“That is a fact which the firms often forget.”"
    (match,) = locate(Claim.from_passage(passage), article(text))
    assert words(match, text) == ["That’s a fact which the firms often forget."]
    assert edits(match, passage, text) == [(EditKind.REPLACE, "That’s", "That is")]
