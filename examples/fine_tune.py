"""Fine-tuning in three phases that survives being killed, and proves afterwards what it did.

The application on the Wolfram Language page of LearningRateMultipliers, carried on: LeNet, which
reads digits, learns the letters x, y and z. First its new head learns alone, then the last block
with it, slowly, then everything, each part slower than the one behind it. The training runs in a
process of its own, which is killed in the middle of the second phase, and goes on from its last
checkpoint. The letters are those of transfer_letters.py.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from letters import letters
from transfer_letters import LABELS, PER_FACE, heading, right, tell

import wlnet as wl

HEAD, BLOCK = 10, 8
KILLED_AFTER = 150
EVERY = 20
OPTIONS = {
    "max_training_rounds": 9,
    "batch_size": 32,
    "learning_rate": 0.003,
    "method": wl.Adam(weight_decay=0.01, learning_rate_schedule=("Cosine", {"Warmup": 0.1})),
    "validation_set": wl.Scaled(0.1),
    # Without it the net with the fewest errors comes back: of 115 letters, a matter of chance.
    "training_stopping_criterion": {"Criterion": "Loss", "Patience": 3},
}
GOAL = 0.95


def main() -> None:
    """Tell the story and check every step of it."""
    started = time.perf_counter()
    net, data = net_and_letters()
    keys = list(wl.information(net, "Arrays"))
    test = letters(LABELS, per_face=PER_FACE)[1]

    heading("1. Three phases")
    for first, rules in phases(net).items():
        print(f"from round {first}   {rules}")

    heading("2. The training, undisturbed")
    whole = trained(net, data, training_progress_reporting=tell)
    print(f"Letters read in faces never trained on: {right(whole['TrainedNet'], *test):.1%}")

    with tempfile.TemporaryDirectory() as name:
        folder, file = Path(name) / "checkpoints", Path(name) / "record.wlnet"
        heading("3. The same training in a process of its own, and its sudden end")
        killed(folder)

        heading("4. It goes on from the last checkpoint")
        files = sorted(folder.iterdir())
        last = wl.load(files[-1])
        done, inside = last["TotalRounds"], last["TotalBatches"] - last["RoundPositions"][-1]
        print(
            f"{len(files)} checkpoints are there. The last is of batch "
            f"{last['TotalBatches']}: {done} rounds were over, and {inside} batches of the next."
        )
        assert 0 < inside < last["BatchesPerRound"], f"the middle of a round, not batch {inside}"
        # A file holds no functions: what tells of the rounds is given anew.
        resumed = wl.net_resume(
            folder, data, training_progress_reporting=tell, training_progress_function=None
        )
        compare(whole, resumed)

        heading("5. What every array did")
        print(resumed["ArraysReportTable"])
        check_report(resumed["ArraysReport"], keys)

        heading("6. The record is kept, and whoever doubts it trains again")
        wl.save(resumed, file)
        receipt = wl.load(file)["Receipt"]
        assert receipt == resumed["Receipt"], "a record that was kept gives the same receipt"
        verification = wl.verify(receipt, net, data)
        assert verification, f"the receipt must hold: {verification.faults}"

    share = right(resumed["TrainedNet"], *test)
    assert share >= GOAL, f"at least {GOAL:.0%} of the unseen faces expected, got {share:.1%}"
    heading("Verdict")
    print(
        f"Killed after batch {KILLED_AFTER} and taken up from batch {last['TotalBatches']}, the "
        f"net is the undisturbed\none to the last bit, and reads {share:.1%} of the letters in "
        f"faces that it has never seen.\nAll of this took {time.perf_counter() - started:.0f} s."
    )


def net_and_letters() -> tuple[wl.NetChain, tuple]:
    """LeNet with a new head, and letters to train it on: the same ones in every process."""
    head = wl.NetChain([wl.LinearLayer(), wl.SoftmaxLayer()])
    body = wl.net_drop(wl.net_model("LeNet"), -2)
    net = wl.net_join(body, head, output=wl.NetDecoder("Class", LABELS))
    return wl.net_initialize(net), letters(LABELS, per_face=PER_FACE)[0]


def phases(net: wl.NetChain) -> wl.Phases:
    """Rules by the round from which they hold."""
    return wl.Phases(
        {
            1: {HEAD: 1, wl.ANY: None},
            3: {HEAD: 1, BLOCK: 0.1, wl.ANY: None},
            7: wl.layer_wise_decay(net, 0.5),
        }
    )


def trained(net: wl.NetChain, data: tuple, **more: object) -> wl.NetTrainResults:
    """The record of the training of this story."""
    return wl.net_train(net, data, wl.ALL, learning_rate_multipliers=phases(net), **OPTIONS, **more)


def train_with_checkpoints(folder: str) -> None:
    """What the process does that will be killed."""

    def wait_for_the_end(state: dict) -> None:
        # Whoever started this process reads the line and kills it. Without the wait it might have
        # finished before, on some machines, and the story would be another one.
        print(f"batch {state['AbsoluteBatch']}, round {state['Round']}", flush=True)
        sys.stdin.read()

    trained(
        *net_and_letters(),
        training_progress_function=(wait_for_the_end, {"Interval": (KILLED_AFTER, "Batches")}),
        training_progress_checkpointing=(
            "Directory",
            folder,
            {"Interval": (EVERY, "Batches"), "Keep": 3},
        ),
    )


def killed(folder: Path) -> None:
    """Train in another process, and kill that as soon as it tells of a batch."""
    command = [sys.executable, __file__, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        line = process.stdout.readline()
        process.kill()  # SIGKILL: no handler, no "finally", nothing is tidied up
    assert line.startswith(f"batch {KILLED_AFTER}, "), f"it should have come so far, not: {line!r}"
    assert process.returncode != 0, "a process that was killed has not ended well"
    print(f"Killed after {line.strip()}.")


def compare(whole: wl.NetTrainResults, resumed: wl.NetTrainResults) -> None:
    """Tell, and check, that two records are of the same bits."""
    digests = [
        {key: row["DigestAfter"] for key, row in results["ArraysReport"].items()}
        for results in (whole, resumed)
    ]
    print("\nSHA-256 of the arrays           undisturbed     killed and taken up")
    for key in digests[0]:
        print(f"{key!s:30}  {digests[0][key][:12]}... {digests[1][key][:12]}...")
    assert digests[0] == digests[1], "both trainings must give the same bits"
    for name in ("BatchLossList", "RoundLossList", "ValidationLossList"):
        assert whole[name] == resumed[name], f"{name} must be the same to the last bit"


def check_report(report: dict, keys: list) -> None:
    """The rates of the three phases, array by array."""
    rates = {key: [phase["Rate"] for phase in row["Phases"]] for key, row in report.items()}
    assert rates[keys[-1]] == [1, 1, 1], f"the head always learns, not {rates[keys[-1]]}"
    assert rates[keys[-3]] == [0, 0.1, 0.5], f"the block from phase 2 on, not {rates[keys[-3]]}"
    assert rates[keys[0]][:2] == [0, 0], f"the rest from phase 3 on, not {rates[keys[0]]}"
    assert all(row["Changed"] for row in report.values()), "in the end every array has learnt"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        train_with_checkpoints(sys.argv[1])
    else:
        main()
