"""Files that PyTorch and Keras write, now, with random numbers, give their outputs in wlnet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

import wlnet as wl
from examples.pytorch import in_pytorch
from tests.io.nets_of_peers import KERAS, TORCH, file_of
from tests.peers import keras_models, torch_modules

NETS = {**TORCH, **KERAS}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", NETS)
def test_a_net_with_the_arrays_of_a_peer_answers_as_the_peer(
    name: str, seed: int, tmp_path: Path
) -> None:
    room: Any = torch_modules if name in TORCH else keras_models
    x, y = room.write(name, tmp_path, seed)
    net = wl.net_import_arrays(NETS[name], file_of(name, tmp_path))
    assert np.allclose(net(x), y, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", TORCH)
def test_what_a_net_has_learnt_goes_back_to_pytorch(name: str, tmp_path: Path) -> None:
    x, y = torch_modules.write(name, tmp_path, 1)
    old = file_of(name, tmp_path)
    net = wl.net_import_arrays(TORCH[name], old)
    new = wl.net_export_arrays(net, tmp_path / "new.safetensors", like=old)
    module = torch_modules.MODULES[name][0]().eval()
    module.load_state_dict(safetensors.torch.load_file(new))
    assert np.allclose(module(torch.as_tensor(x)).detach().numpy(), y, rtol=1e-4, atol=1e-5)


def test_the_losses_beside_the_example_are_those_of_pytorch() -> None:
    folder = Path(in_pytorch.__file__).parent
    told = json.loads((folder / "losses.json").read_text("utf-8"))
    weights = safetensors.torch.load_file(folder / "weights.safetensors")
    assert np.allclose(in_pytorch.fine_tuned(weights), told["Losses"], rtol=1e-5, atol=0)
