"""A few answers of PyTorch, kept: `python -m tests.parity.vectors PYTHON_OF_THE_PEERS` makes them.

The file has numbers alone, and which configurations they belong to. What was asked is drawn anew,
and known by its digest.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.parity.draws import DRAWS
from tests.parity.questions import STATISTICS, Outcome, Question, answers_of, asked, short

FILE = Path(__file__).parent / "vectors.npz"
AMONG = 40
"""Configurations of a layer that are chosen from."""
MOST_NUMBERS = 250
"""In an answer that is kept, if there are enough of them."""
SEVERAL = {
    "ElementwiseLayer": 20, "AggregationLayer": 8, "ThreadingLayer": 8, "CrossEntropyLossLayer": 8,
    "WeightedLossLayer": 6, "FunctionLayer": 6, "AttentionLayer": 4, "PaddingLayer": 4,
    "ResizeLayer": 4, "PoolingLayer": 4,
}  # fmt: skip
"""Layers that are many in one; of others two configurations are kept."""
Answer = dict[str, dict[Any, Any]]


def digest(question: Question) -> str:
    """Which question it is."""
    found = hashlib.sha256(repr(question["words"]).encode())
    for side in ("arrays", "inputs", "factors"):
        for name, x in sorted(question[side].items()):
            found.update(f"{side} {name} {x.shape}".encode() + np.ascontiguousarray(x).tobytes())
    return found.hexdigest()[:16]


def names_of(kind: str, own: Outcome) -> Iterator[tuple[str, Any, tuple[int, ...]]]:
    """What an answer holds, in the order of its numbers: side, name and shape."""
    for name, x in sorted(own.outputs.items()):
        yield "outputs", name, x.shape
    named = {
        ("input", key) if isinstance(key, str) else ("array", short(kind, key)): x.shape
        for key, x in own.derivatives.items()
    }
    for key, shape in sorted(named.items()):
        if key[1] not in STATISTICS:
            yield "gradients", key, shape


def packed(kind: str, own: Outcome, answer: Answer) -> Any:
    """The numbers of an answer, one after another."""
    parts = [np.float64(answer[side][name]).ravel() for side, name, _ in names_of(kind, own)
             if answer[side]]  # fmt: skip
    return np.concatenate(parts)


def unpacked(kind: str, own: Outcome, numbers: Any) -> Answer:
    """The answer that these are the numbers of."""
    answer: Answer = {"outputs": {}, "gradients": {}}
    start = 0
    for side, name, shape in names_of(kind, own):
        if start < len(numbers):
            stop = start + int(np.prod(shape, dtype=int))
            answer[side][name] = numbers[start:stop].reshape(shape)
            start = stop
    assert start == len(numbers)
    return answer


def read() -> dict[tuple[str, int], tuple[str, Any]]:
    """What is kept, by kind and number of the configuration: digest and numbers."""
    with np.load(FILE) as file:
        rows, numbers = json.loads(str(file["rows"])), file["numbers"]
    ends = np.cumsum([count for *_, count in rows])
    parts = np.split(numbers, ends[:-1])
    return {(kind, n): (said, x) for (kind, n, said, _), x in zip(rows, parts, strict=True)}


def main() -> None:
    numbers, rows = [], []
    pairs = [(kind, n, *asked(kind, n)) for kind in sorted(DRAWS) for n in range(AMONG)]
    answers = answers_of(sys.argv[1], [question for *_, question in pairs])
    made: dict[str, list[tuple[int, str, Any]]] = {kind: [] for kind in sorted(DRAWS)}
    for (kind, n, own, question), answer in zip(pairs, answers, strict=True):
        made[kind].append((n, digest(question), packed(kind, own, answer)))
    for kind, each in made.items():
        few = [one for one in each if len(one[2]) <= MOST_NUMBERS]
        chosen = (few or sorted(each, key=lambda one: len(one[2])))[: SEVERAL.get(kind, 2)]
        rows += [[kind, n, said, len(x)] for n, said, x in chosen]
        numbers += [x for *_, x in chosen]
    np.savez_compressed(FILE, rows=np.array(json.dumps(rows)), numbers=np.concatenate(numbers))
    print(f"{len(rows)} configurations, {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
