"""What PyTorch exports, by both of its exporters, as nets that give the same."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("onnxscript") is None:
    pytest.skip("torch or onnxscript is not installed", allow_module_level=True)

import torch
from torch import nn
from torch.nn import functional as F


class Of(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


class Attention(nn.Module):
    def __init__(self, is_causal: bool = False) -> None:
        super().__init__()
        self.attend = nn.MultiheadAttention(8, 2, batch_first=True)
        mask = torch.triu(torch.ones(5, 5, dtype=torch.bool), 1) if is_causal else None
        self.register_buffer("mask", mask)

    def forward(self, x: Any) -> Any:
        return self.attend(x, x, x, need_weights=False, attn_mask=self.mask)[0]


class Decoder(nn.Module):
    """As GPT: tokens, places, causal attention, and a table of words at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(13, 8), nn.Embedding(7, 8)
        self.norm, self.both = nn.LayerNorm(8), nn.Linear(8, 24)
        self.project, self.head = nn.Linear(8, 8), nn.Linear(8, 13, bias=False)

    def forward(self, x: Any) -> Any:
        count, length = x.shape
        h = self.words(x) + self.places(torch.arange(length))
        parts = self.both(self.norm(h)).chunk(3, -1)
        q, k, v = (part.view(count, length, 2, 4).transpose(1, 2) for part in parts)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.head(h + self.project(seen.transpose(1, 2).reshape(count, length, 8)))


