"""The coreference network: words in, scores of mentions and of their antecedents out.

    shared lower layers ─► own upper layers ─► words ─► mentions ─► candidates ─► pairs ─► scores

Word-level, end-to-end coreference (Dobrovolskii 2021): heads are scored against heads before them,
first by a bilinear form, the best of those by a network that sees the pair's features as well.
Spans are read from heads afterwards. Beside its antecedents a mention can choose two that are none:
NEW, for it needs no antecedent, and MISSING, for it needs one that the text does not have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from quotecheck.coref.features import (
    CASES,
    KIND,
    KINDS,
    N_DISTANCES,
    N_PAIR_FEATURES,
    NAMES,
    NUMBERS,
    RELATIONS,
    ROLES,
    UPOS,
    coarse_features,
    pair_features,
)
from quotecheck.transformer import WIDTH, Encoding, Layers, has_fast_bfloat16, pool_words

if TYPE_CHECKING:
    import numpy.typing as npt

    from quotecheck.coref.features import WordFeatures

    Ints = npt.NDArray[np.int64]

N_NONE: Final = 2
NEW: Final = 0
MISSING: Final = 1
# The score of what cannot be. Whatever is added to it later, what can be scores above `IMPOSSIBLE`.
FAR_BELOW: Final = -1e4
IMPOSSIBLE: Final = FAR_BELOW / 2
# How surely a word is a mention counts no more than this in the scores of its links.
SUREST: Final = 10.0
# Mentions right before one that are always looked at closely; and what puts them before others.
NEAREST: Final = 8
MUST: Final = 50.0
# Where a word lies in the tree of a head: at it, right below, deeper, or apart from it; and each of
# these either within the stretch or at one of its edges.
AT, BELOW, DEEPER, APART = range(4)
N_PLACES: Final = 8
NOWHERE: Final = -1
# By which relation the branch that a word lies on hangs from the head; or the word is the head
# itself, or lies on none.
NO_BRANCH: Final = len(RELATIONS) + 1
IS_HEAD: Final = len(RELATIONS) + 2
N_BRANCHES: Final = len(RELATIONS) + 3
# Steps up the tree that are taken to see whether a word lies below a head.
STEPS_UP: Final = 12
# Clauses before a demonstrative pronoun that it may take up, and how far back they are.
CLAUSES_BEFORE: Final = 4
SENTENCES_BEFORE: Final = 2
_CLAUSAL: Final = [
    RELATIONS.index(name)
    for name in ("ROOT", "conj", "ccomp", "advcl", "parataxis", "acl:relcl", "csubj", "xcomp")
]
# Mentions whose pairs are scored at once when nothing is learnt: memory stays flat.
MENTIONS_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of the network.

    Attributes:
        n_lower, n_upper: layers shared with the base encoder, and layers of its own above these.
        vector: width of the pipeline's own vectors.
        syntax: width of what a word's features are brought to.
        hidden: width of the layers that score.
        n_types: kinds of entities.
        n_statuses: kinds of information status.
        n_candidates: antecedents that are looked at closely.
        reach: mentions back, within which antecedents are sought; by blocks, so up to twice that.
        span: words on either side of a head, within which its span lies.
    """

    n_lower: int = 0
    n_upper: int = 6
    vector: int = 192
    syntax: int = 128
    hidden: int = 256
    n_types: int = 10
    n_statuses: int = 3
    n_candidates: int = 32
    reach: int = 400
    span: int = 48


@dataclass(frozen=True, slots=True)
class Words:
    """What the network makes of each word.

    Attributes:
        states: *Shape:* (words, WIDTH + syntax).
        is_mention: logits. *Shape:* (words,).
        types: logits. *Shape:* (words, n_types).
        statuses: logits. *Shape:* (words, n_statuses).
    """

    states: Tensor
    is_mention: Tensor
    types: Tensor
    statuses: Tensor


@dataclass(frozen=True, slots=True)
class Links:
    """Scores of the antecedents of some mentions.

    Attributes:
        heads: the mentions. *Shape:* (mentions,).
        candidates: for each, heads before it; where there are fewer, 0. *Shape:* (mentions, k).
        scores: logits of NEW, of MISSING and of each candidate; `FAR_BELOW` where there is none.
            *Shape:* (mentions, N_NONE + k).
        bridges: logits that a mention is understood by way of a candidate. *Shape:* (mentions, k).
        pairs: what the scores are read from, where asked for. *Shape:* (mentions, k, hidden // 2).
    """

    heads: Ints
    candidates: Ints
    scores: Tensor
    bridges: Tensor
    pairs: Tensor | None = None


