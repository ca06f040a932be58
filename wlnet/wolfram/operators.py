"""Operators of the Wolfram Language and of wlnet: a row each, for both directions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wlnet.core.symbols import AUTOMATIC
from wlnet.nets.attention import DEFAULTS
from wlnet.wolfram.expressions import Expression, is_symbol, listed, rule, rules_of
from wlnet.wolfram.layers import Field
from wlnet.wolfram.values import PLAIN, SYMBOL, Unreadable, Value, read_plain


@dataclass(frozen=True)
class Operator:
    """An operator. net: how saved nets call what it holds. usual: values that nobody has to say."""

    fields: tuple[Field, ...] = ()
    net: str = "Net"
    usual: Mapping[str, Any] = field(default_factory=dict)


def _pairs_told(value: Any) -> Expression:
    return listed(*(rule(left, right) for left, right in value))


def _pairs_read(value: Expression) -> Any:
    pairs = rules_of(value)
    if pairs is None or not all(isinstance(side, (str, int)) for pair in pairs for side in pair):
        raise Unreadable("rules of names")
    return dict(pairs)


FEEDBACK = Value(_pairs_told, _pairs_read)


def _levels_read(value: Expression) -> Any:
    pairs = rules_of(value)
    if pairs is not None:
        return {str(name): read_plain(level) for name, level in pairs}
    return 1 if is_symbol(value, "All") else read_plain(value)


OPERATORS: Mapping[str, Operator] = {
    "NetMapOperator": Operator(),
    "NetMapThreadOperator": Operator(
        (Field("Levels", Value(_pairs_told, _levels_read), 1, ("Levels",)),)
    ),
    "NetFoldOperator": Operator((Field("Feedback", FEEDBACK, 1, ("Recurrence",)),)),
    "NetGANOperator": Operator((Field("Loss", PLAIN, 1),), usual={"Loss": AUTOMATIC}),
    "NetPairEmbeddingOperator": Operator((Field("DistanceFunction", SYMBOL),)),
    "NetNestOperator": Operator((Field("Iterations", PLAIN, 1, ("Times", "Count", "N")),)),
    "AttentionLayer": Operator(
        (Field("Mask"), Field("MultiHead"), Field("ScoreRescaling"), Field("Dropout")),
        "ScoringNet",
        DEFAULTS,
    ),
}
SAVED_FOLD: Mapping[str, Any] = {"ConstantPorts": ((), None), "OutputPorts": (("Output",), None)}
"""Parameters of saved folds, and the values of theirs that are read."""
