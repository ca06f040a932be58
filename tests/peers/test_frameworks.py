"""docs/from-other-frameworks.md: what it names in PyTorch and Keras is there and gives the same."""

from __future__ import annotations

import os
import re
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.bench import filled, with_inputs
from tests.frameworks import INDICES, NONE, PAGE, TABLES, shapes_of
from wlnet.core.net import Net
from wlnet.nets.arrays import arrays_of

os.environ.setdefault("KERAS_BACKEND", "torch")

ROWS = [row for rows in TABLES.values() for row in rows]
RUN = [row for title in ("Layers with arrays", "Layers without arrays") for row in TABLES[title]]
RUN = [row for row in RUN if "DropoutLayer" not in row["wlnet"]]
GATES = {
    "LongShortTermMemoryLayer": ["Input", "Forget", "Memory", "Output"],
    "GatedRecurrentLayer": ["Reset", "Input", "Memory"],
    "BasicRecurrentLayer": [""],
}
"""In the order of PyTorch."""
COUNT = 3


def names() -> dict[str, Any]:
    """What the page's expressions are written in."""
    import keras
    import torch

    keras.config.set_image_data_format("channels_first")
    return {
        "torch": torch, "nn": torch.nn, "F": torch.nn.functional, "optim": torch.optim,
        "keras": keras, "layers": keras.layers,
    }  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["wlnet"])
def test_what_the_page_names_is_there(row: dict[str, str]) -> None:
    for framework in ("PyTorch", "Keras"):
        if row[framework] != NONE:
            assert eval(row[framework], names()) is not None


def test_callbacks_that_the_page_names_are_there() -> None:
    import keras

    cells = [line.split("|")[4] for line in PAGE.read_text("utf-8").splitlines()
             if re.match(r"\| `[A-Z]\w+` \| `\w+=`", line)]  # fmt: skip
    named = re.findall(r"`([A-Z]\w+)`", " ".join(cells))
    assert len(named) >= 4
    assert all(hasattr(keras.callbacks, name) for name in named)


def drawn(expression: str, inputs: int = 1) -> list[np.ndarray]:
    """What goes in: a few examples."""
    rng = np.random.default_rng(1)
    name = expression.removeprefix("wl.").partition("(")[0]
    if name in INDICES:
        return [rng.integers(1, INDICES[name] + 1, (COUNT, 4))]
    shapes = shapes_of(expression, inputs)
    return [rng.normal(size=(COUNT, *shape)).astype(np.float32) for shape in shapes]


def wlnet_layer(expression: str, column: np.ndarray) -> Any:
    """The layer of wlnet with random arrays."""
    layer = eval(expression, {"wl": wl})
    shape = column.shape[1:]
    return filled(with_inputs(layer, {"Input": shape})) if isinstance(layer, Net) else layer


def as_numpy(value: Any) -> np.ndarray:
    """An answer as an array; of several, the first."""
    value = value[0] if isinstance(value, tuple) else value
    return np.asarray(value.detach().numpy() if hasattr(value, "detach") else value)


@pytest.mark.parametrize("row", RUN, ids=lambda row: row["wlnet"])
def test_pytorch_gives_the_same(row: dict[str, str]) -> None:
    import torch

    if row["PyTorch"] == NONE or "nn.Parameter" in row["PyTorch"]:
        return
    (x,) = drawn(row["wlnet"])
    own, module = wlnet_layer(row["wlnet"], x), eval(row["PyTorch"], names())
    if isinstance(module, torch.nn.Module):
        module.eval()
        if own.kind in GATES:
            put_gates(module, own)
        else:
            put(own, [*module.parameters(), *(b for b in module.buffers() if b.ndim)], torch.tensor)
        if hasattr(module, "eps"):
            module.eps = own.parameters["Epsilon"]
    shift = own.kind == "EmbeddingLayer"
    found = as_numpy(module(torch.tensor(x - shift)))
    np.testing.assert_allclose(found, own(x), rtol=1e-4, atol=1e-5)


def put(own: Any, tensors: list[Any], make: Any) -> None:
    """Copy arrays, in their order."""
    import torch

    values = [own.array_values[key[-1]] for key in arrays_of(own)]
    assert [tuple(t.shape) for t in tensors] == [v.shape or (1,) for v in values]
    with torch.no_grad():
        for tensor, value in zip(tensors, values, strict=True):
            tensor.copy_(make(np.array(value)))


def of_gates(own: Any, gates: list[str], end: str) -> np.ndarray:
    """The arrays of gates, one below the other."""
    return np.concatenate([own.array_values[f"{g}Gate{end}" if g else end] for g in gates])


