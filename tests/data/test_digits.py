"""The digits that come with the package."""

import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest

from wlnet.data import digits


def test_the_digits_are_1437_to_learn_and_360_to_test():
    (x_train, y_train), (x_test, y_test) = digits()
    assert (x_train.shape, y_train.shape) == ((1437, 8, 8), (1437,))
    assert (x_test.shape, y_test.shape) == ((360, 8, 8), (360,))
    assert {x_train.dtype, x_test.dtype} == {np.dtype(np.uint8)}
    assert {y_train.dtype, y_test.dtype} == {np.dtype(np.int64)}


def test_the_digits_are_those_of_scikit_learn_with_white_at_255():
    datasets = pytest.importorskip("sklearn.datasets", reason="the witness is scikit-learn's copy")
    witness = datasets.load_digits()
    (x_train, y_train), (x_test, y_test) = digits()
    images, labels = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
    assert np.array_equal(labels, witness.target)
    assert np.array_equal(images, np.floor(witness.images * 255 / 16 + 0.5))


def test_the_levels_are_17_and_known_sums_hold():
    (x_train, y_train), (x_test, y_test) = digits()
    assert sorted(set(x_train.ravel().tolist())) == [(k * 255 + 8) // 16 for k in range(17)]
    levels = np.rint(np.concatenate([x_train, x_test]) / 255 * 16)
    assert levels.sum() == 561718
    counts = np.bincount(y_train) + np.bincount(y_test)
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_nobody_can_write_to_the_digits():
    for part in digits():
        for array in part:
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0
    assert digits()[0][0] is digits()[0][0]


def test_the_source_and_licence_stand_beside_the_data():
    text = (files("wlnet.data") / "digits.txt").read_text("utf-8")
    for word in ("Alpaydin", "Kaynak", "CC BY 4.0", "10.24432/C50P49", "Changes"):
        assert word in text


def test_reading_digits_loads_no_heavy_module():
    code = (
        "import sys; from wlnet.data import digits; digits();"
        "assert not {'PIL', 'sklearn', 'scipy', 'tfjs_mnist'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
