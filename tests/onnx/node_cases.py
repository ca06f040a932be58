"""The cases that ONNX itself has for each of its operators, imported and run.

`python -m tests.onnx.node_cases` prints what became of each operator's cases.

A case is a file of one node, often with constants (weights, axes, sizes) as inputs. It is read in
the first of these ways in which it can be: with the first axis as that of the batch and all inputs
open; with all inputs but the first as constants; and both again as a file of single examples.
"""

import functools
import sys
import warnings
from collections import Counter
from typing import NamedTuple

import numpy as np
import onnx
from onnx import numpy_helper

from wlnet.core.errors import DataError, FormatError
from wlnet.onnx import import_net
from wlnet.onnx.importing.table import ROWS

WAYS = ((0, False), (0, True), (1, True), (None, False), (None, True))
"""(the axis of the batch, whether inputs but the first are constants)."""


class Outcome(NamedTuple):
    """What became of a case. way: of WAYS, which; None where it was refused. told: why."""

    way: int | None
    is_right: bool
    told: str


@functools.cache
def cases():
    """Every case whose operators are all in the table, by operator and name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        every = collect_testcases(None)
    found = {}
    for case in every:
        operators = {(node.domain, node.op_type) for node in case.model.graph.node}
        if operators and operators <= ROWS.keys() and len(case.model.graph.node) == 1:
            (operator,) = operators
            found.setdefault(operator[1], {})[case.name] = case
    return dict(sorted(found.items()))


def outcome(case):
    """A case, imported in one of the ways and run."""
    told = []
    for number, (batch, constant) in enumerate(WAYS):
        inputs, outputs = case.data_sets[0]
        model, given = _model(case.model, inputs, constant)
        if not given:
            continue
        try:
            net = import_net(model, batch_axis=batch)
        except FormatError as error:
            told.append(error.faults[0].what)
            continue
        return _compared(net, given, outputs, case, batch, number)
    return Outcome(None, False, "; ".join(dict.fromkeys(reversed(told))))


def _model(model, inputs, constant):
    """The case's model, and what its open inputs are given."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    names = [info.name for info in made.graph.input]
    values = {name: _array(value) for name, value in zip(names, inputs, strict=False)}
    if len(names) > len(inputs):
        return made, {}
    if not constant:
        return made, values
    for name in names[1:]:
        if isinstance(values[name], np.ndarray):
            made.graph.initializer.append(numpy_helper.from_array(values[name], name))
    return made, {names[0]: values[names[0]]} if names else {}


def _array(value):
    """What a case gives, as an array: it may be a number, or a tensor as files have it."""
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    return np.asarray(value) if isinstance(value, (np.generic, float, int)) else value


def _compared(net, given, outputs, case, batch, number):
    given = {name: value for name, value in given.items() if name in net.input_names or len(given)}
    if batch is None:
        given = {name: np.asarray(value)[None] for name, value in given.items()}
    elif batch:
        given = {name: np.moveaxis(value, batch, 0) for name, value in given.items()}
    names = net.input_names
    fed = {name: given[name] for name in names if name in given}
    if names == ("Input",) and "Input" not in given:
        used = {name for node in case.model.graph.node for name in node.input}
        fed = {"Input": next(value for name, value in given.items() if name in used)}
    try:
        made = net(fed) if len(fed) > 1 else net(next(iter(fed.values())))
    except DataError as error:  # not finite
        return Outcome(None, False, error.faults[0].what)
    except Exception as error:
        return Outcome(number, False, f"{type(error).__name__}: {error}")
    made = made if isinstance(made, dict) else {"": made}
    names = [info.name for info in case.model.graph.output]
    wanted = dict(zip(names, outputs, strict=True))
    results = list(made.values())
    for value, wish in zip(results, wanted.values(), strict=False):
        got, want = np.asarray(value, np.float64), np.asarray(_array(wish), np.float64)
        got = got[0] if batch is None else got
        ways = [got, *(np.moveaxis(got, 0, i) for i in range(1, got.ndim))]
        # Rows of one example, which a file has below those of others.
        ways += [got.reshape(want.shape)] if batch == 0 and got.size == want.size else []
        same = [
            way for way in ways
            if way.shape == want.shape
            and np.allclose(way, want, rtol=max(case.rtol, 1e-5), atol=1e-5, equal_nan=True)
        ]  # fmt: skip
        if not same:
            return Outcome(number, False, f"other numbers: {got.shape} {want.shape}")
    return Outcome(number, True, "")


@functools.cache
def table():
    """Operator -> {case: outcome}."""
    return {name: {case: outcome(some[case]) for case in some} for name, some in cases().items()}


def main():
    right = Counter()
    for name, some in table().items():
        for case, told in some.items():
            kind = "refused" if told.way is None else "right" if told.is_right else "WRONG"
            right[kind, told.way] += 1
            if "-v" in sys.argv or kind == "WRONG":
                print(name, case, kind, told.way, told.told.replace("\n", " ")[:150])
    print(right)


if __name__ == "__main__":
    main()
