"""The options of a layer, read as its fields declare them; faults are gathered."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from wlnet.core.arrays import as_array, as_fill
from wlnet.core.errors import Fault, brief
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import unknown_option
from wlnet.core.names import a
from wlnet.core.parts import NetSharedArray
from wlnet.core.ports import UNKNOWN, PortType, as_port, port_table
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.layers.declaring.fields import REQUIRED, ArrayField, Parameter, PortField


class Declared(Protocol):
    """What a kind of layer declares."""

    @property
    def kind(self) -> str: ...
    @property
    def declared_parameters(self) -> Mapping[str, Parameter]: ...
    @property
    def declared_arrays(self) -> Mapping[str, ArrayField]: ...


class Layered(Declared, Protocol):
    """A layer, whose parameters may tell its ports."""

    @property
    def port_fields(self) -> Mapping[str, PortField]: ...


def signature(of: Declared, ports: Mapping[str, PortField]) -> inspect.Signature:
    """How a layer with these fields and ports is made."""
    either, keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    rows = []
    for field in of.declared_parameters.values():
        default = inspect.Parameter.empty if field.default is REQUIRED else field.default
        rows.append(inspect.Parameter(field.name, either, default=default))
    names = [f.name for f in of.declared_arrays.values()]
    names += [f.name for f in ports.values() if not f.variadic]
    if of.declared_arrays:
        names.append("learning_rate_multipliers")
    rows += [inspect.Parameter(name, keyword, default=AUTOMATIC) for name in names]
    rows.append(inspect.Parameter("ports", keyword, default=None))
    return inspect.Signature(rows)


def bound(
    of: Layered, args: Sequence[object], options: dict[str, object], gathered: Gathered
) -> dict[str, object]:
    """Arguments by name; what is too much or not there is noted."""
    positional = [field.name for field in of.declared_parameters.values()]
    known = [p.name for p in signature(of, of.port_fields).parameters.values()]
    given = dict(zip(positional, args, strict=False))
    if len(args) > len(positional):
        gathered.add(
            Fault(
                f"too many arguments for {a(of.kind)}",
                given=brief(args[len(positional)]),
                known=known,
                fix="arrays and ports are given by name",
            )
        )
    for name, value in options.items():
        if name in known and name not in given:
            given[name] = value
        elif name in known:
            gathered.add(Fault(f"{brief(name)} of {a(of.kind)} is given twice", given=brief(value)))
        else:
            fault = unknown_option(a(of.kind), name, value, known)
            if name == "learning_rate_multipliers":
                fault = replace(fault, what=f"{fault.what}: it has no arrays that could learn")
            gathered.add(fault)
    return given


def read_parameter(
    kind: str, field: Parameter, given: Mapping[str, object], gathered: Gathered
) -> Any:
    """The checked value of a parameter, or its default."""
    value = given.get(field.name, field.default)
    if value is REQUIRED:
        gathered.add(Fault(f"{a(kind)} needs {field.name!r}", fix=f"{kind}({field.name}=...)"))
        return None
    if field.name not in given:
        return value
    try:
        return gathered.attempt(lambda: field.check(value))
    except (ValueError, TypeError) as error:
        gathered.add(
            Fault(
                f"{field.wolfram} of {a(kind)} cannot be this",
                given=brief(value),
                expected=str(error),
            )
        )
        return None


def read_array(
    kind: str, field: ArrayField, given: Mapping[str, object], gathered: Gathered, *, fills: bool
) -> Any:
    """An array as a layer keeps it. fills: a number stands for the array that it fills."""
    said = given.get(field.name, AUTOMATIC)
    value = gathered.attempt(lambda: as_array(said, field.wolfram, kind))
    if said is None and not field.optional:
        gathered.add(Fault(f"{field.wolfram} of {a(kind)} may not be None"))
    if isinstance(value, NetSharedArray) and field.statistic:
        what = f"{field.wolfram} of {a(kind)} is a running statistic: it cannot be shared"
        gathered.add(Fault(what))
    return as_fill(value, said) if fills else value


def read_ports(of: Layered, given: Mapping[str, object], gathered: Gathered) -> dict[str, PortType]:
    """Ports by name, those of a variadic layer by number."""
    ports: dict[str, PortType] = {}
    said = given.get("ports")
    extra = gathered.attempt(lambda: port_table(said, a(of.kind))) or {}
    told: list[tuple[str, object]] = []
    for name, field in of.port_fields.items():
        if field.variadic:
            numbers = sorted(
                (key for key in extra if key.isdecimal()), key=lambda key: (len(key), key)
            )
            told += [(key, extra[key]) for key in numbers]
            if numbers != [str(number) for number, _ in enumerate(numbers, 1)]:
                gathered.add(
                    Fault(
                        f"the inputs of {a(of.kind)} are counted from 1",
                        given=", ".join(map(brief, numbers[:9])),
                        fix='ports={"1": 3, "2": 4}',
                    )
                )
            continue
        told.append((name, given.get(field.name, extra.get(name, AUTOMATIC))))
        if field.name in given and name in extra:
            what = f"port {name} of {a(of.kind)} is given twice"
            gathered.add(Fault(what, given=brief(extra[name])))
    for name, spec in told:
        ports[name] = gathered.attempt(partial(as_port, spec, name)) or UNKNOWN
    known: list[str] = []
    for name, field in of.port_fields.items():
        known += ["1", "2", "..."] if field.variadic else [name]
    for name in extra:
        if name not in ports:
            gathered.add(
                Fault(
                    f"{a(of.kind)} has no port {brief(name)}",
                    known=known,
                    fix=suggestion(name, known),
                )
            )
    return ports
