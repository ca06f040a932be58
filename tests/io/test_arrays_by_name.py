"""Arrays by name: files of PyTorch, Keras and NumPy into nets, and out of them."""

from __future__ import annotations

import contextlib
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import wlnet as wl
from tests.io.nets_of_peers import FILES, KERAS, TORCH, file_of
from wlnet.io.named.layouts import LAYOUTS

NETS = {**TORCH, **KERAS}
random = np.random.default_rng(1)


def numbers(*shape: int) -> Any:
    return random.uniform(-1, 1, shape).astype(np.float32)


def chain(*sizes: int, of: int) -> wl.NetChain:
    return wl.NetChain([wl.LinearLayer(size) for size in sizes], input=of)


def named(tmp_path: Path, **arrays: Any) -> Path:
    """A file of arrays: two lines in a name stand for a dot."""
    file = tmp_path / "arrays.safetensors"
    save_file({key.replace("__", "."): value for key, value in arrays.items()}, file)
    return file


def faults(kind: type[Exception], *args: Any, **options: Any) -> str:
    with pytest.raises(kind) as told:
        wl.net_import_arrays(*args, **options)
    return str(told.value)


# What frameworks write


@pytest.mark.parametrize("name", NETS)
def test_a_net_with_the_arrays_of_a_peer_answers_as_the_peer(name: str) -> None:
    told = np.load(FILES / f"{name}.npz")
    net = wl.net_import_arrays(NETS[name], file_of(name))
    assert np.allclose(net(told["Input"]), told["Output"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layout", ["PyTorch", "Keras"])
def test_every_row_of_the_table_of_layouts_is_held_against_its_framework(layout: str) -> None:
    table = LAYOUTS[layout]
    nets = TORCH if layout == "PyTorch" else KERAS
    kinds = {kind for net in nets.values() for kind in wl.information(net, "LayerTypeCounts")}
    assert table is not None
    assert set(table) <= kinds


def test_the_report_says_what_became_what_and_what_was_done_with_it() -> None:
    report = wl.net_import_arrays(KERAS["keras_pictures"], file_of("keras_pictures"), prop="Report")
    rows = {row["array"]: row for row in report.to_records()}
    assert "Keras" in str(report)
    assert rows[8, "Weights"] == {
        "array": (8, "Weights"),
        "shape": (5, 24),
        "in the file": ("layers/dense/vars/0",),
        "shape there": ((24, 5),),
        "how": "transposed, places and channels exchanged",
        "found": "by shape",
    }


def test_counters_and_optimizers_are_left_without_a_word() -> None:
    left = wl.net_import_arrays(TORCH["torch_pictures"], file_of("torch_pictures"), prop="LeftOver")
    assert left == ["1.num_batches_tracked"]


def test_biases_that_the_reset_gate_of_a_gru_acts_on_have_no_place(tmp_path: Path) -> None:
    arrays = load_file(file_of("torch_recurrent"))
    arrays["gru.bias_hh_l0"][-1] = 0.5
    told = faults(wl.FormatError, TORCH["torch_recurrent"], named(tmp_path, **arrays))
    assert "gru.bias_hh_l0" in told
    assert "gru/MemoryGateBiases" in told


def test_levels_and_directions_of_recurrent_layers_have_names(tmp_path: Path) -> None:
    arrays = {}
    for end in ("l0", "l0_reverse", "l1", "l1_reverse"):
        arrays[f"rnn__weight_ih_{end}"] = numbers(3, 3 if end[1] == "0" else 6)
        arrays[f"rnn__weight_hh_{end}"] = numbers(3, 3)
        arrays[f"rnn__bias_ih_{end}"] = arrays[f"rnn__bias_hh_{end}"] = numbers(3)
    both = wl.NetBidirectionalOperator(wl.BasicRecurrentLayer(3))
    net = wl.NetChain([both, both], input=(4, 3))
    mapping = {
        (level + 1, side): f"rnn_l{level}{end}"
        for level in range(2)
        for side, end in (("Forward", ""), ("Backward", "_reverse"))
    }
    new = wl.net_import_arrays(net, named(tmp_path, **arrays), mapping)
    assert (new[2, "Backward", "InputWeights"] == arrays["rnn__weight_ih_l1_reverse"]).all()
    assert (new[1, "Forward", "Biases"] == 2 * arrays["rnn__bias_ih_l0"]).all()


def test_halves_are_widened_and_double_precision_is_rounded(tmp_path: Path) -> None:
    halves = numbers(2, 3).astype(np.float16)
    file = named(tmp_path, fc__weight=halves, fc__bias=np.array([0.1, 2]))
    net = wl.net_import_arrays(chain(2, of=3), file)
    assert (net[1, "Weights"] == halves.astype(np.float32)).all()
    assert net[1, "Biases"].dtype == np.float32
    # The same bits as bfloat16: the upper halves of numbers of single precision.
    file.write_bytes(as_bfloat16(file.read_bytes()))
    net = wl.net_import_arrays(chain(2, of=3), file)
    upper = halves.view(np.uint16).astype(np.uint32) << 16
    assert (net[1, "Weights"] == upper.view(np.float32)).all()


def as_bfloat16(data: bytes) -> bytes:
    size = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + size].replace(b'"F16"', b'"BF16"').rstrip()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[8 + size :]


# Own names


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
@pytest.mark.parametrize("name", NETS)
def test_arrays_that_were_exported_come_back_to_the_bit(
    name: str, suffix: str, tmp_path: Path
) -> None:
    net = wl.net_initialize(NETS[name])
    file = wl.net_export_arrays(net, tmp_path / f"arrays{suffix}")
    assert wl.net_import_arrays(NETS[name], file) == net


def test_the_arrays_of_a_saved_net_are_read_from_its_file(tmp_path: Path) -> None:
    shared = wl.NetSharedArray("w")
    net = wl.NetChain(
        [wl.LinearLayer(2, weights=shared), wl.LinearLayer(2, weights=shared)], input=2
    )
    full = wl.net_initialize(net)
    file = wl.save(full, tmp_path / "net.wlnet")
    assert wl.net_import_arrays(net, file) == full


@pytest.mark.parametrize("name", NETS)
def test_a_net_goes_back_to_its_framework_in_the_names_and_the_layout_of_its_file(
    name: str, tmp_path: Path
) -> None:
    net = wl.net_import_arrays(NETS[name], file_of(name))
    file = wl.net_export_arrays(net, tmp_path / "back.safetensors", like=file_of(name))
    layout = "PyTorch" if name in TORCH else "Keras"
    assert wl.net_import_arrays(NETS[name], file, layout=layout) == net
    if name in TORCH:
        old, new = load_file(file_of(name)), load_file(file)
        assert set(old) - set(new) <= {"1.num_batches_tracked"}
        for entry, array in new.items():
            # Two biases that are added up are one number for the net.
            assert array.shape == old[entry].shape
            assert "bias_" in entry or np.array_equal(array, old[entry])


def test_what_has_no_place_in_a_file_like_another_is_told(tmp_path: Path) -> None:
    file = named(
        tmp_path, fc__weight=numbers(2, 3), fc__bias=numbers(2), more__weight=numbers(9, 9)
    )
    net = wl.net_initialize(chain(2, of=3))
    wl.net_export_arrays(net, tmp_path / "new.npz", like=file)
    assert list(np.load(tmp_path / "new.npz")) == ["fc.weight", "fc.bias"]
    with pytest.raises(wl.FormatError, match="2/Weights, 2/Biases"):
        wl.net_export_arrays(wl.net_initialize(chain(2, 5, of=3)), tmp_path / "b.npz", like=file)


def test_only_a_net_with_numbers_is_exported(tmp_path: Path) -> None:
    with pytest.raises(wl.NotInitializedError, match="1/Weights, 1/Biases"):
        wl.net_export_arrays(chain(2, of=3), tmp_path / "a.npz")
    with pytest.raises(wl.OptionError, match="safetensors"):
        wl.net_export_arrays(wl.net_initialize(chain(2, of=3)), tmp_path / "a.pt")
    assert list(tmp_path.iterdir()) == []


def test_rules_coders_and_names_stay_as_they_are(tmp_path: Path) -> None:
    decoder = wl.NetDecoder("Class", ["a", "b"])
    rules = {"read": 0.1, wl.ANY: None}
    net = wl.NetChain({"read": 2, "max": wl.SoftmaxLayer()}, input=3, output=decoder,
                      learning_rate_multipliers=rules)  # fmt: skip
    new = wl.net_import_arrays(
        net, named(tmp_path, read__weight=numbers(2, 3), read__bias=numbers(2))
    )
    assert new.learning_rate_multipliers == rules
    assert new([1, 2, 3]) in ("a", "b")
    assert (
        wl.net_replace_part(new, {(1, "Weights"): wl.AUTOMATIC, (1, "Biases"): wl.AUTOMATIC}) == net
    )


# Which is which


def test_numbers_in_names_are_counted(tmp_path: Path) -> None:
    arrays = {f"l{n}__{slot}": numbers(*shape) for n in (2, 9, 10) for slot, shape in
              (("weight", (4, 4)), ("bias", (4,)))}  # fmt: skip
    new = wl.net_import_arrays(chain(4, 4, 4, of=4), named(tmp_path, **arrays))
    for part, n in ((1, 2), (2, 9), (3, 10)):
        assert (new[part, "Weights"] == arrays[f"l{n}__weight"]).all()


def test_names_that_tell_no_order_are_an_error_that_says_what_to_write(tmp_path: Path) -> None:
    arrays = {f"{n}__{slot}": numbers(*shape) for n in ("up", "down") for slot, shape in
              (("weight", (4, 4)), ("bias", (4,)))}  # fmt: skip
    file = named(tmp_path, **arrays)
    told = faults(wl.FormatError, chain(4, 4, of=4), file)
    assert "down, up" in told
    assert "mapping={1: 'down', ...}" in told
    new = wl.net_import_arrays(chain(4, 4, of=4), file, {1: "up", 2: "down"})
    assert (new[2, "Biases"] == arrays["down__bias"]).all()
    net = wl.NetChain({"up": 4, "down": 4}, input=4)
    assert (wl.net_import_arrays(net, file)["up", "Biases"] == arrays["up__bias"]).all()


def test_the_order_of_entries_in_a_file_tells_nothing(tmp_path: Path) -> None:
    arrays = {f"l{n}.{slot}": numbers(*shape) for n in (10, 2) for slot, shape in
              (("weight", (4, 4)), ("bias", (4,)))}  # fmt: skip
    np.savez(tmp_path / "a.npz", **arrays)
    new = wl.net_import_arrays(chain(4, 4, of=4), tmp_path / "a.npz")
    assert (new[1, "Weights"] == arrays["l2.weight"]).all()
    words = {name.replace("l10", "up").replace("l2", "down"): arrays[name] for name in arrays}
    np.savez(tmp_path / "b.npz", **words)
    told = faults(wl.FormatError, chain(4, 4, of=4), tmp_path / "b.npz")
    assert "mapping={1: 'down', ...}" in told
    # Arrays without names of layers, too.
    np.savez(tmp_path / "c.npz", v=numbers(4, 4), u=numbers(4, 4))
    net = wl.NetChain([wl.LinearLayer(4, biases=None), wl.LinearLayer(4, biases=None)], input=4)
    assert "tell no order" in faults(wl.FormatError, net, tmp_path / "c.npz", layout="wlnet")


def test_layers_that_only_their_order_tells_apart_go_back_with_a_mapping(tmp_path: Path) -> None:
    arrays = {f"fc{n}__{slot}": numbers(*shape) for n in (1, 2) for slot, shape in
              (("weight", (4, 4)), ("bias", (4,)))}  # fmt: skip
    file = named(tmp_path, **arrays)
    net = chain(4, 4, of=4)
    swapped = {1: "fc2", 2: "fc1"}
    for said in ({}, swapped):
        new = wl.net_import_arrays(net, file, said)
        with pytest.raises(wl.FormatError, match=r"mapping=\{\} where it had none") as told:
            wl.net_export_arrays(new, tmp_path / "b.safetensors", like=file)
        assert not (tmp_path / "b.safetensors").exists()
        assert "given:    1, 2" in str(told.value)
        back = load_file(wl.net_export_arrays(new, tmp_path / "c.safetensors", file, said))
        assert all(np.array_equal(back[name], load_file(file)[name]) for name in back)


def test_a_layer_that_fits_alone_is_found_whatever_it_is_called(tmp_path: Path) -> None:
    arrays = {"z__weight": numbers(5, 3), "z__bias": numbers(5), "a__weight": numbers(2, 5),
              "a__bias": numbers(2)}  # fmt: skip
    new = wl.net_import_arrays(chain(5, 2, of=3), named(tmp_path, **arrays))
    assert (new[1, "Weights"] == arrays["z__weight"]).all()


def test_where_nothing_tells_how_a_matrix_lies_it_must_fit_in_one_way(tmp_path: Path) -> None:
    w, b = numbers(3, 2), numbers(2)
    np.savez(tmp_path / "a.npz", w=w, b=b)
    new, report = wl.net_import_arrays(chain(2, of=3), tmp_path / "a.npz", prop=["Net", "Report"])
    assert (new[1, "Weights"] == w.T).all()
    assert "transposed" in report
    square = numbers(3, 3)
    np.savez(tmp_path / "s.npz", w=square, b=numbers(3))
    told = faults(wl.FormatError, chain(3, of=3), tmp_path / "s.npz")
    assert "1/Weights" in told
    assert "layout=" in told
    for layout, lies in (("PyTorch", square), ("wlnet", square), ("Keras", square.T)):
        new = wl.net_import_arrays(chain(3, of=3), tmp_path / "s.npz", layout=layout)
        assert (new[1, "Weights"] == lies).all()


def test_one_error_tells_all_that_is_missing_left_over_and_misshapen(tmp_path: Path) -> None:
    net = wl.NetChain({"a": 2, "b": 4, "c": wl.LinearLayer(5), "d": 6}, input=3)
    file = named(
        tmp_path,
        a__weight=numbers(3, 2), a__bias=numbers(2), b__weight=numbers(4, 2), b__bias=numbers(7),
        d__weight=numbers(6, 5), d__bias=numbers(6), e__weight=numbers(9, 9),
    )  # fmt: skip
    told = faults(wl.FormatError, net, file)
    assert told.startswith("4 faults")
    assert "c/Weights, c/Biases" in told
    assert "e.weight" in told
    assert "a.weight (3, 2)" in told
    assert "(2, 3)" in told
    assert "transpose?" in told
    assert "b.bias (7,)" in told
    # Without a name in common, what stands at the same place is compared.
    told = faults(
        wl.FormatError, chain(2, of=3), named(tmp_path, x__weight=numbers(2, 4), x__bias=numbers(2))
    )
    assert "x.weight (2, 4)" in told
    assert "left" not in told


def test_a_part_of_a_file_goes_into_a_part_of_a_net(tmp_path: Path) -> None:
    arrays = {f"model.body.{n}.{slot}": numbers(*shape) for n in (0, 2) for slot, shape in
              (("weight", (3, 3)), ("bias", (3,)))}  # fmt: skip
    arrays |= {"model.head.weight": numbers(8, 3), "model.head.bias": numbers(8)}
    file = named(tmp_path, **arrays)
    net = wl.net_initialize(wl.NetChain({"inner": chain(3, 3, of=3), "new": 2}))
    told = faults(wl.FormatError, net, file)
    assert "new/Weights" in told
    assert "model.head.weight" in told
    ways: list[dict[str, Any]] = [
        {"mapping": {"inner": "model.body", "new": None}, "partial": True},
        {"mapping": lambda name: "inner" if "body" in name else None, "partial": True},
        {"partial": True},
    ]
    for way in ways:
        new = wl.net_import_arrays(net, file, **way)
        assert (new["inner", 2, "Weights"] == arrays["model.body.2.weight"]).all()
        assert (new["new", "Weights"] == net["new", "Weights"]).all()
    missing = wl.net_import_arrays(net, file, partial=True, prop="Missing")
    assert missing == [("new", "Weights"), ("new", "Biases")]


def test_a_file_that_has_nothing_of_a_net_is_an_error_even_so(tmp_path: Path) -> None:
    file = named(tmp_path, x__weight=numbers(9, 9))
    assert "nothing in the file" in faults(wl.FormatError, chain(2, of=3), file, partial=True)


def test_a_transform_gets_the_array_as_the_net_would_have_it(tmp_path: Path) -> None:
    packed = numbers(6, 3)
    file = named(tmp_path, qkv=packed, bias=numbers(2))
    parts = {name: wl.LinearLayer(2, biases=None) for name in ("q", "k")}
    net = wl.NetChain(parts, input=3)
    mapping = {("q", "Weights"): "qkv", ("k", "Weights"): "qkv"}
    transform = {("q", "Weights"): lambda w: w[:2], ("k", "Weights"): lambda w: w[2:4, :2]}
    new = wl.net_import_arrays(net, file, mapping, transform, layout="PyTorch", partial=True)
    assert (new["q", "Weights"] == packed[:2]).all()
    assert (new["k", "Weights"] == packed[2:4, :2]).all()
    told = faults(wl.FormatError, net, file, mapping, {**transform, "q": np.transpose},
                  layout="PyTorch", partial=True)  # fmt: skip
    assert "q/Weights" in told
    assert "(3, 6)" in told


def test_a_shared_array_is_one(tmp_path: Path) -> None:
    tied = wl.NetSharedArray("w")
    net = wl.NetChain(
        [wl.LinearLayer(3, weights=tied), "Tanh", wl.LinearLayer(3, weights=tied)], input=3
    )
    w = numbers(3, 3)
    arrays = {"a1__weight": w, "a1__bias": numbers(3), "a2__weight": w, "a2__bias": numbers(3)}
    assert (wl.net_import_arrays(net, named(tmp_path, **arrays))[wl.NetSharedArray("w")] == w).all()
    told = faults(wl.FormatError, net, named(tmp_path, **{**arrays, "a2__weight": w + 1}))
    assert "a1.weight and a2.weight" in told
    assert "NetSharedArray('w')" in told


@pytest.mark.parametrize("places", ["ac", "a", "c", ""])
def test_a_shared_array_stands_at_any_of_its_places(places: str, tmp_path: Path) -> None:
    tied = wl.NetSharedArray("w")
    nets = [
        wl.NetChain({"a": wl.LinearLayer(3, weights=tied), "t": "Tanh",
                     "c": wl.LinearLayer(3, weights=tied)}, input=3),
        wl.NetChain({"a": wl.EmbeddingLayer(3, 5, weights=tied),
                     "c": wl.NetMapOperator(wl.LinearLayer(5, weights=tied))}, input=(4,)),
    ]  # fmt: skip
    for net, w in zip(nets, (numbers(3, 3), numbers(5, 3)), strict=True):
        arrays = {f"{place}__weight": w for place in places} | {"c__bias": numbers(len(w))}
        if net is nets[0]:
            arrays["a__bias"] = numbers(3)
        file = named(tmp_path, **arrays)
        if places:
            new = wl.net_import_arrays(net, file)
            assert (new[tied] == w).all()
        else:
            assert "~shared" in (told := faults(wl.FormatError, net, file)) or "'w'" in told


def test_what_is_said_must_be_there_and_all_that_is_not_is_told(tmp_path: Path) -> None:
    file = named(tmp_path, fc__weight=numbers(2, 3), fc__bias=numbers(2))
    told = faults(wl.WlnetError, chain(2, of=3), file, {7: "fc", 1: "fx", (1, "Biases"): 3})
    assert "there is no part 7" in told
    assert "did you mean 'fc" in told
    assert told.startswith("3 faults")
    told = faults(wl.OptionError, 3, file)
    assert "takes a net" in told
    told = faults(
        wl.WlnetError, chain(2, of=3), file, layout="Torch", partial=2, transform=3, prop="X"
    )
    assert told.startswith("4 faults")
    assert "safetensors.torch.save_file" in faults(
        wl.OptionError, chain(2, of=3), tmp_path / "a.pth"
    )


# Files that are not what they should be


@pytest.mark.parametrize("place", ["length", "offsets", "shape", "dtype", "cut", "nan", "twice"])
def test_a_safetensors_file_that_lies_is_a_format_error(place: str, tmp_path: Path) -> None:
    file = named(tmp_path, fc__weight=numbers(2, 3), fc__bias=numbers(2))
    data = file.read_bytes()
    wrong = {
        "length": (2**60).to_bytes(8, "little") + data[8:],
        "offsets": data.replace(b'"data_offsets":[0,8]', b'"data_offsets":[0,9]'),
        "shape": data.replace(b'"shape":[2,3]', b'"shape":[9,9]'),
        "dtype": data.replace(b'"dtype":"F32"', b'"dtype":"F99"'),
        "cut": data[:-1],
        "nan": data[:-4] + b"\xff\xff\xff\xff",
        "twice": data.replace(b'"fc.bias"', b'"fc.weight"').replace(b"  ", b"", 1),
    }[place]
    assert wrong != data
    file.write_bytes(wrong)
    faults(wl.FormatError, chain(2, of=3), file)


def test_an_npz_file_is_read_without_pickles_and_without_faith_in_sizes(tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    np.savez(file, w=np.array([{"a": 1}], dtype=object))
    assert "another type" in faults(wl.FormatError, chain(2, of=3), file)
    with zipfile.ZipFile(file, "w") as parts, io.BytesIO() as entry:
        np.lib.format.write_array_header_1_0(
            entry, {"descr": "<f4", "fortran_order": False, "shape": (2**40, 3)}
        )
        parts.writestr("w.npy", entry.getvalue())
    assert "larger than its entry" in faults(wl.FormatError, chain(2, of=3), file)
    np.savez(file, w=numbers(2, 3), b=numbers(2))
    data = file.read_bytes()
    for place in range(0, len(data), 9):
        damaged = bytearray(data)
        damaged[place] ^= 0xFF
        file.write_bytes(damaged)
        with contextlib.suppress(wl.FormatError):
            wl.net_import_arrays(chain(2, of=3), file, layout="wlnet")
    file.write_bytes(data[:100])
    faults(wl.FormatError, chain(2, of=3), file)


def hdf5(tmp_path: Path, make: Any, layer: str = "dense") -> Path:
    """A file as Keras lays it out, with one layer."""
    import h5py

    file = tmp_path / "a.weights.h5"
    with h5py.File(file, "w") as group:
        make(h5py, group.create_group(f"layers/{layer}/vars"))
    return file


def circle(h5py: Any, group: Any) -> None:
    group["0"] = group.parent


HOSTILE: dict[str, tuple[str, Any]] = {
    "links out": ("a link to somewhere else", lambda h5py, group: group.update(
        {"0": h5py.ExternalLink("/etc/passwd", "x")})),
    "links in": ("a link to somewhere else", lambda h5py, group: group.update(
        {"0": h5py.SoftLink("/layers")})),
    "circles": ("groups in groups without end", circle),
    "objects": ("neither numbers nor text", lambda h5py, group: group.create_dataset(
        "0", (2,), dtype=h5py.vlen_dtype("f4"))),
    "numbers elsewhere": ("in other files", lambda h5py, group: group.create_dataset(
        "0", (2, 3), "f4", external=[("/etc/passwd", 0, 24)])),
    "endless": ("(1099511627776, 2)", lambda h5py, group: group.create_dataset(
        "0", (2**40, 2), "f4", chunks=(64, 2))),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_hdf5_file_is_a_format_error(what: str, tmp_path: Path) -> None:
    words, make = HOSTILE[what]
    net = wl.NetChain([wl.LinearLayer(2, biases=None)], input=3)
    assert words in faults(wl.FormatError, net, hdf5(tmp_path, make))


def test_a_keras_layer_of_another_class_is_not_taken_for_one_of_its_shapes(tmp_path: Path) -> None:
    import h5py

    def layer(h5py: Any, group: Any) -> None:
        group["0"], group["1"] = numbers(3, 2), numbers(2)

    file = hdf5(tmp_path, layer)
    wl.net_import_arrays(chain(2, of=3), file)
    with h5py.File(file, "r+") as group:
        group.move("layers/dense", "layers/einsum_dense_1")
    told = faults(wl.FormatError, chain(2, of=3), file)
    assert "einsum_dense_1" in told


def test_a_keras_file_does_not_tell_whether_one_array_is_scaling_or_biases(tmp_path: Path) -> None:
    def one(h5py: Any, group: Any) -> None:
        group["0"] = numbers(4)

    file = hdf5(tmp_path, one, "layer_normalization")
    net = wl.NetChain([wl.NormalizationLayer(1, "Same", scaling=None)], input=4)
    told = faults(wl.FormatError, net, file)
    assert "scaling or biases" in told
    assert "mapping={(1, 'Biases'): 'layers/layer_normalization/vars/0', ...}" in told
    wl.net_import_arrays(net, file, {(1, "Biases"): "layers/layer_normalization/vars/0"})


def test_old_names_of_slots_are_known(tmp_path: Path) -> None:
    arrays = {"bert.LayerNorm.gamma": numbers(4), "bert.LayerNorm.beta": numbers(4),
              "fc.weight": numbers(2, 4), "fc.bias": numbers(2)}  # fmt: skip
    net = wl.NetChain([wl.NormalizationLayer(1, "Same"), 2], input=4)
    new = wl.net_import_arrays(net, named(tmp_path, **arrays))
    assert (new[1, "Scaling"] == arrays["bert.LayerNorm.gamma"]).all()


def test_what_brings_the_hdf5_library_down_is_a_format_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = tmp_path / "process.py"
    process.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    monkeypatch.setattr("wlnet.io.named.hdf5._PROCESS", process)
    told = faults(wl.FormatError, KERAS["keras_pictures"], file_of("keras_pictures"))
    assert "broke down" in told


def test_changed_hdf5_files_are_told_or_read_and_nothing_else(tmp_path: Path) -> None:
    data = file_of("keras_recurrent").read_bytes()
    file = tmp_path / "a.weights.h5"
    for place in range(96, len(data), len(data) // 4):
        changed = bytearray(data)
        changed[place : place + 8] = bytes(255 - byte for byte in data[place : place + 8])
        file.write_bytes(changed)
        with contextlib.suppress(wl.FormatError):
            wl.net_import_arrays(KERAS["keras_recurrent"], file)


def test_whoever_has_no_h5py_hears_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wlnet.io.named.hdf5.is_installed", lambda module: False)
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    told = faults(ImportError, KERAS["keras_pictures"], file_of("keras_pictures"))
    assert "pip install 'wlnet[hdf5]'" in told
