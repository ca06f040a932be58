"""export_net: a net as an ONNX file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, NotInitializedError, OptionError, brief, fail
from wlnet.core.extras import needed
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_keywords
from wlnet.core.machine import check_memory
from wlnet.core.net import Net
from wlnet.core.parts import path_text
from wlnet.core.paths import as_path
from wlnet.core.ports import as_port
from wlnet.core.shapes import Partial
from wlnet.core.symbols import AUTOMATIC
from wlnet.evaluate.arguments import check_choice, check_count
from wlnet.io.keys import key_of
from wlnet.io.replacement import replace_file
from wlnet.nets.arrays import arrays_of
from wlnet.nets.inference import check_known, inference, open_sizes
from wlnet.onnx.exporting.coded_ports import check_encoders, coded_input, labels
from wlnet.onnx.exporting.model import model
from wlnet.onnx.exporting.open_graph import open_graph
from wlnet.onnx.exporting.resting import resting
from wlnet.onnx.exporting.table import check_calls, write_calls
from wlnet.onnx.exporting.writer import Tensor, Writer

SUFFIX = ".onnx"
REALS: dict[str, type[np.floating[Any]]] = {"Real32": np.float32, "Real64": np.float64}
MOST_BYTES = 2**31 - 1
"""What a message of protobuf may have, which an ONNX file is."""


@checked_keywords
def export_net(
    net: Net,
    file: str | os.PathLike[str],
    *,
    batch: Any = AUTOMATIC,
    shapes: Mapping[str, Any] | None = None,
    encoders: bool = False,
    working_precision: str = "Real32",
) -> Path:
    """Write what a net answers as an ONNX file, which ONNX Runtime and other programs run; gives
    the path.

    net: any initialized net, in its test mode. Inputs and outputs are named by its ports, arrays by
    their paths ("hidden/Weights"), a shared one by its name ("~shared/w"), as in files of `save`.
    Integers are int64 and count from 1, as they do here; one that is no place is an error where the
    file is run. file: a path that ends in .onnx; a file that is there is replaced, and stays as it
    was when writing fails.

    * batch: how many examples the file takes at once. AUTOMATIC: any number, a dimension "batch" in
      front of every port. A net without inputs answers once.
    * shapes: {"Input": (7, 3)}, sizes of inputs that the net leaves open ("Varying"). A size that
      is not given stays open in the file, under its name; where what is computed depends on it by
      more than shapes, that is an error, which says so.
    * encoders: whether the file begins with the arithmetic of encoders. "Image" then takes bytes of
      its size, uint8 (batch, height, width), or (batch, height, width, 3) for "RGB"; "Class" and
      "UnitVector" the number of the class or place, from 1; "Boolean" bools. Other encoders are an
      error. Without, a port takes what its encoder would give.
    * working_precision: "Real32", or "Real64" for float64. Some runtimes lack some operators in 64
      bits, ONNX Runtime among them convolutions.

    Labels of classes are in the metadata ("labels of Output"). The file is of opset 17 and IR
    version 8, and is judged by onnx.checker before it is written.

    Raises OptionError for arguments, for what is drawn at random in test mode, and for arrays of
    more than 2 GB, which no ONNX file holds; NotInitializedError for a net without numbers or
    shapes; MissingExtraError without the package onnx; OSError where the disk refuses.

    >>> import tempfile, numpy as np, wlnet as wl
    >>> net = wl.net_initialize(wl.NetChain({"hidden": 3, "act": "Ramp", "read": 1}, input=2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = wl.onnx.export_net(net, f"{folder}/small.onnx")
    ...     import onnxruntime
    ...     session = onnxruntime.InferenceSession(file)
    >>> x = np.ones((5, 2), np.float32)
    >>> np.allclose(session.run(None, {"Input": x})[0], net(x), atol=1e-6)
    True

    Wolfram Language: Export to "ONNX". Source: https://onnx.ai/onnx/operators/
    """
    path, count, given = _arguments(net, file, batch, shapes, encoders, working_precision)
    onnx = needed("onnx", "writing an ONNX file")
    real = REALS[working_precision]
    arrays = _numbers(net, real)
    graph = open_graph(net, count, given)
    check_calls(graph)
    w = Writer(real)
    for name in (*net.input_names, *net.output_names):
        w.names.new(name)
    known = {value: Tensor(w.names.new(key_of(key)), value.shape)
             for key, value in graph.arrays.items()}  # fmt: skip
    held = {known[value].name: arrays[key] for key, value in graph.arrays.items()}
    inputs = []
    for name, value in graph.inputs.items():
        tensor, inside = Tensor(name, value.shape, value.element), name
        w.notice(tensor)
        if encoders:
            w.origin = (name,)
            tensor, inside = coded_input(w, net, name, value, name)
        inputs.append(tensor)
        known[value] = Tensor(inside, value.shape, value.element)
    write_calls(w, graph, known)
    outputs = {str(name): known[value] for name, value in graph.outputs.items()}
    made = model(onnx, w, inputs, held, outputs, {**labels(net), **resting(net)})
    replace_file(path, made.SerializeToString(deterministic=True))
    return path


def _arguments(
    net: object, file: object, batch: Any, shapes: Any, encoders: object, precision: object
) -> tuple[Path, int | None, dict[str, Partial]]:
    """The path, the number of examples (None for any), and the shapes. Raises what is wrong with a
    call, all of it."""
    gathered = Gathered()
    if not isinstance(net, Net):
        example = 'export_net(net, "net.onnx")'
        gathered.add(Fault("export_net takes a net", given=brief(net), fix=example))
    path = gathered.attempt(partial(as_path, file, "file", "net.onnx"))
    if path is not None and path.suffix != SUFFIX:
        better = path.with_suffix(SUFFIX) if path.name else path / "net.onnx"
        what = "an ONNX file ends in .onnx"
        given = repr(os.fspath(path))
        gathered.add(Fault(what, at="file", given=given, fix=repr(os.fspath(better))))
    if batch is not AUTOMATIC:
        gathered.attempt(partial(check_count, "batch", batch))
    if not isinstance(encoders, bool):
        gathered.add(Fault("encoders is True or False", given=brief(encoders)))
    gathered.attempt(partial(check_choice, "working_precision", precision, tuple(REALS)))
    told: dict[str, Partial] = {}
    ports = list(net.input_names) if isinstance(net, Net) else None
    if shapes is not None and not isinstance(shapes, Mapping):
        what = "shapes is a dict from input ports to shapes"
        gathered.add(Fault(what, given=brief(shapes), fix='shapes={"Input": (7, 3)}'))
    for name, shape in shapes.items() if isinstance(shapes, Mapping) else ():
        if ports is not None and name not in ports:
            what = "shapes is for inputs of the net"
            gathered.add(Fault(what, at="shapes", given=brief(name), known=ports))
        port = gathered.attempt(partial(as_port, shape, str(name)), "shapes")
        told[str(name)] = None if port is None else port.shape
    if isinstance(net, Net):
        if encoders is True:
            gathered.attempt(partial(check_encoders, net))
        gathered.attempt(partial(_check_numbers, net))
        gathered.add(*_name_faults(net))
    gathered.tell()
    assert isinstance(net, Net) and path is not None
    count = None if batch is AUTOMATIC else check_count("batch", batch)
    return path, 1 if count is None and not net.input_names else count, told


def _name_faults(net: Net) -> list[Fault]:
    """Names that two things would have in a file, where each thing has its own."""
    names = [*net.input_names, *net.output_names, *map(key_of, arrays_of(net))]
    return [
        Fault(
            "two things have one name, and in an ONNX file each has its own",
            at=net.kind,
            given=brief(name),
            fix="another name for the port",
        )
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]


def _check_numbers(net: Net) -> None:
    """Raise NotInitializedError for arrays without numbers."""
    check_known(net)
    arrays = arrays_of(net)
    missing = [key for key, value in arrays.items() if not isinstance(value, np.ndarray)]
    if missing:
        known = not set(missing).intersection(inference(net).unknown_arrays())
        first = "" if known else f"{open_sizes(net)}; then "
        keys = [path_text(key) if isinstance(key, tuple) else repr(key) for key in missing[:8]]
        fix = f"{first}net_initialize(net) draws them"
        fault = Fault("arrays without numbers", at=net.kind, given=", ".join(keys), fix=fix)
        raise fail(NotInitializedError, fault)


def _numbers(net: Net, real: type[np.floating[Any]]) -> dict[Any, Any]:
    arrays = arrays_of(net)
    size = sum(array.size for array in arrays.values()) * np.dtype(real).itemsize
    if size > MOST_BYTES:
        what = "an ONNX file holds arrays of less than 2 GB"
        raise fail(OptionError, Fault(what, at=net.kind, given=f"{size:,} bytes"))
    check_memory(3 * size, "the arrays of an ONNX file")
    return {key: array.astype(real, "C") for key, array in arrays.items()}
