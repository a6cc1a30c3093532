"""The sentence encoder gives unit vectors that tell meanings apart, from the disk alone."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from quotecheck import transformer
from quotecheck.encode import SentenceEncoder
from quotecheck.errors import ModelMismatch

if TYPE_CHECKING:
    from quotecheck.encode import Encoder


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    """Load the encoder once for all tests here."""
    return SentenceEncoder()


@pytest.mark.slow
def test_vectors_are_of_unit_length(encoder: Encoder) -> None:
    """A product of two vectors is a cosine."""
    vectors = encoder.encode(["The firms paid.", "Nobody asked them to.", ""])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4)


@pytest.mark.slow
def test_like_meanings_are_near(encoder: Encoder) -> None:
    """A paraphrase is nearer than a sentence about something else."""
    vectors = encoder.encode(
        ["The firm paid its workers.", "The company gave staff their wages.", "It rained in May."]
    )
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


@pytest.mark.slow
def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    """Nothing in, nothing out, of the right width."""
    assert encoder.encode([]).shape == (0, 384)


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights whose checksum differs are not loaded."""
    other = hashlib.sha256(b"other").hexdigest()
    monkeypatch.setattr(transformer, "WEIGHTS_SHA256", other)
    with pytest.raises(ModelMismatch, match="Install"):
        SentenceEncoder()