def put_gates(module: Any, own: Any) -> None:
    """Copy the arrays of gates, which PyTorch keeps one below the other."""
    import torch

    ends = {"weight_ih_l0": "InputWeights", "weight_hh_l0": "StateWeights", "bias_ih_l0": "Biases"}
    with torch.no_grad():
        module.bias_hh_l0.zero_()
        for name, end in ends.items():
            getattr(module, name).copy_(torch.tensor(of_gates(own, GATES[own.kind], end)))


@pytest.mark.parametrize("row", RUN, ids=lambda row: row["wlnet"])
def test_keras_gives_the_same(row: dict[str, str]) -> None:
    if row["Keras"] == NONE or "keras.Variable" in row["Keras"]:
        return
    (x,) = drawn(row["wlnet"])
    own, layer = wlnet_layer(row["wlnet"], x), eval(row["Keras"], names())
    given = x - (own.kind == "EmbeddingLayer")
    layer(given)
    if own.kind in GATES:
        # Keras has the gates of this one in another order.
        gates = ["Input", "Reset", "Memory"] if own.kind == "GatedRecurrentLayer" else None
        kernel, state, bias = (
            of_gates(own, gates or GATES[own.kind], end)
            for end in ("InputWeights", "StateWeights", "Biases")
        )
        bias = np.stack([bias, 0 * bias]) if gates else bias
        layer.set_weights([kernel.T, state.T, bias])
        np.testing.assert_allclose(as_numpy(layer(given)), own(x), rtol=1e-4, atol=1e-5)
        return
    values = [np.array(own.array_values[key[-1]]) for key in arrays_of(own)]
    turned = [np.moveaxis(v, (0, 1), (-1, -2)) if v.ndim > 1 and own.kind != "EmbeddingLayer" else v
              for v in values]  # fmt: skip
    layer.set_weights([v.reshape(w.shape) for v, w in zip(turned, layer.weights, strict=True)])
    if hasattr(layer, "epsilon"):
        layer.epsilon = own.parameters["Epsilon"]
    found = as_numpy(
        layer(given, training=False) if own.kind == "BatchNormalizationLayer" else layer(given)
    )
    np.testing.assert_allclose(found, own(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("row", TABLES["Several inputs"], ids=lambda row: row["wlnet"])
def test_layers_of_several_inputs_give_the_same(row: dict[str, str]) -> None:
    import torch

    columns = drawn(row["wlnet"], 2)
    layer = eval(row["wlnet"], {"wl": wl})
    order = ("1", "2") if layer.is_variadic else layer.input_names
    order = ("Query", "Value", "Key") if "Attention" in row["wlnet"] else order
    ports = dict(zip(order, columns, strict=True))
    shapes = {name: column.shape[1:] for name, column in ports.items()}
    is_attention = "Attention" in row["wlnet"]
    net = wl.AttentionLayer("Dot", ports=shapes) if is_attention else with_inputs(layer, shapes)
    answer = net(ports)
    tensors = [torch.tensor(column) for column in columns]
    found = [as_numpy(eval(row["PyTorch"], names())(*tensors))]
    if row["Keras"] != NONE:
        found.append(as_numpy(eval(row["Keras"], names())(tensors)))
    for each in found:
        np.testing.assert_allclose(each, answer, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("row", TABLES["Losses"], ids=lambda row: row["wlnet"])
def test_losses_give_the_same_mean(row: dict[str, str]) -> None:
    import torch

    rng = np.random.default_rng(2)
    given = rng.dirichlet(np.ones(4), COUNT).astype(np.float32)
    target: np.ndarray = rng.dirichlet(np.ones(4), COUNT).astype(np.float32)
    if "Index" in row["wlnet"]:
        target = rng.integers(1, 5, COUNT)
    shapes: dict[str, Any] = {"Input": (4,), "Target": () if "Index" in row["wlnet"] else (4,)}
    if "Contrastive" in row["wlnet"]:  # a distance, and whether there should be one
        given, target = given[:, 0], (target[:, 0] > np.median(target[:, 0])).astype(np.float32)
        shapes = {"Input": (), "Target": ()}
    if "CTC" in row["wlnet"]:  # of three classes and the blank, at five steps
        given = rng.dirichlet(np.ones(4), (COUNT, 5)).astype(np.float32)
        target = np.array([[1, 2], [3, 3], [2, 1]])
        shapes = {"Input": (5, 4), "Target": (2,)}
    loss = with_inputs(eval(row["wlnet"], {"wl": wl}), shapes)
    own = np.mean(loss({"Input": given, "Target": target}))
    tensors = torch.tensor(given), torch.tensor(target)
    for framework in ("PyTorch", "Keras"):
        if row[framework] == NONE:
            continue
        found = as_numpy(eval(row[framework], names())(*tensors))
        np.testing.assert_allclose(found, own, rtol=1e-4, atol=1e-5)
