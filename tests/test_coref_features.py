"""What is read off a parse: kinds, roles and descriptions of words, and how two words compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from quotecheck.coref.features import (
    CASES,
    GROUPS,
    KINDS,
    N_DISTANCES,
    N_PAIR_FEATURES,
    NUMBERS,
    ROLES,
    WordFeatures,
    coarse_features,
    pair_features,
    read_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from spacy.tokens import Doc

    Annotate = Callable[[str], Doc]

KEEPERS = """\
Ida/PROPN/2/nsubj knows/VERB/0/ROOT the/DET/5/det old/ADJ/5/amod keepers/NOUN/2/obj/Number=Plur
They/PRON/2/nsubj/Number=Plur row/VERB/0/ROOT her/PRON/4/nmod:poss boat/NOUN/2/obj/Number=Sing
"""
JOINED = """\
a/DET/2/det mayor/NOUN/6/nsubj and/CCONJ/5/cc her/PRON/5/nmod:poss clerk/NOUN/2/conj met/VERB/0/ROOT
"""
NAMED = "Ida/PROPN/4/nsubj Maria/PROPN/1/flat Holm/PROPN/1/flat rows/VERB/0/ROOT"


def read(text: str, annotate: Annotate) -> WordFeatures:
    """Read the features of annotated words."""
    return read_words(annotate(text))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Myself/PRON/0/ROOT", "i"),
        ("their/DET/0/ROOT", "they"),
        ("this/PRON/0/ROOT/PronType=Dem", "this"),
        ("that/PRON/0/ROOT/PronType=Rel", "relative"),
        ("those/PRON/0/ROOT", "these"),
        ("who/PRON/0/ROOT", "relative"),
        ("nobody/PRON/0/ROOT", "pronoun"),
        ("Velm/PROPN/0/ROOT", "name"),
        ("boat/NOUN/0/ROOT/Number=Sing the/DET/1/det", "noun"),
        ("boats/NOUN/0/ROOT/Number=Plur", "plural"),
        ("seven/NUM/0/ROOT", "other"),
        ("rows/VERB/0/ROOT", "clause"),
        ("and/CCONJ/0/ROOT", "coordination"),
        ("of/ADP/0/ROOT", "none"),
    ],
)
def test_a_word_heads_an_expression_of_one_kind(text: str, kind: str, annotate: Annotate) -> None:
    """Pronouns are told by their forms, the rest by parts of speech."""
    assert KINDS[read(text, annotate).kind[0]] == kind


@pytest.mark.parametrize(
    ("opener", "kind"),
    [
        ("the/DET/2/det", "definite"),
        ("a/DET/2/det", "indefinite"),
        ("such/ADJ/2/amod", "taken_up"),
        ("Ida/PROPN/2/nmod:poss", "possessed"),
        ("grey/ADJ/2/amod", "noun"),
    ],
)
def test_a_noun_is_told_by_what_opens_it(opener: str, kind: str, annotate: Annotate) -> None:
    """Articles, demonstratives and possessors before a noun say how it is introduced."""
    assert KINDS[read(f"{opener} boat/NOUN/0/ROOT", annotate).kind[1]] == kind


def test_the_same_comes_before_the_article(annotate: Annotate) -> None:
    """“The same boat” takes something up, whatever its article says."""
    words = read("the/DET/3/det same/ADJ/3/amod boat/NOUN/0/ROOT", annotate)
    assert KINDS[words.kind[2]] == "taken_up"


def test_the_order_of_kinds_is_part_of_the_weights() -> None:
    """A kind is a number of the trained tables: nothing may move."""
    assert (len(KINDS), KINDS.index("name"), KINDS.index("none")) == (22, 11, 21)
    assert list(GROUPS.values()) == [13, 9, 3, 7, 7, 484, 9, 16, 49, 6, 5]


def test_words_have_sentences_heads_and_numbers(annotate: Annotate) -> None:
    """Heads are places in the text, sentences rise, number is read off the features."""
    words = read(KEEPERS, annotate)
    assert words.sentence.tolist() == [0] * 5 + [1] * 4
    assert words.head.tolist() == [1, 1, 4, 4, 1, 6, 6, 8, 6]
    assert [NUMBERS[n] for n in words.number[[0, 4, 5, 8]]] == ["", "plural", "plural", "singular"]
    assert [ROLES[r] for r in words.role[[0, 1, 4, 7]]] == [
        "subject",
        "root",
        "object",
        "possessor",
    ]


def test_letters_have_a_case(annotate: Annotate) -> None:
    """Lower, title, upper, mixed, digits and the rest are told apart."""
    words = read(
        " ".join(f"{w}/X/0/ROOT" for w in ("a", "Ab", "ABC", "aBc", "3rd1", "…")), annotate
    )
    assert [CASES[c] for c in words.case] == ["lower", "title", "upper", "mixed", "lower", "other"]


def test_only_some_words_can_be_mentions(annotate: Annotate) -> None:
    """Articles, prepositions and most adverbs head no mention; “here” does, and verbs can."""
    nouns = "the/DET/2/det boat/NOUN/0/ROOT sails/VERB/2/acl of/ADP/2/case"
    text = f"{nouns} here/ADV/3/advmod soon/ADV/3/advmod"
    assert read(text, annotate).is_candidate.tolist() == [False, True, True, False, True, False]


def test_a_conjunction_stands_for_what_it_joins(annotate: Annotate) -> None:
    """A coordination has the role of its first part, is plural, and is described by both."""
    words = read(JOINED, annotate)
    assert (KINDS[words.kind[2]], NUMBERS[words.number[2]]) == ("coordination", "plural")
    assert words.role[2] == words.role[1]
    assert (words.bag[2] == words.bag[1] | words.bag[4]).all()


def test_a_name_is_described_by_its_parts(annotate: Annotate) -> None:
    """The head of a name has the words of the whole; a part has its own alone."""
    words = read(NAMED, annotate)
    assert np.bitwise_count(words.proper).sum(axis=1).tolist() == [3, 1, 1, 0]


def test_a_later_modifier_describes_nothing_else(annotate: Annotate) -> None:
    """“The roof of the house” is no house."""
    words = read("roof/NOUN/0/ROOT of/ADP/3/case house/NOUN/1/nmod", annotate)
    assert np.bitwise_count(words.bag).sum(axis=1).tolist() == [1, 0, 1]


@pytest.mark.parametrize("marks", ["“”", '""', "«»", "‘’"])
def test_quotations_are_numbered(marks: str, annotate: Annotate) -> None:
    """Between the marks each quotation has its own number, and what is outside has none."""
    opening, closing = marks
    forms = ("a", opening, "b", closing, "c", opening, "d", closing)
    words = read(" ".join(f"{form}/X/0/ROOT" for form in forms), annotate)
    assert words.quote.tolist() == [0, 1, 1, 0, 0, 2, 2, 0]


@pytest.mark.parametrize(
    ("forms", "quote"),
    [
        ("a ’ b ‘ c", [0, 0, 0, 0, 0]),
        ('a " b c', [0, 0, 0, 0]),
        ("“ a ‘ b ’ c ” d", [1, 1, 1, 1, 1, 1, 0, 0]),
        ("“ a “ b ” c", [1, 1, 2, 2, 0, 0]),
    ],
)
def test_marks_that_close_nothing_or_stand_inside(
    forms: str, quote: list[int], annotate: Annotate
) -> None:
    """An apostrophe opens nothing, nor what is never closed; a new paragraph opens speech again."""
    text = " ".join(f"{form}/X/0/ROOT" for form in forms.split())
    assert read(text, annotate).quote.tolist() == quote


def test_a_mark_left_open_does_not_turn_the_rest_round(annotate: Annotate) -> None:
    """A straight mark that is closed only far away is a slip."""
    forms = ['"', *("a" for _ in range(300)), '"', "b", '"']
    words = read(" ".join(f"{form}/X/0/ROOT" for form in forms), annotate)
    assert words.quote.tolist() == [0] * 301 + [1, 1, 0]


def test_no_words_have_no_rows(annotate: Annotate) -> None:
    """An empty text gives empty features."""
    doc = annotate(NAMED)[:0].as_doc()
    assert len(read_words(doc)) == 0


def test_taking_words_renumbers_heads_and_sentences(annotate: Annotate) -> None:
    """What is kept points to what is kept; a word whose head is gone is its own."""
    words = read(KEEPERS, annotate)
    kept = words.take(np.asarray([0, 4, 6, 7, 8]))
    assert kept.head.tolist() == [0, 1, 2, 4, 2]
    assert kept.sentence.tolist() == [0, 0, 1, 1, 1]
    assert kept.form.tolist() == words.form[[0, 4, 6, 7, 8]].tolist()
    assert len(words.take(np.asarray([], dtype=np.int64))) == 0


def test_a_pair_has_one_feature_of_each_group(annotate: Annotate) -> None:
    """Groups lie side by side: each pair has exactly one number within each."""
    words = read(KEEPERS + JOINED + NAMED, annotate)
    mentions, antecedents = np.tril_indices(len(words), -1)
    found = pair_features(words, mentions, antecedents)
    ends = np.cumsum(list(GROUPS.values()))
    assert found.shape == (len(mentions), len(GROUPS))
    assert ends[-1] == N_PAIR_FEATURES
    assert ((found >= ends - list(GROUPS.values())) & (found < ends)).all()


def feature(words: WordFeatures, mention: int, antecedent: int, group: str) -> int:
    """Return which feature of a group a pair has, counted within the group."""
    place = list(GROUPS).index(group)
    offset = sum(list(GROUPS.values())[:place])
    return (
        int(pair_features(words, np.asarray([mention]), np.asarray([antecedent]))[0, place])
        - offset
    )


def test_pairs_tell_the_same_word_from_the_same_lemma(annotate: Annotate) -> None:
    """The same form counts more than the same lemma, and that more than neither."""
    doc = annotate("boat/NOUN/0/ROOT boat/NOUN/1/dep boats/NOUN/1/dep tree/NOUN/1/dep")
    doc[2].lemma_ = "boat"
    words = read_words(doc)
    assert [feature(words, m, 0, "head") for m in (1, 2, 3)] == [2, 1, 0]


def test_pairs_compare_descriptions(annotate: Annotate) -> None:
    """Equal, within, holding, meeting and apart are five different things, and empty is none."""
    text = """\
