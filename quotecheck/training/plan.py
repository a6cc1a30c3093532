"""What an epoch of training reads: texts whole, cut as elisions cut, and as quoters cut.

    GUM ─► whole, or with sentences dropped; and short passages ─┐
    LitBank ─► pieces ───────────────────────────────────────────┼─► steps, shuffled
    GAP ─► a pronoun and two names each ─────────────────────────┘

A text is met whole in one epoch and with sentences dropped in another; an expression whose
antecedents were all dropped is taught to choose MISSING.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from quotecheck.training.chains import TrainingText, cut_into, keep_sentences

# Lengths of the passages that quoters cut, in sentences; chosen by what quotations look like.
PASSAGE_LENGTHS: Final = (1, 1, 2, 2, 3, 4, 5)
# Shares of a document's sentences that are kept where some are dropped.
KEPT: Final = (0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the network is trained; the values are those of the release.

    Attributes:
        epochs: rounds over the data. From the eleventh on, GUM dev scored lower.
        horizon: rounds after which the rates would have fallen to nothing, if there were so many.
        seed: of the plan, of the first weights and of dropout.
        encoder_rate, head_rate: highest learning rates.
        warm_up: share of all steps in which they rise.
        layer_decay: what the encoder's rate is multiplied by for each layer farther down.
        weight_decay: of all matrices that are learnt.
        dropout: of the words' states and inside the layers that score.
        layer_dropout: inside the encoder's layers.
        dropped: share of GUM's documents that are met with sentences dropped.
        passages: short passages cut out of each document of GUM an epoch.
        litbank, gap: shares of these sets that are met an epoch.
        averaging: the weight of the newest weights in the running average that is kept.
        words_a_step: about how many words a step reads.
        mention_weight, type_weight, border_weight, bridge_weight, choice_weight: what these losses
            count beside that of the links. `type_weight` is of statuses, too.
    """

    epochs: int = 10
    horizon: int = 14
    seed: int = 20261123
    encoder_rate: float = 1e-4
    head_rate: float = 6e-4
    warm_up: float = 0.06
    layer_decay: float = 0.9
    weight_decay: float = 0.01
    dropout: float = 0.3
    layer_dropout: float = 0.1
    dropped: float = 0.35
    passages: int = 6
    litbank: float = 0.35
    gap: float = 0.4
    averaging: float = 0.002
    words_a_step: int = 900
    mention_weight: float = 0.5
    type_weight: float = 0.2
    border_weight: float = 0.6
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
            share = chance.uniform(*KEPT)
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
    if batch:
        steps.append(batch)
    chance.shuffle(steps)
    return steps


def cut_passage(text: TrainingText, n_sentences: int, chance: random.Random) -> TrainingText:
    """Cut a passage of one to five sentences out of a text, as quoters cut."""
    n_kept = chance.choice(PASSAGE_LENGTHS)
    kept = [chance.randrange(n_sentences)]
    while len(kept) < n_kept:
        step = 1 if chance.random() < 0.5 else chance.randint(2, 4)  # noqa: PLR2004  # half of them
        kept.append(kept[-1] + step)
    return keep_sentences(text, [n for n in kept if n < n_sentences])
