"""Arrays among the measurements: nobody can change a record through them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, classifier

X, Y = classes(30)


def arrays_in(value: Any) -> list[Any]:
    """All arrays in dicts and lists of values."""
    if isinstance(value, np.ndarray):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [array for each in inner for array in arrays_in(each)]


def trained(**options: Any) -> Any:
    return wl.net_train(
        classifier(),
        (X, Y),
        wl.ALL,
        batch_size=15,
        max_training_rounds=2,
        validation_set=(X, Y),
        training_progress_measurements="ConfusionMatrix",
        **options,
    )


def test_a_confusion_matrix_is_read_only_wherever_it_is_handed_out() -> None:
    told: list[Any] = []

    def look(state: Any) -> None:
        told.extend(arrays_in({name: state[name] for name in state if "Measurements" in name}))

    results = trained(training_progress_function=look)
    net = results["TrainedNet"]
    matrices = [
        *told,
        *arrays_in(results[[name for name in results["Properties"] if "Measurements" in name]]),
        *arrays_in(wl.net_measurements(net, (X, Y), ["ConfusionMatrix"])),
    ]
    lists = (2 + 1 + 1) + (4 + 2 + 2)
    assert len(told) == 2 * 3 + lists
    assert len(matrices) == 2 * 3 + lists + 3 + (4 + 2 + 2) + 1
    for matrix in matrices:
        with pytest.raises(ValueError, match="read-only"):
            matrix[0, 0] = 99


@pytest.mark.parametrize(
    "copied", [lambda r: pickle.loads(pickle.dumps(r)), copy.deepcopy], ids=["pickle", "deepcopy"]
)
def test_arrays_of_a_record_stay_read_only_when_it_is_copied(copied: Any) -> None:
    results = copied(trained())
    arrays = arrays_in(results[["RoundMeasurementsLists", "FinalWeights"]])
    assert len(arrays) == 2 + 4
    assert not [array for array in arrays if array.flags.writeable]
