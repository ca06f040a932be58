"""What the words of draws_of_arrays.py mean in PyTorch."""

from __future__ import annotations

from typing import Any

import torch

from tests.parity.torch_layers import Tensors, meaning


@meaning
def ReshapeLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": inputs["Input"].reshape(-1, *words["shape"])}


@meaning
def FlattenLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    x, level = inputs["Input"], words["level"]
    if level == "All":
        return {"Output": x.flatten(1)}
    ends = (1, level + 1) if level > 0 else (x.ndim - 1 + level, x.ndim - 1)
    return {"Output": x.flatten(*ends)}


@meaning
def TransposeLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    """Level k becomes level order[k]."""
    order = words["order"]
    return {"Output": inputs["Input"].permute(0, *(order.index(k) + 1 for k in sorted(order)))}


@meaning
def PartLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    x, part = inputs["Input"], words["part"]
    if isinstance(part, list):
        first, last = part
        return {"Output": x[:, first - 1 : last]}
    return {"Output": x[:, part - 1 if part > 0 else part]}


@meaning
def SequenceLastLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": inputs["Input"][:, -1]}


@meaning
def SequenceMostLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": inputs["Input"][:, :-1]}


@meaning
def SequenceRestLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": inputs["Input"][:, 1:]}


@meaning
def SequenceIndicesLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    count, length = inputs["Input"].shape[:2]
    return {"Output": torch.arange(1, length + 1).expand(count, length)}


@meaning
def SummationLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": inputs["Input"].flatten(1).sum(1)}


@meaning
def ConstantPlusLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": inputs["Input"] + arrays["Biases"]}


@meaning
def ConstantTimesLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": inputs["Input"] * arrays["Scaling"]}


@meaning
def PrependLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": torch.cat([inputs["Element"][:, None], inputs["Input"]], 1)}


@meaning
def CatenateLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": torch.cat([*inputs.values()], words["level"])}


@meaning
def TotalLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": torch.stack([*inputs.values()]).sum(0)}


@meaning
def ThreadingLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    functions: dict[str, Any] = {
        "Plus": torch.add, "Times": torch.mul, "Subtract": torch.sub, "Divide": torch.div,
        "Power": torch.pow, "Min": torch.minimum, "Max": torch.maximum,
    }  # fmt: skip
    return {"Output": functions[words["function"]](inputs["1"], inputs["2"])}


@meaning
def DotLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    both = (torch.tensordot(a, b, 1) for a, b in zip(inputs["1"], inputs["2"], strict=True))
    return {"Output": torch.stack([*both])}
