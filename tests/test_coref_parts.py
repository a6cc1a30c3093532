"""What a plural is made of is sought among the mentions before it, and kept beside the network."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from quotecheck.coref.component import resolve
from quotecheck.coref.features import GROUPS, read_words
from quotecheck.coref.network import IMPOSSIBLE, Links
from quotecheck.coref.parts import (
    MOST_PARTS,
    PARTS_CONFIG,
    PARTS_WEIGHTS,
    PartFinder,
    PartScorer,
    choose_parts,
    find_parts,
    fit_sizes,
    load_parts,
    save_parts,
    score_together,
)
from quotecheck.coref.plurals import (
    REACH,
    Mentions,
    count_told,
    find_plurals,
    read_mentions,
    read_plurals,
)
from quotecheck.coref.weights import load_model, save_model
from quotecheck.errors import ModelMismatch
from quotecheck.transformer import WIDTH

if TYPE_CHECKING:
    from pathlib import Path

    from spacy.tokens import Doc

    from quotecheck.coref.features import WordFeatures
    from quotecheck.coref.network import Words
    from quotecheck.coref.weights import Model

Annotate = Callable[[str], "Doc"]

MEETING = """\
Ida/PROPN/2/nsubj met/VERB/0/ROOT Bea/PROPN/2/obj
Both/DET/2/det keepers/NOUN/3/nsubj rowed/VERB/0/ROOT
They/PRON/2/nsubj sang/VERB/0/ROOT to/ADP/6/case each/DET/6/det old/ADJ/6/amod man/NOUN/2/obl
"""
SHA = "0" * 64


@pytest.fixture
def words(annotate: Annotate) -> WordFeatures:
    """Read the features of a short text, six times over."""
    return read_words(annotate(MEETING * 6))


@pytest.fixture
def seen(coref_model: Model, words: WordFeatures) -> tuple[Words, Links]:
    """Read and link the text with the untrained network."""
    chance = torch.Generator().manual_seed(7)
    with torch.inference_mode():
        pooled = torch.randn((len(words), WIDTH), generator=chance)
        read = coref_model.network.score_words(pooled, words)
        heads = np.flatnonzero(words.is_candidate)
        return read, coref_model.network.link_mentions(read, words, heads)


@pytest.fixture
def mentions(coref_model: Model, words: WordFeatures, seen: tuple[Words, Links]) -> Mentions:
    """Gather what is known of the mentions."""
    return read_mentions(coref_model.network, words, *seen)


@pytest.fixture
def finder(coref_model: Model) -> PartFinder:
    """Return a scorer that has learnt nothing, and that tells all that it finds."""
    torch.manual_seed(3)
    sizes = coref_model.network.sizes
    scorers = [PartScorer(fit_sizes(sizes, WIDTH + sizes.syntax)) for _ in range(2)]
    for scorer in scorers:
        scorer.requires_grad_(requires_grad=False).eval()
    return PartFinder(tuple(scorers), 0.0)


def test_plurals_are_told_by_form_or_by_what_hangs_on_them(
    mentions: Mentions, words: WordFeatures, annotate: Annotate
) -> None:
    """“They” and “both keepers” are plurals, and so is “each old man”; “Ida” is none."""
    forms = [token.text for token in annotate(MEETING * 6)]
    found = {forms[head] for head in mentions.heads[find_plurals(mentions)]}
    assert {"They", "keepers", "man"} <= found
    assert not found & {"Ida", "Bea", "met"}
    assert len(words) == len(forms)


def test_candidates_are_the_nearest_mentions(mentions: Mentions) -> None:
    """They come one by one from the plural backwards, as far as the text goes."""
    plurals = read_plurals(mentions, np.asarray([3, 20]))
    assert plurals.candidates.shape == (2, REACH)
    assert plurals.candidates[0][plurals.is_there[0]].tolist() == [2, 1, 0]
    assert plurals.candidates[1][plurals.is_there[1]].tolist() == list(range(19, -1, -1))


def test_what_is_hidden_is_no_candidate(mentions: Mentions) -> None:
    """A mention can be passed over as if it were not there."""
    plurals = read_plurals(mentions, np.asarray([3]), [np.asarray([1])])
    assert plurals.candidates[0][plurals.is_there[0]].tolist() == [2, 0]


def test_blind_rows_know_no_links(mentions: Mentions) -> None:
    """What is learnt from single antecedents must not be read off the main network's links."""
    plurals = read_plurals(mentions, np.asarray([9, 10, 11]))
    blind = plurals.blind(2)
    assert torch.equal(blind.pairs[0], plurals.pairs[0])
    assert not blind.pairs[1:].any()
    assert (blind.on[0] == plurals.on[0]).all()
    assert len(np.unique(blind.on[1:, :, list(GROUPS).index("numbers")])) == 1
    assert (plurals.blind(0).hand == plurals.hand).all()


@torch.inference_mode()
def test_two_of_a_cluster_are_no_two_parts(mentions: Mentions, finder: PartFinder) -> None:
    """Parts are of different clusters, come before the plural, and are at most so many."""
    rows = np.flatnonzero(find_plurals(mentions))
    plurals = read_plurals(mentions, rows)
    scores = score_together(finder.scorers, plurals)
    assert torch.equal(scores.pairs, scores.pairs.transpose(1, 2))
    assert (scores.pairs.diagonal(dim1=1, dim2=2) < IMPOSSIBLE).all()
    found = choose_parts(plurals, scores)
    assert any(split.parts for split in found)
    for row, split in zip(rows, found, strict=True):
        numbers = [part.mention for part in split.parts]
        assert len(numbers) <= MOST_PARTS
        assert len(numbers) != 1
        assert all(number < row for number in numbers)
        assert len(set(mentions.cluster[numbers])) == len(numbers)
        assert all(0 <= part.probability <= 1 for part in split.parts)


