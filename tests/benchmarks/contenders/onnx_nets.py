"""ONNX Runtime, evaluation alone. Variants: "1 thread", "all threads"."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from tests.benchmarks.data import input_shape, one_batch
from tests.benchmarks.work import Net, Work

DISTRIBUTIONS = ("onnxruntime", "onnx")
VERSION = None


class Model:
    """A chain of operators, each fed by the one before."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(0)
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []
        self.end = "input"

    def add(self, operator: str, *shapes: tuple[int, ...], **attributes: Any) -> None:
        """An operator with arrays of these shapes."""
        names = [f"array{len(self.arrays) + number}" for number in range(len(shapes))]
        for name, shape in zip(names, shapes, strict=True):
            numbers = self.random.standard_normal(shape, dtype=np.float32) * np.float32(0.05)
            self.arrays.append(numpy_helper.from_array(numbers, name))
        output = f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [self.end, *names], [output], **attributes))
        self.end = output

    def linear(self, inputs: int, outputs: int) -> None:
        """A linear layer."""
        self.add("Gemm", (outputs, inputs), (outputs,), transB=1)

    def to_bytes(self, shape: tuple[int, ...]) -> bytes:
        """The model, with probabilities at its end."""
        self.add("Softmax", axis=-1)
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes,
            "net",
            [value("input", TensorProto.FLOAT, shape)],
            [value(self.end, TensorProto.FLOAT, None)],
            self.arrays,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        return bytes(model.SerializeToString())


def build(net: Net) -> Model:
    """The net in ONNX."""
    model, sizes = Model(), net.sizes
    if net.kind == "lenet":
        for inputs, outputs in ((1, 20), (20, 50)):
            model.add("Conv", (outputs, inputs, 5, 5), (outputs,), kernel_shape=[5, 5])
            model.add("Relu")
            model.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
        model.add("Flatten")
        sizes = (50 * (((sizes[0] - 4) // 2 - 4) // 2) ** 2, 500, 10)
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        if number:
            model.add("Relu")
        model.linear(inputs, outputs)
    return model


def prepare(work: Work, variant: str) -> Callable[[int], object]:
    """The work as calls of a session."""
    options = onnxruntime.SessionOptions()
    threads = 1 if variant == "1 thread" else int(os.environ["THREADS"])
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        build(work.net).to_bytes((work.batch, *input_shape(work.net))),
        options,
        providers=["CPUExecutionProvider"],
    )
    given = {"input": one_batch(work)}
    return lambda rounds: [session.run(None, given) for _ in range(rounds)]
