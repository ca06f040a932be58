"""Which loss a net gets by itself, and how losses are asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import changed, classes, classifier, numbers, perceptron

X, Y = numbers(12)
CX, CY = classes(12)


def training_net(net: Any, data: Any, **options: Any) -> Any:
    return wl.net_train(net, data, "TrainingNet", **options)


def first_loss(net: Any, data: Any, **options: Any) -> float:
    """The loss of the net as it is given: that of the first and only batch."""
    return float(
        wl.net_train(net, data, "BatchLossList", max_training_rounds=1, batch_size=12, **options)[0]
    )


def sigmoid(size: Any) -> Any:
    return wl.NetChain([wl.LinearLayer(size), "LogisticSigmoid"])


BITS = (CY > 0).astype(float)
AUTOMATIC: dict[str, tuple[Any, Any, str, str | None]] = {
    "a softmax": (classifier(), (CX, CY), "CrossEntropyLossLayer", "Index"),
    "a softmax in a chain in a chain": (
        wl.NetChain([4, classifier()]),
        (CX, CY),
        "CrossEntropyLossLayer",
        "Index",
    ),
    "a softmax in a graph": (
        wl.NetGraph([classifier()], []),
        (CX, CY),
        "CrossEntropyLossLayer",
        "Index",
    ),
    "a sigmoid": (sigmoid([]), (CX, BITS), "CrossEntropyLossLayer", "Binary"),
    "sigmoids": (sigmoid(2), (CX, np.c_[BITS, 1 - BITS]), "CrossEntropyLossLayer", "Binary"),
    "a sigmoid that is called by its other name": (
        wl.NetChain([wl.LinearLayer([]), wl.ElementwiseLayer("Sigmoid")]),
        (CX, BITS),
        "CrossEntropyLossLayer",
        "Binary",
    ),
    "a linear layer": (perceptron(), (X, Y), "MeanSquaredLossLayer", None),
    "another function": (wl.NetChain([2, "Tanh"]), (X, Y), "MeanSquaredLossLayer", None),
}


@pytest.mark.parametrize("case", AUTOMATIC)
def test_the_last_layer_decides_the_loss(case: str) -> None:
    net, data, kind, form = AUTOMATIC[case]
    loss = wl.net_extract(training_net(net, data), "LossLayer")
    assert loss.kind == kind
    assert loss.parameters.get("Form") == form


def test_a_class_decoder_without_a_softmax_asks_for_an_explicit_loss() -> None:
    net = wl.NetChain([3], input=4, output=wl.NetDecoder("Class", [0, 1, 2]))
    with pytest.raises(wl.OptionError, match="SoftmaxLayer"):
        wl.net_train(net, (CX, CY))
    assert training_net(net, (CX, CY), loss_function=wl.MeanSquaredLossLayer()) is not None


def loss_graph(**more: Any) -> Any:
    return wl.net_initialize(
        wl.NetGraph(
            {"net": 2, "loss": wl.MeanSquaredLossLayer(), **more},
            [("net", wl.NetPort("loss", "Input"))],
            input=3,
        )
    )


def test_a_net_with_a_loss_port_is_trained_on_that_port() -> None:
    net = loss_graph()
    assert training_net(net, {"Input": X, "Target": Y}) == net
    trained = wl.net_train(net, {"Input": X, "Target": Y}, max_training_rounds=2)
    assert changed(net, trained) == {("net", "Weights"), ("net", "Biases")}


def test_other_outputs_beside_a_loss_port_are_left_alone() -> None:
    net = wl.net_initialize(
        wl.NetGraph(
            {"net": 2, "other": 5, "loss": wl.MeanSquaredLossLayer()},
            [("net", wl.NetPort("loss", "Input")), ("net", "other")],
            input=3,
        )
    )
    trained = wl.net_train(net, {"Input": X, "Target": Y}, max_training_rounds=2)
    assert changed(net, trained) == {("net", "Weights"), ("net", "Biases")}


# The values of losses, by their formulas.


def test_the_losses_are_those_of_the_formulas() -> None:
    net = perceptron()
    d = net(X) - Y
    assert first_loss(net, (X, Y)) == pytest.approx((d**2).mean(), rel=1e-5)
    assert first_loss(net, (X, Y), loss_function=wl.MeanAbsoluteLossLayer()) == pytest.approx(
        np.abs(d).mean(), rel=1e-5
    )
    net = wl.net_initialize(classifier())
    p = net(CX)
    assert first_loss(net, (CX, CY)) == pytest.approx(
        -np.log(p[np.arange(12), CY]).mean(), rel=1e-5
    )
    soft = np.random.default_rng(3).dirichlet([1, 1, 1], 12)
    assert first_loss(
        net, (CX, soft), loss_function=wl.CrossEntropyLossLayer("Probabilities")
    ) == pytest.approx(-(soft * np.log(p)).sum(1).mean(), rel=1e-5)
    net = wl.net_initialize(wl.NetChain([2, "LogisticSigmoid"], input=4))
    p, t = net(CX), np.c_[BITS, 1 - BITS]
    assert first_loss(net, (CX, t)) == pytest.approx(
        -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean(), rel=1e-5
    )


@pytest.mark.parametrize(
    "loss", [wl.CrossEntropyLossLayer("Probabilities"), wl.MeanSquaredLossLayer()]
)
def test_labels_become_unit_vectors_for_losses_that_want_probabilities(loss: Any) -> None:
    net = wl.net_initialize(classifier(output=wl.NetDecoder("Class", ["a", "b", "c"])))
    by_label = first_loss(net, (CX, ["abc"[i] for i in CY]), loss_function=loss)
    by_vector = first_loss(net, (CX, np.eye(3, dtype=np.float32)[CY]), loss_function=loss)
    assert by_label == by_vector


SQUARED = wl.MeanSquaredLossLayer()
SAME: dict[str, Any] = {
    "a layer": SQUARED,
    "a port and a layer": ("Output", SQUARED),
    "a NetPort and a layer": (wl.NetPort("Output"), SQUARED),
    "a dict": {"Output": SQUARED},
    "a list of one": [SQUARED],
    "scaled by one": (SQUARED, wl.Scaled(1)),
    "all of it": ("Output", SQUARED, wl.Scaled(1.0)),
    "nested": {"Output": (SQUARED, wl.Scaled(1))},
    "a net around a layer": wl.NetGraph([SQUARED], []),
}


@pytest.mark.parametrize("form", SAME)
def test_each_way_to_write_a_loss_gives_the_same_bits(form: str) -> None:
    options: dict[str, Any] = {"max_training_rounds": 2}
    plain = wl.net_train(perceptron(), (X, Y), **options)
    assert wl.net_train(perceptron(), (X, Y), loss_function=SAME[form], **options) == plain


def sgd(net: Any, loss: Any) -> tuple[Any, float]:
    trained, loss = wl.net_train(
        net,
        (X, Y),
        ["TrainedNet", "RoundLoss"],
        loss_function=loss,
        max_training_rounds=1,
        batch_size=12,
        method=("SGD", {"Momentum": None}),
        working_precision="Real64",
    )
    return trained, loss


@pytest.mark.parametrize("r", [2.0, 0.5, -1.0, -3.0])
def test_a_scaled_loss_is_r_times_the_loss_and_its_gradient(r: float) -> None:
    net = perceptron()
    plain, loss = sgd(net, SQUARED)
    scaled, scaled_loss = sgd(net, (SQUARED, wl.Scaled(r)))
    assert scaled_loss == pytest.approx(r * loss, rel=1e-12)
    for key in ((1, "Weights"), (3, "Biases")):
        start = wl.net_extract(net, key).astype(np.float64)
        np.testing.assert_allclose(
            wl.net_extract(scaled, key) - start, r * (wl.net_extract(plain, key) - start), rtol=1e-9
        )


def test_two_losses_on_one_output_are_added() -> None:
    net = perceptron()
    both = first_loss(
        net,
        (X, Y),
        loss_function=[("Output", SQUARED), ("Output", wl.MeanAbsoluteLossLayer(), wl.Scaled(-2))],
    )
    d = net(X) - Y
    assert both == pytest.approx((d**2).mean() - 2 * np.abs(d).mean(), rel=1e-5)


def two_outputs() -> Any:
    return wl.net_initialize(
        wl.NetGraph(
            {"trunk": 4, "class": wl.NetChain([3, wl.SoftmaxLayer()]), "size": wl.LinearLayer([])},
            [("trunk", "class", wl.NetPort("Kind")), ("trunk", "size", wl.NetPort("Size"))],
            input=4,
        )
    )


def test_each_output_gets_a_loss_of_its_own() -> None:
    net = two_outputs()
    size = CX.sum(1)
    data = {"Input": CX, "Kind": CY, "Size": size}
    results = wl.net_train(net, data, wl.ALL, max_training_rounds=2, batch_size=12)
    out = net(CX)
    kind_loss = -np.log(out["Kind"][np.arange(12), CY]).mean()
    size_loss = ((out["Size"] - size) ** 2).mean()
    lists = results["BatchMeasurementsLists"]
    assert lists["KindLoss"][0] == pytest.approx(kind_loss, rel=1e-5)
    assert lists["SizeLoss"][0] == pytest.approx(size_loss, rel=1e-5)
    assert results["BatchLossList"][0] == pytest.approx(kind_loss + size_loss, rel=1e-5)
    trained = results["TrainedNet"]
    assert set(trained(CX)["Kind"]) <= {0, 1, 2}
    assert changed(net, trained) == set(wl.information(net, "Arrays"))


def test_losses_are_told_unscaled_by_port_and_the_total_as_it_is_minimised() -> None:
    net = two_outputs()
    size = CX.sum(1)
    data = {"Input": CX, "Kind": CY, "Size": size}
    losses = [("Kind", wl.CrossEntropyLossLayer("Index"), wl.Scaled(0.5)), ("Size", SQUARED)]
    out = net(CX)
    kind_loss = -np.log(out["Kind"][np.arange(12), CY]).mean()
    size_loss = ((out["Size"] - size) ** 2).mean()
    wanted = pytest.approx([kind_loss, size_loss, 0.5 * kind_loss + size_loss], rel=1e-5)
    options: dict[str, Any] = {"max_training_rounds": 1, "batch_size": 12, "loss_function": losses}
    results = wl.net_train(net, data, wl.ALL, validation_set=data, **options)
    lists = results["BatchMeasurementsLists"]
    assert [
        lists["KindLoss"][0],
        lists["SizeLoss"][0],
        results["BatchLossList"][0],
    ] == wanted
    for group in ("Round", "Validation"):
        told = results[f"{group}Measurements"]
        total = 0.5 * told["KindLoss"] + told["SizeLoss"]
        assert results[f"{group}Loss"] == pytest.approx(total, rel=1e-6)
    names = ["KindLoss", "SizeLoss", "Loss"]
    labelled = wl.net_train(net, data, max_training_rounds=1, learning_rate=1e-12)
    assert wl.net_measurements(labelled, data, names, loss_function=losses) == wanted
    everything = wl.net_measurements(labelled, data, wl.ALL, loss_function=losses)
    assert [everything[name] for name in names] == wanted


def test_a_single_scaled_loss_is_told_unscaled_as_well() -> None:
    net, data = perceptron(), (X, Y)
    plain = ((net(X) - Y) ** 2).mean()
    options: dict[str, Any] = {"max_training_rounds": 1, "batch_size": 12}
    results = wl.net_train(net, data, wl.ALL, loss_function=(SQUARED, wl.Scaled(3)), **options)
    assert results["BatchMeasurementsLists"]["OutputLoss"][0] == pytest.approx(plain, rel=1e-5)
    assert results["BatchLossList"][0] == pytest.approx(3 * plain, rel=1e-5)
    assert "OutputLoss" not in wl.net_train(net, data, wl.ALL, **options)["RoundMeasurements"]


def test_a_port_called_loss_beside_another_is_not_taken_for_the_total() -> None:
    net = wl.net_initialize(
        wl.NetGraph(
            {"t": 3, "a": wl.LinearLayer([]), "b": wl.LinearLayer([])},
            [("t", "a", wl.NetPort("Loss")), ("t", "b", wl.NetPort("Other"))],
            input=3,
        )
    )
    out = net(X)
    options: dict[str, Any] = {"max_training_rounds": 1, "batch_size": 12}
    results = wl.net_train(
        net, X, wl.ALL, loss_function=["Loss", ("Other", wl.Scaled(2))], **options
    )
    lists = results["BatchMeasurementsLists"]
    assert [
        lists["UnscaledLoss"][0],
        lists["Other"][0],
        results["BatchLossList"][0],
    ] == pytest.approx(
        [out["Loss"].mean(), out["Other"].mean(), out["Loss"].mean() + 2 * out["Other"].mean()],
        rel=1e-4,
    )


def test_one_loss_of_several_trains_only_what_leads_to_it() -> None:
    net = two_outputs()
    trained = wl.net_train(
        net,
        {"Input": CX, "Size": CX.sum(1)},
        max_training_rounds=2,
        loss_function={"Size": wl.MeanAbsoluteLossLayer()},
    )
    assert changed(net, trained) == {
        ("trunk", "Weights"),
        ("trunk", "Biases"),
        ("size", "Weights"),
        ("size", "Biases"),
    }


def test_an_output_may_be_the_loss_itself() -> None:
    net = wl.net_initialize(
        wl.NetGraph({"a": 2, "b": wl.ElementwiseLayer("Square")}, [("a", "b")], input=3)
    )
    plain = first_loss(net, X, loss_function="Output")
    # A loss that is no scalar is summed over its elements.
    assert plain == pytest.approx(net(X).sum(1).mean(), rel=1e-5)
    assert first_loss(net, X, loss_function=wl.NetPort("Output")) == plain
    assert first_loss(net, X, loss_function=wl.ALL) == plain
    assert first_loss(net, X, loss_function=("Output", wl.Scaled(-2))) == pytest.approx(-2 * plain)


def test_all_makes_a_loss_of_every_output() -> None:
    net = wl.net_initialize(
        wl.NetGraph(
            {"t": 3, "a": wl.LinearLayer([]), "b": wl.LinearLayer([])},
            [("t", "a", wl.NetPort("p")), ("t", "b", wl.NetPort("q"))],
            input=3,
        )
    )
    out = net(X)
    assert first_loss(net, X, loss_function=wl.ALL) == pytest.approx(
        out["p"].mean() + out["q"].mean(), rel=1e-4
    )


def test_arrays_of_a_loss_get_first_numbers_and_are_not_trained() -> None:
    def loss(**options: Any) -> Any:
        both = (wl.NetPort("Input"), "scale", wl.NetPort("mse", "Input"))
        return wl.NetGraph({"scale": wl.ConstantTimesLayer(**options), "mse": SQUARED}, [both])

    net = perceptron()
    options: dict[str, Any] = {"max_training_rounds": 2, "prop": ["TrainedNet", "TrainingNet"]}
    # A scaling starts as ones.
    trained, training = wl.net_train(net, (X, Y), loss_function=loss(), **options)
    assert trained == wl.net_train(net, (X, Y), max_training_rounds=2)
    assert wl.net_extract(training, ("LossLayer", "scale", "Scaling")).tolist() == [1, 1]
    doubled, _ = wl.net_train(net, (X, Y), loss_function=loss(scaling=[2, 2]), **options)
    assert doubled != trained


BAD: dict[str, tuple[Any, tuple[str, ...]]] = {
    "None": (None, ("this is no loss", "MeanSquaredLossLayer()")),
    "a number": (3, ("this is no loss",)),
    "a class": (wl.MeanSquaredLossLayer, ("this is no loss",)),
    "no losses": ([], ("needs a loss",)),
    "a port that is not there": ("Ouput", ("no output port 'Ouput'", "did you mean 'Output'")),
    "a loss for a port that is not there": ({"x": SQUARED}, ("no output port 'x'", "Output")),
    "a port for a loss": (("Output", "Loss"), ("this is no loss",)),
    "something after the factor": ((SQUARED, wl.Scaled(2), 3), ("this is no loss",)),
    "a net with other ports": (wl.ThreadingLayer("Plus"), ("a loss has the ports Input",)),
    "two faults": ([3, {"Output": 4}, "x"], ("3 faults", "3", "no output port 'x'")),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_loss_is_an_option_error(case: str) -> None:
    given, words = BAD[case]
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(perceptron(), (X, Y), loss_function=given)
    for word in words:
        assert word in str(error.value)


def test_a_bare_loss_needs_to_know_its_output() -> None:
    with pytest.raises(wl.OptionError, match=r"several outputs[^$]*Kind, Size"):
        wl.net_train(two_outputs(), {"Input": CX, "Kind": CY, "Size": BITS}, loss_function=SQUARED)


def test_a_bare_loss_on_a_net_that_has_one_is_an_error() -> None:
    with pytest.raises(wl.OptionError, match="has a Loss port already"):
        wl.net_train(loss_graph(), {"Input": X, "Target": Y}, loss_function=SQUARED)
    assert wl.net_train(
        loss_graph(), {"Input": X, "Target": Y}, loss_function="Loss", max_training_rounds=1
    )


def test_two_cross_entropies_of_one_output_are_measured_as_well_as_trained() -> None:
    rng = np.random.default_rng(0)
    data = rng.random((20, 4)), np.arange(20) % 3
    net = wl.NetChain([3, wl.SoftmaxLayer()], input=4)
    options: Any = {"max_training_rounds": 1, "validation_set": data}
    loss = wl.CrossEntropyLossLayer("Index")
    once, twice = (
        wl.net_train(net, data, wl.ALL, loss_function=losses, **options)
        for losses in (loss, [loss, loss])
    )
    ratio = twice["RoundLossList"][0] / once["RoundLossList"][0]
    assert ratio == pytest.approx(2, rel=1e-5)


K = np.tile([1, 2, 3, 4], 20)


def by_function(function: Any, *port: Any) -> Any:
    return wl.NetEncoder("Function", function, *port)


FOUR = wl.Restricted("Integer", 4)
READERS: dict[str, Any] = {
    "indices": (wl.CrossEntropyLossLayer("Index", target=by_function(lambda k: 5 - k, FOUR)), K),
    "labels": (wl.CrossEntropyLossLayer("Index", target=wl.NetEncoder("Class", list("dcba"))),
               ["abcd"[k - 1] for k in K]),
    "vectors": (wl.CrossEntropyLossLayer("Probabilities", target=wl.NetEncoder(
        "Class", list("dcba"), "UnitVector")), ["abcd"[k - 1] for k in K]),
    "squares": (wl.MeanSquaredLossLayer(target=by_function(
        lambda text: np.eye(4)[4 - int(text)], 4)), [str(k) for k in K]),
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_a_loss_reads_its_targets_by_the_encoder_that_it_has(name: str) -> None:
    """As it does in a graph, whatever the output would have its targets be."""
    loss, targets = READERS[name]
    x = np.eye(4)[K - 1]
    net = wl.net_initialize(wl.NetChain([4, wl.SoftmaxLayer()], input=4))
    options: Any = {"max_training_rounds": 20, "learning_rate": 0.2}
    graph = wl.NetGraph({"n": net, "l": loss}, [("n", wl.NetPort("l", "Input"))])
    wanted = wl.net_train(graph, {"Input": x, "Target": targets}, **options)["n"]
    found = wl.net_train(net, (x, targets), loss_function=loss, **options)
    assert found[1, "Weights"].tobytes() == wanted[1, "Weights"].tobytes()
    assert (found(np.eye(4)).argmax(1) == [3, 2, 1, 0]).all()


def test_a_label_that_the_encoder_of_a_loss_does_not_know_is_told() -> None:
    loss = wl.CrossEntropyLossLayer("Index", target=wl.NetEncoder("Class", ["x", "y"]))
    net = wl.NetChain([2, wl.SoftmaxLayer()], input=3)
    with pytest.raises(wl.DataError, match="not one of the labels"):
        wl.net_train(net, (np.ones((2, 3)), ["a", "x"]), loss_function=loss)


def test_a_loss_with_an_encoder_tells_the_open_sizes_of_its_net() -> None:
    loss = wl.CrossEntropyLossLayer("Index", target=wl.NetEncoder("Class", ["x", "y", "z"]))
    layers = [wl.LinearLayer(), wl.SoftmaxLayer()]
    options: Any = {"max_training_rounds": 1}
    net = wl.net_train(wl.NetChain(layers, input=3), (np.ones((2, 3)), ["y", "x"]),
                       loss_function=loss, **options)  # fmt: skip
    assert net[1, "Weights"].shape == (3, 3)
    rng = np.random.default_rng(0)
    waves = [rng.normal(size=(n, 3)) for n in (6, 8, 7)]
    heard = wl.CTCLossLayer(target=wl.NetEncoder("Characters", "abc"))
    layers = [wl.NetMapOperator(wl.LinearLayer()), wl.SoftmaxLayer()]
    net = wl.net_train(wl.NetChain(layers, input=("Varying", 3)), (waves, ["ab", "c", "ca"]),
                       loss_function=heard, **options)  # fmt: skip
    assert net[1, "Net", "Weights"].shape == (4, 3)
