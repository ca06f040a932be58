"""Arrays behind pictures that were put in a row: the order of a file becomes that of the net."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import wlnet as wl

random = np.random.default_rng(5)
X = random.uniform(-1, 1, (6, 5, 2)).astype(np.float32)
"""A picture, channels last."""
Z = random.uniform(-1, 1, 3).astype(np.float32)
KERNELS = random.uniform(-1, 1, (2, 3, 3, 2, 2)).astype(np.float32)
"""Of two convolutions, as Keras has them."""
ROW = {"Keras": np.ravel, "PyTorch": lambda array: np.moveaxis(array, -1, 0).ravel()}
"""How a framework puts what has channels last here in a row."""


def convolved(picture: Any, which: int) -> Any:
    windows = np.lib.stride_tricks.sliding_window_view(picture, (3, 3), axis=(0, 1))
    return np.einsum("ijcxy,xycd->ijd", windows, KERNELS[which])


A, B = (convolved(X, which) for which in range(2))
CONVOLUTIONS = [(wl.NetPort("Input"), "a"), (wl.NetPort("Input"), "b")]


def graph(nodes: dict[str, Any], edges: list[Any], **ports: Any) -> wl.NetGraph:
    """Two convolutions, what follows them, and a LinearLayer "d" of what comes last."""
    both = {key: wl.ConvolutionLayer(2, 3, biases=None) for key in "ab"}
    nodes = {**both, **nodes, "d": wl.LinearLayer(4, biases=None)}
    return wl.NetGraph(nodes, [*CONVOLUTIONS, *edges], input=(2, 6, 5), **ports)


def chain(*layers: Any) -> wl.NetChain:
    named = {f"n{n}": layer for n, layer in enumerate(layers)}
    nodes = {"a": wl.ConvolutionLayer(2, 3, biases=None), **named}
    return wl.NetChain({**nodes, "d": wl.LinearLayer(4, biases=None)}, input=(2, 6, 5))


FLAT = wl.FlattenLayer()
SUM = wl.ThreadingLayer(lambda a, b: a + b)
NETS: dict[str, tuple[wl.Net, Callable[[Any], list[Any]]]] = {
    "direct": (chain(FLAT), lambda row: [row(A)]),
    "without a FlattenLayer": (chain(), lambda row: [row(A)]),
    "a ReshapeLayer": (chain(wl.ReshapeLayer([24])), lambda row: [row(A)]),
    "each by itself": (
        chain("Ramp", wl.DropoutLayer(), FLAT, "Tanh"),
        lambda row: [np.tanh(row(np.maximum(A, 0)))],
    ),
    "nested": (chain(wl.NetChain([wl.NetChain(["Ramp", FLAT])])), lambda row: [
        row(np.maximum(A, 0))]),
    "residual": (
        graph({"t": wl.TotalLayer(), "f": FLAT}, [(["a", "b"], "t"), ("t", "f"), ("f", "d")]),
        lambda row: [row(A + B)],
    ),
    "threaded": (
        graph({"t": SUM, "f": FLAT}, [(["a", "b"], "t"), ("t", "f"), ("f", "d")]),
        lambda row: [row(A + B)],
    ),
    "residual of rows": (
        graph({"f": FLAT, "g": FLAT, "t": wl.TotalLayer()},
              [("a", "f"), ("b", "g"), (["f", "g"], "t"), ("t", "d")]),
        lambda row: [row(A + B)],
    ),
    "concatenated": (
        graph({"c": wl.CatenateLayer(), "f": FLAT}, [(["a", "b"], "c"), ("c", "f"), ("f", "d")]),
        lambda row: [row(np.concatenate([A, B], -1))],
    ),
    "concatenated rows": (
        graph({"f": FLAT, "g": FLAT, "c": wl.CatenateLayer()},
              [("a", "f"), ("b", "g"), ([wl.NetPort("z"), "g", "f"], "c"), ("c", "d")], z=3),
        lambda row: [Z, row(B), row(A)],
    ),
    "with the input": (
        graph({"p": wl.PaddingLayer([(0, 0), (1, 1), (1, 1)]), "t": wl.TotalLayer(), "f": FLAT},
              [("a", "p"), (["p", wl.NetPort("Input")], "t"), ("t", "f"), ("f", "d"),
               ("b", wl.NetPort("B"))]),
        lambda row: [row(np.pad(A, ((1, 1), (1, 1), (0, 0))) + X)],
    ),
}  # fmt: skip


def written(file: Path, layout: str, dense: Any, convolutions: int = 2) -> Path:
    """A file of a framework. dense: (in, out)."""
    arrays: dict[str, Any] = {}
    for key, kernel in zip("ab"[:convolutions], KERNELS, strict=False):
        if layout == "Keras":
            arrays[f"{key}/kernel"] = kernel
        else:
            arrays[f"{key}.weight"] = np.transpose(kernel, (3, 2, 0, 1))
    arrays |= {"d/kernel": dense} if layout == "Keras" else {"d.weight": dense.T}
    np.savez(file, **arrays)
    return file


def numbers(*shape: int) -> Any:
    return random.uniform(-1, 1, shape).astype(np.float32)


@pytest.mark.parametrize("layout", ROW)
@pytest.mark.parametrize("name", NETS)
def test_what_is_put_in_a_row_is_in_the_order_of_the_file(
    name: str, layout: str, tmp_path: Path
) -> None:
    net, expected = NETS[name]
    row = np.concatenate(expected(ROW[layout]))
    dense = numbers(len(row), 4)
    convolutions = 2 if "b" in net.nodes else 1
    file = written(tmp_path / "a.npz", layout, dense, convolutions)
    new = wl.net_import_arrays(net, file, layout=layout)
    given = {"Input": np.moveaxis(X, -1, 0), "z": Z}
    answer = new({name: given[name] for name in net.input_names})
    answer = answer["Output"] if isinstance(answer, dict) else answer
    assert np.allclose(answer, row @ dense, atol=1e-4)
    # And back again.
    back = wl.net_export_arrays(new, tmp_path / "b.npz", like=file, layout=layout)
    with np.load(file) as old, np.load(back) as there:
        assert all(np.array_equal(old[key], there[key]) for key in old)


def flat(*before: Any, of: Any) -> wl.NetChain:
    layers = {f"n{n}": layer for n, layer in enumerate(before)}
    return wl.NetChain({**layers, "f": FLAT, "d": wl.LinearLayer(4, biases=None)}, input=of)


def keras(tmp_path: Path, dense: Any) -> Path:
    return written(tmp_path / "a.npz", "Keras", dense, 0)


@pytest.mark.parametrize("before", [(), ("Ramp",)])
def test_what_nothing_tells_of_an_input_is_an_error_unless_the_layout_is_said(
    before: tuple[str, ...], tmp_path: Path
) -> None:
    net = flat(*before, of=(2, 6, 5))
    dense = numbers(60, 4)
    file = keras(tmp_path, dense)
    with pytest.raises(wl.FormatError, match="layout='Keras' if it is a picture") as told:
        wl.net_import_arrays(net, file)
    assert "d/Weights" in str(told.value)
    assert "(2, 6, 5) in a row" in str(told.value)
    x = np.maximum(X, 0) if before else X
    new = wl.net_import_arrays(net, file, layout="Keras")
    assert np.allclose(new(np.moveaxis(X, -1, 0)), x.ravel() @ dense, atol=1e-4)
    new = wl.net_import_arrays(net, file, transform={("d", "Weights"): lambda w: w})
    assert np.array_equal(new["d", "Weights"], dense.T)
    # A file of PyTorch has its channels where the net has them.
    file = written(tmp_path / "t.npz", "PyTorch", dense, 0)
    assert np.array_equal(wl.net_import_arrays(net, file)["d", "Weights"], dense.T)


def test_an_image_encoder_tells_that_channels_come_first(tmp_path: Path) -> None:
    dense = numbers(72, 4)
    pixels = random.integers(0, 255, (4, 6, 3)).astype(np.uint8)
    net = flat(of=wl.NetEncoder("Image", (6, 4)))
    new = wl.net_import_arrays(net, keras(tmp_path, dense))
    expected = (pixels / 255).ravel() @ dense
    assert np.allclose(new(Image.fromarray(pixels)), expected, atol=1e-4)


def test_one_channel_and_features_of_sequences_have_one_order(tmp_path: Path) -> None:
    net = flat(of=(1, 6, 5))
    dense = numbers(30, 4)
    for layout in ("Keras", "PyTorch"):
        file = written(tmp_path / "a.npz", layout, dense, 0)
        assert np.array_equal(wl.net_import_arrays(net, file)["d", "Weights"], dense.T)
        words = flat(wl.EmbeddingLayer(5, 7), of=(6,))
        mapping = {"n0": None}
        new = wl.net_import_arrays(words, file, mapping, partial=True)
        assert np.array_equal(new["d", "Weights"], dense.T)


def test_elements_of_a_sequence_stand_one_after_the_other_everywhere(tmp_path: Path) -> None:
    each = wl.NetMapOperator(wl.LinearLayer(2, biases=None))
    net = flat(wl.EmbeddingLayer(3, 7), each, of=(6,))
    dense = numbers(12, 4)
    new = wl.net_import_arrays(net, keras(tmp_path, dense), {"n0": None, "n1": None}, partial=True)
    assert np.array_equal(new["d", "Weights"], dense.T)


def test_an_interleaving_net_takes_files_of_both(tmp_path: Path) -> None:
    net = flat(wl.PoolingLayer(1, interleaving=True), of=(6, 5, 2))
    dense = numbers(60, 4)
    for layout, row in ROW.items():
        new = wl.net_import_arrays(net, written(tmp_path / "a.npz", layout, dense, 0))
        assert np.allclose(new(X), row(X) @ dense, atol=1e-4)


UNDECIDED = {
    "two levels": (flat(of=(6, 10)), 60),
    "exchanged": (flat(wl.ConvolutionLayer(2, 1, biases=None), wl.TransposeLayer([(1, 3)]),
                       of=(2, 6, 5)), 60),
    "a sum with what was learnt": (
        wl.NetGraph(
            {"a": wl.ConvolutionLayer(2, 3), "f": FLAT, "e": 24, "t": wl.TotalLayer(),
             "d": wl.LinearLayer(4, biases=None)},
            [("a", "f"), (wl.NetPort("z"), "e"), (["f", "e"], "t"), ("t", "d")],
            input=(2, 6, 5), z=3),
        24),
    "turn after turn": (
        wl.NetChain({"a": wl.ConvolutionLayer(2, 3), "f": FLAT, "d": wl.NetNestOperator(
            wl.LinearLayer(24, biases=None), 2)}, input=(2, 6, 5)), 24),
    "elements of a sequence": (
        wl.NetChain({"m": wl.NetMapOperator(FLAT), "f": FLAT,
                     "d": wl.LinearLayer(4, biases=None)}, input=(3, 2, 2, 2)), 24),
    "no shape": (wl.NetChain({"a": wl.ConvolutionLayer(2, 3), "f": FLAT,
                              "d": wl.LinearLayer(4, biases=None)}), 24),
}  # fmt: skip


@pytest.mark.parametrize("name", UNDECIDED)
def test_an_order_that_is_not_followed_is_an_error_whatever_the_layout(
    name: str, tmp_path: Path
) -> None:
    net, size = UNDECIDED[name]
    file = keras(tmp_path, numbers(size, 24 if name == "turn after turn" else 4))
    for layout in (wl.AUTOMATIC, "Keras"):
        with pytest.raises(wl.FormatError, match="nothing tells the order") as told:
            wl.net_import_arrays(net, file, partial=True, layout=layout)
        words = "give the net the shape" if name == "no shape" else "transform={('d', "
        assert words in str(told.value)


def test_a_row_that_becomes_a_picture_has_an_order_that_has_to_be_told(tmp_path: Path) -> None:
    net = wl.NetChain({"d": wl.LinearLayer(24, biases=None), "act": "Ramp",
                       "r": wl.ReshapeLayer([2, 4, 3])}, input=5)  # fmt: skip
    dense = numbers(5, 24)
    file = keras(tmp_path, dense)
    with pytest.raises(wl.FormatError, match="nothing tells the order"):
        wl.net_import_arrays(net, file, layout="Keras")

    def turned(w: Any) -> Any:
        return np.moveaxis(w.reshape(4, 3, 2, 5), 2, 0).reshape(24, 5)

    new = wl.net_import_arrays(net, file, transform={"d": turned})
    x = numbers(5)
    expected = np.maximum(x @ dense, 0).reshape(4, 3, 2)
    assert np.allclose(np.moveaxis(new(x), 0, -1), expected, atol=1e-5)


def test_one_array_for_rows_in_different_orders_is_an_error(tmp_path: Path) -> None:
    tied = wl.NetSharedArray("w")
    heads = {key: wl.LinearLayer(4, weights=tied, biases=None) for key in "de"}
    file = keras(tmp_path, numbers(24, 4))

    def net(*before: Any) -> wl.NetGraph:
        nodes = {"a": wl.ConvolutionLayer(2, 3, biases=None), "f": FLAT, **heads}
        return wl.NetGraph(nodes, [("a", "f"), ("f", "d"), *before],
                           input=(2, 6, 5))  # fmt: skip

    with pytest.raises(wl.FormatError, match="nothing tells the order"):
        wl.net_import_arrays(net((wl.NetPort("z"), "e")), file, partial=True)
    new = wl.net_import_arrays(net(("f", "e")), file, partial=True)
    assert not np.array_equal(new[tied], np.load(file)["d/kernel"].T)


def test_a_square_matrix_without_a_name_is_not_taken_as_it_lies(tmp_path: Path) -> None:
    net = wl.NetChain([FLAT, wl.LinearLayer(12, biases=None)], input=(2, 3, 2))
    np.savez(tmp_path / "a.npz", w=numbers(12, 12))
    with pytest.raises(wl.FormatError, match="fit as they are, and turned too"):
        wl.net_import_arrays(net, tmp_path / "a.npz")
