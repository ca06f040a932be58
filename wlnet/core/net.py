"""What every net is, from one layer to a graph of graphs: a frozen value with parts.

All that a net can be asked stands in this class, which therefore is long; answers of more than a
few lines are given elsewhere (`Services`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from wlnet.core.arrays import Array, ArrayValue, read_only
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.multipliers import array_places
from wlnet.core.names import a
from wlnet.core.nesting import DEEPEST
from wlnet.core.parts import Addressing, Key
from wlnet.core.ports import PortType
from wlnet.core.rule_lists import NOTHING_SAID, RuleList
from wlnet.core.rules import Holder, match, warn_of_idle_rules
from wlnet.core.symbols import AUTOMATIC

T = TypeVar("T")
EMPTY: Mapping[Any, Any] = MappingProxyType({})


class Services:
    """What a net, or a record, offers its user but must not know how to do: the doorplate puts the
    doers in."""

    evaluate: Callable[..., Any] | None = None
    extract: Callable[[Any, Any], Any] | None = None
    show: Callable[[Any], str] | None = None
    html: Callable[[Any], str] | None = None
    """What notebooks show of a value."""
    picture: Callable[..., Any] | None = None
    """A picture by its name, of what it is drawn of."""
    connect: Callable[[Any, Any, Any], Any] | None = None
    """A net of a function in which nets are called."""
    precompile: Callable[[Any, Any], None] | None = None
    """Has programs of a net ready before its first call, for batches of some sizes."""
    operations: Callable[[Any], Any] | None = None
    program: Callable[[Any], Any] | None = None


class Net:
    """A frozen value. Every edit makes a new one with `_with`; arrays in it are read-only.

    Subclasses fill the slots below; what is derived (shapes) is cached beside them.
    """

    kind: ClassVar[str] = "Net"
    addressing: ClassVar[Addressing]
    statistic_names: ClassVar[frozenset[str]] = frozenset()

    nodes: Mapping[Any, Net]
    array_values: Mapping[str, ArrayValue]
    parameters: Mapping[str, Any]
    ports: Mapping[str, PortType]
    learning_rate_rules: RuleList
    shared: Mapping[str, Array]
    depth: int
    """How many nets a layer in it is in, at most: 0 for a layer."""

    def _fill(
        self,
        *,
        nodes: Mapping[Key, Net] = EMPTY,
        arrays: Mapping[str, ArrayValue] = EMPTY,
        parameters: Mapping[str, object] = EMPTY,
        ports: Mapping[str, PortType] = EMPTY,
        rules: RuleList = NOTHING_SAID,
        shared: Mapping[str, Array] = EMPTY,
    ) -> None:
        for name, value in (
            ("nodes", MappingProxyType(dict(nodes))),
            ("array_values", MappingProxyType(dict(arrays))),
            ("parameters", MappingProxyType(dict(parameters))),
            ("ports", MappingProxyType(dict(ports))),
            ("learning_rate_rules", rules),
            ("shared", MappingProxyType(dict(shared))),
        ):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_cache", {})
        depth = 1 + max((node.depth for node in nodes.values()), default=-1)
        object.__setattr__(self, "depth", depth)
        if depth > DEEPEST:
            raise fail(
                OptionError,
                Fault(
                    "nets in nets without end",
                    at=self.kind,
                    given=f"nested {depth} deep",
                    expected=f"at most {DEEPEST}",
                    fix="net_flatten(net) takes chains and graphs apart",
                ),
            )

    def _with(self, **changes: Any) -> Self:
        """The same net with some slots changed: nodes, array_values, parameters, ports, rules,
        shared."""
        new = object.__new__(type(self))
        slots = {
            "nodes": self.nodes,
            "arrays": self.array_values,
            "parameters": self.parameters,
            "ports": self.ports,
            "rules": self.learning_rate_rules,
            "shared": self.shared,
        }
        unknown = changes.keys() - slots.keys()
        assert not unknown, unknown
        Net._fill(new, **{**slots, **changes})
        new._copy_structure(self)
        return new

    def _copy_structure(self, other: Self) -> None:
        """Carry over what a subclass holds besides the slots."""

    def cached(self, name: str, make: Callable[[], T]) -> T:
        """A derived fact, worked out once: the value never changes, so neither does the fact."""
        cache: dict[str, T] = object.__getattribute__(self, "_cache")
        if name not in cache:
            cache[name] = make()
        return cache[name]

    def __setattr__(self, name: str, value: object) -> None:
        raise fail(
            OptionError,
            Fault(
                f"a net never changes in place: {brief(name)} of {a(self.kind)} cannot be set",
                fix=f'net_replace_part(net, {{"{name}": value}}) gives a new net',
            ),
        )

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self._state())

    def _state(self) -> dict[str, Any]:
        state = {
            name: dict(getattr(self, name))
            for name in ("nodes", "array_values", "parameters", "ports", "shared")
        }
        return {**state, "rules": self.learning_rate_rules, "structure": self._structure()}

    def _structure(self) -> dict[str, Any]:
        """What a subclass holds besides the slots, comparable by ==."""
        return {}

    # What the part language and the rules see.

    @property
    def input_names(self) -> tuple[str, ...]:
        raise NotImplementedError

    @property
    def output_names(self) -> tuple[str, ...]:
        raise NotImplementedError

    @property
    def port_names(self) -> tuple[str, ...]:
        return (*self.input_names, *self.output_names)

    @property
    def state_names(self) -> tuple[str, ...]:
        """Hidden ports, each in and out: states that go from step to step of a sequence. Edges of a
        NetGraph name them; what no edge leads to begins with zeros."""
        return ()

    @property
    def is_variadic(self) -> bool:
        """Whether it takes as many inputs as are connected."""
        return False

    @property
    def usual_inputs(self) -> int:
        """How many inputs it has, if it takes as many as are connected and nobody says."""
        return 2

    @property
    def has_multipliers(self) -> bool:
        """Whether the LearningRateMultipliers option exists here: on what can hold arrays."""
        return True

    @property
    def learning_rate_multipliers(self) -> Any:
        """The option as it was given here, AUTOMATIC when it was not."""
        return self.learning_rate_rules.as_given if self.learning_rate_rules else AUTOMATIC

    def check_rules(self) -> None:
        """Refuse rules on parts that do not exist; warn of rules that decide nothing."""
        if self.learning_rate_rules:
            holder = Holder(self, self.learning_rate_rules)
            warn_of_idle_rules(holder, match(holder, array_places(self)))

    # What Python sees.

    def __call__(self, *args: object, **options: object) -> Any:
        """Evaluate: one example, or a batch (one rank more, or a list); several ports: a dict.

        net(x), net(x, prop) passes prop to the decoder, net(x, None) gives the raw array.
        net(x, NetPort("a", "Output")) asks for a port inside, net(x, NetPortGradient("Input")) for
        a gradient, net(x, [...]) for a dict of several.
        Options: net_evaluation_mode="Test", random_seeding=1234, working_precision="Real32",
        batch_size=AUTOMATIC, workers=AUTOMATIC.

        Wolfram Language: net[x].
        """
        if len(args) == 1 and not options:
            short = object.__getattribute__(self, "_cache").get("quick")
            answer = short(args[0]) if short is not None else None
            if answer is not None:
                return answer
        assert Services.evaluate is not None
        return Services.evaluate(self, *args, **options)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        assert isinstance(other, Net)
        return self is other or same(self._state(), other._state())

    def __hash__(self) -> int:
        return hash(
            (self.kind, tuple(self.nodes), tuple(self.array_values), tuple(sorted(self.parameters)))
        )

    def __repr__(self) -> str:
        return Services.show(self) if Services.show else object.__repr__(self)

    def _repr_html_(self) -> str:
        assert Services.html is not None
        return Services.html(self)

    def __getitem__(self, part: object) -> Any:
        """A part, as `net_extract(net, part)` gives it: net[1], net["block", 2, "Weights"].

        Wolfram Language: net[[part]].
        """
        assert Services.extract is not None
        return Services.extract(self, part)

    def __iter__(self) -> Iterator[Any]:
        raise fail(
            OptionError,
            Fault(
                f"{a(self.kind)} is not a sequence",
                fix='net["Weights"] is one of its arrays, information(net, "Arrays") are all',
            ),
        )


def _rebuild(cls: type[Net], state: dict[str, Any]) -> Net:
    new = object.__new__(cls)
    Net._fill(
        new,
        nodes=state["nodes"],
        arrays=_sealed(state["array_values"]),
        parameters=state["parameters"],
        ports=state["ports"],
        rules=state["rules"],
        shared=_sealed(state["shared"]),
    )
    for name, value in state["structure"].items():
        object.__setattr__(new, name, value)
    return new


def _sealed(values: Mapping[str, Any]) -> dict[str, Any]:
    # Pickling and copying forget that arrays cannot be written to.
    return {name: read_only(value) for name, value in values.items()}


def same(a: object, b: object) -> bool:
    """Equality that takes arrays bit for bit, and the order of keys as part of the value."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return (
            isinstance(a, np.ndarray)
            and isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and a.shape == b.shape
            and a.tobytes() == b.tobytes()
        )
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def check_coders(net: Net) -> None:
    """Raise OptionError for a decoder on an input or an encoder on an output."""
    sides = [(name, "encode", "encoder") for name in net.input_names]
    sides += [(name, "decode", "decoder") for name in net.output_names]
    coders = {name: port.coder for name, port in net.ports.items() if port.coder is not None}
    faults = [
        Fault(
            f"port {name} of {a(net.kind)} takes an {word}"
            if word == "encoder"
            else f"port {name} of {a(net.kind)} takes a {word}",
            given=brief(coders[name]),
        )
        for name, does, word in sides
        if name in coders and not hasattr(coders[name], does)
    ]
    if faults:
        raise fail(OptionError, faults)
