"""Operators: nets that hold one net and apply it in a special way."""

from __future__ import annotations

from typing import Any

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.keywords import checked_keywords
from wlnet.core.ports import as_port
from wlnet.core.rule_lists import parse_rules
from wlnet.core.symbols import AUTOMATIC
from wlnet.layers.fields import positive
from wlnet.nets.container import Container, hoist, without_coders
from wlnet.nets.inference import check_shapes
from wlnet.nets.shorthand import as_net


class Operator(Container):
    """What operators have in common: one net at "Net", one input, one output."""

    addressing = "operator"

    @property
    def input_names(self) -> tuple[str, ...]:
        return ("Input",)

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("Output",)

    def _start(
        self, net: Any, parameters: dict[str, Any], input: Any, output: Any, rules: Any
    ) -> None:
        inner = as_net(net, "Net")
        if len(inner.input_names) != 1 or len(inner.output_names) != 1:
            raise fail(
                OptionError,
                Fault(
                    f"a {self.kind} takes a net with one input and one output",
                    given=f"inputs {list(inner.input_names)}, outputs {list(inner.output_names)}",
                ),
            )
        nodes, table = hoist({"Net": without_coders(inner, inner.port_names)})
        ports = {"Input": as_port(input), "Output": as_port(output, "Output")}
        self._fill(
            nodes=nodes, parameters=parameters, ports=ports, shared=table, rules=parse_rules(rules)
        )
        check_shapes(self)
        self.check_rules()


class NetMapOperator(Operator):
    """Applies a net to every element along the first level, with the same arrays.

    >>> NetMapOperator([1], input=(5, 2)).kind
    'NetMapOperator'

    Wolfram Language: NetMapOperator.
    """

    kind = "NetMapOperator"

    @checked_keywords
    def __init__(
        self,
        net: Any,
        *,
        input: Any = AUTOMATIC,
        output: Any = AUTOMATIC,
        learning_rate_multipliers: Any = AUTOMATIC,
    ) -> None:
        self._start(net, {}, input, output, learning_rate_multipliers)


class NetNestOperator(Operator):
    """Applies a net n times, each time to its own result, with the same arrays.

    Wolfram Language: NetNestOperator.
    """

    kind = "NetNestOperator"

    @checked_keywords
    def __init__(
        self,
        net: Any,
        iterations: int,
        *,
        input: Any = AUTOMATIC,
        output: Any = AUTOMATIC,
        learning_rate_multipliers: Any = AUTOMATIC,
    ) -> None:
        try:
            count = positive(iterations)
        except (ValueError, TypeError):
            raise fail(
                OptionError,
                Fault(
                    "a NetNestOperator applies its net a positive number of times",
                    given=repr(iterations),
                ),
            ) from None
        self._start(net, {"Iterations": count}, input, output, learning_rate_multipliers)


OPERATORS = {"NetMapOperator": NetMapOperator, "NetNestOperator": NetNestOperator}
