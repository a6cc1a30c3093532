"""The network scores each word and each pair of mentions, in time linear in the text."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from quotecheck.coref import network as module
from quotecheck.coref.features import RELATIONS, WordFeatures, read_words
from quotecheck.coref.network import (
    FAR_BELOW,
    IMPOSSIBLE,
    N_NONE,
    CorefNetwork,
    Words,
    pick_heads,
)
from quotecheck.transformer import WIDTH

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from quotecheck.coref.weights import Model

Annotate = Callable[[str], "Doc"]

ROWERS = """\
Ida/PROPN/2/nsubj knows/VERB/0/ROOT the/DET/5/det old/ADJ/5/amod keepers/NOUN/2/obj
They/PRON/2/nsubj row/VERB/0/ROOT her/PRON/4/nmod:poss boat/NOUN/2/obj
"""


@pytest.fixture
def network(coref_model: Model) -> CorefNetwork:
    """Return the untrained network."""
    return coref_model.network


def read(network: CorefNetwork, words: WordFeatures) -> Words:
    """Score words of which the encoder said something at random."""
    chance = torch.Generator().manual_seed(7)
    with torch.inference_mode():
        return network.score_words(torch.randn((len(words), WIDTH), generator=chance), words)


@pytest.fixture
def words(annotate: Annotate) -> WordFeatures:
    """Read the features of 450 words."""
    return read_words(annotate(ROWERS * 50))


def test_each_word_is_scored(network: CorefNetwork, words: WordFeatures) -> None:
    """A word has one logit as a mention, one for each type and one for each status."""
    found = read(network, words)
    assert found.is_mention.shape == (450,)
    assert found.types.shape == (450, network.sizes.n_types)
    assert found.statuses.shape == (450, network.sizes.n_statuses)


def test_what_is_no_candidate_is_no_mention(network: CorefNetwork, words: WordFeatures) -> None:
    """An article heads nothing, whatever the network would say."""
    found = read(network, words)
    heads = pick_heads(found, words, 0.0)
    assert words.is_candidate[heads].all()
    assert (found.is_mention.numpy()[~words.is_candidate] == FAR_BELOW).all()


@torch.inference_mode()
def test_candidates_stand_before_the_mention(network: CorefNetwork, words: WordFeatures) -> None:
    """Every candidate that is there comes earlier, and none comes twice."""
    heads = np.flatnonzero(words.is_candidate)
    links = network.link_mentions(read(network, words), words, heads)
    is_there = links.scores[:, N_NONE:].numpy() > IMPOSSIBLE
    assert links.candidates.shape == is_there.shape == (len(heads), network.sizes.n_candidates)
    for row, head in enumerate(heads):
        candidates = links.candidates[row][is_there[row]]
        assert (candidates < head).all()
        assert len(set(candidates)) == len(candidates) == min(row, network.sizes.n_candidates)


@torch.inference_mode()
def test_where_there_is_no_candidate_there_is_no_score(
    network: CorefNetwork, words: WordFeatures
) -> None:
    """The first mention has nothing before it, and can only have no antecedent."""
    for n_mentions in (1, 2, 5):
        heads = np.flatnonzero(words.is_candidate)[:n_mentions]
        links = network.link_mentions(read(network, words), words, heads)
        assert (links.scores[0, N_NONE:] < IMPOSSIBLE).all()
        assert (links.scores[:, :N_NONE] > IMPOSSIBLE).all()


@torch.inference_mode()
def test_antecedents_are_sought_within_reach(network: CorefNetwork, words: WordFeatures) -> None:
    """No candidate is farther back than two blocks of `reach` mentions."""
    heads = np.flatnonzero(words.is_candidate)
    links = network.link_mentions(read(network, words), words, heads)
    back = np.arange(len(heads))[:, None] - np.searchsorted(heads, links.candidates)
    is_there = links.scores[:, N_NONE:].numpy() > IMPOSSIBLE
    assert back[is_there].max() < 2 * network.sizes.reach


@torch.inference_mode()
def test_parts_give_what_the_whole_gives(
    network: CorefNetwork, words: WordFeatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scoring some mentions at a time changes no score."""
    heads = np.flatnonzero(words.is_candidate)
    found = read(network, words)
    whole = network.link_mentions(found, words, heads, keep_pairs=True)
    borders = network.score_borders(found, words, heads)
    monkeypatch.setattr(module, "MENTIONS_AT_ONCE", 7)
    parts = network.link_mentions(found, words, heads, keep_pairs=True)
    for one, other in zip(borders, network.score_borders(found, words, heads), strict=True):
        assert np.allclose(one, other, atol=1e-4)
    assert torch.allclose(parts.scores, whole.scores, atol=0.02)
    assert torch.allclose(parts.bridges, whole.bridges, atol=0.02)
    assert whole.pairs is not None
    assert parts.pairs is not None
    assert parts.pairs.shape == whole.pairs.shape == (*whole.candidates.shape, 8)


