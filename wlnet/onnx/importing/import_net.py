"""import_net: the net of an ONNX file, from end to end.

One file, though it is long: the steps of one call, in their order.
"""

from __future__ import annotations

import inspect
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from wlnet.core.errors import Fault, FormatError, OptionError, WlnetError, brief, fail
from wlnet.core.paths import as_path
from wlnet.layers.elementwise import ElementwiseLayer
from wlnet.nets.chain import NetChain
from wlnet.nets.netgraph import NetGraph
from wlnet.onnx.importing.agreement import agree, agree_on_output
from wlnet.onnx.importing.classical import label
from wlnet.onnx.importing.elements import check_constants, declared
from wlnet.onnx.importing.files import model_of
from wlnet.onnx.importing.inputs import Inputs, hint
from wlnet.onnx.importing.learning import OWN, at_rest, initializers, resting_names
from wlnet.onnx.importing.misfits import SIZES, Misfit
from wlnet.onnx.importing.names import own
from wlnet.onnx.importing.nesting import nested
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.ports import ports_of
from wlnet.onnx.importing.table import ROWS
from wlnet.onnx.importing.tensors import Tensors
from wlnet.onnx.importing.tied import tied
from wlnet.onnx.importing.values import LARGEST, Fixed, Flow, Given, room, settled
from wlnet.onnx.importing.writing import Writing

LATEST = 28
"""The last version of ONNX's own operators that the table was written for."""
EXPECTED = (
    ArithmeticError, AttributeError, IndexError, KeyError, LookupError, TypeError, ValueError,
    AssertionError,
)  # fmt: skip
"""What a row may run into where a node is not what its operator says: a file may hold anything."""


def import_net(file: object, *, external_data: str | os.PathLike[str] | None = None,
               shapes: Mapping[str, Any] | None = None,
               batch_axis: int | None = 0) -> NetChain | NetGraph:  # fmt: skip
    """The net of an ONNX file, with parts and arrays that rules can name: a NetChain where one
    layer follows another, else a NetGraph.

    file: a path, the bytes of a file, or an onnx.ModelProto. external_data: the folder that arrays
    lie in which are not in the file itself; without it they are refused, and nothing outside of it
    is read. shapes: of one example, {"input": (3, 32, 32)}, where the file leaves sizes open.
    batch_axis: along which axis of its inputs the file has its examples, or None where it takes
    one example without such an axis.

    Names: what a file has for its arrays and nodes, split at dots: "layer1.0.conv1.weight" of
    PyTorch is ("layer1", "0", "conv1", "Weights"). A linear layer that is applied along a sequence
    stands in a NetMapOperator, as its part "Net". One input is called "Input", one output "Output";
    several have the names of the file. What is a parameter learns, as far as the file tells: a
    constant does not, and small ones are numbers of a formula. Integers that pick rows of a table
    are taken as they are in the file, from 0 on, by a "Class" encoder; labels of scikit-learn come
    from a decoder.
    Examples never meet: the batch may stand at any axis inside of the file, and be joined with
    others, but what works along it is an error.
    Raises FormatError for a file that is cut, changed, hostile, or holds what no net can say: all
    operators that are not known, and all nodes that do not fit, in one error; OptionError for
    arguments; MissingExtraError without the package onnx.

    >>> from onnx import helper
    >>> x, y = (helper.make_tensor_value_info(name, 1, ["batch", 2]) for name in "xy")
    >>> node = helper.make_node("LeakyRelu", ["x"], ["y"], name="bend", alpha=0.5)
    >>> net = import_net(helper.make_model(helper.make_graph([node], "net", [x], [y])))
    >>> net([-1, 3]).tolist()
    [-0.5, 3.0]

    Wolfram Language: Import from "ONNX". The operators: https://onnx.ai/onnx/operators/
    """
    folder = None if external_data is None else as_path(external_data, "external_data", "folder")
    if batch_axis is not None and (type(batch_axis) is not int or batch_axis < 0):
        what = "the axis along which a file has its examples is a number from 0, or None"
        raise fail(OptionError, Fault(what, at="batch_axis", given=brief(batch_axis)))
    if shapes is not None and not isinstance(shapes, Mapping):
        what = "shapes are told by the names of inputs"
        fix = 'shapes={"input": (3, 32, 32)}, of one example'
        raise fail(OptionError, Fault(what, at="shapes", given=brief(shapes), fix=fix))
    model, called = model_of(file)
    return _Import(model, called, folder, dict(shapes or {}), batch_axis).net()


