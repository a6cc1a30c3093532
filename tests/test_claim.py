"""How a passage is read into fragments, pieces, insertions and framings."""

from __future__ import annotations

import random

import pytest

from quotecheck.claim import Claim, split_sentences
from quotecheck.errors import EmptyPassage, PassageTooLong
from quotecheck.marks import find_quoted
from quotecheck.records import FragmentKind, InsertionKind, Joint


def texts(passage: str) -> list[str]:
    """Return what a passage quotes."""
    claim = Claim.from_passage(passage)
    for fragment in claim.fragments:
        assert fragment.span.of(passage) == fragment.text
    return [fragment.text for fragment in claim.fragments]


def pieces(passage: str) -> list[tuple[Joint, str]]:
    """Return the pieces of a passage's only fragment."""
    (fragment,) = Claim.from_passage(passage).fragments
    return [(piece.joint, piece.span.of(passage)) for piece in fragment.pieces]


@pytest.mark.parametrize(
    ("passage", "expected"),
    [
        ('Ms. Holm said "we pay our own way" in May.', ["we pay our own way"]),
        ("Ms. Holm said “we pay our own way” in May.", ["we pay our own way"]),
        ("Frau Holm sagte „wir zahlen selbst“ im Mai.", ["wir zahlen selbst"]),
        ("Pani Holm said „we pay our own way” in May.", ["we pay our own way"]),
        ("Mme Holm said « we pay our own way » in May.", ["we pay our own way"]),
        ("Frau Holm said »we pay our own way« in May.", ["we pay our own way"]),
        ("Fru Holm said ”we pay our own way” in May.", ["we pay our own way"]),
        ("Ms. Holm said ``we pay our own way'' in May.", ["we pay our own way"]),
        ("Ms. Holm said ‘we pay our own way’ in May.", ["we pay our own way"]),
        ("Ms. Holm said 'we pay our own way' in May.", ["we pay our own way"]),
        ("Ms. Holm said ‹we pay our own way› in May.", ["we pay our own way"]),
    ],
)
def test_every_style_of_marks(passage: str, expected: list[str]) -> None:
    """Marks of every style set a fragment apart, and stay outside of it."""
    assert texts(passage) == expected


@pytest.mark.parametrize(
    ("passage", "expected"),
    [
        ("She said “he told me ‘no’ twice” to them.", ["he told me ‘no’ twice"]),
        ("She said ‘he told me “no” twice’ to them.", ["he told me “no” twice"]),
        ("She said “he told me “no” twice” to them.", ["he told me “no” twice"]),
        ('She said "he told me "no" twice" to them.', ['he told me "no" twice']),
    ],
)
def test_nested_marks_belong_to_the_outer_fragment(passage: str, expected: list[str]) -> None:
    """A quotation in a quotation is part of it."""
    assert texts(passage) == expected


@pytest.mark.parametrize(
    "passage",
    [
        "The firms’ rules don’t bind the firms’ owners.",
        "It was the ’90s, and rock ’n’ roll was theirs.",
        "It was the '90s, and rock 'n' roll was theirs.",
        "She is 5' 11\" tall, and the board is 6' 2\" long.",
        "’Tis the season, and the boys' mothers know.",
    ],
)
def test_an_apostrophe_is_no_quotation_mark(passage: str) -> None:
    """Possessives, left-out letters, feet and inches do not quote."""
    (fragment,) = Claim.from_passage(passage).fragments
    assert fragment.kind is FragmentKind.UNMARKED
    assert fragment.text == passage


def test_a_possessive_does_not_close_single_marks() -> None:
    """The mark after “firms” is an apostrophe, for a better closing mark follows."""
    assert texts("‘The firms’ rules are new,’ she said.") == ["The firms’ rules are new,"]
    assert texts("'The firms' rules are new,' she said.") == ["The firms' rules are new,"]


def test_inches_do_not_close_a_quotation() -> None:
    """A straight mark after a number stands for inches where a closing mark follows."""
    assert texts('She asked for "a 12" pipe," he said.') == ['a 12" pipe,']


