"""What the network is taught: antecedents, NEW or MISSING, GAP's names, words and borders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from quotecheck.coref.network import FAR_BELOW, MISSING, N_NONE, NEW, Links
from quotecheck.training.chains import (
    TrainingText,
    keep_sentences,
    read_gap,
    read_gum,
    read_litbank,
)
from quotecheck.training.losses import (
    _border_loss,
    _bridge_loss,
    _choice_losses,
    _link_losses,
    _word_losses,
    compute_loss,
)
from quotecheck.training.plan import Recipe

if TYPE_CHECKING:
    from pathlib import Path

    from spacy.language import Language

    from quotecheck.coref.weights import Model


@pytest.fixture
def gum(coref_data: Path, nlp: Language) -> TrainingText:
    """Read the invented document of GUM."""
    (text,) = read_gum(coref_data, "train", nlp)
    return text


@pytest.fixture
def gap(coref_data: Path, nlp: Language) -> TrainingText:
    """Read the invented pronoun of GAP."""
    (text,) = read_gap(coref_data / "gap" / "development.tsv", nlp)
    return text


def links_of(heads: list[int], favoured: dict[int, int]) -> Links:
    """Score each mention's choices 0 but for one: a head before it, or `~NEW` or `~MISSING`."""
    mentions = np.asarray(heads)
    k = len(heads) - 1
    candidates = np.zeros((len(heads), k), dtype=np.int64)
    scores = torch.zeros((len(heads), N_NONE + k))
    for row, head in enumerate(heads):
        before = heads[:row]
        candidates[row] = before + [heads[0]] * (k - row)
        scores[row, N_NONE + row :] = FAR_BELOW
        if head in favoured:
            choice = favoured[head]
            scores[row, ~choice if choice < 0 else N_NONE + before.index(choice)] = 20.0
    return Links(mentions, candidates, scores, torch.zeros((len(heads), k)))


def link_loss(text: TrainingText, favoured: dict[int, int]) -> float:
    """Return the loss of links with all annotated mentions, every other choice right."""
    golds = {gold.head: gold for gold in text.golds}
    right = dict.fromkeys(golds, ~NEW) | favoured
    (loss,) = _link_losses(text, links_of(sorted(golds), right), golds)
    return float(loss)


def head_of(text: TrainingText, words: str) -> int:
    """Return the head of the mention with these words."""
    return next(g.head for g in text.golds if " ".join(text.words[g.start : g.end]) == words)


@pytest.fixture
def right(gum: TrainingText) -> dict[int, int]:
    """Return the right choices in the invented document, where they are not NEW."""
    return {
        head_of(gum, "Her"): head_of(gum, "Ida Holm"),
        head_of(gum, "it"): head_of(gum, "the lighthouse"),
    }


def test_right_choices_cost_nothing(gum: TrainingText, right: dict[int, int]) -> None:
    """Where each mention takes its antecedent, and the others are new, there is no loss."""
    assert link_loss(gum, right) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("wrong", ["antecedent", "new", "missing"])
def test_wrong_choices_cost(wrong: str, gum: TrainingText, right: dict[int, int]) -> None:
    """Another's antecedent, or none where there is one, is taught away."""
    her = head_of(gum, "Her")
    choice = {"antecedent": head_of(gum, "the lighthouse"), "new": ~NEW, "missing": ~MISSING}
    assert link_loss(gum, right | {her: choice[wrong]}) > 1


def test_a_first_mention_is_new_and_not_missing(gum: TrainingText, right: dict[int, int]) -> None:
    """What is mentioned for the first time lacks nothing."""
    assert link_loss(gum, right | {head_of(gum, "the mayor"): ~MISSING}) > 1


def test_an_orphan_is_missing_its_antecedent(gum: TrainingText) -> None:
    """Where the antecedent was dropped, a pronoun has to choose MISSING."""
    kept = keep_sentences(gum, [1, 2])
    missing = {head_of(kept, "Her"): ~MISSING, head_of(kept, "it"): ~MISSING}
    assert link_loss(kept, missing) == pytest.approx(0, abs=1e-4)
    assert link_loss(kept, {}) > 1


def test_a_name_is_no_orphan(gum: TrainingText) -> None:
    """A name opens a passage as well as it takes something up."""
    ida = head_of(gum, "Ida Holm")
    golds = tuple(replace(gold, is_orphan=gold.head == ida) for gold in gum.golds)
    orphaned = replace(gum, golds=golds)
    her = {
        head_of(gum, "Her"): ida,
        head_of(gum, "it"): head_of(gum, "the lighthouse"),
    }
    assert link_loss(orphaned, her) == pytest.approx(0, abs=1e-4)
    assert link_loss(orphaned, her | {ida: ~MISSING}) > 1


