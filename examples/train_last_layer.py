"""Train only the last layer of a net; what lies before it comes back bit for bit.

The first of the basic examples on the Wolfram Language page of LearningRateMultipliers.
"""

import numpy as np

import wlnet as wl

RULES = {3: 1, wl.ANY: None}
ROUNDS = 200


def main() -> None:
    """Tell the story and check every step of it."""
    points = np.array([[x, y] for x in np.linspace(-1, 1, 9) for y in np.linspace(-1, 1, 9)])
    x, y = points.T
    data = points, np.stack([x + y, x - y, x * y], axis=1)

    print("A net of three layers; the one in the middle, Tanh, has no arrays.")
    net = wl.net_initialize(wl.NetChain([5, "Tanh", 3], input=2))
    answer = net([0.5, -0.5])
    print(f"It takes two numbers and gives three: {np.round(answer, 3)}")
    assert answer.shape == (3,), f"three numbers expected, got shape {answer.shape}"

    print("\nTrain it on x + y, x - y and x * y, but only layer 3:")
    print(f"    learning_rate_multipliers={RULES}")
    results = wl.net_train(
        net, data, wl.ALL, learning_rate_multipliers=RULES, max_training_rounds=ROUNDS
    )
    trained = results["TrainedNet"]
    first, last = results["RoundLossList"][0], results["RoundLossList"][-1]
    print(f"The loss falls from {first:.4f} to {last:.4f} in {results['TotalRounds']} rounds.\n")
    assert last < first / 2, f"the loss should at least halve, it went from {first} to {last}"

    for key, rate in results["ArraysLearningRateMultipliers"].items():
        before, after = wl.net_extract(net, key), wl.net_extract(trained, key)
        same = before.tobytes() == after.tobytes()
        moved = float(np.abs(after - before).max())
        verdict = "bit for bit the same" if same else f"moved by up to {moved:.3f}"
        print(f"    {key!s:16} rate {rate:g}   {verdict}")
        assert same == (rate == 0), f"{key} has the rate {rate}, and same is {same}"
    biases = wl.net_extract(trained, (1, "Biases"))
    assert not biases.any(), f"layer 1 is frozen, and its biases were zeros; now {biases}"

    print("\nWithout the rules layer 1 learns as well, and its biases leave zero:")
    free = wl.net_train(net, data, max_training_rounds=ROUNDS)
    biases = wl.net_extract(free, (1, "Biases"))
    print(f"    {np.round(biases, 3)}")
    assert biases.all(), f"every bias of layer 1 should have moved, got {biases}"

    assert not wl.net_extract(net, (1, "Biases")).any(), "training must not change the net given"
    print("\nThe net that was given is still what it was: training returns a new one.")


if __name__ == "__main__":
    main()
