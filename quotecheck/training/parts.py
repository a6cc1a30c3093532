"""Fits what finds the parts of plurals on a trained main network, and measures it.

    GUM's split antecedents, hidden coordinations, single antecedents ─► PartScorer ─► tables

As Yu et al. (2020) found, 73 plurals teach too little by themselves; what an expression's single
antecedent is like says much of what parts are like.

The main network is frozen. It has seen the chains of the training documents, though no split link
of any: the figures by folds are of scorers that have not seen a fold's documents on a network that
has seen their chains. Run it as

    python -m quotecheck.training.parts --data FOLDER --model FOLDER --folds
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import random
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch.nn import functional

from quotecheck.coref.features import KIND
from quotecheck.coref.network import FAR_BELOW, IMPOSSIBLE, pick_heads
from quotecheck.coref.parts import (
    LEAST_CHANCE,
    PartFinder,
    PartScorer,
    choose_parts,
    fit_sizes,
    save_parts,
    score_together,
)
from quotecheck.coref.plurals import REACH, find_plurals, read_mentions, read_plurals
from quotecheck.coref.score import Counts
from quotecheck.coref.weights import MODEL_FOLDER, WEIGHTS, load_model
from quotecheck.language import load_language
from quotecheck.training.chains import TrainingText, read_gum, read_litbank

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    from torch import Tensor

    from quotecheck.coref.parts import PartScores, Split
    from quotecheck.coref.plurals import Mentions, Plurals
    from quotecheck.coref.weights import Model
    from quotecheck.training.chains import Gold

    Ints = npt.NDArray[np.int64]

log = logging.getLogger(__name__)

N_FOLDS: Final = 5
# An entity of none of the annotated ones: of what is no mention in the gold annotation.
NOBODY: Final = -(10**9)
# Kinds of expressions whose single antecedents are learnt from, too.
_TAKING_UP: Final = [
    KIND[name]
    for name in (
        *("he", "she", "we", "they", "this", "these"),
        *("definite", "taken_up", "possessed", "plural", "noun"),
    )
]
# Probabilities of parts that are tried as the least that is told.
_LEAST: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True, slots=True)
class PartRecipe:
    """How the scorer is fitted; the values are those of the release.

    Attributes:
        epochs: rounds over the data.
        rate: highest learning rate.
        weight_decay: of all weights.
        dropout: share of activations zeroed.
        texts_a_step: texts that a step reads.
        others: plurals without parts that are met in each text an epoch.
        made: plurals whose coordination is hidden, the same.
        single: expressions with one antecedent, the same.
        made_weight, single_weight: what these count beside annotated plurals with parts.
        scorers: how many are fitted, each from another start.
        own_weight, third_weight: of the losses of candidates by themselves, and of further parts.
    """

    epochs: int = 14
    seed: int = 20261123
    rate: float = 3e-3
    weight_decay: float = 0.05
    dropout: float = 0.3
    texts_a_step: int = 4
    others: int = 8
    made: int = 12
    single: int = 10
    made_weight: float = 0.5
    single_weight: float = 0.1
    scorers: int = 4
    own_weight: float = 0.3
    third_weight: float = 0.2


class Source(Enum):
    """Where parts are from: GUM, a hidden coordination, a single antecedent; or there are none."""

    ANNOTATED = auto()
    MADE = auto()
    SINGLE = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Case:
    """A plural with its parts.

    Attributes:
        row: its number among the mentions.
        parts: the entities that it is made of; none for most; or its one antecedent.
        source: where the parts are from.
        hidden: mentions that are passed over.
    """

    row: int
    parts: frozenset[int]
    source: Source
    hidden: Ints


@dataclass(frozen=True, slots=True)
class PartText:
    """A text's plurals, read by the main network.

    Attributes:
        name: of the text.
        cases: the plurals.
        plurals: what is known of them.
        entities: of each mention. *Shape:* (mentions,).
        n_parts: how many parts all of the text's split plurals have, found as mentions or not.
        n_splits: how many such plurals there are.
    """

    name: str
    cases: tuple[Case, ...]
    plurals: Plurals
    entities: Ints
    n_parts: int
    n_splits: int


# --- cases ---------------------------------------------------------------------------------------


@torch.no_grad()
def read_texts(
    model: Model, texts: Sequence[TrainingText], *, with_found: bool = False
) -> list[PartText]:
    """Let the main network read texts, and gather their plurals.

    Args:
        model: the main network.
        texts: what is read.
        with_found: take the mentions that the network finds, and not the annotated ones.
    """
    kept = []
    for text in texts:
        encoding = model.base.read([model.base.cut(text.words)])[0]
        read = model.network.read(encoding, text.features)
        heads = np.asarray([gold.head for gold in text.golds], dtype=np.int64)
        if with_found:
            heads = pick_heads(read, text.features, model.calibration.least_mention)
        if len(heads) < 2:  # noqa: PLR2004  # nothing before it to be a part
            continue
        links = model.network.link_mentions(read, text.features, heads)
        mentions = read_mentions(model.network, text.features, read, links)
        cases, entities = find_cases(text, mentions)
        if cases:
            rows = np.asarray([case.row for case in cases])
            plurals = read_plurals(mentions, rows, [case.hidden for case in cases])
            n_parts = sum(len(set(parts)) for parts in text.splits.values())
            kept.append(PartText(text.name, cases, plurals, entities, n_parts, len(text.splits)))
    return kept


def find_cases(text: TrainingText, mentions: Mentions) -> tuple[tuple[Case, ...], Ints]:
    """Find the plurals of a text, and the entity of each mention."""
    golds = {gold.head: gold for gold in text.golds}
    heads = [int(head) for head in mentions.heads]
    entities = np.asarray([golds[h].entity if h in golds else NOBODY for h in heads])
    row_of = {head: row for row, head in enumerate(heads)}
    nothing = np.zeros(0, dtype=np.int64)
    cases = [
        Case(row_of[head], frozenset(parts), Source.ANNOTATED, nothing)
        for head, parts in text.splits.items()
        if head in row_of
    ]
    parts_of = {golds[head].entity: frozenset(parts) for head, parts in text.splits.items()}
    for gold in text.golds:
        if int(text.features.kind[gold.head]) == KIND["coordination"]:
            joined = _joined(text.golds, gold)
            if len(joined) > 1:
                parts_of.setdefault(gold.entity, joined)
    for gold in text.golds:
        is_told = gold.head in text.splits or gold.head not in row_of
        is_joint = int(text.features.kind[gold.head]) == KIND["coordination"]
        if gold.entity in parts_of and not is_told and not is_joint:
            # Split parts hardly ever stand in one coordination: what that joins is hidden, too.
            same = [g for g in text.golds if g.entity == gold.entity]
            inside = [any(g.start <= head < g.end for g in same) for head in heads]
            row = row_of[gold.head]
            hidden = np.flatnonzero(inside)
            cases.append(Case(row, parts_of[gold.entity], Source.MADE, hidden[hidden < row]))
    if text.has_all:
        used = {case.row for case in cases}
        others = (int(row) for row in np.flatnonzero(find_plurals(mentions)))
        cases += [Case(row, frozenset(), Source.NONE, nothing) for row in others if row not in used]
        for row in np.flatnonzero(np.isin(text.features.kind[mentions.heads], _TAKING_UP)).tolist():
            entity = int(entities[row])
            is_told = row in used or entity in parts_of or entity == NOBODY
            if not is_told and entity in entities[max(0, row - REACH) : row]:
                cases.append(Case(row, frozenset({entity}), Source.SINGLE, nothing))
    return tuple(cases), entities


def _joined(golds: Sequence[Gold], whole: Gold) -> frozenset[int]:
    """Give the entities of the outermost mentions inside a coordination."""
    inside = [
        gold
        for gold in golds
        if whole.start <= gold.start and gold.end <= whole.end and gold is not whole
    ]
    outer = [
        gold
        for gold in inside
        if not any(g is not gold and g.start <= gold.start and gold.end <= g.end for g in inside)
    ]
    return frozenset(gold.entity for gold in outer) - {whole.entity}


# --- fitting -------------------------------------------------------------------------------------


def fit(
    model: Model, texts: Sequence[PartText], recipe: PartRecipe, *, salt: int = 0
) -> tuple[PartScorer, ...]:
    """Fit scorers; the same texts, recipe and salt give the same weights."""
    salts = range(salt * recipe.scorers, (salt + 1) * recipe.scorers)
    return tuple(_fit_one(model, texts, recipe, salt=n) for n in salts)


def _fit_one(
    model: Model, texts: Sequence[PartText], recipe: PartRecipe, *, salt: int
) -> PartScorer:
    torch.manual_seed(recipe.seed + salt)
    chance = random.Random(recipe.seed + salt)  # noqa: S311  # nothing secret
    width = texts[0].plurals.of.states.shape[1]
    scorer = PartScorer(fit_sizes(model.network.sizes, width), recipe.dropout)
    optimizer = torch.optim.AdamW(
        scorer.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay
    )
    per_epoch = -(-len(texts) // recipe.texts_a_step)
    n_done = 0
    for _ in range(recipe.epochs):
        order = list(texts)
        chance.shuffle(order)
        for start in range(0, len(order), recipe.texts_a_step):
            losses = []
            for text in order[start : start + recipe.texts_a_step]:
                losses += list(compute_losses(scorer, text, recipe, chance))
            for group in optimizer.param_groups:
                group["lr"] = recipe.rate * max(0.02, 1 - n_done / (per_epoch * recipe.epochs))
            n_done += 1
            if losses:
                optimizer.zero_grad(set_to_none=True)
                (torch.stack(losses).sum() / recipe.texts_a_step).backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(scorer.parameters(), 2.0)
                optimizer.step()
    return scorer.requires_grad_(requires_grad=False).eval()


def compute_losses(
    scorer: PartScorer, text: PartText, recipe: PartRecipe, chance: random.Random
) -> Iterator[Tensor]:
    """Give the losses of a text: of parts, and of whether there are any."""
    cases = text.cases
    of = {s: [i for i, case in enumerate(cases) if case.source is s] for s in Source}
    n_others = len(of[Source.NONE])
    for source, most in (
        (Source.MADE, recipe.made),
        (Source.NONE, recipe.others),
        (Source.SINGLE, recipe.single),
    ):
        of[source] = chance.sample(of[source], min(len(of[source]), most))
    # What is judged as split or not comes first, what is read blindly last.
    taken = [i for source in (Source.ANNOTATED, Source.NONE, Source.MADE) for i in of[source]]
    taken += of[Source.SINGLE]
    if not taken:
        return
    plurals = text.plurals.take(taken).blind(len(of[Source.SINGLE]))
    entities = text.entities[plurals.candidates]
    wanted = np.zeros(plurals.is_there.shape, dtype=np.bool_)
    for row, index in enumerate(taken):
        wanted[row] = np.isin(entities[row], list(cases[index].parts)) & plurals.is_there[row]
    scores = scorer(plurals, torch.from_numpy(wanted))
    for row, index in enumerate(taken):
        source = cases[index].source
        if source is Source.SINGLE:
            if wanted[row].any():
                right = scores.own[row].masked_fill(torch.from_numpy(~wanted[row]), FAR_BELOW)
                loss = scores.own[row].logsumexp(dim=0) - right.logsumexp(dim=0)
                yield recipe.single_weight * loss
        elif len(np.unique(entities[row][wanted[row]])) > 1:
            weight = recipe.made_weight if source is Source.MADE else 1.0
            for loss in _part_losses(scores, row, entities[row], wanted[row], recipe):
                yield weight * loss
    # The others are a sample: each of them stands for several.
    n_split, n_met = len(of[Source.ANNOTATED]), len(of[Source.NONE])
    if n_split + n_met:
        yield functional.binary_cross_entropy_with_logits(
            scores.is_split[: n_split + n_met],
            torch.tensor([1.0] * n_split + [0.0] * n_met),
            weight=torch.tensor([1.0] * n_split + [n_others / max(n_met, 1)] * n_met),
            reduction="sum",
        )


def _part_losses(
    scores: PartScores,
    row: int,
    entities: Ints,
    wanted: npt.NDArray[np.bool_],
    recipe: PartRecipe,
) -> Iterator[Tensor]:
    """Give the losses of one plural: of two parts at once, of each part, and of a further one."""
    chosen = scores.chosen[row]
    of = torch.from_numpy(entities)[chosen]
    is_part = torch.from_numpy(wanted)[chosen]
    pairs = scores.pairs[row]
    right = is_part.unsqueeze(0) & is_part.unsqueeze(1) & (of.unsqueeze(0) != of.unsqueeze(1))
    right &= pairs > IMPOSSIBLE
    own = scores.own[row]
    rest = own.masked_fill(torch.from_numpy(wanted), FAR_BELOW).logsumexp(dim=0)
    for entity in np.unique(entities[wanted]):
        other = torch.from_numpy(~(wanted & (entities == entity)))
        part = own.masked_fill(other, FAR_BELOW).logsumexp(dim=0)
        yield recipe.own_weight * functional.softplus(rest - part) / 2
    if not right.any():
        return  # the main network takes the parts for one thing
    likely = pairs.masked_fill(~right, FAR_BELOW)
    yield pairs.flatten().logsumexp(dim=0) - likely.flatten().logsumexp(dim=0)
    one, other_one = divmod(int(likely.detach().flatten().argmax()), len(chosen))
    more = (scores.more[row][:, one] + scores.more[row][:, other_one]) / 2
    is_free = (of != of[one]) & (of != of[other_one]) & (more > IMPOSSIBLE / 2)
    losses = functional.binary_cross_entropy_with_logits(more, is_part.float(), reduction="none")
    yield recipe.third_weight * (losses * is_free).sum()


# --- measuring -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PartMeasures:
    """Parts found against parts annotated.

    Attributes:
        lenient: single links; a part is right if it is a mention of the annotated entity.
        strict: whole sets.
    """

    lenient: Counts = field(default_factory=Counts)
    strict: Counts = field(default_factory=Counts)

    def __add__(self, other: PartMeasures) -> PartMeasures:
        return PartMeasures(self.lenient + other.lenient, self.strict + other.strict)


@torch.inference_mode()
def predict(
    scorers: Sequence[PartScorer], texts: Sequence[PartText]
) -> list[tuple[PartText, list[Split]]]:
    """Choose parts for all plurals of texts, those left out that are only learnt from."""
    judged = {Source.ANNOTATED, Source.NONE}
    found = []
    for text in texts:
        kept = [n for n, case in enumerate(text.cases) if case.source in judged]
        plurals = text.plurals.take(kept)
        cases = tuple(text.cases[n] for n in kept)
        splits = choose_parts(plurals, score_together(scorers, plurals)) if kept else []
        found.append((replace(text, cases=cases, plurals=plurals), splits))
    return found


def tell_chains(text: PartText) -> PartText:
    """Put mentions into the annotated chains, as Yu et al. (2020) have it, not those found."""
    cluster = np.unique(text.entities, return_inverse=True)[1]
    of = replace(text.plurals.of, cluster=cluster)
    return replace(text, plurals=replace(text.plurals, of=of))


def score_text(text: PartText, splits: Sequence[Split], least: float | None) -> PartMeasures:
    """Score the parts of a text's plurals (after Yu et al. 2020).

    Args:
        text: the text.
        splits: the parts of each of its plurals.
        least: probability of parts from which on a plural has any; None where it is told which
            plurals have, as in that paper, whose mentions and chains are the annotated ones, too.
    """
    n_right = n_found = n_whole = n_sets = 0
    for case, split in zip(text.cases, splits, strict=True):
        is_split = bool(case.parts) if least is None else split.chance >= least
        if not is_split or not split.parts:
            continue
        found = [int(text.entities[part.mention]) for part in split.parts]
        n_found += len(found)
        n_right += len(case.parts & set(found))
        n_sets += 1
        n_whole += case.parts == set(found)
    return PartMeasures(
        Counts(n_right, text.n_parts, n_right, n_found),
        Counts(n_whole, text.n_splits, n_whole, n_sets),
    )


def score_all(
    predicted: Sequence[tuple[PartText, list[Split]]], least: float | None
) -> PartMeasures:
    """Score the parts of all texts' plurals."""
    found = (score_text(text, splits, least) for text, splits in predicted)
    return sum(found, PartMeasures())


