"""Every layer in a batch in parts: the same training to rounding, whatever lies around it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.bench import Case, behind_frozen_layers
from tests.test_every_layer import WITH_ONE_INPUT
from tests.thoroughness import two_of_each


@pytest.mark.parametrize("case", two_of_each(WITH_ONE_INPUT, lambda case: case.layer.kind), ids=str)
def test_a_batch_in_parts_is_the_same_training_to_rounding(case: Case) -> None:
    """All learns, and the last batch has fewer examples than parts."""
    net, data = behind_frozen_layers(case)
    options: dict[str, Any] = {
        "batch_size": 4, "max_training_rounds": 1, "random_seeding": 1,
        "working_precision": "Real64", "method": ("SGD", {"LearningRate": 0.01}),
    }  # fmt: skip
    whole, parted = (
        wl.net_train(net, data, wl.ALL, **options, batch_parts=parts) for parts in (1, 4)
    )
    np.testing.assert_allclose(parted["BatchLossList"], whole["BatchLossList"], rtol=1e-9)
    expected = wl.information(whole["TrainedNet"], "Arrays")
    for key, array in wl.information(parted["TrainedNet"], "Arrays").items():
        np.testing.assert_allclose(array, expected[key], rtol=1e-7, atol=1e-10, err_msg=str(key))
