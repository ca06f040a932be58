"""Freeze a layer of a finished net by replacing one option of it.

The example under Scope on the Wolfram Language page of LearningRateMultipliers.
"""

import numpy as np

import wlnet as wl

OPTION = "LearningRateMultipliers"


def main() -> None:
    """Tell the story and check every step of it."""
    net = wl.net_initialize(wl.NetChain([4, "Tanh", 2], input=3))
    print("The learning rate multipliers of a layer are a part of the net, like its arrays.")
    print(f"    net_extract(net, (1, {OPTION!r})) gives {wl.net_extract(net, (1, OPTION))}")
    assert wl.net_extract(net, (1, OPTION)) is wl.AUTOMATIC, "nothing was set at layer 1"

    print("\nSo it can be replaced:")
    frozen = wl.net_replace_part(net, {(1, OPTION): 0})
    print(f"    frozen = net_replace_part(net, {{(1, {OPTION!r}): 0}})")
    for name, each in (("frozen", frozen), ("net", net)):
        print(f"    net_extract({name}, (1, {OPTION!r})) gives {wl.net_extract(each, (1, OPTION))}")
    assert wl.net_extract(frozen, (1, OPTION)) == 0, "layer 1 should be frozen"
    assert wl.net_extract(net, (1, OPTION)) is wl.AUTOMATIC, "the net given must not change"
    assert wl.net_extract(frozen, (3, OPTION)) is wl.AUTOMATIC, "layer 3 was not meant"
    every = wl.net_extract(frozen, (wl.ALL, OPTION))
    print(f"    net_extract(frozen, (ALL, {OPTION!r})) gives {every}")
    assert every == [0, wl.AUTOMATIC, wl.AUTOMATIC], f"one answer a layer expected, got {every}"

    print("\nThe rates that follow from it:")
    print(wl.information(frozen, "ArraysLearningRateMultipliersTable"))
    rates = wl.information(frozen, "ArraysLearningRateMultipliers")
    expected = {(1, "Weights"): 0.0, (1, "Biases"): 0.0, (3, "Weights"): 1.0, (3, "Biases"): 1.0}
    assert rates == expected, f"layer 1 alone should be frozen, got {rates}"

    x = np.eye(3)
    y = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    trained = wl.net_train(frozen, (x, y), max_training_rounds=50)
    for key, rate in rates.items():
        same = wl.net_extract(frozen, key).tobytes() == wl.net_extract(trained, key).tobytes()
        assert same == (rate == 0), f"{key} has the rate {rate}, and same is {same}"
    print("\nTrained for 50 rounds: layer 1 is unchanged, layer 3 has learnt.")


if __name__ == "__main__":
    main()