@torch.inference_mode()
def test_memory_does_not_grow_with_the_text(
    network: CorefNetwork, words: WordFeatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many mentions there are, the pairs of a fixed number of them are read at once."""
    seen: list[int] = []
    real = CorefNetwork.read_pairs

    def spy(self: CorefNetwork, *args: object) -> torch.Tensor:
        pairs: torch.Tensor = real(self, *args)  # type: ignore[arg-type]
        seen.append(len(pairs))
        return pairs

    monkeypatch.setattr(CorefNetwork, "read_pairs", spy)
    monkeypatch.setattr(module, "MENTIONS_AT_ONCE", 32)
    heads = np.flatnonzero(words.is_candidate)
    links = network.link_mentions(read(network, words), words, heads)
    assert max(seen) == 32
    assert sum(seen) == len(heads)
    assert links.pairs is None


@pytest.mark.usefixtures("no_collection")
@torch.inference_mode()
def test_cost_grows_with_the_length_alone(network: CorefNetwork, annotate: Annotate) -> None:
    """Four times the text takes about four times as long, not the square of it."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)  # waiting threads would count
    seconds = []
    for times in (120, 120, 480):
        words = read_words(annotate(ROWERS * times))
        heads = np.flatnonzero(words.is_candidate)
        found = read(network, words)
        started = time.process_time()
        network.link_mentions(found, words, heads)
        network.score_borders(found, words, heads)
        seconds.append(time.process_time() - started)
    torch.set_num_threads(n_threads)
    assert seconds[2] / seconds[1] < 10


@torch.inference_mode()
def test_borders_lie_around_the_head_in_its_sentence(
    network: CorefNetwork, words: WordFeatures
) -> None:
    """A span begins at its head or before, ends at it or behind, and leaves no sentence."""
    heads = np.flatnonzero(words.is_candidate)
    first, last, around = network.score_borders(read(network, words), words, heads)
    assert first.shape == last.shape == around.shape == (len(heads), 2 * network.sizes.span + 1)
    for scores, before in ((first, True), (last, False)):
        row, column = np.nonzero(scores.numpy() > IMPOSSIBLE)
        word = around[row, column]
        assert (words.sentence[word] == words.sentence[heads[row]]).all()
        assert (word <= heads[row]).all() if before else (word >= heads[row]).all()


def test_the_tree_of_a_conjunction_is_that_of_what_it_joins(annotate: Annotate) -> None:
    """Words are at, right below or deeper below a head, or apart; the edges are marked."""
    mayor, clerk = "the/DET/2/det mayor/NOUN/7/nsubj", "her/PRON/5/nmod:poss old/ADJ/6/amod"
    text = f"{mayor} and/CCONJ/6/cc {clerk} clerk/NOUN/2/conj left/VERB/0/ROOT"
    words = read_words(annotate(text))
    around = np.arange(7)[None]
    (of_clerk,), (branches,) = module._tree_relations(words, np.asarray([5]), around)  # noqa: SLF001
    of_both = module._tree_relations(words, np.asarray([2]), around)[0][0]  # noqa: SLF001
    edge = module.APART + 1
    at, below, deeper, apart = range(4)
    assert of_clerk.tolist() == [apart, apart, below + edge, deeper, below, at + edge, apart]
    assert of_both.tolist() == [below + edge, at, deeper, deeper, deeper, below + edge, apart]
    cc, amod, none = RELATIONS.index("cc"), RELATIONS.index("amod"), module.NO_BRANCH
    assert branches.tolist() == [none, none, cc, amod, amod, module.IS_HEAD, none]


def test_the_ends_of_a_text_are_edges(annotate: Annotate) -> None:
    """A tree that begins or ends with the text has an edge there, however far one looks."""
    words = read_words(annotate("old/ADJ/2/amod keepers/NOUN/3/nsubj row/VERB/0/ROOT"))
    around = np.asarray([[module.NOWHERE, 0, 1, 2, module.NOWHERE]])
    (found,), _ = module._tree_relations(words, np.asarray([1]), around)  # noqa: SLF001
    edge = module.APART + 1
    assert found.tolist() == [
        module.APART,
        module.BELOW + edge,
        module.AT + edge,
        module.APART,
        module.APART,
    ]


def test_clauses_before_a_demonstrative_are_tried(
    network: CorefNetwork, annotate: Annotate
) -> None:
    """*This* can take up a clause that is no mention by itself; *she* has none tried for it."""
    text = "Ida/PROPN/2/nsubj rows/VERB/0/ROOT ./PUNCT/2/punct\n{}/PRON/2/nsubj helps/VERB/0/ROOT"
    for pronoun, expected in (("This", [1, 3]), ("She", [3])):
        words = read_words(annotate(text.format(pronoun)))
        found = replace(read(network, words), is_mention=torch.tensor([-9.0, -9, -9, 9, -9]))
        assert pick_heads(found, words, 0.5).tolist() == expected


def test_learning_reaches_every_weight(coref_model: Model, words: WordFeatures) -> None:
    """Links, bridges and borders together have a gradient for all that is learnt."""
    network = CorefNetwork(coref_model.network.sizes, coref_model.base.upper_layers(1))
    base = coref_model.base
    forms = ["Ida", "knows", "boats"] * (len(words) // 3)
    found = network.read(base.read([base.cut(forms)])[0], words)
    heads = np.flatnonzero(words.is_candidate)
    links = network.link_mentions(found, words, heads)
    first, last, _ = network.score_borders(found, words, heads)
    scores = [links.scores, links.bridges, first, last, found.types, found.statuses]
    torch.stack([torch.logsumexp(part, dim=1).sum() for part in scores]).sum().backward()
    without = [name for name, value in network.named_parameters() if value.grad is None]
    assert not without
