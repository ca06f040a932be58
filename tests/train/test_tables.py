"""Tables and rows that name their columns: frames, arrays with fields, named inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl

K: dict[str, Any] = {"max_training_rounds": 1, "learning_rate": 1e-30}

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
NET = wl.LinearLayer(3, weights=np.eye(3), biases=None, input=3)


class Frame:
    """A table with named columns, as other libraries have."""

    def __init__(self, columns: dict[str, Any]) -> None:
        self.held = columns

    @property
    def columns(self) -> list[str]:
        return list(self.held)

    def __getitem__(self, name: str) -> Any:
        return self.held[name]

    def __len__(self) -> int:
        return len(next(iter(self.held.values())))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.stack(list(self.held.values()), axis=1)


def test_a_frame_for_one_port_goes_by_the_order_of_its_columns() -> None:
    frame = Frame({"width": X[:, 2], "height": X[:, 0], "depth": X[:, 1]})
    given = X[:, [2, 0, 1]]
    assert NET(frame).tolist() == NET(given).tolist()
    want = wl.net_train(NET, (given, Y), "RoundLoss", **K)
    for data in ((frame, Y), {"Input": frame, "Output": Y}):
        assert wl.net_train(NET, data, "RoundLoss", **K) == want


def test_a_frame_with_the_names_of_the_ports_is_a_dict_of_columns() -> None:
    net = wl.net_initialize(
        wl.NetGraph([wl.TotalLayer(), 1], [([wl.NetPort("a"), wl.NetPort("b")], 1, 2)], a="Real")
    )
    columns = {"b": X[:, 0], "a": X[:, 1]}
    assert net(Frame(columns)).tolist() == net(columns).tolist()
    data = {**columns, "Output": Y[:, :1]}
    assert wl.net_train(net, Frame(data), **K) == wl.net_train(net, data, **K)


def test_tables_are_columns_by_port_at_every_entrance() -> None:
    net = wl.LinearLayer([], weights=[[2.0]], biases=None, input=())
    x, y = X[:, 0], Y[:, 1]
    record = np.zeros(4, [("Input", float), ("Output", float)])
    record["Input"], record["Output"] = x, y
    want = wl.net_measurements(net, (x, y), "Loss")
    for table in (Frame({"Input": x, "Output": y}), record, record.view(np.recarray)):
        assert wl.net_measurements(net, table, "Loss") == want
        assert wl.net_train(net, table, "RoundLoss", **K) == want
        assert wl.net_train(net, (x, y), "ValidationLoss", validation_set=table, **K) == want
    for table in (Frame({"Input": x}), record[["Input"]]):
        assert np.array_equal(net(table), net(x))
    with pytest.raises(wl.DataError, match="structured_to_unstructured"):
        NET(np.zeros(4, "f8, f8, f8"))


def test_examples_whose_inputs_are_named_are_rows_too() -> None:
    two = wl.NetGraph([wl.TotalLayer()], [(wl.NetPort("a"), 1), (wl.NetPort("b"), 1)], a=3, b=3)
    want = wl.net_measurements(two, {"a": X, "b": Y, "Output": X}, "Loss")
    named = [{"a": a, "b": b} for a, b in zip(X, Y, strict=True)]
    for rows in (
        list(zip(named, X, strict=True)),
        [(row, {"Output": x}) for row, x in zip(named, X, strict=True)],
    ):
        assert wl.net_measurements(two, rows, "Loss") == want
    with pytest.raises(wl.DataError, match=r"no data for port 'b'[^$]*data, example 2"):
        wl.net_measurements(two, [(named[0], X[0]), ({"a": X[1]}, X[1])], "Loss")
