"""The laws that every coder keeps, one table of examples."""

import copy
import json
import pickle

import numpy as np
import pytest

import wlnet
from wlnet import FlattenLayer, NetChain
from wlnet.coders import NetDecoder, NetEncoder, from_record, to_record
from wlnet.coders.label_decoder import LabelDecoder
from wlnet.core import symbols
from wlnet.core.errors import DataError, FormatError, OptionError, PartError, ShapeError
from wlnet.core.restricted import Restricted
from wlnet.core.symbols import ANY, AUTOMATIC, END_OF_STRING, START_OF_STRING

PICTURE = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)


def length_of(word):
    return len(word)


ENCODERS = [
    NetEncoder("Boolean"),
    NetEncoder("Characters"),
    NetEncoder("Characters", ["ab", (START_OF_STRING, "c"), ("d", END_OF_STRING), ANY]),
    NetEncoder("Characters", "abc", "UnitVector", ignore_case=True, target_length=7),
    NetEncoder("Class", ["x", "y"], input_depth=3),
    NetEncoder("Class", ["x", "y"], "UnitVector", input_depth=2),
    NetEncoder("Class", ["x", "y"], multilabel=True),
    NetEncoder("Class", [1, ("a", 2)], "UnitVector", input_depth=2, multilabel=True),
    NetEncoder("Class", ["x", "y", "z"]),
    NetEncoder("Class", [1, 1.5, "a", False, (1, "b")], "UnitVector"),
    NetEncoder("Class"),
    NetEncoder("Image"),
    NetEncoder("Image", 28, color_space="Grayscale", mean_image=0.5, variance_image=[0.25]),
    NetEncoder("Image", (4, 3), mean_image=PICTURE, method="Fit", alignment=("Left", "Top")),
    NetEncoder("Image", (4, 3), interleaving=True),
    NetEncoder("Image", (4, 3), padding=0.5, resampling="Nearest", alignment="Bottom"),
    NetEncoder("Number"),
    NetEncoder("Number", 38.5, 13.25, missing="Indicator"),
    NetEncoder("Scalar"),
    NetEncoder("SubwordTokens", [" ", "a", "b", " a", START_OF_STRING, END_OF_STRING, ANY]),
    NetEncoder("SubwordTokens", {" a": -1.0, "b": -2.5, ANY: 0.0}, method="Unigram"),
    NetEncoder("SubwordTokens", [" a", "B"], method="WordPiece", ignore_case=True),
    NetEncoder("SubwordTokens", ["a", "b"], whitespace_padding="Left", combine_whitespace=True),
    NetEncoder("SubwordTokens", ["a", "b"], "UnitVector", target_length=5),
    NetEncoder(
        "SubwordTokens",
        ["a", START_OF_STRING, END_OF_STRING],
        include_terminal_tokens=True,
        unicode_normalization="NFKC",
        target_length=3,
    ),
    NetEncoder("Tokens", ["the", "cat", END_OF_STRING]),
    NetEncoder("Tokens", ["The", "cat"], "UnitVector", ignore_case=False, unknown_tokens="Error"),
    NetEncoder("Tokens", ["the", ANY], split_pattern=None, target_length=2),
    NetEncoder("UTF8"),
    NetEncoder("UTF8", "UnitVector", target_length=3),
    NetEncoder("UnitVector", 5),
    NetEncoder("UnitVector"),
]
DECODERS = [
    NetDecoder("Boolean"),
    NetDecoder("Characters"),
    NetDecoder("Characters", ["ab", ANY, END_OF_STRING], ignore_case=True),
    NetDecoder("Class", ["x", "y"], input_depth=2),
    NetDecoder("Class", ["x", "y"], input_depth=2, multilabel=True),
    NetDecoder("Class", multilabel=True),
    NetDecoder("Scalar"),
    NetDecoder("UTF8"),
    NetDecoder("SubwordTokens", [" ", "a", " a", ANY], whitespace_padding="Right"),
    NetDecoder("SubwordTokens", {"a": -1.0, " ": -2.0}, method="Unigram"),
    NetDecoder("SubwordTokens", [" a", "b"], method="WordPiece", ignore_case=True),
    NetDecoder("Tokens", ["the", "cat", START_OF_STRING]),
    NetDecoder("Class", range(10)),
    NetDecoder("Class"),
    NetDecoder("Class", ["x", 1, False]),
    NetDecoder("Image"),
    NetDecoder("Number", 38.5, 13.25),
    NetDecoder("Image", "RGB", image_size=(4, 3), interleaving=True),
    NetDecoder("Image", "RGB", image_size=(4, 3), mean_image=(0.5, 0.25, 0.125)),
]
SAVED = [*ENCODERS, *DECODERS]
FUNCTIONS = [
    NetEncoder("Function", length_of, (), batched=False),
    NetEncoder("Function", length_of, (2, Restricted("Integer", 3)), batched=True),
    NetDecoder("Function", length_of),
    NetDecoder("Function", length_of, (2, None), batched=True, properties=("Sum", "Most")),
]
OF_NETS = [NetEncoder("FeatureExtractor", NetChain(["Tanh", FlattenLayer()], input=(2, 3)))]
EVERY = [*SAVED, *FUNCTIONS, *OF_NETS]


