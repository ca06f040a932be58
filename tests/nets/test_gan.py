"""NetGANOperator: two nets that play against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.exported import assert_same, run, session
from wlnet import NetGANOperator, NetPort

RNG = np.random.default_rng(0)
DATA = {"Sample": RNG.normal(size=(6, 2)), "Latent": RNG.normal(size=(6, 3))}
FORMS = ["JensenShannon", "Wasserstein"]


def judge(form: str) -> Any:
    layers = [5, "Tanh", wl.LinearLayer(())]
    return wl.NetChain([*layers, "LogisticSigmoid"] if form == FORMS[0] else layers)


def game(form: str = FORMS[0], **options: Any) -> Any:
    nets = (wl.NetChain([4, "Tanh", 2]), judge(form))
    return wl.net_initialize(NetGANOperator(nets, **{"latent": 3, **options}))


def by_hand(form: str, net: Any, data: Any) -> dict[str, Any]:
    """What comes of the two nets, by the definition."""
    fake = net["Generator"](data["Latent"], working_precision="Real64")
    both = data["Sample"], fake
    real, false = (net["Discriminator"](x, working_precision="Real64") for x in both)
    losses = (-np.log(real), -np.log(1 - false)) if form == FORMS[0] else (-real, false)
    return {"LossReal": losses[0], "LossFake": losses[1], "GeneratedFake": fake}


@pytest.mark.parametrize("form", FORMS)
def test_losses_are_those_of_the_definition(form: str) -> None:
    nets = {"Discriminator": judge(form), "Generator": [4, "Tanh", 2]}
    for net in (game(form), wl.net_initialize(NetGANOperator(nets, form, latent=3))):
        assert net.loss == form
        found, expected = net(DATA, working_precision="Real64"), by_hand(form, net, DATA)
        assert list(found) == list(expected)
        for name, array in expected.items():
            np.testing.assert_allclose(found[name], array, rtol=1e-9, atol=1e-12)
    one = {name: x[0] for name, x in DATA.items()}
    assert game(form)(one)["LossReal"].shape == ()


def test_losses_stay_exact_where_a_probability_is_next_to_none() -> None:
    sure = wl.NetChain([wl.SummationLayer(), lambda x: 200 * x, "LogisticSigmoid"])
    net = NetGANOperator(([lambda z: z], sure), latent=1)
    found = net({"Sample": [-1.0], "Latent": [1.0]})
    assert (float(found["LossReal"]), float(found["LossFake"])) == (200, 200)


@pytest.mark.parametrize("form", FORMS)
def test_the_gradient_comes_to_the_generator_with_the_other_sign(form: str) -> None:
    net = game(form)

    def total(net: Any, data: Any) -> float:
        found = net(data, working_precision="Real64")
        return float(found["LossReal"].sum() + found["LossFake"].sum())

    def slope(ends: list[float], step: float) -> float:
        return (ends[0] - ends[1]) / (2 * step)

    graph = wl.NetGraph(
        {"game": net, "sum": wl.TotalLayer()},
        [([NetPort("game", "LossReal"), NetPort("game", "LossFake")], "sum"),
         (NetPort("game", "GeneratedFake"), None)],
    )  # fmt: skip
    for port, sign in (("Latent", -1), ("Sample", 1)):
        found = graph(DATA, wl.NetPortGradient(port), working_precision="Real64")
        for at in [(0, 0), (3, 1), (5, 1)]:
            ends = []
            for way in (1e-6, -1e-6):
                moved = {name: x.copy() for name, x in DATA.items()}
                moved[port][at] += way
                ends.append(total(net, moved))
            assert found[at] == pytest.approx(sign * slope(ends, 1e-6), rel=1e-4, abs=1e-8)
    for part, sign in (("Generator", -1), ("Discriminator", 1)):
        key = (part, 1, "Weights")
        found = graph(DATA, wl.NetPortGradient("game", *key), working_precision="Real64")
        ends = []
        for way in (1e-3, -1e-3):
            other = net[key].astype(float).copy()
            other[0, 0] += way
            ends.append(total(wl.net_replace_part(net, {key: other}), DATA))
        assert found[0, 0] == pytest.approx(sign * slope(ends, 1e-3), rel=1e-2, abs=1e-4)


def apart(net: Any, form: str) -> Any:
    """The same game as a graph with a discriminator that stands there twice."""
    shared = wl.net_insert_shared_arrays(net["Discriminator"], "d/")
    loss = wl.CrossEntropyLossLayer("Binary")
    nodes = {"g": net["Generator"], "real": shared, "fake": shared}
    if form == FORMS[1]:
        nodes["minus"] = wl.ElementwiseLayer("Minus")
        return wl.NetGraph(
            nodes,
            [
                (NetPort("Latent"), "g", "fake", NetPort("LossFake")),
                (NetPort("Sample"), "real", "minus", NetPort("LossReal")),
            ],
        )
    nodes |= {"one": wl.NetArrayLayer(array=1.0, output=()), "a": loss}
    nodes |= {"zero": wl.NetArrayLayer(array=0.0, output=()), "b": loss}
    return wl.NetGraph(
        nodes,
        [
            (NetPort("Latent"), "g", "fake", NetPort("b", "Input")),
            (NetPort("Sample"), "real", NetPort("a", "Input")),
            ("one", NetPort("a", "Target")),
            ("zero", NetPort("b", "Target")),
            ("a", NetPort("LossReal")),
            ("b", NetPort("LossFake")),
        ],
    )


@pytest.mark.parametrize("form", FORMS)
def test_it_learns_what_two_nets_with_a_rate_of_minus_one_learn(form: str) -> None:
    net = game(form)
    how = {"method": "SGD", "learning_rate": 0.05, "max_training_rounds": 5, "batch_size": 3}
    results = wl.net_train(net, DATA, wl.ALL, **how)
    assert set(results["ArraysLearningRateMultipliers"].values()) == {1.0}
    rules = {"g": -1, "one": None, "zero": None} if form == FORMS[0] else {"g": -1}
    other = wl.net_train(
        apart(net, form), DATA, loss_function=["LossReal", "LossFake"],
        learning_rate_multipliers=rules, **how,
    )  # fmt: skip
    trained = results["TrainedNet"]
    for key in [(1, "Weights"), (1, "Biases"), (3, "Weights")]:
        np.testing.assert_allclose(trained[("Generator", *key)], other[("g", *key)], rtol=1e-4,
                                   atol=1e-6)  # fmt: skip
        np.testing.assert_allclose(trained[("Discriminator", *key)], other[("real", *key)],
                                   rtol=1e-4, atol=1e-6)  # fmt: skip
        assert np.abs(trained[("Generator", *key)] - net[("Generator", *key)]).max() > 1e-4


def test_the_loss_is_the_sum_of_both_and_what_is_made_is_none() -> None:
    results = wl.net_train(game(), DATA, wl.ALL, max_training_rounds=1, learning_rate=1e-9)
    expected = by_hand(FORMS[0], game(), DATA)
    total = expected["LossReal"].mean() + expected["LossFake"].mean()
    assert results["RoundLossList"][0] == pytest.approx(total, rel=1e-5)


def test_each_part_can_be_frozen_or_learn_in_turn() -> None:
    net = game()
    for part, other in (("Generator", "Discriminator"), ("Discriminator", "Generator")):
        rules = {part: None}
        trained = wl.net_train(net, DATA, learning_rate_multipliers=rules, max_training_rounds=2)
        assert trained[part] == net[part]
        assert trained[other] != net[other]
    ways = [1, -1]
    ends = [
        wl.net_train(net, DATA, method="SGD", max_training_rounds=1, learning_rate=0.01,
                     learning_rate_multipliers={"Generator": rate}) for rate in ways
    ]  # fmt: skip
    moved = [end["Generator", 1, "Weights"] - net["Generator", 1, "Weights"] for end in ends]
    np.testing.assert_allclose(moved[0], -moved[1], rtol=1e-3, atol=1e-7)
    turns = wl.net_train(
        net, DATA, training_update_schedule=["Discriminator"], max_training_rounds=2
    )
    assert turns["Generator"] == net["Generator"]


def test_what_is_asked_alone_needs_no_more_than_that() -> None:
    net = game()
    assert net({"Latent": DATA["Latent"]}, NetPort("GeneratedFake")).shape == (6, 2)
    inside = net(DATA, NetPort("Discriminator", 2, "Output"))
    assert inside.shape == (6, 2, 5)
    real = net["Discriminator"](DATA["Sample"], NetPort(2, "Output"))
    np.testing.assert_allclose(inside[:, 0], real, rtol=1e-6)
    assert net(DATA, NetPort("Generator", 2, "Output")).shape == (6, 4)


def test_the_discriminator_says_which_losses_if_nobody_does() -> None:
    assert [game(form).loss for form in FORMS] == FORMS
    assert [game(form).parameters["Loss"] for form in FORMS] == [wl.AUTOMATIC] * 2
    other = wl.net_replace_part(game(FORMS[0]), {"Discriminator": judge(FORMS[1])})
    assert other.loss == FORMS[1]
    told = wl.net_replace_part(game(FORMS[0]), {"Discriminator": judge(FORMS[1])})
    assert wl.net_initialize(told)(DATA)["LossReal"].shape == (6,)


@pytest.mark.parametrize("form", FORMS)
def test_it_is_read_back_from_files_and_from_what_is_shown(form: str, tmp_path: Path) -> None:
    for net in (game(form), NetGANOperator(([2], judge(form)), form, latent=3, sample=2)):
        assert wl.load(wl.save(net, tmp_path / "net.wlnet")) == net
    plain = NetGANOperator(([2], judge(form)), form, latent=3, learning_rate_multipliers=0.5)
    assert eval(repr(plain), vars(wl)) == plain
    assert eval(repr(NetGANOperator(([2], judge(form)))), vars(wl)) == NetGANOperator(
        ([2], judge(form))
    )
    net = game(form)
    file = wl.onnx.export_net(net, tmp_path / "net.onnx")
    assert_same(run(session(file), DATA), net(DATA))
    assert net != game(FORMS[1 - FORMS.index(form)])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: NetGANOperator([2]), "a generator and a discriminator"),
        (lambda: NetGANOperator({"Generator": [2]}), "a generator and a discriminator"),
        (
            lambda: NetGANOperator(([2], wl.TotalLayer())),
            r"one input and one output.*Discriminator",
        ),
        (lambda: NetGANOperator(([2], judge(FORMS[0])), "Wassertein"), "mean 'Wasserstein'"),
        (lambda: NetGANOperator(([2], judge(FORMS[0])), 3), "does not know this loss"),
        (lambda: NetGANOperator(([2], [3])), r"Discriminator/1 LinearLayer.*\(\) has rank 0"),
        (
            lambda: NetGANOperator((wl.LinearLayer(2), wl.LinearLayer((), input=3))),
            "size 3 is not 2",
        ),
        (lambda: NetGANOperator(([2], judge(FORMS[0])), smaple=2), "did you mean 'sample'"),
        (lambda: NetGANOperator(([wl.OrderingLayer()], judge(FORMS[0])), latent=2), "Integer"),
    ],
)
def test_what_cannot_be_is_told(make: Any, told: str) -> None:
    with pytest.raises((wl.OptionError, wl.ShapeError), match=rf"(?s){told}"):
        make()
