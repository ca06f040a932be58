"""What a net costs follows from the sizes of its results: a huge stride, window or net is planned
soon, or refused before anything is taken."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.bench import EXAMPLES, Run, draws, filled
from wlnet.core import machine
from wlnet.core.errors import OptionError, ShapeError, WlnetError
from wlnet.plan.compile import training_blueprint

HUGE = (10**6, 10**18, 2**63 - 1)


def window(kind: str, rank: int, stride: Any, **options: Any) -> Any:
    if kind == "convolution":
        return wl.ConvolutionLayer(2, (2,) * rank, stride=stride, **options)
    return wl.PoolingLayer((2,) * rank, stride, kind, **options)


def behind_a_layer(layer: Any, rank: int) -> Any:
    """A net in which the gradient goes back through the layer."""
    return wl.NetChain([wl.ConvolutionLayer(2, (1,) * rank), layer], input=(2, *(5,) * rank))


@pytest.mark.parametrize("batch", [1, 20])
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", ["convolution", "Max", "Mean"])
def test_a_stride_beyond_the_space_is_one_that_just_leaves_it(
    kind: str, rank: int, batch: int
) -> None:
    nets = [filled(behind_a_layer(window(kind, rank, stride), rank)) for stride in (5, *HUGE)]
    data = draws(nets[0], batch, 1, -2, 2)
    expected = Run(nets[0], data).run()
    for net in nets[1:]:
        found = Run(net, data).run()
        assert len(found.program.blueprint.steps) == len(expected.program.blueprint.steps)
        assert found.program.blueprint.arena_bytes == expected.program.blueprint.arena_bytes
        for key, array in expected.outputs.items():
            assert np.array_equal(found.outputs[key], array)
        for key, array in expected.derivatives.items():
            np.testing.assert_allclose(found.derivatives[key], array, rtol=1e-12)


@pytest.mark.parametrize("padding", [0, 3, "Same"])
@pytest.mark.parametrize("stride", [4, 7, 11, 12, 13, 40])
def test_strides_about_the_size_of_the_space_give_the_reference(stride: int, padding: Any) -> None:
    for kind in ("convolution", "Total"):
        pads = min(padding, 1) if kind == "Total" and padding == 3 else padding
        net = filled(behind_a_layer(window(kind, 2, stride, padding_size=pads), 2))
        data = draws(net, 2, 1, -2, 2)
        layer, inner = net.nodes[2], net.nodes[1](data["Input"], working_precision="Real64")
        arrays = {f.name: layer.array_values[n] for n, f in layer.declared_arrays.items()}
        expected = layer.reference(inner, **{k: np.float64(v) for k, v in arrays.items()})
        assert Run(net, data).run().outputs["Output"] == pytest.approx(expected, rel=1e-9)


def test_one_element_can_be_spread_as_far_as_one_likes() -> None:
    far = filled(behind_a_layer(wl.ConvolutionLayer(2, 1, dilation=2**62), 2))
    near = filled(behind_a_layer(wl.ConvolutionLayer(2, 1), 2))
    data = draws(far, 3, 1, -2, 2)
    assert Run(far, data).run().outputs["Output"] == pytest.approx(
        Run(near, data).run().outputs["Output"]
    )


def test_a_window_that_sees_padding_for_the_most_part_is_planned_soon() -> None:
    layer = wl.ConvolutionLayer(2, 2, stride=300, padding_size=300)
    net = filled(behind_a_layer(layer, 2))
    blueprint = training_blueprint(net, 2, {"Output": 1.0}, [(1, "Weights"), (2, "Weights")])
    # In the gradient by the input no phase but those of its 5 x 5 pixels.
    assert len(blueprint.steps) < 60
    found = Run(net, draws(net, 2, 1, -2, 2)).run()
    assert found.outputs["Output"].shape == (2, 2, 3, 3)


# More than there is


@pytest.fixture
def no_more(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine of a gigabyte; what is tried there may not take a hundredth of it."""
    monkeypatch.setattr(machine, "available_memory", lambda: 2**30)
    tracemalloc.start()
    yield
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 2**30 / 100


LARGE: dict[str, Any] = {
    "arrays": lambda: wl.net_initialize(wl.LinearLayer(10**6, input=10**6)),
    "an endless array": lambda: wl.net_initialize(wl.NetArrayLayer(output=(2**62, 2**62))),
    "padding": lambda: wl.PoolingLayer(10**6, padding_size=10**6 - 1)(np.ones((1, 1, 1), "f")),
    "a window": lambda: wl.PoolingLayer((2**62,), padding_size=2**62 - 1)(np.ones((1, 1), "f")),
    "a product": lambda: _outer(40_000),
}


def _outer(size: int) -> Any:
    """The product of a column with a row of many numbers."""
    net = wl.NetGraph(
        {"column": wl.ReshapeLayer((size, 1)), "row": wl.ReshapeLayer((1, size)),
         "dot": wl.DotLayer()},
        [("column", "dot"), ("row", "dot")], ports={"Input": size},
    )  # fmt: skip
    return net(np.ones(size, np.float32))


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.usefixtures("no_more")
def test_what_takes_more_memory_than_there_is_is_refused_before_it_is_taken(name: str) -> None:
    with pytest.raises(ShapeError, match=r"more memory than there is[^$]*at most 1\.0 GB"):
        LARGE[name]()


@pytest.mark.usefixtures("no_more")
def test_a_training_is_refused_before_it_takes_more_memory_than_there_is() -> None:
    wide = wl.NetChain([wl.ConvolutionLayer(64, (1,), padding_size=10**7), wl.PoolingLayer((2,))],
                       input=(1, 2))  # fmt: skip
    with pytest.raises(ShapeError, match="more memory than there is"):
        wl.net_train(wide, {"Input": np.ones((4, 1, 2))}, loss_function="Output",
                     training_progress_reporting=None)  # fmt: skip


def test_endless_iterations_are_refused_before_they_are_planned() -> None:
    inner = wl.NetNestOperator(wl.NetChain([wl.LinearLayer(1), "Tanh"], input=1), 2**31)
    for net in (inner, wl.NetNestOperator(inner, 2**31)):
        with pytest.raises(OptionError, match="applies its layers too often"):
            wl.net_initialize(net)([1.0])


# Numbers that no machine counts to

NUMBERS = (10**400, -(10**400), 10**5000, 2**64, 2**63, float("inf"))


@pytest.mark.parametrize("case", EXAMPLES, ids=str)
def test_no_parameter_takes_a_number_without_bounds(case: Any) -> None:
    layer = case.layer
    fields = layer.declared_parameters
    for field in fields.values():
        for number in NUMBERS:
            for value in (number, (number, number), ((number, 1), (1, number))):
                given = {f.name: layer.parameters[f.wolfram] for f in fields.values()}
                try:
                    made = type(layer)(**{**given, field.name: value})
                except WlnetError:
                    pass
                else:
                    assert repr(made)


def test_no_port_takes_a_size_without_bounds() -> None:
    for number in NUMBERS:
        for port in (number, (2, number), (number, "Integer")):
            with pytest.raises(OptionError, match="a shape that cannot be"):
                wl.NetChain([3], input=port)
    large = wl.NetChain([3], input=(2**62, 2**62))
    assert wl.information(large, "ArraysTotalElementCount") == 3 * 2**124 + 3
