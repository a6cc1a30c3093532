"""The network on disk: a configuration, weights in half precision, checksums.

The upper layers are kept as their changes from the base encoder's, so that nearly all of what is
kept is what was learnt.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import safetensors.torch

from quotecheck.coref.network import CorefNetwork, Sizes
from quotecheck.coref.parts import PARTS_CONFIG, PARTS_WEIGHTS, PartFinder, load_parts
from quotecheck.errors import ModelMismatch, ModelMissing
from quotecheck.transformer import (
    WEIGHTS_SHA256,
    BaseEncoder,
    pack_layers,
    shared_base_encoder,
    unpack_layers,
)

MODEL_FOLDER: Final = Path(__file__).parent.parent / "models" / "coref"
CONFIG: Final = "config.json"
WEIGHTS: Final = "weights.safetensors"
# Entities' choices are summed when chains are drawn, so that having none must count for more:
# chosen on GUM dev.
BIAS: Final = -1.3
_UPPER: Final = "upper."
_REMEDY: Final = "Install Quotecheck again, or train the model again."


@dataclass(frozen=True, slots=True)
class Calibration:
    """Numbers read off development texts, once the weights are fixed.

    Attributes:
        least_mention: probability from which on a word heads a mention.
        bias: what is taken from the scores of having no antecedent when chains are drawn.
        temperature: what scores are divided by for probabilities to be borne out.
    """

    least_mention: float = 0.2
    bias: float = BIAS
    temperature: float = 1.0


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded network with the layers under it, and with what finds parts where it has that."""

    network: CorefNetwork
    base: BaseEncoder
    calibration: Calibration
    version: str
    parts: PartFinder | None = None


def save_model(
    folder: Path, network: CorefNetwork, base: BaseEncoder, calibration: Calibration, version: str
) -> None:
    """Write a network down, with the checksums of its weights and of those it stands on."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (PARTS_CONFIG, PARTS_WEIGHTS):  # they stand on the network that was here before
        (folder / name).unlink(missing_ok=True)
    state = {
        name: value.half().contiguous()
        for name, value in network.state_dict().items()
        if not name.startswith(_UPPER)
    }
    packed = pack_layers(network.upper, base.upper_layers(network.sizes.n_upper))
    state |= {f"{_UPPER}{name}": value.contiguous() for name, value in packed.items()}
    data = safetensors.torch.save(state)
    (folder / WEIGHTS).write_bytes(data)
    config = {
        "version": version,
        "sizes": asdict(network.sizes),
        "calibration": asdict(calibration),
        "base_sha256": WEIGHTS_SHA256,
        "weights_sha256": hashlib.sha256(data).hexdigest(),
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def load_model(folder: Path = MODEL_FOLDER) -> Model:
    """Load a network, checking its weights and those of the base encoder.

    Raises:
        ModelMissing: the files are not there, or the base encoder is not installed.
        ModelMismatch: the weights are not those that the configuration names, or either is not one
            of this release.
    """
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise ModelMissing(
                f"The coreference model lacks {name} in {folder}. Install Quotecheck again, with "
                "its models."
            )
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        sizes, calibration = Sizes(**config["sizes"]), Calibration(**config["calibration"])
        own_sha256, base_sha256 = config["weights_sha256"], config["base_sha256"]
        version = config["version"]
    except (ValueError, TypeError, KeyError) as exc:
        raise ModelMismatch(
            f"The file {CONFIG} of the coreference model in {folder} is not one of this release. "
            f"{_REMEDY}"
        ) from exc
    data = (folder / WEIGHTS).read_bytes()
    if hashlib.sha256(data).hexdigest() != own_sha256:
        raise ModelMismatch(
            f"The file {WEIGHTS} of the coreference model in {folder} is not the one that was "
            f"released. {_REMEDY}"
        )
    if base_sha256 != WEIGHTS_SHA256:
        raise ModelMismatch(
            f"The coreference model in {folder} stands on another base encoder than the one of "
            f"this release. {_REMEDY}"
        )
    base = shared_base_encoder(sizes.n_lower)
    kept = safetensors.torch.load(data)
    upper = {n.removeprefix(_UPPER): v for n, v in kept.items() if n.startswith(_UPPER)}
    state = {n: v.float() for n, v in kept.items() if not n.startswith(_UPPER)}
    start = base.upper_layers(sizes.n_upper)
    state |= {f"{_UPPER}{n}": v for n, v in unpack_layers(upper, start).items()}
    network = CorefNetwork(sizes, start)
    try:
        network.load_state_dict(state)
    except RuntimeError as exc:
        raise ModelMismatch(
            f"The coreference model in {folder} was made for another network than that of this "
            f"release. {_REMEDY}"
        ) from exc
    network.upper = network.upper.frozen()
    network.requires_grad_(requires_grad=False).eval()
    parts = load_parts(folder, own_sha256)
    return Model(network, base, calibration, version, parts)
