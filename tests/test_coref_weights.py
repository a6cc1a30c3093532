"""A network is kept small, comes back as it was, and is refused where anything is not right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch

from quotecheck.coref.network import CorefNetwork
from quotecheck.coref.weights import CONFIG, WEIGHTS, Calibration, load_model, save_model
from quotecheck.errors import ModelMismatch, ModelMissing

if TYPE_CHECKING:
    from pathlib import Path

    from quotecheck.coref.weights import Model

CALIBRATION = Calibration(least_mention=0.3, bias=0.5, temperature=1.5)


@pytest.fixture
def folder(tmp_path: Path, coref_model: Model) -> Path:
    """Write the untrained network down, its upper layer a little changed."""
    sizes = coref_model.network.sizes
    network = CorefNetwork(sizes, coref_model.base.upper_layers(sizes.n_upper))
    network.load_state_dict(coref_model.network.state_dict())
    chance = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for value in network.upper.parameters():
            value.add_(torch.randn(value.shape, generator=chance), alpha=1e-3)
    save_model(tmp_path / "coref", network, coref_model.base, CALIBRATION, "0.1.0")
    return tmp_path / "coref"


def change(folder: Path, **values: Any) -> None:  # noqa: ANN401  # whatever JSON holds
    """Change values of a model's configuration."""
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    (folder / CONFIG).write_text(json.dumps(config | values), encoding="utf-8")


def test_a_network_comes_back_as_it_was(folder: Path, coref_model: Model) -> None:
    """What scores is kept in half precision; sizes, calibration and version are kept exactly."""
    loaded = load_model(folder)
    assert loaded.network.sizes == coref_model.network.sizes
    assert (loaded.calibration, loaded.version) == (CALIBRATION, "0.1.0")
    kept = coref_model.network.state_dict()
    for name, value in loaded.network.state_dict().items():
        if not name.startswith("upper."):
            assert torch.equal(value, kept[name].half().float())


def test_upper_layers_are_kept_as_changes(folder: Path, coref_model: Model) -> None:
    """Against the base encoder's own layers the changes come back but for rounding."""
    upper = load_model(folder).network.upper.state_dict()
    base = coref_model.base.upper_layers(1).state_dict()
    name = "layers.0.inner.weight"
    change = upper[name].float() - base[name]
    assert 0.8e-3 < change.std() < 1.2e-3


def test_a_loaded_network_does_not_learn(folder: Path) -> None:
    """It is for reading alone: nothing is dropped, no gradient is kept."""
    network = load_model(folder).network
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_what_is_kept_is_small(folder: Path, coref_model: Model) -> None:
    """The upper layers take a byte a number, all else two."""
    upper = sum(value.numel() for value in coref_model.network.upper.parameters())
    every = sum(value.numel() for value in coref_model.network.parameters())
    assert (folder / WEIGHTS).stat().st_size < 1.1 * upper + 2 * (every - upper) + 50_000


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS])
def test_missing_files_are_named(name: str, folder: Path) -> None:
    """Without one of its files the model is missing, and the error says which and what to do."""
    (folder / name).unlink()
    with pytest.raises(ModelMissing, match=f"lacks {name}.*Install Quotecheck again"):
        load_model(folder)


def test_a_changed_file_is_refused(folder: Path) -> None:
    """Weights that are not those released are an error that says what to do."""
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (folder / WEIGHTS).write_bytes(data)
    with pytest.raises(ModelMismatch, match="not the one that was released"):
        load_model(folder)


def test_another_base_is_refused(folder: Path) -> None:
    """Changes from another encoder's layers would make nonsense of this one's."""
    change(folder, base_sha256="0" * 64)
    with pytest.raises(ModelMismatch, match="another base encoder"):
        load_model(folder)


def test_a_model_of_another_network_is_refused(folder: Path) -> None:
    """Weights that do not fit the sizes are another release's."""
    sizes = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["sizes"]
    change(folder, sizes=sizes | {"hidden": 32})
    with pytest.raises(ModelMismatch, match="made for another network"):
        load_model(folder)


@pytest.mark.parametrize("values", [{"sizes": {"depth": 3}}, {"calibration": None}])
def test_a_broken_configuration_is_refused(values: dict[str, object], folder: Path) -> None:
    """A configuration of another release, or a damaged one, is an error that says what to do."""
    change(folder, **values)
    with pytest.raises(ModelMismatch, match=r"config\.json.*is not one of this release"):
        load_model(folder)
    (folder / CONFIG).write_text("{", encoding="utf-8")
    with pytest.raises(ModelMismatch, match="train the model again"):
        load_model(folder)