def test_partly_annotated_texts_leave_open_what_they_do_not_say(
    coref_data: Path, nlp: Language
) -> None:
    """In LitBank a first mention may have had one before the passage: both are allowed."""
    (text,) = read_litbank(coref_data, nlp)
    she = {head_of(text, "She"): head_of(text, "Marla")}
    assert link_loss(text, she) == pytest.approx(0, abs=1e-4)
    assert link_loss(text, she | {head_of(text, "Marla"): ~MISSING}) == pytest.approx(0, abs=1e-4)
    assert link_loss(text, {}) > 1


def choice_loss(text: TrainingText, favoured: dict[int, int]) -> float:
    """Return the loss of GAP's pronoun, with both names and one other mention before it."""
    (choice,) = text.choices
    heads = sorted({*choice.names[0], *choice.names[1], choice.pronoun, text.words.index("quay")})
    return sum(float(loss) for loss in _choice_losses(text, links_of(heads, favoured)))


def test_a_pronoun_is_taught_the_right_name(gap: TrainingText) -> None:
    """The right name costs least; the other, or neither, costs."""
    (choice,) = gap.choices
    right, wrong = (names[0] for names in choice.names)
    assert choice_loss(gap, {choice.pronoun: right}) < 0.1
    assert choice_loss(gap, {choice.pronoun: wrong}) > 10
    assert choice_loss(gap, {choice.pronoun: ~NEW}) > 10


def test_a_pronoun_of_neither_name_is_taught_away_from_both(gap: TrainingText) -> None:
    """It may be anybody else's, or nobody's."""
    (choice,) = gap.choices
    neither = replace(gap, choices=(replace(choice, is_right=(False, False)),))
    assert choice_loss(neither, {choice.pronoun: gap.words.index("quay")}) < 0.1
    assert choice_loss(neither, {choice.pronoun: ~NEW}) < 0.1
    assert choice_loss(neither, {choice.pronoun: choice.names[1][0]}) > 10


def test_a_name_behind_the_pronoun_is_taught_to_take_it_up(gap: TrainingText) -> None:
    """In “when she left, Ida …” the link leads from the name to the pronoun."""
    (choice,) = gap.choices
    late = gap.words.index("Quist", choice.pronoun)
    names = ((late,), choice.names[1])
    taken = replace(gap, choices=(replace(choice, names=names),))
    other = replace(gap, choices=(replace(choice, names=names, is_right=(False, True)),))
    linked = {late: choice.pronoun, choice.pronoun: choice.names[1][0]}
    apart = linked | {late: ~NEW}
    assert choice_loss(taken, linked) < choice_loss(taken, apart) - 10
    assert choice_loss(other, apart) < choice_loss(other, linked) - 10


def test_bridges_are_taught(gum: TrainingText) -> None:
    """A roof's house is a bridge; the loss falls as its score rises."""
    golds = {gold.head: gold for gold in gum.golds}
    heads = sorted(golds)
    roof, house = head_of(gum, "The roof"), head_of(gum, "it")
    links = links_of(heads, {})
    plain = float(_bridge_loss(gum, links, golds))
    links.bridges[heads.index(roof), heads.index(house)] = 5
    assert float(_bridge_loss(gum, links, golds)) < plain
    links.bridges[heads.index(roof), heads.index(head_of(gum, "the mayor"))] = 9
    assert float(_bridge_loss(gum, links, golds)) > plain


@torch.inference_mode()
def test_words_and_borders_have_losses(gum: TrainingText, coref_model: Model) -> None:
    """Mentions, types, statuses and borders are each taught, with finite losses."""
    network, base = coref_model.network, coref_model.base
    read = network.read(base.read([base.cut(gum.words)])[0], gum.features)
    losses = [*_word_losses(gum, read, Recipe()), _border_loss(network, gum, read, gum.golds)]
    assert len(losses) == 4
    assert all(0 < float(loss) < 100 for loss in losses)


@torch.inference_mode()
def test_borders_out_of_reach_teach_nothing(gum: TrainingText, coref_model: Model) -> None:
    """A span that is longer than the network can say is left out, not taught wrongly."""
    network, base = coref_model.network, coref_model.base
    read = network.read(base.read([base.cut(gum.words)])[0], gum.features)
    gold = replace(gum.golds[-1], start=0, end=len(gum.words))
    far = replace(gold, head=len(gum.words) - 2, start=0, end=len(gum.words) + 90)
    assert float(_border_loss(network, gum, read, [far])) == 0


@torch.inference_mode()
def test_a_text_without_annotation_teaches_nothing(gap: TrainingText, coref_model: Model) -> None:
    """Without mentions and choices there is no loss at all."""
    network, base = coref_model.network, coref_model.base
    read = network.read(base.read([base.cut(gap.words)])[0], gap.features)
    assert compute_loss(network, replace(gap, choices=()), read, Recipe()) is None
    loss = compute_loss(network, gap, read, Recipe())
    assert loss is not None
    assert torch.isfinite(loss)
