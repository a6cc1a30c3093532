"""Annotated chains become training texts: heads, chains, plurals' parts, and cuts with orphans."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from quotecheck.coref.clusters import ENTITY_TYPES, STATUSES
from quotecheck.errors import InputError
from quotecheck.training.chains import (
    UNKNOWN,
    Gold,
    TrainingText,
    cut_into,
    find_name,
    keep_sentences,
    read_gap,
    read_gum,
    read_litbank,
)

if TYPE_CHECKING:
    from pathlib import Path

    from spacy.language import Language


@pytest.fixture
def gum(coref_data: Path, nlp: Language) -> TrainingText:
    """Read the invented document of GUM."""
    (text,) = read_gum(coref_data, "train", nlp)
    return text


def gold_of(text: TrainingText, words: str) -> Gold:
    """Return the mention with these words."""
    (gold,) = (g for g in text.golds if " ".join(text.words[g.start : g.end]) == words)
    return gold


def test_a_mention_stands_at_its_head(gum: TrainingText) -> None:
    """Of each mention the head is known, and no two mentions have the same."""
    assert gum.words[gold_of(gum, "Ida Holm").head] == "Ida"
    assert gum.words[gold_of(gum, "Her brother").head] == "brother"
    heads = [gold.head for gold in gum.golds]
    assert heads == sorted(set(heads))
    assert all(gold.start <= gold.head < gold.end for gold in gum.golds)


def test_a_coordination_stands_at_its_conjunction(gum: TrainingText) -> None:
    """“The mayor and a clerk” and “the mayor” are two mentions with two heads."""
    both, one = gold_of(gum, "the mayor and a clerk"), gold_of(gum, "the mayor")
    assert (gum.words[both.head], gum.words[one.head]) == ("and", "mayor")


def test_chains_are_those_of_the_twin(gum: TrainingText) -> None:
    """What is in a chain there has its number; what is in none is told apart from that."""
    ida, her = gold_of(gum, "Ida Holm"), gold_of(gum, "Her")
    assert ida.chain == her.chain != UNKNOWN
    assert gold_of(gum, "it").chain not in {UNKNOWN, ida.chain}
    assert gold_of(gum, "They").chain == UNKNOWN
    assert gum.chains == (frozenset({(0, 2), (6, 7)}), frozenset({(3, 5), (9, 10)}))
    assert gum.has_all


def test_types_and_statuses_are_numbers(gum: TrainingText) -> None:
    """GUM's entity type and the first part of its information status are kept."""
    her = gold_of(gum, "Her")
    assert (ENTITY_TYPES[her.kind], STATUSES[her.status]) == ("person", "giv")
    assert STATUSES[gold_of(gum, "The roof").status] == "acc"


def test_parts_and_bridges_are_entities(gum: TrainingText) -> None:
    """A plural knows what it is made of, and a roof its house."""
    ida, brother, house = (gold_of(gum, w).entity for w in ("Ida Holm", "Her brother", "it"))
    assert gum.splits == {gold_of(gum, "They").head: (ida, brother)}
    assert gum.bridges == {gold_of(gum, "The roof").head: (house,)}


def test_sentences_are_those_annotated(gum: TrainingText) -> None:
    """The parser keeps to the annotation's sentences."""
    assert np.bincount(gum.features.sentence).tolist() == [6, 5, 8, 4]


def test_a_document_without_its_twin_is_an_error(coref_data: Path, nlp: Language) -> None:
    """The error names the file that is missing."""
    (coref_data / "gum" / "ontogum" / "GUM_news_velm.conllu").unlink()
    with pytest.raises(InputError, match=r"GUM_news_velm\.conllu has no twin"):
        read_gum(coref_data, "train", nlp)


def test_missing_sets_are_errors(tmp_path: Path, nlp: Language) -> None:
    """Each set that is not there is named with the place where it was looked for."""
    with pytest.raises(InputError, match="no documents of GUM"):
        read_gum(tmp_path, "train", nlp)
    with pytest.raises(InputError, match="no passages of LitBank"):
        read_litbank(tmp_path, nlp)
    with pytest.raises(InputError, match="no GAP"):
        read_gap(tmp_path / "development.tsv", nlp)


