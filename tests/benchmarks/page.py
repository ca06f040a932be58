"""docs/benchmarks.md, written from the results: what is said, and in which order.

tables.py makes the tables, summary.py the one at the top.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.growth import SERIES
from tests.benchmarks.results import Results
from tests.benchmarks.summary import COLUMNS, summary_rows
from tests.benchmarks.tables import (
    failure_rows,
    figure_rows,
    form_rows,
    forms,
    freezing_rows,
    goal_rows,
    growth_rows,
    kernel_rows,
    machine_rows,
    table,
    variant_rows,
    when,
)

FILE = Path(__file__).parents[2] / "docs" / "benchmarks.md"

INTRODUCTION = """\
# Benchmarks

This page is written by `make bench`, from tests/benchmarks/results.json.
`make bench CASES=mlp_64,lenet_64 ROUNDS=5` measures some cases anew and replaces only their rows of
this machine; `CASES=short` is some of each kind, in about 25 minutes. It measures; no test depends
on seconds.

How many times as fast wlnet is as the best variant of each library, at the same work, in the same
run, on the same machine. In bold with a goal behind it: below that goal. Several machines stand
below one another; figures of one are never set against those of another.
"""

HOW = """\
## How

One process a contender, all given the same work and the same number of threads, all warmed
up; then they run in turn, A B C A B C ..., each run on a machine that is otherwise idle where that
can be had. A figure is the median of the runs. A ratio says how many times as fast wlnet was as the
peer's best variant in the same turns. wlnet is used through its public functions alone: `net(x)`,
and `net_train` with its defaults (it shuffles the examples in every round and measures losses and
error rates, which the peers here do not). A run of wlnet is a whole call, with all that is done
once a call: the check of the data, the plan, the net that comes back. Wide and recurrent nets run
so many steps that this counts little. float32 everywhere.

Each row belongs to one machine and one run of the benchmarks: it says how many runs its figures are
the median of, in bold where others have more or fewer, when that was, and at which commit. "No
commit": the run did not keep it. "Within the spread": the goal lies between the ratio of wlnet's
slowest run to the peer's fastest one and that of the fastest to the slowest, so that chance may
have decided.
"""

NOTES = """\
* **Allowed**: what products and memory alone would allow on this machine, and how much of that
  wlnet reaches in the whole run. It is the time of all products of a step at the FMA peak of all
  threads, and after them that of weights, biases and what Adam keeps beside them, each read and
  written once, as fast as so many numbers are changed in place; both are measured right after the
  run of the case.
* **Adam, 10M values**: eight linear layers beside one another, of 1.25 million weights each, with
  eight different rates, one example a step. So a step is hardly more than the update: the forward
  pass reads the weights once, there is nothing to propagate back to, and the gradient of a weight
  is one product. In the first row both sides do that whole step. "Its update alone" gives the peer
  its gradients for nothing, while wlnet still does the whole step: that row is harder than even.
  The update kernel of wlnet alone stands among the kernels.
* **Features cached by hand**: what an expert writes when layers are frozen. The frozen layers run
  once over all examples, in every run anew, and only the others are trained. For wlnet it is a rule
  list and nothing else.
* **A fresh process**: from the start of Python to the end of the first step of training, imports
  included.
