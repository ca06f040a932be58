"""The record of a training tells with which rates every array was trained.

The example under Properties & Relations on the Wolfram Language page of LearningRateMultipliers.
"""

import numpy as np

import wlnet as wl

RULES = {1: 0.5, 4: None, (8, "Biases"): 2, wl.ANY: 1}
EXPECTED = {
    (1, "Weights"): 0.5,
    (1, "Biases"): 0.5,
    (4, "Weights"): 0.0,
    (4, "Biases"): 0.0,
    (8, "Weights"): 1.0,
    (8, "Biases"): 2.0,
    (10, "Weights"): 1.0,
    (10, "Biases"): 1.0,
}


def main() -> None:
    """Tell the story and check every step of it."""
    lenet = wl.net_model("LeNet")
    (x, y), (x_test, y_test) = wl.data.digits()
    x, y, x_test, y_test = x[:256], y[:256], x_test[:128], y_test[:128]
    print("LeNet has learnt to read digits of 28 x 28 pixels. Here are other digits, written by")
    print(f"other people, of {x.shape[1]} x {x.shape[2]} pixels; the net makes them larger itself.")
    before = right(lenet, x_test, y_test)
    print(f"As it is, LeNet reads {before:.1%} of {len(x_test)} of them.")

    print(f"\nTrain it on {len(x)} others, every part at a rate of its own:")
    print(f"    learning_rate_multipliers={RULES}\n")
    results = wl.net_train(
        lenet, (x, y), wl.ALL, learning_rate_multipliers=RULES, max_training_rounds=3
    )
    trained = results["TrainedNet"]
    rates = results["ArraysLearningRateMultipliers"]
    sources = results["ArraysLearningRateMultiplierSources"]
    for key, rate in rates.items():
        old, new = wl.net_extract(lenet, key), wl.net_extract(trained, key)
        same = old.tobytes() == new.tobytes()
        part, value = sources[key]["Rule"]
        moved = "unchanged" if same else f"moved by up to {np.abs(new - old).max():.4f}"
        rule = f"{part!r}: {value:g}"
        print(f"    {key!s:16} rate {rate:<4g} from {rule:17} {moved}")
        assert same == (rate == 0), f"{key} has the rate {rate}, and same is {same}"
    assert rates == EXPECTED, f"expected {EXPECTED}, got {rates}"
    assert list(rates) == list(EXPECTED), f"the order is that of the net, got {list(rates)}"

    after = right(trained, x_test, y_test)
    losses = ", ".join(f"{loss:.3f}" for loss in results["RoundLossList"])
    print(f"\nThe loss of {results['TotalRounds']} rounds: {losses}.")
    print(f"Now LeNet reads {after:.1%} of the {len(x_test)} it was not trained on.")
    assert after > before, f"training should help: {before} before, {after} after"


def right(net: wl.NetChain, x: np.ndarray, y: np.ndarray) -> float:
    """The share of pictures that a net reads as what they are."""
    return float(np.mean(np.array(net(x)) == y))


if __name__ == "__main__":
    main()
