"""Integers of a file stay integers, and sizes and shapes are those that ONNX Runtime has."""

import numpy as np
import pytest
from onnx import TensorProto

import wlnet as wl
from tests.onnx.test_import_structure import WHOLE, F, model, node, ran
from wlnet.onnx import import_net

SINGLE = np.array([[3.0, 5.7, -3.0, -7.2]], np.float32)
CAST = {"to": TensorProto.INT64}
BY_TWO = [node("Div", "i", "two", out="q"), node("Cast", "q", out="y", to=F)]
COUNTS = {
    "floats, divided": [node("Cast", "x", out="i", **CAST), *BY_TWO],
    "Booleans, counted and divided": [
        node("Greater", "x", "zero", out="b"), node("Cast", "b", out="c", **CAST),
        node("ReduceSum", "c", "axis", out="i"), *BY_TWO,
    ],
    "clipped, and divided": [
        node("Cast", "x", out="c", **CAST), node("Clip", "c", "none", out="i"), *BY_TWO,
    ],
    "taken, joined and divided": [
        node("Cast", "x", out="c", **CAST), node("Slice", "c", "one", "two_", "axis", out="s"),
        node("Concat", "c", "s", out="i", axis=1), *BY_TWO,
    ],
    "chosen, and divided": [
        node("Greater", "x", "zero", out="b"), node("Cast", "x", out="c", **CAST),
        node("Where", "b", "c", "two", out="i"), *BY_TWO,
    ],
    "a mean": [
        node("Cast", "x", out="i", **CAST), node("ReduceMean", "i", out="q", axes=[1]),
        node("Cast", "q", out="y", to=F),
    ],
    "a power": [
        node("Cast", "x", out="c", **CAST), node("Pow", "c", "three", out="i"), *BY_TWO,
    ],
    "a power that is a share": [
        node("Cast", "x", out="c", **CAST), node("Pow", "c", "less", out="q"),
        node("Cast", "q", out="y", to=F),
    ],
    "a remainder": [
        node("Cast", "x", out="c", **CAST), node("Mod", "c", "two", out="q"),
        node("Cast", "q", out="y", to=F),
    ],
    "few bits": [
        node("Cast", "x", out="c", **CAST), node("Mul", "c", "many", out="m"),
        node("Cast", "m", out="q", to=TensorProto.INT8), node("Cast", "q", out="y", to=F),
    ],
}  # fmt: skip
"""What is worked out with integers that are made of floats or Booleans."""
HELD = {
    "two": np.array(2), "zero": np.float32(0), "axis": np.array([1]), "none": np.array(0),
    "one": np.array([1]), "two_": np.array([2]), "three": np.array(3), "many": np.array(50),
    "less": np.array(-1),
}  # fmt: skip


def file(nodes, shape, held, kind=F):
    used = {name for each in nodes for name in each.input}
    arrays = {name: array for name, array in held.items() if name in used}
    return model(nodes, {"x": (kind, "batch", *shape)}, ["y"], arrays)


@pytest.mark.parametrize("name", COUNTS)
def test_integers_behind_a_cast_are_still_integers(name):
    one = file(COUNTS[name], (4,), HELD)
    assert np.array_equal(import_net(one)(SINGLE), ran(one, SINGLE)[0])


def test_quotients_of_all_integers_are_exact():
    x = np.r_[-999:1000, 2**24 - 999 : 2**24][:, None].astype(np.float32)
    for by in (3, 49, 107):
        one = file(COUNTS["floats, divided"], (1,), {"two": np.array(by)})
        assert np.array_equal(import_net(one)(x), ran(one, x)[0])


def test_integers_that_would_get_a_point_are_refused():
    nodes = [node("ReduceL2", "x", out="q", name="norm"), node("Cast", "q", out="y", to=F)]
    with pytest.raises(wl.FormatError, match=r"(?s)with a point.*node 'norm' \(ReduceL2\)"):
        import_net(file(nodes, (3,), {}, WHOLE), batch_axis=None, shapes={"x": (2, 3)})


@pytest.mark.parametrize("number", [1_700_000_000, 2**24 + 1, -(2**40)])
def test_integers_that_no_float_tells_apart_are_refused(number):
    for kind in ("Sub", "Mod", "Less"):
        nodes = [node(kind, "x", "c", out="q", name="old"), node("Cast", "q", out="y", to=F)]
        with pytest.raises(wl.FormatError, match=rf"(?s)round.*node 'old' \({kind}\).*{number}"):
            import_net(file(nodes, (3,), {"c": np.array(number)}, WHOLE))


def test_the_ends_of_a_type_may_bound_integers():
    nodes = [node("Clip", "x", "none", "end", out="q"), node("Cast", "q", out="y", to=F)]
    one = file(nodes, (2,), {**HELD, "end": np.array(2**63 - 1)}, WHOLE)
    assert import_net(one)([3, -4]).tolist() == [3, 0]


# Sizes

ROW = np.arange(10, dtype=np.float32).reshape(1, 1, 1, 10) ** 2
RESIZED = [
    (size, factor, *way)
    for size, factor in ((10, 0.7), (10, 1.3), (7, 0.6), (5, 1.5), (3, 1.7), (9, 2.0))
    for way in (
        ("nearest", "asymmetric"), ("linear", "align_corners"), ("linear", "half_pixel"),
        ("linear", "tf_half_pixel_for_nn"), ("cubic", "align_corners"),
    )
]  # fmt: skip


@pytest.mark.parametrize(("size", "factor", "mode", "places"), RESIZED)
def test_pictures_are_resized_as_in_onnx_runtime(size, factor, mode, places):
    x = ROW[..., :size] * np.array([1, -3], np.float32).reshape(2, 1, 1) + np.zeros((1, 1, 4, 1))
    x = x.astype(np.float32)
    one = model(
        [node("Resize", "x", "", "by", out="y", mode=mode, nearest_mode="floor",
              coordinate_transformation_mode=places)],
        {"x": (F, "batch", 2, 4, size)}, ["y"], {"by": np.array([1, 1, 2, factor], np.float32)},
    )  # fmt: skip
    made, (wanted,) = import_net(one)(x), ran(one, x)
    assert made.shape == wanted.shape
    assert np.allclose(made, wanted, rtol=1e-5, atol=1e-4)


def test_states_of_another_size_than_the_units_are_refused():
    nodes = [node("LSTM", "x", "w", "r", "", "", "h", "c", out="y", name="rnn", hidden_size=3)]
    zeros = np.zeros((1, 1, 3), np.float32)
    arrays = {"w": np.ones((1, 12, 2), np.float32), "r": np.ones((1, 12, 3), np.float32)}
    arrays |= {"h": zeros, "c": zeros}
    assert import_net(model(nodes, {"x": (F, 4, "batch", 2)}, ["y"], arrays), batch_axis=1)
    for name in "hc":
        wrong = {**arrays, name: np.zeros((1, 1, 5), np.float32)}
        one = model(nodes, {"x": (F, 4, "batch", 2)}, ["y"], wrong)
        with pytest.raises(wl.FormatError, match=r"(?s)states of shape \(1, 1, 5\).*node 'rnn'"):
            import_net(one, batch_axis=1)


def test_axes_of_a_flattening_are_counted_from_the_last():
    one = file([node("Flatten", "x", out="y", axis=-2)], (3, 2), {})
    x = np.arange(6, dtype=np.float32).reshape(1, 3, 2)
    assert np.array_equal(import_net(one)(x), ran(one, x)[0])
