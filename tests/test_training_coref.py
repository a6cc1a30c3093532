"""The recipe of the coreference component: planned by a seed, resumable, from data to a model."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from quotecheck.coref.network import Sizes
from quotecheck.coref.weights import load_model
from quotecheck.errors import InputError
from quotecheck.training.coref import (
    RUN,
    Data,
    Recipe,
    Trainer,
    find_chains,
    main,
    read_changes,
    read_data,
    score_texts,
    train,
)
from quotecheck.training.plan import cut_passage, plan_epoch

if TYPE_CHECKING:
    from pathlib import Path

    from spacy.language import Language

    from quotecheck.coref.weights import Model

SIZES = Sizes(n_lower=3, n_upper=1, syntax=16, hidden=16, n_candidates=6, reach=20, span=8)
RECIPE = Recipe(
    epochs=2, horizon=2, passages=2, litbank=1.0, gap=1.0, words_a_step=60, head_rate=5e-3
)


@pytest.fixture
def data(coref_data: Path, nlp: Language) -> Data:
    """Read the invented sets."""
    return read_data(coref_data, nlp)


@pytest.fixture
def trainer(coref_model: Model, data: Data) -> Trainer:
    """Begin a small run."""
    return Trainer(coref_model.base, data, RECIPE, SIZES)


def words_of(data: Data, recipe: Recipe, epoch: int) -> list[list[tuple[str, ...]]]:
    """Return the words that each step of an epoch reads."""
    return [[text.words for text in step] for step in plan_epoch(data, recipe, epoch)]


# --- the plan ------------------------------------------------------------------------------------


def test_a_plan_follows_from_its_seed(data: Data) -> None:
    """The same recipe and number give the same steps; another seed or number gives others."""
    recipe = replace(RECIPE, passages=9)
    plan = words_of(data, recipe, 3)
    assert plan == words_of(data, recipe, 3)
    assert plan != words_of(data, recipe, 4)
    assert plan != words_of(data, replace(recipe, seed=1), 3)


def test_every_document_of_gum_is_met_in_each_epoch(data: Data) -> None:
    """Without dropping, the document itself is one of the steps."""
    plan = plan_epoch(data, replace(RECIPE, dropped=0.0), 0)
    assert [data.gum[0]] in plan


def test_sentences_are_dropped_from_some(data: Data) -> None:
    """Where sentences are dropped, what is left is in order, and never nothing."""
    (document,) = data.gum
    recipe = replace(RECIPE, dropped=1.0, passages=0, litbank=0.0, gap=0.0)
    lengths = set()
    for epoch in range(20):
        ((text,),) = plan_epoch(data, recipe, epoch)
        rest = iter(document.words)
        assert all(word in rest for word in text.words)
        lengths.add(len(text.words))
    assert min(lengths) > 0
    assert len(lengths) > 3


def test_all_of_gap_is_met(data: Data) -> None:
    """What is left over for the last step is not dropped."""
    recipe = replace(RECIPE, passages=0, litbank=0.0, words_a_step=10**6)
    met = [text for step in plan_epoch(data, recipe, 0) for text in step]
    assert [text.name for text in data.gap] == [text.name for text in met if text.choices]


def test_passages_are_as_short_as_quotations(data: Data) -> None:
    """A passage has one to five sentences, from anywhere in the document."""
    chance = random.Random(5)  # noqa: S311
    passages = [cut_passage(data.gum[0], 4, chance) for _ in range(60)]
    counts = {int(passage.features.sentence[-1]) + 1 for passage in passages}
    assert {1, 2, 3} <= counts <= {1, 2, 3, 4, 5}
    assert len({passage.words[0] for passage in passages}) == 4


# --- the run -------------------------------------------------------------------------------------


def test_a_run_learns(trainer: Trainer) -> None:
    """The loss falls on a text that is met again and again."""
    losses = [trainer.run_epoch() for _ in range(2)]
    assert losses[1] < 0.9 * losses[0]


def test_a_run_goes_on_where_it_was_kept(
    trainer: Trainer, coref_model: Model, data: Data, tmp_path: Path
) -> None:
    """Kept and resumed, a run comes to the weights of a straight one."""
    trainer.run_epoch()
    trainer.save(tmp_path)
    trainer.run_epoch()
    other = Trainer(coref_model.base, data, RECIPE, SIZES)
    other.resume(tmp_path)
    assert (other.epoch, other.n_steps) == (1, trainer.n_steps // 2)
    other.run_epoch()
    for name, value in trainer.network.state_dict().items():
        assert torch.equal(other.network.state_dict()[name], value), name
    assert all(torch.equal(other.average[name], mean) for name, mean in trainer.average.items())


def test_a_run_of_another_recipe_is_not_resumed(
    trainer: Trainer, coref_model: Model, data: Data, tmp_path: Path
) -> None:
    """Rates depend on the whole recipe: going on by another would be neither."""
    trainer.save(tmp_path)
    other = Trainer(coref_model.base, data, replace(RECIPE, epochs=9), SIZES)
    with pytest.raises(InputError, match="another recipe"):
        other.resume(tmp_path)
    with pytest.raises(InputError, match="no run to go on with"):
        trainer.resume(tmp_path / "elsewhere")


def test_averages_begin_as_the_weights(trainer: Trainer) -> None:
    """Before the first step the averaged network is the network itself, and a copy of it."""
    copy = trainer.averaged()
    for name, value in trainer.network.state_dict().items():
        assert torch.equal(copy.state_dict()[name], value)
    trainer.run_epoch()
    assert not torch.equal(copy.link.weight, trainer.averaged().link.weight)


def test_rates_rise_and_fall(trainer: Trainer) -> None:
    """After the warm-up the rate falls to nothing at the planned end."""
    group = trainer.optimizer.param_groups[1]
    total = trainer.steps_an_epoch * RECIPE.epochs
    rates = []
    for trainer.n_steps in range(total + 3):
        trainer._set_rate()  # noqa: SLF001
        rates.append(group["lr"])
    top = rates.index(max(rates))
    assert max(rates) <= RECIPE.head_rate
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == 0


def test_the_upper_layers_learn_fastest_and_only_matrices_decay(
    coref_model: Model, data: Data
) -> None:
    """Each layer farther down has a lower rate; biases and norms are left as large as they are."""
    sizes = replace(SIZES, n_upper=2)
    recipe = replace(RECIPE, encoder_rate=1e-3, layer_decay=0.5, head_rate=1e-2)
    trainer = Trainer(coref_model.base, data, recipe, sizes)
    names = {parameter: name for name, parameter in trainer.network.named_parameters()}
    told = {
        names[parameter]: (group["peak"], group["weight_decay"])
        for group in trainer.optimizer.param_groups
        for parameter in group["params"]
    }
    assert set(told) == set(names.values())
    assert told["upper.layers.1.inner.weight"] == (1e-3, recipe.weight_decay)
    assert told["upper.layers.0.inner.weight"] == (5e-4, recipe.weight_decay)
    assert told["upper.layers.0.inner.bias"] == (5e-4, 0.0)
    assert told["link.weight"] == (1e-2, recipe.weight_decay)


def test_found_chains_are_scored_against_those_annotated(trainer: Trainer, data: Data) -> None:
    """Chains are spans of the text's own words; those of one mention are left out."""
    network = trainer.averaged()
    chains = find_chains(network, trainer.base, data.gum[0], bias=1e3)
    assert chains
    n_words = len(data.gum[0].words)
    assert all(len(chain) > 1 for chain in chains)
    assert all(0 <= start < end <= n_words for chain in chains for start, end in chain)
    scores = score_texts(network, trainer.base, data.gum)
    assert scores.mentions.total_recall == sum(map(len, data.gum[0].chains))