def test_passages_of_litbank_have_chains(coref_data: Path, nlp: Language) -> None:
    """Only some mentions are annotated there, and their borders by another scheme."""
    (text,) = read_litbank(coref_data, nlp)
    assert " ".join(text.words) == "Marla rowed home . She praised the old boat ."
    assert text.features.sentence.tolist() == [0] * 4 + [1] * 6
    found = [(text.words[gold.head], gold.chain) for gold in text.golds]
    assert found == [("Marla", 0), ("She", 0), ("boat", 1)]
    assert not text.has_all
    assert not any(gold.has_span for gold in text.golds)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("1)", "_", "entity 1 is never closed"), ("(1", "_", "entity 1 closes unopened")],
)
def test_broken_brackets_are_errors(
    old: str, new: str, said: str, coref_data: Path, nlp: Language
) -> None:
    """A bracket that opens or closes alone is said, with its file."""
    path = coref_data / "litbank" / "coref" / "conll" / "velm.conll"
    path.write_text(path.read_text("utf-8").replace(f"\t{old}\n", f"\t{new}\n"), "utf-8")
    with pytest.raises(InputError, match=rf"velm\.conll: {said}"):
        read_litbank(coref_data, nlp)


def test_a_choice_has_a_pronoun_and_two_names(coref_data: Path, nlp: Language) -> None:
    """The name at the offset comes first, then others by the same words."""
    (text,) = read_gap(coref_data / "gap" / "development.tsv", nlp)
    (choice,) = text.choices
    assert text.words[choice.pronoun] == "She"
    assert [text.words[names[0]] for names in choice.names] == ["Marla", "Ida"]
    assert choice.is_right == (True, False)


def test_words_are_found_at_their_offset(nlp: Language) -> None:
    """Of a name that stands twice the tokens at the offset are meant."""
    doc = nlp("Holm saw Ida Holm.")
    assert find_name(doc, "Holm", 0) == [0]
    assert find_name(doc, "Ida Holm", 9) == [2, 3]
    assert find_name(doc, "Holm", 400) == []


def test_what_lost_its_antecedent_is_an_orphan(gum: TrainingText) -> None:
    """Where the sentence that named it is gone, a pronoun is an orphan; a first mention is none."""
    kept = keep_sentences(gum, [1, 2])
    assert {" ".join(kept.words[g.start : g.end]) for g in kept.golds if g.is_orphan} == {
        "Her",
        "it",
    }


def test_only_the_first_mention_left_is_an_orphan(gum: TrainingText) -> None:
    """What comes after an orphan can take the orphan up."""
    last = gum.golds[-1]
    again = replace(last, entity=gold_of(gum, "it").entity)
    kept = keep_sentences(replace(gum, golds=(*gum.golds[:-1], again)), [1, 3])
    assert gold_of(kept, "it").is_orphan
    assert not gold_of(kept, "The roof").is_orphan


def test_kept_sentences_are_renumbered(gum: TrainingText) -> None:
    """Words, heads, spans, parts and bridges of what is kept still belong together."""
    kept = keep_sentences(gum, [0, 2])
    assert kept.words == gum.words[:6] + gum.words[11:19]
    assert len(kept.features) == 14
    both = gold_of(kept, "the mayor and a clerk")
    assert kept.words[both.head] == "and"
    assert kept.splits == {gold_of(kept, "They").head: (1, 3)}
    assert kept.bridges == {}


def test_a_long_text_is_cut_at_sentences(gum: TrainingText) -> None:
    """Each sentence is in one piece, whole; nothing is an orphan, for nothing was dropped."""
    pieces = list(cut_into(gum, 8, random.Random(3)))  # noqa: S311
    assert len(pieces) > 1
    assert sum((piece.words for piece in pieces), ()) == gum.words
    assert all(piece.words[-1] == "." for piece in pieces)
    assert not any(gold.is_orphan for piece in pieces for gold in piece.golds)


def test_a_short_text_is_one_piece(gum: TrainingText) -> None:
    """What is shorter than a piece stays whole."""
    (piece,) = cut_into(gum, 500, random.Random(3))  # noqa: S311
    assert piece.words == gum.words
    assert piece.golds == gum.golds
