"""Two places share one array, and two rates are said for it: what happens?

The weights of "a" stand at two places of a net, or are asked for in two groups.
"""

from setting import (
    RATE,
    A,
    Table,
    X,
    Y,
    keras_array,
    moved,
    said,
    sgd,
    torch_net,
    torch_steps,
    torch_weights,
    wlnet_trained,
)  # fmt: skip

table = Table("one array afterwards", "at the rate of", "what it says")


def tied():
    """Two halves that share their weights, in wlnet."""
    import wlnet as wl

    half = {"weights": wl.NetSharedArray("w"), "biases": None}
    net = wl.NetChain({"one": wl.LinearLayer(4, **half), "tanh": "Tanh",
                       "two": wl.LinearLayer(4, **half), "read": 1}, input=4)  # fmt: skip
    return wl.net_initialize(net)


@table.row("wlnet", 'the rules `"one": 0`, `"two": 1`')
def _():
    import wlnet as wl

    net = tied()
    rules = {"one": 0, "two": 1}
    kept = []
    says = said(lambda: kept.append(wlnet_trained(net, sgd(), rules)))
    trained = kept[0]["TrainedNet"]
    source = kept[0]["ArraysLearningRateMultiplierSources"][wl.NetSharedArray("w")]
    ends = [wl.net_extract(trained, (part, "Weights")) for part in ("one", "two")]
    part, rate = source["Rule"]
    beaten = ", ".join(
        f"`{part!r}: {rate:g}`" for part, rate in (b["Rule"] for b in source["Beaten"])
    )
    decided = f"`{part!r}: {rate:g}`, which beat {beaten}"
    return "yes" if moved(*ends) == "same bits" else "no", decided, says


@table.row("PyTorch", "one parameter in two groups")
def _():
    import torch

    net = torch_net()
    groups = [{"params": [net[0].weight], "lr": 0.0}, {"params": [net[0].weight], "lr": RATE}]
    return "—", "—", said(lambda: torch.optim.SGD(groups, lr=RATE))


@table.row("PyTorch", "tied modules: `requires_grad_` of the first `False`, of the second `True`")
def _():
    import torch

    one, two = torch.nn.Linear(4, 4, bias=False), torch.nn.Linear(4, 4, bias=False)
    two.weight = one.weight
    net = torch.nn.Sequential(one, torch.nn.Tanh(), two, torch.nn.Linear(4, 1))
    before = torch_weights(net)

    def freeze():
        one.requires_grad_(False)
        two.requires_grad_(True)

    says = said(freeze)
    torch_steps(net, torch.optim.SGD(net.parameters(), lr=RATE))
    is_one = "yes" if one.weight is two.weight else "no"
    learns = "the second" if moved(before, torch_weights(net)) != "same bits" else "the first"
    return is_one, f"{learns}, called last", says


@table.row("Keras", "one layer used twice, `trainable = False` at one of them")
def _():
    import keras

    layer = keras.layers.Dense(4, use_bias=False)
    given = keras.Input((4,))
    net = keras.Model(given, keras.layers.Dense(1)(layer(keras.ops.tanh(layer(given)))))
    says = said(lambda: setattr(layer, "trainable", False))
    net.compile(keras.optimizers.SGD(RATE), "mse")
    before = keras_array(layer.kernel)
    net.fit(X, Y, batch_size=32, epochs=10, shuffle=False, verbose=0)
    is_frozen = moved(before, keras_array(layer.kernel)) == "same bits"
    return "yes", "the layer: it has one, for all places" if is_frozen else "?", says


@table.row("optax", "one array at two places of the tree, `multi_transform`")
def _():
    import jax
    import jax.numpy as jnp
    import optax

    w = jnp.asarray(A @ A.T)
    params = {"one": w, "two": w}

    def loss(params):
        return ((jnp.tanh(X[:, :3] @ params["one"].T) @ params["two"].T - Y) ** 2).mean()

    parts = {"learns": optax.sgd(RATE), "frozen": optax.set_to_zero()}
    tx = optax.multi_transform(parts, {"one": "frozen", "two": "learns"})
    state = tx.init(params)
    says = said(lambda: tx.init(params))
    for _ in range(10):
        updates, state = tx.update(jax.grad(loss)(params), state, params)
        params = optax.apply_updates(params, updates)
    is_one = moved(params["one"], params["two"]) == "same bits"
    return "yes" if is_one else "no, they part", "each place its own", says


@table.row("optax", "one array that the loss reads at both places")
def _():
    import jax
    import jax.numpy as jnp
    import optax

    params = {"w": jnp.asarray(A @ A.T)}

    def loss(params):
        return ((jnp.tanh(X[:, :3] @ params["w"].T) @ params["w"].T - Y) ** 2).mean()

    tx = optax.sgd(RATE)
    says = said(lambda: tx.init(params))
    updates, _ = tx.update(jax.grad(loss)(params), tx.init(params), params)
    after = optax.apply_updates(params, updates)
    learns = moved(params["w"], after["w"]) != "same bits"
    return "yes", "its one label" if learns else "?", says


if __name__ == "__main__":
    table.show()
