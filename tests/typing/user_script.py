# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""What a user writes, for type checkers: public names are known, and what they take and give.

Nothing here is run. A line that says `type: ignore` has a mistake, which has to be found.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

import numpy as np

import wlnet as wl

# Nets are made of layers, whose options are known.
net = wl.NetChain({"hidden": 40, "ramp": "Ramp", "read": wl.LinearLayer(10)}, input=8)
assert_type(net, wl.NetChain)
graph = wl.NetGraph({"a": wl.LinearLayer(3)}, [(wl.NetPort("Input"), "a")], input=2)
assert_type(graph, wl.NetGraph)
layer = wl.ConvolutionLayer(8, (3, 3), stride=2, learning_rate_multipliers={"Weights": 0})
assert_type(layer, wl.ConvolutionLayer)
loop = wl.NetNestOperator(wl.NetChain([3, "Tanh"], input=3), 4)
read = wl.AttentionLayer("Dot")
wl.ConvolutionLayer(8, 3, strides=2)  # type: ignore[call-arg]
wl.NetChain([3], inputs=2)  # a name of any port may come: it is looked at when it runs

# Coders and symbols.
coder = wl.NetEncoder("Image", (8, 8), color_space="Grayscale")
rules: dict[object, object] = {("hidden", "Biases"): None, "hidden": 0.5, wl.ANY: 1, -1: wl.ALL}
span = wl.Span(1, 2), wl.Alternatives("hidden", "read"), wl.NetSharedArray("w"), wl.AUTOMATIC

# Training, and what comes of it.
(x, y), (x_test, y_test) = wl.data.digits()
results: wl.NetTrainResults = wl.net_train(
    net, (x, y), wl.ALL, learning_rate_multipliers=rules, max_training_rounds=3,
    method=wl.Adam(beta1=0.8), validation_set=(x_test, y_test),
)  # fmt: skip
wl.net_train(net, (x, y), learning_rate_multiplier=rules)  # type: ignore[call-arg]
wl.net_train(net)  # type: ignore[call-arg]
losses: list[float] = results["RoundLossList"]
trained: wl.NetChain = results["TrainedNet"]
wl.net_resume("run.wlnet", (x, y))
wl.net_measurements(trained, (x_test, y_test), ["Loss", "Accuracy"])
wl.learning_rate_range(net, (x, y))
print(wl.net_program(net).operations_per_example + 1)

# Calls, files, parts.
answers: list[int] = trained(x_test)
path = wl.save(trained, Path("net.wlnet"))
assert_type(path, Path)
again: wl.NetChain = wl.load(path, precompile=[1, 64])
weights: np.ndarray = wl.net_extract(again, ("hidden", "Weights"))
frozen = wl.net_replace_part(again, {"LearningRateMultipliers": rules})
models: list[dict[str, Any]] = wl.net_model().to_records()
digit: int = wl.net_model("LeNet")(np.zeros((28, 28), np.uint8))
table: str = str(wl.information(frozen, "ArraysLearningRateMultipliersTable"))
state = wl.NetStateObject(again)

# Errors are caught by name; what is not there is not known.
try:
    wl.net_initialize(wl.net_join(net, wl.NetChain([2])), random_seeding=3)
except (wl.ShapeError, wl.OptionError) as error:
    print([fault.what for fault in error.faults])
wl.net_trian(net)  # type: ignore[attr-defined]
