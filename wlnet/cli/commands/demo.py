"""Watch a net learn by rules: a LeNet that reads digits learns to tell even ones from odd ones.

Only its new layer learns. It needs nothing but this package, and takes some seconds.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np

from wlnet.cli.answer import DENIED, DONE, Answer

LABELS = ("even", "odd")
ROUNDS = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes: nothing."""


def run(asked: argparse.Namespace) -> Answer:
    """Tell the story, step by step."""
    import wlnet as wl  # lazy: --help needs no net

    stream = sys.stderr if getattr(asked, "json", False) else sys.stdout

    def tell(*words: object) -> None:
        print(*words, sep="\n", file=stream, flush=True)

    lenet = wl.net_model("LeNet")
    count = wl.information(lenet, "ArraysTotalElementCount")
    tell(f"1. LeNet comes trained: {count:,} numbers that read digits.")
    new = wl.NetChain([wl.LinearLayer(), wl.SoftmaxLayer()])
    output = wl.NetDecoder("Class", list(LABELS))
    net = wl.net_initialize(wl.net_join(wl.net_drop(lenet, -2), new, output=output))
    tell("   net_join(net_drop(lenet, -2), NetChain([LinearLayer(), SoftmaxLayer()])) puts two new",
         "   layers in the place of its last two.", "")  # fmt: skip
    (x, y), (x_test, y_test) = wl.data.digits()
    parity, parity_test = (np.array(LABELS)[each % 2] for each in (y, y_test))
    before = _right(net, x_test, parity_test)
    tell(f"2. It is to tell even digits from odd ones; untrained it is right on {before:.1%}.")
    tell("   net_train(net, (x, y), ALL, learning_rate_multipliers={-2: 1, ANY: None}):", "")
    rules = {-2: 1, wl.ANY: None}
    results = wl.net_train(
        net,
        (x, parity),
        wl.ALL,
        learning_rate_multipliers=rules,
        max_training_rounds=ROUNDS,
        training_progress_reporting=lambda state: tell(
            f"   round {state['Round']}   loss {state['RoundLoss']:.4f}"
        ),
    )
    trained = results["TrainedNet"]
    tell("", "3. Who decided the rate of each array, and what became of it:", "")
    tell(results["ArraysLearningRateMultipliersTable"], "")
    report = results["ArraysReport"]
    frozen = [row for row in report.values() if row["Rate"] == 0]
    same = sum(row["DigestBefore"] == row["DigestAfter"] for row in frozen)
    after = _right(trained, x_test, parity_test)
    found = {
        "RightBefore": before,
        "RightAfter": after,
        "FrozenArrays": len(frozen),
        "FrozenArraysUnchanged": same,
        "Seconds": results["TotalTrainingTime"],
    }
    verdict = (
        f"It is right on {after:.1%} of digits that it has not seen.\n"
        f"{same} of {len(frozen)} frozen arrays have the SHA-256 that they had before."
    )
    return Answer(verdict, found, DONE if same == len(frozen) and after > before else DENIED)


def _right(net: Any, x: Any, labels: Any) -> float:
    """The share of examples that a net reads as what they are."""
    return float(np.mean(np.array(net(x)) == labels))
