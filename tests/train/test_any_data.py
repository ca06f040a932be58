"""Whatever is given as data: it is used, or refused with a documented error."""

from __future__ import annotations

import array
import pathlib
from collections import OrderedDict, deque, namedtuple
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.training_cases import classifier, perceptron

Pair = namedtuple("Pair", "x y")
ODD = [
    *(None, True, 0, -1, 2.5, 1j, float("nan"), 10**400, "", "text", b"bytes", ...),
    *(np.float32(1), np.array(1.5), np.array("x"), np.array(None), np.ma.masked),
    *(np.zeros(0), np.zeros((0, 3)), np.zeros((3, 0)), np.zeros((2, 3)), np.ones((2, 3), bool)),
    *(np.ones((2, 3), complex), np.ones((2, 2), "M8[s]"), np.ones(2, "i4,f4")),
    *(np.array([[1, None], [2, 3]], object), np.array([[1], [2, 3]], object)),
    *(np.ma.array([[1.0, 2, 3]] * 2, mask=[[0, 0, 1]] * 2), np.ma.zeros((2, 3))),
    *(np.full((2, 3), "a"), np.full((2, 3), "a", np.dtypes.StringDType())),
    *(scipy.sparse.eye(3), memoryview(b"abcd"), bytearray(b"abc"), array.array("d", [1, 2])),
    *(range(3), deque([1, 2]), {1, 2}, frozenset({1}), pathlib.Path("x"), object(), Pair(1, 2)),
    *(OrderedDict(Input=[1]), {}, {"Input": [[1, 2, 3]], "Output": [[1, 2]]}, np, wl.ALL),
    *(perceptron(), wl.AUTOMATIC, slice(1, 2), lambda: None, lambda state: state),
    *(np.matrix([[1.0, 2, 3]]), np.rec.array([(1, 2.0)], dtype="i4,f4"), np.datetime64("now")),
]
values = st.recursive(
    st.sampled_from(ODD),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.sampled_from(["Input", "Output", "Other", 1]), inner, max_size=3),
        st.builds(iter, st.lists(inner, max_size=3)),
        st.builds(lambda x: lambda: x, inner),
    ),
    max_leaves=6,
)
NETS = {
    "numbers": perceptron(),
    "classes": wl.net_initialize(classifier(inputs=3)),
    "open": wl.NetChain([2]),
    "varying": wl.net_initialize(wl.NetChain([wl.NetMapOperator(2)], input=("Varying", 3))),
    "indices": wl.net_initialize(wl.NetChain([wl.EmbeddingLayer(2, 3)])),
    "labels": wl.net_initialize(wl.NetChain([2], input=wl.NetEncoder("UnitVector", 3))),
    "pictures": wl.net_initialize(wl.NetChain([2], input=wl.NetEncoder("Image", 4))),
    "binary": wl.NetChain([(), "LogisticSigmoid"], input=3),
    "truth": wl.net_initialize(wl.NetChain([2], input=wl.NetEncoder("Boolean"))),
}


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
@pytest.mark.parametrize("name", NETS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(value=values, other=values)
def test_any_data_are_used_or_refused_with_a_documented_error(
    name: str, value: Any, other: Any
) -> None:
    net = NETS[name]
    options: dict[str, Any] = {"max_training_rounds": 1, "batch_size": 2}
    for act in (
        lambda: net(value),
        lambda: net({"Input": value}),
        lambda: wl.net_train(net, value, **options),
        lambda: wl.net_train(net, (value, other), **options),
        lambda: wl.net_train(net, lambda: (value, other), **options),
        lambda: wl.net_train(
            net, ([[1.0, 2, 3]], [[1.0, 2]]), validation_set=(value, other), **options
        ),
        lambda: wl.net_measurements(net, (value, other), "Loss"),
    ):
        try:
            act()
        except wl.WlnetError:
            continue
