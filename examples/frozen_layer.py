"""A layer that is made frozen stays frozen wherever it is put.

The second of the basic examples on the Wolfram Language page of LearningRateMultipliers.
"""

import numpy as np

import wlnet as wl

WEIGHTS = np.array([[1.0, 0.0, -1.0], [0.5, 0.5, 0.5]])
BIASES = np.array([0.25, -0.25])


def main() -> None:
    """Tell the story and check every step of it."""
    print("A layer with known weights and biases, made with learning_rate_multipliers=0:")
    frozen = wl.LinearLayer(2, weights=WEIGHTS, biases=BIASES, learning_rate_multipliers=0)
    print(f"    {wl.information(frozen, 'ArraysLearningRateMultipliers')}")
    print("\nPut into a chain:")
    check(wl.NetChain([3, frozen, wl.LinearLayer(1)], input=4), at=(2,))
    print("\nPut into a chain in a chain; the rule travels, only the path grows:")
    inner = wl.NetChain({"first": 3, "known": frozen})
    check(wl.NetChain({"inner": inner, "read": 1}, input=4), at=("inner", "known"))
    print("\nThe layer stayed frozen in both nets.")


def check(net: wl.NetChain, at: tuple[int | str, ...]) -> None:
    """Train a net that holds the frozen layer at a place, and look at every array of it."""
    print(wl.information(net, "ArraysLearningRateMultipliersTable"))
    own = wl.information(net, "ArraysLearningRateMultipliers")
    for key, rate in own.items():
        expected = 0.0 if key[: len(at)] == at else 1.0
        assert rate == expected, f"{key} should have the rate {expected}, it has {rate}"

    net = wl.net_initialize(net)
    x = np.array([[i, j, k, 1.0] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    y = x[:, :1] - 2 * x[:, 1:2] + 3 * x[:, 2:3]
    results = wl.net_train(net, (x, y), wl.ALL, max_training_rounds=100)
    used = results["ArraysLearningRateMultipliers"]
    assert used == own, f"without rules for the training the net's own ones count, not {used}"

    trained = results["TrainedNet"]
    for key, rate in used.items():
        same = wl.net_extract(net, key).tobytes() == wl.net_extract(trained, key).tobytes()
        assert same == (rate == 0), f"{key} has the rate {rate}, and same is {same}"
    weights, biases = (wl.net_extract(trained, (*at, name)) for name in ("Weights", "Biases"))
    assert np.array_equal(weights, WEIGHTS), f"the weights were {WEIGHTS}, now {weights}"
    assert np.array_equal(biases, BIASES), f"the biases were {BIASES}, now {biases}"
    losses = results["RoundLossList"]
    assert losses[-1] < losses[0], f"the loss should fall, it went from {losses[0]} to {losses[-1]}"
    print(f"After {len(losses)} rounds the loss went from {losses[0]:.3f} to {losses[-1]:.3f},")
    print(f"the weights of the frozen layer are still {weights.tolist()},")
    print(f"and {sum(rate != 0 for rate in used.values())} other arrays have learnt.")


if __name__ == "__main__":
    main()
