"""A small net, its bytes, and what comes of them when they are changed: for the tests of files."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

import wlnet as wl
from wlnet.core.errors import FormatError
from wlnet.io import load
from wlnet.io.files import told
from wlnet.io.layout import packed, unpacked
from wlnet.io.record import written


def small() -> Any:
    """A net with something of everything: names, a graph, a map, shared arrays, rules, coders."""
    shared = wl.NetSharedArray("w")
    vertices = {"a": wl.LinearLayer(2, weights=shared), "b": "Ramp", "sum": wl.TotalLayer()}
    graph = wl.NetGraph(vertices,
                        [("a", ["b", "sum"]), ("b", "sum")])  # fmt: skip
    nodes = {"graph": graph, "nest": wl.NetNestOperator(wl.LinearLayer(2, weights=shared), 2),
             "norm": wl.BatchNormalizationLayer(), "f": lambda x: x * np.tanh(x),
             "soft": wl.SoftmaxLayer()}  # fmt: skip
    return wl.net_initialize(wl.NetChain(
        nodes, input=2, output=wl.NetDecoder("Class", ["x", "y"]),
        learning_rate_multipliers=[
            (wl.Span(1, "nest"), 0.5), (wl.Alternatives("norm", "f"), None), (wl.ANY, 2)],
    ))  # fmt: skip


def small_file() -> bytes:
    """The bytes of the small net."""
    return packed(*written(small()))


def outcome(data: bytes, file: Path) -> Any:
    """The net of these bytes, or FormatError; any other exception goes through."""
    file.write_bytes(data)
    try:
        return load(file)
    except FormatError:
        return FormatError


def read(data: bytes) -> Any:
    """The same without a file: for many thousands of them."""
    try:
        return told(*unpacked(data))
    except FormatError:
        return FormatError


def header(data: bytes) -> tuple[dict[str, Any], bytes]:
    end = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:end]), data[end:]


def assembled(table: Any, body: bytes) -> bytes:
    text = table if isinstance(table, bytes) else json.dumps(table, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body