@pytest.mark.parametrize("coder", EVERY, ids=repr)
def test_repr_reads_back(coder):
    doors = {"NetEncoder": NetEncoder, "NetDecoder": NetDecoder, "Restricted": Restricted}
    names = {**doors, **vars(wlnet), "length_of": length_of}
    again = eval(repr(coder), {**names, **vars(symbols)})
    assert again == coder
    assert hash(again) == hash(coder)
    assert repr(again) == repr(coder)


def test_every_kind_is_among_the_examples():
    assert {coder.kind for coder in EVERY if isinstance(coder, NetEncoder)} == set(NetEncoder.kinds)
    assert {coder.kind for coder in EVERY if isinstance(coder, NetDecoder)} == set(NetDecoder.kinds)


@pytest.mark.parametrize("coder", SAVED, ids=repr)
def test_a_record_is_json_and_reads_back(coder):
    record = to_record(coder)
    again = from_record(json.loads(json.dumps(record)))
    assert again == coder
    assert to_record(again) == record


def test_all_examples_differ():
    assert len(set(EVERY)) == len(EVERY)


@pytest.mark.parametrize("coder", EVERY, ids=repr)
def test_copies_and_pickles_are_equal(coder):
    assert copy.deepcopy(coder) == coder
    assert pickle.loads(pickle.dumps(coder)) == coder


@pytest.mark.parametrize("coder", EVERY, ids=repr)
def test_coders_are_frozen(coder):
    for name in ["anything", *(field for field in vars(coder))]:
        with pytest.raises(AttributeError):
            setattr(coder, name, 1)
    coder.parameters["New"] = 1
    assert "New" not in coder.parameters


@pytest.mark.parametrize("coder", EVERY, ids=repr)
def test_a_parameter_replaced_by_itself_changes_nothing(coder):
    for name, value in coder.parameters.items():
        assert coder.replace(name, value) == coder


@pytest.mark.parametrize("coder", EVERY, ids=repr)
def test_a_coder_fits_its_own_shape_and_no_other_rank(coder):
    if coder.shape is not None:
        assert coder.fitted(coder.shape) == coder
        with pytest.raises(ShapeError, match="does not fit the port"):
            coder.fitted((*coder.shape, 7))


def test_labels_of_other_types_make_other_coders():
    kinds = [NetEncoder("Class", labels) for labels in ([1, 2], [1.0, 2], [True, 2], ["1", 2])]
    assert len(set(kinds)) == 4
    assert from_record(to_record(kinds[1])) == kinds[1] != kinds[0]


def test_an_unknown_kind_lists_the_known_ones():
    with pytest.raises(
        OptionError, match=r"(?s)'Clas'.*Boolean, Characters, Class.*did you mean 'Class'"
    ):
        NetEncoder("Clas", ["a"])
    with pytest.raises(OptionError, match=r"(?s)Boolean, Characters, Class, Function, Image"):
        NetDecoder(["Class"])
    with pytest.raises(OptionError, match="write the kind first"):
        NetDecoder()


