"""Attention as one call: which nets have it, and that no bit depends on whether they have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import AttentionLayer, NetGraph, NetPort
from wlnet.engine.blueprint import DTYPES
from wlnet.engine.program import Program
from wlnet.plan.compile import forward_blueprint, training_blueprint

LENGTH, HEADS, SIZE = 9, 3, 5
SCALED = {"score_rescaling": "DimensionSqrt"}
SIDES = ("key", "value", "query")


def heads(**options: Any) -> Any:
    """Heads of a sequence that attends to itself, and a layer before and behind."""
    nodes = {
        "before": wl.NetMapOperator(4),
        **{name: wl.NetMapOperator((HEADS, SIZE)) for name in SIDES},
        "attend": AttentionLayer("Dot", multi_head=True, **{**SCALED, **options}),
        "merge": wl.NetMapOperator(2),
    }
    edges: list[Any] = [("before", name, NetPort("attend", name.title())) for name in SIDES]
    return NetGraph(nodes, [*edges, ("attend", "merge")], input=(LENGTH, 3))


def by_hand(scale: Any) -> Any:
    """Attention of dots, numbers and softmax, as a user may write it."""
    nodes = {
        **{name: wl.NetMapOperator(SIZE) for name in SIDES},
        "turn": wl.TransposeLayer(),
        "scores": wl.DotLayer(),
        "scale": wl.ElementwiseLayer(scale or (lambda x: x)),
        "weights": wl.SoftmaxLayer(),
        "chosen": wl.DotLayer(),
        "merge": wl.NetMapOperator(2),
    }
    edges: list[Any] = [
        ("key", "turn"), (["query", "turn"], "scores", "scale", "weights"),
        (["weights", "value"], "chosen", "merge"),
    ]  # fmt: skip
    return NetGraph(nodes, edges, input=(LENGTH, 3))


NETS = {
    "heads": heads(),
    "causal heads": heads(mask="Causal"),
    "heads with a window": heads(mask=("Causal", 3)),
    "by hand": by_hand(lambda x: x * 0.5),
    "by hand, divided": by_hand(lambda x: x / 3.0),
    "by hand, as it is": by_hand(None),
}
ONE = "attend", "attend_back"
STEP_BY_STEP = {"attention_weights", "attention_weights_input", "causal_product", "softmax"}
every_net = pytest.mark.parametrize("name", NETS)


def initialized(net: Any) -> Any:
    return wl.net_initialize(net, random_seeding=1)


def keys_of(net: Any, *parts: str) -> list[Any]:
    """The keys of all arrays, or of those of some parts."""
    return [key for key in wl.information(net, "Arrays") if not parts or key[0] in parts]


def words(net: Any, *parts: str, batch: int = 8) -> list[str]:
    """The primitives of a program that gives gradients by the arrays of some parts."""
    blueprint = training_blueprint(net, batch, {"Output": 1.0}, keys_of(net, *parts))
    return [step.primitive for step in blueprint.steps]


def gradients_of(net: Any, *parts: str, precision: Any = "Real32", without: Any = ()) -> Any:
    """The result, and the gradients by the arrays of some parts."""
    blueprint = training_blueprint(
        net, 8, {"Output": 1.0}, keys_of(net, *parts), precision=precision, without=without
    )
    dtype = DTYPES[precision]
    arrays = {key: array.astype(dtype) for key, array in wl.information(net, "Arrays").items()}
    program = Program(blueprint, arrays)
    shape = program.inputs["Input"].shape
    program.inputs["Input"][...] = np.random.default_rng(3).normal(size=shape)
    program.run()
    return {key: array.copy() for key, array in program.outputs.items()}


@every_net
def test_of_products_and_weights_nothing_is_left(name: str) -> None:
    found = words(initialized(NETS[name]))
    assert [found.count(word) for word in ONE] == [1, 1]
    assert STEP_BY_STEP.isdisjoint(found)
    assert "copy" not in found[: found.index("attend_back")]


@every_net
@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@pytest.mark.parametrize("parts", [(), ("value",), ("query",), ("key", "value"), ("query", "key")])
def test_it_has_the_bits_of_what_it_stands_for_whatever_learns(
    name: str, precision: Any, parts: Any
) -> None:
    net = initialized(NETS[name])
    whole = gradients_of(net, precision=precision)
    for without in ((), ("fuse_attention",)):
        some = gradients_of(net, *parts, precision=precision, without=without)
        for key, array in some.items():
            assert array.tobytes() == whole[key].tobytes(), (key, without)
            assert np.abs(array).max() > 0


@every_net
def test_it_agrees_with_products_and_softmax_as_the_layers_say_them(name: str) -> None:
    net = initialized(NETS[name])
    whole = gradients_of(net, precision="Real64")
    said = gradients_of(net, precision="Real64", without=("find_weights", "fuse_attention"))
    for key, array in whole.items():
        np.testing.assert_allclose(array, said[key], rtol=0, atol=1e-12)


LEFT = {
    "a factor that is negative": (by_hand(lambda x: x * -0.5), "softmax"),
    "dropout": (heads(dropout=0.5), "attention_weights"),
    "a factor for each query": (
        heads(mask="Causal", score_rescaling="LengthSqrt"), "causal_product"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT)
def test_what_is_written_otherwise_is_left_as_it_is(name: str) -> None:
    net, word = LEFT[name]
    found = words(initialized(net))
    assert word in found and set(ONE).isdisjoint(found)


@pytest.mark.parametrize("part", ["scores", "scale", "weights", "chosen"])
def test_what_is_inside_can_be_asked_for_and_changes_no_bit_of_the_result(part: str) -> None:
    net = initialized(NETS["by hand"])
    arrays = wl.information(net, "Arrays")
    found = []
    for more in ([], [((part,), "Output")]):
        program = Program(forward_blueprint(net, 2, asked=[((), "Output"), *more]), arrays)
        program.inputs["Input"][...] = np.random.default_rng(0).normal(size=(2, LENGTH, 3))
        program.run()
        found.append(program.outputs)
    assert found[1]["Output"].tobytes() == found[0]["Output"].tobytes()
    assert np.isfinite(found[1][(part,), "Output"]).all()


def test_a_single_pair_of_head_and_example_is_fused_where_nothing_comes_back() -> None:
    net = initialized(NETS["by hand"])
    assert set(ONE).isdisjoint(words(net, batch=1))
    assert [words(net, batch=2).count(word) for word in ONE] == [1, 1]
    forward = forward_blueprint(net, 1)
    assert [step.primitive for step in forward.steps].count("attend") == 1


@every_net
def test_a_frozen_prefix_within_attention_changes_no_bit(name: str) -> None:
    net = initialized(NETS[name])
    rng = np.random.default_rng(0)
    data = rng.normal(size=(30, LENGTH, 3)), rng.normal(size=(30, LENGTH, 2))
    found = [
        wl.net_train(
            net, data, batch_size=9, max_training_rounds=2, frozen_prefix_bytes=limit,
            learning_rate_multipliers={**dict.fromkeys(("value", "merge"), 1), wl.ANY: None},
        )
        for limit in (wl.AUTOMATIC, 0)
    ]  # fmt: skip
    kept, anew = (wl.information(each, "Arrays") for each in found)
    assert all(kept[key].tobytes() == anew[key].tobytes() for key in kept)
    assert kept["value", "Net", "Weights"].tobytes() != net["value", "Net", "Weights"].tobytes()
