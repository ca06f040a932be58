"""A net from PyTorch is fine-tuned by six rules, and gives the losses that PyTorch gives.

What the Wolfram Language page of LearningRateMultipliers says of a net, each part at a rate of its
own, beside the parameter groups of PyTorch. PyTorch has trained a small net to read the digits 0 to
4, and has given it a new head: its weights lie in pytorch/weights.safetensors. Here they are put
into a net of wlnet, which learns 5 to 9. pytorch/in_pytorch.py has done the same in PyTorch, and
its losses lie beside the weights.
"""

import json
from pathlib import Path

import numpy as np

import wlnet as wl

HERE = Path(__file__).parent / "pytorch"
EXAMPLES = 300
CLOSE = 1e-5


def heading(text: str) -> None:
    """A title on the terminal."""
    print(f"\n{text}\n{'=' * len(text)}")


def reader() -> wl.NetChain:
    """The net of in_pytorch.py, layer by layer, under the names that it has there."""
    return wl.NetChain(
        {
            "conv1": wl.ConvolutionLayer(8, 3),
            "ramp1": "Ramp",
            "conv2": wl.ConvolutionLayer(16, 3),
            "ramp2": "Ramp",
            "pool": wl.PoolingLayer(2, 2),
            "flat": wl.FlattenLayer(),
            "fc1": 32,
            # What a file of weights does not tell: the epsilon of PyTorch is another.
            "norm": wl.NormalizationLayer(1, "Same", epsilon=1e-5),
            "ramp3": "Ramp",
            "head": 5,
            "softmax": wl.SoftmaxLayer(),
        },
        input=wl.NetEncoder("Image", (8, 8), color_space="Grayscale"),
        output=wl.NetDecoder("Class", [5, 6, 7, 8, 9]),
    )


RULES = {
    "conv1": None,
    "conv2": 0.1,
    ("fc1", "Weights"): 0.3,
    ("fc1", "Biases"): 0.6,
    "norm": 2,
    "head": 1,
}


def high_digits() -> tuple[np.ndarray, np.ndarray]:
    """Pictures of the digits 5 to 9, and what they are."""
    (x, y), _ = wl.data.digits()
    return x[y >= 5][:EXAMPLES], y[y >= 5][:EXAMPLES]


def fine_tuned(net: wl.NetChain, told: dict) -> wl.NetTrainResults:
    """The record of the training that PyTorch has done too."""
    return wl.net_train(
        net,
        high_digits(),
        wl.ALL,
        method=wl.SGD(momentum=told["Momentum"], learning_rate_schedule=None),
        learning_rate=told["Rate"],
        learning_rate_multipliers=RULES,
        batch_size=EXAMPLES,
        max_training_rounds=len(told["Losses"]),
        training_progress_reporting=None,
    )


def main() -> None:
    """Tell the story and check every step of it."""
    told = json.loads((HERE / "losses.json").read_text("utf-8"))

    heading("1. The weights of PyTorch, put in by name")
    net, report = wl.net_import_arrays(
        reader(), HERE / "weights.safetensors", prop=["Net", "Report"]
    )
    print(report)

    heading("2. Fine-tuned, with a rate for each part")
    results = fine_tuned(net, told)
    print(results["ArraysLearningRateMultipliersTable"])

    heading("3. The losses, step by step")
    print("step  PyTorch     wlnet       apart")
    apart = []
    for step, (theirs, ours) in enumerate(
        zip(told["Losses"], results["BatchLossList"], strict=True), 1
    ):
        apart.append(abs(ours / theirs - 1))
        if step % 10 == 1 or step == len(told["Losses"]):
            print(f"{step:4}  {theirs:.8f}  {ours:.8f}  {apart[-1]:.1e}")
    assert max(apart) < CLOSE, f"losses are apart by {max(apart):.1e}"

    trained = results["TrainedNet"]
    for key in (("conv1", "Weights"), ("conv1", "Biases")):
        assert (trained[key] == net[key]).all(), f"{key} was to be frozen"
    x, y = high_digits()
    right = float(np.mean(np.array(trained(x)) == y))
    assert right > 0.99, f"what was trained on should be read, not {right:.1%}"
    heading("Verdict")
    print(
        f"After {len(apart)} steps both have the same losses, {max(apart):.1e} apart at most. "
        f"conv1 is\nbit for bit what PyTorch has learnt, and {right:.1%} of the digits are read."
    )


if __name__ == "__main__":
    main()