def choose_least(predicted: Sequence[tuple[PartText, list[Split]]]) -> float:
    """Choose the probability from which on parts are told, for the best lenient F1."""
    return max(_LEAST, key=lambda least: score_all(predicted, least).lenient.f1)


def hold_out(
    model: Model,
    train: Sequence[PartText],
    more: Sequence[PartText],
    recipe: PartRecipe,
    of: Sequence[Sequence[PartText]],
) -> list[list[tuple[PartText, list[Split]]]]:
    """Choose parts for each text by a scorer that has not seen it.

    Args:
        model: the main network.
        train: the texts that are held out in turns.
        more: texts that are learnt from each time.
        recipe: how the scorers are fitted.
        of: readings of `train`'s texts for which parts are chosen.
    """
    fold_of = {name: n % N_FOLDS for n, name in enumerate(sorted(t.name for t in train))}
    found: list[list[tuple[PartText, list[Split]]]] = [[] for _ in of]
    for fold in range(N_FOLDS):
        seen = [text for text in train if fold_of[text.name] != fold]
        scorers = fit(model, [*seen, *more], recipe, salt=fold + 1)
        for kept, texts in zip(found, of, strict=True):
            kept.extend(predict(scorers, [t for t in texts if fold_of.get(t.name) == fold]))
        log.info("fold %d of %d", fold + 1, N_FOLDS)
    return found


