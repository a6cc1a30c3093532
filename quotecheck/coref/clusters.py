"""What is found in a text: its mentions, what each may take up, and which are one thing."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

import srsly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Chain = Callable[[Any], Any]

_KEPT_AS: Final = "quotecheck.coreference"

# GUM's types of entities and its kinds of information status. The orders are part of the weights.
ENTITY_TYPES: Final = (
    *("abstract", "animal", "event", "object", "organization", "person", "place", "plant"),
    *("substance", "time"),
)
STATUSES: Final = ("new", "giv", "acc")


def join(links: Mapping[int, int], mentions: Iterable[int] = ()) -> tuple[tuple[int, ...], ...]:
    """Join mentions into clusters along their links.

    Args:
        links: for a mention, its antecedent.
        mentions: mentions that stand alone if nothing links them.

    Returns:
        Clusters of one mention or more, each in order, by their first mentions.
    """
    root: dict[int, int] = {}

    def find(mention: int) -> int:
        top = root.setdefault(mention, mention)
        while top != root[top]:
            top = root[top]
        while root[mention] != top:
            root[mention], mention = top, root[mention]
        return top

    for mention in mentions:
        find(mention)
    for mention, antecedent in links.items():
        one, other = find(mention), find(antecedent)
        root[max(one, other)] = min(one, other)
    members: dict[int, list[int]] = {}
    for mention in sorted(root):
        members.setdefault(find(mention), []).append(mention)
    return tuple(tuple(members[top]) for top in sorted(members))


@dataclass(frozen=True, slots=True)
class Choice:
    """A mention that may be meant, with its probability in [0, 1]."""

    mention: int
    probability: float


@dataclass(frozen=True, slots=True)
class CorefMention:
    """One mention.

    Attributes:
        head: the word that stands for it.
        start, end: its words, half-open.
        kind: one of `ENTITY_TYPES`.
        number: "singular", "plural" or "".
        status: probabilities of each of `STATUSES`: new, given, accessible.
        antecedents: what it may take up, the likeliest first.
        new: probability that it needs no antecedent.
        missing: probability that it needs one which the text does not have.
        parts: for a plural, the mentions of what it is made of (split antecedents), each with its
            own probability.
        bridges: what it may be understood by way of, each with its own probability.
    """

    head: int
    start: int
    end: int
    kind: str
    number: str
    status: tuple[float, float, float]
    antecedents: tuple[Choice, ...]
    new: float
    missing: float
    parts: tuple[Choice, ...] = ()
    bridges: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Coreference:
    """What is found in a text.

    `Doc.to_bytes` keeps it with the doc, and so does `DocBin` that stores user data.

    Attributes:
        mentions: in the order of their heads; mentions are known elsewhere by their places here.
        clusters: those of two mentions or more.
        by_head: for the head of a mention, its place.
    """

    mentions: tuple[CorefMention, ...] = ()
    clusters: tuple[tuple[int, ...], ...] = ()
    by_head: dict[int, int] = field(default_factory=dict)

    def at(self, head: int) -> CorefMention | None:
        """Return the mention that a word heads, if it heads one."""
        number = self.by_head.get(head)
        return None if number is None else self.mentions[number]


@srsly.msgpack_encoders(_KEPT_AS)  # type: ignore[untyped-decorator]
def encode_coreference(value: Any, chain: Chain | None = None) -> Any:  # noqa: ANN401 (srsly's)
    """Bring what is found in a text into what msgpack keeps; hand on all else."""
    if isinstance(value, Coreference):
        mentions = [astuple(mention) for mention in value.mentions]
        return {_KEPT_AS: True, "mentions": mentions, "clusters": value.clusters}
    return value if chain is None else chain(value)


@srsly.msgpack_decoders(_KEPT_AS)  # type: ignore[untyped-decorator]
def decode_coreference(value: Any, chain: Chain | None = None) -> Any:  # noqa: ANN401 (srsly's)
    """Build what `encode_coreference` kept; hand on all else."""
    if isinstance(value, dict) and _KEPT_AS in value:
        mentions = tuple(_read_mention(row) for row in value["mentions"])
        clusters = tuple(tuple(cluster) for cluster in value["clusters"])
        return Coreference(mentions, clusters, {m.head: n for n, m in enumerate(mentions)})
    return value if chain is None else chain(value)


def _read_mention(row: Sequence[Any]) -> CorefMention:
    """Build one mention from its fields in order."""
    kept = dict(zip((f.name for f in fields(CorefMention)), row, strict=True))
    for name in ("antecedents", "parts", "bridges"):
        kept[name] = tuple(Choice(*choice) for choice in kept[name])
    return CorefMention(**kept | {"status": tuple(kept["status"])})
