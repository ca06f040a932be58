"""Which numbers a node makes, as ONNX declares it of its operator: integers stay integers.

A net has integers of a file as Reals without a point, which are exact up to 2^24: whether a value
is such a one decides what a quotient of it is.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from wlnet.core.extras import needed
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.tensors import TYPES
from wlnet.onnx.importing.values import Fixed, Flow, Given

EXACT = 2**24
"""Up to here every integer is a Real32 of its own."""
WITHOUT_A_POINT = {
    "Abs", "Add", "ArgMax", "ArgMin", "ArrayFeatureExtractor", "Binarizer", "Cast", "CastLike",
    "Clip", "Concat", "CumSum", "DepthToSpace", "Div", "Einsum", "Expand", "Flatten", "Gather",
    "Identity", "MatMul", "Max", "MaxPool", "Min", "Mod", "Mul", "Neg", "OneHot", "Pad",
    "Pow", "ReduceL1", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum",
    "ReduceSumSquare", "Relu", "Reshape", "Shape", "Sign", "Size", "Slice", "SpaceToDepth", "Split",
    "Squeeze", "Sub", "Sum", "Tile", "TopK", "Transpose", "Trilu", "Unsqueeze", "Where",
}  # fmt: skip
"""Operators whose rows make integers of integers."""
LEAST = {-(2**31), -(2**63)}
BOUNDS = LEAST | {2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1}
ENDS = {"Clip": BOUNDS, "Max": BOUNDS, "Min": BOUNDS, "Where": LEAST}
"""The ends of types, where they are bounds that bound nothing, or what a mask fills with."""


@functools.cache
def _types(domain: str, kind: str, version: int) -> tuple[Sequence[str], Sequence[str]]:
    """What an operator calls the types of its inputs and outputs."""
    defs = needed("onnx", "reading an ONNX file").defs
    try:
        schema = defs.get_schema(kind, version, domain)
    except defs.SchemaError:
        return (), ()
    return [x.type_str for x in schema.inputs], [x.type_str for x in schema.outputs]


def _at(types: Sequence[str], place: int) -> str:
    return types[min(place, len(types) - 1)] if types else ""


def _is_a_letter(called: str) -> bool:
    """Whether a type is one that inputs and outputs share, such as T, and no type by name."""
    return bool(called) and "(" not in called


def check_constants(node: Node, given: Sequence[Given | None]) -> None:
    """Raise Misfit where values of the net meet an integer that is beyond what floats count."""
    if not any(isinstance(each, Flow) for each in given):
        return
    inputs, outputs = _types(node.domain, node.kind, node.version)
    met = {_at(inputs, i) for i, each in enumerate(given) if isinstance(each, Flow)}
    for i, each in enumerate(given):
        called = _at(inputs, i)
        if not isinstance(each, Fixed) or not each.is_whole or not _is_a_letter(called):
            continue
        if called not in met and called not in outputs:
            continue
        array = each.array[(each.array > EXACT) | (each.array < -EXACT)]
        odd = [x for x in map(int, array.tolist()) if x not in ENDS.get(node.kind, ())]
        if odd:
            raise Misfit(
                "an integer that a net, whose numbers are floats, would round",
                given=str(odd[0]),
                expected=f"integers up to 2^24 = {EXACT:,}",
                fix="subtract or divide before the net, and export the rest",
            )


def _is_whole(node: Node, place: int, given: Sequence[Given | None]) -> bool:
    """Whether an output has integers."""
    if node.kind == "Cast":
        to = node("to")
        return to in TYPES and TYPES[to].kind in "iu"
    inputs, outputs = _types(node.domain, node.kind, node.version)
    called = _at(outputs, place)
    if not _is_a_letter(called):
        return "int" in called
    same = (each for i, each in enumerate(given) if each is not None and _at(inputs, i) == called)
    first = next(same, None)
    return first is not None and first.is_whole


def declared(node: Node, given: Sequence[Given | None], made: tuple[Any, ...]) -> tuple[Any, ...]:
    """The outputs of a node, those of integers as such. Raises Misfit for what makes others."""
    told = list(made)
    for i, value in enumerate(made):
        if isinstance(value, Flow) and value.kind == "Real" and _is_whole(node, i, given):
            if node.kind not in WITHOUT_A_POINT:
                what = "integers in an operator that makes numbers with a point of them"
                raise Misfit(what, fix="cast them to floats before it, and what comes out back")
            told[i] = replace(value, kind="Whole")
    return tuple(told)
