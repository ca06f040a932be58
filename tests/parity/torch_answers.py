"""The other process, which knows PyTorch and no wlnet: asked and answered in a file.

python -m tests.parity.torch_answers FILE
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import torch

import tests.parity.torch_arrays
import tests.parity.torch_losses  # noqa: F401  # they enter what they mean
from tests.parity.torch_layers import MEANINGS


def answered(question: dict[str, Any]) -> dict[str, Any]:
    """Outputs, and the gradients of the sum of the outputs times factors."""
    arrays, inputs = ({name: torch.tensor(x) for name, x in question[side].items()}
                      for side in ("arrays", "inputs"))  # fmt: skip
    reals = {("array", n): x for n, x in arrays.items()} | {
        ("input", n): x for n, x in inputs.items()
    }
    reals = {name: x for name, x in reals.items() if x.dtype.is_floating_point}
    for x in reals.values():
        x.requires_grad_()
    outputs = MEANINGS[question["kind"]](question["words"], arrays, inputs)
    factors = question["factors"]
    parts = [
        (y * torch.tensor(factors[name])).sum() for name, y in outputs.items() if name in factors
    ]
    found = {}
    if reals and parts and any(part.requires_grad for part in parts):
        gradients = torch.autograd.grad(sum(parts), [*reals.values()], materialize_grads=True)
        found = dict(zip(reals, gradients, strict=True))
    return {
        "outputs": {name: y.detach().numpy() for name, y in outputs.items()},
        "gradients": {name: y.numpy() for name, y in found.items()},
    }


def main() -> None:
    file = Path(sys.argv[1])
    questions = pickle.loads(file.read_bytes())
    file.write_bytes(pickle.dumps([answered(question) for question in questions]))


if __name__ == "__main__":
    main()
