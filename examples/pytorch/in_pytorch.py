"""The other side of from_pytorch.py: a net that PyTorch trains, and PyTorch's fine-tuning of it.

python examples/pytorch/in_pytorch.py

Needs torch (`make test-peers` has it). Writes weights.safetensors, what a net of digits 0 to 4 has
learnt, with a new head, and losses.json, the losses of its fine-tuning on 5 to 9 with parameter
groups, step by step.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import nn

from wlnet.data.digits import digits

HERE = Path(__file__).parent
STEPS = 60
EXAMPLES = 300
RATE = 0.05
RATES = {
    "conv1": 0.0,
    "conv2": 0.1,
    "fc1.weight": 0.3,
    "fc1.bias": 0.6,
    "norm": 2.0,
    "head": 1.0,
}
"""What the learning rate is multiplied by, for what each name begins with."""
MOMENTUM = 0.9


class Reader(nn.Module):
    """Reads five digits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.conv2 = nn.Conv2d(8, 16, 3)
        self.fc1 = nn.Linear(64, 32)
        self.norm = nn.LayerNorm(32)
        self.head = nn.Linear(32, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The logits of a batch of pictures."""
        x = torch.relu(self.conv1(x))
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.head(torch.relu(self.norm(self.fc1(x.flatten(1)))))


def data(low: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of the digits 0 to 4, or 5 to 9, and which of the five they are."""
    (x, y), _ = digits()
    those = y < 5 if low else y >= 5
    pictures = torch.tensor(x[those][:EXAMPLES] / 255, dtype=torch.float32)[:, None]
    return pictures, torch.tensor(y[those][:EXAMPLES] % 5, dtype=torch.int64)


def losses(module: nn.Module, x: torch.Tensor, y: torch.Tensor, optimizer: Any) -> list[float]:
    """Train on all examples at once, for STEPS steps: the loss before each."""
    told = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(module(x), y)
        loss.backward()
        optimizer.step()
        told.append(loss.item())
    return told


def trained() -> Reader:
    """A net that reads 0 to 4, with a new head."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    module = Reader()
    losses(module, *data(low=True), torch.optim.Adam(module.parameters(), lr=0.01))
    module.head = nn.Linear(32, 5)
    return module


def fine_tuned(weights: dict[str, torch.Tensor]) -> list[float]:
    """The losses of a fine-tuning with a parameter group for each rate."""
    module = Reader()
    module.load_state_dict(weights)
    groups = []
    for start, rate in RATES.items():
        those = [p for name, p in module.named_parameters() if name.startswith(start)]
        groups.append({"params": those, "lr": RATE * rate})
    return losses(module, *data(low=False), torch.optim.SGD(groups, momentum=MOMENTUM))


def main() -> None:
    """Write both files."""
    weights = trained().state_dict()
    # As save_file does, but with the permissions of any file.
    (HERE / "weights.safetensors").write_bytes(safetensors.torch.save(weights))
    told = {"Rates": RATES, "Rate": RATE, "Momentum": MOMENTUM, "Losses": fine_tuned(weights)}
    (HERE / "losses.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
