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

from quotecheck.coref.clusters import Choice, Coreference, CorefMention, join
from quotecheck.coref.features import KIND, read_words
from quotecheck.coref.network import FAR_BELOW, MISSING, N_NONE, NEW, pick_heads
from quotecheck.coref.weights import MODEL_FOLDER, Model, load_model
from quotecheck.transformer import Encoding, pool_words

if TYPE_CHECKING:
    import numpy.typing as npt

    from quotecheck.coref.features import WordFeatures
    from quotecheck.coref.network import Links, Words

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float32]

CLUSTERS: Final = "coref_clusters"
HEADS: Final = "coref_heads"
TYPES: Final = (
    *("abstract", "animal", "event", "object", "organization", "person", "place", "plant"),
    *("substance", "time"),
)
NUMBERS: Final = ("", "singular", "plural")
# Choices less likely than this are not told.
LEAST_TOLD: Final = 0.01

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
        found = self.resolve(doc)
        doc._.coreference = found
        for number, cluster in enumerate(found.clusters, 1):
            mentions = [found.mentions[n] for n in cluster]
            spans = [Span(doc, m.start, m.end) for m in mentions]
            heads = [Span(doc, m.head, m.head + 1) for m in mentions]
            for name, group in ((CLUSTERS, spans), (HEADS, heads)):
                key = f"{name}_{number}"
                doc.spans[key] = SpanGroup(doc, name=key, spans=group)
        return doc

    @torch.inference_mode()
    def resolve(self, doc: Doc) -> Coreference:
        """Find the mentions of a text, what each may take up, and their clusters."""
        if not len(doc):
            return Coreference()
        network, base = self.model.network, self.model.base
        words = read_words(doc)
        encoding = base.read([base.cut([token.text for token in doc])])[0]
        hidden = network.upper(encoding.hidden, encoding.pieces.lengths)
        read = network.score_words(pool_words(Encoding(hidden, encoding.pieces)), words)
        heads = pick_heads(read, words, self.model.calibration.least_mention)
        if not len(heads):
            return Coreference()
        links = network.link_mentions(read, words, heads)
        first, last, around = network.score_borders(read, words, heads)
        rows = np.arange(len(heads))
        starts = around[rows, first.argmax(dim=1).numpy()]
        ends = around[rows, last.argmax(dim=1).numpy()] + 1
        mentions = self._mentions(words, read, links, starts, ends)
        return Coreference(
            mentions,
            self._clusters(links),
            {int(head): number for number, head in enumerate(heads)},
        )

    def _mentions(
        self, words: WordFeatures, read: Words, links: Links, starts: Ints, ends: Ints
    ) -> tuple[CorefMention, ...]:
        heads = links.heads
        at = torch.from_numpy(heads)
        place = {int(head): number for number, head in enumerate(heads)}
        kinds = read.types[at].argmax(dim=1).numpy()
        statuses = torch.softmax(read.statuses[at], dim=1).numpy()
        chances = torch.softmax(links.scores / self.model.calibration.temperature, dim=1).numpy()
        bridges = torch.sigmoid(links.bridges).numpy()
        mentions = []
        for row, head in enumerate(heads):
            is_there = links.scores[row, N_NONE:].numpy() > FAR_BELOW / 2
            candidates = [place[int(h)] for h in links.candidates[row]]
            mentions.append(
                CorefMention(
                    head=int(head),
                    start=int(starts[row]),
                    end=int(ends[row]),
                    kind=TYPES[int(kinds[row])],
                    number="plural"
                    if words.kind[head] == KIND["coordination"]
                    else NUMBERS[int(words.number[head])],
                    status=(
                        float(statuses[row, 0]),
                        float(statuses[row, 1]),
                        float(statuses[row, 2]),
                    ),
                    antecedents=_choices(candidates, chances[row, N_NONE:], is_there),
                    new=float(chances[row, NEW]),
                    missing=float(chances[row, MISSING]),
                    bridges=_choices(candidates, bridges[row], is_there, least=0.3),
                )
            )
        return tuple(mentions)

    def _clusters(self, links: Links) -> tuple[tuple[int, ...], ...]:
        """Join each mention with its likeliest antecedent, where that beats having none."""
        scores = links.scores.numpy()
        none = np.logaddexp(scores[:, NEW], scores[:, MISSING]) - self.model.calibration.bias
        best = scores[:, N_NONE:].argmax(axis=1)
        place = {int(head): number for number, head in enumerate(links.heads)}
        chosen = {
            row: place[int(links.candidates[row, column])]
            for row, column in enumerate(best)
            if scores[row, N_NONE + column] > max(none[row], FAR_BELOW / 2)
        }
        return tuple(cluster for cluster in join(chosen) if len(cluster) > 1)

    def to_disk(self, path: Path, *, exclude: object = None) -> None:
        """Keep nothing: the weights lie beside the pipeline."""

    def from_disk(self, path: Path, *, exclude: object = None) -> CorefComponent:
        """Take nothing."""
        return self


def _choices(
    candidates: list[int],
    chances: Floats,
    is_there: npt.NDArray[np.bool_],
    least: float = LEAST_TOLD,
) -> tuple[Choice, ...]:
    likely = np.flatnonzero(is_there & (chances >= least))
    order = likely[np.argsort(-chances[likely], kind="stable")]
    return tuple(Choice(candidates[n], float(chances[n])) for n in order)


@Language.factory("coref", assigns=["doc._.coreference", "doc.spans"])
def create_coref(nlp: Language, name: str, folder: str = str(MODEL_FOLDER)) -> CorefComponent:
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
