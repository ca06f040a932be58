"""PyTorch. Variants, joined by blanks:

fused: Adam in one kernel. channels_last: that layout for images. compile: the loss compiled.
cached: what is frozen is computed once, as an expert writes it by hand. update: only the step of
the optimizer, with gradients that stay as they are. builtin: its own attention function.
one_thread: no second thread, which small work does not pay for.
For evaluation: eager, jit (traced, frozen, optimized), compile.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from tests.benchmarks.data import classes, examples, one_batch
from tests.benchmarks.work import Net, Work, rate

DISTRIBUTIONS = ("torch",)
VERSION = None


def mlp(*sizes: int) -> nn.Module:
    """Linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def lenet(size: int) -> nn.Module:
    """LeNet."""
    left = ((size - 4) // 2 - 4) // 2
    return nn.Sequential(
        *(nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(50 * left * left, 500), nn.ReLU(), nn.Linear(500, 10)),
    )


class Residual(nn.Module):
    """A first convolution and one block with a way around it."""

    def __init__(self, channels: int, size: int) -> None:
        super().__init__()

        def normal(inputs: int) -> list[nn.Module]:
            convolution = nn.Conv2d(inputs, channels, 3, padding=1, bias=False)
            return [convolution, nn.BatchNorm2d(channels)]

        self.first = nn.Sequential(*normal(3), nn.ReLU())
        self.block = nn.Sequential(*normal(channels), nn.ReLU(), *normal(channels))
        self.read = nn.Linear(channels, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        return self.read(F.relu(x + self.block(x)).mean((2, 3)))


class Attention(nn.Module):
    """One head over a sequence, with a way around it."""

    def __init__(self, length: int, width: int, builtin: bool = False) -> None:
        super().__init__()
        self.query, self.key, self.value, self.mix = (nn.Linear(width, width) for _ in range(4))
        self.factor, self.builtin = width**-0.5, builtin

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = self.query(x), self.key(x), self.value(x)
        if self.builtin:
            chosen = F.scaled_dot_product_attention(query, key, value)
        else:
            weights = torch.softmax(query @ key.transpose(1, 2) * self.factor, -1)
            chosen = weights @ value
        return x + self.mix(chosen)


class Heads(nn.Module):
    """Several heads over a sequence, by the attention function of PyTorch, with a way around."""

    def __init__(self, length: int, width: int, heads: int, is_causal: bool = False) -> None:
        super().__init__()
        self.query, self.key, self.value, self.mix = (nn.Linear(width, width) for _ in range(4))
        self.heads, self.is_causal = heads, is_causal

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        apart = (x.shape[0], x.shape[1], self.heads, -1)
        query, key, value = (
            layer(x).view(apart).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        chosen = F.scaled_dot_product_attention(query, key, value, is_causal=self.is_causal)
        return x + self.mix(chosen.transpose(1, 2).reshape(x.shape))


class Causal(Heads):
    """The same, each place with what is before it."""

    def __init__(self, length: int, width: int, heads: int) -> None:
        super().__init__(length, width, heads, is_causal=True)


class Recurrent(nn.Module):
    """A recurrent layer; its states are the output."""

    def __init__(self, length: int, width: int, size: int, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.layer = kind(width, size, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)[0]


class Beside(nn.Module):
    """Linear layers beside one another, their outputs added."""

    def __init__(self, arrays: int, outputs: int, inputs: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(inputs, outputs, bias=False) for _ in range(arrays))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return sum(layer(x) for layer in self.layers)


NETS: dict[str, Callable[..., nn.Module]] = {
    "mlp": mlp,
    "lenet": lenet,
    "residual": Residual,
    "attention": Attention,
    "heads": Heads,
    "causal": Causal,
    "lstm": partial(Recurrent, kind=nn.LSTM),
    "gru": partial(Recurrent, kind=nn.GRU),
    "beside": Beside,
}


def build(net: Net, variant: set[str]) -> nn.Module:
    """The net with its first numbers."""
    torch.manual_seed(0)
    options = {"builtin": True} if "builtin" in variant else {}
    made = NETS[net.kind](*net.sizes, **options)
    return made.to(memory_format=torch.channels_last) if "channels_last" in variant else made


def groups(work: Work, net: nn.Module) -> list[dict[str, Any]]:
    """The parameters of Adam: one group for each layer with a rate of its own, one for the rest."""
    layers = [list(part.parameters()) for part in net.modules() if _holds_arrays(part)]
    if work.last is not None:
        for parameter in (parameter for layer in layers[: -work.last] for parameter in layer):
            parameter.requires_grad_(False)
        layers = layers[-work.last :]
    rest = [parameter for layer in layers[work.rates :] for parameter in layer]
    own = enumerate(layers[: work.rates])
    made = [{"params": layer, "lr": 1e-3 * rate(number)} for number, layer in own]
    return [*made, {"params": rest}] if rest else made


def _holds_arrays(part: nn.Module) -> bool:
    return bool(list(part.parameters(recurse=False)))


def loss_of(work: Work) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """Cross entropy for classes, else the mean of the squares."""
    return F.mse_loss if classes(work.net) is None else F.cross_entropy


def prepare(work: Work, variant: str) -> Callable[[int], object]:
    """The work as a PyTorch user writes it."""
    words = set(variant.split())
    torch.set_num_threads(1 if "one_thread" in words else int(os.environ["THREADS"]))
    if work.task == "evaluate":
        return evaluation(work, words)
    net = build(work.net, words)
    optimizer = torch.optim.Adam(groups(work, net), lr=1e-3, fused=True)
    if "update" in words:
        return update(work, net, optimizer)
    inputs, targets = (torch.from_numpy(numbers) for numbers in examples(work))
    if "channels_last" in words:
        inputs = inputs.to(memory_format=torch.channels_last)
    if "cached" in words:
        return cached(work, net, optimizer, inputs, targets)
    loss = loss_of(work)

    def loss_of_batch(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return loss(net(x), y)

    if "compile" in words:
        loss_of_batch = torch.compile(loss_of_batch)

    def run(rounds: int) -> None:
        for _ in range(rounds):
            one_round(work, optimizer, loss_of_batch, inputs, targets)

    return run


def one_round(
    work: Work,
    optimizer: torch.optim.Optimizer,
    loss_of_batch: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    inputs: torch.Tensor,
    targets: torch.Tensor,
) -> None:
    """Every batch once, in order."""
    for start in range(0, work.examples, work.batch):
        batch = slice(start, start + work.batch)
        optimizer.zero_grad(set_to_none=True)
        loss_of_batch(inputs[batch], targets[batch]).backward()
        optimizer.step()


def update(work: Work, net: nn.Module, optimizer: torch.optim.Optimizer) -> Callable[[int], object]:
    """The step of the optimizer alone."""
    for parameter in net.parameters():
        parameter.grad = torch.rand_like(parameter) - 0.5
    return lambda rounds: [optimizer.step() for _ in range(rounds * work.batches)]


def cached(
    work: Work,
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    inputs: torch.Tensor,
    targets: torch.Tensor,
) -> Callable[[int], object]:
    """The frozen layers run once over all examples, in every run anew; the others are trained."""
    assert isinstance(net, nn.Sequential)
    places = [place for place, part in enumerate(net) if _holds_arrays(part)]
    first = places[-(work.last or len(places))]
    frozen, trained = net[:first], net[first:]

    def run(rounds: int) -> None:
        with torch.no_grad():
            starts = range(0, work.examples, 512)
            features = torch.cat([frozen(inputs[at : at + 512]) for at in starts])
        for _ in range(rounds):
            one_round(
                work, optimizer, lambda x, y: F.cross_entropy(trained(x), y), features, targets
            )

    return run


def evaluation(work: Work, words: set[str]) -> Callable[[int], object]:
    """The net with probabilities at its end, called again and again."""
    net: Any = nn.Sequential(build(work.net, words), nn.Softmax(-1)).eval()
    batch = torch.from_numpy(one_batch(work))
    with torch.inference_mode():
        if "jit" in words:
            net = torch.jit.freeze(torch.jit.trace(net, batch))
            net = torch.jit.optimize_for_inference(net)
    if "compile" in words:
        net = torch.compile(net)

    def run(rounds: int) -> None:
        with torch.inference_mode():
            for _ in range(rounds):
                net(batch)

    return run
