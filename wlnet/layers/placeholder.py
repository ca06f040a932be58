"""PlaceholderLayer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wlnet.core.names import field_name, wolfram_name
from wlnet.core.scalars import as_whole
from wlnet.layers.declaring.fields import PortField, Takes, parameter
from wlnet.layers.declaring.layer import Layer

MOST = 64
"""Ports on one side: more are a mistake."""


def names(value: object, usual: str) -> tuple[str, ...]:
    """Names of ports, as many as there are or one by one."""
    count = as_whole(value)
    if count is not None:
        if not 1 <= count <= MOST:
            raise ValueError(f"from 1 to {MOST} ports")
        return (usual,) if count == 1 else tuple(f"{usual}{i}" for i in range(1, count + 1))
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    found = [wolfram_name(name) for name in given if isinstance(name, str) and name.isidentifier()]
    if len(found) != len(given) or not 1 <= len(set(found)) == len(found) <= MOST:
        raise ValueError("how many ports there are, or their names, all different")
    return tuple(found)


def inputs(value: object) -> tuple[str, ...]:
    """Names of inputs."""
    return names(value, "Input")


def outputs(value: object) -> tuple[str, ...]:
    """Names of outputs."""
    return names(value, "Output")


def tag(value: object) -> str | None:
    """A word, or None."""
    if value is None or (isinstance(value, str) and 0 < len(value) <= 200):
        return value
    raise ValueError("a word for what stands here, or None")


class PlaceholderLayer(Layer):
    """What stands where a layer is not known yet: a net with one has parts, ports, shapes and
    files, and can be edited; it can be neither evaluated nor trained.

    tag: a word for what it stands for. input_ports, output_ports: their names, or how many there
    are: "Input", or "Input1", "Input2" and so on. Shapes are as they are told, input=3 or
    ports={"Input1": 3}, and as neighbours tell them; none follows from another. What flows is real
    numbers; input="Integer", or output="Integer", is said where it is indices. The layer is put in
    its place by net_replace_part(net, {path: layer}).

    >>> import wlnet as wl
    >>> net = wl.NetChain([3, PlaceholderLayer("to come", output=4), wl.LinearLayer(2)], input=5)
    >>> wl.information(net, "ArraysDimensions")[3, "Weights"]
    (2, 4)
    >>> whole = wl.net_initialize(wl.net_replace_part(net, {2: wl.NetChain([4, "Tanh"])}))
    >>> whole([1, 2, 3, 4, 5]).shape
    (2,)

    Raises NotInitializedError, where a net with one is evaluated, trained or exported, that names
    all of them.
    Wolfram Language: PlaceholderLayer, which may also tell arrays and further properties; they have
    no effect.
    """

    is_unknown = True

    tag = parameter(None, check=tag)
    input_ports = parameter(("Input",), check=inputs)
    output_ports = parameter(("Output",), check=outputs)

    def __init__(self, *args: object, **options: object) -> None:
        # Its ports are told by two parameters, which are needed to read what is said of ports.
        told: dict[str, tuple[str, ...]] = {"InputPorts": ("Input",), "OutputPorts": ("Output",)}
        given = dict(zip(("tag", "input_ports", "output_ports"), args, strict=False)) | options
        for name, check in (("InputPorts", inputs), ("OutputPorts", outputs)):
            try:
                told[name] = check(given.get(field_name(name), told[name]))
            except ValueError:  # told when the layer is made
                continue
        object.__setattr__(self, "parameters", told)
        super().__init__(*args, **options)

    @property
    def port_fields(self) -> Mapping[str, PortField]:
        found: dict[str, PortField] = {}
        for direction, slot in (("in", "InputPorts"), ("out", "OutputPorts")):
            for name in self.parameters[slot]:
                way: Any = direction
                field = PortField(way, (f"*{direction}{name}",), "Real", None, False)
                field.name, field.wolfram = field_name(name), name
                found[name] = field
        return found

    def port_element(self, name: str) -> Takes:
        """What is said; else Reals."""
        return self.ports[name].flow or "Real"
