"""The other process of steps.py: reads configurations, and tells the seconds of so many steps.

python -m tests.parity.torch_steps FILE

It writes the version of PyTorch, the outputs into the file, and then, for a line "number times", a
line of seconds. Gradients are those of the sum of the outputs times factors. What torch_layers.py
writes for clearness, and what is made once, is written here as one would who wants to be fast.
"""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

import tests.parity.torch_arrays
import tests.parity.torch_losses  # noqa: F401  # they enter what they mean
from tests.parity.torch_layers import MEANINGS, Meaning, Tensors

Made = tuple[Callable[[], Tensors], list[torch.Tensor]]
"""What gives the outputs, and by what their gradients are asked."""
FAST: dict[str, Meaning] = {
    "BatchNormalizationLayer": lambda words, arrays, inputs: {"Output": F.batch_norm(
        inputs["Input"], arrays["MovingMean"], arrays["MovingVariance"], arrays["Scaling"],
        arrays["Biases"], training=True, momentum=0.1, eps=words["epsilon"])},
    "ContrastiveLossLayer": lambda words, arrays, inputs: {"Loss": F.hinge_embedding_loss(
        inputs["Input"], 1 - 2 * inputs["Target"], margin=words["margin"], reduction="none")},
    "DotLayer": lambda words, arrays, inputs: {"Output": inputs["1"] @ inputs["2"]},
    "DropoutLayer": lambda words, arrays, inputs: {
        "Output": F.dropout(inputs["Input"], words["probability"])},
    "TotalLayer": lambda words, arrays, inputs: {"Output": inputs["1"] + inputs["2"]},
    "UnitVectorLayer": lambda words, arrays, inputs: {
        "Output": F.one_hot(inputs["Input"] - 1, words["size"]).float()},
}  # fmt: skip
RECURRENT = {
    "BasicRecurrentLayer": (nn.RNN, ("",)),
    "GatedRecurrentLayer": (nn.GRU, ("ResetGate", "InputGate", "MemoryGate")),
    "LongShortTermMemoryLayer": (
        nn.LSTM, ("InputGate", "ForgetGate", "MemoryGate", "OutputGate")),
}  # fmt: skip
REST = {"BatchNormalizationLayer": ("MovingMean", "MovingVariance"),
        "ContrastiveLossLayer": ("Target",)}  # fmt: skip
"""What no gradient is asked by."""


def recurrent(kind: str, arrays: Tensors, inputs: Tensors) -> Made:
    """The layer of the library, with the gates in its order."""
    layer_of, gates = RECURRENT[kind]
    size, width = arrays[f"{gates[0]}InputWeights"].shape
    layer: nn.Module = layer_of(width, size, batch_first=True)
    names = {"weight_ih_l0": "InputWeights", "weight_hh_l0": "StateWeights", "bias_ih_l0": "Biases"}
    with torch.no_grad():
        for name, each in layer.named_parameters():
            each.zero_()
            if name in names:
                each.copy_(torch.cat([arrays[f"{gate}{names[name]}"] for gate in gates]))
    x = inputs["Input"].requires_grad_()
    return lambda: {"Output": layer(x)[0]}, [x, *layer.parameters()]


def prepared(question: dict[str, Any]) -> Made:
    kind, words = question["kind"], question["words"]
    arrays, inputs = ({n: torch.tensor(x) for n, x in question[side].items()}
                      for side in ("arrays", "inputs"))  # fmt: skip
    if kind in RECURRENT:
        return recurrent(kind, arrays, inputs)
    named = [*arrays.items(), *inputs.items()]
    sources = [x.requires_grad_() for name, x in named
               if x.dtype.is_floating_point and name not in REST.get(kind, ())]  # fmt: skip
    mean = FAST.get(kind, MEANINGS[kind])
    return lambda: mean(words, arrays, inputs), sources


def step_of(question: dict[str, Any], made: Made) -> Callable[[], Tensors]:
    """Forwards and back."""
    outputs_of, sources = made
    factors = {name: torch.tensor(x) for name, x in question["factors"].items()}

    def step() -> Tensors:
        outputs = outputs_of()
        parts = [(y * factors[name]).sum() for name, y in outputs.items() if name in factors]
        total = sum(parts[1:], parts[0]) if parts else None
        if total is not None and total.requires_grad:
            torch.autograd.grad(total, sources)
        return outputs

    return step


def main() -> None:
    torch.set_num_threads(1)
    file = Path(sys.argv[1])
    steps = [step_of(each, prepared(each)) for each in pickle.loads(file.read_bytes())]
    outputs = [{name: y.detach().numpy() for name, y in step().items()} for step in steps]
    file.write_bytes(pickle.dumps(outputs))
    print(f"PyTorch {torch.__version__}", flush=True)
    for line in sys.stdin:
        number, times = map(int, line.split())
        step, start = steps[number], time.perf_counter()
        for _ in range(times):
            step()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
