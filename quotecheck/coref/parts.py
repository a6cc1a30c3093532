"""Finds what a plural is made of, where no single expression before it says so.

    Plurals ─► candidates one by one ─► the best of them two by two ─► parts, and whether there are

“Ada met Bea. They …”: split antecedents. A small network on top of the frozen main one, as Yu et
al. (2020) have it, but it weighs each two candidates as parts together: what makes them parts is
often that they are alike. Parts beyond two are added one at a time.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional

from quotecheck.coref.clusters import Choice
from quotecheck.coref.features import N_PAIR_FEATURES
from quotecheck.coref.network import FAR_BELOW, IMPOSSIBLE
from quotecheck.coref.plurals import (
    N_ALIKE,
    N_HAND,
    N_WHOLE,
    compare_candidates,
    count_told,
    find_plurals,
    read_mentions,
    read_plurals,
)
from quotecheck.errors import ModelMismatch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from quotecheck.coref.features import WordFeatures
    from quotecheck.coref.network import CorefNetwork, Links, Sizes, Words
    from quotecheck.coref.plurals import Plurals

    Ints = npt.NDArray[np.int64]

PARTS_CONFIG: Final = "parts.json"
PARTS_WEIGHTS: Final = "parts.safetensors"
# A plural is made of no more than this: of GUM's 80, one has five parts.
MOST_PARTS: Final = 5
# Candidates that are looked at two by two.
LOOKED_AT: Final = 16
# Plurals that are read at once: memory stays flat.
PLURALS_AT_ONCE: Final = 256
# Probability of parts from which on they are told, where none was read off held-out documents.
LEAST_CHANCE: Final = 0.2
# Put before the score of a candidate that is to be looked at, in training.
_MUST: Final = 100.0
# Logits of links are brought to about one, and kept from running away.
_SCALE: Final = 5.0
_SUREST: Final = 20.0


@dataclass(frozen=True, slots=True)
class PartSizes:
    """Sizes of the scorer.

    Attributes:
        states, pairs: widths of the main network's states, and of what it reads links from.
        n_labels: kinds of entities and of information status that it tells apart.
        narrow: width that states are brought to.
        hidden: width of the layers that score.
        alike: the same of the layer that compares.
    """

    states: int
    pairs: int
    n_labels: int
    narrow: int = 24
    hidden: int = 32
    alike: int = 16


@dataclass(frozen=True, slots=True)
class PartScores:
    """Scores of parts.

    Attributes:
        own: of each candidate by itself; `FAR_BELOW` where there is none. *Shape:* (rows, REACH).
        chosen: columns of those that are looked at two by two. *Shape:* (rows, k).
        pairs: of each two of these as parts; `FAR_BELOW` where they cannot be.
            *Shape:* (rows, k, k).
        more: of each as one more part beside each other one; the same. *Shape:* (rows, k, k).
        is_split: logits that there are parts. *Shape:* (rows,).
    """

    own: Tensor
    chosen: Tensor
    pairs: Tensor
    more: Tensor
    is_split: Tensor


@dataclass(frozen=True, slots=True)
class PartFinder:
    """Fitted scorers, with the probability of parts from which on they are told."""

    scorers: tuple[PartScorer, ...]
    least: float = LEAST_CHANCE


@dataclass(frozen=True, slots=True)
class Split:
    """The likeliest parts of a plural.

    Attributes:
        chance: probability that it is made of parts at all.
        parts: numbers of mentions, each with the probability that it is one if there are any.
    """

    chance: float
    parts: tuple[Choice, ...]


def fit_sizes(sizes: Sizes, states: int) -> PartSizes:
    """Give the sizes that go with a main network whose states have some width."""
    return PartSizes(states, sizes.hidden // 2, sizes.n_types + sizes.n_statuses)


class PartScorer(nn.Module):
    """Scores the parts of plurals.

    Args:
        sizes: how large it is.
        dropout: share of activations zeroed in training.
    """

    def __init__(self, sizes: PartSizes, dropout: float = 0.3) -> None:
        super().__init__()
        self.sizes = sizes
        self.dropout = dropout
        narrow, hidden = sizes.narrow, sizes.hidden
        self.mention = nn.Linear(sizes.states, narrow)
        self.part = nn.Linear(sizes.states, narrow)
        self.features = nn.Embedding(N_PAIR_FEATURES, hidden)
        nn.init.normal_(self.features.weight, std=0.05)
        self.pair = nn.Linear(3 * narrow + N_HAND + sizes.pairs, hidden)
        self.own = nn.Sequential(nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, 1))
        self.alike = nn.Sequential(
            nn.Linear(N_ALIKE, sizes.alike),
            nn.GELU(),
            nn.Dropout(dropout / 3),
            nn.Linear(sizes.alike, 1),
        )
        self.third = nn.Parameter(torch.zeros(1))
        self.is_split = nn.Sequential(
            nn.Linear(N_WHOLE + sizes.n_labels + narrow + 2, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, 1),
        )

    def forward(self, plurals: Plurals, wanted: Tensor | None = None) -> PartScores:
        """Score the candidates of some plurals.

        Args:
            plurals: what is known of them.
            wanted: candidates that are looked at two by two at any rate. *Shape:* (rows, REACH),
                bool.
        """
        left, own = self.score_alone(plurals)
        return self.score_pairs(plurals, left, own, look_at(own, wanted))

    def score_alone(self, plurals: Plurals) -> tuple[Tensor, Tensor]:
        """Give the narrow states of plurals, and the score of each candidate by itself."""
        candidates = torch.from_numpy(plurals.candidates)
        states, pairs = (self._drop(values) for values in (plurals.of.states, plurals.pairs))
        left = self.mention(states)[torch.from_numpy(plurals.rows)]
        right = self.part(states)[candidates]
        beside = left.unsqueeze(1).expand_as(right)
        hand = torch.from_numpy(plurals.hand)
        summed = self.pair(torch.cat([beside, right, beside * right, hand, pairs], dim=2))
        summed = summed + self.features(torch.from_numpy(plurals.on)).sum(dim=2)
        own = self.own(summed).squeeze(-1)
        return left, own.masked_fill(~torch.from_numpy(plurals.is_there), FAR_BELOW)

    def score_pairs(
        self, plurals: Plurals, left: Tensor, own: Tensor, chosen: Tensor
    ) -> PartScores:
        """Score chosen candidates two by two."""
        alike = self.alike(compare_candidates(plurals, chosen)).squeeze(-1)
        alike = alike + alike.transpose(1, 2)
        there = torch.from_numpy(plurals.is_there).gather(1, chosen)
        candidates = torch.from_numpy(plurals.candidates).gather(1, chosen)
        cluster = torch.from_numpy(plurals.of.cluster)[candidates]
        can_be = there.unsqueeze(1) & there.unsqueeze(2)
        can_be = can_be & (cluster.unsqueeze(1) != cluster.unsqueeze(2))
        best = own.gather(1, chosen)
        two = (best.unsqueeze(1) + best.unsqueeze(2) + alike).masked_fill(~can_be, FAR_BELOW)
        more = (best.unsqueeze(2) + alike + self.third).masked_fill(~can_be, FAR_BELOW)
        flat = two.detach().flatten(1)
        known = torch.stack([flat.amax(dim=1), flat.logsumexp(dim=1)], dim=1)
        known = known.clamp(-_SUREST, _SUREST) / _SCALE
        whole = torch.cat([torch.from_numpy(plurals.whole), left, known], dim=1)
        return PartScores(own, chosen, two, more, self.is_split(whole).squeeze(-1))

    def _drop(self, values: Tensor) -> Tensor:
        return functional.dropout(values, self.dropout, training=self.training)


def look_at(own: Tensor, wanted: Tensor | None = None) -> Tensor:
    """Choose the candidates that are looked at two by two. *Shape:* (rows, k)."""
    order = own.detach() if wanted is None else own.detach() + _MUST * wanted
    return order.topk(min(LOOKED_AT, order.shape[1]), dim=1).indices


def score_together(scorers: Sequence[PartScorer], plurals: Plurals) -> PartScores:
    """Score by several scorers that were fitted from other starts: the means of their scores.

    So few plurals with parts are annotated that one scorer owes much to its start.
    """
    alone = [scorer.score_alone(plurals) for scorer in scorers]
    own = torch.stack([own for _, own in alone]).mean(dim=0)
    chosen = look_at(own)
    found = [
        scorer.score_pairs(plurals, left, own, chosen)
        for scorer, (left, _) in zip(scorers, alone, strict=True)
    ]
    return PartScores(
        own,
        chosen,
        torch.stack([scores.pairs for scores in found]).mean(dim=0),
        torch.stack([scores.more for scores in found]).mean(dim=0),
        torch.stack([scores.is_split for scores in found]).mean(dim=0),
    )


def choose_parts(plurals: Plurals, scores: PartScores) -> list[Split]:
    """Choose the likeliest parts of each plural: two, and what goes with these.

    No two are of one cluster; “both” and “three” say how many there are. Where fewer than two
    candidates are there, there are no parts.
    """
    chances = torch.sigmoid(scores.is_split).tolist()
    flat = scores.pairs.flatten(1)
    best = flat.argmax(dim=1).tolist()
    weights = torch.softmax(flat, dim=1).view_as(scores.pairs).sum(dim=2) * 2
    k = scores.chosen.shape[1]
    found = []
    for row, chance in enumerate(chances):
        if flat[row, best[row]] <= IMPOSSIBLE:
            found.append(Split(0.0, ()))
            continue
        numbers = plurals.candidates[row][scores.chosen[row].numpy()]
        cluster = plurals.of.cluster[numbers]
        columns = [best[row] // k, best[row] % k]
        parts = [
            Choice(
                int(numbers[column]),
                min(1.0, float(weights[row][torch.from_numpy(cluster == cluster[column])].sum())),
            )
            for column in columns
        ]
        more = scores.more[row]
        told = count_told(plurals.of, int(plurals.rows[row]))
        while len(columns) < (told or MOST_PARTS):
            score = more[:, columns].mean(dim=1)
            score[torch.from_numpy(np.isin(cluster, cluster[columns]))] = FAR_BELOW
            column = int(score.argmax())
            if score[column] <= (IMPOSSIBLE / 2 if told else 0):
                break
            columns.append(column)
            parts.append(Choice(int(numbers[column]), float(torch.sigmoid(score[column]))))
        found.append(Split(chance, tuple(parts)))
    return found


@torch.inference_mode()
def find_parts(
    finder: PartFinder, network: CorefNetwork, words: WordFeatures, read: Words, links: Links
) -> dict[int, tuple[Choice, ...]]:
    """Find the parts of a text's plurals.

    Args:
        finder: the fitted scorer.
        network: the main network.
        words: the text's features.
        read: what the main network made of its words.
        links: and of its mentions.

    Returns:
        For the number of a mention, its parts in the order of the text, each with its probability.
    """
    mentions = read_mentions(network, words, read, links)
    rows = np.flatnonzero(find_plurals(mentions))
    found = {}
    for start in range(0, len(rows), PLURALS_AT_ONCE):
        plurals = read_plurals(mentions, rows[start : start + PLURALS_AT_ONCE])
        splits = choose_parts(plurals, score_together(finder.scorers, plurals))
        for row, split in zip(plurals.rows, splits, strict=True):
            if split.parts and split.chance >= finder.least:
                found[int(row)] = tuple(
                    Choice(part.mention, split.chance * part.probability)
                    for part in sorted(split.parts, key=lambda part: part.mention)
                )
    return found


def save_parts(folder: Path, finder: PartFinder, network_sha256: str) -> None:
    """Write scorers down beside the main network that they stand on."""
    state = {
        f"{number}.{name}": value.half()
        for number, scorer in enumerate(finder.scorers)
        for name, value in scorer.state_dict().items()
    }
    data = safetensors.torch.save(state)
    (folder / PARTS_WEIGHTS).write_bytes(data)
    config = {
        "sizes": asdict(finder.scorers[0].sizes),
        "scorers": len(finder.scorers),
        "least": finder.least,
        "network_sha256": network_sha256,
        "weights_sha256": hashlib.sha256(data).hexdigest(),
    }
    (folder / PARTS_CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def load_parts(folder: Path, network_sha256: str) -> PartFinder | None:
    """Load the scorers of a main network; None where it has none.

    Args:
        folder: where both lie.
        network_sha256: checksum of the main network's weights.

    Raises:
        ModelMismatch: the weights are not those that the configuration names, or were fitted on
            another network.
    """
    if not (folder / PARTS_CONFIG).is_file():
        return None
    remedy = "Install Quotecheck again, or run quotecheck.training.parts again."
    try:
        config = json.loads((folder / PARTS_CONFIG).read_text(encoding="utf-8"))
        data = (folder / PARTS_WEIGHTS).read_bytes()
        sizes, least = PartSizes(**config["sizes"]), float(config["least"])
        scorers = nn.ModuleList(PartScorer(sizes) for _ in range(config["scorers"]))
        stands_on, own_sha256 = config["network_sha256"], config["weights_sha256"]
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise ModelMismatch(
            f"The file {PARTS_CONFIG} in {folder} is not one of this release. {remedy}"
        ) from exc
    if stands_on != network_sha256:
        raise ModelMismatch(
            f"The file {PARTS_WEIGHTS} in {folder} was fitted on another coreference network than "
            f"the one beside it. {remedy}"
        )
    if hashlib.sha256(data).hexdigest() != own_sha256:
        raise ModelMismatch(
            f"The file {PARTS_WEIGHTS} in {folder} is not the one that was released. {remedy}"
        )
    try:
        state = {name: value.float() for name, value in safetensors.torch.load(data).items()}
        scorers.load_state_dict(state)
    except RuntimeError as exc:
        raise ModelMismatch(
            f"The file {PARTS_WEIGHTS} in {folder} was made for another scorer than that of this "
            f"release. {remedy}"
        ) from exc
    scorers.requires_grad_(requires_grad=False).eval()
    return PartFinder(tuple(s for s in scorers if isinstance(s, PartScorer)), least)