class _Import:
    """One file on its way."""

    def __init__(self, model: Any, called: str, folder: Path | None, shapes: dict[str, Any],
                 batch_axis: int | None) -> None:  # fmt: skip
        self.graph, self.called = model.graph, called
        self.producer = model.producer_name
        self.resting = resting_names(model)
        self.initializer = initializers(model)
        self.tensors = Tensors(folder)
        self.faults: list[Fault] = []
        self.versions = {
            ("" if item.domain == "ai.onnx" else item.domain): item.version
            for item in model.opset_import
        }
        self.shapes, self.batch_axis = shapes, batch_axis
        self.writing = Writing()
        self.free: list[str] = []
        self.given_out: dict[str, Flow] = {}
        self.broken: set[str] = set()
        self.worked_out = 0

    def net(self) -> NetChain | NetGraph:
        """The net, or all that is wrong in one error."""
        token = own.set(self.producer == OWN)
        try:
            return self._net()
        finally:
            own.reset(token)

    def _net(self) -> NetChain | NetGraph:
        self._versions()
        nodes = [self._node(proto) for proto in self.graph.node]
        self._unknown(nodes)
        self._tell()
        writing = self.writing
        writing.uses = Counter(name for node in nodes for name in node.inputs)
        writing.uses.update(output.name for output in self.graph.output)
        self._initializers()
        held = self.writing.values.values()
        room.set(sum(each.array.size for each in held if isinstance(each, Fixed)))
        self._inputs()
        for node in nodes:
            self._run(node)
            if self.worked_out > 2 * (LARGEST + room.get()):
                self._fault(f"arrays of {self.worked_out:,} numbers would be worked out")
                self._tell()  # at once: the rest would take more
        outputs = self._outputs()
        self._tell()
        names = [info.name for info in self.graph.input]
        try:
            ports = ports_of(writing, names, outputs, self.length)
            net, places = nested(writing.vertices, outputs, ports)
            net = at_rest(net, writing.vertices, places, self.resting)
            merges = any(node.scopes for node in nodes)
            made = tied(net, writing.vertices, places, writing.values, merges)
            agree(made, {self._port(name) for name in self.free}, self.given_out)
            assert isinstance(made, (NetChain, NetGraph))
            return made
        except Misfit as misfit:
            self._misfit(misfit)
            raise fail(FormatError, self.faults) from None
        except WlnetError as error:
            raise fail(FormatError, [self._at(fault) for fault in error.faults]) from None

    def _node(self, proto: Any) -> Node:
        domain = "" if proto.domain == "ai.onnx" else proto.domain
        return Node(proto, self.versions.get(domain, 0), self.tensors)

    def _versions(self) -> None:
        own = self.versions.get("", 0)
        if own > LATEST:
            what = "a version of ONNX's operators that is newer than this table"
            self._fault(what, given=str(own), expected=f"at most {LATEST}")
        if not self.versions:
            self._fault("the file does not say which versions of operators it has")

    def _unknown(self, nodes: list[Node]) -> None:
        """All operators that are not in the table, each with its nodes."""
        found: dict[str, list[Node]] = {}
        for node in nodes:
            if (node.domain, node.kind) not in ROWS:
                found.setdefault(node.operator, []).append(node)
        for name, some in found.items():
            told = ", ".join(repr(node.proto.name or node.outputs[:1]) for node in some[:8])
            more = f", and {len(some) - 8} more" if len(some) > 8 else ""
            self._fault(f"an operator that is not known: {name}", given=told + more)
        if found:
            known = sorted(name for domain, name in ROWS if not domain)
            self._fault("some operators are not in the table", known=known)
        if self.graph.sparse_initializer:
            self._fault("sparse arrays")

    def _initializers(self) -> None:
        for proto in self.graph.initializer:
            try:
                array = self.tensors.array(proto, f"the array {proto.name!r}")
            except Misfit as misfit:
                self._misfit(misfit)
                self.broken.add(proto.name)
                continue
            self.writing.values[proto.name] = self.initializer(proto.name, array)

    def _inputs(self) -> None:
        inputs = Inputs(self.shapes, self.batch_axis)
        held = self.writing.values.keys() | self.broken
        self.free = [info.name for info in self.graph.input if info.name not in held]
        for info in self.graph.input:
            if info.name in held:
                continue
            try:
                self.writing.values[info.name] = inputs.flow(info, self._port(info.name))
            except Misfit as misfit:
                self._misfit(misfit)
                self.broken.add(info.name)
        for name in inputs.left():
            self._fault("a shape of an input that the file has not", given=repr(name),
                        known=[info.name for info in self.graph.input])  # fmt: skip
        self.writing.fixed_batch = inputs.fixed
        self.length = inputs.open

    def _port(self, name: str) -> str:
        """What the net calls an input: "Input" where it is the only one that a node reads."""
        return "Input" if [n for n in self.free if self.writing.uses[n]] == [name] else name

    def _run(self, node: Node) -> None:
        if any(name in self.broken for name in node.inputs):
            self.broken.update(node.outputs)
            return
        try:
            results = self._results(node)
            if unread := node.unread():
                raise Misfit(f"attributes that are not known: {', '.join(unread)}")
            for name, value in zip(node.outputs, results, strict=False):
                if name and name in self.writing.values:
                    raise Misfit(f"the value {name!r} is made twice")
                if value is not None:
                    self.writing.values[name] = settled(value)
                    if isinstance(value, Fixed) and value.array.base is None:
                        self.worked_out += value.array.size
        except Misfit as misfit:
            self._misfit(misfit, node)
        except WlnetError as error:
            for fault in error.faults:
                self._misfit(Misfit(fault.what, **_words(fault)), node)
        except EXPECTED as error:
            told = f"{type(error).__name__}: {error}"
            self._misfit(Misfit("this node is not what its operator says", given=told), node)
        else:
            return
        self.broken.update(node.outputs)

    def _results(self, node: Node) -> tuple[Any, ...]:
        given: list[Given | None] = []
        for name in node.inputs:
            if name and name not in self.writing.values:
                raise Misfit(f"the value {name!r} is not there yet", expected="nodes in an order")
            given.append(self.writing.values[name] if name else None)
        row = ROWS[node.domain, node.kind]
        while given and given[-1] is None:
            given.pop()
        try:
            bound = inspect.signature(row).bind(self.writing, node, *given)
        except TypeError:
            raise Misfit(f"{len(given)} inputs, which its operator does not take") from None
        named = bound.arguments.items()
        for name, parameter in inspect.signature(row).parameters.items():
            if (
                parameter.default is inspect.Parameter.empty
                and bound.arguments.get(name, 0) is None
            ):
                raise Misfit(f"the input {name!r} is missing")
        assert named
        self.writing.node = node
        first = given[0] if given else None
        if isinstance(first, Flow) and first.kind == "Label":
            return (label(node, first),)
        check_constants(node, given)
        made = row(self.writing, node, *given)
        return declared(node, given, made if isinstance(made, tuple) else (made,))

    def _outputs(self) -> dict[str, Any]:
        """Where each output of the net comes from."""
        writing, found = self.writing, {}
        names = [info.name for info in self.graph.output]
        if not names:
            self._fault("a file without outputs")
        for info in self.graph.output:
            name = info.name
            value = writing.values.get(name)
            if name in self.broken:
                continue
            try:
                if value is None:
                    raise Misfit("nothing makes it")
                if isinstance(value, Fixed):
                    raise Misfit("it is an array that is known, whatever the input is")
                if value.kind == "Label" and len(names) > 1:
                    continue  # what the decoder of the other output gives
                agree_on_output(info, value)
                found[name], self.given_out[name] = self._output(value), value
            except Misfit as misfit:
                self._fault(f"an output that no net has: {misfit.what}", at=f"output {name!r}",
                            **misfit.words)  # fmt: skip
        if len(found) == 1:
            self.given_out = {"Output": next(iter(self.given_out.values()))}
            found = {"Output": next(iter(found.values()))}
        return found

    def _output(self, value: Flow) -> Any:
        if value.is_merged and value.before != 1:
            raise Misfit("the examples of a batch stand between one another in it")
        if value.kind == "Label":
            value = replace(value, kind="Real")
        if value.kind != "Boolean":
            value = self.writing.real(value)
        end = self.writing.end(value)
        if end[0] is None:
            end = self.writing.layer(ElementwiseLayer("Identity"), value, path=("Identity",))
        return end

    # Faults

    def _fault(self, what: str, **words: Any) -> None:
        if words.get("fix") == SIZES:
            untold = [info for info in self.graph.input
                      if info.name in self.free and info.name not in self.shapes]  # fmt: skip
            words["fix"] = hint(untold, self.batch_axis)
        self.faults.append(self._at(Fault(what, **words)))

    def _at(self, fault: Fault) -> Fault:
        return fault if fault.at else replace(fault, at=self.called)

    def _misfit(self, misfit: Misfit, node: Node | None = None) -> None:
        at = node.title if node is not None else self.called
        self._fault(misfit.what, **{"at": at, **misfit.words})

    def _tell(self) -> None:
        if self.faults:
            raise fail(FormatError, self.faults)


def _words(fault: Fault) -> dict[str, Any]:
    told = {"given": fault.given, "expected": fault.expected, "fix": fault.fix}
    return {name: word for name, word in told.items() if word}
