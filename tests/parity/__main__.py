"""`python -m tests.parity PYTHON_OF_THE_PEERS`: the largest errors of each layer, as a table.

An error is told in units of the largest number of the array that it is in; for a gradient that is
small beside others, of a tenth of the largest gradient. The other library computes in 64 bits
throughout, so that all of an error is one of this one's. Ends with status 1 where one is larger
than rounding explains. What all layers came to on as many configurations as usual is kept in
account.json, of which pages may tell.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from tests.parity.draws import DRAWS
from tests.parity.questions import MOST, answers_of, asked, compared

ACCOUNT = Path(__file__).parent / "account.json"
COUNT = 100
TOGETHER = 10
"""Layers that are asked about at once."""
Errors = dict[str, float | None]
"""The largest ones, "forward" and "gradient"; None where a layer has none."""


def errors_of(kinds: Sequence[str], count: int, python: str) -> dict[str, dict[str, Errors]]:
    """The largest errors of some layers by precision."""
    numbers = [(kind, number) for kind in kinds for number in range(count)]
    pairs = {p: [asked(*each, p) for each in numbers] for p in MOST}
    answers = answers_of(python, [question for _, question in pairs["Real64"]])
    found: dict[str, dict[str, Errors]] = {kind: {} for kind in kinds}
    for precision, both in pairs.items():
        of_kinds: dict[str, list[tuple[float, float | None]]] = {kind: [] for kind in kinds}
        for (kind, _), (own, _), answer in zip(numbers, both, answers, strict=True):
            of_kinds[kind].append(compared(kind, own, answer))
        for kind, each in of_kinds.items():
            back = [error for _, error in each if error is not None]
            forward = max(error for error, _ in each)
            found[kind][precision] = {"forward": forward, "gradient": max(back) if back else None}
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__)
    parser.add_argument("python", help="the Python of the peers, as of `make bench-peers`")
    parser.add_argument("--count", type=int, default=COUNT, help="configurations of each layer")
    parser.add_argument("--layers", nargs="*", default=list(DRAWS), help="which")
    options = parser.parse_args()
    print(f"{'layer':<32}{'precision':<9}{'forward':>10}{'gradient':>10}   of {options.count}")
    layers: dict[str, dict[str, Errors]] = {}
    worst = 0.0
    # The other process takes seconds to start.
    for start in range(0, len(options.layers), TOGETHER):
        found = errors_of(options.layers[start : start + TOGETHER], options.count, options.python)
        layers |= found
        for (kind, each), (precision, most) in product(found.items(), MOST.items()):
            told = [each[precision][way] for way in ("forward", "gradient")]
            words = "".join(f"{'none':>10}" if e is None else f"{e:10.1e}" for e in told)
            print(f"{kind:<32}{precision:<9}{words}", flush=True)
            worst = max(worst, *(e / most for e in told if e is not None))
    if options.layers == list(DRAWS) and options.count == COUNT:
        version = subprocess.run(
            [options.python, "-c", "import torch; print(torch.__version__)"],
            check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip
        account = {"library": f"PyTorch {version}", "configurations": COUNT, "most": MOST,
                   "layers": {kind: layers[kind] for kind in sorted(layers)}}  # fmt: skip
        ACCOUNT.write_text(json.dumps(account, indent=1) + "\n")
    return int(worst > 1)


if __name__ == "__main__":
    sys.exit(main())