def test_a_run_ends_in_a_model_that_loads(trainer: Trainer, data: Data, tmp_path: Path) -> None:
    """After the last epoch the averaged weights lie in the folder, and the run beside them."""
    train(trainer, data.gum, tmp_path)
    assert trainer.epoch == RECIPE.epochs
    model = load_model(tmp_path)
    kept = model.network.link.weight
    assert torch.equal(kept, trainer.averaged().link.weight.half().float())
    assert (tmp_path / RUN / "run.json").is_file()


# --- the command ---------------------------------------------------------------------------------


def test_changes_are_read_by_their_names() -> None:
    """A value has the type of the one that it stands for; sizes have a name before theirs."""
    changes = read_changes(["epochs=3", "dropped=1", "sizes.hidden=64"])
    assert changes.recipe == replace(Recipe(), epochs=3, dropped=1.0)
    assert isinstance(changes.recipe.dropped, float)
    assert changes.sizes == replace(Sizes(), hidden=64)


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("epoch=3", "epoch is no value of the recipe"),
        ("model.hidden=3", r"model\.hidden is no value"),
        ("epochs=some", "'some' is not a number as 10 is"),
        ("epochs", "'' is not a number"),
    ],
)
def test_wrong_changes_are_errors(pair: str, said: str) -> None:
    """What cannot be changed is said."""
    with pytest.raises(InputError, match=said):
        read_changes([pair])


def test_the_command_trains_and_measures(
    coref_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From a folder of data to a model folder, with the measures printed; measured again alone."""
    out = tmp_path / "coref"
    sizes = [
        f"--set=sizes.{name}={value}"
        for name, value in (("n_lower", 3), ("n_upper", 1), ("hidden", 16))
    ]
    given = ["--data", str(coref_data), "--out", str(out), "--threads", "1"]
    main([*given, "--epochs", "1", *sizes])
    printed = capsys.readouterr().out
    assert "| GUM dev, OntoNotes scheme |" in printed
    assert "| GAP validation |" in printed
    weights = (out / "weights.safetensors").read_bytes()
    main([*given, "--score-only"])
    assert capsys.readouterr().out == printed
    main([*given, "--epochs", "1", *sizes, "--resume"])
    assert (out / "weights.safetensors").read_bytes() == weights


def test_the_command_names_what_is_missing(coref_data: Path, tmp_path: Path) -> None:
    """Without one of the sets nothing is trained."""
    (coref_data / "gap" / "development.tsv").unlink()
    with pytest.raises(InputError, match=r"no GAP in .*development\.tsv"):
        main(["--data", str(coref_data), "--out", str(tmp_path / "coref")])
