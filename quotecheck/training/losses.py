"""What the coreference network is taught by: losses of links, of words and of borders.

read text + annotation ─► links (antecedent, NEW or MISSING) ─┐
                       ─► GAP's choices, bridges ─────────────┼─► one loss a text
                       ─► mentions, types, statuses, borders ─┘
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch.nn import functional

from quotecheck.coref.features import KIND
from quotecheck.coref.network import FAR_BELOW, IMPOSSIBLE, MISSING, N_NONE, NEW, pick_heads
from quotecheck.training.chains import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from quotecheck.coref.network import CorefNetwork, Links, Words
    from quotecheck.training.chains import Gold, TrainingText
    from quotecheck.training.plan import Recipe

# Probability from which on a word is tried as a mention; less than when reading, so that the
# network meets more of what is none. In the first steps all words are that: half are enough.
LEAST_MENTION: Final = 0.15
MOST_MENTIONS: Final = 0.5
# Mentions among all candidates weigh more than one among many would; chosen on GUM dev.
ALL_MENTIONS: Final = 4
# A mention that the network is surer is none teaches no more than this.
SUREST_NONE: Final = FAR_BELOW / 1000
# What opens a text as well as it takes something up needs no antecedent if its own was dropped.
_OPENING: Final = frozenset(KIND[name] for name in ("name", "indefinite"))
# These may do without, as the speaker of a passage is known from elsewhere.
_SPEAKERS: Final = frozenset(KIND[name] for name in ("i", "we", "you"))


def compute_loss(
    network: CorefNetwork, text: TrainingText, read: Words, recipe: Recipe
) -> Tensor | None:
    """Compute the loss of one text; None where it teaches nothing."""
    words = text.features
    picked = pick_heads(read, words, LEAST_MENTION)
    most = int(len(words) * MOST_MENTIONS)
    if len(picked) > most:
        order = np.argsort(-read.is_mention.detach().numpy()[picked])
        picked = np.sort(picked[order[:most]])
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
    is_there = (links.scores[:, N_NONE:] > IMPOSSIBLE).numpy()
    chain_at = np.full(len(text.words), UNKNOWN, dtype=np.int64)
    for head, gold in golds.items():
        chain_at[head] = gold.chain
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
            allowed[row, MISSING] = kind not in _OPENING
            allowed[row, NEW] = kind in _OPENING or kind in _SPEAKERS
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
        is_there = (links.scores[row, N_NONE:] > IMPOSSIBLE).numpy()
        groups, late = [], []
        for names, is_right in zip(choice.names, choice.is_right, strict=True):
            columns = np.flatnonzero(np.isin(links.candidates[row], names) & is_there)
            if len(columns):
                groups.append((torch.from_numpy(columns), is_right))
            elif names:
                late.append((names[0], is_right))
        if groups:
            yield from _early_losses(links.scores[row], groups, late)
        for head, is_right in late:
            yield from _late_losses(links, row_of[head], choice.pronoun, is_right=is_right)


def _early_losses(
    scores: Tensor, groups: Sequence[tuple[Tensor, bool]], late: Sequence[tuple[int, bool]]
) -> Iterator[Tensor]:
    """Give the loss of a pronoun's scores, of whose names some are among its candidates."""
    each = [torch.logsumexp(scores[N_NONE + columns], dim=0) for columns, _ in groups]
    right = [weight for weight, (_, is_right) in zip(each, groups, strict=True) if is_right]
    if right:
        none = torch.logsumexp(scores[:N_NONE], dim=0)
        yield torch.logsumexp(torch.stack([none, *each]), dim=0) - right[0]
    elif not any(is_right for _, is_right in late):
        # The pronoun is somebody else's, who may be among the other candidates.
        yield functional.softplus(torch.logsumexp(torch.stack(each), dim=0) - _rest(scores, groups))


def _late_losses(links: Links, row: int, pronoun: int, *, is_right: bool) -> Iterator[Tensor]:
    """Give the loss of a name that comes after the pronoun, and may take it up."""
    columns = np.flatnonzero(links.candidates[row] == pronoun)
    if len(columns):
        score = links.scores[row, N_NONE + int(columns[0])]
        margin = score - torch.logsumexp(links.scores[row, :N_NONE], dim=0)
        yield functional.softplus(-margin if is_right else margin)


def _rest(scores: Tensor, groups: Sequence[tuple[Tensor, bool]]) -> Tensor:
    """Give what all but some candidates weigh together, as a log."""
    mask = torch.zeros(len(scores), dtype=torch.bool)
    for columns, _ in groups:
        mask[N_NONE + columns] = True
    return torch.logsumexp(scores.masked_fill(mask, FAR_BELOW), dim=0)


def _bridge_loss(text: TrainingText, links: Links, golds: dict[int, Gold]) -> Tensor:
    """Give the loss of bridges: each candidate of a known mention is one or is none."""
    entity_at = {head: gold.entity for head, gold in golds.items()}
    rows = [row for row, head in enumerate(links.heads) if int(head) in golds]
    target = torch.zeros((len(rows), links.bridges.shape[1]))
    for at, row in enumerate(rows):
        parts = text.bridges.get(int(links.heads[row]), ())
        if parts:
            entities = [entity_at.get(int(head)) in parts for head in links.candidates[row]]
            target[at] = torch.tensor(entities, dtype=torch.float32)
    scores = links.bridges[torch.tensor(rows)]
    is_there = (links.scores[torch.tensor(rows), N_NONE:] > IMPOSSIBLE).float()
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
            * ALL_MENTIONS
            * functional.binary_cross_entropy_with_logits(read.is_mention[mask], target[mask])
        )
    else:
        scores = read.is_mention[heads].clamp(min=SUREST_NONE)
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
    """Give the losses of first and last words, where these are within reach of their heads."""
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
        known_rows = rows[scores[rows, target[known]] > IMPOSSIBLE]
        if len(known_rows):
            losses.append(functional.cross_entropy(scores[known_rows], target[known_rows]))
    return torch.stack(losses).sum() if losses else read.states.new_zeros(())
