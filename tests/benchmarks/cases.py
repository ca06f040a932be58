"""The table of cases: what is done, who does it, and how much faster wlnet is meant to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tests.benchmarks.work import Net, Work


@dataclass(frozen=True)
class Peer:
    """Who is beside wlnet, in which variants (the best one counts), and the goals.

    must, aim: how many times as fast wlnet is to be.
    """

    label: str
    variants: tuple[str, ...]
    must: float | None = None
    aim: float | None = None


@dataclass(frozen=True)
class Limit:
    """A goal for wlnet alone, in seconds."""

    contender: str
    must: float | None = None
    aim: float | None = None


@dataclass(frozen=True)
class Case:
    """A row: the work, the peers, and the unit its figures are told in.

    unit: "examples/s", "steps/s" or "calls/s", or "s" for the seconds of the whole run.
    own: the variants of wlnet; the first one is compared. share: how much of what products and
    memory alone allow (limits.py) is to be reached, None where that is not looked at.
    """

    name: str
    title: str
    work: Work
    unit: str
    peers: tuple[Peer, ...]
    own: tuple[str, ...] = ("wlnet",)
    limits: tuple[Limit, ...] = ()
    share: float | None = None

    @property
    def contenders(self) -> tuple[str, ...]:
        """All who take part, each once, wlnet first."""
        every = [*self.own, *(variant for peer in self.peers for variant in peer.variants)]
        return tuple(dict.fromkeys(every))

    @property
    def amount(self) -> int:
        """How many units one run does."""
        work = self.work
        by_unit = {"examples/s": work.rounds * work.examples, "steps/s": work.steps}
        return {**by_unit, "calls/s": work.rounds, "s": 1}[self.unit]


MLP = Net("mlp", (784, 256, 128, 10))
LENET = Net("lenet", (28,))
DEEP = Net("mlp", (1024,) * 9)
ODD = Net("mlp", (783, 251, 127, 11))
TORCH = ("torch fused", "torch fused compile")
TORCH_SMALL = (*TORCH, "torch fused one_thread")
TORCH_FROZEN = ("torch fused", "torch fused channels_last")
TORCH_IMAGES = (*TORCH_FROZEN, "torch fused channels_last compile")
TORCH_CACHED = ("torch fused cached", "torch fused channels_last cached")
EAGER = ("torch eager", "torch eager one_thread")
PREPARED = ("torch jit", "torch jit one_thread")
COMPILED = ("torch compile", "torch compile one_thread")
JAX = ("jax step", "jax scan")
BOTH = ("wlnet", "wlnet 1 worker")


def mlp(batch: int, examples: int, rounds: int, *peers: Peer) -> Case:
    """The digits' MLP, trained."""
    work = Work(MLP, batch=batch, examples=examples, rounds=rounds)
    title = f"MLP 784-256-128-10, Adam, batch {batch}"
    return Case(f"mlp_{batch}", title, work, "examples/s", peers, own=BOTH)


def lenet(batch: int, examples: int, *peers: Peer) -> Case:
    """LeNet, trained."""
    work = Work(LENET, batch=batch, examples=examples, rounds=5)
    return Case(
        f"lenet_{batch}", f"LeNet, Adam, batch {batch}", work, "examples/s", peers, own=BOTH
    )


def transfer(last: int, title: str, *peers: Peer) -> Case:
    """LeNet, of which only the last layers learn."""
    work = Work(LENET, examples=6016, rounds=20, last=last)
    return Case(f"transfer{last}", f"LeNet, {title}, 6016 examples x 20 rounds", work, "s", peers)


def inference(name: str, net: Net, batch: int, calls: int, *peers: Peer) -> Case:
    """A net called again and again."""
    what = "one example" if batch == 1 else f"{batch} examples"
    work = Work(net, task="evaluate", batch=batch, rounds=calls)
    title = f"{name} evaluated, {what} a call"
    return Case(f"infer_{name.lower()}_{batch}", title, work, "calls/s", peers)


def answers(name: str, net: Net, batch: int, calls: int) -> Case:
    """A net that answers some examples a call, beside all that are made for that."""
    eager, prepared = (*EAGER,), (*PREPARED, *COMPILED)
    peers = (
        Peer("PyTorch, eager", eager, 1.1, 1.5),
        onnx(1.1, 1.5),
        Peer("PyTorch, prepared", prepared, 1.1, 1.5),
    )
    return inference(name, net, batch, calls, *peers)


def onnx(must: float | None = None, aim: float | None = None) -> Peer:
    """ONNX Runtime."""
    return Peer("ONNX Runtime", ("onnx 1 thread", "onnx all threads"), must, aim)


