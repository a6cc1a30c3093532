"""The parts of plurals are learnt from split antecedents and from hidden coordinations."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from quotecheck.coref.clusters import Choice
from quotecheck.coref.parts import Split
from quotecheck.coref.weights import load_model, save_model
from quotecheck.training.chains import read_gum, read_litbank
from quotecheck.training.parts import (
    PartRecipe,
    PartText,
    Source,
    choose_least,
    compute_losses,
    fit,
    fit_and_measure,
    read_texts,
    score_text,
    tell_chains,
)

if TYPE_CHECKING:
    from pathlib import Path

    from spacy.language import Language

    from quotecheck.coref.weights import Model

RECIPE = PartRecipe(epochs=2, scorers=2)


@pytest.fixture
def text(coref_model: Model, coref_data: Path, nlp: Language) -> PartText:
    """Read the invented document: “they” are Ida Holm and her brother."""
    return read_texts(coref_model, read_gum(coref_data, "train", nlp))[0]


def test_annotated_parts_are_cases(text: PartText) -> None:
    """A plural with split antecedents is a case with the entities of its parts."""
    found = [case for case in text.cases if case.source is Source.ANNOTATED]
    assert [case.parts for case in found] == [frozenset({1, 3})]
    assert (text.n_parts, text.n_splits) == (2, 1)
    candidates = text.plurals.candidates[text.cases.index(found[0])]
    assert {1, 3} <= set(text.entities[candidates].tolist())


def test_links_are_counted_one_by_one_and_sets_whole(text: PartText) -> None:
    """A part is right if it is a mention of the entity; a set only if all of it is."""
    at = {int(entity): number for number, entity in enumerate(text.entities)}
    ours = next(n for n, case in enumerate(text.cases) if case.source is Source.ANNOTATED)

    def split(*entities: int) -> list[Split]:
        choices = tuple(Choice(at[entity], 0.9) for entity in entities)
        return [Split(0.6, choices if n == ours else ()) for n, _ in enumerate(text.cases)]

    half = score_text(text, split(1, 2), None)
    assert (half.lenient.recall, half.lenient.precision, half.strict.f1) == (0.5, 0.5, 0.0)
    whole = score_text(text, split(1, 3), 0.5)
    assert (whole.lenient.f1, whole.strict.f1) == (1.0, 1.0)
    none = score_text(text, split(1, 3), 0.7)
    assert (none.lenient.recall, none.strict.recall) == (0.0, 0.0)
    assert choose_least([(text, split(1, 3))]) <= 0.6


def test_chains_can_be_told(text: PartText) -> None:
    """With the annotated chains two mentions are one thing if they are so annotated."""
    cluster = tell_chains(text).plurals.of.cluster
    assert len(set(cluster)) == len(set(text.entities))
    for one, entity in zip(cluster, text.entities, strict=True):
        assert set(text.entities[cluster == one]) == {entity}


def test_fitting_follows_from_its_seed(coref_model: Model, text: PartText) -> None:
    """The same texts and recipe give the same weights, and they are not those of the start."""
    one, other = (fit(coref_model, [text], RECIPE)[0] for _ in range(2))
    for name, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[name])
    salted = fit(coref_model, [text], RECIPE, salt=1)[0]
    assert not torch.equal(salted.mention.weight, one.mention.weight)


def test_losses_fall(coref_model: Model, text: PartText) -> None:
    """What is learnt from is told better afterwards."""
    sums = []
    for epochs in (1, 60):
        scorer = fit(coref_model, [text], PartRecipe(epochs=epochs, dropout=0.0, scorers=1))[0]
        losses = list(compute_losses(scorer, text, RECIPE, random.Random(1)))  # noqa: S311
        sums.append(float(torch.stack(losses).sum()))
    assert sums[1] < sums[0] / 2
    assert np.isfinite(sums).all()


def test_the_scorer_is_written_beside_the_network(
    coref_model: Model,
    coref_data: Path,
    nlp: Language,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The command's work: from a saved network and data to a model with parts, and tables."""
    save_model(tmp_path, coref_model.network, coref_model.base, coref_model.calibration, "1")
    document = read_gum(coref_data, "train", nlp)[0]
    train = [replace(document, name=f"document {number}") for number in range(5)]
    texts = {"train": train, "dev": read_gum(coref_data, "dev", nlp)}
    passages = read_litbank(coref_data, nlp)
    fit_and_measure(tmp_path, texts, passages, RECIPE, with_folds=True)
    assert load_model(tmp_path).parts is not None
    printed = capsys.readouterr().out
    assert "| train by folds | annotated, in chains | told |" in printed
    assert "| both | found | found |" in printed
