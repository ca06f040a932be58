"""Loaders: what can be iterated over again and again, and gives batches each time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from wlnet.core.errors import DataError, Fault, OptionError, brief, fail

PYTORCH = "dataset", "batch_sampler"
TENSORFLOW = ("element_spec",)
"""What loaders of batches have, and collections of examples have not: PyTorch's DataLoader, and
TensorFlow's Dataset."""


class Loader:
    """Batches of an iterable, which begins anew for each pass: a round of a training is a pass.

    `wlnet.data.batches` makes it. Batches are (inputs, outputs), or dicts by port, of any size.
    """

    def __init__(self, given: Iterable[Any]) -> None:
        self.given = given

    def __iter__(self) -> Iterator[Any]:
        return iter(self.given)

    @property
    def length(self) -> int | None:
        """How many batches a pass has, where that is told."""
        try:
            return len(self.given)  # type: ignore[arg-type]
        except (TypeError, NotImplementedError):
            return None

    def passes(self) -> Iterator[Any]:
        """The batches of one pass, each as (inputs, outputs) where it is a list of these."""
        for batch in self.given:
            yield tuple(batch) if _is_pair(batch) else batch

    def __repr__(self) -> str:
        return f"batches of a {type(self.given).__name__}"


def _is_pair(batch: object) -> bool:
    """Whether a batch is a list of two arrays, as PyTorch collates it, and not of two examples."""
    return type(batch) is list and len(batch) == 2 and all(hasattr(it, "shape") for it in batch)


def loader_of(given: object) -> Loader | None:
    """What is given as a loader of batches, where it is one."""
    if isinstance(given, Loader):
        return given
    if isinstance(given, type) or not isinstance(given, Iterable):
        return None
    if any(all(hasattr(given, name) for name in names) for names in (PYTORCH, TENSORFLOW)):
        return Loader(given)
    return None


def batches(loader: Iterable[Any]) -> Loader:
    """An iterable of batches as data: a round of a training is a pass over it.

    It is iterated over anew for each round, and its batches may have any size, the last a smaller
    one. Each is (inputs, outputs), or a dict by port, of arrays of any library; none of them is
    changed. The DataLoader of PyTorch and the Dataset of TensorFlow are known as what they are, and
    need not be wrapped. If it tells its length, all rounds have to have it.

    Raises OptionError for what cannot be iterated over, DataError for an iterator, which could be
    read only once.

    >>> import numpy as np
    >>> from wlnet import NetChain, net_train
    >>> halves = [(np.ones((4, 2)), np.ones((4, 1))), (np.zeros((3, 2)), np.zeros((3, 1)))]
    >>> results = net_train(NetChain([1], input=2), batches(halves), "BatchesPerRound",
    ...                     max_training_rounds=2)
    >>> results
    2
    """
    if not isinstance(loader, Iterable):
        fault = Fault("this gives no batches", at="batches", given=brief(loader))
        raise fail(OptionError, fault)
    if isinstance(loader, Iterator):
        raise fail(
            DataError,
            Fault(
                "an iterator can be read only once, and a training has many rounds",
                at="batches",
                given=brief(loader),
                expected="what can be iterated over again and again",
                fix="list(it), or a function that makes the iterator",
            ),
        )
    return loader if isinstance(loader, Loader) else Loader(loader)
