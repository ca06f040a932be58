"""The net of a record: the way back from record.py.

Nothing in a file is trusted. A kind must stand in a closed table, and every value passes the checks
of a constructor. A record that `written` would have written in another way is refused too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from wlnet.core.arrays import Array, ArrayValue
from wlnet.core.errors import FormatError
from wlnet.core.names import a, is_number
from wlnet.core.nesting import DEEPEST
from wlnet.core.net import Net
from wlnet.core.parts import Key, NetSharedArray, Path, path_text
from wlnet.core.ports import PortType
from wlnet.core.records import Json, Table, refused, shown
from wlnet.core.symbols import AUTOMATIC
from wlnet.io import plain, ports, rates
from wlnet.io.canonical import dumped
from wlnet.io.checks import pairs_of, table_of
from wlnet.io.keys import coder_key, shared_key, tensor_key
from wlnet.io.record import FORMAT, Tensors, parameters, written
from wlnet.io.wiring import read_edges
from wlnet.layers.declaring.fields import REQUIRED, Parameter
from wlnet.layers.declaring.layer import LAYERS, Layer
from wlnet.nets.container import CONTAINERS, Container, Written, shared_names
from wlnet.nets.inference import check_shapes

MOST_NODES = 16_384
"""The most nodes of a net, on all levels together. Shape inference may take time that grows with
the square of their number."""

LARGEST = float(np.finfo(np.float32).max)
"""The largest number that may stand for an array, which is then filled with it."""

COMMON = {"Kind", "LearningRateMultipliers", "Ports"}
"""The entries of a layer and of a container alike."""


def rebuilt(record: Json, tensors: Tensors) -> Net:
    """The net of a record that `written` made. Raises FormatError."""
    try:
        return _rebuilt(record, tensors)
    except FormatError:
        raise
    except Exception as error:
        # The checks of constructors raise errors about arguments. Here the file is to blame.
        raise refused(f"no net can be made of this: {error}"[:1000]) from error


def _rebuilt(record: Json, tensors: Tensors) -> Net:
    row = table_of(record, {"Format", "Net", "Shared"}, "the file")
    if row["Format"] != FORMAT or type(row["Format"]) is not int:
        raise refused(
            "a file of another format",
            given=shown(row["Format"]),
            expected=str(FORMAT),
            fix="a newer wlnet may know it",
        )
    reader = _Reader(tensors)
    net = reader.net(row["Net"], ())
    shared = row["Shared"]
    used = shared_names(net)
    # [None] is no list of names: what is no list is refused below.
    told = shared if type(shared) is list else [None]
    names = [name for name in told if type(name) is str and name in used]
    if names != told:
        raise refused("shared arrays that the net does not have", given=shown(shared), known=used)
    if len(set(names)) != len(names):
        raise refused("a shared array is named twice", given=shown(shared))
    table = {name: reader.tensor(shared_key(name), repr(NetSharedArray(name))) for name in names}
    left = tensors.keys() - reader.used
    if left:
        raise refused(
            "tensors that belong to no array", given=", ".join(map(shown, sorted(left)[:5]))
        )
    if table:
        net = net._with(shared=table)
    check_shapes(net)
    return net


class _Reader:
    """Reads the nets of one file, and notes which tensors they use and how many nodes they have."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self.used: set[str] = set()
        self.count = 0

    def tensor(self, key: str, at: str) -> Array:
        if key not in self.tensors:
            raise refused("the tensor of an array is missing", at=at, expected=shown(key))
        self.used.add(key)
        return self.tensors[key]

    def net(self, record: Json, path: Path) -> Net:
        """The layer or container of a record, with all that is in it."""
        at = path_text(path)[-200:] or "the net"
        self.count += 1
        if self.count > MOST_NODES or len(path) > DEEPEST:
            raise refused(
                "the net is too large for a file",
                at=at,
                expected=f"at most {MOST_NODES} nodes, nested at most {DEEPEST} deep",
            )
        row = record if type(record) is dict else {}
        kind = row.get("Kind")
        if type(kind) is str and kind in LAYERS:
            table_of(row, {*COMMON, "Arrays", "Parameters"}, at)
            return self.layer(LAYERS[kind], row, path, at)
        if type(kind) is not str or kind not in CONTAINERS:
            known = [*CONTAINERS, *LAYERS]
            raise refused("an unknown kind of net", at=at, given=shown(kind), known=known)
        cls = CONTAINERS[kind]
        table_of(row, {*COMMON, "Nodes", *cls.record_fields}, at)
        net: Net = self.container(cls, row, path, at)
        net = net._with(rules=rates.read(row["LearningRateMultipliers"]))
        rates.check(net)
        return net

    def kept(self, port: str, record: Json) -> Net:
        """The net of a coder at a port."""
        start = coder_key(port, "")
        keys = [key for key in self.tensors if key.startswith(start)]
        self.used.update(keys)
        own = {key.removeprefix(start): self.tensors[key] for key in keys}
        net = rebuilt(record, own)
        # It has one spelling: the record of a coder is compared with the one that was read.
        if dumped(written(net)[0]) != dumped(record):
            raise refused("a net of a coder is not in its canonical form", at=f"port {port}")
        return net

    def ports(self, record: Json, names: list[str], path: Path, at: str) -> dict[str, PortType]:
        """The ports of a record, which must have these names, in this order."""
        pairs = pairs_of(record, f"{at}, ports")
        if [name for name, _ in pairs] != names:
            raise refused(
                "other ports than the net has",
                at=at,
                expected=", ".join(names)[:200],
                given=", ".join(shown(name) for name, _ in pairs[:12]),
            )
        found = {
            name: ports.read(port, f"{at}, port {shown(name)}", partial(self.kept, name))
            for name, (_, port) in zip(names, pairs, strict=True)
        }
        if path and any(port.coder is not None for port in found.values()):
            raise refused("coders stand at the ports of the whole net", at=at)
        return found

    # Layers

    def layer(self, cls: type[Layer], row: Table, path: Path, at: str) -> Layer:
        declared, told = cls.declared_parameters, row["Parameters"]
        later = {name for name, field in declared.items() if field.later}
        absent = later - (told.keys() if type(told) is dict else set())
        given = table_of(told, declared.keys() - absent, f"{at}, parameters")
        parameters = {
            name: field.default
            if name in absent
            else _parameter(field, given[name], f"{at}, {name}")
            for name, field in declared.items()
        }
        states = table_of(row["Arrays"], set(cls.declared_arrays), f"{at}, arrays")
        arrays = {
            name: self.array(cls, name, states[name], (*path, name)) for name in cls.declared_arrays
        }
        rules = rates.read(row["LearningRateMultipliers"])
        layer: Layer = object.__new__(cls)
        object.__setattr__(layer, "parameters", parameters)  # they may tell its ports
        names = _layer_ports(layer, [name for name, _ in pairs_of(row["Ports"], f"{at}, ports")])
        Net._fill(
            layer,
            arrays=arrays,
            parameters=parameters,
            rules=rules,
            ports=self.ports(row["Ports"], names, path, at),
        )
        layer.check()
        rates.check(layer)
        return layer

    def array(self, cls: type[Layer], name: str, state: Json, path: Path) -> ArrayValue:
        """What a layer holds as an array: the numbers of a tensor, a shared array by its name, one
        number for all, AUTOMATIC while it has no numbers yet, or None if it is absent."""
        field, at = cls.declared_arrays[name], path_text(path)[-200:]
        if state is None:
            if not field.optional:
                raise refused(f"{name} of {a(cls.kind)} may not be absent", at=at)
            return None
        if type(state) is dict and state.keys() == {"Tensor"}:
            key = tensor_key(path)
            if state["Tensor"] != key:
                raise refused(
                    "an array names the tensor of another",
                    at=at,
                    given=shown(state["Tensor"]),
                    expected=shown(key),
                )
            return self.tensor(key, at)
        value = plain.read(state, at)
        if value is AUTOMATIC or (type(value) is float and abs(value) <= LARGEST):
            return value
        if isinstance(value, NetSharedArray) and isinstance(value.name, str):
            if field.statistic:
                raise refused(f"{name} is a running statistic: it cannot be shared", at=at)
            return value
        raise refused("this is no array", at=at, given=shown(state))

    # Nets that hold nets

    def nodes(self, record: Json, path: Path, at: str) -> dict[Key, Net]:
        """The nodes of a container, numbered from 1 or named."""
        pairs = pairs_of(record, f"{at}, nodes")
        told = [key for key, _ in pairs]
        numbers = [key for key in told if type(key) is int]
        names = [key for key in told if type(key) is str and 0 < len(key) <= plain.LONGEST]
        numbered = numbers == told == list(range(1, len(told) + 1))
        named = names == told and len(set(names)) == len(names)
        if not pairs or not (numbered or named):
            raise refused(
                "nodes are numbered from 1, or have different names",
                at=at,
                given=", ".join(map(shown, told[:12])),
            )
        keys: Sequence[Key] = numbers or names
        return {
            key: self.net(node, (*path, key)) for key, (_, node) in zip(keys, pairs, strict=True)
        }

    def container(self, cls: type[Container], row: Table, path: Path, at: str) -> Container:
        nodes = self.nodes(row["Nodes"], path, at)
        keys = cls.fixed_keys()
        if keys is not None and tuple(nodes) != keys:
            given = ", ".join(map(shown, nodes))
            what = f"{a(cls.kind)} holds other nets"
            raise refused(what, at=at, given=given, expected=", ".join(keys))
        fields = {name: FIELDS[name](row[name], nodes, at) for name in cls.record_fields}
        count = len(pairs_of(row["Ports"], f"{at}, ports"))
        written = Written(
            nodes, fields, count, lambda names: self.ports(row["Ports"], names, path, at)
        )
        net = cls.from_record(written)
        if list(net.nodes) != list(nodes):
            raise refused("vertices that are not in the order of computing", at=at)
        told = row.get("Parameters")
        if told is not None and dumped(parameters(net.parameters, at)) != dumped(told):
            raise refused("parameters that are not in their kept form", at=at, given=shown(told))
        return net


