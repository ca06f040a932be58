"""Many nets, files and calls tried in guarded memory, in processes of their own: a crash counts.

python -m tests.trials nets 2000
python -m tests.trials calls 40000
python -m tests.trials records 5000
python -m tests.trials files 50000 --start 0 --processes 2 --memory 4

A trial is named by its number: `--start N` and a count of 1 make it again. Tells how often what
came out; ends with status 1 where a process died or hung, or an error was none of wlnet's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Timer

CHUNK = 250
"""Trials of one process."""
PATIENCE = 120
"""Seconds after which a trial hangs."""
ROOT = Path(__file__).parents[1]


def net_trial(number: int) -> Iterator[str]:
    """A random net, used."""
    import numpy as np

    from tests.random_nets import attempt, used

    net = attempt(np.random.default_rng(number), 2 + number % 7)
    if net is None:
        yield "nothing fits"
        return
    yield "made"
    yield from used(net, number)


def file_trial(number: int) -> Iterator[str]:
    """A changed file, loaded, and the net used."""
    import numpy as np

    from tests.damaged_files import read
    from tests.mutated_files import mutated
    from tests.random_nets import used
    from wlnet.core.errors import FormatError

    net = read(mutated(np.random.default_rng(number)))
    if net is FormatError:
        yield "refused"
        return
    yield "loaded"
    repr(net)
    yield from used(net, number)


def record_trial(number: int) -> Iterator[str]:
    """A changed file of a training, loaded, asked for all it tells, and saved and gone on with."""
    import warnings

    import numpy as np

    import wlnet as wl
    from tests.damaged_files import read
    from tests.mutated_files import mutated_record
    from tests.training_cases import numbers
    from wlnet.core.errors import FormatError, WlnetError
    from wlnet.train.saving.records import written

    results = read(mutated_record(np.random.default_rng(number)))
    if results is FormatError:
        yield "refused"
        return
    yield "loaded"
    repr(results)
    if isinstance(results, wl.NetTrainResults):
        results[wl.ALL]
        written(results)
        if number % 8 == 0:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    wl.net_train(results, numbers(20), max_training_rounds=1, batch_size=8)
                    yield "went on"
                except WlnetError:
                    yield "did not go on"


def call_trial(number: int) -> Iterator[str]:
    """A wrong call of something public."""
    from tests.wrong_calls import wrong_call

    yield from wrong_call(number)


TRIALS: dict[str, Callable[[int], Iterator[str]]] = {
    "nets": net_trial,
    "files": file_trial,
    "records": record_trial,
    "calls": call_trial,
}


def child(kind: str, start: int, count: int, memory: float) -> None:
    """Try, and tell each trial's number before it and what came of it after it."""
    from tests.guarded_programs import guarded_programs

    limit = int(memory * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with guarded_programs():
        for number in range(start, start + count):
            print(json.dumps([number, None]), flush=True)
            found: list[str] = []
            try:
                found += TRIALS[kind](number)
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{Path(where.filename).name}:{where.lineno}"
                found.append(f"RAW {type(error).__name__} at {place}: {str(error)[:100]}")
            print(json.dumps([number, found]), flush=True)


def chunk(kind: str, start: int, count: int, memory: float) -> Counter[str]:
    """The outcomes of some trials; a process that dies or hangs is followed by another one."""
    outcomes: Counter[str] = Counter()
    stop = start + count
    while start < stop:
        begun, ended, why = _watched(kind, start, stop - start, memory, outcomes)
        if ended == stop - 1 and why == "ends with 0":
            break
        if begun is None:
            raise RuntimeError(f"no trial was begun: the process {why}")
        if begun != ended:
            outcomes[f"CRASH {why} in trial {begun}"] += 1
            start = begun + 1
        else:
            start = begun + 1
    return outcomes


def _watched(
    kind: str, start: int, count: int, memory: float, outcomes: Counter[str]
) -> tuple[int | None, int | None, str]:
    """The trials last begun and last ended by a process, and how it came to its end."""
    words = ["--child", kind, str(count), "--start", str(start), "--memory", str(memory)]
    begun = ended = None
    with subprocess.Popen(
        [sys.executable, "-m", "tests.trials", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONFAULTHANDLER": "1"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        while True:
            watch = Timer(PATIENCE, process.kill)
            watch.start()
            line = process.stdout.readline()
            in_time = watch.is_alive()
            watch.cancel()
            if not line:
                status = process.wait()
                return begun, ended, f"ends with {status}" if in_time else f"hangs for {PATIENCE} s"
            number, found = json.loads(line)
            if found is None:
                begun = number
                continue
            ended = number
            outcomes["trials"] += 1
            for one in found:
                outcomes[f"{one} (trial {number})" if one.startswith("RAW") else one] += 1


def tried(
    kind: str, count: int, start: int = 0, processes: int = 1, memory: float = 6.0
) -> Counter[str]:
    """The outcomes of many trials, some processes at a time."""
    starts = range(start, start + count, CHUNK)
    sizes = [min(CHUNK, start + count - first) for first in starts]
    with ThreadPoolExecutor(processes) as pool:
        parts = pool.map(lambda first, size: chunk(kind, first, size, memory), starts, sizes)
        return sum(parts, Counter())


def faults(outcomes: Counter[str]) -> list[str]:
    """What must not come out."""
    return [outcome for outcome in outcomes if outcome.startswith(("CRASH", "RAW"))]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("kind", choices=TRIALS)
    parser.add_argument("count", type=int)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--memory", type=float, default=6.0, help="GB of addresses of a process")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.kind, given.start, given.count, given.memory)
        return 0
    begun = time.perf_counter()
    outcomes = tried(given.kind, given.count, given.start, given.processes, given.memory)
    for outcome, count in sorted(outcomes.items(), key=lambda row: -row[1]):
        print(f"{count:7} {outcome}")
    bad = faults(outcomes)
    print(f"{given.count} {given.kind} in {time.perf_counter() - begun:.0f} s, {len(bad)} faults")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