GOALS = (
    mlp(64, 19200, 5, Peer("PyTorch", TORCH, 4, 5), Peer("JAX", JAX, 1.4, 1.8),
        Peer("scikit-learn", ("sklearn",), 7, 10)),
    mlp(256, 30720, 5, Peer("PyTorch", TORCH, 2.5, 3.5), Peer("JAX", JAX, 1.4, 1.7),
        Peer("scikit-learn", ("sklearn",))),
    mlp(16, 8000, 5, Peer("PyTorch", TORCH_SMALL, 4.5, 6), Peer("JAX", JAX, 1.5, 2),
        Peer("scikit-learn", ("sklearn",))),
    mlp(1, 1500, 5, Peer("PyTorch", TORCH_SMALL, 5, 10), Peer("JAX", JAX, 1.1, 2)),
    lenet(64, 1920, Peer("PyTorch", TORCH_IMAGES, 3, 4.5), Peer("JAX", JAX, 4, 6)),
    lenet(256, 2560, Peer("PyTorch", TORCH_IMAGES, 3, 4.3), Peer("JAX", JAX, 6, 9)),
    lenet(16, 960, Peer("PyTorch", TORCH_IMAGES), Peer("JAX", JAX)),
    lenet(1, 400, Peer("PyTorch", TORCH_IMAGES), Peer("JAX", JAX)),
    Case("adam_10m", "Adam, 10M values in 8 arrays with 8 multipliers, one example a step",
         Work(Net("beside", (8, 1250, 1000)), batch=1, examples=200, rates=8), "steps/s",
         (Peer("PyTorch, the whole step", ("torch fused",), 1.1, 1.25),
          Peer("PyTorch, its update alone", ("torch fused update",)))),
    transfer(1, "only the last linear layer learns",
             Peer("PyTorch, frozen", TORCH_FROZEN, 20, 40),
             Peer("PyTorch, features cached by hand", TORCH_CACHED, 3, 6)),
    transfer(2, "the last two linear layers learn",
             Peer("PyTorch, frozen", TORCH_FROZEN, 7, 11),
             Peer("PyTorch, features cached by hand", TORCH_CACHED, 2.5, 3.5)),
    inference("MLP", MLP, 1, 2000, Peer("PyTorch, eager", EAGER, 4, 6), onnx(1.4, 2),
              Peer("PyTorch, prepared", PREPARED)),
    inference("LeNet", LENET, 1, 1000, Peer("PyTorch, eager", EAGER, 5, 8),
              onnx(1.1, 1.5), Peer("PyTorch, prepared", PREPARED)),
    Case("start_mlp", "MLP, a fresh process to its first finished step",
         Work(MLP, task="start"), "s",
         (Peer("PyTorch", ("torch fused",), 3, 5), Peer("JAX", ("jax step",))),
         own=("wlnet", "wlnet empty cache"),
         limits=(Limit("wlnet", None, 0.8), Limit("wlnet empty cache", 10, 5))),
    Case("start_lenet", "LeNet, a fresh process to its first finished step",
         Work(LENET, task="start"), "s",
         (Peer("PyTorch", ("torch fused",), 3, 5), Peer("JAX", ("jax step",))),
         own=("wlnet", "wlnet empty cache"),
         limits=(Limit("wlnet empty cache", 10, 5),)),
    Case("start_new_net", "a net never seen, a fresh process to its first finished step; "
         "the cache has another net's kernels",
         Work(Net("mlp", (783, 251, 127, 11)), task="start", batch=61, examples=61), "s",
         (Peer("PyTorch", ("torch fused",)),), own=("wlnet new net", "wlnet")),
)  # fmt: skip
"""The rows of the goals."""


def residual(channels: int, size: int, examples: int, batch: int = 16, rounds: int = 3) -> Case:
    """A small residual net of 3x3 convolutions with batch normalization."""
    work = Work(Net("residual", (channels, size)), batch=batch, examples=examples, rounds=rounds)
    title = f"residual net, 3x3, {channels} channels at {size}x{size}, batch {batch}"
    peer = Peer("PyTorch", TORCH_IMAGES, 1.3, 2)
    name = f"residual_{channels}_{size}" + (f"_{batch}" if batch != 16 else "")
    return Case(name, title, work, "examples/s", (peer,))


def deep(last: int | None) -> Case:
    """Eight layers of 1024."""
    which = "only the last one learns" if last else "all learn"
    work = Work(DEEP, examples=1024, rounds=4, last=last)
    peer = Peer("PyTorch", TORCH)
    name, title = "deep_last" if last else "deep_all", f"8 layers 1024 wide, {which}, batch 64"
    return Case(name, title, work, "examples/s", (peer,), share=None if last else 0.7)


def wide(name: str, title: str, *sizes: int, batch: int, steps: int) -> Case:
    """An MLP whose weights do not fit into the caches of a core."""
    work = Work(Net("mlp", sizes), batch=batch, examples=batch * steps, rounds=4)
    peers = Peer("PyTorch", TORCH, 1.3, 1.7), Peer("JAX", JAX, 1.3, 1.7)
    title = f"MLP of {title}, batch {batch}"
    return Case(f"mlp_{name}", title, work, "examples/s", peers, share=0.7)