* scikit-learn and ONNX Runtime are there where they can do the same work.
"""

VARIANTS = """\
A peer's best is the fastest of the variants that were run for the case, and these are not all that
there are: each compiled one takes up to a minute to prepare. fused: Adam in one kernel.
channels_last: that layout of images. compile: the loss, or the net that answers, by torch.compile.
builtin: PyTorch's own attention. one_thread: no second thread. jit: traced, frozen and optimized
for inference. step and scan: jitted, a step or a whole round a call.
"""

FREEZING = """\
Eight layers 1024 wide, batch 64: all of them trained, and only the last one.
"""

GROWTH = """\
A step is what one more costs. Each turn has a short run and a longer one; what the longer one takes
more, divided by the steps that it has more, is a step, for wlnet and for the peer alike. What the
short run of wlnet takes beside its steps is done once a call of `net_train`: the check of the data,
the plan, the net that comes back. The peer's loop has nothing of the kind: its net and its
optimizer are made before it begins. It is run without torch.compile here.
"""

KERNELS = """\
Products are those of one worker, in GF/s, with the part of what the machine allows, in bold where
it is less than three quarters. A row is a linear layer: so many examples and inputs, by so many
inputs and outputs. All its columns do as many operations. x are the examples, w the weights, d the
gradients by the outputs. Packed: weights that lie in panels. Gated: the gradient by the examples, d
w, times the slope of the Ramp before the layer. The last columns of wlnet make the gradient by the
weights and use it up in a step of Adam; what that computes more is not counted, and their limit is
that of the product, and after it of as many numbers as weights and moments that are changed in
place, in the cache or memory where so many lie. NumPy: the same product by NumPy's matrix library
with one thread, in the same run.

Windows are 3 x 3 convolutions of one worker, counted as so many operations as the direct way takes,
so that those with fewer operations (Winograd's) may be above the peak. By input, by weights: the
way back. Directly: without such a formula.
"""

FIGURES = """\
A figure is that of whole runs. Those of the growth of cost are the short ones, so that what wlnet
does once a call counts most in some of them; a step is told above.
"""

STAMP = ("machine", "runs", "measured")
"""The columns that tell where a row comes from."""


def page(results: Results) -> str:
    """The whole page."""
    goals = ["case", "peer", "wlnet", "peer's best", "variant", "ratio", "must", "aim", ""]
    figures = ["case", "contender", "median", "slowest to fastest", "memory at most"]
    parts = [
        INTRODUCTION,
        table([*COLUMNS, "machine"], summary_rows(results)),
        HOW,
        "## Machines\n",
        table(["", *machine_names(results)], machine_rows(results)),
        "## Goals\n",
        table([*goals, "allowed", *STAMP], goal_rows(results)),
        NOTES,
        "## Variants\n",
        VARIANTS,
        table(["peer", "variants that were run", "cases"], variant_rows(results)),
        "## Freezing\n",
        FREEZING,
        table(
            ["", "all learn", "only the last one", "times as fast", *STAMP], freezing_rows(results)
        ),
        "## Growth of cost\n",
        GROWTH,
        *growth(results),
        "## Kernels\n",
        KERNELS,
        *kernels(results),
        "## All figures\n",
        FIGURES,
        table([*figures, *STAMP], figure_rows(results)),
        *failures(results),
    ]
    return "\n".join(parts)


def machine_names(results: Results) -> list[str]:
    """What the machines are called on the page."""
    return [f"machine {number}" for number, _ in enumerate(results.machines, 1)]


def growth(results: Results) -> Iterator[str]:
    """A table for each size that changes."""
    for series in SERIES:
        yield f"{series.title}:\n"
        head = ["wlnet, a step", "PyTorch, a step", "ratio", "wlnet, once a call"]
        yield table([series.size, *head, *STAMP], growth_rows(series, results))


def kernels(results: Results) -> Iterator[str]:
    """The limits of each machine, and kernels as parts of them."""
    if not results.kernels:
        yield table([], [])
    for entry in results.kernels:
        yield f"### Machine {entry['machine'] + 1}\n\nMeasured {when(entry)}.\n"
        yield table(["", "", "of the limit"], kernel_rows(entry))
        for name in ("products", "windows"):
            columns = forms(entry, name)
            if columns:
                yield table([name, *columns], form_rows(entry, name))


def failures(results: Results) -> Iterator[str]:
    """Who could not do what, if there is anybody."""
    rows = list(failure_rows(results))
    if rows:
        yield "## Failed\n"
        yield table(["case", "contender", "its last words", "machine"], rows)
