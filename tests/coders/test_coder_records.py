"""Records come from files, and files can lie."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wlnet.coders import NetDecoder, NetEncoder, from_record, to_record
from wlnet.core.errors import FormatError

MEAN = np.arange(6, dtype=np.float32).reshape(2, 3) / 6
ARRAY = to_record(NetEncoder("Image", (3, 2), mean_image=MEAN))
PLAIN = to_record(NetEncoder("Image", 4, padding=0.0))
CLASS = to_record(NetDecoder("Class", ["x", 1, 2.0]))
SUBWORDS = to_record(NetEncoder("SubwordTokens", ["a", "b"]))


def changed(record, *path_and_value):
    *path, last, value = path_and_value
    record = copy.deepcopy(record)
    place = record
    for step in path:
        place = place[step]
    place[last] = value
    return record


def test_the_record_of_labels_is_plain():
    assert CLASS == {
        "Coder": "NetDecoder",
        "Kind": "Class",
        "Parameters": {"Labels": ["x", 1, 2.0], "InputDepth": 1, "Multilabel": False},
    }
    assert from_record(CLASS).parameters["Labels"] == ("x", 1, 2.0)


def test_a_mean_image_comes_back_bit_for_bit():
    again = from_record(json.loads(json.dumps(ARRAY))).mean_image
    assert again.tobytes() == MEAN.tobytes()
    assert not again.flags.writeable


HOSTILE = {
    "no record": None,
    "a list": [],
    "a file for a vocabulary": changed(SUBWORDS, "Parameters", "Vocabulary", __file__),
    "no keys": {},
    "an extra key": {**CLASS, "Extra": 1},
    "an unknown door": changed(CLASS, "Coder", "os.system"),
    "a door of the wrong type": changed(CLASS, "Coder", ["NetDecoder"]),
    "an unknown kind": changed(CLASS, "Kind", "subprocess.Popen"),
    "a kind of the other door": changed(to_record(NetEncoder("UnitVector")), "Coder", "NetDecoder"),
    "a function": {
        "Coder": "NetEncoder",
        "Kind": "Function",
        "Parameters": {"Function": "os.system", "Dimensions": [], "Batched": False},
    },
    "parameters of the wrong type": changed(CLASS, "Parameters", [1]),
    "an extra parameter": changed(CLASS, "Parameters", "Extra", 1),
    "double labels": changed(CLASS, "Parameters", "Labels", ["x", "x"]),
    "no labels": changed(CLASS, "Parameters", "Labels", []),
    "labels that are a string": changed(CLASS, "Parameters", "Labels", "xyz"),
    "a label that is a table": changed(CLASS, "Parameters", "Labels", [{"a": 1}]),
    "a label that is not a number": changed(CLASS, "Parameters", "Labels", [float("nan")]),
    "an unknown symbol": changed(CLASS, "Parameters", "Labels", {"Symbol": "ANY"}),
    "a value not available": changed(CLASS, "Parameters", "InputDepth", 0),
    "a truth value for a number": changed(CLASS, "Parameters", "InputDepth", True),
    "another spelling": changed(ARRAY, "Parameters", "ImageSize", 3),
    "a size that is not a pair": changed(PLAIN, "Parameters", "ImageSize", 4),
    "a whole number for a real one": changed(PLAIN, "Parameters", "Padding", 0),
    "a huge size": changed(ARRAY, "Parameters", "ImageSize", [10**12, 10**12]),
    "a size below one": changed(ARRAY, "Parameters", "ImageSize", [3, -2]),
    "a float size": changed(ARRAY, "Parameters", "ImageSize", [3.0, 2.0]),
    "dimensions that lie": changed(ARRAY, "Parameters", "MeanImage", "Dimensions", [2**40, 3]),
    "dimensions of the wrong type": changed(ARRAY, "Parameters", "MeanImage", "Dimensions", 6),
    "negative dimensions": changed(ARRAY, "Parameters", "MeanImage", "Dimensions", [-2, -3]),
    "no base64": changed(ARRAY, "Parameters", "MeanImage", "Real32", "!!!!"),
    "a cut array": changed(ARRAY, "Parameters", "MeanImage", "Real32", "AAAA"),
    "an array of NaN": changed(
        ARRAY, "Parameters", "MeanImage", {"Dimensions": [1], "Real32": "AADAfw=="}
    ),
    "a huge unit vector": {
        "Coder": "NetEncoder",
        "Kind": "UnitVector",
        "Parameters": {"Size": 10**15},
    },
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_record_is_a_format_error(what):
    with pytest.raises(FormatError):
        from_record(HOSTILE[what])


def test_a_missing_parameter_is_a_format_error():
    for name in CLASS["Parameters"]:
        record = copy.deepcopy(CLASS)
        del record["Parameters"][name]
        with pytest.raises(FormatError, match=name):
            from_record(record)


def test_endless_nesting_is_a_format_error():
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(FormatError, match="nested too deep"):
        from_record(changed(CLASS, "Parameters", "Labels", deep))
    label = ()
    for _ in range(30):
        label = (label,)
    with pytest.raises(FormatError, match="16 deep"):
        to_record(NetEncoder("Class", [label]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Symbol", "Dimensions", "Real32", "a"]), inner, max_size=2
        )
    ),
    max_leaves=6,
)


@given(record=st.sampled_from([CLASS, ARRAY]), data=st.data(), value=JSON)
def test_any_change_of_a_record_is_refused_or_read_exactly(record, data, value):
    name = data.draw(st.sampled_from(sorted(record["Parameters"])))
    given_record = changed(record, "Parameters", name, value)
    try:
        coder = from_record(given_record)
    except FormatError:
        return
    assert json.dumps(to_record(coder), sort_keys=True) == json.dumps(given_record, sort_keys=True)


LABELS = st.lists(
    st.text(max_size=4)
    | st.integers()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.tuples(st.integers(), st.text(max_size=2)),
    min_size=1,
    max_size=6,
    unique=True,
)


@given(labels=LABELS)
def test_labels_keep_their_types_in_a_record(labels):
    again = from_record(json.loads(json.dumps(to_record(NetEncoder("Class", labels)))))
    assert list(map(repr, again.labels)) == list(map(repr, labels))
