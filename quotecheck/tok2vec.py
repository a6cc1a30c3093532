"""The encoder as a spaCy layer: documents in, one vector a word out, for every component to share.

    words ─► base encoder, lower layers (frozen) ─► upper layers (ours) ─┐
    words ─► hashed prefix, suffix and shape (the encoder reads no case) ─┴─► projection ─► words

The torch part is a thinc shim of our own: its weights are stored as safetensors, never pickled, and
it keeps its own optimiser, for a pretrained encoder wants a far lower learning rate than the layers
on top of it.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import safetensors.torch
import torch
from spacy.ml.models.tok2vec import MultiHashEmbed
from spacy.util import registry
from thinc.api import Maxout, Model, Shim, chain, concatenate, with_array

from quotecheck.transformer import (
    ROWS_AT_ONCE,
    WIDTH,
    BaseEncoder,
    Encoding,
    pack_layers,
    pool_words,
    shared_base_encoder,
    unpack_layers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from spacy.tokens import Doc
    from thinc.api import Optimizer
    from thinc.types import Floats2d

    from quotecheck.transformer import Layers, Pieces

# Each step moves the averaged weights by this share, by more at first, much as thinc's do.
AVERAGING: Final = 0.002
LONGEST_GRADIENT: Final = 1.0
WEIGHT_DECAY: Final = 0.01


@registry.architectures("quotecheck.EncoderTok2Vec.v1")  # type: ignore[untyped-decorator]
def build_encoder_tok2vec(
    *,
    width: int,
    n_lower: int,
    n_upper: int,
    feature_width: int,
    feature_rows: list[int],
    learn_rate_factor: float,
) -> Model[list[Doc], list[Floats2d]]:
    """Build the shared layer.

    Args:
        width: length of a word's vector.
        n_lower: layers of the base encoder that stay as they are.
        n_upper: layers above these that are copied and trained.
        feature_width: length of the part made from hashed prefix, suffix and shape.
        feature_rows: rows of the three hash tables.
        learn_rate_factor: the encoder's learning rate as a share of the other layers'.
    """
    features = MultiHashEmbed(
        width=feature_width,
        attrs=["PREFIX", "SUFFIX", "SHAPE"],
        rows=feature_rows,
        include_static_vectors=False,
    )
    encoder = build_word_encoder(n_lower, n_upper, learn_rate_factor)
    projection = Maxout(nO=width, nI=WIDTH + feature_width, nP=2, normalize=True, dropout=0.0)
    model: Model[list[Doc], list[Floats2d]] = chain(
        concatenate(encoder, features), with_array(projection)
    )
    model.set_dim("nO", width)
    return model


def build_word_encoder(
    n_lower: int, n_upper: int, learn_rate_factor: float
) -> Model[list[Doc], list[Floats2d]]:
    """Wrap the encoder alone as a thinc layer."""
    base = shared_base_encoder(n_lower)
    shim = EncoderShim(base, n_upper, learn_rate_factor)
    return Model(
        "quotecheck_encoder",
        _forward,
        dims={"nO": WIDTH},
        attrs={"dropout_rate": 0.0},
        shims=[shim],
    )


class EncoderShim(Shim):
    """The upper layers, how they learn and how they are kept on disk."""

    def __init__(self, base: BaseEncoder, n_upper: int, learn_rate_factor: float) -> None:
        super().__init__(base.upper_layers(n_upper))
        self.base = base
        self._n_upper = n_upper
        self._factor = learn_rate_factor
        self._average: dict[str, torch.Tensor] = {}
        self._n_steps = 0
        self._seen: dict[int, Encoding] = {}
        self._frozen: Layers | None = None

    def __call__(
        self,
        inputs: tuple[list[Doc], float],
        is_train: bool,  # noqa: FBT001 (thinc's signature)
    ) -> tuple[list[Floats2d], Callable[[list[Floats2d]], list[Doc]]]:
        """Encode documents; in training, also give the function that takes the gradients back."""
        docs, dropout = inputs
        if not is_train:
            return self._encode(docs), lambda _: []
        pooled = _run(self._model, self._read_once(docs), dropout)

        def backprop(gradients: list[Floats2d]) -> list[Doc]:
            torch.autograd.backward(pooled, [torch.from_numpy(np.asarray(g)) for g in gradients])
            return []

        return [_floats(words.detach()) for words in pooled], backprop

    @torch.inference_mode()
    def _encode(self, docs: list[Doc]) -> list[Floats2d]:
        """Encode documents, as many at a time as fill `ROWS_AT_ONCE`."""
        if self._frozen is None:
            self._frozen = self._model.frozen()
        vectors: list[Floats2d] = []
        texts: list[Pieces] = []
        for index, doc in enumerate(docs, 1):
            texts.append(self.base.cut([token.text for token in doc]))
            if index == len(docs) or sum(len(text.ids) for text in texts) >= ROWS_AT_ONCE:
                vectors += [_floats(w) for w in _run(self._frozen, self.base.read(texts))]
                texts = []
        return vectors

    def _read_once(self, docs: list[Doc]) -> list[Encoding]:
        """Read training texts through the frozen layers once, and keep what these give, halved."""
        keys = [hash(tuple(token.text for token in doc)) for doc in docs]
        new = {key: doc for key, doc in zip(keys, docs, strict=True) if key not in self._seen}
        read = self.base.read([self.base.cut([t.text for t in doc]) for doc in new.values()])
        for key, encoding in zip(new, read, strict=True):
            self._seen[key] = Encoding(encoding.hidden.half().clone(), encoding.pieces)
        return [self._seen[key] for key in keys]

    def finish_update(self, optimizer: Optimizer) -> None:
        """Take one step with AdamW at our share of thinc's learning rate."""
        if self._optimizer is None:
            self._optimizer = torch.optim.AdamW(
                self._model.parameters(), lr=0.0, weight_decay=WEIGHT_DECAY, fused=True
            )
        if all(parameter.grad is None for parameter in self._model.parameters()):
            return
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), LONGEST_GRADIENT)
        for group in self._optimizer.param_groups:
            group["lr"] = float(optimizer.learn_rate) * self._factor
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._frozen = None
        self._n_steps += 1
        share = max(AVERAGING, 9 / (9 + self._n_steps))
        for name, parameter in self._model.named_parameters():
            average = self._average.setdefault(name, parameter.detach().clone())
            average.lerp_(parameter.detach(), share)

    @contextlib.contextmanager
    def use_params(self, params: Mapping[Any, Any]) -> Iterator[None]:
        """Stand the averaged weights in for the last ones, as thinc does with its own."""
        if not params or not self._average:
            yield
            return
        last = {name: value.clone() for name, value in self._model.state_dict().items()}
        self._model.load_state_dict(self._average)
        self._frozen = None
        yield
        self._model.load_state_dict(last)
        self._frozen = None

    def to_bytes(self) -> bytes:
        """Give the weights as safetensors."""
        return safetensors.torch.save(
            pack_layers(self._model, self.base.upper_layers(self._n_upper))
        )

    def from_bytes(self, data: bytes) -> EncoderShim:
        """Take the weights from `to_bytes`."""
        kept = safetensors.torch.load(data)
        self._model.load_state_dict(unpack_layers(kept, self.base.upper_layers(self._n_upper)))
        self._frozen = None
        return self


def _run(layers: Layers, encodings: list[Encoding], dropout: float = 0.0) -> list[torch.Tensor]:
    """Run layers over some texts at once. *Shape:* (words, WIDTH) for each."""
    if not encodings:
        return []
    hidden = torch.cat([encoding.hidden for encoding in encodings]).float()
    lengths = [length for encoding in encodings for length in encoding.pieces.lengths]
    parts = layers(hidden, lengths, dropout).split([len(e.hidden) for e in encodings])
    return [
        pool_words(Encoding(part, encoding.pieces))
        for part, encoding in zip(parts, encodings, strict=True)
    ]


def _floats(words: torch.Tensor) -> Floats2d:
    return cast("Floats2d", words.numpy())


def _forward(
    model: Model[list[Doc], list[Floats2d]],
    docs: list[Doc],
    is_train: bool,  # noqa: FBT001 (thinc's signature)
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], list[Doc]]]:
    shim = cast("EncoderShim", model.shims[0])
    return shim((docs, model.attrs["dropout_rate"]), is_train)
