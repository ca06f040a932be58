"""Does weight decay move what is frozen?

"a" is frozen from the start, or midway where it says so; 10 steps with a weight decay of 0.1.
"""

from setting import (
    DECAY,
    FROZEN,
    LABELS,
    RATE,
    Table,
    jax_params,
    keras_net,
    keras_steps,
    keras_weights,
    moved,
    optax_steps,
    sgd,
    torch_net,
    torch_steps,
    torch_weights,
    wlnet_net,
    wlnet_trained,
    wlnet_weights,
)  # fmt: skip

table = Table("frozen weights", "the others")


def in_wlnet(method):
    """What a training in wlnet does, whose rules freeze "a"."""
    net = wlnet_net()
    trained = wlnet_trained(net, method, {"a": 0})["TrainedNet"]
    return tuple(moved(wlnet_weights(net, p), wlnet_weights(trained, p)) for p in ("a", "b"))


@table.row("wlnet", 'the rule `"a": 0`, `SGD(weight_decay=0.1)`')
def _():
    return in_wlnet(sgd(weight_decay=DECAY))


@table.row("wlnet", 'the rule `"a": 0`, `Adam(weight_decay=0.1)`')
def _():
    import wlnet as wl

    return in_wlnet(wl.Adam(learning_rate=RATE, weight_decay=DECAY))


@table.row("wlnet", 'the rule `"a": 0`, `Adam(l2_regularization=0.1)`')
def _():
    import wlnet as wl

    return in_wlnet(wl.Adam(learning_rate=RATE, l2_regularization=DECAY))


def in_torch(is_midway=False, by_hand=False, groups=False, **zeroing):
    """What AdamW of PyTorch does."""
    import torch

    net = torch_net()
    if not (is_midway or by_hand or groups):
        net[0].requires_grad_(False)
    parts = [{"params": net[0].parameters(), "lr": 0.0 if groups else RATE},
             {"params": net[2].parameters()}]  # fmt: skip
    optimizer = torch.optim.AdamW(parts, lr=RATE, weight_decay=DECAY)
    if is_midway:
        torch_steps(net, optimizer)
        net[0].requires_grad_(False)
    before = [torch_weights(net, i) for i in (0, 2)]

    def zeros():
        for each in net[0].parameters():
            each.grad.zero_()

    torch_steps(net, optimizer, change=zeros if by_hand else None, **zeroing)
    return tuple(moved(b, torch_weights(net, i)) for b, i in zip(before, (0, 2), strict=True))


@table.row("PyTorch", "`requires_grad_(False)` before the first step")
def _():
    return in_torch()


@table.row("PyTorch", "`requires_grad_(False)` midway, `zero_grad()`")
def _():
    return in_torch(is_midway=True)


@table.row("PyTorch", "`requires_grad_(False)` midway, `zero_grad(set_to_none=False)`")
def _():
    return in_torch(is_midway=True, set_to_none=False)


@table.row("PyTorch", "its gradient set to zero at each step")
def _():
    return in_torch(by_hand=True)


@table.row("PyTorch", "a parameter group with `lr=0`")
def _():
    return in_torch(groups=True)


def in_keras(is_late):
    """What AdamW of Keras does."""
    import keras

    net = keras_net()
    net.get_layer("a").trainable = is_late
    net.compile(keras.optimizers.AdamW(RATE, weight_decay=DECAY), "mse")
    if is_late:
        keras_steps(net)
        net.get_layer("a").trainable = False
    before = [keras_weights(net, name) for name in ("a", "b")]
    keras_steps(net)
    return tuple(moved(b, keras_weights(net, n)) for b, n in zip(before, "ab", strict=True))


@table.row("Keras", "`trainable = False`, then `compile`")
def _():
    return in_keras(is_late=False)


@table.row("Keras", "`trainable = False` midway, without `compile`")
def _():
    return in_keras(is_late=True)


def in_optax(make):
    """What a transformation of optax does."""
    import optax

    params = jax_params()
    after, _ = optax_steps(params, make(optax, optax.adamw(RATE, weight_decay=DECAY)))
    return tuple(moved(params[p]["w"], after[p]["w"]) for p in ("a", "b"))


@table.row("optax", "`selective_transform(adamw, freeze_mask=...)`")
def _():
    return in_optax(lambda ox, adamw: ox.selective_transform(adamw, freeze_mask=FROZEN))


@table.row("optax", "`multi_transform`, `set_to_zero` for what is frozen")
def _():
    return in_optax(
        lambda ox, adamw: ox.multi_transform({"learns": adamw, "frozen": ox.set_to_zero()}, LABELS)
    )


@table.row("optax", "`chain(adamw, masked(set_to_zero(), frozen))`")
def _():
    return in_optax(lambda ox, adamw: ox.chain(adamw, ox.masked(ox.set_to_zero(), FROZEN)))


@table.row("optax", "`chain(masked(set_to_zero(), frozen), adamw)`")
def _():
    return in_optax(lambda ox, adamw: ox.chain(ox.masked(ox.set_to_zero(), FROZEN), adamw))


@table.row("optax", "`masked(adamw, learns)` alone")
def _():
    learns = {part: not is_frozen for part, is_frozen in FROZEN.items()}
    return in_optax(lambda ox, adamw: ox.masked(adamw, learns))


if __name__ == "__main__":
    table.show()
