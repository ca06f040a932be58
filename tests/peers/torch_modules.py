"""The nets of tests/io/nets_of_peers.py in PyTorch, with inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import nn

from tests.io.nets_of_peers import WIDTH, file_of


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(7, 3)
        self.lstm = nn.LSTM(3, WIDTH, batch_first=True)
        self.gru = nn.GRU(WIDTH, WIDTH, batch_first=True)
        self.rnn = nn.RNN(WIDTH, WIDTH, batch_first=True)
        self.read = nn.Linear(WIDTH, 2)

    def forward(self, x: Any) -> Any:
        # Classes count from 1 in wlnet.
        x = self.embed(x - 1)
        for layer in (self.lstm, self.gru, self.rnn):
            x, _ = layer(x)
        return self.read(x)


class OwnArrays(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale, self.shift, self.token = (nn.Parameter(torch.zeros(2, 3)) for _ in range(3))

    def forward(self, x: Any) -> Any:
        return x * self.scale + self.shift + self.token


def pictures() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3),
        nn.BatchNorm2d(4),
        nn.PReLU(),
        nn.Conv2d(4, 4, 2, groups=2, bias=False),
        nn.Flatten(),
        nn.Linear(24, 5),
        nn.LayerNorm(5),
        nn.Linear(5, 5),
        nn.PReLU(5),
    )


def growing() -> nn.Module:
    return nn.Sequential(nn.ConvTranspose2d(2, 4, 3, 2, 1), nn.ConvTranspose2d(4, 6, 2, groups=2))


def normalizing() -> nn.Module:
    return nn.Sequential(
        nn.GroupNorm(2, 4),
        nn.Conv2d(4, 6, 1),
        nn.InstanceNorm2d(6, affine=True),
        nn.RMSNorm(5, eps=1e-5),
    )


MODULES = {
    "torch_normalizing": (normalizing, lambda: torch.randn(3, 4, 3, 5)),
    "torch_growing": (growing, lambda: torch.randn(3, 2, 3, 2)),
    "torch_pictures": (pictures, lambda: torch.randn(3, 2, 5, 6)),
    "torch_recurrent": (Recurrent, lambda: torch.randint(1, 8, (3, 5))),
    "torch_own_arrays": (OwnArrays, lambda: torch.randn(3, 2, 3)),
}


def write(name: str, folder: Path, seed: int) -> tuple[Any, Any]:
    """Write the file of a module with random numbers; inputs, and what it makes of them."""
    torch.manual_seed(seed)
    make, inputs = MODULES[name]
    module = make().eval()
    state = module.state_dict()
    for key, value in state.items():
        if value.is_floating_point():
            value.uniform_(0.5 if key.endswith("running_var") else -1, 1)
        if key == "gru.bias_hh_l0":
            # The biases that the reset gate acts on: wlnet has none.
            value[-WIDTH:] = 0
    file_of(name, folder).write_bytes(safetensors.torch.save(state))
    x = inputs()
    with torch.no_grad():
        return x.numpy(), np.asarray(module(x))
