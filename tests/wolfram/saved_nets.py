"""Files as the Wolfram Language saves nets, written by hand: after public descriptions, and after
nets that public notebooks show. It shares nothing with what reads them.

Compress: https://mathematica.stackexchange.com/questions/104660. Expressions are those of
wolframclient.
"""

from __future__ import annotations

import base64
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from wolframclient.language.expression import WLFunction, WLSymbol

import wlnet as wl

PRIVATE = "NeuralNetworks`"


def sym(name: str) -> Any:
    return WLSymbol(name)


def f(head: str, *args: Any) -> Any:
    return WLFunction(WLSymbol(head), *args)


def tokens(value: Any) -> bytes:
    """The tokens of an expression, without what stands before them."""

    def text(letter: bytes, told: str) -> bytes:
        escaped = (c if c < "\x80" else f"\\:{ord(c):04x}" for c in told)
        data = "".join(escaped).encode()
        return letter + len(data).to_bytes(4, "little") + data

    def call(head: Any, parts: list[Any]) -> bytes:
        inner = b"".join(map(tokens, parts))
        return b"f" + len(parts).to_bytes(4, "little") + tokens(head) + inner

    if isinstance(value, WLSymbol):
        return text(b"s", value.name)
    if isinstance(value, WLFunction):
        return call(value.head, list(value.args))
    if isinstance(value, dict):
        rules = [f("Rule", key, part) for key, part in value.items()]
        return call(sym("Association"), rules)
    if isinstance(value, (list, tuple)):
        return call(sym("List"), list(value))
    if value is None or isinstance(value, bool):
        return text(b"s", str(value))
    if isinstance(value, str):
        return text(b"S", value)
    if isinstance(value, int):
        small = -(2**31) <= value < 2**31
        return b"i" + value.to_bytes(4, "little", signed=True) if small else text(b"I", str(value))
    if isinstance(value, float):
        return b"r" + np.float64(value).tobytes()
    assert isinstance(value, np.ndarray)
    sizes = np.array([value.ndim, *value.shape], "<i4").tobytes()
    return b"e" + sizes + value.astype("<f8").tobytes()


def compressed(value: Any) -> bytes:
    return b"1:" + base64.b64encode(zlib.compress(b"!boR" + tokens(value)))


def saved(file: Path, network: Any, arrays: list[Any], version: str = "12.1.0") -> Path:
    """A .wlnet file of a network and its arrays."""
    with h5py.File(file, "w") as group:
        group["Version"] = version
        group["Network"] = network if isinstance(network, bytes) else compressed(network)
        group["Metadata"] = compressed({"Version": version, "Unstable": False})
        for number, array in enumerate(arrays, 1):
            group[f"Arrays/{number}"] = np.asarray(array, np.float32)
    return file


def validated(value: Any) -> Any:
    return f(f"{PRIVATE}ValidatedParameter", value)


def tensor(shape: Any, kind: Any = None) -> Any:
    sizes = [f(f"{PRIVATE}LengthVar", 77) if size is None else size for size in shape]
    return f(f"{PRIVATE}TensorT", sizes, kind or sym(f"{PRIVATE}RealT"))


