"""How nets are written: `repr` as Python that reads back, with shapes in comments."""

from __future__ import annotations

import keyword

import numpy as np

from wlnet.core.arrays import Array, ArrayValue
from wlnet.core.names import field_name
from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.ports import UNKNOWN
from wlnet.core.shapes import shape_text
from wlnet.core.symbols import AUTOMATIC
from wlnet.layers.declaring.fields import size_or_automatic, sizes
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.arrangement import Arrangement
from wlnet.nets.container import as_container
from wlnet.nets.inference import Solution, inference
from wlnet.nets.wires import Wire

SMALL = 12
"""Arrays of up to so many numbers are written out."""


def show(net: Net) -> str:
    """A net as Python; arrays too large to write out stand as <array 500x800>."""
    return _Writer(net).write(net, (), "")


class _Writer:
    def __init__(self, root: Net) -> None:
        self.solution: Solution = inference(root)
        self.root = root

    def write(self, net: Net, path: Path, indent: str) -> str:
        if isinstance(net, Layer):
            return f"{net.kind}({', '.join(self._layer_arguments(net))})"
        further = as_container(net).arguments()
        if isinstance(net, Arrangement) or len(net.nodes) > 1:
            nodes = self._nodes(net, path, indent)
        else:
            nodes = ", ".join(
                self.write(node, (*path, key), indent) for key, node in net.nodes.items()
            )
        return f"{net.kind}({', '.join([nodes, *further, *self._options(net)])})"

    def _nodes(self, net: Net, path: Path, indent: str) -> str:
        """The nodes one below the other, as a list, or as a dict where they have names."""
        inner = indent + "    "
        named = isinstance(next(iter(net.nodes)), str)
        rows = []
        for key, node in net.nodes.items():
            text = self.write(node, (*path, key), inner)
            name = f"{key!r}: " if named else ""
            rows.append(self._row(f"{inner}{name}{text},", (*path, key), node))
        opening, closing = ("{", "}") if named else ("[", "]")
        return "\n".join([opening, *rows, f"{indent}{closing}"])

    def _row(self, text: str, path: Path, node: Net) -> str:
        comment = self._shapes(path, node)
        if "\n" in text or not comment:
            return text
        return f"{text:<58}  # {comment}"

    def _shapes(self, path: Path, node: Net) -> str:
        def side(names: tuple[str, ...]) -> str:
            wires = [self.solution.ports.get((path, name)) for name in names]
            return " ".join(_wire_text(wire) for wire in wires if wire is not None)

        inputs = node.input_names
        if node.is_variadic:
            numbers = [name for at, name in self.solution.ports if at == path and name.isdecimal()]
            inputs = tuple(sorted(numbers, key=int))
        return f"{side(inputs)} -> {side(node.output_names)}".strip()

    def _layer_arguments(self, layer: Layer) -> list[str]:
        words = []
        positional = True
        for field in layer.declared_parameters.values():
            value = layer.parameters[field.wolfram]
            if (value == field.default and value is not AUTOMATIC) or (
                value is AUTOMATIC and field.default is AUTOMATIC
            ):
                positional = False
                continue
            text = _text(field.check, value)
            words.append(text if positional else f"{field.name}={text}")
        for name, value in layer.array_values.items():
            if value is not AUTOMATIC:
                words.append(f"{field_name(name)}={_array_text(value)}")
        return words + self._options(layer)

    def _ports(self, net: Net) -> list[str]:
        words, extra = [], []
        for name, port in net.ports.items():
            if port != UNKNOWN:
                if name.isdecimal() or keyword.iskeyword(field_name(name)):
                    extra.append(f"{name!r}: {port.spec!r}")
                else:
                    words.append(f"{field_name(name)}={port.spec!r}")
        return words + ([f"ports={{{', '.join(extra)}}}"] if extra else [])

    def _options(self, net: Net) -> list[str]:
        words = self._ports(net)
        if net.learning_rate_rules:
            words.append(f"learning_rate_multipliers={_rules_text(net)}")
        return words


def _wire_text(wire: Wire) -> str:
    return f"{'Integer ' if wire.element == 'Integer' else ''}{shape_text(wire.shape)}"


def _rules_text(net: Net) -> str:
    given = net.learning_rate_multipliers
    return repr(given)


def _text(check: object, value: object) -> str:
    if check in (size_or_automatic, sizes) and isinstance(value, tuple) and len(value) == 1:
        return repr(value[0])
    return repr(value)


def _array_text(value: ArrayValue) -> str:
    if not isinstance(value, np.ndarray):
        return repr(value)
    if value.size <= SMALL:
        return _numbers(value)
    return f"<array {'x'.join(map(str, value.shape))}>"


def _numbers(value: Array) -> str:
    if value.ndim == 0:
        number = value[()]
        return str(number) if value.dtype == np.float32 else repr(float(number))
    return "[" + ", ".join(_numbers(row) for row in value) + "]"