def test_paragraphs_that_each_open_are_one_fragment() -> None:
    """Where each paragraph has an opening mark and the last is closed, it is one quotation."""
    passage = "“We paid.\n\n“Nobody asked us to.\n\n“We would again,” Ms. Holm wrote."
    (fragment,) = Claim.from_passage(passage).fragments
    assert fragment.text.startswith("We paid.")
    assert fragment.text.endswith("We would again,")


def test_a_missing_closing_mark_ends_with_the_paragraph() -> None:
    """A quotation that nothing closes takes the rest of its paragraph and no more."""
    passage = "She said: “We paid our own way.\n\nThe board met in May."
    assert texts(passage) == ["We paid our own way."]


def test_a_missing_closing_mark_before_another_quotation() -> None:
    """A quotation that nothing closes does not swallow the next one."""
    passage = "“We paid our own way, she said. “Nobody asked us.”"
    assert texts(passage)[1] == "Nobody asked us."


def test_a_missing_opening_mark_begins_with_the_paragraph() -> None:
    """A closing mark without an opening one closes what the paragraph begins with."""
    assert texts('We paid our own way," Ms. Holm said.') == ["We paid our own way,"]


def test_a_passage_without_marks_is_one_fragment() -> None:
    """Without quotation marks the passage itself is the quotation."""
    (fragment,) = Claim.from_passage("  We paid our own way.\n").fragments
    assert fragment.kind is FragmentKind.UNMARKED
    assert fragment.text == "We paid our own way."


def test_lines_that_begin_with_an_angle_are_a_quotation() -> None:
    """A block quotation of Markdown or e-mail is one fragment, less its last line's name."""
    passage = "He wrote:\n\n> We paid our\n> own way.\n> — Ada Holm\n\nThat is not so."
    (fragment,) = Claim.from_passage(passage).fragments
    assert fragment.text == "We paid our\n> own way."
    assert fragment.kind is FragmentKind.QUOTATION


def test_empty_marks_are_left_out() -> None:
    """Marks with nothing to look for between them quote nothing."""
    assert texts("She said “” and “…”, then “we paid”.") == ["we paid"]


@pytest.mark.parametrize(
    "ellipsis",
    ["...", "…", ". . .", "[...]", "[…]", "(...)", "(…)", "[ . . . ]", ".\u00a0.\u00a0."],
)
def test_an_ellipsis_divides(ellipsis: str) -> None:
    """Every way to write an ellipsis parts two pieces."""
    assert pieces(f"“We paid {ellipsis} our own way”") == [
        (Joint.START, "We paid"),
        (Joint.ELLIPSIS, "our own way"),
    ]


@pytest.mark.parametrize("ellipsis", ["....", ". ...", ". …", ". . . ."])
def test_a_full_stop_before_an_ellipsis_stays(ellipsis: str) -> None:
    """Of four dots the first ends the sentence of the piece before."""
    first, second = pieces(f"“We paid{ellipsis} Nobody asked us”")
    assert first == (Joint.START, "We paid.")
    assert second == (Joint.ELLIPSIS, "Nobody asked us")


def test_ellipses_at_the_ends_part_nothing() -> None:
    """A leading and a trailing ellipsis stay in the fragment, not in its pieces."""
    passage = "She said “… we paid our own way …”."
    (fragment,) = Claim.from_passage(passage).fragments
    assert fragment.text == "… we paid our own way …"
    assert pieces(passage) == [(Joint.START, "we paid our own way")]


@pytest.mark.parametrize(
    ("bracket", "kind"),
    [
        ("[the firms]", InsertionKind.WORDS),
        ("[17]", InsertionKind.WORDS),
        ("[I]", InsertionKind.WORDS),
        ("[sic]", InsertionKind.SIC),
        ("(sic)", InsertionKind.SIC),
        ("[emphasis added]", InsertionKind.EMPHASIS),
        ("[italics in the original]", InsertionKind.EMPHASIS),
        ("[my emphasis]", InsertionKind.EMPHASIS),
        ("(emphasis mine)", InsertionKind.EMPHASIS),
    ],
)
def test_a_bracket_parts_pieces(bracket: str, kind: InsertionKind) -> None:
    """A bracket is the quoter's, of a kind, and stands between two pieces."""
    passage = f"“We paid {bracket} our own way”"
    (fragment,) = Claim.from_passage(passage).fragments
    (insertion,) = fragment.insertions
    assert (insertion.kind, insertion.span.of(passage)) == (kind, bracket)
    assert pieces(passage) == [(Joint.START, "We paid"), (Joint.INSERTION, "our own way")]
    assert fragment.pieces[1].joint_span == insertion.span


