"""Scores of coreference against annotation: MUC, B³, CEAF and their mean, the CoNLL score.

    clusters of the key and of the response ─► overlaps ─► counts ─► sums over documents ─► scores

All are as the reference scorer defines them (Pradhan et al. 2014, version 8.01). Mentions match
exactly or not at all. A mention that stands alone counts in B³ and CEAF, on either side; whoever
scores a scheme without such mentions leaves them out before. Of a mention that is given twice the
first place counts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found, out of how much; counts of documents add up before they are divided."""

    hits_recall: float = 0
    total_recall: float = 0
    hits_precision: float = 0
    total_precision: float = 0

    @property
    def recall(self) -> float:
        """How much of the key was found: 0 to 1, and 0 where the key has nothing to find."""
        return self.hits_recall / self.total_recall if self.total_recall else 0.0

    @property
    def precision(self) -> float:
        """How much of the response is right: 0 to 1, and 0 where the response is empty."""
        return self.hits_precision / self.total_precision if self.total_precision else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of recall and precision: 0 to 1."""
        both = self.recall + self.precision
        return 2 * self.recall * self.precision / both if both else 0.0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.hits_recall + other.hits_recall,
            self.total_recall + other.total_recall,
            self.hits_precision + other.hits_precision,
            self.total_precision + other.total_precision,
        )


@dataclass(frozen=True, slots=True)
class Scores:
    """The measures of one document or of several.

    Attributes:
        mentions: of mentions found, whatever their clusters.
        muc: of links (Vilain et al. 1995).
        b_cubed: of the clusters of each mention (Bagga and Baldwin 1998).
        ceaf: of clusters matched one to one by their overlap, φ4 (Luo 2005).
    """

    mentions: Counts = Counts()
    muc: Counts = Counts()
    b_cubed: Counts = Counts()
    ceaf: Counts = Counts()

    @property
    def conll(self) -> float:
        """The mean of the F1 of MUC, B³ and CEAF: 0 to 1."""
        return (self.muc.f1 + self.b_cubed.f1 + self.ceaf.f1) / 3

    def __add__(self, other: Scores) -> Scores:
        return Scores(
            self.mentions + other.mentions,
            self.muc + other.muc,
            self.b_cubed + other.b_cubed,
            self.ceaf + other.ceaf,
        )


def score_document(
    key: Iterable[Collection[Hashable]], response: Iterable[Collection[Hashable]]
) -> Scores:
    """Score the clusters found in one document against those of its annotation.

    Args:
        key: clusters of mentions, as annotated.
        response: clusters of mentions, as found.
    """
    table = _tabulate(key, response)
    return Scores(_mentions(table), _muc(table), _b_cubed(table), _ceaf(table))


@dataclass(frozen=True, slots=True)
class _Table:
    """Sizes of the clusters on both sides, and how many mentions each two have in common."""

    keys: Sequence[int]
    responses: Sequence[int]
    shared: Mapping[tuple[int, int], int]


def _tabulate(
    key: Iterable[Collection[Hashable]], response: Iterable[Collection[Hashable]]
) -> _Table:
    keys, places = _distinct(key)
    responses, found = _distinct(response)
    shared = Counter(
        (places[mention], cluster) for mention, cluster in found.items() if mention in places
    )
    return _Table(keys, responses, shared)


def _distinct(clusters: Iterable[Collection[Hashable]]) -> tuple[list[int], dict[Hashable, int]]:
    """Return the sizes of the clusters without repetition, and where each mention stands."""
    sizes: list[int] = []
    places: dict[Hashable, int] = {}
    for cluster in clusters:
        new = {mention for mention in cluster if mention not in places}
        if new:
            places |= dict.fromkeys(new, len(sizes))
            sizes.append(len(new))
    return sizes, places


def _mentions(table: _Table) -> Counts:
    both = sum(table.shared.values())
    return Counts(both, sum(table.keys), both, sum(table.responses))


def _muc(table: _Table) -> Counts:
    """Count links: as many as would tie what is shared together, of those that tie a cluster."""
    links = sum(size - 1 for size in table.shared.values())
    in_key = sum(size - 1 for size in table.keys)
    return Counts(links, in_key, links, sum(size - 1 for size in table.responses))


def _b_cubed(table: _Table) -> Counts:
    """Count for each mention what share of its cluster it is rightly together with."""
    recall = sum(n * n / table.keys[key] for (key, _), n in table.shared.items())
    precision = sum(n * n / table.responses[found] for (_, found), n in table.shared.items())
    return Counts(recall, sum(table.keys), precision, sum(table.responses))


def _ceaf(table: _Table) -> Counts:
    """Count how alike clusters are, each matched with one of the other side at the most."""
    if not table.shared:
        return Counts(0, len(table.keys), 0, len(table.responses))
    # Whoever only reads the records need not wait for these.
    import numpy as np  # noqa: PLC0415
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]  # noqa: PLC0415

    likeness = np.zeros((len(table.keys), len(table.responses)))
    for (key, found), n in table.shared.items():
        likeness[key, found] = 2 * n / (table.keys[key] + table.responses[found])
    alike = float(likeness[linear_sum_assignment(likeness, maximize=True)].sum())
    return Counts(alike, len(table.keys), alike, len(table.responses))
