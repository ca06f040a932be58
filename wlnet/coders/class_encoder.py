"""The "Class" encoder: a label becomes its place in a list, or a unit vector."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, field
from typing import Self

import numpy as np

from wlnet.coders.coder import coder
from wlnet.coders.encoder import (
    Encoded,
    NetEncoder,
    batch_items,
    is_batch,
    numbered,
    reals,
    refuse,
    unit_vectors,
)
from wlnet.coders.label_sets import indicators, is_set
from wlnet.coders.labels import LabelIndex, Labels, as_labels
from wlnet.coders.lengths import DEPTHS, in_examples, single_items
from wlnet.coders.parameters import choice_faults, is_automatic
from wlnet.coders.worth import plain, worths
from wlnet.core.arrays import Dtype
from wlnet.core.errors import Fault, NotInitializedError, OptionError, brief, fail
from wlnet.core.gate import Column
from wlnet.core.ports import Flow
from wlnet.core.shapes import Shape, fits
from wlnet.core.symbols import AUTOMATIC, Symbol


@coder
class ClassEncoder(NetEncoder):
    """`NetEncoder("Class", labels)`: label to 1-based index; shape `()`, "Integer".

    `NetEncoder("Class", labels, "UnitVector")` writes a vector of shape (number of labels,) with a
    one at that place. With input_depth=2 an example is a list of labels, and the shape has a level
    more, `(None,)` or `(None, number of labels)`; with 3 it is a list of lists, and so on.
    With multilabel=True a set, or a list, of labels stands where a label would: its vector has a
    one for each of them, and output_form is "UnitVector", whatever is said.
    Labels may be any hashable values; each is found by equality, except that True is not 1.
    AUTOMATIC labels wait for `fitted`. A float array of the right rank and width passes through the
    "UnitVector" form; the index form always takes labels, never indices. Where labels are numbers,
    an array of rank 1 is a column of labels.

    Errors: OptionError for impossible labels; DataError for a label that is not known.

    >>> encoder = NetEncoder("Class", ["x", "y", "z"])
    >>> encoder.encode(["z", "x"])
    array([3, 1])
    >>> NetEncoder("Class", [0, 1], "UnitVector").encode([1])
    array([[0., 1.]], dtype=float32)
    >>> NetEncoder("Class", ["x", "y"], input_depth=2)(["y", "x", "y"])
    array([2, 1, 2])
    >>> NetEncoder("Class", ["x", "y", "z"], multilabel=True).encode([{"x", "z"}, set()])
    array([[1., 0., 1.],
           [0., 0., 0.]], dtype=float32)

    Source: https://reference.wolfram.com/language/ref/netencoder/Class.html
    """

    kind = "Class"
    labels: Labels | Symbol = field(default=AUTOMATIC, metadata={"show": worths})
    output_form: str = "Index"
    _: KW_ONLY
    input_depth: int = 1
    multilabel: bool = False

    def __post_init__(self) -> None:
        faults = choice_faults(
            self.title,
            output_form=(self.output_form, ("Index", "UnitVector")),
            input_depth=(self.input_depth, DEPTHS),
            multilabel=(self.multilabel, (False, True)),
        )
        if faults:
            raise fail(OptionError, faults)
        if self.multilabel:
            # Of several labels there is no one index.
            self._set(output_form="UnitVector")
        self._set(labels=as_labels(self.labels, self.title))

    @property
    def index_count(self) -> int | None:
        """How many different indices it yields; None for vectors, and while labels are open."""
        if self.element != "Integer" or isinstance(self.labels, Symbol):
            return None
        return len(self.labels)

    @property
    def shape(self) -> Shape:
        levels = (None,) * (self.input_depth - 1)
        if self.output_form == "Index":
            return levels
        return (*levels, None if isinstance(self.labels, Symbol) else len(self.labels))

    @property
    def element(self) -> Flow:
        return "Integer" if self.output_form == "Index" else "Real"

    def fitted(self, shape: Shape) -> Self:
        self._require(shape, fits(self.shape, shape) and 0 not in shape)
        is_vector = self.output_form == "UnitVector"
        if is_automatic(self.labels) and is_vector and shape[-1] is not None:
            return self._with(labels=range(1, shape[-1] + 1))
        return self

    def over(self, levels: int) -> Self:
        return self._with(input_depth=self.input_depth + levels)

    def is_single(self, x: object) -> bool:
        """One label, or one set of labels, is one item. A tuple is one when it is a label."""
        if self._is_encoded(x) and not self._lists_labels(x):
            return True
        for _ in range(self.input_depth - 1):
            if not is_batch(x) or not len(x):  # type: ignore[arg-type]
                return True
            x = x[0]  # type: ignore[index]
        if self.multilabel:
            return is_set(x, None if isinstance(self.labels, Symbol) else self.index())
        if isinstance(x, tuple) and not isinstance(self.labels, Symbol):
            return self.index().place(x) is not None
        return not is_batch(x)

    def encode(self, items: Column, where: str = "Input", dtype: Dtype = np.float32) -> Encoded:
        batch = batch_items(items, where)
        if self._is_encoded_batch(batch):
            return reals(np.asarray(batch), where, dtype)
        index = self.index()
        if self.multilabel:
            items, sizes = single_items(batch, self.input_depth, where, of="sets of labels")
            numbers = np.repeat(range(len(sizes)), [math.prod(each) for each in sizes])
            rows = indicators(items, numbers.tolist(), index, dtype, where)
            return in_examples(rows, sizes, (0,) * (self.input_depth - 1))
        labels, sizes = single_items(batch, self.input_depth, where, of="labels")
        if isinstance(labels, np.ndarray) and labels.ndim == 1 and labels.dtype.kind in "iuU":
            # A long column of few values: look up every value once.
            values, inverse = np.unique(labels, return_inverse=True)
            places = np.array(index.places(values.tolist()), np.int64)[inverse]
        else:
            items = [item for _, item in numbered(labels)]
            places = np.array(index.places(items), np.int64)
        if len(places) and places.min() == 0:
            bad = int(np.argmin(places))
            ends = np.cumsum([math.prod(each) for each in sizes])
            raise self._unknown(labels[bad], int(np.searchsorted(ends, bad, "right")), where)
        if self.output_form != "Index":
            places = unit_vectors(places, len(index.labels), dtype, where)
        return in_examples(places, sizes, (0,) * (self.input_depth - 1))

    def index(self) -> LabelIndex:
        """The finder of labels; NotInitializedError while the labels are AUTOMATIC."""
        if isinstance(self.labels, Symbol):
            raise fail(
                NotInitializedError,
                Fault(
                    f"the {self.title} does not know its labels yet",
                    at=repr(self),
                    fix='NetEncoder("Class", ["x", "y"])',
                ),
            )
        return LabelIndex(self.labels)

    def _is_encoded(self, x: object) -> bool:
        return (
            self.output_form == "UnitVector"
            and isinstance(x, np.ndarray)
            and x.ndim == self.input_depth
            and x.dtype.kind == "f"
            and not isinstance(self.labels, Symbol)
            and x.shape[-1] == len(self.labels)
            and not any(isinstance(label, float) for label in self.labels)
        )

    def _lists_labels(self, x: object) -> bool:
        """Whether an array of floats may be a column of labels: numbers, NaN where one is missing.

        So a frame holds integers among which there are gaps.
        """
        labels = () if isinstance(self.labels, Symbol) else self.labels
        if any(isinstance(label, int) and not isinstance(label, bool) for label in labels):
            return self.input_depth == 1 and not self.multilabel
        return None in labels and bool(np.isnan(x).any())  # type: ignore[call-overload]

    def _is_encoded_batch(self, x: object) -> bool:
        if isinstance(x, np.ndarray):
            return x.ndim > 1 and len(x) > 0 and self._is_encoded(x[0])
        return isinstance(x, list) and bool(x) and all(map(self._is_encoded, x))

    def _unknown(self, label: object, index: int, where: str) -> Exception:
        finder = self.index()
        are_labels = isinstance(label, tuple) and all(map(finder.place, label))
        several = "multilabel=True, of the coder, takes any number of labels of an example"
        return refuse(
            where,
            index,
            "this is not one of the labels",
            given=brief(plain(label)),
            known=finder.labels,
            fix=several if are_labels else finder.advice(label),
        )
