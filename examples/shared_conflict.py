"""Two rules about one shared array: the one that stands first in the list decides.

The second example under Possible Issues on the Wolfram Language page of LearningRateMultipliers.
"""

import numpy as np

import wlnet as wl

SHARED = wl.NetSharedArray("w")
CASES = (
    ({1: 2, 3: 5}, {SHARED: 2.0, (1, "Biases"): 2.0, (3, "Biases"): 5.0}),
    ({3: 5, 1: 2}, {SHARED: 5.0, (1, "Biases"): 2.0, (3, "Biases"): 5.0}),
    ({3: None, 1: 1}, {SHARED: 0.0, (1, "Biases"): 1.0, (3, "Biases"): 0.0}),
)


def main() -> None:
    """Tell the story and check every step of it."""
    layer = wl.LinearLayer(3, weights=SHARED, input=3)
    net = wl.net_initialize(wl.NetChain([layer, "Tanh", layer]))
    print("Layers 1 and 3 share their weights. Which rule decides, if both layers have one?")
    x = np.random.default_rng(1).normal(size=(60, 3))
    y = np.roll(x, 1, axis=1)
    for rules, expected in CASES:
        results = wl.net_train(
            net, (x, y), wl.ALL, learning_rate_multipliers=rules, max_training_rounds=10
        )
        rates = results["ArraysLearningRateMultipliers"]
        source = results["ArraysLearningRateMultiplierSources"][SHARED]
        print(f"\n{rules}:")
        print("    " + ", ".join(f"{key}: {rate:g}" for key, rate in rates.items()))
        beaten = ", ".join(str(each["Rule"]) for each in source["Beaten"])
        print(f"    the shared array follows {source['Rule']}, which beat {beaten}")
        assert rates == expected, f"under {rules} expected {expected}, got {rates}"

        trained = results["TrainedNet"]
        for key, rate in rates.items():
            same = wl.net_extract(net, key).tobytes() == wl.net_extract(trained, key).tobytes()
            assert same == (rate == 0), f"{key} has the rate {rate}, and same is {same}"
        places = [wl.net_extract(trained, (k, "Weights")) for k in (1, 3)]
        assert np.array_equal(*places), "a shared array is one array, at both places"
    print("\nFrozen by the rule that came first, the weights did not move; the biases of 1 did.")


if __name__ == "__main__":
    main()