@pytest.mark.parametrize("words", ["[W]e paid", "compan[ies] paid", "[A] firm paid", "We pa[id]"])
def test_letters_in_brackets_stay_in_their_piece(words: str) -> None:
    """A bracket around letters of a word parts nothing."""
    (fragment,) = Claim.from_passage(f"“{words} for it”").fragments
    assert [item.kind for item in fragment.insertions] == [InsertionKind.LETTER]
    assert len(fragment.pieces) == 1


def test_a_parenthesis_of_the_source_is_no_insertion() -> None:
    """Round brackets belong to the source, but for notes such as (sic)."""
    assert pieces("“We paid (in May) our own way”") == [
        (Joint.START, "We paid (in May) our own way")
    ]


def test_an_ellipsis_beside_a_bracket_allows_a_gap() -> None:
    """Where both stand between two pieces, the joint is the ellipsis."""
    assert pieces("“We paid … [in May] our own way”")[1][0] is Joint.ELLIPSIS
    assert pieces("“We paid [in May] … our own way”")[1][0] is Joint.ELLIPSIS


@pytest.mark.parametrize(
    ("passage", "kind"),
    [
        ("The “free ride” ended in May.", FragmentKind.SCARE),
        ("The so-called “free ride” ended, he said.", FragmentKind.SCARE),
        ("What he calls a “free ride” ended in May.", FragmentKind.QUOTATION),
        ("According to Ms. Holm, the “free ride” ended.", FragmentKind.QUOTATION),
        ("“Never,” said Ms. Holm.", FragmentKind.QUOTATION),
        ("Her answer: “Never.”", FragmentKind.QUOTATION),
        ("He was asked. “No way.” The board met.", FragmentKind.QUOTATION),
        ("The “free ride home” ended in May.", FragmentKind.QUOTATION),
    ],
)
def test_scare_quotes(passage: str, kind: FragmentKind) -> None:
    """One or two words that nobody is said to have spoken may not be a quotation."""
    assert Claim.from_passage(passage).fragments[0].kind is kind


@pytest.mark.parametrize(
    ("passage", "sentences"),
    [
        ("“We paid,” she said. He left.", ["“We paid,” she said.", "He left."]),
        ("“Did we pay? We did,” she said.", ["“Did we pay? We did,” she said."]),
        ("“Did we pay?” Ms. Holm asked. He left.", ["“Did we pay?” Ms. Holm asked.", "He left."]),
        ("“We paid.” He left.", ["“We paid.”", "He left."]),
        ("Mr. J. B. Ode of the U.S. Mint left. So did I.", None),
        ("See No. 5 vs. No. 6. They differ.", ["See No. 5 vs. No. 6.", "They differ."]),
        ("He left\n\nShe stayed", ["He left", "She stayed"]),
    ],
)
def test_sentences(passage: str, sentences: list[str] | None) -> None:
    """Abbreviations, initials and what stands in marks end no sentence."""
    found = [span.of(passage) for span in Claim.from_passage(passage).sentences]
    assert found == (sentences or ["Mr. J. B. Ode of the U.S. Mint left.", "So did I."])


def test_framing_is_the_sentence_less_the_fragment() -> None:
    """Lead and tail are the quoter's own words before and after, in the fragment's sentence."""
    passage = "He left. Ms. Holm said “we paid” and “nobody asked” in May. She stayed."
    claim = Claim.from_passage(passage)
    first, second = claim.framings
    assert first.sentence.of(passage) == second.sentence.of(passage)
    assert first.lead.of(passage) == "Ms. Holm said"
    assert first.tail.of(passage) == "and “nobody asked” in May."
    assert second.lead.of(passage) == "Ms. Holm said “we paid” and"
    assert second.tail.of(passage) == "in May."


