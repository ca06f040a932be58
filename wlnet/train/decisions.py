"""Decisions between classes: what a batch of outputs and targets adds to a tally.

Every tally is a function (outputs, targets, form, top) of a batch; form is what targets are (see
TrainingNet.forms), top is n in ("ErrorRate", n). With weights, of examples or of their decisions,
what is counted is their sum. What tallies amount to: rates.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wlnet.results.class_table import ClassTable

Array = np.ndarray[Any, Any]


def classes(outputs: Array, targets: Array, form: str) -> tuple[Array, Array, int]:
    """Predicted and true class of every decision, counted from 0, and how many classes there are.

    The first of equally large outputs decides, as in the decoder.
    """
    if form == "Binary":
        return (outputs >= 0.5).ravel().astype(int), true_classes(targets, form), 2
    return outputs.argmax(-1).ravel(), true_classes(targets, form), outputs.shape[-1]


def true_classes(targets: Array, form: str) -> Array:
    """The true class of every decision, counted from 0."""
    if form == "Binary":
        return (targets >= 0.5).ravel().astype(int)
    true: Array = targets - 1 if form == "Index" else targets.argmax(-1)
    return true.ravel()


def each_decision(weights: Array, count: int) -> Array:
    """A weight for each of so many decisions, from those of examples or of decisions."""
    own = np.asarray(weights, np.float64)
    # A loss of several numbers an example has the weight of the example beside each of them.
    flat = own.ravel() if own.size == count else own.reshape(len(own), -1)[:, 0]
    return np.repeat(flat, count // len(flat))


def table(
    outputs: Array, targets: Array, form: str, top: int, weights: Array | None = None
) -> ClassTable:
    """How often which class was predicted for which."""
    predicted, true, count = classes(outputs, targets, form)
    own = None if weights is None else each_decision(weights, len(true))
    return ClassTable.of(predicted, true, count, own)


def by_class(
    outputs: Array, targets: Array, form: str, top: int, weights: Array | None = None
) -> Array:
    """By class, how often it was right, true, and predicted; a table would have a number a pair."""
    predicted, true, count = classes(outputs, targets, form)
    right = predicted == true
    if weights is None:
        found = (true[right], true, predicted)
        counts = [np.bincount(each, minlength=count) for each in found]
    else:
        own = each_decision(weights, len(true))
        weighed = ((true[right], own[right]), (true, own), (predicted, own))
        counts = [np.bincount(each, of, count) for each, of in weighed]
    # With two states, precision and the like are those of True: the tally remembers which it is.
    return np.concatenate([*counts, [int(form == "Binary") * len(true)]])


def wrong(
    outputs: Array, targets: Array, form: str, top: int, weights: Array | None = None
) -> Array:
    """Decisions that are wrong (not among the `top` largest), and all decisions."""
    predicted, true, count = classes(outputs, targets, form)
    if top == 1 or form == "Binary":
        return _counted(predicted != true, weights)
    rows = outputs.reshape(-1, count)
    own = np.take_along_axis(rows, true[:, None], axis=1)
    # A class ahead of the target: a larger number, or an equal one that stands earlier.
    ahead = (rows > own) | ((rows == own) & (np.arange(count) < true[:, None]))
    return _counted(ahead.sum(axis=1) >= top, weights)


def _counted(found: Array, weights: Array | None) -> Array:
    """How many of some decisions there are, and all."""
    if weights is None:
        return np.array([np.count_nonzero(found), len(found)], np.float64)
    own = each_decision(weights, len(found))
    return np.array([own[found].sum(), own.sum()])


def surprise(
    outputs: Array, targets: Array, form: str, top: int, weights: Array | None = None
) -> Array:
    """The sum of -ln of the probability of what is the case, and how many there are."""
    p = np.asarray(outputs, np.float64)
    if form == "Binary":
        t = np.asarray(targets, np.float64)
        terms = -(t * _log(p) + (1 - t) * _log(1 - p))
    elif form == "Index":
        terms = -_log(np.take_along_axis(p, (targets - 1)[..., None], -1))
    else:
        terms = -(targets * _log(p)).sum(-1)
    if weights is None:
        return np.array([terms.sum(), terms.size])
    own = each_decision(weights, terms.size)
    return np.array([(terms.ravel() * own).sum(), own.sum()])


def _log(p: Array) -> Array:
    return np.log(np.maximum(p, 2.0**-126))
