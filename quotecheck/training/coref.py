"""Trains the coreference network, and scores it.

    GUM (train), LitBank, GAP (development) ─► texts whole, and cut as elisions cut ─► network

A text is met whole in one epoch and with sentences dropped in another; an expression whose
antecedents were all dropped is taught to choose MISSING. Run it as

    python -m quotecheck.training.coref --data FOLDER --out FOLDER
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import random
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import safetensors.torch
import torch
from torch import Tensor
from torch.nn import functional

from quotecheck.coref.clusters import join
from quotecheck.coref.features import KIND
from quotecheck.coref.network import (
    FAR_BELOW,
    MISSING,
    N_NONE,
    NEW,
    CorefNetwork,
    Links,
    Sizes,
    Words,
    pick_heads,
)
from quotecheck.coref.score import Scores, score_document
from quotecheck.training.chains import (
    UNKNOWN,
    Gold,
    TrainingText,
    cut_into,
    keep_sentences,
)
from quotecheck.transformer import BaseEncoder, Encoding, load_base_encoder, pool_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

log = logging.getLogger(__name__)

# What may still need an antecedent where its own was dropped; a name or an indefinite does not.
_NEEDS_NONE: Final = frozenset(KIND[name] for name in ("name", "indefinite"))
_SPEAKERS: Final = frozenset(KIND[name] for name in ("i", "we", "you"))


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the network is trained; the values are those of the release.

    Attributes:
        epochs: rounds over the data.
        encoder_rate, head_rate: highest learning rates.
        warm_up: share of all steps in which they rise.
        weight_decay: of matrices.
        layer_dropout: inside the encoder's layers.
        dropped: share of GUM's documents that are met with sentences dropped.
        passages: short passages cut out of each document of GUM an epoch.
        litbank, gap: shares of these sets that are met an epoch.
        averaging: the weight of the newest weights in the running average that is kept.
        words_a_step: about how many words a step reads.
    """

    epochs: int = 16
    seed: int = 20261123
    encoder_rate: float = 8e-5
    head_rate: float = 6e-4
    warm_up: float = 0.06
    weight_decay: float = 0.01
    layer_dropout: float = 0.1
    dropped: float = 0.35
    passages: int = 6
    litbank: float = 0.35
    gap: float = 0.4
    averaging: float = 0.002
    words_a_step: int = 900
    mention_weight: float = 0.5
    type_weight: float = 0.2
    border_weight: float = 0.3
    bridge_weight: float = 0.2
    choice_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Data:
    """The training texts by their sets."""

    gum: tuple[TrainingText, ...]
    litbank: tuple[TrainingText, ...]
    gap: tuple[TrainingText, ...]


def plan_epoch(data: Data, recipe: Recipe, epoch: int) -> list[list[TrainingText]]:
    """Lay out the steps of an epoch; the same recipe and number give the same steps."""
    chance = random.Random(recipe.seed * 1000 + epoch)  # noqa: S311  # nothing secret
    steps: list[list[TrainingText]] = []
    short: list[TrainingText] = []
    for text in data.gum:
        n_sentences = int(text.features.sentence[-1]) + 1
        if chance.random() < recipe.dropped:
            share = chance.uniform(0.5, 0.9)
            kept = [n for n in range(n_sentences) if chance.random() < share]
            steps.append([keep_sentences(text, kept or [0])])
        else:
            steps.append([text])
        short += [cut_passage(text, n_sentences, chance) for _ in range(recipe.passages)]
    for text in data.litbank:
        if chance.random() < recipe.litbank:
            steps += [[piece] for piece in cut_into(text, recipe.words_a_step, chance)]
    short += [text for text in data.gap if chance.random() < recipe.gap]
    chance.shuffle(short)
    batch: list[TrainingText] = []
    for text in short:
        batch.append(text)
        if sum(len(t.words) for t in batch) >= recipe.words_a_step:
            steps.append(batch)
            batch = []
    chance.shuffle(steps)
    return steps


def cut_passage(text: TrainingText, n_sentences: int, chance: random.Random) -> TrainingText:
    """Cut a passage of one to five sentences out of a text, as quoters cut."""
    n_kept = chance.choice((1, 1, 2, 2, 3, 4, 5))
    kept = [chance.randrange(n_sentences)]
    while len(kept) < n_kept:
        step = 1 if chance.random() < 0.5 else chance.randint(2, 4)  # noqa: PLR2004  # half of them
        kept.append(kept[-1] + step)
    return keep_sentences(text, [n for n in kept if n < n_sentences])


