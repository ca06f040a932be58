"""What the words of draws.py mean in PyTorch; of the files beside it in torch_arrays.py and
torch_losses.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

Tensors = dict[str, torch.Tensor]
Meaning = Callable[[dict[str, Any], Tensors, Tensors], Tensors]
"""(words, arrays by the end of their path, inputs) -> outputs."""
MEANINGS: dict[str, Meaning] = {}


def meaning(function: Meaning) -> Meaning:
    """Enter what a configuration means, under its name."""
    MEANINGS[function.__name__] = function
    return function


def _recurrent(
    kind: Any, gates: tuple[str, ...], words: Any, arrays: Tensors, inputs: Tensors, **more: Any
) -> Tensors:
    """Gates in the order of PyTorch; its second biases are 0."""

    def joined(name: str) -> torch.Tensor:
        return torch.cat([arrays[f"{gate}{name}"] for gate in gates])

    weights = joined("InputWeights"), joined("StateWeights"), joined("Biases")
    size, width = arrays[f"{gates[0]}InputWeights"].shape
    layer = kind(width, size, batch_first=True, dtype=weights[0].dtype, **more)
    given = dict(
        zip(("weight_ih_l0", "weight_hh_l0", "bias_ih_l0"), weights, strict=True),
        bias_hh_l0=torch.zeros_like(weights[2]),
    )
    begun = [inputs[name][None] for name in ("State before", "CellState before") if name in inputs]
    states = tuple(begun) if len(begun) > 1 else begun[0] if begun else None
    output, after = torch.func.functional_call(layer, given, (inputs["Input"], states))
    after = after if isinstance(after, tuple) else (after,)
    ended = zip(("State after", "CellState after"), after, strict=False)
    return {"Output": output} | ({n: s[0] for n, s in ended} if words["states"] else {})


@meaning
def BasicRecurrentLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return _recurrent(nn.RNN, ("",), words, arrays, inputs)


@meaning
def GatedRecurrentLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    gates = ("ResetGate", "InputGate", "MemoryGate")
    return _recurrent(nn.GRU, gates, words, arrays, inputs)


@meaning
def LongShortTermMemoryLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    gates = ("InputGate", "ForgetGate", "MemoryGate", "OutputGate")
    return _recurrent(nn.LSTM, gates, words, arrays, inputs)


@meaning
def AttentionLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    key, value, query = (inputs[name] for name in ("Key", "Value", "Query"))
    if "Weights" in arrays:
        key = key @ arrays["Weights"].T
    if words["heads"]:
        key, value, query = (x.transpose(1, 2) for x in (key, value, query))
    root = {"DimensionSqrt": query.shape[-1], "LengthSqrt": key.shape[-2], None: 1}[words["scale"]]
    output = F.scaled_dot_product_attention(
        query, key, value, is_causal=words["is_causal"], scale=root**-0.5
    )
    return {"Output": output.transpose(1, 2) if words["heads"] else output}


@meaning
def MultiheadAttention(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    x, sides = inputs["Input"], ("query", "key", "value")
    width, length = x.shape[2], x.shape[1]
    weights = [arrays[f"{name} Weights"].reshape(width, width) for name in sides]
    biases = [arrays[f"{name} Biases"].reshape(width) for name in sides]
    layer = nn.MultiheadAttention(width, words["heads"], batch_first=True, dtype=x.dtype)
    given = {
        "in_proj_weight": torch.cat(weights), "in_proj_bias": torch.cat(biases),
        "out_proj.weight": arrays["merge Weights"].reshape(width, width),
        "out_proj.bias": arrays["merge Biases"],
    }  # fmt: skip
    mask = nn.Transformer.generate_square_subsequent_mask(length, dtype=x.dtype)
    options = {"attn_mask": mask if words["is_causal"] else None, "need_weights": False}
    return {"Output": torch.func.functional_call(layer, given, (x, x, x), options)[0]}


@meaning
def NormalizationLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    x = inputs["Input"]
    scaling, biases = arrays["Scaling"], arrays.get("Biases")
    if words["kind"] == "RMS":
        return {"Output": F.rms_norm(x, x.shape[-1:], scaling, eps=0.001)}
    if "groups" in words:
        return {"Output": F.group_norm(x, words["groups"], scaling, biases, eps=0.001)}
    return {"Output": F.layer_norm(x, x.shape[-1:], scaling, biases, eps=0.001)}


@meaning
def SpatialTransformationLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    x, theta = inputs["Input"], inputs["Parameters"].view(-1, 2, 3)
    grid = F.affine_grid(theta, [*x.shape[:2], *words["size"]], align_corners=True)
    return {"Output": F.grid_sample(x, grid, align_corners=True)}


@meaning
def PaddingLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    x, padding = inputs["Input"], words["padding"]
    around = [side for pair in reversed(words["margins"]) for side in pair]
    if not isinstance(padding, str):
        return {"Output": F.pad(x, around, value=padding)}
    mode = {"Fixed": "replicate", "Reflected": "reflect", "Periodic": "circular"}[padding]
    return {"Output": F.pad(x[:, None], around, mode=mode)[:, 0]}


@meaning
def ResizeLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    x, size = inputs["Input"], tuple(words["sizes"])
    if words["resampling"] == "Nearest":
        return {"Output": F.interpolate(x, size, mode="nearest-exact")}
    mode, is_point = {1: "linear", 2: "bilinear"}[len(size)], words["scheme"] == "Point"
    return {"Output": F.interpolate(x, size, mode=mode, align_corners=is_point)}


@meaning
def AggregationLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    functions: dict[str, Callable[..., torch.Tensor]] = {
        "Mean": torch.mean, "Max": torch.amax, "Min": torch.amin, "Total": torch.sum,
        "Times": torch.prod, "Variance": torch.var, "StandardDeviation": torch.std,
        "Median": lambda x, dim: torch.quantile(x, 0.5, dim),
        "MeanDeviation": lambda x, dim: (x - x.mean(dim, keepdim=True)).abs().mean(dim),
        "InterquartileRange": lambda x, dim: _hazen(x, 0.75, dim) - _hazen(x, 0.25, dim),
    }  # fmt: skip
    return {"Output": functions[words["function"]](inputs["Input"], dim=2)}


def _hazen(x: torch.Tensor, share: float, dim: int) -> torch.Tensor:
    """Number k in order, of n, is at (k - 1/2) / n."""
    n, numbers = x.shape[dim], torch.sort(x, dim).values.unbind(dim)
    place = min(max(n * share + 0.5, 1), n) - 1
    low, high = int(place), min(int(place) + 1, n - 1)
    return numbers[low] * (1 - place + low) + numbers[high] * (place - low)


@meaning
def ExtractLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    x, position = inputs["Input"], inputs["Position"]
    each = [position[..., i] - 1 for i in range(words["depth"])]
    example = torch.arange(len(x)).reshape(-1, *(1,) * (each[0].ndim - 1))
    return {"Output": x[(example, *each)]}


def _of_two(query: torch.Tensor, key: torch.Tensor) -> dict[str, Any]:
    size = query.shape[-1]
    return {
        "attention": lambda: F.scaled_dot_product_attention(query, key, key),
        "huber": lambda: F.huber_loss(key, torch.zeros_like(key), reduction="none").sum(
            (1, 2), keepdim=True
        ) * query,
        "sorted": lambda: torch.sort(key, 1).values.flip(1).mT @ key + query[:, 0, :, None],
        "einsum": lambda: torch.einsum("bid,bjd,bjk->bik", query, key, key),
        "spread": lambda: key.std(1, correction=0)
        / (1 + query.var((1, 2), correction=0)).reshape(-1, 1) - query.amax(1).reshape(-1, size),
        "loss": lambda: F.softplus(query @ key.mT).mean((1, 2)),
    }  # fmt: skip


@meaning
def FunctionLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": _of_two(inputs["Query"], inputs["Key"])[words["function"]]()}


@meaning
def UnitVectorLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": F.one_hot(inputs["Input"] - 1, words["size"]).double()}


@meaning
def OrderingLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    places, count = torch.argsort(inputs["Input"], dim=1, stable=True) + 1, words["count"]
    return {"Output": places[:, :count] if count > 0 else places[:, count:]}


@meaning
def EmbeddingLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": F.embedding(inputs["Input"] - 1, arrays["Weights"])}


@meaning
def SequenceReverseLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": inputs["Input"].flip(1)}


@meaning
def AppendLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": torch.cat([inputs["Input"], inputs["Element"][:, None]], 1)}


@meaning
def ReplicateLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    x = inputs["Input"]
    return {"Output": x[:, None].expand(-1, words["count"], *x.shape[1:])}


def _moves(words: Any, arrays: Tensors) -> dict[str, Any]:
    names = "stride", "padding", "dilation", "groups"
    given = {name: words[name] for name in names}
    return {**given, "bias": arrays["Biases"] if words["has_biases"] else None}


@meaning
def ConvolutionLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    function: Any = (F.conv1d, F.conv2d, F.conv3d)[len(words["kernel"]) - 1]
    return {"Output": function(inputs["Input"], arrays["Weights"], **_moves(words, arrays))}


@meaning
def DeconvolutionLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    several = F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d
    function: Any = several[len(words["kernel"]) - 1]
    return {"Output": function(inputs["Input"], arrays["Weights"], **_moves(words, arrays))}


@meaning
def LocalResponseNormalizationLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    size = 2 * words["width"] + 1
    rest = words["alpha"], words["beta"], words["bias"]
    return {"Output": F.local_response_norm(inputs["Input"], size, *rest)}


@meaning
def LinearLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    """All levels are one; what comes out may have several."""
    biases = arrays["Biases"].reshape(-1) if words["has_biases"] else None
    weights = arrays["Weights"]
    output = F.linear(inputs["Input"].flatten(1), weights.reshape(len(weights), -1), biases)
    return {"Output": output.reshape(-1, *words["sizes"])}


@meaning
def SoftmaxLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": torch.softmax(inputs["Input"], words["level"])}


@meaning
def ElementwiseLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    functions: dict[str, Any] = {
        "Ramp": F.relu, "Tanh": torch.tanh, "LogisticSigmoid": torch.sigmoid,
        "SoftRamp": F.softplus, "ELU": F.elu, "SELU": F.selu, "GELU": F.gelu, "Swish": F.silu,
        "HardSwish": F.hardswish, "Mish": F.mish, "SoftSign": F.softsign, "HardTanh": F.hardtanh,
        "ReLU6": F.relu6, "Erf": torch.erf, "Sin": torch.sin, "Cos": torch.cos,
        "ArcTan": torch.atan, "Sinh": torch.sinh, "Cosh": torch.cosh, "ArcSinh": torch.asinh,
        "Exp": torch.exp, "Square": torch.square, "Abs": torch.abs, "FractionalPart": torch.frac,
        "Erfc": torch.erfc, "InverseErf": torch.erfinv, "Reciprocal": torch.reciprocal,
        "IntegerPart": torch.trunc, "Floor": torch.floor, "Ceiling": torch.ceil,
        "Sign": torch.sign, "Negate": torch.neg, "Log": torch.log, "Log2": torch.log2,
        "Log10": torch.log10, "Sqrt": torch.sqrt, "LogGamma": torch.lgamma, "Tan": torch.tan,
        "ArcSin": torch.asin, "ArcCos": torch.acos, "ArcTanh": torch.atanh,
        "ArcCosh": torch.acosh, "Sec": lambda x: torch.cos(x).reciprocal(),
        "Csc": lambda x: torch.sin(x).reciprocal(),
    }  # fmt: skip
    return {"Output": functions[words["function"]](inputs["Input"])}


@meaning
def PoolingLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    names = {"Max": "max_pool", "Mean": "avg_pool"}
    function = getattr(F, f"{names[words['function']]}{len(words['kernel'])}d")
    return {"Output": function(inputs["Input"], words["kernel"], words["stride"], words["padding"])}


@meaning
def BatchNormalizationLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    moving = [arrays[f"Moving{name}"].detach() for name in ("Mean", "Variance")]
    learned = arrays["Scaling"], arrays["Biases"]
    return {"Output": F.batch_norm(inputs["Input"], *moving, *learned, eps=words["epsilon"])}


@meaning
def BatchNormalizationInTraining(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    learned = arrays["Scaling"], arrays["Biases"]
    return {"Output": F.batch_norm(
        inputs["Input"], None, None, *learned, training=True, eps=words["epsilon"]
    )}  # fmt: skip


@meaning
def InstanceNormalization(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    learned = {"weight": arrays["Scaling"], "bias": arrays["Biases"]}
    return {"Output": F.instance_norm(inputs["Input"], **learned, eps=0.001)}


@meaning
def ParametricRampLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": F.prelu(inputs["Input"], arrays["Slope"].reshape(-1))}


@meaning
def DropoutLayer(words: Any, arrays: Tensors, inputs: Tensors) -> Tensors:
    return {"Output": F.dropout(inputs["Input"], words["probability"], training=False)}