def test_all_faults_of_a_call_are_told_at_once():
    with pytest.raises(OptionError) as caught:
        NetEncoder("Image", 28, 29, colour_space="RGB", methd="Fit")
    message = str(caught.value)
    assert "3 faults" in message
    assert "did you mean 'color_space'" in message
    assert "did you mean 'method'" in message
    assert "too many arguments" in message
    with pytest.raises(OptionError) as caught:
        NetEncoder("Image", -1, color_space="Grayscal", padding="Blak", alignment="Middle")
    assert "4 faults" in str(caught.value)
    assert "did you mean 'Grayscale'" in str(caught.value)


def test_missing_and_double_arguments_are_told():
    with pytest.raises(OptionError, match="function is missing"):
        NetEncoder("Function")
    with pytest.raises(OptionError, match="labels is given twice"):
        NetEncoder("Class", ["a"], labels=["b"])


def test_wolfram_spellings_of_options_are_suggested():
    with pytest.raises(OptionError, match="did you mean 'color_space'"):
        NetEncoder("Image", 28, ColorSpace="RGB")


def test_replace_names_the_known_parameters():
    decoder = NetDecoder("Class", ["x", "y"])
    assert decoder.replace("Labels", ["a", "b"]) == NetDecoder("Class", ["a", "b"])
    assert decoder.parameters == {"Labels": ("x", "y"), "InputDepth": 1, "Multilabel": False}
    with pytest.raises(PartError, match=r"(?s)'Label'.*InputDepth.*did you mean 'Labels'"):
        decoder.replace("Label", ["a"])
    with pytest.raises(OptionError, match="two labels are equal"):
        decoder.replace("Labels", ["a", "a"])


@pytest.mark.parametrize(
    ("option", "value"), [("multilabel", 1), ("input_depth", 0), ("input_depth", True)]
)
def test_values_that_cannot_be_are_rejected(option, value):
    with pytest.raises(OptionError, match=option):
        NetDecoder("Class", ["a"], **{option: value})


def test_a_function_cannot_be_saved():
    for coder in FUNCTIONS:
        with pytest.raises(FormatError, match="a file holds no code"):
            to_record(coder)


def test_a_coder_of_a_net_is_saved_with_a_net_alone():
    for coder in OF_NETS:
        with pytest.raises(FormatError, match="a coder alone holds no net"):
            to_record(coder)
        told = to_record(coder, lambda net: ["the net"])
        again = from_record(json.loads(json.dumps(told)), lambda told, net=coder.net: net)
        assert again == coder
        with pytest.raises(OptionError, match="no converse: many things have the same features"):
            NetDecoder(coder)


def test_labels_that_a_file_cannot_hold_are_named():
    encoder = NetEncoder("Class", ["a", 1j])
    with pytest.raises(FormatError, match=r"(?s)Labels.*1j"):
        to_record(encoder)


@pytest.mark.parametrize("decoder", [d for d in DECODERS if d != NetDecoder("Image")], ids=repr)
def test_a_decoder_has_an_encoder_of_targets_of_its_shape(decoder):
    target = decoder.target_encoder()
    assert isinstance(target, NetEncoder)
    assert target.kind == decoder.kind
    for name in decoder.parameters.keys() & target.parameters.keys():
        assert target.parameters[name] == decoder.parameters[name]


@pytest.mark.parametrize("encoder", ENCODERS, ids=repr)
def test_the_converse_of_an_encoder_reads_all_codes_that_it_gives(encoder):
    decoder = NetDecoder(encoder)
    if isinstance(decoder, LabelDecoder):
        count = encoder.index_count if encoder.element == "Integer" else encoder.shape[-1]
        assert decoder.shape[-1] == count
    with pytest.raises(OptionError, match="is there already"):
        NetEncoder(encoder)


@pytest.mark.parametrize("coder", FUNCTIONS, ids=repr)
def test_a_function_has_no_converse_and_says_why(coder):
    door = NetDecoder if isinstance(coder, NetEncoder) else NetEncoder
    with pytest.raises(OptionError, match=f"{coder.title} has no converse: nothing is known of"):
        door(coder)


