"""`python -m tests.parity PYTHON_OF_THE_PEERS`: the largest errors of each layer, as a table.

An error is told in units of the largest number of the array that it is in; for a gradient that is
small beside others, of a tenth of the largest gradient. Ends with status 1 where one is larger than
rounding explains.
"""

from __future__ import annotations

import argparse
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench import BATCH, Run, draws, filled
from tests.parity.draws import DRAWS
from wlnet.kernels.language import Precision

DTYPES: dict[Precision, Any] = {"Real64": np.float64, "Real32": np.float32}
MOST: dict[Precision, float] = {"Real64": 1e-11, "Real32": 2e-4}


def short(kind: str, path: Any) -> str:
    """The name of an array for the other library: the end of its path, and the part where several
    have it."""
    return f"{path[0]} {path[-1]}" if kind == "MultiheadAttention" else str(path[-1])


def asked(kind: str, number: int, precision: Precision) -> tuple[Run, dict[str, Any]]:
    """A configuration, run here, and what the other library is asked."""
    net, words = DRAWS[kind](np.random.default_rng([number, *map(ord, kind)]))
    net = filled(net, seed=number)
    run = Run(net, draws(net, BATCH, number, -2.0, 2.0), precision=precision).run()
    dtype = DTYPES[precision]
    inputs = {name: x for name, x in run.data.items() if not name.startswith("factor ")}
    question = {
        "kind": kind, "words": words,
        "arrays": {short(kind, key): np.array(x) for key, x in run.arrays.items()},
        "inputs": {n: x.astype(dtype if x.dtype.kind == "f" else int) for n, x in inputs.items()},
        "factors": {name.removeprefix("factor "): x.astype(dtype) for name, x in run.data.items()
                    if name.startswith("factor ")},
    }  # fmt: skip
    return run, question


def error(given: Any, expected: Any, least: float = 0.0) -> float:
    """The largest difference, in units of the largest number, or of `least` if that is more."""
    assert given.shape == expected.shape, (given.shape, expected.shape)
    size = max(np.abs(expected).max(initial=0.0), least)
    return float(np.abs(np.float64(given) - expected).max(initial=0.0) / (size or 1.0))


def compared(kind: str, run: Run, answer: dict[str, Any]) -> tuple[float, float | None]:
    """The largest error forwards, and that of gradients, if there are any."""
    forward = max(error(run.outputs[name], y) for name, y in answer["outputs"].items())
    own = {
        ("input", key) if isinstance(key, str) else ("array", short(kind, key)): x
        for key, x in run.derivatives.items()
    }
    gradients = answer["gradients"]
    least = 0.1 * max((float(np.abs(x).max(initial=0.0)) for x in gradients.values()), default=0.0)
    found = [error(own[name], x, least) for name, x in gradients.items()]
    return forward, max(found) if found else None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__)
    parser.add_argument("python", help="the Python of the peers, as of `make bench-peers`")
    parser.add_argument("--count", type=int, default=100, help="configurations of each layer")
    parser.add_argument("--layers", nargs="*", default=list(DRAWS), help="which")
    options = parser.parse_args()
    print(f"{'layer':<26}{'precision':<11}{'forward':>10}{'gradient':>10}   of {options.count}")
    worst = 0.0
    for kind in options.layers:
        for precision, most in MOST.items():
            both = [asked(kind, number, precision) for number in range(options.count)]
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "questions"
                file.write_bytes(pickle.dumps([question for _, question in both]))
                command = [options.python, "-m", "tests.parity.torch_layers", str(file)]
                subprocess.run(command, check=True)
                answers = pickle.loads(file.read_bytes())
            errors = [
                compared(kind, run, answer) for (run, _), answer in zip(both, answers, strict=True)
            ]
            forward = max(each for each, _ in errors)
            back = [each for _, each in errors if each is not None]
            told = f"{max(back):10.1e}" if back else f"{'none':>10}"
            print(f"{kind:<26}{precision:<11}{forward:10.1e}{told}", flush=True)
            worst = max(worst, forward / most, *(each / most for each in back))
    return int(worst > 1)


if __name__ == "__main__":
    sys.exit(main())