grey/ADJ/2/amod boat/NOUN/0/ROOT
grey/ADJ/2/amod boat/NOUN/0/ROOT
boat/NOUN/0/ROOT
old/ADJ/2/amod boat/NOUN/0/ROOT
tree/NOUN/0/ROOT
it/PRON/0/ROOT
it/PRON/0/ROOT
"""
    words = read(text, annotate)
    pairs = ((3, 1), (4, 1), (6, 4), (6, 3), (7, 1), (8, 1), (9, 8))
    assert [feature(words, *pair, "bag") for pair in pairs] == [2, 3, 4, 5, 6, 1, 0]


def test_pairs_know_the_tree(annotate: Annotate) -> None:
    """Below, above, beside and in another sentence are told apart."""
    words = read(KEEPERS, annotate)
    pairs = ((5, 0), (4, 1), (1, 0), (4, 0), (7, 5))
    assert [feature(words, *pair, "syntax") for pair in pairs] == [0, 1, 2, 3, 4]


def test_every_two_mentions_have_a_distance_and_a_likeness(annotate: Annotate) -> None:
    """Distance is told by bins; pronouns are never alike, for “it” may be anything."""
    text = "it/PRON/0/ROOT it/PRON/1/dep boat/NOUN/1/dep boats/NOUN/1/dep boat/NOUN/1/dep"
    doc = annotate(text)
    doc[3].lemma_ = "boat"
    heads = np.arange(5)
    distances, likeness = coarse_features(read_words(doc), heads, heads)
    assert distances.shape == likeness.shape == (5, 5)
    assert distances[4].tolist() == [3, 3, 2, 1, 0]
    assert distances.max() < N_DISTANCES
    assert likeness[4].tolist() == [0, 0, 2, 1, 2]
    assert likeness[1].tolist() == [0, 0, 0, 0, 0]
