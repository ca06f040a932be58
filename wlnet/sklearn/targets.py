"""What y is to a net: a column for each of its outputs; and back, what a net answers with.

A target is classes of one output, truth values of several labels in one output, or numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.coders import NetDecoder
from wlnet.core.errors import DataError, Fault, OptionError, ShapeError, brief, fail
from wlnet.core.net import Net
from wlnet.core.ports import PortType
from wlnet.core.spelling import suggestion
from wlnet.nets.inference import inferred_port
from wlnet.train.classes import class_labels, is_open
from wlnet.train.losses import asked_form

Array = np.ndarray[Any, Any]
Columns = dict[str, Any]
LIKE = 'NetChain([64, "Ramp", LinearLayer(), SoftmaxLayer()])'


@dataclass(frozen=True, eq=False)
class Classes:
    """An output that learns classes, in the order of scikit-learn.

    values: the classes, sorted. labels: what the net calls each. order: the columns of the net's
    probabilities; None for an output that is the one probability of the second class.
    """

    port: str
    values: Array
    labels: tuple[Any, ...]
    order: Array | None
    shape: tuple[int, ...] = ()
    """Of an example of that output."""

    def column(self, y: Array) -> Any:
        """What the net is to answer. Raises ValueError for a class that it does not know."""
        places = np.minimum(np.searchsorted(self.values, y), len(self.values) - 1)
        strange = np.flatnonzero(self.values[places] != y)
        if len(strange):
            raise fail(
                DataError,
                Fault(
                    "a class that the estimator does not know",
                    at=f"y, example {strange[0] + 1}",
                    given=brief(y[strange[0]]),
                    known=self.values.tolist(),
                    fix="partial_fit(X, y, classes=...) names all classes at the first call",
                ),
            )
        if self.order is None:
            return places.astype(bool) if self.shape == () else places.reshape(-1, 1)
        return [self.labels[place] for place in places.tolist()]

    def probabilities(self, raw: Array) -> Array:
        """A row of probabilities an example, a column a class."""
        if self.order is not None:
            return raw[:, self.order]
        second = raw.reshape(len(raw), 1)
        return np.hstack([1 - second, second])

    def weights(self, given: Any) -> Any:
        """Weights of classes by what the net calls them."""
        if not isinstance(given, Mapping):
            return given
        known = self.values.tolist()
        names = dict(zip(known, self.labels, strict=True))
        faults = [
            Fault(
                "no such class",
                at="class_weights",
                given=brief(label),
                known=known,
                fix=suggestion(label, [each for each in known if isinstance(each, str)]),
            )
            for label in given
            if label not in names
        ]
        if faults:
            raise fail(OptionError, faults)
        return {names[label]: weight for label, weight in given.items()}


def with_classes(net: Net, port: str, values: Array) -> tuple[Net, Classes]:
    """A net whose output names these classes, sorted, and how it does.

    Raises DataError where its size or its labels are others, OptionError for an output that has no
    probabilities.
    """
    form, place = asked_form(net, port), inferred_port(net, port)
    if form == "Binary" and place.shape in (None, (), (1,)):
        return net, _in_two(port, values, place.shape or ())
    if form != "Index":
        raise fail(
            OptionError,
            Fault(
                "an output that gives no probabilities of classes",
                at=f"net, port {port}",
                given=f"an output of shape {place.shape}, which learns numbers"
                if form == "Square"
                else f"form {form}",
                expected="a net that ends in SoftmaxLayer(), or in LogisticSigmoid for two classes "
                "and for several labels",
                fix=LIKE,
            ),
        )
    plain = values.tolist()
    are_labels = all(isinstance(value, (str, int)) for value in plain)
    names = plain if are_labels else list(range(len(plain)))
    coder: Any = place.coder
    if coder is None or is_open(coder):
        labels = class_labels(names, place, port) or names
        decoder = NetDecoder("Class", labels)
        ports = {**net.ports, port: PortType(decoder.shape, decoder.element, decoder)}
        net = net._with(ports=ports)
    else:
        labels = list(coder.parameters.get("Labels", ()))
    lacking = [name for name in names if name not in labels]
    if lacking or (len(labels) > len(names) and not are_labels):
        raise fail(
            DataError,
            Fault(
                "the net has other classes than the targets",
                at=f"net, port {port}",
                given=f"{brief(labels)} for the classes {brief(plain)}",
                fix=LIKE,
            ),
        )
    if len(labels) == len(names):
        order = [labels.index(name) for name in names]
        return net, Classes(port, values, tuple(names), np.array(order))
    order = sorted(range(len(labels)), key=labels.__getitem__)
    names = [labels[place] for place in order]
    return net, Classes(port, np.array(names), tuple(names), np.array(order))


def _in_two(port: str, values: Array, shape: Any) -> Classes:
    if len(values) != 2:
        raise fail(
            DataError,
            Fault(
                f"{len(values)} classes for an output that is the probability of one of two "
                "classes",
                at=f"net, port {port}",
                given=brief(values.tolist()),
                fix=LIKE,
            ),
        )
    return Classes(port, values, (False, True), None, shape)


@dataclass(frozen=True)
class Labels:
    """An output with a probability for each of several labels, of which any may hold."""

    port: str
    count: int

    def column(self, y: Array) -> Array:
        """What the net is to answer. Raises ShapeError for another number of labels."""
        check_count(y, self.count, f"port {self.port}")
        return np.asarray(y, np.float64)


@dataclass(frozen=True)
class Numbers:
    """Outputs that learn numbers. shapes: by port, without the batch. is_flat: whether y had one
    number an example, and no level for it."""

    shapes: Mapping[str, tuple[int, ...]]
    is_flat: bool

    @property
    def sizes(self) -> list[int]:
        """How many numbers each port has."""
        return [int(np.prod(shape)) for shape in self.shapes.values()]

    def columns(self, y: Array) -> Columns:
        """What the net is to answer, by port."""
        y = y.reshape(len(y), -1)
        check_count(y, sum(self.sizes), "y")
        parts = np.split(y, np.cumsum(self.sizes)[:-1], axis=1)
        return {
            port: part.reshape(len(y), *shape)
            for (port, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    def together(self, raw: Callable[[str], Array], count: int) -> Array:
        """The answers of all ports as y had them."""
        parts = [np.asarray(raw(port)).reshape(count, -1) for port in self.shapes]
        y = np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
        return y.reshape(count) if self.is_flat else y


def numbers_of(net: Net, y: Array) -> Numbers:
    """What targets that are numbers are to a net. Raises ShapeError."""
    count = 1 if y.ndim == 1 else y.shape[1]
    names = net.output_names
    ports = {name: inferred_port(net, name) for name in names}
    # Behind a decoder a number is a number, and no array of one.
    shapes: dict[str, Any] = {
        name: () if port.coder is not None and port.shape == (1,) else port.shape
        for name, port in ports.items()
    }
    if len(names) == 1 and _is_open(shapes[names[0]]):
        shapes = {names[0]: (count,)}
    unknown = [name for name in names if _is_open(shapes[name])]
    if unknown:
        what = "outputs of open size: nothing tells which of the targets are theirs"
        raise fail(ShapeError, Fault(what, at=f"net, ports {', '.join(unknown)}"))
    found = Numbers(shapes, y.ndim == 1)
    if sum(found.sizes) != count:
        told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        what = "the net has another number of outputs than there are targets"
        raise fail(ShapeError, Fault(what, at="net", given=f"{told} for {count} an example"))
    return found


def _is_open(shape: Sequence[int | None] | None) -> bool:
    return shape is None or None in shape


def check_count(y: Array, count: int, at: str) -> None:
    """Raise ShapeError unless there are so many targets an example."""
    found = 1 if y.ndim == 1 else y.shape[1]
    if found != count:
        what = "another number of targets than before"
        given = f"{found} an example"
        raise fail(ShapeError, Fault(what, at=at, given=given, expected=str(count)))
