"""CTCLossLayer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from wlnet.core.shapes import Mismatch, Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.graph.provenance import from_source
from wlnet.graph.scans import last, scan
from wlnet.layers.cross_entropy_loss import SMALLEST, exact_logarithm, logarithm
from wlnet.layers.declaring.fields import out, port
from wlnet.layers.declaring.layer import Example, Layer, Reals, TargetForm

NEVER = -1e30
"""The logarithm of the chance of what cannot be: finite, so that differences of two of them are
numbers, and beyond what any chance comes to."""


class CTCLossLayer(Layer):
    """How little probability a sequence of probabilities of classes gives to a shorter sequence of
    classes, wherever in it these stand: one number an example.

    At each step the input tells the probabilities of all classes and, at last, of the blank, which
    stands for nothing. An alignment has a class or the blank at each step; it says the target if
    that is left when classes that follow one another, and are the same, are made one, and then the
    blanks are left out. The loss is -log of the total probability of all alignments that say the
    target; an alignment has the product of its steps' probabilities.

    Two equal classes in the target need a blank between them. So no alignment says a target where
    length + number of such pairs is more than the number of steps: then the loss is infinite, and
    net_train refuses the data. Probabilities that come from a SoftmaxLayer are taken
    as CrossEntropyLossLayer takes them; others count as at least 2**-126.
    Ports: input (steps, classes + 1); target (length), integers from 1 to classes, of a length up
    to the number of steps; loss, a scalar. Lengths may differ from example to example.

    >>> loss = CTCLossLayer()
    >>> chances = [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]]  # of a, b and the blank
    >>> round(float(np.exp(-loss({"Input": chances, "Target": [1, 2]}))), 4)  # ab
    0.25
    >>> round(float(np.exp(-loss({"Input": chances, "Target": [1]}))), 4)  # aa, a-, -a
    0.3125
    >>> float(loss({"Input": chances, "Target": [1, 1]}))
    inf

    Raises ShapeError for a target longer than the input, DataError for data with such a target, and
    for an index that is no class.
    Wolfram Language: CTCLossLayer. Graves et al. 2006, "Connectionist temporal classification".
    """

    is_loss = True

    input = port("steps", "symbols")
    target = port("length", element="Integer", below="classes")
    loss = out()

    @property
    def target_form(self) -> TargetForm:
        return "Sequence"

    def relate(self, sizes: Sizes) -> None:
        symbols, classes = sizes["symbols"], sizes["classes"]
        if symbols is not None:
            if symbols < 2:
                raise Mismatch("probabilities of one class at least, and of the blank")
            sizes.set("classes", symbols - 1)
        elif classes is not None:
            sizes.set("symbols", classes + 1)
        steps, length = sizes["steps"], sizes["length"]
        if steps is not None and length is not None and length > steps:
            raise Mismatch(f"a target of {length} classes, and {steps} steps to say it in")

    def lower(self, g: Builder, input: Value, target: Value) -> Value:
        log = partial(logarithm, g)
        logs = from_source(g, input, partial(exact_logarithm, g), log)
        logs = log(input) if logs is None else logs
        batch, length = target.shape
        states = 2 * length + 1
        symbols = g.transpose(logs)  # (batch, symbols, steps)
        place = g.reshape(_with_blanks(g, target, symbols.shape[1]), (batch, states, 1))
        rows = g.transpose(g.extract(symbols, place), (2, 0, 1))  # (steps, batch, states)
        leap = g.multiply(g.subtract(_may_leap(g, target), 1.0), -NEVER)

        def step(b: Builder, carried: list[Value], rows: list[Value], of_all: list[Value]) -> Any:
            (chances, total), (row,), (leap,) = carried, rows, of_all
            ways = [chances, _moved(b, chances, 1), b.add(_moved(b, chances, 2), leap)]
            there = b.add(_log_of_sum(b, ways), row)
            # What is carried stays near 0, where numbers lie close; steps by whole numbers are
            # exact, and have no slope.
            scale = b.map("Round", _largest(b, there))
            return [b.subtract(there, scale), b.add(total, scale)], []

        begun = g.concatenate([g.fill(0.0, (batch, 1)), g.fill(NEVER, (batch, states - 1))], 1)
        found = scan(g, step, [begun, g.fill(0.0, (batch, 1))], [rows], [leap])
        chances, total = (last(g, table, reverse=False) for table in found.tables)
        ends = [g.slice(chances, 1, at, at + 1) for at in (states - 2, states - 1)]
        told = g.reshape(g.add(_log_of_sum(g, ends), total), (batch,))
        possible = g.greater(told, NEVER / 2)
        return g.negate(g.add(told, g.map("Log", possible)))

    def reference(self, input: Reals, target: Reals) -> Reals:
        logs = np.log(np.maximum(input, SMALLEST))
        blank = input.shape[2] - 1
        found = []
        for rows, classes in zip(logs, np.asarray(target).astype(int) - 1, strict=True):
            said = [blank, *itertools.chain(*((each, blank) for each in classes))]
            chances = np.full(len(said), -np.inf)
            chances[0] = 0.0
            for row in rows:
                before = chances.copy()
                for s, symbol in enumerate(said):
                    ways = before[max(s - 1, 0) : s + 1]
                    if s >= 2 and symbol not in (blank, said[s - 2]):
                        ways = before[s - 2 : s + 1]
                    chances[s] = np.logaddexp.reduce(ways) + row[symbol]
            found.append(-np.logaddexp(*chances[-2:]))
        return np.array(found)

    @staticmethod
    def examples() -> Iterator[Example]:
        chances = (0.05, 0.95)
        make = CTCLossLayer
        yield Example(make(), {"Input": (5, 4), "Target": (2,)}, chances)
        yield Example(make(), {"Input": (1, 2), "Target": (1,)}, chances)
        yield Example(make(), {"Input": (9, 3), "Target": (4,)}, chances)
        yield Example(make(), {"Input": (4, 6), "Target": (1,)}, chances)


def _with_blanks(g: Builder, target: Value, symbols: int) -> Value:
    """The symbols that alignments go through: the classes, and a blank on each side of them."""
    batch, length = target.shape
    blank = g.slice(g.indices(symbols), 0, symbols - 1, symbols)
    blanks = g.broadcast(g.reshape(blank, (1, 1, 1)), (batch, length, 1))
    pairs = g.concatenate([blanks, g.reshape(target, (batch, length, 1))], 2)
    first = g.broadcast(g.reshape(blank, (1, 1)), (batch, 1))
    return g.concatenate([g.reshape(pairs, (batch, 2 * length)), first], 1)


def _may_leap(g: Builder, target: Value) -> Value:
    """1 for a class that may follow the class before it without a blank: it is another one."""
    batch, length = target.shape
    numbers = g.one("as_real", target)
    # The first is said to follow itself.
    shifted = g.concatenate([g.slice(numbers, 1, 0, 1), numbers], 1)
    differ = g.nonzero(g.subtract(numbers, g.slice(shifted, 1, 0, length)))
    pairs = g.pad(g.reshape(differ, (batch, length, 1)), 2, 1, 0)
    return g.pad(g.reshape(pairs, (batch, 2 * length)), 1, 0, 1)


def _moved(g: Builder, chances: Value, by: int) -> Value:
    """Each state has what was in the state so many before it."""
    batch, states = chances.shape
    nothing = g.fill(NEVER, (batch, by))
    return g.concatenate([nothing, g.slice(chances, 1, 0, states - by)], 1)


def _log_of_sum(g: Builder, logs: list[Value]) -> Value:
    """The logarithm of a sum of exponentials, near the largest. What is taken off is a whole
    number: it has no slope, so none is added up for it."""
    top = logs[0]
    for each in logs[1:]:
        top = g.maximum(top, each)
    top = g.map("Round", top)
    total = g.map("Exp", g.subtract(logs[0], top))
    for each in logs[1:]:
        total = g.add(total, g.map("Exp", g.subtract(each, top)))
    return g.add(top, g.map("Log", total))


def _largest(g: Builder, x: Value) -> Value:
    """The largest of each row."""
    rows, size = x.shape
    made = g.pool_max(g.reshape(x, (rows, 1, size)), kernel=(size,), stride=(1,), padding=((0, 0),))
    return g.reshape(made, (rows, 1))
