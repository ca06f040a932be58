"""examples/serve.py under load: wrong answers, throughput, latency and memory, measured.

    python -m tests.benchmarks.serving --requests 10000 --clients 8

Every answer is compared, to the last bit, with what the net gives in this process; among the
requests are some that have to be refused. docs/how-to/deploy.md shows what comes out.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

import wlnet as wl

ROOT = Path(__file__).parents[2]
POOL = 50
"""Different requests for each client."""
EVERY = 20
"""One in so many is a batch of BATCH, another one has to be refused."""
BATCH = 8


@dataclass
class Serving:
    """A server that runs: its process, and where it is reached."""

    process: subprocess.Popen[str]
    host: str
    port: int

    def memory(self, of: str = "VmRSS") -> float:
        """MB of memory that the process holds, as Linux tells it."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(rf"{of}:\s+(\d+) kB", text)[0]) / 1024

    def stop(self) -> int:
        """Ask it to end, and wait; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@contextmanager
def serving(file: Path, *options: str) -> Iterator[Serving]:
    """A server of a saved net, as a process of its own."""
    command = [sys.executable, str(ROOT / "examples" / "serve.py"), str(file), "--port", "0"]
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    with subprocess.Popen(
        [*command, *options], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            host, port = re.findall(r"http://(.+):(\d+)", line)[0]
            yield Serving(process, host, int(port))
        finally:
            process.kill()


@dataclass
class Tally:
    """What became of the requests of some clients."""

    answered: int = 0
    wrong: list[str] = field(default_factory=list)
    refused: int = 0
    seconds: list[float] = field(default_factory=list)

    def __iadd__(self, other: Tally) -> Tally:
        self.answered, self.refused = self.answered + other.answered, self.refused + other.refused
        self.wrong += other.wrong
        self.seconds += other.seconds
        return self


Case = tuple[bytes, Any]
"""The body of a request, and the outputs that belong to it; None where it has to be refused."""


def cases(net: Any, draw: Any, seed: int) -> list[Case]:
    """Requests of one client, each with its answer. draw: examples by a generator and a number."""
    rng, found = np.random.default_rng(seed), []
    for number in range(POOL):
        count = BATCH if number % EVERY == 1 else 1
        inputs = draw(rng, count)
        inputs = inputs if count > 1 else inputs[0]
        found.append((body(inputs), np.asarray(net(inputs)).tolist()))
        if number % EVERY == 2:
            found.append((body(inputs.ravel()[:-1]), None))
    return found


def body(inputs: Any) -> bytes:
    """A request for a prediction."""
    return json.dumps({"inputs": inputs.tolist()}).encode()


def ask(connection: http.client.HTTPConnection, content: bytes) -> tuple[int, Any]:
    """The status and the content of an answer."""
    connection.request("POST", "/predict", content)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def client(host: str, port: int, known: list[Case], requests: int) -> Tally:
    """Ask one question after the other over one connection, until so many were answered."""
    tally, connection = Tally(), http.client.HTTPConnection(host, port, timeout=60)
    number = 0
    while tally.answered + len(tally.wrong) < requests:
        content, expected = known[number % len(known)]
        number += 1
        begun = time.perf_counter()
        status, answer = ask(connection, content)
        if expected is None:
            tally.refused += status == 400
            if status != 400:
                tally.wrong.append(f"not refused: {status} {answer}")
            continue
        tally.seconds.append(time.perf_counter() - begun)
        if status == 200 and answer["outputs"] == expected:
            tally.answered += 1
        else:
            tally.wrong.append(f"{status} {str(answer)[:200]}, not {str(expected)[:200]}")
    connection.close()
    return tally


def together(host: str, port: int, known: list[list[Case]], requests: int) -> Tally:
    """Several clients, each in a thread, with so many requests in all."""
    whole, shares = Tally(), [requests // len(known)] * len(known)
    shares[0] += requests - sum(shares)
    tallies: list[Tally | None] = [None] * len(known)

    def work(number: int) -> None:
        tallies[number] = client(host, port, known[number], shares[number])

    threads = [Thread(target=work, args=[number]) for number in range(len(known))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for tally in tallies:
        assert tally is not None, "a client met an error"
        whole += tally
    return whole


def lenet() -> tuple[Path, Any]:
    """LeNet, and pictures of bytes for it."""
    file = ROOT / "wlnet" / "models" / "lenet.wlnet"
    return file, lambda rng, count: rng.integers(0, 256, (count, 28, 28), np.uint8)


def perceptron(folder: Path) -> tuple[Path, Any]:
    """A net of rows of eight numbers, and such rows."""
    net = wl.net_initialize(wl.NetChain([64, "Tanh", 64, "Tanh", 3, wl.SoftmaxLayer()], input=8))
    return wl.save(net, folder / "rows.wlnet"), lambda rng, count: rng.normal(size=(count, 8))


def measured(file: Path, draw: Any, requests: int, processes: int, threads: int) -> str:
    """A row of the table of docs/how-to/deploy.md. Raises AssertionError for a wrong answer."""
    net, clients = wl.load(file), processes * threads
    known = [cases(net, draw, seed) for seed in range(clients)]
    parts = [known[first::processes] for first in range(processes)]
    with serving(file) as server, get_context("fork").Pool(processes) as pool:
        where = server.host, server.port
        together(*where, known[:1], 20)
        before, begun = server.memory(), time.perf_counter()
        jobs = [(*where, part, requests // processes) for part in parts]
        tally = Tally()
        for each in pool.starmap(together, jobs):
            tally += each
        seconds, after = time.perf_counter() - begun, server.memory()
        status = server.stop()
    assert not tally.wrong, "\n".join(tally.wrong[:5])
    assert status == 0, status
    low, high, most = (1000 * np.percentile(tally.seconds, part) for part in (50, 99, 100))
    return (
        f"| {file.stem} | {clients} | {len(tally.wrong)} of {tally.answered:,} | {tally.refused} "
        f"| {len(tally.seconds) / seconds:.0f} | {low:.1f} | {high:.1f} | {most:.0f} "
        f"| {before:.0f} | {after:.0f} |"
    )


FIRST = """
import sys, time
begun = time.perf_counter()
import numpy as np, wlnet as wl
told = [time.perf_counter()]
net = wl.load(sys.argv[1], precompile=sys.argv[2] == "True")
x = np.random.default_rng(0).integers(0, 256, (64, 28, 28), np.uint8)
told.append(time.perf_counter())
for given in (x[0], x[0], x, x):
    net(given)
    told.append(time.perf_counter())
print(*(1000 * (after - before) for before, after in zip([begun, *told], told)))
"""


def first_calls(precompile: bool, times: int = 9) -> str:
    """A row of the table of first calls of LeNet: medians of so many processes, in ms."""
    file, _ = lenet()
    command = [sys.executable, "-c", FIRST, str(file), str(precompile)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    rows = [subprocess.check_output(command, env=environment).split() for _ in range(times)]
    middle = np.median(np.array(rows, float), axis=0)
    call = "load(file, precompile=True)" if precompile else "load(file)"
    return f"| `{call}` | " + " | ".join(f"{each:.3g}" for each in middle) + " |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4, help="clients in each process")
    given = parser.parse_args()
    print("| ms | import | load | first call | second | first batch | second |")
    print("|---|---|---|---|---|---|---|")
    for precompile in (False, True):
        print(first_calls(precompile), flush=True)
    print("| net | clients | wrong | refused, as they had to be | answers a second | ms, median "
          "| 99 % below | longest | MB at the start | MB after |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for clients in ((1, 1), (given.processes, given.threads)):
            for net in (perceptron(Path(folder)), lenet()):
                print(measured(*net, given.requests, *clients), flush=True)


if __name__ == "__main__":
    main()
