"""scikit-learn: MLPClassifier, trained without shuffling and without a test for convergence."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from tests.benchmarks.data import examples
from tests.benchmarks.work import Work

DISTRIBUTIONS = ("scikit-learn", "numpy", "scipy")
VERSION = None


def prepare(work: Work, variant: str) -> Callable[[int], object]:
    """The work as one fit."""
    # It warns that so few rounds do not converge, which nobody asked for.
    warnings.simplefilter("ignore", ConvergenceWarning)
    inputs, targets = examples(work)

    def run(rounds: int) -> None:
        MLPClassifier(
            work.net.sizes[1:-1],
            batch_size=work.batch,
            max_iter=rounds,
            n_iter_no_change=rounds + 1,
            shuffle=False,
            solver="adam",
            alpha=0.0,
            random_state=0,
        ).fit(inputs, targets)

    return run