# --- losses --------------------------------------------------------------------------------------


def compute_loss(
    network: CorefNetwork, text: TrainingText, read: Words, recipe: Recipe
) -> Tensor | None:
    """Compute the loss of one text; None where it teaches nothing."""
    words = text.features
    picked = pick_heads(read, words, 0.15)
    if len(picked) > len(words) // 2:
        order = np.argsort(-read.is_mention.detach().numpy()[picked])
        picked = np.sort(picked[order[: len(words) // 2]])
    golds = {gold.head: gold for gold in text.golds}
    wanted = set(golds)
    for choice in text.choices:
        wanted |= {choice.pronoun, *choice.names[0], *choice.names[1]}
    heads = np.union1d(picked, np.asarray(sorted(wanted), dtype=np.int64)).astype(np.int64)
    losses: list[Tensor] = []
    if len(heads) > 1:
        links = network.link_mentions(read, words, heads)
        losses += _link_losses(text, links, golds)
        losses += [recipe.choice_weight * loss for loss in _choice_losses(text, links)]
        if text.bridges:
            losses.append(recipe.bridge_weight * _bridge_loss(text, links, golds))
    if text.golds:
        losses += _word_losses(text, read, recipe)
        spans = [g for g in text.golds if g.has_span and g.end - g.start > 0]
        if spans:
            losses.append(recipe.border_weight * _border_loss(network, text, read, spans))
    return torch.stack(losses).sum() if losses else None


def _link_losses(text: TrainingText, links: Links, golds: dict[int, Gold]) -> list[Tensor]:
    """Give the negative log of what each mention's allowed choices weigh together.

    Where a mention has antecedents, all of them are allowed (Lee et al. 2017).
    """
    allowed = np.zeros(tuple(links.scores.shape), dtype=np.bool_)
    is_there = (links.scores[:, N_NONE:] > FAR_BELOW / 2).numpy()
    chain_at = np.full(len(text.words), UNKNOWN, dtype=np.int64)
    entity_at = np.full(len(text.words), UNKNOWN, dtype=np.int64)
    for head, gold in golds.items():
        chain_at[head], entity_at[head] = gold.chain, gold.entity
    candidate_chains = chain_at[links.candidates]
    seen_entities: set[int] = set()
    seen_chains: set[int] = set()
    rows = []
    for row, head in enumerate(links.heads):
        found = golds.get(int(head))
        if found is None:
            if text.has_all:
                allowed[row, NEW] = True
                rows.append(row)
            continue
        kind = int(text.features.kind[head])
        same = is_there[row] & (candidate_chains[row] == found.chain)
        if found.chain != UNKNOWN and found.chain in seen_chains:
            allowed[row, N_NONE:] = same
            if not same.any():
                continue  # its antecedents were not among those that are looked at closely
        elif found.is_orphan and found.chain != UNKNOWN:
            allowed[row, MISSING] = kind not in _NEEDS_NONE
            allowed[row, NEW] = kind in _NEEDS_NONE or kind in _SPEAKERS
        elif not text.has_all or found.entity in seen_entities or found.is_orphan:
            allowed[row, :N_NONE] = True
        else:
            allowed[row, NEW] = True
        rows.append(row)
        seen_entities.add(found.entity)
        seen_chains.add(found.chain)
    if not rows:
        return []
    index = torch.tensor(rows)
    scores = links.scores[index]
    right = scores.masked_fill(torch.from_numpy(~allowed[rows]), FAR_BELOW)
    loss = torch.logsumexp(scores, dim=1) - torch.logsumexp(right, dim=1)
    return [loss.mean()]


def _choice_losses(text: TrainingText, links: Links) -> Iterator[Tensor]:
    """Give the losses of GAP's pronouns: each against its two names, and against neither."""
    row_of = {int(head): row for row, head in enumerate(links.heads)}
    for choice in text.choices:
        row = row_of[choice.pronoun]
        groups, late = [], []
        for names, is_right in zip(choice.names, choice.is_right, strict=True):
            columns = np.flatnonzero(np.isin(links.candidates[row], names))
            columns = columns[(links.scores[row, N_NONE:] > FAR_BELOW / 2).numpy()[columns]]
            if len(columns):
                groups.append((torch.from_numpy(columns), is_right))
            elif names:
                late.append((names[0], is_right))
        scores = links.scores[row]
        none = torch.logsumexp(scores[:N_NONE], dim=0)
        if groups:
            each = [torch.logsumexp(scores[N_NONE + columns], dim=0) for columns, _ in groups]
            is_right = [right for _, right in groups]
            total = torch.logsumexp(torch.stack([none, *each]), dim=0)
            if any(is_right):
                yield total - each[is_right.index(True)]
            elif not any(right for _, right in late):
                # The pronoun is somebody else's, who may be among the other candidates.
                yield functional.softplus(
                    torch.logsumexp(torch.stack(each), dim=0) - _rest(scores, groups)
                )
        for head, right in late:
            other = row_of[head]
            columns = np.flatnonzero(links.candidates[other] == choice.pronoun)
            if not len(columns):
                continue
            score = links.scores[other, N_NONE + int(columns[0])]
            margin = score - torch.logsumexp(links.scores[other, :N_NONE], dim=0)
            yield functional.softplus(-margin if right else margin)


def _rest(scores: Tensor, groups: Sequence[tuple[Tensor, bool]]) -> Tensor:
    """Give what all but some candidates weigh together, as a log."""
    mask = torch.zeros(len(scores), dtype=torch.bool)
    for columns, _ in groups:
        mask[N_NONE + columns] = True
    return torch.logsumexp(scores.masked_fill(mask, FAR_BELOW), dim=0)


def _bridge_loss(text: TrainingText, links: Links, golds: dict[int, Gold]) -> Tensor:
    entity_at = {head: gold.entity for head, gold in golds.items()}
    rows = [row for row, head in enumerate(links.heads) if int(head) in golds]
    target = torch.zeros((len(rows), links.bridges.shape[1]))
    for at, row in enumerate(rows):
        parts = text.bridges.get(int(links.heads[row]), ())
        if parts:
            entities = [entity_at.get(int(head)) in parts for head in links.candidates[row]]
            target[at] = torch.tensor(entities, dtype=torch.float32)
    scores = links.bridges[torch.tensor(rows)]
    is_there = (links.scores[torch.tensor(rows), N_NONE:] > FAR_BELOW / 2).float()
    loss = functional.binary_cross_entropy_with_logits(
        scores, target, weight=is_there, reduction="sum"
    )
    return loss / len(rows)


def _word_losses(text: TrainingText, read: Words, recipe: Recipe) -> Iterator[Tensor]:
    """Give the losses of what is said of each word: mention or not, of what kind, how known."""
    heads = torch.tensor([gold.head for gold in text.golds])
    if text.has_all:
        target = torch.zeros(len(text.words))
        target[heads] = 1.0
        mask = torch.from_numpy(text.features.is_candidate)
        yield (
            recipe.mention_weight
            * 4
            * functional.binary_cross_entropy_with_logits(read.is_mention[mask], target[mask])
        )
    else:
        scores = read.is_mention[heads].clamp(min=FAR_BELOW / 1000)
        yield recipe.mention_weight * functional.softplus(-scores).mean()
    for scores, values in (
        (read.types, [gold.kind for gold in text.golds]),
        (read.statuses, [gold.status for gold in text.golds]),
    ):
        classes = torch.tensor(values)
        known = classes != UNKNOWN
        if known.any():
            yield (
                recipe.type_weight * functional.cross_entropy(scores[heads[known]], classes[known])
            )


def _border_loss(
    network: CorefNetwork, text: TrainingText, read: Words, golds: Sequence[Gold]
) -> Tensor:
    heads = np.asarray([gold.head for gold in golds])
    first, last, _ = network.score_borders(read, text.features, heads)
    span = network.sizes.span
    losses = []
    for scores, borders in (
        (first, [gold.start for gold in golds]),
        (last, [gold.end - 1 for gold in golds]),
    ):
        target = torch.from_numpy(np.asarray(borders) - heads + span)
        known = (target >= 0) & (target <= 2 * span)
        rows = torch.arange(len(golds))[known]
        known_rows = rows[scores[rows, target[known]] > FAR_BELOW / 2]
        if len(known_rows):
            losses.append(functional.cross_entropy(scores[known_rows], target[known_rows]))
    return torch.stack(losses).sum() if losses else read.states.new_zeros(())


# --- the run -------------------------------------------------------------------------------------


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
        self.network = CorefNetwork(sizes, base.upper_layers(sizes.n_upper))
        self.average = {n: p.detach().clone() for n, p in self.network.named_parameters()}
        self.epoch = 0
        self.n_steps = 0
        self.steps_an_epoch = len(plan_epoch(data, recipe, 0))
        encoder = list(self.network.upper.parameters())
        heads = [p for n, p in self.network.named_parameters() if not n.startswith("upper.")]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": encoder, "peak": recipe.encoder_rate},
                {"params": heads, "peak": recipe.head_rate},
            ],
            lr=0.0,
            weight_decay=recipe.weight_decay,
            fused=True,
        )

    def run_epoch(self) -> float:
        """Train for one round; give the mean loss of a step."""
        torch.manual_seed(self.recipe.seed + self.epoch)
        self.network.train()
        losses = []
        started = time.perf_counter()
        n_words = 0
        steps = plan_epoch(self.data, self.recipe, self.epoch)
        for number, batch in enumerate(steps, 1):
            losses.append(self._step(batch))
            n_words += sum(len(text.words) for text in batch)
            if number % 50 == 0:
                log.info(
                    "epoch %d step %d/%d loss %.3f words/s %.0f",
                    self.epoch,
                    number,
                    len(steps),
                    float(np.mean(losses[-50:])),
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
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.n_steps += 1
        share = max(recipe.averaging, 9 / (9 + self.n_steps))
        with torch.no_grad():
            for name, parameter in self.network.named_parameters():
                self.average[name].lerp_(parameter.detach(), share)
        return float(loss.detach())

    def _set_rate(self) -> None:
        total = self.steps_an_epoch * self.recipe.epochs
        warm = max(1, round(self.recipe.warm_up * total))
        done = self.n_steps + 1
        factor = done / warm if done < warm else max(0.0, (total - done) / (total - warm))
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
        safetensors.torch.save_file(
            {name: value.contiguous() for name, value in state.items()},
            folder / "run.safetensors",
        )
        place = {"epoch": self.epoch, "n_steps": self.n_steps}
        (folder / "run.json").write_text(json.dumps(place), encoding="utf-8")

    def resume(self, folder: Path) -> None:
        """Go on from what `save` kept."""
        place = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        self.epoch, self.n_steps = place["epoch"], place["n_steps"]
        state = safetensors.torch.load_file(folder / "run.safetensors")
        parts: dict[str, dict[str, Tensor]] = {"network": {}, "average": {}, "optimizer": {}}
        for name, value in state.items():
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
    network: CorefNetwork, base: BaseEncoder, text: TrainingText, *, bias: float = 0.0
) -> list[list[tuple[int, int]]]:
    """Find the chains of a text, as spans of words, those of one mention left out."""
    encoding = base.read([base.cut(text.words)])
    read = read_all(network, encoding, [text])[0]
    heads = pick_heads(read, text.features, 0.2)
    if len(heads) < 2:  # noqa: PLR2004  # nothing to link
        return []
    links = network.link_mentions(read, text.features, heads)
    scores = links.scores.clone()
    scores[:, :N_NONE] -= bias
    none = torch.logsumexp(scores[:, :N_NONE], dim=1)
    best = scores[:, N_NONE:].max(dim=1)
    first, last, around = network.score_borders(read, text.features, heads)
    rows = np.arange(len(heads))
    starts = around[rows, first.argmax(dim=1).numpy()]
    ends = around[rows, last.argmax(dim=1).numpy()] + 1
    spans = {int(h): (int(s), int(e)) for h, s, e in zip(heads, starts, ends, strict=True)}
    chosen = {
        int(heads[row]): int(links.candidates[row, int(best.indices[row])])
        for row in rows
        if best.values[row] > none[row] and best.values[row] > FAR_BELOW / 2
    }
    return [[spans[head] for head in cluster] for cluster in join(chosen) if len(cluster) > 1]


def score_texts(
    network: CorefNetwork, base: BaseEncoder, texts: Sequence[TrainingText], *, bias: float = 0.0
) -> Scores:
    """Score the chains of texts against the OntoNotes scheme's, on the sets' own words."""
    scores = [
        score_document(text.chains, find_chains(network, base, text, bias=bias)) for text in texts
    ]
    return sum(scores[1:], scores[0])
