"""A node of a file, and what it says: attributes are read once, and what nobody reads is told."""

from __future__ import annotations

from typing import Any

import numpy as np

from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.tensors import Tensors

_MISSING: Any = object()


class Node:
    """A node: `node("axis", 1)` is its attribute, or the default.

    version: of the operators of its domain, of which some have changed their meaning.
    """

    def __init__(self, proto: Any, version: int, tensors: Tensors) -> None:
        self.proto, self.version, self._tensors = proto, version, tensors
        self.kind: str = proto.op_type
        self.domain: str = "" if proto.domain == "ai.onnx" else proto.domain
        self.inputs: list[str] = list(proto.input)
        self.outputs: list[str] = list(proto.output)
        self.attributes = {attribute.name: attribute for attribute in proto.attribute}
        self.read: set[str] = set()

    @property
    def title(self) -> str:
        """What errors call it."""
        name = self.proto.name or (self.outputs[0] if self.outputs else "")
        return f"node {name!r} ({self.operator})"

    @property
    def operator(self) -> str:
        """Its operator, with the domain of others than ONNX itself."""
        return f"{self.domain}.{self.kind}" if self.domain else self.kind

    @property
    def scopes(self) -> list[str]:
        """The modules of PyTorch that it stands in, where an exporter has written them down."""
        for item in self.proto.metadata_props:
            if item.key == "pkg.torch.onnx.name_scopes":
                return [word.strip(" '\"[]") for word in item.value.split(",")]
        return []

    def has_output(self, place: int) -> bool:
        """Whether somebody may ask for an output."""
        return len(self.outputs) > place and bool(self.outputs[place])

    def __call__(self, name: str, default: Any = _MISSING) -> Any:
        """An attribute: a number, a string, a list of these, or an array."""
        self.read.add(name)
        if name not in self.attributes:
            if default is _MISSING:
                raise Misfit(f"the attribute {name!r} is missing")
            return default
        return self._value(self.attributes[name])

    def _value(self, attribute: Any) -> Any:
        kinds = type(attribute)
        if attribute.ref_attr_name:
            raise Misfit(f"the attribute {attribute.name!r} refers to one of a function")
        match attribute.type:
            case kinds.FLOAT:
                return float(np.float32(attribute.f))
            case kinds.INT:
                return int(attribute.i)
            case kinds.STRING:
                return attribute.s.decode("utf-8", "replace")
            case kinds.TENSOR:
                return self._tensors.array(attribute.t, f"the attribute {attribute.name!r}")
            case kinds.FLOATS:
                return [float(x) for x in attribute.floats]
            case kinds.INTS:
                return [int(x) for x in attribute.ints]
            case kinds.STRINGS:
                return [x.decode("utf-8", "replace") for x in attribute.strings]
        raise Misfit(f"the attribute {attribute.name!r} is of a kind that no net has")

    def expect(self, name: str, *values: Any) -> None:
        """Read an attribute that a net can have in some values alone; the first is its default."""
        given = self(name, values[0])
        if given not in values:
            told = ", ".join(map(repr, values))
            raise Misfit(f"{name} = {given!r}", expected=told)

    def unread(self) -> list[str]:
        """The attributes that no row has asked for."""
        return sorted(self.attributes.keys() - self.read)
