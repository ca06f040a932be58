"""A net that reads digits learns to read the letters x, y and z, and only its new layer learns.

The application on the Wolfram Language page of LearningRateMultipliers: a pretrained LeNet without
its last two layers, a new linear layer, and the rules {-2: 1, ANY: None}. The letters are drawn
from printed faces (letters.py); the faces of the test are never trained on.
"""

import hashlib
import time

import numpy as np
from letters import letters, split_faces

import wlnet as wl

LABELS = ["x", "y", "z"]
RULES = {-2: 1, wl.ANY: None}
PER_FACE = 24
OPTIONS = {
    "max_training_rounds": 6,
    "batch_size": 32,
    "learning_rate": 0.003,
    "validation_set": wl.Scaled(0.1),
}
GOAL = 0.95
SHADES = " .:-=+*#%@"


def main() -> None:
    """Tell the story and check every step of it."""
    started = time.perf_counter()
    heading("1. A net that reads digits")
    lenet = wl.net_model("LeNet")
    print(wl.net_model("LeNet", trained=False))
    count = wl.information(lenet, "ArraysTotalElementCount")
    print(f"This is its structure; it comes trained, with {count:,} numbers.")

    heading("2. Its last two layers go, two new ones come")
    print("net = net_join(net_drop(lenet, -2), NetChain([LinearLayer(), SoftmaxLayer()]),")
    print(f'               output=NetDecoder("Class", {LABELS}))')
    new = wl.NetChain([wl.LinearLayer(), wl.SoftmaxLayer()])
    output = wl.NetDecoder("Class", LABELS)
    net = wl.net_initialize(wl.net_join(wl.net_drop(lenet, -2), new, output=output))
    shapes = wl.information(net, "ArraysDimensions")
    keys = list(shapes)
    fresh = keys[-2:]
    print(f"The size of the new layer follows from the labels: its weights are {shapes[fresh[0]]}.")
    assert shapes[fresh[0]] == (3, 500), f"3 labels, 500 numbers in: got {shapes[fresh[0]]}"

    heading("3. Letters, in faces to train on and faces never trained on")
    (x, y), (x_test, y_test) = letters(LABELS, per_face=PER_FACE)
    faces, unseen = split_faces()
    print(f"{len(x)} letters in {len(faces)} faces to train on.")
    print(f"{len(x_test)} letters in {len(unseen)} other faces to test on: {', '.join(unseen)}.")
    print("Three of the test:\n")
    print(side_by_side([x_test[y_test.index(label)] for label in LABELS]))
    guess = right(net, x_test, y_test)
    print(
        f"\nUntrained, with random numbers in the new layer, the net reads {guess:.1%} of the test."
    )

    heading("4. Train the new layer alone")
    print(f"learning_rate_multipliers={RULES}\n")
    frozen = trained(net, (x, y), learning_rate_multipliers=RULES)
    print("\nWhat every array was trained with, and the rule that decided it:\n")
    print(frozen["ArraysLearningRateMultipliersTable"])
    rates = frozen["ArraysLearningRateMultipliers"]
    assert rates == {key: float(key in fresh) for key in keys}, f"only {fresh} learn, not {rates}"
    accuracy = right(frozen["TrainedNet"], x_test, y_test)
    still = [key for key in keys if key not in fresh]
    before, after = seal(net, still), seal(frozen["TrainedNet"], still)
    print(f"\nUnseen faces read: {accuracy:.1%}")
    print(f"SHA-256 of the {len(still)} frozen arrays before: {before[:32]}...")
    print(f"                                 after:  {after[:32]}...")
    assert before == after, "the frozen arrays must come back bit for bit"
    assert changed(net, frozen["TrainedNet"]) == fresh, "only the new layer may change"
    assert accuracy >= GOAL, f"at least {GOAL:.0%} of the unseen faces expected, got {accuracy:.1%}"

    heading("5. For comparison: the same net, with nothing frozen")
    free = trained(net, (x, y))
    free_accuracy = right(free["TrainedNet"], x_test, y_test)
    moved = changed(net, free["TrainedNet"])
    assert moved == keys, f"with nothing frozen every array should change, only {moved} did"

    print(f"\n{'':16} {'unseen faces':>12} {'seconds':>9} {'examples/s':>11}  arrays changed")
    for name, results, share in (
        ("new layer only", frozen, accuracy),
        ("nothing frozen", free, free_accuracy),
    ):
        count = len(changed(net, results["TrainedNet"]))
        seconds, speed = results["TotalTrainingTime"], results["MeanExamplesPerSecond"]
        print(f"{name:16} {share:12.1%} {seconds:9.1f} {speed:11,.0f}  {count} of {len(keys)}")

    heading("Verdict")
    numbers = sum(wl.net_extract(net, key).size for key in fresh)
    print(
        f"LeNet reads {accuracy:.1%} of the letters in faces it has never seen, after training\n"
        f"{numbers:,} of its {wl.information(net, 'ArraysTotalElementCount'):,} numbers; "
        f"the other arrays are bit for bit what they were.\n"
        f"All of this took {time.perf_counter() - started:.0f} s."
    )


def heading(text: str) -> None:
    """A line that says what comes now."""
    print(f"\n{text}\n{'-' * len(text)}")


def trained(net: wl.NetChain, data: tuple, **rules: object) -> wl.NetTrainResults:
    """The record of a training that tells a line a round."""
    return wl.net_train(net, data, wl.ALL, training_progress_reporting=tell, **OPTIONS, **rules)


def tell(state: dict) -> None:
    """One line about the round that has just ended."""
    wrong = state["ValidationMeasurements"]["ErrorRate"]
    print(
        f"round {state['Round']}   loss {state['RoundLoss']:.4f}   "
        f"held out: loss {state['ValidationLoss']:.4f}, errors {wrong:.1%}   "
        f"{state['TimeElapsed']:.1f} s",
        flush=True,
    )


def right(net: wl.NetChain, x: np.ndarray, y: list[str]) -> float:
    """The share of pictures that a net reads as what they are."""
    return float(np.mean(np.array(net(x)) == np.array(y)))


def changed(old: wl.NetChain, new: wl.NetChain) -> list:
    """The arrays that differ between two nets, by a bit or more."""
    keys = wl.information(old, "Arrays")
    return [k for k in keys if seal(old, [k]) != seal(new, [k])]


def seal(net: wl.NetChain, keys: list) -> str:
    """The SHA-256 of arrays of a net: names, shapes and bytes."""
    digest = hashlib.sha256()
    for key in keys:
        values = wl.net_extract(net, key)
        digest.update(f"{key} {values.shape} {values.dtype} ".encode() + values.tobytes())
    return digest.hexdigest()


def side_by_side(pictures: list[np.ndarray]) -> str:
    """Pictures as text: two rows of pixels make one row of characters, which are twice as high."""
    bands = []
    for picture in pictures:
        rows = picture.reshape(14, 2, 28).mean(axis=1)
        steps = np.rint(rows / 255 * (len(SHADES) - 1)).astype(int)
        bands.append(["".join(SHADES[step] for step in row) for row in steps])
    lines = ("  ".join(row).rstrip() for row in zip(*bands, strict=True))
    return "\n".join(line for line in lines if line)


if __name__ == "__main__":
    main()
