"""The component writes what it finds into the Doc, for texts of any length and kind."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from spacy.tokens import Doc, DocBin

from quotecheck.coref.clusters import ENTITY_TYPES, Coreference
from quotecheck.coref.component import CLUSTERS, HEADS, CorefComponent, _clusters, resolve
from quotecheck.coref.features import NUMBERS, read_words
from quotecheck.coref.network import FAR_BELOW, MISSING, N_NONE, NEW, CorefNetwork, Links
from quotecheck.coref.weights import Calibration, Model, save_model

if TYPE_CHECKING:
    from pathlib import Path

    from spacy.language import Language

TEXT = (
    "Ida Holm keeps the lighthouse at Velm. She and her brother repaired it last year. "
    "“We would do it again,” she said. The council thanked them."
)


@pytest.fixture(scope="module")
def component(coref_model: Model) -> CorefComponent:
    """Return the component around the untrained network."""
    return CorefComponent(coref_model)


@pytest.fixture
def doc(nlp: Language, component: CorefComponent) -> Doc:
    """Parse the text, and resolve it with the untrained network."""
    return component(nlp(TEXT))


def found_in(doc: Doc) -> Coreference:
    """Return what the component wrote down."""
    found: Coreference = doc._.coreference
    return found


def test_clusters_are_span_groups(doc: Doc) -> None:
    """Each cluster is a group of spans, and a group of heads in the same order."""
    clusters = found_in(doc).clusters
    assert clusters
    names = {name for name in doc.spans if name.startswith("coref_")}
    numbers = range(1, len(clusters) + 1)
    assert names == {f"{name}_{number}" for name in (CLUSTERS, HEADS) for number in numbers}
    for number, cluster in enumerate(clusters, 1):
        spans, heads = doc.spans[f"{CLUSTERS}_{number}"], doc.spans[f"{HEADS}_{number}"]
        assert len(spans) == len(heads) == len(cluster) > 1
        for span, head in zip(spans, heads, strict=True):
            assert len(head) == 1
            assert span.start <= head.start < span.end
            assert span.sent == head.sent


def test_mentions_stand_in_the_order_of_their_heads(doc: Doc) -> None:
    """A mention is known by its place, and found by its head."""
    found = found_in(doc)
    heads = [mention.head for mention in found.mentions]
    assert heads == sorted(set(heads))
    assert all(found.at(mention.head) is mention for mention in found.mentions)


def test_choices_come_before_and_are_sorted(doc: Doc) -> None:
    """A mention takes up what is before it; the likeliest choice is told first."""
    for number, mention in enumerate(found_in(doc).mentions):
        assert all(choice.mention < number for choice in mention.antecedents)
        chances = [choice.probability for choice in mention.antecedents]
        assert chances == sorted(chances, reverse=True)
        assert sum(chances) + mention.new + mention.missing == pytest.approx(1, abs=0.1)


def test_a_mention_has_its_fields(doc: Doc) -> None:
    """Type, number and status are what the records promise; a coordination is plural."""
    found = found_in(doc)
    for mention in found.mentions:
        assert mention.kind in ENTITY_TYPES
        assert mention.number in NUMBERS
        assert sum(mention.status) == pytest.approx(1, abs=1e-4)
    conjunction = found.at(next(token.i for token in doc if token.text == "and"))
    assert conjunction is not None
    assert conjunction.number == "plural"


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "…", "Fog", "a\n\n\n\nb", "It\u00a0 rains.", "of"]
)
def test_odd_texts_are_resolved(text: str, nlp: Language, component: CorefComponent) -> None:
    """Empty, blank, short and strange texts are no error."""
    doc = component(nlp(text))
    assert all(0 <= m.start <= m.head < m.end <= len(doc) for m in found_in(doc).mentions)


def test_white_space_heads_nothing(nlp: Language, component: CorefComponent) -> None:
    """Empty lines between paragraphs are tokens, but no mentions."""
    doc = component(nlp(TEXT.replace(". ", ".\n\n")))
    assert any(token.is_space for token in doc)
    assert not any(doc[mention.head].is_space for mention in found_in(doc).mentions)


def test_a_long_text_is_resolved_to_its_end(nlp: Language, component: CorefComponent) -> None:
    """Whatever lies beyond the first window and the first block of mentions is found as well."""
    doc = component(nlp(" ".join([TEXT] * 40)))
    mentions = found_in(doc).mentions
    assert len(doc) > 1000
    assert mentions[-1].head > len(doc) - 10
    assert any(choice.mention > 300 for choice in mentions[-1].antecedents)


def test_resolving_again_leaves_nothing_over(doc: Doc, component: CorefComponent) -> None:
    """Groups of an earlier reading are gone; other groups stay."""
    doc.spans[f"{CLUSTERS}_999"] = [doc[0:2]]
    doc.spans["mine"] = [doc[0:1]]
    before = found_in(doc)
    component(doc)
    assert found_in(doc) == before
    assert f"{CLUSTERS}_999" not in doc.spans
    assert "mine" in doc.spans


def test_several_texts_are_resolved_as_each_alone(
    nlp: Language, coref_model: Model, tmp_path: Path
) -> None:
    """In a pipeline, `pipe` gives what single calls give, however texts are batched."""
    save_model(tmp_path, *(coref_model.network, coref_model.base), Calibration(), "0")
    with nlp.select_pipes(disable=[name for name in nlp.pipe_names if name == "coref"]):
        nlp.add_pipe("coref", name="small", config={"folder": str(tmp_path)})
        texts = [TEXT, "Fog hid the quay.", "", TEXT]
        piped = [found_in(doc) for doc in nlp.pipe(texts, batch_size=3)]
        alone = [found_in(nlp(text)) for text in texts]
        nlp.remove_pipe("small")
    assert [[m.head for m in f.mentions] for f in piped] == [
        [m.head for m in f.mentions] for f in alone
    ]
    assert [found.clusters for found in piped] == [found.clusters for found in alone]


def test_the_component_can_be_pickled(nlp: Language, component: CorefComponent) -> None:
    """A copy in another process finds the same."""
    doc = nlp(TEXT)
    copy = pickle.loads(pickle.dumps(component))  # noqa: S301  # our own
    assert resolve(copy.model, [t.text for t in doc], read_words(doc)) == found_in(component(doc))


def test_a_doc_can_be_kept_as_bytes(doc: Doc) -> None:
    """What is found comes back with the doc, to the last probability."""
    found = found_in(doc)
    assert any(mention.antecedents for mention in found.mentions)
    back = Doc(doc.vocab).from_bytes(doc.to_bytes())
    assert found_in(back) == found
    bin_ = DocBin(docs=[doc], store_user_data=True)
    (other,) = DocBin(store_user_data=True).from_bytes(bin_.to_bytes()).get_docs(doc.vocab)
    assert found_in(other) == found


def test_a_doc_can_be_pickled(doc: Doc) -> None:
    """What was found travels with the Doc."""
    copy = pickle.loads(pickle.dumps(doc))  # noqa: S301  # our own
    assert found_in(copy) == found_in(doc)
    assert list(copy.spans) == list(doc.spans)


def linked(scores: list[list[float]], bias: float = 0.0) -> tuple[tuple[int, ...], ...]:
    """Cluster three words, of which each has a score of NEW, of MISSING and of the ones before."""
    heads = np.asarray([3, 5, 8])
    links = Links(heads, heads[[[0, 0], [0, 0], [0, 1]]], torch.tensor(scores), torch.zeros((3, 2)))
    return _clusters(links, bias)


def test_a_mention_is_linked_where_that_beats_having_none() -> None:
    """NEW and MISSING count together against the best antecedent."""
    first = [0.0, 0.0, FAR_BELOW, FAR_BELOW]
    apart, close = [1.0, 1.0, 1.5, FAR_BELOW], [1.0, 1.0, 1.8, FAR_BELOW]
    alone = [9.0, 0.0, 0.0, 0.0]
    assert linked([first, apart, alone]) == ()
    assert linked([first, close, alone]) == ((0, 1),)
    assert linked([first, close, [0.0, 0.0, 0.0, 4.0]]) == ((0, 1, 2),)


def test_mentions_of_one_entity_count_together() -> None:
    """Two that are one speak for it together; two that are not, each for itself."""
    first = [0.0, 0.0, FAR_BELOW, FAR_BELOW]
    joined, apart = [1.0, 1.0, 1.8, FAR_BELOW], [1.0, 1.0, 1.5, FAR_BELOW]
    either = [1.0, 1.0, 1.2, 1.2]
    assert linked([first, joined, either]) == ((0, 1, 2),)
    assert linked([first, apart, either]) == ()


def test_the_bias_makes_links_likelier() -> None:
    """What is taken from having none is what an antecedent need not reach."""
    first = [0.0, 0.0, FAR_BELOW, FAR_BELOW]
    scores = [first, [1.0, 1.0, 1.5, FAR_BELOW], [9.0, 0.0, 0.0, 0.0]]
    assert linked(scores, bias=0.5) == ((0, 1),)
    assert linked(scores, bias=2e4) == ((0, 1, 2),)


def test_the_temperature_flattens_probabilities(nlp: Language, coref_model: Model) -> None:
    """Scores divided by more are surer of less; the clusters stay."""
    doc = nlp(TEXT)
    forms, words = [token.text for token in doc], read_words(doc)
    network = CorefNetwork(coref_model.network.sizes, coref_model.base.upper_layers(1)).eval()
    network.load_state_dict(coref_model.network.state_dict())
    with torch.no_grad():
        network.none[-1].bias[NEW] += 3
    plain, flat = (
        resolve(Model(network, coref_model.base, Calibration(temperature=t), ""), forms, words)
        for t in (1.0, 10.0)
    )
    assert plain.clusters == flat.clusters
    assert max(m.new for m in flat.mentions[3:]) < max(m.new for m in plain.mentions[3:])
    assert (NEW, MISSING, N_NONE) == (0, 1, 2)