def test_a_passage_needs_a_word() -> None:
    """A passage without a word is refused in a sentence that says what to do."""
    with pytest.raises(EmptyPassage, match="Paste"):
        Claim.from_passage(" “…” ")


def test_a_passage_has_a_limit() -> None:
    """A passage over the limit is refused; one at the limit is read."""
    assert Claim.from_passage("a" * 50, max_chars=50).fragments
    with pytest.raises(PassageTooLong, match="51"):
        Claim.from_passage("a" * 51, max_chars=50)


def test_the_speaker_is_kept() -> None:
    """Who is said to have spoken is part of the claim."""
    assert Claim.from_passage("“We paid.”", speaker="Ada Holm").speaker == "Ada Holm"


def test_offsets_hold_for_any_text() -> None:
    """Whatever the marks, every span says the words that it is said to."""
    rng = random.Random(7)  # noqa: S311 # no secret
    tokens = [*"\"“”„«»‘’'[](){}…\n> ", "``", "''", "...", "[sic]", "We paid", "firms’ ", ". ", " "]
    for _ in range(400):
        passage = "A" + "".join(rng.choices(tokens, k=rng.randint(1, 40)))
        claim = Claim.from_passage(passage)
        end = 0
        for fragment in claim.fragments:
            assert fragment.span.start >= end
            end = fragment.span.end
            assert fragment.span.of(passage) == fragment.text
            assert fragment.pieces
            assert all(fragment.span.holds(piece.span) for piece in fragment.pieces)
            assert fragment.pieces[0].joint is Joint.START
        assert len(claim.framings) == len(claim.fragments)


def test_reading_marks_stays_fast() -> None:
    """Thousands of marks that open and never close do not take the square of their number."""
    for stray in ('"a ', "“a", "‘a ", "> “\n", "[a ", "``a "):
        assert len(find_quoted(stray * 3000)) <= 3000


def test_split_sentences_leaves_only_white_space_out() -> None:
    """Sentences cover a text but for the white space between them."""
    text = "We paid. Nobody asked.\n\nIt was May… or June?  “Was it?” It was."
    spans = split_sentences(text)
    assert "".join(text.split()) == "".join("".join(span.of(text).split()) for span in spans)


@pytest.mark.parametrize(
    ("passage", "kind"),
    [
        ('She was not a "team player" in spring.', FragmentKind.SCARE),
        ('The long-term "vision thing" was over.', FragmentKind.SCARE),
        ('A blog post on the "smart city" drew few.', FragmentKind.SCARE),
        ('The brand was a "household name" in Oslo.', FragmentKind.SCARE),
        ('They put the "smart city" plan away.', FragmentKind.SCARE),
        ('After the call, the "smart city" plan went on.', FragmentKind.SCARE),
        ('It was a must-read "whodunnit" for years.', FragmentKind.SCARE),
        ('She called it "sheer folly" in May.', FragmentKind.QUOTATION),
        ('He noted that it was "sheer folly" then.', FragmentKind.QUOTATION),
        ('The sign read "keep out" in red.', FragmentKind.QUOTATION),
        ('He used the term "sheer folly" twice.', FragmentKind.QUOTATION),
        ('The board termed it "sheer folly" in May.', FragmentKind.QUOTATION),
        ('It was "sheer folly", she wrote.', FragmentKind.QUOTATION),
        ('It was "sheer folly", he replied.', FragmentKind.QUOTATION),
        ('According to her it was "sheer folly" then.', FragmentKind.QUOTATION),
        ('He admitted to "sheer folly" then.', FragmentKind.QUOTATION),
        ('As she put it, "sheer folly" won.', FragmentKind.QUOTATION),
    ],
)
def test_a_verb_of_speech_makes_two_words_a_quotation(passage: str, kind: FragmentKind) -> None:
    """Two words are quoted where a verb says so; “not”, “post” and “long-term” say nothing."""
    (fragment,) = Claim.from_passage(passage).fragments
    assert fragment.kind is kind
