"""Somebody means to freeze "a", writes "A" or "aa", and nothing of that name is there: who says so?

The last column: whether what was meant to be frozen has learned.
"""

from setting import (
    RATE,
    Table,
    jax_params,
    keras_net,
    keras_steps,
    keras_weights,
    moved,
    optax_steps,
    said,
    sgd,
    torch_net,
    torch_steps,
    torch_weights,
    wlnet_net,
    wlnet_trained,
    wlnet_weights,
)  # fmt: skip

table = Table("what it says", '"a" learned')


def learned(before, after):
    """Whether weights moved."""
    return "yes" if moved(before, after) != "same bits" else "no"


@table.row("wlnet", 'the rule `"aa": 0`')
def _():
    net, kept = wlnet_net(), []
    says = said(lambda: kept.append(wlnet_trained(net, sgd(), {"aa": 0})["TrainedNet"]))
    return says, learned(wlnet_weights(net), wlnet_weights(kept[0])) if kept else "nothing did"


@table.row("wlnet", 'the rules `"b": 1`, `ANY: 1`, `"a": 0`: the last is never asked')
def _():
    import wlnet as wl

    net, kept = wlnet_net(), []
    rules = {"b": 1, wl.ANY: 1, "a": 0}
    says = said(lambda: kept.append(wlnet_trained(net, sgd(), rules)["TrainedNet"]))
    return says, learned(wlnet_weights(net), wlnet_weights(kept[0])) if kept else "nothing did"


def in_torch(freeze):
    """What PyTorch says, and does. freeze: gives the groups of the method."""
    import torch

    net, kept = torch_net(), []
    before = torch_weights(net)
    says = said(lambda: kept.append(torch.optim.SGD(freeze(net), lr=RATE)))
    if not kept:
        return says, "nothing did"
    torch_steps(net, kept[0])
    return says, learned(before, torch_weights(net))


@table.row("PyTorch", '`requires_grad_(False)` where a name begins with "aa"')
def _():
    def freeze(net):
        for name, each in net.named_parameters():
            if name.startswith("aa"):
                each.requires_grad_(False)
        return net.parameters()

    return in_torch(freeze)


@table.row("PyTorch", 'a group with `lr=0` of names that begin with "aa"')
def _():
    def freeze(net):
        named = list(net.named_parameters())
        return [{"params": [p for n, p in named if n.startswith("aa")], "lr": 0.0},
                {"params": [p for n, p in named if not n.startswith("aa")]}]  # fmt: skip

    return in_torch(freeze)


@table.row("PyTorch", '`net.get_submodule("aa").requires_grad_(False)`')
def _():
    def freeze(net):
        net.get_submodule("aa").requires_grad_(False)
        return net.parameters()

    return in_torch(freeze)


def in_keras(freeze):
    """What Keras says, and does."""
    import keras

    net = keras_net()
    before = keras_weights(net)
    says = said(lambda: freeze(net))
    if says.startswith("error"):
        return says, "nothing did"
    net.compile(keras.optimizers.SGD(RATE), "mse")
    keras_steps(net)
    return says, learned(before, keras_weights(net))


@table.row("Keras", '`trainable = False` where `layer.name == "aa"`')
def _():
    def freeze(net):
        for layer in net.layers:
            if layer.name == "aa":
                layer.trainable = False

    return in_keras(freeze)


@table.row("Keras", '`net.get_layer("aa").trainable = False`')
def _():
    def freeze(net):
        net.get_layer("aa").trainable = False

    return in_keras(freeze)


def in_optax(make):
    """What optax says, and does."""
    params, kept = jax_params(), []
    says = said(lambda: kept.append(optax_steps(params, make())[0]))
    if not kept:
        return says, "nothing did"
    return says, learned(params["a"]["w"], kept[0]["a"]["w"])


@table.row("optax", '`multi_transform`, labels by a function of the path: "aa" is frozen')
def _():
    import jax
    import optax

    def labels(params):
        return jax.tree_util.tree_map_with_path(
            lambda path, _: "frozen" if path[0].key == "aa" else "learns", params
        )

    parts = {"learns": optax.sgd(RATE), "frozen": optax.set_to_zero()}
    return in_optax(lambda: optax.multi_transform(parts, labels))


@table.row("optax", '`multi_transform`, labels `{"aa": "frozen", "b": "learns"}`')
def _():
    import optax

    parts = {"learns": optax.sgd(RATE), "frozen": optax.set_to_zero()}
    labels = {"aa": "frozen", "b": "learns"}
    return in_optax(lambda: optax.multi_transform(parts, labels))


if __name__ == "__main__":
    table.show()