def print_measures(
    name: str, predicted: Sequence[tuple[PartText, list[Split]]], least: float
) -> None:
    """Print the rows of a table: plurals with parts told, and found."""
    for how, bound in (("told", None), ("found", least)):
        found = score_all(predicted, bound)
        cells = (found.lenient.f1, found.lenient.precision, found.lenient.recall, found.strict.f1)
        row = " | ".join(f"{100 * cell:.1f}" for cell in cells)
        print(f"| {name} | {how} | {row} | {found.strict.total_recall:.0f} |")


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit on a saved main network and measure, from the command line."""
    parser = argparse.ArgumentParser(prog="python -m quotecheck.training.parts")
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER, help="folder of the network")
    parser.add_argument("--folds", action="store_true", help="measure on GUM's train by folds, too")
    parser.add_argument("--epochs", type=int, help="rounds over the data")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    nlp = load_language(with_coref=False)
    texts = {split: read_gum(options.data, split, nlp) for split in ("train", "dev")}
    passages = read_litbank(options.data, nlp)
    log.info("texts are parsed")
    recipe = PartRecipe()
    if options.epochs is not None:
        recipe = replace(recipe, epochs=options.epochs)
    fit_and_measure(options.model, texts, passages, recipe, with_folds=options.folds)


def fit_and_measure(
    folder: Path,
    texts: dict[str, list[TrainingText]],
    passages: Sequence[TrainingText],
    recipe: PartRecipe,
    *,
    with_folds: bool,
) -> None:
    """Fit a scorer on the main network in a folder, write it down there, and print the tables."""
    model = load_model(folder)
    train = read_texts(model, texts["train"])
    more = read_texts(model, [text for text in passages if _has_coordination(text)])
    dev = read_texts(model, texts["dev"])
    log.info("texts are read")
    least = LEAST_CHANCE
    readings: dict[str, list[list[tuple[PartText, list[Split]]]]] = {}
    if with_folds:
        found = read_texts(model, texts["train"], with_found=True)
        of = [[tell_chains(text) for text in train], train, found]
        readings["train by folds"] = hold_out(model, train, more, recipe, of)
        least = choose_least(readings["train by folds"][-1])
    scorers = fit(model, [*train, *more], recipe)
    of = [
        [tell_chains(text) for text in dev],
        dev,
        read_texts(model, texts["dev"], with_found=True),
    ]
    readings["dev"] = [predict(scorers, texts) for texts in of]
    if with_folds:
        readings["both"] = [[*a, *b] for a, b in zip(*readings.values(), strict=True)]
    print("| documents | mentions | plurals with parts | lenient F1 | P | R | strict F1 | n |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, groups in readings.items():
        for how, group in zip(("annotated, in chains", "annotated", "found"), groups, strict=True):
            print_measures(f"{name} | {how}", group, least)
    print(f"\nparts are told from {least} on")
    checksum = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    save_parts(folder, PartFinder(scorers, least), checksum)


def _has_coordination(text: TrainingText) -> bool:
    joint = KIND["coordination"]
    return any(int(text.features.kind[gold.head]) == joint for gold in text.golds)


if __name__ == "__main__":
    main()
