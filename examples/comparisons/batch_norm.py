"""Do the running statistics of frozen batch normalization move?

"a", then batch normalization, then Tanh and "b"; 10 steps. The last column: whether the frozen
part gives in a training what it gives afterwards, for the examples that it was trained on.
"""

import numpy as np
from setting import (
    RATE,
    Table,
    X,
    Y,
    keras_array,
    keras_net,
    keras_steps,
    moved,
    sgd,
    torch_array,
    torch_net,
    torch_steps,
    wlnet_net,
    wlnet_trained,
)  # fmt: skip

table = Table("scaling", "running mean", "the same in training as afterwards")


def same(in_training, afterwards):
    """Whether two answers are the same."""
    return "yes" if np.allclose(in_training, afterwards, atol=1e-5) else "no"


def in_wlnet(rules):
    """What rules do in wlnet."""
    import wlnet as wl

    net = wl.net_insert(wlnet_net(), {"norm": wl.BatchNormalizationLayer()}, "tanh")
    net = wl.net_initialize(net)
    trained = wlnet_trained(net, sgd(), rules)["TrainedNet"]
    found = [
        moved(*(wl.net_extract(each, ("norm", name)) for each in (net, trained)))
        for name in ("Scaling", "MovingMean")
    ]
    told = wlnet_trained(trained, sgd(), rules, steps=1)["RoundLossList"][0]
    return (*found, same(told, ((np.asarray(trained(X)) - Y) ** 2).mean()))


@table.row("wlnet", 'the rules `"a": 0`, `"norm": 0`')
def _():
    return in_wlnet({"a": 0, "norm": 0})


@table.row("wlnet", 'frozen: `"a"`, and of `"norm"` scaling and biases alone')
def _():
    return in_wlnet({"a": 0, ("norm", "Scaling"): 0, ("norm", "Biases"): 0})


def in_torch(is_evaluating):
    """What PyTorch does. is_evaluating: whether eval() is called of what is frozen."""
    import torch

    norm = torch.nn.BatchNorm1d(3)
    net = torch_net(norm)
    for each in (net[0], norm):
        each.requires_grad_(False)
    net.train()
    if is_evaluating:
        norm.eval()
    before = [torch_array(each) for each in (norm.weight, norm.running_mean)]
    optimizer = torch.optim.SGD(net[3].parameters(), lr=RATE)
    torch_steps(net, optimizer)
    after = [torch_array(each) for each in (norm.weight, norm.running_mean)]
    found = map(moved, before, after)
    frozen = net[:2]
    with torch.no_grad():
        in_training = frozen(torch.tensor(X)).numpy()
        afterwards = frozen.eval()(torch.tensor(X)).numpy()
    return (*found, same(in_training, afterwards))


@table.row("PyTorch", "`requires_grad_(False)`, `net.train()`")
def _():
    return in_torch(is_evaluating=False)


@table.row("PyTorch", "`requires_grad_(False)`, `net.train()`, `norm.eval()`")
def _():
    return in_torch(is_evaluating=True)


@table.row("Keras", "`trainable = False`, then `compile`")
def _():
    import keras

    norm = keras.layers.BatchNormalization(name="norm")
    net = keras_net(norm)
    norm.trainable = net.get_layer("a").trainable = False
    net.compile(keras.optimizers.SGD(RATE), "mse")
    before = [keras_array(each) for each in (norm.gamma, norm.moving_mean)]
    keras_steps(net)
    after = [keras_array(each) for each in (norm.gamma, norm.moving_mean)]
    found = map(moved, before, after)
    hidden = net.get_layer("a")(X)
    answers = [keras_array(norm(hidden, training=t)) for t in (True, False)]
    return (*found, same(*answers))


if __name__ == "__main__":
    table.show()