@torch.inference_mode()
def test_words_say_how_many_there_are(
    mentions: Mentions, finder: PartFinder, words: WordFeatures
) -> None:
    """“Both” is two."""
    rows = np.flatnonzero(mentions.forms.any(axis=1) & find_plurals(mentions))
    plurals = read_plurals(mentions, rows)
    found = choose_parts(plurals, score_together(finder.scorers, plurals))
    told = [count_told(mentions, int(row)) for row in rows]
    assert set(told) == {0, 2}
    for number, split in zip(told, found, strict=True):
        assert not number or not split.parts or len(split.parts) == number
    assert len(words) == len(mentions.words)


def test_the_first_mentions_have_no_parts(mentions: Mentions, finder: PartFinder) -> None:
    """With fewer than two mentions before it, a plural is made of none of them."""
    plurals = read_plurals(mentions, np.asarray([0, 1]))
    with torch.inference_mode():
        found = choose_parts(plurals, score_together(finder.scorers, plurals))
    assert [split.parts for split in found] == [(), ()]
    assert [split.chance for split in found] == [0.0, 0.0]


def test_plurals_are_scored_some_at_a_time(
    coref_model: Model,
    words: WordFeatures,
    seen: tuple[Words, Links],
    finder: PartFinder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many are read at once, the parts are the same."""
    whole = find_parts(finder, coref_model.network, words, *seen)
    monkeypatch.setattr("quotecheck.coref.parts.PLURALS_AT_ONCE", 3)
    assert whole
    assert find_parts(finder, coref_model.network, words, *seen).keys() == whole.keys()


def test_unlikely_parts_are_not_told(
    coref_model: Model, words: WordFeatures, seen: tuple[Words, Links], finder: PartFinder
) -> None:
    """Below the least probability a plural has no parts."""
    sure = replace(finder, least=1.1)
    assert find_parts(sure, coref_model.network, words, *seen) == {}


def test_the_component_writes_parts_down(
    coref_model: Model, annotate: Annotate, finder: PartFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a finder mentions have parts in the order of the text, and without one none."""
    # The untrained network takes all for one thing, which has no parts.
    monkeypatch.setattr(
        "quotecheck.coref.plurals._number_clusters", lambda links: np.arange(len(links.heads))
    )
    doc = annotate(MEETING * 6)
    forms = [token.text for token in doc]
    model = replace(coref_model, parts=finder)
    found = [mention.parts for mention in resolve(model, forms, read_words(doc)).mentions]
    assert any(found)
    for parts in found:
        assert [part.mention for part in parts] == sorted(part.mention for part in parts)
    without = resolve(coref_model, forms, read_words(doc))
    assert not any(mention.parts for mention in without.mentions)


# --- on disk -------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, finder: PartFinder) -> Path:
    """Write the scorer down."""
    save_parts(tmp_path, finder, SHA)
    return tmp_path


def test_parts_are_read_as_written(folder: Path, mentions: Mentions, finder: PartFinder) -> None:
    """Half precision changes scores little."""
    found = load_parts(folder, SHA)
    assert found is not None
    assert found.least == finder.least
    plurals = read_plurals(mentions, np.asarray([9]))
    with torch.inference_mode():
        one, other = (score_together(f.scorers, plurals).own for f in (found, finder))
    assert torch.allclose(one, other, atol=0.02)


def test_without_files_there_is_no_finder(tmp_path: Path) -> None:
    """Parts are optional."""
    assert load_parts(tmp_path, SHA) is None


def test_parts_of_another_network_are_refused(folder: Path) -> None:
    """A scorer is fitted on one network's states, and means nothing on another's."""
    with pytest.raises(ModelMismatch, match="fitted on another coreference network"):
        load_parts(folder, "1" * 64)


def test_changed_parts_are_refused(folder: Path) -> None:
    """Weights that are not those written are an error that says what to do."""
    data = bytearray((folder / PARTS_WEIGHTS).read_bytes())
    data[-1] ^= 1
    (folder / PARTS_WEIGHTS).write_bytes(data)
    with pytest.raises(ModelMismatch, match="not the one that was released"):
        load_parts(folder, SHA)


def test_parts_of_another_scorer_are_refused(folder: Path) -> None:
    """Weights that do not fit the sizes are another release's; so is a broken configuration."""
    config = json.loads((folder / PARTS_CONFIG).read_text(encoding="utf-8"))
    config["sizes"]["hidden"] += 1
    (folder / PARTS_CONFIG).write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelMismatch, match="made for another scorer"):
        load_parts(folder, SHA)
    (folder / PARTS_CONFIG).write_text("{", encoding="utf-8")
    with pytest.raises(ModelMismatch, match="not one of this release"):
        load_parts(folder, SHA)


def test_a_new_network_drops_the_parts_of_the_old(
    tmp_path: Path, coref_model: Model, finder: PartFinder
) -> None:
    """What was fitted on the network before is not left beside the new one."""
    save_parts(tmp_path, finder, SHA)
    save_model(tmp_path, coref_model.network, coref_model.base, coref_model.calibration, "1")
    assert load_model(tmp_path).parts is None
