"""Receipts that were forged, and nets and data that are not those of a receipt: in pieces."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import wlnet as wl
from tests.receipt_cases import case
from tests.training_cases import numbers, perceptron
from wlnet.nets.arrays import array_value, replace_arrays


def verified(*given: Any, **again: Any) -> Any:
    return wl.verify(*given, reporting=None, **again)


@dataclass(frozen=True)
class Given:
    """What `verify` is given, in pieces that a mutation changes."""

    receipt: dict[str, Any]
    net: Any
    data: tuple[Any, Any]
    after: Any


FORGED = case(
    {
        "learning_rate_multipliers": [((1, "Weights"), None), (3, 0.5)],
        "validation_set": wl.Scaled(0.25),
        "method": ("SGD", {"Momentum": 0.5}),
        "max_training_rounds": 4,
    }
)


@cache
def results() -> Any:
    return FORGED.results()


def given() -> Given:
    x, y = numbers()
    receipt = json.loads(results()["Receipt"])
    return Given(receipt, perceptron(), (x.copy(), y.copy()), results()["TrainedNet"])


def flipped(array: Any, place: int) -> Any:
    """The array with one bit changed: the last of a number."""
    found = array.copy()
    found.reshape(-1).view(np.uint32)[place] ^= 1
    return found


def with_bit(net: Any, key: Any) -> Any:
    return replace_arrays(net, {key: flipped(array_value(net, key), 0)})


def put(*path: Any) -> Callable[[dict[str, Any], Any], None]:
    def change(receipt: dict[str, Any], value: Any) -> None:
        place: Any = receipt
        for step in path[:-1]:
            place = place[step]
        old = place[path[-1]]
        place[path[-1]] = value(old) if callable(value) else value

    return change


def next_float(value: float) -> float:
    return float(np.nextafter(value, np.inf))


def other_digest(text: str) -> str:
    return ("0" if text[0] != "0" else "1") + text[1:]


CALL = ("Calls", 0)
RULES = (*CALL, "Options", "learning_rate_multipliers")
PHASE = (*CALL, "Phases", 0)
RULE = {"List": [[[1, "Weights"], None], [3, 0.25]]}
# What is put where in a receipt that is sealed again, and where `verify` finds it.
STATEMENTS: dict[str, tuple[tuple[Any, ...], Any, str]] = {
    "the structure of the net": (("Net", "Structure"), other_digest, "Net, Structure"),
    "an array before": (("Net", "Arrays", "3/Biases"), other_digest, "Net, Arrays, 3/Biases"),
    "an array more": (("Net", "Arrays"), lambda it: {**it, "5": "0" * 64}, "Net, Arrays, 5"),
    "a column": ((*CALL, "Data", "Input"), other_digest, "call 1, Data, Input"),
    "labels": ((*CALL, "Data", "Output"), other_digest, "call 1, Data, Output"),
    "a column held out": (
        (*CALL, "Validation", "Output"), other_digest, "call 1, Validation, Output",
    ),
    "the seed": ((*CALL, "Seed"), 7, "call 1, Seed"),
    "the seed that was given": (
        (*CALL, "Options", "random_seeding"), 7, "call 1, Validation, Input",
    ),
    "a rate": ((*PHASE, "Arrays", "3/Weights", "Rate"), 0.25, "call 1, phase 1, 3/Weights, Rate"),
    "a rate of another type": (
        (*PHASE, "Arrays", "1/Weights", "Rate"), 0, "call 1, phase 1, 1/Weights, Rate",
    ),
    "a rule in words": (
        (*PHASE, "Arrays", "3/Biases", "Rule"), None, "call 1, phase 1, 3/Biases, Rule",
    ),
    "where a rule was set": (
        (*PHASE, "Arrays", "1/Weights", "SetAt"), "1", "call 1, phase 1, 1/Weights, SetAt",
    ),
    "the rules of a phase": ((*PHASE, "Rules"), RULE, "call 1, phase 1, Rules"),
    "the rules of the call": (RULES, lambda it: RULE, "call 1, phase 1, 3/Weights, Rate"),
    "where a phase begins": ((*PHASE, "FirstBatch"), 2, "call 1, phase 1"),
    "the size of batches": ((*CALL, "Options", "batch_size"), 4, "Facts, BatchSize"),
    "a learning rate": (
        (*CALL, "Options", "learning_rate"), 0.02, "Facts, InitialLearningRate",
    ),
    "how many rounds": ((*CALL, "Options", "max_training_rounds"), 3, "rounds"),
    "rounds without end": ((*CALL, "Options", "max_training_rounds"), 10**9, "Reason"),
    "the method": ((*CALL, "Options", "method"), "SignSGD", "Facts, Method"),
    "a precision": ((*CALL, "Options", "working_precision"), "Real64", "call 1, Data, Input"),
    "a share": ((*CALL, "Options", "validation_set"), {"Scaled": 0.5}, "call 1, Data, Input"),
    "the loss of a round": (("Rounds", 2, "Loss"), next_float, "round 3"),
    "the losses of batches": (("Rounds", 1, "Batches"), other_digest, "round 2"),
    "the end of a round": (("Rounds", 0, "LastBatch"), 1, "round 1"),
    "the loss of a validation": (("Validations", 3, "Loss"), next_float, "validation 4"),
    "the best round": (("Facts", "BestValidationRound"), 1, "Facts, BestValidationRound"),
    "examples": (("Facts", "ExamplesProcessed"), 1, "Facts, ExamplesProcessed"),
    "an array after": (("After", "1/Biases"), other_digest, "After, 1/Biases"),
    "a frozen array after": (("After", "1/Weights"), other_digest, "After, 1/Weights"),
    "an array less": (
        ("After",), lambda it: {k: v for k, v in it.items() if k != "3/Biases"}, "After, 3/Biases",
    ),
    "the reason": (("Reason",), "StoppingCriterion", "Reason"),
}  # fmt: skip


def found_at(found: Any) -> list[str]:
    return [str(fault.at) for fault in found.faults]
