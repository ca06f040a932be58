"""Operators: nets that hold one net and apply it in a special way."""

from __future__ import annotations

from functools import partial
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_keywords
from wlnet.core.ports import UNKNOWN, as_port
from wlnet.core.rule_lists import rules_told_with
from wlnet.core.symbols import AUTOMATIC
from wlnet.layers.declaring.fields import positive
from wlnet.nets.container import Container, hoist, without_coders
from wlnet.nets.fills import fill_in
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
        self,
        gathered: Gathered,
        net: Any,
        parameters: dict[str, Any],
        input: Any,
        output: Any,
        rules: Any,
    ) -> None:
        """Fill a new operator, or tell what was gathered and what else is wrong."""
        inner = gathered.attempt(lambda: as_net(net, "Net"))
        if inner is not None and not len(inner.input_names) == len(inner.output_names) == 1:
            gathered.add(
                Fault(
                    f"a {self.kind} takes a net with one input and one output",
                    given=f"inputs {list(inner.input_names)}, outputs {list(inner.output_names)}",
                )
            )
        ports = {
            name: gathered.attempt(partial(as_port, spec, name)) or UNKNOWN
            for name, spec in (("Input", input), ("Output", output))
        }
        said = rules_told_with(gathered, rules)
        assert inner is not None
        nodes, table = hoist({"Net": without_coders(inner, inner.port_names)})
        self._fill(nodes=nodes, parameters=parameters, ports=ports, shared=table, rules=said)
        check_shapes(self)
        fill_in(self)
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
        self._start(Gathered(), net, {}, input, output, learning_rate_multipliers)


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
        gathered = Gathered()
        count = gathered.attempt(partial(_count, iterations))
        self._start(gathered, net, {"Iterations": count}, input, output, learning_rate_multipliers)


def _count(iterations: Any) -> int:
    try:
        return positive(iterations)
    except (ValueError, TypeError):
        what = "a NetNestOperator applies its net a positive number of times"
        raise fail(OptionError, Fault(what, given=brief(iterations))) from None


OPERATORS = {"NetMapOperator": NetMapOperator, "NetNestOperator": NetNestOperator}