def _read_parameters(given: Json, nodes: Mapping[Key, Net], at: str) -> dict[str, object]:
    """The parameters of an operator, by name."""
    if type(given) is not dict or not all(name.isidentifier() for name in given):
        raise refused("these are no parameters", at=at, given=shown(given))
    return {name: plain.read(value, f"{at}, {name}") for name, value in given.items()}


FIELDS: dict[str, Callable[[Json, Mapping[Key, Net], str], object]] = {
    "Edges": read_edges,
    "Parameters": _read_parameters,
}
"""How to read the entries that only some kinds of containers have. Each function gets the entry,
the nodes of the container, and its place for messages."""


def _parameter(field: Parameter, record: Json, at: str) -> object:
    """The checked value. It must stand in the file just as it would be written: anything else does
    not come from this package."""
    default = field.default
    if default is not REQUIRED and dumped(plain.written(default, at)) == dumped(record):
        if field.later:
            raise refused("a parameter that is not in its kept form", at=at, given=shown(record))
        return default
    value = field.check(plain.read(record, at))
    if dumped(plain.written(value, at)) != dumped(record):
        raise refused("a parameter that is not in its kept form", at=at, given=shown(record))
    return value


def _layer_ports(layer: Layer, given: list[Json]) -> list[str]:
    """The names that the ports of a layer must have, in order. How many inputs a variadic layer has
    is taken from the file."""
    names: list[str] = []
    for name, field in layer.port_fields.items():
        if field.variadic:
            names += dict.fromkeys(n for n in given if type(n) is str and is_number(n))
        else:
            names.append(name)
    return names
