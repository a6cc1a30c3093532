"""What is known of a plural, of the mentions before it, and of each two of these as its parts.

    main network's states and links ─► Mentions (one row a mention) ─► Plurals (one row a plural)

Parts are sought among the nearest mentions, not among the likeliest antecedents: half of the parts
are not among these, for a part is not what the plural means.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from spacy.strings import get_string_id
from torch.nn import functional

from quotecheck.coref.clusters import join
from quotecheck.coref.features import GROUPS, HASH, KIND, KINDS, NUMBERS, ROLES, pair_features
from quotecheck.coref.network import FAR_BELOW, IMPOSSIBLE, MISSING, N_NONE, NEW

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from torch import Tensor

    from quotecheck.coref.features import WordFeatures
    from quotecheck.coref.network import CorefNetwork, Links, Words

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float32]
    Flags = npt.NDArray[np.bool_]

# Mentions back, among which parts are sought: 168 of the 179 parts in GUM lie within.
REACH: Final = 48
SINGULAR, PLURAL = NUMBERS.index("singular"), NUMBERS.index("plural")

_PLURAL_KINDS: Final = [KIND[name] for name in ("we", "they", "these")]
_PERSONS: Final = [KIND[name] for name in ("i", "we", "you", "he", "she")]
# Words that make an expression a plural which does not look it, as they stand or hang on it.
_GROUPS: Final = ("couple", "pair", "parents")
_MAKING: Final = ("both", "each", "all", "either", "neither", "two", "three")
_TWO: Final = ("couple", "pair", "parents", "both", "either", "neither", "two")
_POINTING: Final = ("these", "those", "the", "their", "other", "such", "same")
_FORMS: Final = (*_GROUPS, *_MAKING, *_POINTING)
_N_PLURAL: Final = len(_GROUPS) + len(_MAKING)
_FORM_HASHES: Final = np.asarray([get_string_id(form) & HASH for form in _FORMS], dtype=np.int64)
# Steps up the tree within which a word counts to the words of a mention.
_STEPS_UP: Final = 12
_DISTANCES: Final = np.asarray([1, 2, 3, 4, 6, 9, 13, 20, 30])
_FAR: Final = np.eye(len(_DISTANCES) + 1, dtype=np.float32)[
    np.searchsorted(_DISTANCES, np.arange(REACH), side="right")
]
_KINDS_TOLD: Final = [KIND[name] for name in ("name", "coordination", "clause")]

# Among the features of pairs: those read off the main network's links; and those that tell kinds
# and numbers apart, with what stands for any of them.
_LINKS: Final = slice(len(_DISTANCES) + 1, len(_DISTANCES) + 6)
_ANY: Final = {"kinds": len(KINDS) ** 2 - 1, "numbers": PLURAL * len(NUMBERS) + SINGULAR}
_FIRST_OF: Final = dict(zip(GROUPS, np.cumsum([0, *GROUPS.values()]), strict=False))

N_HAND: Final = len(_DISTANCES) + 1 + 15
N_ALIKE: Final = 20
N_WHOLE: Final = len(KINDS) + len(_FORMS) + 4 + len(NUMBERS) + len(ROLES)

# Columns of `Mentions.marks`.
_LEMMA, _KIND, _NUMBER, _ROLE, _SENTENCE, _HEAD, _JOINED, _NAME, _PLACE, _START, _END = range(11)


@dataclass(frozen=True, slots=True)
class Mentions:
    """The mentions of a text, as the main network and the parse see them.

    Attributes:
        network: the main network.
        words: features of the text's words.
        heads: *Shape:* (mentions,).
        scores: of their links, as in `Links`. *Shape:* (mentions, N_NONE + k).
        columns: numbers of the mentions that are candidates. *Shape:* (mentions, k).
        states: *Shape:* (mentions, states).
        unit: the same about their mean, each of length one.
        types, statuses: probabilities. *Shape:* (mentions, n_types), (mentions, n_statuses).
        forms: which of some words hang on each. *Shape:* (mentions, len(_FORMS)), bool.
        cluster: number of each one's cluster. *Shape:* (mentions,).
        marks: what is compared between mentions. *Shape:* (mentions, 11).
    """

    network: CorefNetwork
    words: WordFeatures
    heads: Ints
    scores: Floats
    columns: Ints
    states: Tensor
    unit: Tensor
    types: Floats
    statuses: Floats
    forms: Flags
    cluster: Ints
    marks: Ints


@dataclass(frozen=True, slots=True)
class Plurals:
    """Some plurals of a text, with the mentions before each, the nearest first.

    Attributes:
        of: the text's mentions.
        rows: numbers of the plurals. *Shape:* (rows,).
        candidates: numbers of the mentions before. *Shape:* (rows, REACH).
        is_there: whether there is such a mention. *Shape:* (rows, REACH), bool.
        on: features of pairs, as `pair_features` gives them. *Shape:* (rows, REACH, groups).
        hand: more of them. *Shape:* (rows, REACH, N_HAND).
        pairs: what the main network reads its links from. *Shape:* (rows, REACH, hidden // 2).
        whole: features of the plural. *Shape:* (rows, N_WHOLE + n_types + n_statuses).
    """

    of: Mentions
    rows: Ints
    candidates: Ints
    is_there: Flags
    on: Ints
    hand: Floats
    pairs: Tensor
    whole: Floats

    def take(self, kept: Sequence[int]) -> Plurals:
        """Keep some of the plurals."""
        at = np.asarray(kept, dtype=np.int64)
        return Plurals(
            self.of,
            self.rows[at],
            self.candidates[at],
            self.is_there[at],
            self.on[at],
            self.hand[at],
            self.pairs[torch.from_numpy(at)],
            self.whole[at],
        )

    def blind(self, n_last: int) -> Plurals:
        """Forget the links, kinds and numbers of the last few, as if each were a plural's part."""
        on, hand, pairs = self.on.copy(), self.hand.copy(), self.pairs.clone()
        last = slice(len(self.rows) - n_last, None)
        for group, value in _ANY.items():
            on[last, :, list(GROUPS).index(group)] = _FIRST_OF[group] + value
        hand[last, :, _LINKS] = 0
        pairs[last] = 0
        return replace(self, on=on, hand=hand, pairs=pairs)


def count_told(mentions: Mentions, row: int) -> int:
    """Return how many a plural says it stands for, two or three; 0 where it does not say."""
    forms = dict(zip(_FORMS, mentions.forms[row], strict=True))
    return 3 if forms["three"] else 2 * any(forms[form] for form in _TWO)


@torch.no_grad()
def read_mentions(
    network: CorefNetwork, words: WordFeatures, read: Words, links: Links
) -> Mentions:
    """Gather what is known of a text's mentions."""
    heads = links.heads
    at = torch.from_numpy(heads)
    states = read.states[at]
    first, last = _borders(words)
    marks = (
        *(words.lemma, words.kind, words.number, words.role, words.sentence, words.head),
        *(_joins(words), words.name, np.arange(len(words)), first, last + 1),
    )
    return Mentions(
        network,
        words,
        heads,
        links.scores.numpy(),
        np.searchsorted(heads, links.candidates),
        states,
        functional.normalize(states - states.mean(dim=0), dim=1),
        torch.softmax(read.types[at], dim=1).numpy(),
        torch.softmax(read.statuses[at], dim=1).numpy(),
        _forms(words)[heads],
        _number_clusters(links),
        np.stack([column[heads] for column in marks], axis=1),
    )


def find_plurals(mentions: Mentions) -> Flags:
    """Say which mentions may stand for several. *Shape:* (mentions,), bool."""
    kinds, numbers = mentions.marks[:, _KIND], mentions.marks[:, _NUMBER]
    looks: Flags = (numbers == PLURAL) | np.isin(kinds, _PLURAL_KINDS)
    return looks | mentions.forms[:, :_N_PLURAL].any(axis=1)


@torch.no_grad()
def read_plurals(mentions: Mentions, rows: Ints, hidden: Sequence[Ints] = ()) -> Plurals:
    """Gather what is known of some plurals and of the mentions before them.

    Args:
        mentions: the text's.
        rows: numbers of the plurals.
        hidden: for each of these, mentions that are passed over as if they were not there.
    """
    candidates = rows[:, None] - 1 - np.arange(REACH)
    is_there = candidates >= 0
    candidates = np.maximum(candidates, 0)
    scores = mentions.scores[rows].astype(np.float64)
    columns = mentions.columns[rows]
    for row, passed in enumerate(hidden):
        is_there[row] &= ~np.isin(candidates[row], passed)
        scores[row, N_NONE:][np.isin(columns[row], passed)] = FAR_BELOW
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    network, heads = mentions.network, mentions.heads
    pairs = network.read_pairs(
        network.mention(mentions.states),
        network.antecedent(mentions.states),
        torch.from_numpy(rows),
        torch.from_numpy(candidates),
        mentions.words,
        heads,
    )
    m, a = heads[rows].repeat(REACH), heads[candidates].reshape(-1)
    return Plurals(
        mentions,
        rows,
        candidates,
        is_there,
        pair_features(mentions.words, m, a).reshape(*candidates.shape, -1),
        _hand(mentions, rows, candidates, pairs, (scores, chances)),
        pairs,
        _whole(mentions, rows, chances),
    )


def _hand(
    mentions: Mentions,
    rows: Ints,
    candidates: Ints,
    pairs: Tensor,
    links: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
) -> Floats:
    """Write the features of pairs that are no choice of one among many."""
    network = mentions.network
    scores, chances = links
    is_same = mentions.columns[rows][:, None, :] == candidates[:, :, None]
    is_same &= scores[:, None, N_NONE:] > IMPOSSIBLE
    chance = (is_same * chances[:, None, N_NONE:]).sum(axis=2)
    logits = torch.cat([network.link(pairs), network.bridge(pairs)], dim=2).clamp(-15, 15).numpy()
    cluster = mentions.cluster[candidates]
    before = np.tri(REACH, k=-1, dtype=np.bool_)
    is_again = ((cluster[:, :, None] == cluster[:, None, :]) & before).any(axis=2)
    sizes = np.bincount(mentions.cluster)
    joined, kinds = mentions.marks[candidates][..., _JOINED], mentions.marks[candidates][..., _KIND]
    types, unit = mentions.types, mentions.unit.numpy()
    columns = [
        logits[..., 0] / 5,
        logits[..., 1] / 5,
        chance,
        is_same.any(axis=2),
        cluster == mentions.cluster[rows][:, None],
        np.einsum("rt,rct->rc", types[rows], types[candidates]),
        np.einsum("rs,rcs->rc", unit[rows], unit[candidates]),
        is_again,
        np.log1p(sizes[cluster]) / 3,
        joined >= 0,
        np.isin(joined, mentions.heads),
        kinds == KIND["coordination"],
        mentions.statuses[candidates][..., 0],
        np.isin(kinds, _PERSONS),
        mentions.forms[candidates][..., :_N_PLURAL].any(axis=2),
    ]
    far = np.broadcast_to(_FAR, (len(rows), *_FAR.shape))
    return np.concatenate([far, np.stack(columns, axis=2)], axis=2).astype(np.float32)


def _whole(mentions: Mentions, rows: Ints, chances: npt.NDArray[np.float64]) -> Floats:
    """Write what is known of each plural by itself."""
    marks = mentions.marks[rows]
    best = np.sort(chances[:, N_NONE:], axis=1)[:, ::-1]
    second = best[:, 1:2] if best.shape[1] > 1 else np.zeros_like(best)
    columns = [
        marks[:, _KIND, None] == np.arange(len(KINDS)),
        marks[:, _NUMBER, None] == np.arange(len(NUMBERS)),
        marks[:, _ROLE, None] == np.arange(len(ROLES)),
        mentions.forms[rows],
        chances[:, [NEW, MISSING]],
        best[:, :1],
        best[:, :1] - second,
        mentions.types[rows],
        mentions.statuses[rows],
    ]
    return np.concatenate(columns, axis=1).astype(np.float32)


def compare_candidates(plurals: Plurals, chosen: Tensor) -> Tensor:
    """Compare each two of some candidates. *Shape:* (rows, k, k, N_ALIKE).

    Args:
        plurals: whose candidates.
        chosen: their columns. *Shape:* (rows, k).
    """
    of = plurals.of
    c = torch.from_numpy(plurals.candidates).gather(1, chosen)
    marks = torch.from_numpy(of.marks)[c]
    one, other = marks.unsqueeze(2), marks.unsqueeze(1)
    same = one == other
    types, unit = torch.from_numpy(of.types)[c], of.unit[c]
    sentences = (one[..., _SENTENCE] - other[..., _SENTENCE]).abs()
    places = (chosen.unsqueeze(1) - chosen.unsqueeze(2)).abs()
    inside = (one[..., _PLACE] >= other[..., _START]) & (one[..., _PLACE] < other[..., _END])
    hangs = one[..., _HEAD] == other[..., _PLACE]
    columns = [
        *(same[..., column] for column in (_LEMMA, _KIND, _NUMBER, _ROLE)),
        *(types @ types.transpose(1, 2), unit @ unit.transpose(1, 2)),
        *(sentences == 0, sentences == 1, (sentences > 1) & (sentences < 4)),  # noqa: PLR2004
        same[..., _HEAD] & (sentences == 0),
        hangs | hangs.transpose(1, 2),
        inside | inside.transpose(1, 2),
        same[..., _JOINED] & (one[..., _JOINED] >= 0),
        *(same[..., _KIND] & (one[..., _KIND] == kind) for kind in _KINDS_TOLD),
        *(same[..., _NUMBER] & (one[..., _NUMBER] == number) for number in (SINGULAR, PLURAL)),
        same[..., _NAME] & (one[..., _NAME] > 0),
        places.float().log1p() / 4,
    ]
    return torch.stack([column.float() for column in columns], dim=3)


# --- what the tree says --------------------------------------------------------------------------


def _forms(words: WordFeatures) -> Flags:
    """Say which of `_FORMS` a word is, or has hanging on it. *Shape:* (words, len(_FORMS))."""
    found = np.zeros((len(words), len(_FORMS)), dtype=np.bool_)
    at, which = np.nonzero(words.form[:, None] == _FORM_HASHES)
    found[at, which] = True
    found[words.head[at], which] = True
    return found


def _borders(words: WordFeatures) -> tuple[Ints, Ints]:
    """Give the first and the last word of what hangs on each word, itself included."""
    places = np.arange(len(words))
    first, last, up = places.copy(), places.copy(), places
    for _ in range(_STEPS_UP):
        up = words.head[up]
        np.minimum.at(first, up, places)
        np.maximum.at(last, up, places)
    return first, last


def _joins(words: WordFeatures) -> Ints:
    """Give the conjunction that joins each word to others; -1 where there is none."""
    found = np.full(len(words), -1, dtype=np.int64)
    conjunctions = np.flatnonzero(words.kind == KIND["coordination"])
    later = words.head[conjunctions]
    found[later] = conjunctions
    found[words.head[later]] = conjunctions
    return found


def _number_clusters(links: Links) -> Ints:
    """Number the clusters that the likeliest links make. *Shape:* (mentions,)."""
    scores = links.scores.numpy()
    rows = np.arange(len(scores))
    best = scores[:, N_NONE:].argmax(axis=1)
    score = scores[rows, N_NONE + best]
    is_linked = (score > IMPOSSIBLE) & (score > np.logaddexp(scores[:, NEW], scores[:, MISSING]))
    places = np.searchsorted(links.heads, links.candidates[rows, best])
    chosen = {int(row): int(places[row]) for row in np.flatnonzero(is_linked)}
    number = np.zeros(len(rows), dtype=np.int64)
    for index, cluster in enumerate(join(chosen, range(len(rows)))):
        number[list(cluster)] = index
    return number