class Saving:
    """Nets as associations, with their arrays."""

    def __init__(self) -> None:
        self.arrays: list[Any] = []

    def net(self, net: Any, shapes: dict[Any, Any] | None = None) -> dict[str, Any]:
        return getattr(self, net.kind)(net)

    def array(self, value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, np.ndarray):
            return tensor(())
        self.arrays.append(value)
        return f(f"{PRIVATE}ExportedArray", len(self.arrays))

    def layer(self, kind: str, net: Any, **parameters: Any) -> dict[str, Any]:
        table = {name.replace("_", "$"): value for name, value in parameters.items()}
        arrays = {name: self.array(value) for name, value in net.array_values.items()}
        inputs = {name: tensor((None,)) for name in net.input_names}
        return {"Type": kind, "Arrays": arrays, "Parameters": table, "Inputs": inputs,
                "Outputs": {"Output": tensor((None,))}}  # fmt: skip

    def LinearLayer(self, net: Any) -> Any:
        out, into = net["Weights"].shape
        return self.layer("Linear", net, OutputDimensions=[out], _OutputSize=out, _InputSize=into,
                          _InputDimensions=[into])  # fmt: skip

    def ElementwiseLayer(self, net: Any) -> Any:
        function = net.parameters["Function"]
        told = sym(function) if isinstance(function, str) else rows(function.tree)
        return self.layer("Elementwise", net, Function=validated(told), _Dimensions=[3])

    def ConvolutionLayer(self, net: Any) -> Any:
        return self.layer(
            "Convolution", net, OutputChannels=net["Weights"].shape[0],
            KernelSize=list(net["Weights"].shape[2:]), Stride=[1, 1],
            PaddingSize=[[1, 1], [1, 1]], Dilation=[1, 1], ChannelGroups=1, Dimensionality=2,
            Interleaving=False, _InputChannels=1, _InputSize=[8, 8], _OutputSize=[8, 8],
        )  # fmt: skip

    def PoolingLayer(self, net: Any) -> Any:
        return self.layer(
            "Pooling", net, KernelSize=[2, 2], Stride=[2, 2], PaddingSize=[[0, 0], [0, 0]],
            Function=sym("Max"), Dimensionality=2, Interleaving=False, _Channels=3,
            _MXPoolingConvention="valid", _MXGlobalPool=False,
        )  # fmt: skip

    def FlattenLayer(self, net: Any) -> Any:
        return self.layer("Flatten", net, Level=f("DirectedInfinity", 1))

    def BatchNormalizationLayer(self, net: Any) -> Any:
        return self.layer("BatchNormalization", net, Momentum=0.9, Epsilon=0.001,
                          Interleaving=False, Channels=3)  # fmt: skip

    def SoftmaxLayer(self, net: Any) -> Any:
        return self.layer("Softmax", net, Level=validated(-1))

    def DropoutLayer(self, net: Any) -> Any:
        return self.layer("Dropout", net, DropoutProbability=0.25, Method="Dropout")

    def EmbeddingLayer(self, net: Any) -> Any:
        count, size = net["Weights"].shape
        return self.layer("Embedding", net, OutputDimension=size, ClassCount=count)

    def LongShortTermMemoryLayer(self, net: Any) -> Any:
        size = len(net["InputGateBiases"])
        return self.layer("LongShortTermMemory", net, OutputSize=size, Dropout=validated(None),
                          _InputSize=3, _SequenceLength=f(f"{PRIVATE}LengthVar", 77))  # fmt: skip

    def GatedRecurrentLayer(self, net: Any) -> Any:
        size = len(net["InputGateBiases"])
        return self.layer("GatedRecurrent", net, OutputSize=size, Dropout=validated(None))

    def CatenateLayer(self, net: Any) -> Any:
        return self.layer("Catenate", net, Level=net.parameters["Level"])

    def TotalLayer(self, net: Any) -> Any:
        return self.layer("Total", net)

    def ConstantPlusLayer(self, net: Any) -> Any:
        return self.layer("ConstantPlus", net, Dimensions=list(net["Biases"].shape))

    def ReshapeLayer(self, net: Any) -> Any:
        sizes = list(net.parameters["Dimensions"])
        return self.layer("Reshape", net, Dimensions=validated(sizes))

    def TransposeLayer(self, net: Any) -> Any:
        told = [f("TwoWayRule", *pair) for pair in net.parameters["Permutation"]]
        return self.layer("Transpose", net, Specification=validated(told))

    def ReplicateLayer(self, net: Any) -> Any:
        counts = validated(list(net.parameters["Counts"]))
        return self.layer("Replicate", net, Specification=counts, Level=net.parameters["Level"])

    def PaddingLayer(self, net: Any) -> Any:
        margins = [list(pair) for pair in net.parameters["Margins"]]
        return self.layer("Padding", net, Specification=margins, Padding=0.0, _Rank=2)

    def NormalizationLayer(self, net: Any) -> Any:
        return self.layer(
            "Normalization", net, AggregationLevels=validated(f("Span", 2, sym("All"))),
            ScalingLevels=validated("Complement"), Epsilon=0.001, _StatsDimensions=[2],
        )  # fmt: skip

    def NetFoldOperator(self, net: Any) -> Any:
        feedback = [f("Rule", *pair) for pair in net.parameters["Feedback"]]
        return {
            **self.layer("NetFold", net, Net=self.net(net.nodes["Net"]), ConstantPorts=[],
                         Recurrence=validated(feedback), OutputPorts=["Output"],
                         _InputNames=["Input"], _StateNames=["State"], _OutputNames=["Output"]),
            "Arrays": {},
        }  # fmt: skip

    def NetMapOperator(self, net: Any) -> Any:
        return {**self.layer("NetMap", net, Net=self.net(net.nodes["Net"])), "Arrays": {}}

    def NetChain(self, net: Any) -> Any:
        return self.held("Chain", net)

    def NetGraph(self, net: Any) -> Any:
        return self.held("Graph", net)

    def held(self, kind: str, net: Any) -> dict[str, Any]:
        def path(key: Any, port: str, side: str) -> Any:
            steps = (side, port) if key is None else ("Nodes", str(key), side, port)
            return f(f"{PRIVATE}NetPath", *steps)

        def side_of(key: Any, port: str, *, source: bool) -> str:
            if key is not None and port in net.nodes[key].state_names:
                return "States"
            return ("Inputs" if key is None else "Outputs") if source else (
                "Outputs" if key is None else "Inputs")  # fmt: skip

        edges = [
            f("Rule",
              path(e.target, e.target_port, side_of(e.target, e.target_port, source=False)),
              path(e.source, e.source_port, side_of(e.source, e.source_port, source=True)))
            for e in net.links()
        ]  # fmt: skip
        ends = {**wl.information(net, "InputPorts"), **wl.information(net, "OutputPorts")}
        told = {name: port(spec) for name, spec in ends.items()}
        return {
            "Type": kind,
            "Nodes": {str(key): self.net(node) for key, node in net.nodes.items()},
            "Edges": edges,
            "Inputs": {name: told[name] for name in net.input_names},
            "Outputs": {name: told[name] for name in net.output_names},
        }


