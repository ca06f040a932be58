"""AttentionLayer: what a query is told is the mean of the values of keys that it sees."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from wlnet import AttentionLayer, NetGraph, NetPort
from wlnet.nets.connections import connections, producer

PORTS = ("Key", "Value", "Query")


def additive() -> Any:
    """Scores of Bahdanau et al.: how much of tanh of what a key and a query say."""
    nodes = {
        "key": wl.LinearLayer(5, biases=None),
        "query": wl.LinearLayer(5),
        "both": "Plus",
        "score": wl.NetChain(["Tanh", wl.LinearLayer((), biases=None)]),
    }
    edges = [
        (NetPort("Input"), "key"),
        (NetPort("Query"), "query"),
        (["key", "query"], "both", "score"),
    ]
    return NetGraph(nodes, edges)


def drawn(net: Any, count: int = 2, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    shapes = wl.information(net, "InputPorts")
    return {name: np.float32(rng.normal(size=(count, *shapes[name]))) for name in PORTS}


def attended(net: Any, data: dict[str, Any]) -> Any:
    """The same query by query and head by head, with the scoring net called for each pair."""
    if net.parameters["MultiHead"]:
        heads = [
            _of_one_head(net, {name: x[..., head, :] for name, x in data.items()})
            for head in range(data["Key"].shape[-2])
        ]
        return np.stack(heads, -2)
    return _of_one_head(net, data)


def _of_one_head(net: Any, data: dict[str, Any]) -> Any:
    count, (scores, mask) = len(data["Key"]), (net["ScoringNet"], net.parameters["Mask"])
    keys, values, queries = (data[name].reshape(count, -1, data[name].shape[-1]) for name in PORTS)
    told = np.zeros((count, queries.shape[1], values.shape[-1]))
    for example, i in itertools.product(range(count), range(queries.shape[1])):
        seen = np.arange(keys.shape[1])
        if mask is not None:
            window = keys.shape[1] if mask == "Causal" else mask[1]
            seen = seen[(seen <= i) & (seen > i - window)]
        query = queries[example, i]
        score = np.array([scores({"Input": keys[example, j], "Query": query}) for j in seen])
        divisor = {"DimensionSqrt": len(query), "LengthSqrt": len(seen), None: 1}
        weights = np.exp(score / np.sqrt(divisor[net.parameters["ScoreRescaling"]]))
        told[example, i] = weights @ values[example, seen] / weights.sum()
    return told.reshape(*data["Query"].shape[:-1], -1)


def causal(mask: Any = "Causal", length: int = 7, **more: Any) -> Any:
    shapes = dict.fromkeys(("key", "value", "query"), (length, 3))
    return wl.net_initialize(AttentionLayer(mask=mask, **{**shapes, **more}))


@pytest.mark.parametrize("scoring", ["Dot", "Bilinear", "additive"])
@pytest.mark.parametrize("rescaling", [None, "DimensionSqrt", "LengthSqrt"])
@pytest.mark.parametrize("mask", [None, "Causal", ("Causal", 2)])
@pytest.mark.parametrize("heads", [(), (3,)])
def test_attention_is_a_weighted_mean_of_values(
    scoring: str, rescaling: Any, mask: Any, heads: Any
) -> None:
    keys = (2, 2) if mask is None else (4,)
    queries = (3,) if mask is None else (4,)
    net = wl.net_initialize(
        AttentionLayer(
            additive() if scoring == "additive" else scoring, mask=mask, score_rescaling=rescaling,
            multi_head=bool(heads), key=(*keys, *heads, 4), value=(*keys, *heads, 2),
            query=(*queries, *heads, 4 if scoring == "Dot" else 3),
        )
    )  # fmt: skip
    data = drawn(net)
    np.testing.assert_allclose(net(data), attended(net, data), atol=2e-6)


def test_a_query_may_be_one_alone_and_keys_may_have_several_levels() -> None:
    net = wl.net_initialize(AttentionLayer(key=(2, 3, 4), value=(2, 3, 1), query=5))
    data = drawn(net)
    assert net(data).shape == (2, 1)
    np.testing.assert_allclose(net(data), attended(net, data), atol=2e-6)


# Causal to the bit


@pytest.mark.parametrize("mask", ["Causal", ("Causal", 3)])
@pytest.mark.parametrize("scoring", ["Dot", "Bilinear", "additive"])
@settings(max_examples=10)
@given(
    after=st.integers(0, 6), seed=st.integers(0, 99), what=st.sampled_from([np.nan, np.inf, 1e30])
)
def test_no_bit_depends_on_what_comes_after(
    mask: Any, scoring: str, after: int, seed: int, what: float
) -> None:
    net = causal(mask, net=additive() if scoring == "additive" else scoring)
    data = drawn(net, seed=seed)
    other = {name: x.copy() for name, x in data.items()}
    for name in PORTS:
        other[name][:, after + 1 :] = what
    before, now = (_answer(net, x)[:, : after + 1] for x in (data, other))
    assert before.tobytes() == now.tobytes()


def _answer(net: Any, data: dict[str, Any]) -> Any:
    """What a net gives, for numbers that are not finite too."""
    # net(x) refuses these, so they come from inside.
    made = {
        name: wl.NetArrayLayer(array=np.where(np.isfinite(x), x, 0)) for name, x in data.items()
    }
    holes = {f"{name} hole": wl.NetArrayLayer(array=np.where(np.isfinite(x), 1.0, 0.0))
             for name, x in data.items()}  # fmt: skip
    lost = {f"{name} lost": wl.ThreadingLayer(lambda x, hole: x / hole) for name in data}
    nodes = {**made, **holes, **lost, "attend": wl.NetMapThreadOperator(net)}
    edges = [([name, f"{name} hole"], f"{name} lost") for name in data]
    edges += [(f"{name} lost", NetPort("attend", name)) for name in data]
    with np.errstate(all="ignore"):
        return NetGraph(nodes, edges)()


@pytest.mark.parametrize("mask", ["Causal", ("Causal", 3)])
@pytest.mark.parametrize("multi_head", [False, True])
def test_a_sequence_begins_with_the_bits_of_its_beginning(mask: Any, multi_head: bool) -> None:
    heads = (2,) if multi_head else ()
    shapes = dict.fromkeys(("key", "value", "query"), ("Varying", *heads, 3))
    net = wl.net_initialize(AttentionLayer(mask=mask, multi_head=multi_head, **shapes))
    x = np.float32(np.random.default_rng(1).normal(size=(1, 40, *heads, 3)))
    whole = net(dict.fromkeys(PORTS, x))
    for count in (1, 2, 7, 8, 9, 31):
        part = net(dict.fromkeys(PORTS, x[:, :count]))
        assert part.tobytes() == whole[:, :count].tobytes()


@pytest.mark.parametrize("mask", ["Causal", ("Causal", 2)])
def test_gradients_of_what_is_told_early_are_zero_for_what_comes_after(mask: Any) -> None:
    net = causal(mask, score_rescaling="DimensionSqrt")
    first = NetGraph({"attend": net, "early": wl.PartLayer(wl.Span(1, 3))}, [("attend", "early")])
    data = drawn(net)
    for name in PORTS:
        gradient = first(data, wl.NetPortGradient(name))
        assert gradient[:, :3].any()
        assert not gradient[:, 3:].any()


def _early_gradients(net: Any, data: dict[str, Any]) -> dict[str, Any]:
    """By what goes into a net, which may be undefined, those of the first three that it tells."""
    holes: dict[str, Any] = {}
    edges: list[Any] = [("attend", "early")]
    for name, x in data.items():
        holes[f"{name} given"] = wl.NetArrayLayer(array=np.where(np.isnan(x), 0, x))
        holes[f"{name} hole"] = wl.NetArrayLayer(array=np.where(np.isnan(x), 0.0, 1.0))
        holes[name] = wl.ThreadingLayer(lambda x, hole: x / hole)
        edges += [([f"{name} given", f"{name} hole"], name), (name, NetPort("attend", name))]
    nodes = {**holes, "attend": net, "early": wl.PartLayer(wl.Span(1, 3))}
    asked = {name: wl.NetPortGradient(name, "Output") for name in data}
    found = NetGraph(nodes, edges)({}, [*asked.values()])
    return {name: found[port] for name, port in asked.items()}


@pytest.mark.parametrize("mask", ["Causal", ("Causal", 3)])
@pytest.mark.parametrize("scoring", ["Dot", "Bilinear", "additive"])
@settings(max_examples=5)
@given(seed=st.integers(0, 99), late=st.sampled_from([1e-30, 3.0, -1e6, 1e12, np.nan]))
def test_gradients_of_what_is_told_early_are_right_or_undefined_whatever_comes_after(
    mask: Any, scoring: str, seed: int, late: float
) -> None:
    net = causal(mask, net=additive() if scoring == "additive" else scoring)
    data = {name: x[0] for name, x in drawn(net, 1, seed).items()}
    other = {name: np.concatenate([x[:3], np.full((4, 3), late)]) for name, x in data.items()}
    right, found = _early_gradients(net, data), _early_gradients(net, other)
    for name in PORTS:
        told = found[name]
        is_right = told == np.concatenate([right[name][:3], np.zeros((4, 3))])
        assert (is_right | (np.isnan(told) & np.isnan(late))).all()


# As a part of nets


def test_the_scoring_net_is_a_part_like_any_other(tmp_path: Path) -> None:
    net = wl.net_initialize(AttentionLayer(key=(4, 3), value=(4, 2), query=(5, 6)))
    weights = ("ScoringNet", "Linear", "Weights")
    assert net[weights].shape == (6, 3)
    assert list(wl.information(net, "Arrays")) == [weights]
    assert wl.load(wl.save(net, tmp_path / "net.wlnet")) == net
    assert eval(repr(AttentionLayer("Dot", mask=("Causal", 2), multi_head=True)), vars(wl)) == (
        AttentionLayer("Dot", mask=("Causal", 2), multi_head=True)
    )
    doubled = wl.net_replace_part(net, {weights: 2 * net[weights]})
    assert not np.array_equal(doubled(drawn(net)), net(drawn(net)))
    other = wl.net_replace_part(net, {"ScoringNet": additive()})
    assert "query" in other["ScoringNet"].nodes
    inserted = wl.net_insert_shared_arrays(wl.NetGraph({"a": net}, []))
    assert wl.information(inserted, "SharedArraysCount") == 1


def test_surgery_takes_a_scoring_net_by_its_name() -> None:
    sizes = {"key": (4, 3), "value": (4, 2), "query": (5, 3)}
    made = {name: AttentionLayer(name, **sizes) for name in ("Dot", "Bilinear")}
    for name, net in made.items():
        for other in made.values():
            assert wl.net_replace_part(other, {"ScoringNet": name}) == net
        held = wl.NetGraph({"a": AttentionLayer(additive(), **sizes)}, [])
        put_in = wl.net_replace_part(held, {("a", "ScoringNet"): name})
        assert put_in["a", "ScoringNet"] == net["ScoringNet"]
    with pytest.raises(wl.OptionError, match=r"(?s)at: +ScoringNet.*known: +Bilinear, Dot"):
        wl.net_replace_part(made["Dot"], {"ScoringNet": "Dott"})
    with pytest.raises(wl.OptionError, match="Mask of an AttentionLayer"):
        wl.net_replace_part(made["Dot"], {"Mask": "Causal"})


def test_rules_freeze_the_scoring_net_alone() -> None:
    x = np.random.default_rng(0).normal(size=(20, 4, 3)).astype(np.float32)
    net = wl.net_initialize(attending(AttentionLayer(mask="Causal"), 3))
    for rules in ({("attend", "ScoringNet"): None}, {("attend", "ScoringNet", "Linear"): None}):
        results = wl.net_train(
            net,
            (x, np.cumsum(x, 1)),
            wl.ALL,
            learning_rate_multipliers=rules,
            max_training_rounds=2,
        )
        key = ("attend", "ScoringNet", "Linear", "Weights")
        assert results["ArraysLearningRateMultipliers"][key] == 0
        assert results["TrainedNet"][key].tobytes() == net[key].tobytes()
        assert results["TrainedNet"]["value", "Net", "Weights"].tobytes() != (
            net["value", "Net", "Weights"].tobytes())  # fmt: skip


def attending(attend: Any, size: int) -> Any:
    """A sequence that attends to itself."""
    nodes = {name: wl.NetMapOperator(size) for name in ("key", "value", "query")}
    edges: list[Any] = [(name, NetPort("attend", name.title())) for name in nodes]
    starts = [(NetPort("Input"), name) for name in nodes]
    return NetGraph({**nodes, "attend": attend}, [*starts, *edges], input=("Varying", 3))


def test_sequences_of_several_lengths_are_attended_to_each_by_itself() -> None:
    """Also where attention is frozen, and what it gives is kept."""
    rng = np.random.default_rng(0)
    heads = wl.AttentionLayer(mask="Causal", multi_head=True)
    sides: list[Any] = [(NetPort("Input"), "split")]
    sides += [("split", NetPort("attend", name)) for name in PORTS]
    body = NetGraph(
        {"split": wl.NetMapOperator((2, 2)), "attend": heads}, sides, input=("Varying", 3)
    )
    net = wl.net_initialize(
        wl.NetChain({"body": body, "mean": wl.AggregationLayer("Mean", 1),
                     "flat": wl.FlattenLayer(), "head": 2})
    )  # fmt: skip
    x = [rng.normal(size=(length, 3)) for length in rng.integers(1, 5, 40)]
    assert np.array_equal(net(x), [net(one) for one in x])
    kept, anew = (
        wl.net_train(
            net, (x, np.ones((40, 2))), frozen_prefix_bytes=limit, batch_size=8,
            max_training_rounds=2, learning_rate_multipliers={"head": 1, wl.ANY: None},
        )
        for limit in (wl.AUTOMATIC, 0)
    )  # fmt: skip
    assert kept == anew
    assert kept["head"] != net["head"]
    assert kept["body"] == net["body"]


def test_attention_learns_to_look_where_a_key_says() -> None:
    """Of several values that is asked for whose key is the query."""
    rng = np.random.default_rng(0)
    keys = rng.normal(size=(400, 5, 4))
    keys /= np.linalg.norm(keys, axis=-1, keepdims=True)
    wanted = rng.integers(0, 5, 400)
    values = rng.normal(size=(400, 5, 2))
    rows = np.arange(400)
    data = {"Key": keys, "Value": values, "Query": keys[rows, wanted][:, None],
            "Output": values[rows, wanted][:, None]}  # fmt: skip
    net = AttentionLayer(key=(5, 4), value=(5, 2), query=(1, 4))
    trained = wl.net_train(net, data, max_training_rounds=60, learning_rate=0.1)
    given = {name: data[name] for name in PORTS}
    found = np.argmin(np.abs(trained(given) - values).sum(-1), 1)
    assert np.mean(found == wanted) > 0.9


def test_what_leads_to_attention_leads_through_it() -> None:
    net = NetGraph(
        {"key": (4, 3), "value": (4, 2), "query": (5, 3), "attend": AttentionLayer(), "after": 1},
        [(name, NetPort("attend", name.title())) for name in ("key", "value", "query")]
        + [("attend", "after")],
    )
    score = ("attend", "ScoringNet", "Dot")
    found = connections(net)
    assert {(("value",), ("after",)), (score, ("after",)), (("query",), score)} <= set(found)
    ends_in = NetGraph({"attend": net["attend"]}, [])
    assert producer(ends_in, "Output") is ends_in.nodes["attend"]


def test_ports_inside_are_asked_for_by_head_query_and_key() -> None:
    net = wl.net_initialize(
        AttentionLayer(multi_head=True, key=(4, 2, 3), value=(4, 2, 2), query=(5, 2, 6))
    )
    data = drawn(net, 3)
    keys = np.moveaxis(data["Key"], 2, 1) @ net["ScoringNet", "Linear", "Weights"].T
    scores = np.moveaxis(data["Query"], 2, 1) @ np.swapaxes(keys, 2, 3)
    linear = net(data, NetPort("ScoringNet", "Linear", "Output"))
    np.testing.assert_allclose(linear, keys, atol=1e-5)
    np.testing.assert_allclose(net(data, NetPort("ScoringNet", "Output")), scores, atol=1e-5)
    port = wl.NetPortGradient("ScoringNet", "Linear", "Output")
    assert net(data, port).shape == keys.shape
    assert net(data, wl.NetPortGradient("ScoringNet", "Output")).shape == scores.shape


def test_dropout_is_of_weights_and_in_training_alone() -> None:
    net = AttentionLayer("Dot", dropout=0.5, key=(40, 1), value=(40, 1), query=(200, 1))
    data = {"Key": np.zeros((1, 40, 1)), "Value": np.ones((1, 40, 1)),
            "Query": np.ones((1, 200, 1))}  # fmt: skip
    assert np.allclose(net(data), 1)
    found = net(data, net_evaluation_mode="Train")[0, :, 0]
    np.testing.assert_allclose(found * 20, np.round(found * 20), atol=1e-4)
    assert len(np.unique(np.round(found * 20))) > 5
    assert abs(found.mean() - 1) < 0.05


def test_sizes_follow_from_any_side() -> None:
    net = NetGraph(
        {"attend": AttentionLayer("Dot", mask="Causal"), "read": wl.NetMapOperator(2)},
        [("attend", "read")], ports={"Key": (7, 3), "Value": ("Varying", 4)},
    )  # fmt: skip
    assert wl.information(net, "InputPorts") == {"Key": (7, 3), "Value": (7, 4), "Query": (7, 3)}
    assert wl.information(net, "OutputPorts") == {"Output": (7, 2)}


def vector_of_scores() -> Any:
    ports = [NetPort("Input"), NetPort("Query")]
    return NetGraph({"sum": "Plus"}, [(ports, "sum")], ports={"Input": 2})


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: AttentionLayer("Dott"), "Bilinear, Dot"),
        (lambda: AttentionLayer(3), 'inputs "Input", for a key, and "Query"'),
        (lambda: AttentionLayer(vector_of_scores(), key=(3, 2)), "Output () from AttentionLayer;"),
        (lambda: AttentionLayer(mask="causal"), 'None, "Causal", or ("Causal", n)'),
        (lambda: AttentionLayer(mask=("Causal", 0)), "a positive integer"),
        (lambda: AttentionLayer(multi_head=3), "the level before the last"),
        (lambda: AttentionLayer(score_rescaling="Sqrt"), "DimensionSqrt"),
        (lambda: AttentionLayer(dropout=1), "a number >= 0 and < 1"),
        (lambda: AttentionLayer(keys=3), "keys"),
        (lambda: AttentionLayer("Dot", key=(3, 2), query=(4, 3)), "shapes that do not fit"),
        (lambda: AttentionLayer(mask="Causal", key=(3, 2), query=(4, 2)), "length: size"),
        (lambda: AttentionLayer(key=(3, 2), value=(4, 2)), "length: size"),
        (lambda: AttentionLayer(key=3), "at least rank 2"),
        (lambda: AttentionLayer(multi_head=True, key=(3, 2, 4), query=(5, 3, 4)), "heads: size"),
    ],
)
def test_what_cannot_be_attention_is_told(make: Any, told: str) -> None:
    with pytest.raises(wl.WlnetError, match=re.escape(told)):
        make()


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(wl.OptionError) as caught:
        AttentionLayer("Dott", mask="causal", dropout=2, key=-1)
    for told in ("one of these names", "mask of", "dropout of", "port Key"):
        assert told in str(caught.value)