def recurrent(
    kind: Literal["lstm", "gru"], *sizes: int, batch: int, examples: int, rounds: int = 12
) -> Case:
    """A recurrent layer whose states are compared with given ones."""
    length, width, size = sizes
    work = Work(Net(kind, sizes), batch=batch, examples=examples, rounds=rounds)
    title = f"{kind.upper()} over {length} places, {width} wide, state of {size}, batch {batch}"
    peer = Peer("PyTorch", TORCH_SMALL, 1.3, 2)
    return Case(f"{kind}_{length}_{size}", title, work, "examples/s", (peer,), own=BOTH)


def attention(length: int, width: int, batch: int, examples: int, rounds: int) -> Case:
    """One head, written in small parts."""
    work = Work(Net("attention", (length, width)), batch=batch, examples=examples, rounds=rounds)
    title = f"attention over {length} places, {width} wide, batch {batch}"
    peer = Peer("PyTorch", ATTENTION, 1.3, 2)
    return Case(f"attention_{length}_{width}", title, work, "examples/s", (peer,))


def heads(
    kind: Literal["heads", "causal"], *sizes: int, batch: int, examples: int, rounds: int
) -> Case:
    """Attention of several heads, beside the function that PyTorch has for it."""
    length, width, count = sizes
    work = Work(Net(kind, sizes), batch=batch, examples=examples, rounds=rounds)
    what = "causal attention" if kind == "causal" else "attention"
    title = f"{what} of {count} heads over {length} places, {width} wide, batch {batch}"
    peer = Peer("PyTorch", TORCH_SMALL, 1.3, 2)
    return Case(f"{kind}_{length}_{width}", title, work, "examples/s", (peer,), own=BOTH)


ATTENTION = (*TORCH, "torch fused builtin", "torch fused builtin compile")
WIDE = (
    wide("6x1024", "6 layers 1024 wide", 784, *(1024,) * 5, 10, batch=64, steps=96),
    wide("3x2048", "3 hidden layers 2048 wide", 784, *(2048,) * 3, 10, batch=128, steps=48),
    wide("4x1500", "4 layers 1500 wide", *(1500,) * 4, 100, batch=100, steps=72),
    deep(None),
    deep(1),
)
RESIDUAL = (
    *(residual(channels, 32, examples, rounds=rounds)
      for channels, examples, rounds in ((32, 128, 6), (64, 64, 6), (128, 32, 3), (256, 16, 3))),
    *(residual(channels, 16, examples, rounds=rounds)
      for channels, examples, rounds in ((32, 512, 6), (64, 256, 6), (128, 128, 3), (256, 64, 3))),
    residual(13, 28, 64, batch=1, rounds=12),
    residual(48, 24, 100, batch=5),
    residual(64, 16, 256, batch=64, rounds=6),
    residual(100, 14, 96, batch=3),
    residual(200, 12, 80, batch=8),
)  # fmt: skip
RECURRENT = (
    *(recurrent(kind, 32, 64, 128, batch=64, examples=1280) for kind in ("lstm", "gru")),
    *(recurrent(kind, 29, 50, 100, batch=13, examples=390, rounds=12) for kind in ("lstm", "gru")),
    *(recurrent(kind, 16, 64, 256, batch=128, examples=640) for kind in ("lstm", "gru")),
    *(recurrent(kind, 40, 32, 32, batch=1, examples=200, rounds=25) for kind in ("lstm", "gru")),
    recurrent("lstm", 24, 100, 200, batch=30, examples=450),
)
SEQUENCES = (
    attention(64, 128, batch=16, examples=256, rounds=12),
    attention(61, 100, batch=13, examples=260, rounds=12),
    attention(256, 512, batch=4, examples=16, rounds=4),
    *(heads(kind, 64, 96, 3, batch=32, examples=640, rounds=8) for kind in ("heads", "causal")),
    *(heads(kind, 256, 128, 4, batch=8, examples=80, rounds=6) for kind in ("heads", "causal")),
    heads("heads", 32, 64, 4, batch=16, examples=800, rounds=16),
    heads("causal", 128, 256, 8, batch=8, examples=80, rounds=6),
    heads("heads", 256, 512, 8, batch=2, examples=16, rounds=4),
)
ANSWERS = (
    *(answers("MLP", MLP, batch, calls)
      for batch, calls in ((2, 4000), (9, 2000), (32, 1000), (256, 200), (1000, 60))),
    *(answers("LeNet", LENET, batch, calls) for batch, calls in ((5, 800), (32, 200), (256, 30))),
)  # fmt: skip
OTHERS = (
    *WIDE,
    *RESIDUAL,
    *SEQUENCES,
    *RECURRENT,
    Case("odd_mlp_61", "MLP 783-251-127-11, batch 61",
         Work(ODD, batch=61, examples=6100, rounds=4), "examples/s",
         (Peer("PyTorch", TORCH, 1, 2), Peer("JAX", JAX))),
    Case("odd_lenet_23", "LeNet on 29x29, batch 23",
         Work(Net("lenet", (29,)), batch=23, examples=920), "examples/s",
         (Peer("PyTorch", TORCH_IMAGES, 1, 2),)),
    *ANSWERS,
)  # fmt: skip
"""Other nets, other sizes."""
