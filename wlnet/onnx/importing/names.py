"""Names of parts, from the names that a file has for nodes and arrays.

PyTorch calls an array "layer1.0.conv1.weight" and a node "/layer1/layer1.0/conv1/Conv"; Keras and
scikit-learn have their own ways. What is before the last dot is the module: it becomes a path of
parts, ("layer1", "0", "conv1"), so that rules can say ("layer1", ANY) or ("layer1", "0").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextvars import ContextVar

from wlnet.io.keys import is_beside, steps_of
from wlnet.onnx.importing.nodes import Node

Path = tuple[str, ...]

LEAVES = re.compile(
    r"(weight|bias|kernel|gamma|beta|scale|alpha|embeddings?|running_(mean|var)|"
    r"moving_(mean|variance)|recurrent_kernel|(weight|bias)_[ih]h_l\d+(_reverse)?|"
    r"[A-Za-z]*(Weights|Biases)|Scaling|Slope|Array|Moving(Mean|Variance))$"
)
"""What an array is called in its module."""
MADE = re.compile(r"(onnx::|val_|_?const|/|scalar|fused_|_to_copy|t_\d|node_)", re.IGNORECASE)
"""How names begin that exporters make up."""
own: ContextVar[bool] = ContextVar("own", default=False)
"""Whether the file under way is one of export_net, whose names are keys of arrays."""
SHARED = "~shared/"
PORTS = {"Input", "Output"}
"""What no part is called."""
DEEPEST = 16
"""Nets in nets that names make; what is deeper stands in one name."""
MOST = 100
"""Letters of a name of a part."""


def is_made_up(name: str) -> bool:
    """Whether a name is an exporter's own, and tells nothing.

    >>> is_made_up("onnx::MatMul_202"), is_made_up("layer1.0.conv1.weight")
    (True, False)
    """
    if own.get():
        return not name or (name.startswith("~") and (is_beside(name) or name.startswith(SHARED)))
    return not name or bool(MADE.match(name)) or name.isdigit()


def words(name: str) -> Path:
    """The parts of a name, without what would not help.

    >>> words("/layer1/layer1.0/conv1/Conv"), words("encoder.layers.0.norm1.weight")
    (('layer1', '0', 'conv1', 'Conv'), ('encoder', 'layers', '0', 'norm1', 'weight'))
    """
    made: list[str] = []
    if own.get():
        made = [step for step in steps_of(name) if step]
        return (*made[:DEEPEST], "_".join(made[DEEPEST:])) if len(made) > DEEPEST else tuple(made)
    for piece in re.split(r"[/\\]|::", name):
        parts = [part for part in piece.split(".") if part]
        # Modules of PyTorch say again what they stand in.
        for cut in range(len(parts) - 1, 0, -1):
            if made[-cut:] == parts[:cut]:
                parts = parts[cut:]
                break
        made += parts
    if len(made) > DEEPEST:
        made = [*made[: DEEPEST - 1], "_".join(made[DEEPEST - 1 :])]
    cleaned = (re.sub(r"[^\w\- ]", "_", word).strip()[:MOST] for word in made)
    return tuple(word for word in cleaned if word)


def module_of(name: str) -> Path:
    """The module that an array stands in.

    >>> module_of("layer1.0.conv1.weight"), module_of("attn.in_proj_weight"), module_of("position")
    (('layer1', '0', 'conv1'), ('attn', 'in_proj'), ('position',))
    """
    path = words(name)
    if own.get():
        return path[:-1]
    if len(path) > 1 and LEAVES.match(path[-1]):
        return path[:-1]
    shorter = re.sub(r"_(weight|bias|kernel)$", "", path[-1]) if path else ""
    return (*path[:-1], shorter) if shorter else path


def shared_name(name: str) -> str:
    """What an array is called that several parts share."""
    return "".join(steps_of(name)[1:]) if own.get() and name.startswith(SHARED) else name


def path_of(node: Node, arrays: Sequence[str | None]) -> tuple[Path, str]:
    """The path of the part that a node becomes, and a word for it where that path is a module's;
    arrays: the names of the arrays it has.

    An array tells more than a node does. A node without arrays is called after itself, in the
    module that it stands in: the last word may fall away where it stands there alone.
    """
    scope, label = scope_of(node)
    for name in arrays:
        if name and not is_made_up(name) and (path := module_of(name)):
            return path, label
    return (*scope, label), label


def scope_of(node: Node) -> tuple[Path, str]:
    """The module that a node stands in, and what it is called there."""
    name = node.proto.name
    if len(node.scopes) > 1:
        outer: list[str] = []
        for scope in node.scopes[:-1]:
            outer = list(words("/".join([*outer, scope]))) if outer else list(words(scope))
        label = re.sub(r"^node_", "", name) or node.kind
        return tuple(outer), (words(label) or (node.kind,))[-1]
    path = () if own.get() and is_beside(name) else words(name)
    if len(path) > 1 and ("/" in name or "." in name):
        return path[:-1], path[-1]
    is_told = path and not is_made_up(name) and path[-1] not in PORTS
    return (), path[-1] if is_told else node.kind
