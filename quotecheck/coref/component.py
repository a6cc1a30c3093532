"""Coreference as a component of the spaCy pipeline.

    Doc (parsed, with the pipeline's vectors) ─► heads ─► links ─► `doc._.coreference`
                                                              └─► `doc.spans["coref_clusters_1"]` …

The scheme of the clusters is that of OntoNotes: mentions that stand alone are in no cluster, though
`doc._.coreference` has them. Costs grow linearly with the length of the text.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from quotecheck.coref.clusters import ENTITY_TYPES, Choice, Coreference, CorefMention, join
from quotecheck.coref.features import KIND, NUMBERS, read_words
from quotecheck.coref.network import IMPOSSIBLE, MISSING, N_NONE, NEW, pick_heads
from quotecheck.coref.parts import find_parts
from quotecheck.coref.weights import MODEL_FOLDER, Model, load_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from quotecheck.coref.features import WordFeatures
    from quotecheck.coref.network import Links, Words

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float32]

CLUSTERS: Final = "coref_clusters"
HEADS: Final = "coref_heads"
# Log odds from which on a link is as sure as any.
SUREST_LINK: Final = 50.0
# Choices less likely than this are not told: a sure pronoun would list all that came before it.
LEAST_ANTECEDENT: Final = 0.01
# Bridges are right less often, and rare; chosen, not tuned.
LEAST_BRIDGE: Final = 0.3

if not Doc.has_extension("coreference"):
    Doc.set_extension("coreference", default=Coreference())


class CorefComponent:
    """Finds mentions and what they take up.

    Args:
        model: the network, with the layers that it shares with the pipeline.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def __call__(self, doc: Doc) -> Doc:
        """Resolve a text: set `doc._.coreference` and the span groups of its clusters."""
        found = resolve(self.model, [token.text for token in doc], read_words(doc))
        doc._.coreference = found
        for key in [key for key in doc.spans if key.startswith((f"{CLUSTERS}_", f"{HEADS}_"))]:
            del doc.spans[key]
        for number, cluster in enumerate(found.clusters, 1):
            mentions = [found.mentions[n] for n in cluster]
            spans = [Span(doc, m.start, m.end) for m in mentions]
            heads = [Span(doc, m.head, m.head + 1) for m in mentions]
            for name, group in ((CLUSTERS, spans), (HEADS, heads)):
                key = f"{name}_{number}"
                doc.spans[key] = SpanGroup(doc, name=key, spans=group)
        return doc


@torch.inference_mode()
def resolve(model: Model, forms: Sequence[str], words: WordFeatures) -> Coreference:
    """Find the mentions of a text, what each may take up, and their clusters.

    Args:
        model: the network.
        forms: the text's words.
        words: their features.
    """
    if not forms:
        return Coreference()
    network, base = model.network, model.base
    read = network.read(base.read([base.cut(forms)])[0], words)
    heads = pick_heads(read, words, model.calibration.least_mention)
    if not len(heads):
        return Coreference()
    links = network.link_mentions(read, words, heads)
    first, last, around = network.score_borders(read, words, heads)
    rows = np.arange(len(heads))
    starts = around[rows, first.argmax(dim=1).numpy()]
    ends = around[rows, last.argmax(dim=1).numpy()] + 1
    return Coreference(
        _mentions(model, words, read, links, np.stack([starts, ends], axis=1)),
        _clusters(links, model.calibration.bias),
        {int(head): number for number, head in enumerate(heads)},
    )


def _mentions(
    model: Model, words: WordFeatures, read: Words, links: Links, spans: Ints
) -> tuple[CorefMention, ...]:
    """Write down what is found of each mention. *Shape of `spans`:* (mentions, 2)."""
    heads = links.heads
    at = torch.from_numpy(heads)
    kinds = read.types[at].argmax(dim=1).tolist()
    statuses = torch.softmax(read.statuses[at], dim=1).tolist()
    chances = torch.softmax(links.scores / model.calibration.temperature, dim=1).numpy()
    antecedents = _choices(links, chances[:, N_NONE:], LEAST_ANTECEDENT)
    bridges = _choices(links, torch.sigmoid(links.bridges).numpy(), LEAST_BRIDGE)
    parts: dict[int, tuple[Choice, ...]] = {}
    if model.parts is not None:
        parts = find_parts(model.parts, model.network, words, read, links)
    numbers = np.where(
        words.kind[heads] == KIND["coordination"], NUMBERS.index("plural"), words.number[heads]
    )
    return tuple(
        CorefMention(
            head=int(head),
            start=int(spans[row, 0]),
            end=int(spans[row, 1]),
            kind=ENTITY_TYPES[kinds[row]],
            number=NUMBERS[numbers[row]],
            status=tuple(statuses[row]),
            antecedents=antecedents[row],
            new=float(chances[row, NEW]),
            missing=float(chances[row, MISSING]),
            parts=parts.get(row, ()),
            bridges=bridges[row],
        )
        for row, head in enumerate(heads)
    )


def _choices(links: Links, chances: Floats, least: float) -> list[tuple[Choice, ...]]:
    """Give the candidates of each mention that are likely enough, the likeliest first."""
    told = _is_candidate(links) & (chances >= least)
    places = np.searchsorted(links.heads, links.candidates)
    order = np.argsort(-chances, axis=1, kind="stable")
    return [
        tuple(
            Choice(int(places[row, column]), float(chances[row, column]))
            for column in columns
            if told[row, column]
        )
        for row, columns in enumerate(order)
    ]


def _clusters(links: Links, bias: float) -> tuple[tuple[int, ...], ...]:
    """Join each mention with the entity before it that its likely antecedents add up to most for.

    An entity's choices are summed, and it is joined where they outweigh those of having none: what
    many mentions speak for a little is surer than what one does.
    """
    scores = links.scores.numpy().astype(np.float64)
    none = np.logaddexp(scores[:, NEW], scores[:, MISSING]) - bias
    there = _is_candidate(links)
    places = np.searchsorted(links.heads, links.candidates)
    weights = np.exp(np.minimum(scores[:, N_NONE:] - none[:, None], SUREST_LINK))
    entity_of: list[int] = []
    antecedents: dict[int, int] = {}
    for row in range(len(scores)):
        sums: dict[int, float] = {}
        for column in np.flatnonzero(there[row]):
            entity = entity_of[places[row, column]]
            sums[entity] = sums.get(entity, 0.0) + weights[row, column]
        best = max(sums, key=lambda e: sums[e], default=row)
        if sums.get(best, 0.0) > 1.0:
            antecedents[row] = best
        entity_of.append(best if row in antecedents else row)
    return join(antecedents)


def _is_candidate(links: Links) -> Bools:
    """Say which candidates are there. *Shape:* (mentions, k)."""
    there: Bools = links.scores[:, N_NONE:].numpy() > IMPOSSIBLE
    return there


@Language.factory(
    "coref",
    assigns=["doc._.coreference", "doc.spans"],
    default_config={"folder": str(MODEL_FOLDER)},
)
def create_coref(nlp: Language, name: str, folder: str) -> CorefComponent:  # noqa: ARG001 (spaCy's signature)
    """Load the component.

    Args:
        nlp: the pipeline that it stands in.
        name: its name there.
        folder: where its model lies.

    Raises:
        ModelMissing: the model is not there.
        ModelMismatch: its weights are others than those released.
    """
    return CorefComponent(load_model(Path(folder)))