class Seq2Seq(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.both = nn.Transformer(8, 2, 1, 1, 16, batch_first=True, dropout=0.0)

    def forward(self, x: Any) -> Any:
        return self.both(x, x)


class Recurrent(nn.Module):
    def __init__(self, kind: Any, **options: Any) -> None:
        super().__init__()
        self.layer = kind(3, 4, batch_first=True, **options)

    def forward(self, x: Any) -> Any:
        y, states = self.layer(x)
        return (y, *(states if isinstance(states, tuple) else (states,)))


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(3, 4, 3, 2, 1), nn.ConvTranspose2d(4, 4, 2, 2)
        self.out = nn.Conv2d(7, 1, 1)

    def forward(self, x: Any) -> Any:
        return self.out(torch.cat([x, F.relu(self.up(F.relu(self.down(x))))], 1))


class Gated(nn.Module):
    """Channels weighed by what a linear layer sees of all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.see, self.weigh = nn.Conv2d(3, 4, 3), nn.Linear(4, 4)

    def forward(self, x: Any) -> Any:
        x = self.see(x)
        return x * torch.sigmoid(self.weigh(x.mean((2, 3))))[:, :, None, None]


class Scaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.by, self.through = nn.Parameter(torch.rand(3, 1, 1)), nn.Parameter(torch.tensor(1.7))

    def forward(self, x: Any) -> Any:
        return x * self.by / self.through


def many() -> nn.Module:
    return nn.Sequential(
        nn.LeakyReLU(0.2), nn.ELU(0.7), nn.SELU(), nn.CELU(1.3), nn.GELU("tanh"), nn.SiLU(),
        nn.Mish(), nn.Hardswish(), nn.Hardsigmoid(), nn.Softplus(), nn.Softsign(), nn.Tanhshrink(),
        nn.Hardtanh(-0.5, 0.6), nn.LogSigmoid(),
    )  # fmt: skip


VECTOR, SEQUENCE, SIGNAL = (2, 6), (2, 5, 8), (2, 3, 12)
PICTURE, VOLUME = (2, 3, 8, 8), (2, 2, 5, 5, 5)
TOKENS = "tokens"
MODELS: dict[str, tuple[Callable[[], nn.Module], Any]] = {
    "conv1d": (lambda: nn.Conv1d(3, 4, 3, padding=1, dilation=2), SIGNAL),
    "conv3d": (lambda: nn.Conv3d(2, 3, 2), VOLUME),
    "depthwise": (lambda: nn.Sequential(
        nn.Conv2d(3, 6, 3, groups=3, padding="same"), nn.ReLU6(), nn.Conv2d(6, 2, 1)), PICTURE),
    "transposed": (lambda: nn.ConvTranspose2d(
        3, 2, 3, stride=2, padding=1, output_padding=1), PICTURE),
    "transposed groups": (lambda: nn.ConvTranspose1d(3, 3, 4, stride=3, groups=3), SIGNAL),
    "group norm": (lambda: nn.GroupNorm(3, 3), PICTURE),
    "instance norm": (lambda: nn.InstanceNorm2d(3, affine=True), PICTURE),
    "layer norm": (lambda: nn.LayerNorm((5, 8)), SEQUENCE),
    "batch norm": (lambda: nn.BatchNorm1d(6), VECTOR),
    "batch norm 3d": (lambda: nn.BatchNorm3d(2), VOLUME),
    "prelu": (lambda: nn.PReLU(3), PICTURE),
    "many": (many, VECTOR),
    "glu": (lambda: nn.GLU(1), VECTOR),
    "log softmax": (lambda: nn.LogSoftmax(1), VECTOR),
    "max pool": (lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=True), PICTURE),
    "mean pool": (lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=False), PICTURE),
    "mean pool up": (lambda: nn.AvgPool1d(3, 2, 1, ceil_mode=True), SIGNAL),
    "adaptive": (lambda: nn.AdaptiveAvgPool2d((2, 4)), PICTURE),
    "upsample": (lambda: nn.Upsample(scale_factor=2), PICTURE),
    "bilinear": (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), PICTURE),
    "corners": (lambda: nn.Upsample(size=(15, 9), mode="bilinear", align_corners=True), PICTURE),
    "bicubic": (lambda: nn.Upsample(size=(11, 5), mode="bicubic"), PICTURE),
    "nearest": (lambda: nn.Upsample(size=(4, 5)), PICTURE),
    "pixel shuffle": (lambda: nn.Sequential(nn.Conv2d(3, 8, 1), nn.PixelShuffle(2)), PICTURE),
    "pads": (lambda: nn.Sequential(
        nn.ReflectionPad2d(2), nn.ReplicationPad2d((1, 0, 0, 2)), nn.ConstantPad2d(1, 3.0)),
        PICTURE),
    "attention": (Attention, SEQUENCE),
    "causal": (lambda: Attention(True), SEQUENCE),
    "decoder": (Decoder, TOKENS),
    "seq2seq": (Seq2Seq, SEQUENCE),
    "lstm": (lambda: Recurrent(nn.LSTM, num_layers=2, bidirectional=True), (2, 5, 3)),
    "gru": (lambda: Recurrent(nn.GRU), (2, 5, 3)),
    "rnn": (lambda: Recurrent(nn.RNN, bidirectional=True), (2, 5, 3)),
    "unet": (UNet, PICTURE),
    "gated": (Gated, PICTURE),
    "scaled": (Scaled, PICTURE),
    "einsum": (lambda: Of(lambda x: torch.einsum("bij,bkj->bik", x, x)), SEQUENCE),
    "statistics": (lambda: Of(lambda x: torch.stack(
        [x.mean(1), x.std(1), x.amax(1), x.var(1, unbiased=False)], 1)), SEQUENCE),
    "slices": (lambda: Of(lambda x: torch.cat([x[:, 1:4, ::2], x[:, -3:, :4]], -1)), SEQUENCE),
    "where": (lambda: Of(lambda x: torch.where(x > 0, x.exp(), x * 3)), VECTOR),
    "orders": (lambda: Of(lambda x: x.sort(1)[0] + x.flip(1) + x.roll(2, 1)), VECTOR),
    "powers": (lambda: Of(lambda x: (x.abs() + 0.1) ** 1.7 + x**3 + 2**x), VECTOR),
    "one hot": (lambda: Of(lambda x: F.one_hot(x, 13).float()), TOKENS),
    "largest": (lambda: Of(lambda x: x.topk(2, 1)[0] + x.argmax(1, keepdim=True)), VECTOR),
}  # fmt: skip


def exported(model: nn.Module, x: Any, way: str, file: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if way == "legacy":
            torch.onnx.export(
                model, (x,), str(file), dynamo=False, input_names=["x"],
                dynamic_axes={"x": {0: "batch"}},
            )  # fmt: skip
        else:
            torch.onnx.export(
                model, (x,), str(file), dynamo=True, external_data=False, verbose=False,
                dynamic_shapes=({0: torch.export.Dim("batch", min=2)},),
            )  # fmt: skip


@pytest.mark.parametrize("way", ["legacy", "dynamo"])
@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_pytorch_exports_gives_the_same_here(
    name: str, way: str, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    make, shape = MODELS[name]
    model = make().eval()
    x = torch.randint(0, 13, (2, 5)) if shape == TOKENS else torch.randn(shape)
    file = tmp_path / "net.onnx"
    exported(model, x, way, file)
    net = wl.onnx.import_net(file)
    for given in (x, torch.cat([x, x + 0])[:3]):
        with torch.no_grad():
            wanted = model(given)
        wanted = wanted if isinstance(wanted, tuple) else (wanted,)
        made = net(given.numpy())
        made = list(made.values()) if isinstance(made, dict) else [made]
        assert len(made) == len(wanted)
        for one, other in zip(made, wanted, strict=True):
            # A net has the batch first, where PyTorch has the states of layers.
            turned = [np.moveaxis(one, 0, i) for i in range(np.ndim(one))]
            assert min(
                np.abs(each - other.numpy()).max()
                for each in turned if each.shape == tuple(other.shape)
            ) < 1e-5 * max(1, float(other.abs().max()))  # fmt: skip
