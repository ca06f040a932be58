"""convert: nets to files of other programs and back, arrays of other programs into nets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import wlnet as wl
from tests.cli.conftest import Command, training_of

X = training_of()["Input"]


def test_a_net_goes_to_onnx_and_comes_back(wlnet: Command, small_net: wl.NetChain) -> None:
    assert wlnet("convert", "net.wlnet", "net.onnx").status == 0
    said = wlnet("convert", "net.onnx", "back.wlnet", "--json")
    assert said.value == {"File": "back.wlnet", "Arrays": None}
    np.testing.assert_allclose(wl.load("back.wlnet")(X), small_net(X, None), atol=1e-6)


def test_an_onnx_file_has_the_precision_that_is_asked_for(wlnet: Command) -> None:
    import onnx

    words = ("--working-precision", "Real64", "--encoders")
    assert wlnet("convert", "net.wlnet", "net.onnx", *words).status == 0
    kind = onnx.load("net.onnx").graph.input[0].type.tensor_type.elem_type
    assert kind == onnx.TensorProto.DOUBLE


def test_a_net_goes_to_the_wolfram_language_and_comes_back(
    wlnet: Command, small_net: wl.NetChain
) -> None:
    assert wlnet("convert", "net.wlnet", "net.wxf").status == 0
    assert wlnet("convert", "net.wxf", "back.wlnet").status == 0
    assert wl.load("back.wlnet") == small_net
    assert wlnet("convert", "net.wlnet", "net.wl").status == 0
    assert Path("net.wl").read_text() == f"{wl.wolfram.input_form(small_net)}\n"


def test_a_wlnet_file_of_the_wolfram_language_is_told_by_its_first_bytes(
    wlnet: Command, monkeypatch: pytest.MonkeyPatch, small_net: wl.NetChain
) -> None:
    Path("theirs.wlnet").write_bytes(b"\x89HDF\r\n\x1a\n")
    monkeypatch.setattr(wl.wolfram, "read_net", lambda file: {"theirs.wlnet": small_net}[file])
    assert wlnet("convert", "theirs.wlnet", "ours.wlnet").status == 0
    assert wl.load("ours.wlnet") == small_net


def test_an_onnx_file_takes_what_encoders_take_where_that_is_asked(wlnet: Command) -> None:
    import onnx

    encoder = wl.NetEncoder("Image", (4, 4), color_space="Grayscale")
    wl.save(wl.net_initialize(wl.NetChain([wl.FlattenLayer(), 2], input=encoder)), "see.wlnet")
    for words, kind in (((), onnx.TensorProto.FLOAT), (("--encoders",), onnx.TensorProto.UINT8)):
        assert wlnet("convert", "see.wlnet", "see.onnx", "--force", *words).status == 0
        assert onnx.load("see.onnx").graph.input[0].type.tensor_type.elem_type == kind


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_arrays_go_to_a_file_and_come_back(
    wlnet: Command, small_net: wl.NetChain, suffix: str
) -> None:
    assert wlnet("convert", "net.wlnet", f"arrays{suffix}").status == 0
    other = wl.net_initialize(small_net, random_seeding=5, all=True)
    assert other != small_net
    wl.save(other, "other.wlnet")
    said = wlnet("convert", f"arrays{suffix}", "back.wlnet", "--into", "other.wlnet")
    assert said.status == 0
    assert "hidden/Weights" in said.out
    assert wlnet("diff", "net.wlnet", "back.wlnet").status == 0


def pytorch(net: wl.NetChain) -> None:
    """A file as PyTorch would write one."""
    arrays = {
        f"{name}.{kind.lower().removesuffix('es' if kind == 'Biases' else 's')}": np.array(
            net[part, kind]
        )
        for part, name in (("hidden", "first"), ("read", "last"))
        for kind in ("Weights", "Biases")
    }
    save_file(arrays, "model.safetensors")


def test_arrays_of_pytorch_are_put_where_the_map_says(
    wlnet: Command, small_net: wl.NetChain
) -> None:
    pytorch(small_net)
    assert set(load_file("model.safetensors")) == {
        "first.weight", "first.bias", "last.weight", "last.bias"
    }  # fmt: skip
    wl.save(wl.net_initialize(small_net, random_seeding=5, all=True), "other.wlnet")
    words = ("convert", "model.safetensors", "back.wlnet", "--into", "other.wlnet", "--force")
    assert wlnet(*words, "--layout", "PyTorch").status == 0
    assert wlnet("diff", "net.wlnet", "back.wlnet").status == 0
    assert wlnet(*words, "--map", "hidden=first", "--map", "read=last").status == 0
    assert wlnet("diff", "net.wlnet", "back.wlnet").status == 0
    said = wlnet(*words, "--map", "hidden=none", "--map", "read=last", "--partial", "--json")
    assert {row["array"][0] for row in said.value["Arrays"]} >= {"read"}
    told = wlnet("diff", "net.wlnet", "back.wlnet", "--json").value["Arrays"]
    assert list(told) == ["hidden/Weights"]
    assert wlnet(*words, "--map", "read=lost").status == 1


def test_arrays_go_back_under_the_names_they_came_with(
    wlnet: Command, small_net: wl.NetChain
) -> None:
    pytorch(small_net)
    words = ("--like", "model.safetensors", "--layout", "PyTorch", "--map", "hidden=first")
    assert wlnet("convert", "net.wlnet", "back.safetensors", *words).status == 0
    before, after = (load_file(f"{name}.safetensors") for name in ("model", "back"))
    assert before.keys() == after.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("net.wlnet", "net.png"), "not converted"),
        (("net.txt", "net.onnx"), "not converted"),
        (("model.safetensors", "back.wlnet"), "--into net.wlnet"),
        (("net.wlnet", "net.onnx", "--into", "net.wlnet", "--partial"), "2 faults"),
        (("net.wlnet", "a.npz", "--encoders"), "an ONNX file alone"),
        (("model.safetensors", "b.wlnet", "--into", "net.wlnet", "--map", "hidden"), "both sides"),
        (("model.safetensors", "b.wlnet", "--into", "net.wlnet", "--map", "a//b=c"), "empty step"),
        (("nowhere.onnx", "b.wlnet"), "nowhere.onnx"),
        (("net.wlnet", "b.onnx", "--like", "model.safetensors"), "arrays go out alone"),
        (("net.wlnet", "model.safetensors"), "there already"),
        (("net.wlnet", "net.wlnet", "--force"), "the command reads this"),
    ],
)
def test_what_cannot_be_converted_is_told(
    wlnet: Command, small_net: wl.NetChain, words: tuple[str, ...], told: str
) -> None:
    pytorch(small_net)
    before = sorted(Path().iterdir())
    said = wlnet("convert", *words)
    assert said.status == 1
    assert told in said.err
    assert sorted(Path().iterdir()) == before
