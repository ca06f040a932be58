"""Sizes that a net leaves open, as examples decide them: one, several, or none that arrays need."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from wlnet.core.errors import DataError, Fault, ShapeError, fail
from wlnet.core.gate import Column, shape_of
from wlnet.core.net import Net
from wlnet.core.parts import path_text
from wlnet.core.ports import PortType
from wlnet.core.shapes import Partial, shape_text
from wlnet.evaluate.columns import is_ragged, no_array, raise_all
from wlnet.evaluate.places import Place
from wlnet.evaluate.ragged import common_shape
from wlnet.nets.inference import inference, inferred_port


def with_data_shapes(net: Net, columns: Mapping[str, Column], at: str) -> Net:
    """Indices and partly open shapes that only the examples themselves decide."""
    ports = dict(net.ports)
    errors: list[DataError | ShapeError] = []
    is_whole = not inference(net).unknown_arrays()
    for name in net.input_names:
        port = inferred_port(net, name)
        if is_whole and port.coder is not None and net.ports[name].shape is not None:
            # Nothing asks how long examples are: they need not be encoded to be looked at.
            continue
        if name in columns and _is_open(port):
            try:
                shape = _one_shape(columns[name], port, Place(name, at))
                inference(net, {name: shape})
                ports[name] = replace(net.ports[name], shape=shape, coder=port.coder)
            except (DataError, ShapeError) as error:
                errors.append(error)
    raise_all(errors)
    return net if ports == dict(net.ports) else net._with(ports=ports)


def reopened(net: Net, fitted: Net) -> Net:
    """A net fitted to examples, in which what was declared open is open again, as far as no array
    needs it: other examples, such as those to validate on, may differ in it.
    """
    declared = {
        name: port.shape or () for name, port in net.ports.items() if port.shape is not None
    }
    if any(None in declared.get(name, ()) for name in net.input_names):
        # What comes out is open with what comes in, unless it is said.
        for name in net.output_names:
            declared.setdefault(name, inferred_port(net, name).shape or ())
    levels = [
        (name, level)
        for name, shape in declared.items()
        for level, size in enumerate(shape)
        if size is None and _may_open(fitted.ports[name], level)
    ]
    if not levels:
        return fitted

    def but(fixed: Collection[tuple[str, int]]) -> Net:
        ports = dict(fitted.ports)
        for name, level in levels:
            shape = list(ports[name].shape or ())
            if (name, level) not in fixed:
                shape[level] = None
            ports[name] = replace(ports[name], shape=tuple(shape))
        return fitted._with(ports=ports)

    fixed: list[tuple[str, int]] = []
    missing = _gaps(but(fixed))
    for level in levels if missing else ():
        left = _gaps(but([*fixed, level]))
        if left < missing:
            fixed, missing = [*fixed, level], left
    if missing:
        return fitted
    found = but(fixed)
    is_as_it_was = dict(found.ports) == dict(net.ports) and found.nodes == net.nodes
    # A layer by itself may have got parameters.
    return net if is_as_it_was and net.nodes else found


def _may_open(port: PortType, level: int) -> bool:
    """Whether a size of a port is known, and not by its coder."""
    told = None if port.coder is None else port.coder.shape
    is_said = told is not None and told[level] is not None
    return port.shape is not None and port.shape[level] is not None and not is_said


def _gaps(net: Net) -> int:
    """How many sizes of arrays are not known."""
    solution = inference(net)
    shapes = map(solution.array_shape, solution.unknown_arrays())
    return sum(1 if shape is None else shape.count(None) for shape in shapes)


def _is_open(port: PortType) -> bool:
    """Whether only examples tell a size of a port. What a user's function gives, it tells."""
    told = port.shape if port.coder is None else port.coder.shape
    return None in (told or ()) or (port.coder is None and told is None)


def _one_shape(column: Column, port: PortType, place: Place) -> Partial:
    """The shape that examples of a column have; open where they differ. Raises DataError for what
    has none."""
    if port.coder is not None:
        found = port.coder.encode(column, str(place))
        if isinstance(found, list):
            return common_shape([each.shape for each in found])
        return tuple(found.shape[1:])
    shape = shape_of(column)
    if shape is not None:
        return shape[1:]
    if is_ragged(column):
        return common_shape([*map(np.shape, column)])
    raise fail(DataError, no_array(PortType(), place, column))


def ports_after(net: Net, fitted: Net) -> dict[str, PortType]:
    """The ports that the trained net shall have.

    A size that the user left open, in a port of known rank, stays open: what arrays need of it,
    their numbers tell. With it stay the outputs, whose sizes follow.
    """
    ports = dict(fitted.ports)
    open_inputs = [
        name
        for name in net.input_names
        if None in (net.ports[name].shape or ())
        and (ports[name].coder is None or _is_open(ports[name]))
    ]
    following = net.output_names if open_inputs else ()
    for name in (*open_inputs, *following):
        coder = ports[name].coder
        if coder is None:
            ports[name] = net.ports[name]
        elif name in open_inputs:
            # What labels there are is known now; how long an example is, is not.
            ports[name] = PortType(coder.shape, coder.element, coder)
    return ports


def check_arrays(fitted: Net, at: str) -> None:
    """Raise ShapeError for arrays that need the one length that examples do not have."""
    solution = inference(fitted)
    unknown = solution.unknown_arrays()
    several = [
        name
        for name in fitted.input_names
        if None in (solution.port_shape((), name) or ())
        and getattr(fitted.ports[name].coder, "shape", ()) is not None
    ]
    if unknown and several:
        arrays = (f"{path_text(path)} {shape_text(solution.array_shape(path))}" for path in unknown)
        raise fail(
            ShapeError,
            Fault(
                "examples have several lengths, and an array needs one length",
                at=f"{at}, port {', '.join(several)}",
                given=", ".join(arrays),
                fix="a layer before it that makes one of all lengths, such as "
                'SequenceLastLayer() or AggregationLayer("Mean", 1); NetMapOperator(...) for what '
                "is done at every place",
            ),
        )