def test_each_door_makes_the_converse_of_what_the_other_has_made():
    pairs = [
        (
            NetEncoder("Class", ["a", "b"], input_depth=2),
            NetDecoder("Class", ["a", "b"], input_depth=2),
        ),
        (
            NetEncoder("Characters", "ab", ignore_case=True),
            NetDecoder("Characters", "ab", ignore_case=True),
        ),
        (
            NetEncoder("Class", ["a", "b"], multilabel=True),
            NetDecoder("Class", ["a", "b"], multilabel=True),
        ),
        (NetEncoder("Boolean"), NetDecoder("Boolean")),
        (NetEncoder("Number", 2, 3), NetDecoder("Number", 2, 3)),
        (NetEncoder("Scalar"), NetDecoder("Scalar")),
        (NetEncoder("UTF8"), NetDecoder("UTF8")),
        (NetEncoder("Image", (4, 3)), NetDecoder("Image", "RGB", image_size=(4, 3))),
        (NetEncoder("Tokens", ["a"], unknown_tokens="Error"), NetDecoder("Tokens", ["a"])),
        (
            NetEncoder("SubwordTokens", [" a", "b"], method="WordPiece"),
            NetDecoder("SubwordTokens", [" a", "b"], method="WordPiece"),
        ),
    ]
    for encoder, decoder in pairs:
        assert NetDecoder(encoder) == decoder
        assert NetEncoder(decoder) == encoder
    assert NetDecoder(NetEncoder("UnitVector", 3)) == NetDecoder("Class", [1, 2, 3])
    assert NetDecoder(NetEncoder("UnitVector")) == NetDecoder("Class")
    padded = NetEncoder(NetDecoder("Characters", "ab"), target_length=3)
    assert padded == NetEncoder("Characters", "ab", target_length=3)
    for make, told in [
        (lambda: NetDecoder(NetEncoder("Boolean"), 3), "made from one other"),
        (
            lambda: NetEncoder(NetDecoder("Characters"), taget_length=3),
            "did you mean 'target_length'",
        ),
    ]:
        with pytest.raises(OptionError, match=told):
            make()


@pytest.mark.parametrize("coder", ENCODERS, ids=repr)
def test_an_empty_batch_gives_no_examples(coder):
    if AUTOMATIC not in [value for value in coder.parameters.values() if value is AUTOMATIC] or (
        coder.kind == "Image"
    ):
        result = coder.encode([])
        assert result.shape == (0, *(size or 0 for size in coder.shape))
        assert result.dtype == (np.int64 if coder.element == "Integer" else np.float32)


VAST = {
    "Image": [
        np.broadcast_to(np.uint8(7), (10**6, 10**7)),
        [np.broadcast_to(np.uint8(7), (10**6, 10**7))] * 2,
        [np.broadcast_to(np.float32(0.5), (10**6, 10**7))],
        np.broadcast_to(np.uint8(7), (10**7, 4, 4)),
    ],
    "Class": [np.broadcast_to(np.int64(1), 10**7), np.broadcast_to(np.float32(1), (10**12, 10**4))],
    "UnitVector": [np.broadcast_to(np.int64(1), 10**7)],
    "Number": [np.broadcast_to(np.float32(1), 10**13)],
    "Scalar": [np.broadcast_to(np.float32(1), 10**13)],
    "Characters": [["a"] * 10**4],
    "SubwordTokens": [["a"] * 10**4],
    "Tokens": [["a"] * 10**4],
    "UTF8": [["a"] * 10**4],
}
"""Data that are larger, spelt out or encoded, than any memory, and small as they lie."""
LARGE = {
    "Image": NetEncoder("Image", 1024),
    "Class": NetEncoder("Class", range(1, 10**4 + 1), output_form="UnitVector"),
    "UnitVector": NetEncoder("UnitVector", 2**24),
    "Number": NetEncoder("Number"),
    "Scalar": NetEncoder("Scalar"),
    "Characters": NetEncoder("Characters", target_length=10**9),
    "SubwordTokens": NetEncoder("SubwordTokens", ["a"], target_length=10**9),
    "Tokens": NetEncoder("Tokens", ["a"], target_length=10**9),
    "UTF8": NetEncoder("UTF8", "UnitVector", target_length=10**7),
}


@pytest.mark.parametrize("kind", VAST)
def test_what_memory_cannot_hold_is_refused_before_it_is_taken(kind: str) -> None:
    for data in VAST[kind]:
        with pytest.raises(DataError, match="more memory than there is"):
            LARGE[kind](data)
