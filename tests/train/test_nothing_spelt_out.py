"""Nothing spells out data as text: not what is right, not what is wrong, wherever it is given."""

from __future__ import annotations

import contextlib
import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classifier, numbers, perceptron

X, Y = numbers(12)


class Spelt(list[Any]):
    """Data whose text takes long: here it takes forever."""

    def __repr__(self) -> str:
        raise AssertionError("data were spelt out as text")

    __str__ = __repr__


class SpeltTuple(tuple[Any, ...]):
    __slots__ = ()
    __repr__ = __str__ = Spelt.__repr__


class SpeltDict(dict[Any, Any]):
    __repr__ = __str__ = Spelt.__repr__


LARGE: list[Any] = [
    Spelt(Spelt(row) for row in X.tolist()),
    Spelt("abc" * 9),
    Spelt([None] * 99),
    SpeltTuple(map(SpeltTuple, X.tolist())),
    SpeltDict({"Input": Spelt(X.tolist()), "Wrong": Spelt(Y.tolist())}),
]
FUNCTIONS = [
    *(wl.net_train, wl.net_measurements, wl.net_program, wl.net_initialize, wl.net_extract),
    *(wl.net_take, wl.net_drop, wl.net_insert, wl.net_delete, wl.net_append, wl.net_prepend),
    *(wl.net_join, wl.net_flatten, wl.net_rename, wl.net_replace, wl.net_replace_part),
    *(wl.information, wl.NetChain, wl.NetGraph, wl.LinearLayer, wl.ElementwiseLayer),
    *(wl.SoftmaxLayer, wl.DropoutLayer, wl.ConvolutionLayer, wl.Scaled, wl.NetMapOperator),
    *(wl.EmbeddingLayer, wl.save, wl.load, wl.net_model),
]


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning", "ignore::wlnet.RuleWarning")
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_no_argument_is_spelt_out(function: Any) -> None:
    """Each argument in turn is large data, right or wrong; the others are as they may be."""
    rows = inspect.signature(function).parameters.values()
    usual: dict[str, Any] = {"net": perceptron(), "data": (X, Y), "measurements": "Loss"}
    usual |= {"chain": perceptron(), "max_training_rounds": 1}
    names = {row.name for row in rows if row.kind is not row.VAR_POSITIONAL}
    given = {name: value for name, value in usual.items() if name in names}
    for row in rows:
        for large in LARGE:
            # Which error it is, other tests tell.
            with contextlib.suppress(wl.WlnetError, TypeError, AttributeError):
                if row.kind is row.VAR_POSITIONAL:
                    function(large)
                else:
                    function(**{**given, row.name: large})


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
@pytest.mark.parametrize("net", [perceptron(), classifier(inputs=3)], ids=["numbers", "classes"])
def test_no_data_of_a_form_that_is_none_are_spelt_out(net: Any) -> None:
    ready = wl.net_initialize(net)
    for a in LARGE:
        for b in (Y, *LARGE):
            for data in ((a, b), Spelt([a, b]), {"Input": a, "Output": b}, lambda a=a, b=b: (a, b)):
                with contextlib.suppress(wl.WlnetError):
                    wl.net_train(net, data, batch_size=12, max_training_rounds=1)
        with contextlib.suppress(wl.WlnetError):
            ready(a)


def test_no_text_is_made_to_be_cut() -> None:
    """Where the source takes the first letters of a text, the whole text was made before."""
    for file in Path(inspect.getfile(wl)).parent.rglob("*.py"):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            cut = re.search(r"repr\([^()]*\)\[-?:|!r\}\"\[:", line)
            assert not cut or "isinstance(value, (str, int, float))" in line, f"{file}:{number}"


def test_a_large_list_is_described_in_a_moment() -> None:
    pictures = [np.zeros((8, 8)) for _ in range(50_000)]
    with pytest.raises(wl.DataError, match="an array of float64, shape"):
        wl.net_train(perceptron(), Spelt(pictures))