class CorefNetwork(nn.Module):
    """Scores mentions and links.

    Args:
        sizes: how large it is.
        upper: its own copy of the base encoder's upper layers.
        dropout: share of activations zeroed in training.
    """

    def __init__(self, sizes: Sizes, upper: Layers, dropout: float = 0.2) -> None:
        super().__init__()
        self.sizes = sizes
        self.upper = upper
        self.dropout = dropout
        width = WIDTH + sizes.syntax
        hidden = sizes.hidden
        tables = {
            "upos": len(UPOS),
            "relation": len(RELATIONS) + 1,
            "name": len(NAMES),
            "case": len(CASES),
            "kind": len(KINDS),
            "role": len(ROLES),
            "number": len(NUMBERS),
        }
        self.tables = nn.ModuleDict(
            {name: nn.Embedding(rows, sizes.syntax) for name, rows in tables.items()}
        )
        self.vector = nn.Linear(sizes.vector, sizes.syntax)
        self.syntax_norm = nn.LayerNorm(sizes.syntax)
        self.per_word = _feed_forward(width, hidden, 1 + sizes.n_types + sizes.n_statuses, dropout)
        self.none = _feed_forward(width, hidden, N_NONE, dropout)
        self.coarse_mention = nn.Linear(width, hidden)
        self.coarse_antecedent = nn.Linear(width, hidden)
        self.coarse_words = nn.Embedding(N_DISTANCES, 1)
        self.coarse_head = nn.Embedding(3, 1)
        nn.init.zeros_(self.coarse_words.weight)
        nn.init.zeros_(self.coarse_head.weight)
        self.mention = nn.Linear(width, hidden)
        self.antecedent = nn.Linear(width, hidden)
        self.product = nn.Linear(hidden, hidden, bias=False)
        self.features = nn.Linear(N_PAIR_FEATURES, hidden, bias=False)
        self.pair = nn.Sequential(nn.GELU(), nn.Linear(hidden, hidden // 2), nn.GELU())
        self.link = nn.Linear(hidden // 2, 1)
        self.bridge = nn.Linear(hidden // 2, 1)
        self.border_head = nn.Linear(width, hidden // 2)
        self.border_word = nn.Linear(width, hidden // 2)
        self.border_place = nn.Embedding(2 * sizes.span + 1, hidden // 2)
        self.border_tree = nn.Embedding(N_PLACES, hidden // 2)
        self.border_branch = nn.Embedding(N_BRANCHES, hidden // 2)
        self.border = nn.Sequential(
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden // 2, hidden // 4),
            nn.GELU(),
            nn.Linear(hidden // 4, 2),
        )

    def read(self, encoding: Encoding, words: WordFeatures, dropout: float = 0.0) -> Words:
        """Read a text.

        Args:
            encoding: the text as the shared lower layers leave it.
            words: its features.
            dropout: share of each sublayer's output that is zeroed, in training.
        """
        hidden = self.upper(encoding.hidden.float(), encoding.pieces.lengths, dropout)
        pooled = pool_words(Encoding(hidden, encoding.pieces))
        return self.score_words(pooled, words)

    def score_words(self, pooled: Tensor, words: WordFeatures) -> Words:
        """Score each word as the head of a mention. *Shape of `pooled`:* (words, WIDTH)."""
        vector = functional.dropout(
            torch.from_numpy(words.vector), self.dropout, training=self.training
        )
        syntax = self.vector(vector)
        for name, table in self.tables.items():
            syntax = syntax + table(torch.from_numpy(getattr(words, name)))
        states = torch.cat([pooled, self.syntax_norm(syntax)], dim=1)
        states = functional.dropout(states, self.dropout, training=self.training)
        scores = self.per_word(states)
        n_types = self.sizes.n_types
        blocked = torch.from_numpy(~words.is_candidate)
        return Words(
            states,
            scores[:, 0].masked_fill(blocked, FAR_BELOW),
            scores[:, 1 : 1 + n_types],
            scores[:, 1 + n_types :],
        )

    def link_mentions(
        self, read: Words, words: WordFeatures, heads: Ints, *, keep_pairs: bool = False
    ) -> Links:
        """Score the antecedents of mentions.

        Args:
            read: what `read` gave.
            words: the text's features.
            heads: heads of mentions, rising; one at least. *Shape:* (mentions,).
            keep_pairs: also give what the scores are read from; memory then grows with the text.
        """
        at = torch.from_numpy(heads)
        states, mention_scores = read.states[at], read.is_mention[at]
        candidates, coarse = self._choose(states, mention_scores, words, heads)
        left, right = (
            functional.dropout(layer(states), self.dropout, training=self.training)
            for layer in (self.mention, self.antecedent)
        )
        fine, bridges, kept = [], [], []
        step = len(heads) if self.training else MENTIONS_AT_ONCE
        for start in range(0, len(heads), step):
            rows = torch.arange(start, min(start + step, len(heads)))
            pairs = self.read_pairs(left, right, rows, candidates[rows], words, heads)
            fine.append(self.link(pairs).squeeze(-1))
            bridges.append(self.bridge(pairs).squeeze(-1))
            if keep_pairs:
                kept.append(pairs)
        none = self.none(states) - mention_scores.unsqueeze(1).clamp(-SUREST, SUREST)
        return Links(
            heads,
            heads[candidates.numpy()],
            torch.cat([none, torch.cat(fine) + coarse], dim=1),
            torch.cat(bridges),
            torch.cat(kept) if keep_pairs else None,
        )

    def read_pairs(
        self,
        left: Tensor,
        right: Tensor,
        rows: Tensor,
        candidates: Tensor,
        words: WordFeatures,
        heads: Ints,
    ) -> Tensor:
        """Read each mention of `rows` beside each of its candidates. *Shape:* (rows, k, …)."""
        n_rows, k = candidates.shape
        of = rows.repeat_interleave(k)
        columns = candidates.reshape(-1)
        on = pair_features(words, heads[of.numpy()], heads[columns.numpy()])
        is_fast = has_fast_bfloat16()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=is_fast):
            kind = torch.bfloat16 if is_fast else torch.float32
            hot = torch.zeros((len(on), N_PAIR_FEATURES), dtype=kind)
            hot.scatter_(1, torch.from_numpy(on), 1.0)
            one, other = left.to(kind)[of], right.to(kind)[columns]
            summed = one + other + self.product(one * other) + self.features(hot)
            pairs: Tensor = self.pair(summed).view(n_rows, k, self.sizes.hidden // 2)
        return pairs.float()

    def _choose(
        self, states: Tensor, mention_scores: Tensor, words: WordFeatures, heads: Ints
    ) -> tuple[Tensor, Tensor]:
        """Choose the likeliest antecedents of each mention, the nearest and namesakes among them.

        Returns:
            Indices of mentions, and their scores. *Shape:* (mentions, k) both.
        """
        left, right = self.coarse_mention(states), self.coarse_antecedent(states)
        n_mentions, reach = len(states), self.sizes.reach
        k = min(self.sizes.n_candidates, max(n_mentions - 1, 1))
        chosen, kept = [], []
        for start in range(0, n_mentions, reach):
            end = min(start + reach, n_mentions)
            first = max(0, start - reach)
            scores = left[start:end] @ right[first:end].T / self.sizes.hidden**0.5
            scores = scores + mention_scores[first:end].clamp(-SUREST, SUREST)
            distances, likeness = coarse_features(words, heads[start:end], heads[first:end])
            scores = scores + self.coarse_words(torch.from_numpy(distances)).squeeze(-1)
            scores = scores + self.coarse_head(torch.from_numpy(likeness)).squeeze(-1)
            place = torch.arange(start, end).unsqueeze(1)
            other = torch.arange(first, end)
            scores = scores.masked_fill(other >= place, FAR_BELOW)
            must = (place - other <= NEAREST) | torch.from_numpy(likeness > 0)
            index = (scores.detach() + MUST * must).topk(min(k, end - first), dim=1).indices
            best = scores.gather(1, index)
            if best.shape[1] < k:
                missing = k - best.shape[1]
                best = functional.pad(best, (0, missing), value=FAR_BELOW)
                index = functional.pad(index, (0, missing))
            chosen.append((index + first).masked_fill(best <= IMPOSSIBLE, 0))
            kept.append(best)
        return torch.cat(chosen), torch.cat(kept)

    def score_borders(
        self, read: Words, words: WordFeatures, heads: Ints
    ) -> tuple[Tensor, Tensor, Ints]:
        """Score where the spans of mentions begin and end.

        Returns:
            Logits of the first word and of the last, and the words that they are for: those around
            the head, `span` on either side; `FAR_BELOW` outside its sentence.
            *Shape:* (mentions, 2 * span + 1) each.
        """
        words_said = self.border_word(read.states)
        step = len(heads) if self.training else MENTIONS_AT_ONCE
        parts = [
            self._score_around(read, words, words_said, heads[start : start + step])
            for start in range(0, len(heads), step)
        ]
        first, last, around = zip(*parts, strict=True)
        return torch.cat(first), torch.cat(last), np.concatenate(around)

    def _score_around(
        self, read: Words, words: WordFeatures, words_said: Tensor, heads: Ints
    ) -> tuple[Tensor, Tensor, Ints]:
        """Score the words around some heads, by what `border_word` said of every word."""
        span = self.sizes.span
        steps = np.arange(-span, span + 1)
        around = heads[:, None] + steps
        inside = np.clip(around, 0, len(words) - 1)
        is_outside = (around != inside) | (words.sentence[inside] != words.sentence[heads][:, None])
        places, branches = _tree_relations(words, heads, np.where(is_outside, NOWHERE, inside))
        summed = (
            self.border_head(read.states[torch.from_numpy(heads)]).unsqueeze(1)
            + words_said[torch.from_numpy(inside)]
            + self.border_place.weight
            + self.border_tree(torch.from_numpy(places))
            + self.border_branch(torch.from_numpy(branches))
        )
        scores = self.border(summed).float()
        outside = torch.from_numpy(is_outside)
        after = torch.from_numpy(steps > 0)
        before = torch.from_numpy(steps < 0)
        return (
            scores[..., 0].masked_fill(outside | after, FAR_BELOW),
            scores[..., 1].masked_fill(outside | before, FAR_BELOW),
            inside,
        )


def pick_heads(read: Words, words: WordFeatures, least: float) -> Ints:
    """Give the words that are mentions with a probability of `least` or more, in order.

    Clauses are mentions only if something takes them up, which is seen later than they are: those
    right before a demonstrative pronoun are given, too, however unlikely.
    """
    probability = torch.sigmoid(read.is_mention).detach().numpy()
    is_picked = (probability >= least) & words.is_candidate
    pronouns = np.flatnonzero(is_picked & (words.kind == KIND["this"]))
    clauses = np.flatnonzero(words.is_candidate & np.isin(words.relation, _CLAUSAL))
    if len(pronouns) and len(clauses):
        before = np.searchsorted(clauses, pronouns)[:, None] - np.arange(1, CLAUSES_BEFORE + 1)
        near = clauses[np.maximum(before, 0)]
        n_back = words.sentence[pronouns][:, None] - words.sentence[near]
        is_picked[near[(before >= 0) & (n_back <= SENTENCES_BEFORE)]] = True
    return np.flatnonzero(is_picked)


def _tree_relations(words: WordFeatures, heads: Ints, others: Ints) -> tuple[Ints, Ints]:
    """Say how words lie in the trees of heads, and on which branch.

    Args:
        words: the text.
        heads: heads of mentions; the tree of a conjunction is that of the first of what it joins.
            *Shape:* (mentions,).
        others: words in the order of the text, or `NOWHERE`. *Shape:* (mentions, n).

    Returns:
        `AT` to `APART`, and `APART + 1` more for words at an edge of the tree's stretch; the
        relation of the branch, `NO_BRANCH` or `IS_HEAD`. *Shape:* (mentions, n) each, int64.
    """
    head = words.head
    joins = words.kind[heads] == KIND["coordination"]
    tops = np.where(joins, head[head[heads]], heads)[:, None]
    is_outside = others == NOWHERE
    up = np.where(is_outside, 0, others)
    is_top = up == tops
    depth = np.where(is_top, AT, APART)
    branch = np.where(is_top, IS_HEAD, NO_BRANCH)
    for step in range(1, STEPS_UP):
        below, up = up, head[up]
        is_found = (depth == APART) & (up == tops)
        depth = np.where(is_found, BELOW if step == 1 else DEEPER, depth)
        branch = np.where(is_found, words.relation[below], branch)
    depth, branch = np.where(is_outside, APART, depth), np.where(is_outside, NO_BRANCH, branch)
    inside = depth < APART
    left = np.pad(inside, ((0, 0), (1, 0)))[:, :-1]
    right = np.pad(inside, ((0, 0), (0, 1)))[:, 1:]
    edge = inside & (~left | ~right)
    places: Ints = (depth + (APART + 1) * edge).astype(np.int64)
    return places, branch.astype(np.int64)


def _feed_forward(n_in: int, hidden: int, n_out: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_in, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, n_out)
    )
