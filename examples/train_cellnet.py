"""Train CellNet on 398 tumours and save it: this makes the file that the package ships.

`python examples/train_cellnet.py [file.wlnet]`; without a file it writes the one of the package.
The table comes with scikit-learn; three rows in ten are kept for the test. Beside the net stands a
logistic regression on the same rows. The same seed gives the same file on the same machine.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from models import falling, kept, trained
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import wlnet as wl
from wlnet.models import model_file
from wlnet.models.cellnet import TARGET

SEED = 1993
ROUNDS = 100
LEAST = 0.97
SHARE = 0.3


def tumours() -> tuple[Any, Any]:
    """The rows to train on, and the rows to test on, as tables of raw columns."""
    held = load_breast_cancer()
    columns = dict(zip(held.feature_names.tolist(), held.data.T, strict=True))
    table = wl.data.table({**columns, TARGET: held.target_names[held.target]}, TARGET)
    return table.split(SHARE, random_seeding=SEED)


def share_of(answers: Any, table: Any) -> float:
    """The share of a table's rows that are told right."""
    return float(np.mean(np.asarray(answers) == table.outputs[TARGET]))


def share_of_regression(train: Any, test: Any) -> float:
    """What a logistic regression reaches on the same columns, brought to one scale."""
    rows, others = (np.stack(list(table.inputs.values()), 1) for table in (train, test))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return share_of(model.fit(rows, train.outputs[TARGET]).predict(others), test)


def trained_cellnet(train: Any) -> Any:
    """The net, whose encoders are those that the table has, to six figures."""
    net = wl.net_model("CellNet", trained=False)
    for name, encoder in train.encoders.items():
        here, there = wl.net_extract(net, name), encoder
        scales = [(each.mean, each.deviation) for each in (here, there)]
        assert np.allclose(*scales, rtol=5e-6), f"column {name}: {scales[1]}, got {scales[0]}"
    return trained(
        net,
        train.data,
        SEED,
        ROUNDS,
        method=("ADAM", {"LearningRateSchedule": falling, "L2Regularization": 0.01}),
        learning_rate=0.005,
        batch_size=32,
    )


def main(file: Path) -> None:
    """Train, measure, and save what is good enough."""
    train, test = tumours()
    print(f"CellNet learns from {len(train)} tumours, {ROUNDS} rounds.")
    net = trained_cellnet(train)
    share = share_of(net(test.inputs), test)
    print(f"It tells {share:.1%} of {len(test)} tumours right that it has never seen,")
    print(f"a logistic regression {share_of_regression(train, test):.1%}.")
    kept(net, file, share, LEAST)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else model_file("CellNet"))