def port(spec: Any) -> Any:
    """The type of a port, or its coder."""
    if hasattr(spec, "door"):
        return coder(spec)
    sizes = list(spec) if isinstance(spec, tuple) else [spec]
    kind = f(f"{PRIVATE}IndexIntegerT", 6) if "Integer" in sizes else None
    return tensor([None if n == "Varying" else n for n in sizes if n != "Integer"], kind)


def coder(given: Any) -> Any:
    """A coder as saved nets have it."""
    size = 1 if given.shape is None else list(given.shape)
    rest = {name: plain(value) for name, value in given.parameters.items()
            if name in ("Labels", "ImageSize", "ColorSpace", "Interleaving")}  # fmt: skip
    if given.kind == "Image":
        rest |= {"ColorChannels": 1, "MeanImage": None, "VarianceImage": None}
    return f(given.door, given.kind, {**rest, "Dimensions": size, "$Version": "12.1.0"}, tensor(()))


def plain(value: Any) -> Any:
    return list(map(plain, value)) if isinstance(value, tuple) else value


def rows(tree: Any) -> Any:
    """A formula as saved nets have it: each function of numbers by its name in a table."""
    table: dict[Any, Any] = {}

    def number(n: int) -> Any:
        return f(f"{PRIVATE}ScalarSymbol", n)

    def row(part: Any) -> Any:
        if isinstance(part, str):
            return number(int(part[1:]))
        if isinstance(part, float):
            return part
        name, *rest = part
        told = [sym(name), *map(row, rest)]
        key = number(100 + len(table))
        table[key] = told
        return key

    last = row(tree)
    rules = [f("Rule", key, told) for key, told in table.items()]
    return f(f"{PRIVATE}ScalarFunctionObject", [number(1)], last, f("Association", *rules))
