"""The table at the top of the page: what a visitor asks first, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.benchmarks.cases import Case
from tests.benchmarks.choice import all_cases
from tests.benchmarks.figures import middle, ratio, told
from tests.benchmarks.results import Results

PEERS = ("PyTorch", "JAX", "scikit-learn", "ONNX Runtime")
COLUMNS = ("what", "wlnet", *(f"times {peer}" for peer in PEERS))


class Line(NamedTuple):
    """A case and its name in plain words. without: peers that are given part of the work."""

    case: str
    words: str
    without: tuple[str, ...] = ()


LINES = (
    Line("mlp_64", "train a net of three layers on digits, 64 at a time"),
    Line("mlp_256", "train a net of three layers on digits, 256 at a time"),
    Line("mlp_1", "train a net of three layers on digits, one at a time"),
    Line("lenet_64", "train LeNet, a small convolution net, on digits, 64 at a time"),
    Line("transfer1", "train the last layer of LeNet (PyTorch: features cached by hand)"),
    Line("adam_10m", "Adam on ten million weights with eight rates",
         without=("PyTorch, its update alone",)),
    Line("mlp_6x1024", "train six layers 1024 wide, 64 examples at a time"),
    Line("mlp_3x2048", "train three hidden layers 2048 wide, 128 at a time"),
    Line("residual_64_32", "train a residual net of 64 channels on 32x32 images, 16 at a time"),
    Line("residual_48_24_5", "train a residual net of 48 channels on 24x24 images, 5 at a time"),
    Line("lstm_32_128", "train an LSTM of 128 on sequences of 32, 64 at a time"),
    Line("gru_32_128", "train a GRU of 128 on sequences of 32, 64 at a time"),
    Line("attention_64_128", "train attention over 64 places, 128 wide, 16 at a time"),
    Line("causal_256_128", "train causal attention of 4 heads over 256 places, 8 at a time"),
    Line("infer_mlp_1", "ask a net of three layers, one example a call"),
    Line("infer_mlp_32", "ask a net of three layers, 32 examples a call"),
    Line("infer_mlp_256", "ask a net of three layers, 256 examples a call"),
    Line("infer_lenet_1", "ask LeNet, one image a call"),
    Line("infer_lenet_32", "ask LeNet, 32 images a call"),
    Line("start_mlp", "from the start of Python to the first finished step of training"),
)  # fmt: skip


def summary_rows(results: Results) -> Iterator[list[str]]:
    """A row for each line and machine."""
    cases = {case.name: case for case in all_cases()}
    for line in LINES:
        case = cases[line.case]
        for entry in results.of(line.case):
            own = middle(entry, case.own[0])
            if own:
                times = [cell(case, entry, peer, line.without) for peer in PEERS]
                name = machine_name(results.machines[entry["machine"]], entry["machine"])
                yield [line.words, told(case, entry, own), *times, name]


def cell(case: Case, entry: dict[str, Any], name: str, without: tuple[str, ...]) -> str:
    """How many times as fast as a library in the best of all ways to use it; and the goal that this
    misses."""
    peers = [peer for peer in case.peers if peer.label.split(",")[0] == name]
    found = [(ratio(case, entry, peer), peer.must) for peer in peers if peer.label not in without]
    times = [(span.middle, must or 0.0) for span, must in found if span]
    if not times:
        return ""
    least, must = min(times)
    return f"**{least:.3g}**, goal {must:g}" if least < must else f"{least:.3g}"


def machine_name(machine: dict[str, Any], number: int) -> str:
    """Its number on the page, and its CPU in short."""
    cpu = str(machine["CPU"]).replace("(R)", "").replace(" Processor", "").partition(" (")[0]
    return f"{number + 1}: {cpu}"
