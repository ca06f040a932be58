"""Files of ONNX, run by ONNX Runtime or by the reference of ONNX, beside what nets answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.reference
import onnxruntime

import wlnet as wl

TOLERANCE = 1e-5
KINDS = {"float": np.float32, "double": np.float64, "int64": np.int64, "uint8": np.uint8,
         "bool": np.bool_}  # fmt: skip


def session(file: Path | bytes) -> onnxruntime.InferenceSession:
    """A file, ready to run on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    given = file if isinstance(file, bytes) else str(file)
    return onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])


def run(file: Path | bytes | onnxruntime.InferenceSession, columns: dict[str, Any]) -> Any:
    """What ONNX Runtime gives, by port; columns come in the kind of numbers that a port takes."""
    made = file if isinstance(file, onnxruntime.InferenceSession) else session(file)
    kinds = {port.name: KINDS[port.type[7:-1]] for port in made.get_inputs()}
    names = [output.name for output in made.get_outputs()]
    fed = {name: np.asarray(x, kinds[name]) for name, x in columns.items()}
    return dict(zip(names, made.run(names, fed), strict=True))


def referred(file: Path, columns: dict[str, Any]) -> dict[str, Any]:
    """What the reference of ONNX gives, by port."""
    evaluator = onnx.reference.ReferenceEvaluator(onnx.load(file))
    kinds = {
        port.name: onnx.helper.tensor_dtype_to_np_dtype(port.type.tensor_type.elem_type)
        for port in evaluator.proto_.graph.input
    }
    fed = {name: np.asarray(x, kinds[name]) for name, x in columns.items()}
    return dict(zip(evaluator.output_names, evaluator.run(None, fed), strict=True))


def answers(net: Any, columns: dict[str, Any], **options: Any) -> dict[str, Any]:
    """What a net gives, by port, undecoded. Without inputs it answers once, as a batch of one."""
    if not columns:
        found = net(**options)
        found = found if isinstance(found, dict) else {net.output_names[0]: found}
        return {name: np.asarray(x)[np.newaxis] for name, x in found.items()}
    ports = [wl.NetPort(name) for name in net.output_names]
    found = net(columns, ports, **options)
    return dict(zip(net.output_names, found.values(), strict=True))


def assert_same(given: dict[str, Any], expected: dict[str, Any], most: float = TOLERANCE) -> None:
    assert list(given) == list(expected)
    for name, numbers in expected.items():
        wanted = np.asarray(numbers)
        assert given[name].shape == wanted.shape, name
        assert given[name].dtype.kind == wanted.dtype.kind, name
        size = max(1.0, float(np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)))
        np.testing.assert_allclose(given[name], wanted, rtol=most, atol=most * size)
