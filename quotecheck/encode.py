"""Sentence embeddings behind one small protocol; the model is loaded where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Longer batches gain nothing on a processor; shorter ones leave it idle between texts.
BATCH: Final = 32
# Numbers of a vector.
WIDTH: Final = 384


class Encoder(Protocol):
    """What turns texts into vectors whose products are cosine similarities of meaning."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector a text. *Shape:* (texts, width), float32, each of unit length."""


class SentenceEncoder:
    """The sentence-transformers model that ships with this program, read from the disk alone.

    Raises:
        ModelMissing: The package that carries the weights is not installed.
        ModelMismatch: Its weights are not those of this release.
    """

    def __init__(self) -> None:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415  # loads torch
        from transformers.utils import logging  # noqa: PLC0415

        from quotecheck.transformer import find_weights, verify_weights  # noqa: PLC0415

        folder = find_weights()
        verify_weights(folder)
        # Standard error is for what a user can act on.
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector a text. *Shape:* (texts, width), float32, each of unit length."""
        if not texts:
            return np.empty((0, WIDTH), dtype=np.float32)
        vectors: NDArray[np.float32] = self._model.encode(
            list(texts),
            batch_size=BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return vectors
