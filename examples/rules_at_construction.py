"""Rules can be given to the net itself when it is made; then it carries them with it.

The third example under Possible Issues on the Wolfram Language page of LearningRateMultipliers.
"""

import numpy as np

import wlnet as wl

SHARED = wl.NetSharedArray("w")
RULES = {1: 2, 3: 5}
EXPECTED = {SHARED: 2.0, (1, "Biases"): 2.0, (3, "Biases"): 5.0}


def main() -> None:
    """Tell the story and check every step of it."""
    layer = wl.LinearLayer(3, weights=SHARED, input=3)
    layers = [layer, "Tanh", layer]
    plain = wl.NetChain(layers)
    chain = wl.NetChain(layers, learning_rate_multipliers=RULES)
    graph = wl.NetGraph(layers, [(1, 2, 3)], learning_rate_multipliers=RULES)

    x = np.random.default_rng(1).normal(size=(60, 3))
    data = x, np.roll(x, 1, axis=1)
    at_training = wl.net_train(
        plain, data, wl.ALL, learning_rate_multipliers=RULES, max_training_rounds=20
    )
    print(f"The rules {RULES} given to net_train:")
    print(f"    {at_training['ArraysLearningRateMultipliers']}")
    assert at_training["ArraysLearningRateMultipliers"] == EXPECTED, "the rules of net_train"

    for kind, net in (("NetChain", chain), ("NetGraph", graph)):
        print(f"\nThe same rules given to {kind}:")
        print(wl.information(net, "ArraysLearningRateMultipliersTable"))
        own = wl.information(net, "ArraysLearningRateMultipliers")
        assert own == EXPECTED, f"{kind} should carry {EXPECTED}, it has {own}"
        results = wl.net_train(net, data, wl.ALL, max_training_rounds=20)
        used = results["ArraysLearningRateMultipliers"]
        assert used == EXPECTED, f"training without rules should use {EXPECTED}, it used {used}"
        for key in EXPECTED:
            here = wl.net_extract(results["TrainedNet"], key)
            there = wl.net_extract(at_training["TrainedNet"], key)
            assert np.array_equal(here, there), f"{kind}: {key} should be trained alike"
        print("Trained without a word about rates, every array is what net_train's rules gave.")

    reused = wl.net_train(
        chain,
        data,
        "ArraysLearningRateMultipliers",
        learning_rate_multipliers=1,
        max_training_rounds=1,
    )
    print(f"\nRules of net_train speak first: with 1 for all it is {set(reused.values())}.")
    assert set(reused.values()) == {1.0}, f"net_train's rule should win, got {reused}"


if __name__ == "__main__":
    main()
