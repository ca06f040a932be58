"""The cases that ONNX itself has for each of its operators, imported and run.

`python -m tests.onnx.node_cases` writes docs/onnx-operators.md; with `-v` it tells of each case.

A case is a file of one node, often with constants (weights, axes, sizes) as inputs. It is read in
the first of these ways in which it can be: with the first axis as that of the batch and all inputs
open; with all inputs but the first as constants; with these and the second axis as that of the
batch; and as a file of single examples, again with all inputs open or the first alone.
"""

import functools
import re
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

from wlnet.core.errors import DataError, FormatError
from wlnet.onnx import import_net
from wlnet.onnx.importing.table import ROWS

WAYS = ((0, False), (0, True), (1, True), (None, False), (None, True))
"""(the axis of the batch, whether inputs but the first are constants)."""


OTHERWISE = {
    "test_resize_downsample_scales_linear_align_corners",
    "test_resize_downsample_scales_cubic_align_corners",
}  # fmt: skip
"""Cases that ONNX Runtime and PyTorch answer alike, and unlike what ONNX says."""


class Outcome(NamedTuple):
    """What became of a case. way: of WAYS, which; None where it was refused. told: why."""

    way: int | None
    is_right: bool
    told: str
    kinds: frozenset[str] = frozenset()


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
    return Outcome(None, False, _shortest(told))


def _shortest(told):
    """Why a case is refused: in the way that goes furthest, in few words."""
    meeting = [text for text in told if "would meet" not in text and "no axis" not in text]
    text = (meeting or told or ["none of its inputs is open"])[-1]
    text = re.sub(r"[\[(][-\d., \[\]()eE]*[\])]", "...", re.sub(r"\d+\.\d+", "...", text))
    return text.split("\n")[0][:90].replace("|", "/").strip()


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
        return Outcome(None, False, _shortest([error.faults[0].what]))
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
        if not same and case.name in OTHERWISE:
            (other,) = _runtime(case)
            assert np.allclose(got, other, rtol=1e-5, atol=1e-5)
            return Outcome(None, False, "answered as ONNX Runtime and PyTorch do, unlike the case")
        if not same:
            return Outcome(number, False, f"other numbers: {got.shape} {want.shape}")
    return Outcome(number, True, "", frozenset(kinds(net)))


def _runtime(case):
    """What ONNX Runtime gives for a case."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    model.ir_version = 8
    session = onnxruntime.InferenceSession(model.SerializeToString())
    values = (_array(value) for value in case.data_sets[0][0])
    named = zip((port.name for port in session.get_inputs()), values, strict=True)
    return session.run(None, dict(named))


PAGE = Path(__file__).parents[2] / "docs" / "onnx-operators.md"
HEAD = """# ONNX operators that become layers

`wlnet.onnx.import_net` knows the operators of this table; what a file has otherwise is told
with its nodes ([nets and ONNX files](how-to/onnx.md)). For each operator the package onnx
has cases, files of one node with inputs and outputs. The table tells of all that onnx
{version} has for them, imported and run here. `python -m tests.onnx.node_cases` makes it,
and the tests hold every row.

A case is *right* where the net gives its outputs, to 1e-5 or as closely as the case asks
for: *by examples* where its inputs have an axis for the batch, *single* where the file is
read as one example, with `batch_axis=None`. Weights, axes and sizes that a case has as
inputs are made constants, as files of libraries have them. What is not right is refused,
with the reasons in the last column; a case that gave other numbers would fail the tests.
Two cases of Resize count as refused that are not: with `align_corners` and a factor that
leaves a fraction, a net gives what ONNX Runtime and PyTorch give, and ONNX has other numbers.

Of {cases} cases of {operators} operators {right} are right ({batched} by examples, {single}
single), and {refused} are refused.

| operator | becomes | cases | by examples | single | refused | why |
|---|---|---|---|---|---|---|
"""


def kinds(net):
    """The kinds of layers in a net."""
    found = {net.kind} if not getattr(net, "nodes", None) else set()
    for node in getattr(net, "nodes", {}).values():
        found |= kinds(node)
    return found


def row(name):
    """The line of the page for an operator, from running its cases."""
    some = [outcome(case) for case in cases()[name].values()]
    wrong = [told for told in some if told.way is not None and not told.is_right]
    assert not wrong, wrong
    batched = sum(told.way in (0, 1, 2) for told in some)
    single = sum(told.way in (3, 4) for told in some)
    becomes = Counter(kind for told in some for kind in told.kinds)
    layers = ", ".join(kind for kind, _ in sorted(becomes.items(), key=lambda x: (-x[1], x[0])))
    reasons = Counter(told.told for told in some if told.way is None)
    why = "; ".join(f"{text} ({count})" for text, count in sorted(reasons.items()))
    refused = len(some) - batched - single
    return f"| {name} | {layers} | {len(some)} | {batched} | {single} | {refused} | {why} |"


def page():
    """The page, anew."""
    lines = [row(name) for name in cases()]
    return head(lines) + "\n".join(lines) + "\n"


def head(lines):
    """What stands above the table, with its totals."""
    numbers = [[int(cell) for cell in line.split("|")[3:7]] for line in lines]
    total, batched, single, refused = map(sum, zip(*numbers, strict=True))
    return HEAD.format(
        version=onnx.__version__, cases=total, operators=len(lines), right=batched + single,
        batched=batched, single=single, refused=refused,
    )  # fmt: skip


def main():
    if "-v" not in sys.argv:
        PAGE.write_text(page(), "utf-8")
        return
    right = Counter()
    for name, some in cases().items():
        for case in some:
            told = outcome(some[case])
            kind = "refused" if told.way is None else "right" if told.is_right else "WRONG"
            right[kind, told.way] += 1
            print(name, case, kind, told.way, told.told[:150])
    print(right)


if __name__ == "__main__":
    main()
