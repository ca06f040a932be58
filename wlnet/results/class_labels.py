"""The labels of the classes that a measurement is of."""

from __future__ import annotations

from collections.abc import Sequence

from wlnet.core.net import Net
from wlnet.nets.inference import inferred_port

Labels = Sequence[str]


def labels_at(net: Net, port: str) -> Labels | None:
    """The labels that the decoder of an output port knows; None where it knows none."""
    coder = inferred_port(net, port).coder
    # Of a set of labels each is there or not: these are the classes.
    if getattr(coder, "multilabel", False):
        return None
    labels = getattr(coder, "labels", None)
    return tuple(map(str, labels)) if isinstance(labels, Sequence) else None


def labels_of(net: Net, training: Net, name: str) -> Labels | None:
    """The labels of the classes of a measurement by its name, as a record has it: of several
    outputs with targets, it begins with its own. training: the net with its losses."""
    own, _, _ = name.rpartition("/")
    # A target is called as the output that it is for, or, where an input is called so, by more.
    targets = [each for each in training.input_names if each not in net.input_names]
    meant = [each.removesuffix("Target") for each in targets] + targets
    outputs = net.output_names
    ports = [own] if own in outputs else [each for each in meant if each in outputs]
    ports = ports if len(outputs) > 1 else [*outputs]
    return labels_at(net, ports[0]) if len(set(ports)) == 1 else None
