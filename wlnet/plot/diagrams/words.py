"""What is told of a layer, a container and a port, in a few words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from wlnet.core.net import Net
from wlnet.core.ports import PortType
from wlnet.core.shapes import Partial
from wlnet.core.symbols import AUTOMATIC
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.connections import layers_of
from wlnet.results.ending import counted

BY = "×"


def sizes(shape: Partial) -> str:
    """A shape in the fewest letters.

    >>> sizes((20, 24, 24)), sizes((3, None)), sizes(()), sizes(None)
    ('20×24×24', '3×?', 'scalar', '?')
    """
    if shape is None:
        return "?"
    return BY.join("?" if size is None else str(size) for size in shape) or "scalar"


def flow(shape: Partial, element: str | None) -> str:
    """What a port carries.

    >>> flow((3,), "Integer"), flow((), "Integer"), flow((2,), "Real")
    ('Integer 3', 'Integer', '2')
    """
    if element not in ("Integer", "Boolean"):
        return sizes(shape)
    return element if shape == () else f"{element} {sizes(shape)}"


def kind(net: Net) -> str:
    """The kind of a layer without the word Layer, of an elementwise one its function; that of a
    container in full."""
    function = net.parameters.get("Function")
    if net.kind == "ElementwiseLayer" and isinstance(function, str):
        return function
    return net.kind.removesuffix("Layer") if isinstance(net, Layer) else net.kind


def facts(net: Net) -> str:
    """The parameters of a layer that matter, and what a container does or holds."""
    if not isinstance(net, Layer):
        return DOES[net.kind](net) if net.kind in DOES else holds(net)
    words = []
    for name, field in net.declared_parameters.items():
        value = net.parameters[name]
        if (net.kind, name) in ALWAYS or (value is not AUTOMATIC and value != field.default):
            words.append(_worded(net.kind, name, value))
    return ", ".join(word for word in words if word)


def holds(net: Net) -> str:
    """How many layers are in a net."""
    return counted(sum(1 for _ in layers_of(net)), "layer")


DOES: dict[str, Callable[[Net], str]] = {
    "NetMapOperator": lambda net: "for every element of the first level",
    "NetMapThreadOperator": lambda net: "for the elements of several inputs at once",
    "AttentionLayer": lambda net: "scores every key for every query",
    "NetFoldOperator": lambda net: "for element after element, with its own state",
    "NetGANOperator": lambda net: "a generator against a discriminator",
    "NetPairEmbeddingOperator": lambda net: "how far apart a pair is",
    "NetNestOperator": lambda net: f"{net.parameters['Iterations']} times, each on its own result",
}
"""What operators do with the net that they hold."""
ALWAYS = {("PoolingLayer", "Function"), ("DropoutLayer", "Probability")}
"""Parameters that are told although they have their defaults."""
LONGEST = 60
"""Letters of a formula of arrays that is written out."""
WORDED: dict[tuple[str, str], Callable[[Any], str]] = {
    **{
        (f"{kind}Layer", "Size"): lambda n: "" if n is AUTOMATIC else f"state of {n}"
        for kind in ("BasicRecurrent", "GatedRecurrent", "LongShortTermMemory")
    },
    **{
        (kind, name): words
        for kind in ("ConvolutionLayer", "DeconvolutionLayer")
        for name, words in {
            "OutputChannels": lambda n: f"{n} channels",
            "KernelSize": lambda n: _window(n),
            "Stride": lambda n: f"stride {_plain(n)}",
            "PaddingSize": lambda n: f"padding {_plain(n)}",
        }.items()
    },
    ("PoolingLayer", "KernelSize"): lambda n: _window(n),
    ("PoolingLayer", "Function"): str,
    ("PoolingLayer", "Stride"): lambda n: f"stride {_plain(n)}",
    ("PoolingLayer", "PaddingSize"): lambda n: f"padding {_plain(n)}",
    ("ElementwiseLayer", "Function"): lambda f: "" if isinstance(f, str) else _formula(f),
    ("ThreadingLayer", "Function"): lambda f: f if isinstance(f, str) else _formula(f),
    ("FunctionLayer", "Function"): lambda f: _of_arrays(f),
    ("DropoutLayer", "Method"): str,
    ("EmbeddingLayer", "ClassCount"): lambda n: f"{n} classes",
    # What comes out says it.
    ("LinearLayer", "OutputSize"): lambda n: "",
    ("EmbeddingLayer", "Size"): lambda n: "",
    ("LongShortTermMemoryLayer", "Size"): lambda n: "",
    ("ReshapeLayer", "Dimensions"): lambda n: "",
}


def _worded(of: str, name: str, value: object) -> str:
    if (of, name) in WORDED:
        return WORDED[of, name](value)
    if value is True:
        return name
    return f"{name} {_plain(value)}"


def _plain(value: object) -> str:
    if isinstance(value, tuple) and all(isinstance(size, int) for size in value):
        return sizes(value)
    return str(value) if isinstance(value, str) else repr(value)


def _window(size: object) -> str:
    return f"kernel {size}{BY}{size}" if isinstance(size, int) else f"kernel {_plain(size)}"


def _formula(function: object) -> str:
    """A formula with x where it has one argument."""
    text = str(function)
    if "#2" not in text:
        text = text.replace("#1", "x")
    return text[1:-1] if text[:1] == "(" and _closes_last(text) else text


def _of_arrays(function: Any) -> str:
    """A formula of arrays; how many operations it has, where that is too long."""
    text = str(function).removeprefix("Output = ")
    return text if len(text) <= LONGEST else counted(len(function.rows), "operation")


def _closes_last(text: str) -> bool:
    """Whether the first bracket is closed by the last letter."""
    depth = 0
    for i, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if not depth:
            return i == len(text) - 1
    return False


def coder(port: PortType) -> str:
    """What a port turns things of the world into, or from: "" for one without a coder."""
    if port.coder is None:
        return ""
    told: dict[str, Any] = port.coder.parameters
    kind = str(getattr(port.coder, "kind", type(port.coder).__name__))
    word = re.sub("(?<=[a-z])(?=[A-Z])", " ", kind).lower()
    if "ImageSize" in told:
        return f"{word} {_plain(told['ImageSize'])}, {told['ColorSpace']}"
    count = _code_count(port.coder)
    known = "" if count is None or word == "utf8" else f" of {count}"
    each = " at every place" if told.get("InputDepth", 1) > 1 else ""
    return f"{'UTF-8' if word == 'utf8' else word}{known}{each}"


def _code_count(coder: Any) -> int | None:
    """How many labels, characters or tokens a coder knows; None where it has none."""
    labels = getattr(coder, "labels", None)
    return len(labels) if isinstance(labels, tuple) else getattr(coder, "count", None)
