"""Nets that read and write texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.core.ports import as_port
from wlnet.plot.diagrams import words

LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAMES = {
    "Anna Maria Laura Julia Clara Sofia Elena Marta Paola Irina Olga Tessa Nina Vera Lea": "she",
    "Peter Hans Erik Martin Robert Frank Oskar David Simon Lukas Kurt Jens Karl Adam Leon": "he",
}
DATA = [name for names in NAMES for name in names.split()]
WHO = [who for names, who in NAMES.items() for _ in names.split()]
READS = wl.NetEncoder("Characters", LETTERS, ignore_case=True)
OPTIONS: dict[str, Any] = {"learning_rate": 0.02, "max_training_rounds": 60, "batch_size": 8}


def reader(encoder: Any) -> wl.NetChain:
    first = [wl.EmbeddingLayer(8)] if encoder.element == "Integer" else []
    last = [wl.SequenceLastLayer(), wl.LinearLayer(), wl.SoftmaxLayer()]
    return wl.NetChain([*first, wl.GatedRecurrentLayer(12), *last], input=encoder)


@pytest.mark.parametrize("form", ["Index", "UnitVector"])
def test_names_are_told_apart_by_their_letters(form: str, tmp_path: Path) -> None:
    encoder = READS.replace("OutputForm", form).replace("TargetLength", 7)
    trained = wl.net_train(reader(encoder), (DATA, WHO), **OPTIONS)
    assert trained(DATA) == WHO
    assert trained("ANNA") == "she"
    assert wl.net_measurements(trained, (DATA, WHO), "Accuracy") == 1
    wl.save(trained, tmp_path / "names.wlnet")
    again = wl.load(tmp_path / "names.wlnet")
    assert again == trained
    assert again("Anna") == "she"


def test_what_a_net_takes_is_what_its_encoder_makes_of_it() -> None:
    net = wl.net_initialize(wl.NetChain([wl.EmbeddingLayer(3)], input=READS))
    codes = READS(["anna", "otto"])
    assert (net(["anna", "otto"]) == net(codes)).all()
    assert (net("anna") == net(codes[0])).all()
    assert wl.net_extract(net, (1, "Weights")).shape == (26, 3)


def test_the_length_stays_open_where_the_encoder_leaves_it_open() -> None:
    short = [name for name in DATA if len(name) == 5]
    wanted = [name.lower()[::-1] for name in short]
    net = wl.NetChain(
        [wl.EmbeddingLayer(8), wl.NetMapOperator([26]), wl.SoftmaxLayer()],
        input=READS,
        output=wl.NetDecoder("Characters", LETTERS),
    )
    trained = wl.net_train(net, (short, wanted), **OPTIONS)
    assert trained.ports == net.ports
    assert len(trained("Maximilian")) == 10


def test_a_net_writes_what_it_was_trained_to_write() -> None:
    short = [name.lower() for name in DATA if len(name) == 5]
    wanted = [name.translate(str.maketrans("aeiou", "-----")) for name in short]
    net = wl.NetChain(
        [wl.EmbeddingLayer(8), wl.NetMapOperator([wl.LinearLayer()]), wl.SoftmaxLayer()],
        input=READS,
        output=wl.NetDecoder("Characters", LETTERS + "-"),
    )
    trained = wl.net_train(net, (short, wanted), **OPTIONS)
    assert trained(short) == wanted
    assert trained("Martin") == "m-rt-n"
    assert trained("art", ("TopDecisions", 1)) == [["-"], ["r"], ["t"]]
    assert trained("art", None).shape == (3, 27)
    by_chance = trained("art", "RandomSample")
    assert isinstance(by_chance, str)
    assert len(by_chance) == 3


@pytest.mark.parametrize(
    "labels", [["vowel", "other"], wl.AUTOMATIC, None], ids=["given", "told", "unsaid"]
)
def test_every_place_of_a_sequence_gets_its_label(labels: Any) -> None:
    short = [name for name in DATA if len(name) == 5]
    tags = [["vowel" if c in "aeiou" else "other" for c in name.lower()] for name in short]
    net = wl.NetChain(
        [wl.EmbeddingLayer(8), wl.NetMapOperator([wl.LinearLayer()]), wl.SoftmaxLayer()],
        input=READS,
        output=wl.AUTOMATIC if labels is None else ("Varying", wl.NetDecoder("Class", labels)),
    )
    trained = wl.net_train(net, (short, tags), **OPTIONS)
    assert trained(short) == tags
    assert trained("Ida") == ["vowel", "other", "vowel"]
    assert trained.ports["Output"].coder.parameters["InputDepth"] == 2
    wanted = {} if labels in (wl.AUTOMATIC, None) else {"Output": net.ports["Output"]}
    assert {**trained.ports, **wanted} == trained.ports
    by_label = wl.net_measurements(trained, (short, tags), "ConfusionMatrix")
    assert by_label.sum() == 5 * len(short)


def test_labels_at_every_place_go_in_as_well() -> None:
    rows = [["x", "y", "y"], ["y", "x", "x"], ["x", "x", "y"]]
    net = wl.NetChain(
        [wl.EmbeddingLayer(3), wl.NetMapOperator([wl.LinearLayer()]), wl.SoftmaxLayer()],
        input=("Varying", wl.NetEncoder("Class")),
        output=("Varying", wl.NetDecoder("Class")),
    )
    trained = wl.net_train(net, (rows, rows), learning_rate=0.05, max_training_rounds=60)
    assert trained(rows) == rows
    assert trained(["y", "y"]) == ["y", "y"]
    assert trained.ports["Input"].shape == (None,)


def test_a_word_that_cannot_be_written_is_an_error() -> None:
    net = wl.NetChain(
        [wl.EmbeddingLayer(3), wl.NetMapOperator([2]), wl.SoftmaxLayer()],
        input=wl.NetEncoder("Tokens", ["yes", "no"]),
        output=wl.NetDecoder("Tokens", ["ja", "nein"]),
    )
    trained = wl.net_train(net, (["yes no"], ["ja nein"]), learning_rate=0.05)
    assert trained("no yes") == "nein ja"
    told = r"(?s)token 2 is not in the vocabulary.*port Output, example 1.*'nain'.*mean 'nein'"
    with pytest.raises(wl.DataError, match=told):
        wl.net_train(net, (["yes no"], ["ja nain"]))


FOUR = (["anna", "otto"], ["she", "he"])
MIXED = (["anna", "otto", "ida"], ["she", "he", "she"])


@pytest.mark.parametrize(
    "call",
    [
        lambda net: wl.net_train(net, MIXED, max_training_rounds=2),
        lambda net: wl.net_train(net, FOUR, validation_set=MIXED, max_training_rounds=2),
        lambda net: wl.net_measurements(net, MIXED, "Accuracy"),
        lambda net: net(MIXED[0]),
    ],
    ids=["train", "validate", "measure", "evaluate"],
)
def test_texts_of_several_lengths_are_read_wherever_texts_are(call: Any) -> None:
    call(wl.net_train(reader(READS), FOUR, max_training_rounds=1))


def test_text_needs_a_softmax_or_a_loss() -> None:
    net = wl.NetChain(
        [wl.EmbeddingLayer(3), wl.NetMapOperator([26])],
        input=READS,
        output=wl.NetDecoder("Characters", LETTERS),
    )
    with pytest.raises(wl.OptionError, match="no loss fits by itself: a Characters decoder"):
        wl.net_train(net, (["ab"], ["ba"]))
    trained = wl.net_train(net, (["ab"], ["ba"]), loss_function=wl.MeanSquaredLossLayer())
    assert len(trained("ab")) == 2


@pytest.mark.parametrize(
    ("coder", "told"),
    [
        (READS, "characters of 26"),
        (wl.NetDecoder("Characters", ["ab", wl.END_OF_STRING]), "characters of 3"),
        (wl.NetEncoder("Tokens", ["a"]), "tokens of 2"),
        (wl.NetDecoder("Tokens", ["a"]), "tokens of 1"),
        (wl.NetEncoder("SubwordTokens", ["a", "b"]), "subword tokens of 2"),
        (wl.NetEncoder("UTF8"), "UTF-8"),
        (wl.NetDecoder("Class", ["a", "b"], input_depth=2), "class of 2 at every place"),
        (wl.NetEncoder("Class"), "class"),
    ],
)
def test_a_diagram_says_how_many_there_are(coder: Any, told: str) -> None:
    assert words.coder(as_port(coder)) == told


def test_codes_are_indices_and_not_numbers() -> None:
    with pytest.raises(wl.ShapeError, match="Integer"):
        wl.NetChain([wl.LinearLayer(3)], input=READS)
    assert np.issubdtype(READS("a").dtype, np.integer)
