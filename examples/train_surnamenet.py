"""Train SurnameNet on 84,000 surnames and save it: this makes the file that the package ships.

`python examples/train_surnamenet.py names-0.3.0.tar.gz [file.wlnet]`; without a second file it
writes the one of the package. `make train-surnamenet` fetches the first. The surnames are those of
the census of the United States of 1990, each of them once; every twentieth is kept for the test.
Beside the net stand n-grams, which count what followed the last letters of a beginning. The same
seed gives the same file on the same machine.
"""

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from models import falling, kept, member, trained

import wlnet as wl
from wlnet.models import model_file
from wlnet.models.surnamenet import ALPHABET, END

SEED = 1990
ROUNDS = 14
LEAST = 0.33
FILE = "names-0.3.0/names/dist.all.last"
DIGEST = "b0e2b3743ccbad641ca48b344c24cdebcd1d9a1f76dc6dbf05986f2919f0b4e1"
EVERY = 20
ORDERS = range(1, 7)


def surnames(archive: Path) -> tuple[list[str], list[str]]:
    """Those to train on, and those to test on."""
    lines = member(archive, FILE, DIGEST).decode("ascii").splitlines()
    names = [line.split()[0].lower() for line in lines]
    rest = [name for number, name in enumerate(names) if number % EVERY != EVERY // 2]
    return rest, names[EVERY // 2 :: EVERY]


def pairs(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """What is read, and what comes next at each place of it."""
    return [END + name for name in names], [name + END for name in names]


def judged(net: Any, names: Sequence[str]) -> tuple[float, float]:
    """The share of next letters that are told right, and the perplexity of a letter."""
    by_length = defaultdict(list)
    for name in names:
        by_length[len(name)].append(name)
    right, loss, count = 0, 0.0, 0
    for group in by_length.values():
        read, following = pairs(group)
        chances = np.asarray(net(read, None), np.float64)
        places = np.array([[ALPHABET.index(letter) for letter in name] for name in following])
        loss -= float(np.log(np.take_along_axis(chances, places[..., None], -1)).sum())
        right += int((chances.argmax(-1) == places).sum())
        count += places.size
    return right / count, math.exp(loss / count)


def perplexity_of_ngrams(train: Sequence[str], test: Sequence[str], order: int) -> float:
    """What counting gives: each context of up to order - 1 letters, mixed with the shorter ones.

    Source: I. Witten and T. Bell, "The zero-frequency problem", 1991, method C.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for text in (END * order + name + END for name in train):
        for i in range(order, len(text)):
            for length in range(order):
                counts[text[i - length : i]][text[i]] += 1
    totals = {context: counter.total() for context, counter in counts.items()}

    def chance(context: str, letter: str) -> float:
        shorter = chance(context[1:], letter) if context else 1 / len(ALPHABET)
        if context not in totals:
            return shorter
        kinds = len(counts[context])
        return (counts[context][letter] + kinds * shorter) / (totals[context] + kinds)

    loss, count = 0.0, 0
    for text in (END * order + name + END for name in test):
        for i in range(order, len(text)):
            loss -= math.log(chance(text[i - order + 1 : i], text[i]))
            count += 1
    return math.exp(loss / count)


def main(archive: Path, file: Path) -> None:
    """Train, measure, and save what is good enough."""
    train, test = surnames(archive)
    print(f"SurnameNet learns from {len(train):,} surnames, {ROUNDS} rounds.")
    net = trained(
        wl.net_model("SurnameNet", trained=False),
        pairs(train),
        SEED,
        ROUNDS,
        method=("ADAM", {"LearningRateSchedule": falling}),
        learning_rate=0.003,
        batch_size=128,
    )
    share, perplexity = judged(net, test)
    print(f"Of {len(test):,} surnames that it has never seen, it tells {share:.2%} of the letters.")
    print(f"The perplexity is {perplexity:.3f}; of n-grams:")
    counted = [perplexity_of_ngrams(train, test, order) for order in ORDERS]
    for order, each in zip(ORDERS, counted, strict=True):
        print(f"  n = {order}   {each:.3f}")
    assert perplexity < min(counted), "a net that is worse than counting is not kept"
    kept(net, file, share, LEAST)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0]), Path(given[1]) if len(given) > 1 else model_file("SurnameNet"))
