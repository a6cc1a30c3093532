"""Trains the coreference network, and scores it.

    GUM (train), LitBank, GAP (development) ─► steps (`plan`) ─► losses ─► network ─► model folder

Run it as

    python -m quotecheck.training.coref --data FOLDER --out FOLDER

After each epoch all that a run needs to go on is kept under `OUT/run`; `--resume` goes on from
there, with the weights that one straight run would have had.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import safetensors.torch
import torch

from quotecheck.coref.component import resolve
from quotecheck.coref.network import CorefNetwork, Sizes, Words
from quotecheck.coref.score import Scores, score_document
from quotecheck.coref.weights import BIAS, MODEL_FOLDER, Calibration, Model, save_model
from quotecheck.errors import InputError
from quotecheck.language import load_language
from quotecheck.training.chains import TrainingText, read_gap, read_gum, read_litbank
from quotecheck.training.losses import compute_loss
from quotecheck.training.measure import print_measures
from quotecheck.training.plan import Data, Recipe, plan_epoch
from quotecheck.transformer import BaseEncoder, Encoding, load_base_encoder, pool_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spacy.language import Language
    from torch import Tensor, nn

log = logging.getLogger(__name__)

RUN: Final = "run"
STATE: Final = "run.safetensors"
PLACE: Final = "run.json"
# Steps between two lines of the log.
LOGGED: Final = 50
LONGEST_GRADIENT: Final = 1.0
# The running average follows faster at first, as if it were the mean of the steps so far.
EAGERNESS: Final = 9


class Trainer:
    """One run: its network, its averaged weights and its place in the data.

    Args:
        base: the shared layers.
        data: what it learns from.
        recipe: how.
        sizes: how large the network is.
    """

    def __init__(self, base: BaseEncoder, data: Data, recipe: Recipe, sizes: Sizes) -> None:
        torch.manual_seed(recipe.seed)
        self.base = base
        self.data = data
        self.recipe = recipe
        self.network = CorefNetwork(sizes, base.upper_layers(sizes.n_upper), recipe.dropout)
        self.average = {n: p.detach().clone() for n, p in self.network.named_parameters()}
        self.epoch = 0
        self.n_steps = 0
        self.steps_an_epoch = len(plan_epoch(data, recipe, 0))
        self.optimizer = torch.optim.AdamW(self._groups(), lr=0.0, fused=True)

    def _groups(self) -> list[dict[str, Any]]:
        """Group the weights by their highest rate and by whether they decay: matrices do."""
        recipe, n_layers = self.recipe, self.network.sizes.n_upper
        grouped: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            peak = recipe.head_rate
            if name.startswith("upper.layers."):
                layer = int(name.split(".")[2])
                peak = recipe.encoder_rate * recipe.layer_decay ** (n_layers - 1 - layer)
            decay = recipe.weight_decay if parameter.dim() > 1 else 0.0
            grouped.setdefault((peak, decay), []).append(parameter)
        return [
            {"params": parameters, "peak": peak, "weight_decay": decay}
            for (peak, decay), parameters in grouped.items()
        ]

    def run_epoch(self) -> float:
        """Train for one round; give the mean loss of a step."""
        torch.manual_seed(self.recipe.seed + self.epoch)
        self.network.train()
        losses: list[float] = []
        started = time.perf_counter()
        n_words = 0
        steps = plan_epoch(self.data, self.recipe, self.epoch)
        for number, batch in enumerate(steps, 1):
            losses.append(self._step(batch))
            n_words += sum(len(text.words) for text in batch)
            if number % LOGGED == 0:
                log.info(
                    "epoch %d step %d/%d loss %.3f words/s %.0f",
                    self.epoch,
                    number,
                    len(steps),
                    float(np.mean(losses[-LOGGED:])),
                    n_words / (time.perf_counter() - started),
                )
        self.epoch += 1
        return float(np.mean(losses))

    def _step(self, batch: list[TrainingText]) -> float:
        recipe = self.recipe
        encodings = self.base.read([self.base.cut(text.words) for text in batch])
        reads = read_all(self.network, encodings, batch, recipe.layer_dropout)
        losses = [
            compute_loss(self.network, text, read, recipe)
            for text, read in zip(batch, reads, strict=True)
        ]
        weights = [float(len(text.words)) for text in batch]
        found = [(loss, w) for loss, w in zip(losses, weights, strict=True) if loss is not None]
        if not found:
            return 0.0
        total = sum(weight for _, weight in found)
        loss = torch.stack([loss * (weight / total) for loss, weight in found]).sum()
        self._set_rate()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), LONGEST_GRADIENT)
        self.optimizer.step()
        self.n_steps += 1
        share = max(recipe.averaging, EAGERNESS / (EAGERNESS + self.n_steps))
        with torch.no_grad():
            for name, parameter in self.network.named_parameters():
                self.average[name].lerp_(parameter.detach(), share)
        return float(loss.detach())

    def _set_rate(self) -> None:
        total = self.steps_an_epoch * max(self.recipe.epochs, self.recipe.horizon)
        warm = max(1, round(self.recipe.warm_up * total))
        done = self.n_steps + 1
        factor = done / warm if done < warm else max(0.0, (total - done) / max(1, total - warm))
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * factor

    def averaged(self) -> CorefNetwork:
        """Give a copy of the network with the averaged weights, for reading."""
        network = CorefNetwork(
            self.network.sizes, self.base.upper_layers(self.network.sizes.n_upper)
        )
        network.load_state_dict(self.average)
        return network.eval()

    def save(self, folder: Path) -> None:
        """Keep all that the run needs to go on."""
        state = {f"network.{n}": p.detach() for n, p in self.network.named_parameters()}
        state |= {f"average.{n}": p for n, p in self.average.items()}
        for index, slot in self.optimizer.state_dict()["state"].items():
            state |= {f"optimizer.{index}.{name}": value for name, value in slot.items()}
        folder.mkdir(parents=True, exist_ok=True)
        safetensors.torch.save_file(
            {name: value.contiguous() for name, value in state.items()}, folder / STATE
        )
        place = {"epoch": self.epoch, "n_steps": self.n_steps, **self._terms()}
        (folder / PLACE).write_text(json.dumps(place, indent=2) + "\n", encoding="utf-8")

    def resume(self, folder: Path) -> None:
        """Go on from what `save` kept.

        Raises:
            InputError: there is nothing to go on from, or it was begun by another recipe.
        """
        if not (folder / PLACE).is_file():
            raise InputError(f"There is no run to go on with in {folder}.")
        place = json.loads((folder / PLACE).read_text(encoding="utf-8"))
        if any(place.get(name, terms) != terms for name, terms in self._terms().items()):
            raise InputError(
                f"The run in {folder} was begun by another recipe or with other sizes."
            )
        self.epoch, self.n_steps = place["epoch"], place["n_steps"]
        parts: dict[str, dict[str, Tensor]] = {"network": {}, "average": {}, "optimizer": {}}
        for name, value in safetensors.torch.load_file(folder / STATE).items():
            part, _, rest = name.partition(".")
            parts[part][rest] = value
        self.network.load_state_dict(parts["network"])
        self.average = parts["average"]
        slots: dict[int, dict[str, Tensor]] = {}
        for name, value in parts["optimizer"].items():
            index, _, slot = name.partition(".")
            slots.setdefault(int(index), {})[slot] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": slots, "param_groups": groups})

    def _terms(self) -> dict[str, dict[str, float]]:
        return {"recipe": asdict(self.recipe), "sizes": asdict(self.network.sizes)}


def read_all(
    network: CorefNetwork,
    encodings: Sequence[Encoding],
    texts: Sequence[TrainingText],
    dropout: float = 0.0,
) -> list[Words]:
    """Read some texts at once."""
    hidden = torch.cat([encoding.hidden for encoding in encodings]).float()
    lengths = [length for encoding in encodings for length in encoding.pieces.lengths]
    upper = network.upper(hidden.clone(), lengths, dropout)
    parts = upper.split([len(encoding.hidden) for encoding in encodings])
    return [
        network.score_words(pool_words(Encoding(part, encoding.pieces)), text.features)
        for part, encoding, text in zip(parts, encodings, texts, strict=True)
    ]


# --- scoring -------------------------------------------------------------------------------------


@torch.inference_mode()
def find_chains(
    network: CorefNetwork, base: BaseEncoder, text: TrainingText, *, bias: float = BIAS
) -> list[list[tuple[int, int]]]:
    """Find the chains of a text, as spans of words, those of one mention left out."""
    model = Model(network, base, Calibration(bias=bias), version="")
    found = resolve(model, text.words, text.features)
    spans = [(mention.start, mention.end) for mention in found.mentions]
    return [[spans[number] for number in cluster] for cluster in found.clusters]


def score_texts(network: CorefNetwork, base: BaseEncoder, texts: Sequence[TrainingText]) -> Scores:
    """Score the chains of texts against the OntoNotes scheme's, on the sets' own words."""
    scores = (score_document(text.chains, find_chains(network, base, text)) for text in texts)
    return sum(scores, Scores())


# --- the command ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changes:
    """The recipe and the sizes of a run, where `--set` changed them."""

    recipe: Recipe
    sizes: Sizes


def read_changes(values: Sequence[str]) -> Changes:
    """Read `KEY=VALUE` pairs: names of the recipe's values, and of sizes after `sizes.`.

    Raises:
        InputError: there is no such value, or it is not a number of its kind.
    """
    found: dict[str, dict[str, float]] = {"recipe": {}, "sizes": {}}
    known: dict[str, Mapping[str, float]] = {"recipe": asdict(Recipe()), "sizes": asdict(Sizes())}
    for pair in values:
        key, _, text = pair.partition("=")
        group, _, name = key.rpartition(".")
        usual = known.get(group or "recipe", {}).get(name)
        if usual is None:
            raise InputError(f"{key} is no value of the recipe, nor one of the sizes.")
        try:
            found[group or "recipe"][name] = type(usual)(text)
        except ValueError as exc:
            raise InputError(f"{pair}: {text!r} is not a number as {usual} is.") from exc
    return Changes(
        replace(Recipe(), **found["recipe"]),  # type: ignore[arg-type]  # of the types looked up
        replace(Sizes(), **found["sizes"]),  # type: ignore[arg-type]  # the same
    )


def read_data(folder: Path, nlp: Language) -> Data:
    """Read what is trained on: GUM's train, LitBank, GAP's development set.

    Raises:
        InputError: a set is not there.
    """
    # The smallest first: whatever is missing is told before the long reading.
    gap = read_gap(folder / "gap" / "development.tsv", nlp)
    litbank = read_litbank(folder, nlp)
    gum = read_gum(folder, "train", nlp)
    return Data(tuple(gum), tuple(litbank), tuple(gap))


def train(trainer: Trainer, dev: Sequence[TrainingText], out: Path) -> None:
    """Train the epochs that are left, keep the run after each, and write the model into `out`."""
    while trainer.epoch < trainer.recipe.epochs:
        started = time.perf_counter()
        loss = trainer.run_epoch()
        trainer.save(out / RUN)
        seconds = time.perf_counter() - started
        scores = score_texts(trainer.averaged(), trainer.base, dev)
        log.info(
            "epoch %d done in %.0f s, loss %.3f; on GUM dev's own words CoNLL %.2f, "
            "MUC %.1f / %.1f (recall / precision), B³ %.1f, CEAF-φ4 %.1f",
            *(trainer.epoch, seconds, loss, 100 * scores.conll),
            *(100 * scores.muc.recall, 100 * scores.muc.precision),
            *(100 * scores.b_cubed.f1, 100 * scores.ceaf.f1),
        )
    version = metadata.version("quotecheck")
    save_model(out, trainer.averaged(), trainer.base, Calibration(), version)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and measure, or only measure, from the command line."""
    parser = argparse.ArgumentParser(prog="python -m quotecheck.training.coref")
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument(
        "--out", type=Path, default=MODEL_FOLDER, help="folder of the model (the one that ships)"
    )
    parser.add_argument("--epochs", type=int, help="rounds over the data")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--resume", action="store_true", help="go on with the run in OUT")
    parser.add_argument("--score-only", action="store_true", help="measure the model in OUT")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    epochs = [] if options.epochs is None else [f"epochs={options.epochs}"]
    changes = read_changes([*options.changes, *epochs])
    nlp = load_language(with_coref=False)
    if not options.score_only:
        data = read_data(options.data, nlp)
        dev = read_gum(options.data, "dev", nlp)
        base = load_base_encoder(changes.sizes.n_lower)
        trainer = Trainer(base, data, changes.recipe, changes.sizes)
        if options.resume:
            trainer.resume(options.out / RUN)
        train(trainer, dev, options.out)
    nlp.add_pipe("coref", config={"folder": str(options.out)})
    print_measures(nlp, options.data)


if __name__ == "__main__":
    main()
