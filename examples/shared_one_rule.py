"""An array shared by two layers has one rate; a rule for one of the layers is enough.

The first example under Possible Issues on the Wolfram Language page of LearningRateMultipliers.
"""

import numpy as np

import wlnet as wl

SHARED = wl.NetSharedArray("w")


def main() -> None:
    """Tell the story and check every step of it."""
    layer = wl.LinearLayer(3, weights=SHARED, input=3)
    net = wl.net_initialize(wl.NetChain([layer, "Tanh", layer]))
    print("Layers 1 and 3 share their weights, and each has biases of its own:")
    print(wl.information(net, "ArraysLearningRateMultipliersTable"))

    x = np.random.default_rng(1).normal(size=(60, 3))
    y = np.roll(x, 1, axis=1)
    for layer_number in (1, 3):
        rules = {layer_number: 0.5}
        results = wl.net_train(
            net, (x, y), wl.ALL, learning_rate_multipliers=rules, max_training_rounds=20
        )
        rates = results["ArraysLearningRateMultipliers"]
        print(f"\nThe rule {rules} gives:")
        for key, rate in rates.items():
            print(f"    {key!s:22} {rate:g}")
        expected = {SHARED: 0.5, (1, "Biases"): 1.0, (3, "Biases"): 1.0}
        expected[layer_number, "Biases"] = 0.5
        assert rates == expected, f"expected {expected}, got {rates}"

        trained = results["TrainedNet"]
        one, other = (wl.net_extract(trained, (k, "Weights")) for k in (1, 3))
        before = wl.net_extract(net, SHARED)
        assert np.array_equal(one, other), "a shared array is one array, at both places"
        assert not np.array_equal(one, before), "the shared array should have learnt"
        print(f"The array moved by up to {np.abs(one - before).max():.3f}, at both places alike.")


if __name__ == "__main__":
    main()
