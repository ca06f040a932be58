"""Labels of a net as files and command lines write them: '5' for 5, 'true' and 1 for True.

What is a label as it stands stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wlnet.core.gaps import gaps
from wlnet.core.net import Net
from wlnet.nets.inference import inferred_port

TRUTHS = {"true": True, "false": False}


def labels_of(net: Net, port: str) -> tuple[Any, ...] | None:
    """The labels of a port; None where no coder has any."""
    labels = getattr(inferred_port(net, port).coder, "labels", None)
    return tuple(labels) if isinstance(labels, (list, tuple)) else None


def label_column(net: Net, port: str, column: Any) -> Any:
    """A column of a port by the labels of the net, as far as they are no text: names of folders,
    such as those of digits, and 0 and 1 of truth values, as `wlnet.data.table` reads them."""
    labels = labels_of(net, port) if port in net.port_names else None
    if not labels:
        return column
    if isinstance(column, list):
        called = _by_text(labels)
        return [called.get(each, each) if isinstance(each, str) else each for each in column]
    are_truths = all(isinstance(each, bool) or each is None for each in labels)
    return _truths(column) if are_truths else column


def _truths(column: Any) -> Any:
    """0 and 1 as truth values, gaps as None; a column with any other number as it is."""
    array = np.asarray(column)
    if array.ndim != 1:
        return column
    is_there = ~gaps(array)
    known = np.asarray(array[is_there].tolist())
    if known.dtype.kind not in "iuf" or not np.isin(known, (0, 1)).all():
        return column
    found = np.full(len(array), None, object)
    found[is_there] = known == 1
    return found


def by_label(net: Net, weights: Any) -> Any:
    """Weights by label, or by output and label, whose keys are the labels of the net: a table of
    TOML has texts for keys. Anything else as it is."""
    if not isinstance(weights, Mapping):
        return weights
    if not any(isinstance(each, Mapping) for each in weights.values()):
        return _keyed(weights, [labels_of(net, port) for port in net.output_names])
    return {
        port: _keyed(each, [labels_of(net, port)])
        if isinstance(each, Mapping) and port in net.output_names
        else each
        for port, each in weights.items()
    }


def _keyed(weights: Mapping[str, Any], known: list[tuple[Any, ...] | None]) -> Mapping[Any, Any]:
    """Weights by what their keys are called among labels. Two keys of one label stay as they are,
    to be told."""
    every = [label for labels in known for label in labels or ()]
    # Classes without labels are 1, 2, ..., or False and True.
    others = _usual(weights) if None in known else {}
    called = {**others, **_by_text(every)}
    found = {called.get(key, key): value for key, value in weights.items()}
    return found if len(found) == len(weights) else weights


def _usual(keys: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **TRUTHS,
        "True": True,
        "False": False,
        **{key: int(key) for key in keys if _is_whole(key)},
    }


def _is_whole(key: object) -> bool:
    return isinstance(key, str) and key.isascii() and key.isdecimal() and len(key) < 19


def _by_text(labels: Any) -> dict[str, Any]:
    """Text -> the label that it means; a text that is a label itself means itself."""
    called: dict[str, Any] = {}
    for label in labels:
        if label is not None and not isinstance(label, str):
            called[str(label)] = label
            if isinstance(label, bool):
                called[str(label).lower()] = label
    return {text: label for text, label in called.items() if text not in labels}
