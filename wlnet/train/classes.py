"""Which classes there are, as the data tell it: labels of coders, rows of embeddings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wlnet.coders import NetEncoder
from wlnet.coders.coder import Coder
from wlnet.coders.label_sets import members
from wlnet.coders.lengths import single_items
from wlnet.coders.worth import plain, worth
from wlnet.core.errors import DataError, Fault, brief, fail
from wlnet.core.gate import Array, Column, shape_of
from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.ports import Limit, PortType
from wlnet.core.symbols import Symbol
from wlnet.core.walking import node_at
from wlnet.layers import EmbeddingLayer
from wlnet.nets.connections import entries
from wlnet.nets.container import rebuilt
from wlnet.nets.inference import inference, inferred_port

Label = str | int
"""What names a class: a bool is an int."""


def is_open(coder: Coder) -> bool:
    """Whether a coder of classes waits to be told which there are."""
    return isinstance(coder.parameters.get("Labels", coder.parameters.get("Size")), Symbol)


def with_labels(
    coder: Coder, port: PortType, below: Limit | None, column: Column, name: str
) -> Coder:
    """A coder of classes that waits for its labels, with those of a column of data.

    port: where it stands; below: how many indices the net behind it takes. Raises DataError.
    """
    if "Labels" not in coder.parameters:
        return coder.replace("Size", int(np.max(_whole(column, name))))
    depth = coder.parameters["InputDepth"]
    at = f"port {name}"
    numbers = None
    if depth > 1:
        column, sizes = single_items(column, depth, at, of="labels")
        counts = [math.prod(each) for each in sizes]
        numbers = np.repeat(np.arange(1, len(sizes) + 1), counts).tolist()
    if coder.parameters["Multilabel"]:
        sets = [members(item) or [] for item in column]
        is_encoded = isinstance(column, np.ndarray) and column.dtype.kind == "f"
        if is_encoded or not any(sets):
            assert port.shape is not None
            return coder.fitted(port.shape)
        own = range(1, len(sets) + 1) if numbers is None else numbers
        column = [label for each in sets for label in each]
        numbers = np.repeat(own, [*map(len, sets)]).tolist()
    first = next(iter(column), "")
    if not isinstance(worth(first), str) and np.ndim(first):
        assert port.shape is not None
        return coder.fitted(port.shape)
    size = port.shape[-1] if port.shape else None
    if coder.element == "Integer":
        size = below if isinstance(below, int) else None
    is_target = coder.door == "NetDecoder" and not coder.parameters["Multilabel"]
    labels = class_labels(column, PortType((size,)), name, is_target, numbers)
    return coder.replace("Labels", labels)


def with_classes(net: Net, name: str, column: Column) -> Net:
    """A net whose embeddings behind an input have as many rows as the data have indices.

    Indices are integers from 1; of what has gaps or begins elsewhere `index_encoder` says more.
    """
    open_layers = _open_embeddings(net, name)
    largest = _largest_index(column) if open_layers else None
    if largest is None:
        return net
    layers = {path: node_at(net, path) for path in open_layers}
    wider = {"ClassCount": largest}
    return rebuilt(
        net,
        {
            path: layer._with(parameters={**layer.parameters, **wider})
            for path, layer in layers.items()
        },
    )


def index_encoder(net: Net, name: str, column: Column) -> NetEncoder | None:
    """The encoder of integers that are no indices as they are, before embeddings of open size."""
    if not _open_embeddings(net, name) or np.ndim(column) != 1:
        return None
    return NetEncoder("Class", np.unique(_whole(column, name)).tolist())  # type: ignore[no-any-return]


def _open_embeddings(net: Net, name: str) -> list[Path]:
    """The embeddings behind an input that nothing tells how many classes there are."""
    port = inferred_port(net, name)
    if port.element != "Integer" or port.coder is not None:
        return []
    if inference(net).ports[(), name].below is not None:
        return []
    layers = [(path, node_at(net, path)) for path in entries(net)[name]]
    return [
        path
        for path, layer in layers
        if isinstance(layer, EmbeddingLayer) and isinstance(layer.class_count, Symbol)
    ]


def _largest_index(column: Column) -> int | None:
    """How many classes a column of indices has; None where they are to be told apart by labels."""
    numbers = _integers(column)
    if numbers is None or numbers.size == 0 or numbers.min() < 1:
        return None
    largest = int(numbers.max())
    is_gapless = len(np.unique(numbers)) == largest
    # Labels stand for single examples only: of arrays of indices some may not occur.
    return largest if is_gapless or numbers.ndim > 1 else None


def _integers(column: Column) -> Array | None:
    rows = list(column) if isinstance(column, (list, tuple)) else [column]
    try:
        parts = [np.asarray(row) for row in rows]
    except ValueError:
        return None
    if not parts or not all(map(_are_whole, parts)):
        return None
    parts = [part.astype(np.int64) for part in parts]
    if all(part.ndim == 0 for part in parts):
        return np.asarray(parts)
    flat = np.concatenate([part.reshape(-1) for part in parts])
    return flat if parts[0].ndim == 1 and len(parts) == 1 else flat[:, np.newaxis]


def _are_whole(array: Array) -> bool:
    if array.dtype.kind == "f":
        return bool((np.abs(array) < 2**53).all() and (array == np.round(array)).all())
    return array.dtype.kind in "iu"


def _whole(column: Column, name: str) -> Array:
    numbers = _integers(column)
    if numbers is None:
        what = "classes that are no integers"
        fix = 'an encoder with its labels: NetEncoder("Class", labels)'
        raise fail(DataError, Fault(what, at=f"port {name}", given=brief(column), fix=fix))
    return numbers


def words_inside(column: Column) -> tuple[Column, int]:
    """The words of sequences of words, or of sequences of those, in one row; and how many levels
    they were in. Any other column as it is: sequences of integers are indices.

    >>> words_inside([["a", "b"], ["b"]]), words_inside(["a", "b"])
    ((['a', 'b', 'b'], 1), (['a', 'b'], 0))
    """
    first = column[0] if len(column) else None
    if not isinstance(plain(first), tuple):
        return column, 0
    items, levels = [plain(item) for item in column], 0
    while items and all(isinstance(item, (list, tuple)) and item for item in items):
        items, levels = [plain(part) for item in items for part in item], levels + 1
    return (items, levels) if levels and isinstance(items[0], str) else (column, 0)


def class_labels(
    column: Column,
    port: PortType,
    name: str,
    is_target: bool = True,
    numbers: Sequence[int] | None = None,
) -> list[Label] | None:
    """The labels of a column of class targets, sorted, as the user wrote them.

    With a known number of classes, integers are 1..n, or 0..n-1 when a 0 occurs. None for a port
    that holds no classes. Raises DataError for targets that are no labels, and for more or other
    labels than there are classes. is_target: whether a net answers with them. numbers: of the
    examples, from 1, where one has several labels.
    """
    if port.shape is not None and len(port.shape) != 1:
        return None
    items = column.tolist() if isinstance(column, np.ndarray) else [plain(item) for item in column]
    kinds = set(map(type, items))
    if len(kinds) != 1 or not kinds <= {str, int, bool}:
        _check_labels(column, items, f"port {name}", numbers)
    found = sorted(set(items), key=worth)
    count = port.shape[-1] if port.shape else None
    if count is None and len(found) == 1 and is_target:
        raise fail(
            DataError,
            Fault(
                "the data have a single label, and nothing else tells how many classes there are",
                at=f"port {name}",
                given=f"{brief(found[0])} in every example",
                fix="LinearLayer(n) before the SoftmaxLayer, or "
                'output=NetDecoder("Class", labels) on the net',
            ),
        )
    if count is None or len(found) == count:
        return found
    if len(found) < count and all(type(label) is int for label in found):
        if found[0] >= 1 and found[-1] <= count:
            return list(range(1, count + 1))
        if found[0] == 0 and found[-1] < count:
            return list(range(count))
    text = ", ".join(map(repr, found[:8])) + (", ..." if len(found) > 8 else "")
    raise fail(
        DataError,
        Fault(
            f"{len(found)} different labels for {count} classes",
            at=f"port {name}",
            given=text,
            expected=f"{count} labels",
            fix='output=NetDecoder("Class", labels) on the net names all of them in order',
        ),
    )


def _check_labels(
    column: Column, items: list[Label], at: str, numbers: Sequence[int] | None = None
) -> None:
    """Raise DataError for what is no label, and for labels of several types: True is 1, and no text
    is next to a number.
    """
    numbers = range(1, len(items) + 1) if numbers is None else numbers
    for number, item in zip(numbers, items, strict=True):
        if not isinstance(worth(item), (str, int)):
            raise fail(DataError, _no_label(column, item, f"{at}, example {number}"))
    first = type(items[0])
    for number, item in zip(numbers, items, strict=True):
        if type(item) is not first:
            raise fail(
                DataError,
                Fault(
                    "labels of several types",
                    at=f"{at}, example {number}",
                    given=f"{brief(item)} after {brief(items[0])}",
                    expected="integers, or strings, in every example",
                    fix="[str(label) for label in labels]",
                ),
            )


def _no_label(column: Column, item: object, at: str) -> Fault:
    fix = None
    if isinstance(item, float) and item.is_integer():
        fix = "labels are integers or strings: targets.astype(int), if these are classes"
    elif isinstance(item, float):
        fix = "a net that ends in a SoftmaxLayer classifies: leave the layer out to learn numbers"
    elif shape_of(item) == (1,):
        fix = "targets[:, 0] takes the level of size 1 away"
    elif isinstance(item, (list, tuple)):
        fix = 'loss_function=CrossEntropyLossLayer("Probabilities") takes rows of probabilities'
    given = (
        f"an array of shape {column.shape}"
        if shape_of(item) and isinstance(column, np.ndarray)
        else brief(item)
    )
    return Fault(
        "targets that are not classes",
        at=at,
        given=given,
        expected="one label an example: integers or strings",
        fix=fix,
    )
