"""Image encoders and decoders; Pillow is the witness for resizing."""

import subprocess
import sys
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from wlnet.coders import NetDecoder, NetEncoder, infer_encoder
from wlnet.coders.image_encoder import CHUNK
from wlnet.core.errors import DataError, NotInitializedError, OptionError, ShapeError
from wlnet.core.streams import stream
from wlnet.core.symbols import AUTOMATIC

GREY = NetEncoder("Image", (5, 4), color_space="Grayscale")
RGB = NetEncoder("Image", (5, 4))
PIXELS = stream(1, "pixels").integers(0, 256, (6, 4, 5, 3), dtype=np.uint8)


def test_bytes_mean_0_to_255_and_floats_0_to_1():
    grey = PIXELS[..., 0]
    encoded = GREY.encode(grey)
    assert encoded.shape == (6, 1, 4, 5)
    assert encoded.dtype == np.float32
    assert encoded.flags.c_contiguous
    assert np.array_equal(encoded[:, 0], grey.astype(np.float32) / np.float32(255))
    assert np.array_equal(encoded, GREY.encode(grey / 255))
    assert np.array_equal(GREY.encode(grey > 99)[:, 0], (grey > 99).astype(np.float32))


def test_colour_becomes_channels_first():
    assert np.array_equal(RGB.encode(PIXELS)[:, 2], PIXELS[..., 2] / np.float32(255))


def test_size_is_width_then_height():
    assert NetEncoder("Image", (3, 2)).shape == (3, 2, 3)
    assert NetEncoder("Image", 7, color_space="Grayscale").shape == (1, 7, 7)
    assert NetEncoder("Image").shape == (3, 128, 128)


def test_lists_and_arrays_of_pictures_encode_alike_and_in_any_chunk():
    many = np.resize(PIXELS, (CHUNK + 3, 4, 5, 3))
    for encoder in (RGB, GREY, NetEncoder("Image", (3, 7))):
        together = encoder.encode(many)
        assert np.array_equal(together, encoder.encode(list(many)))
        assert np.array_equal(together[CHUNK + 1], encoder(many[CHUNK + 1]))
        assert np.array_equal(together[0], encoder(many[0]))


def test_pictures_of_different_sizes_and_kinds_mix_in_a_list():
    wide = np.zeros((4, 10), np.uint8)
    items = [PIXELS[0], wide, PIXELS[1] / 255, Image.fromarray(PIXELS[2]), RGB(PIXELS[3])]
    encoded = RGB.encode(items)
    for index, source in ((0, 0), (2, 1), (3, 2)):
        assert np.allclose(encoded[index], RGB(PIXELS[source]), atol=1e-7)
    assert np.array_equal(encoded[4], RGB(PIXELS[3]))
    assert not encoded[1].any()


def test_grey_follows_the_documented_weights_and_alpha_is_dropped():
    luma = PIXELS[..., 0] * 0.299 + PIXELS[..., 1] * 0.587 + PIXELS[..., 2] * 0.114
    assert np.allclose(GREY.encode(PIXELS)[:, 0] * 255, luma, atol=1e-3)
    with_alpha = np.concatenate([PIXELS, PIXELS[..., :1]], axis=-1)
    for encoder in (GREY, RGB):
        assert np.array_equal(encoder.encode(with_alpha), encoder.encode(PIXELS))
    repeated = RGB.encode(PIXELS[..., 0])
    assert np.array_equal(repeated[:, 0], repeated[:, 2])


@pytest.mark.parametrize(
    ("shape", "dtype", "single"),
    [
        ((4, 5), np.uint8, True),
        ((9, 9), float, True),
        ((9, 9, 3), np.uint8, True),
        ((9, 9, 4), float, True),
        ((1, 4, 5), np.float32, True),  # of the encoded shape
        ((1, 4, 5), np.uint8, False),  # bytes are never encoded
        ((2, 4, 5), np.float32, False),
        ((60, 28, 28), np.uint8, False),
        ((60, 28, 28, 3), np.uint8, False),
        ((6, 1, 4, 5), np.float32, False),
    ],
)
def test_rank_and_type_tell_one_picture_from_a_batch(shape, dtype, single):
    assert GREY.is_single(np.zeros(shape, dtype)) is single


def test_files_and_pillow_images_are_single_and_lists_are_batches(tmp_path):
    assert GREY.is_single("picture.png")
    assert GREY.is_single(tmp_path / "picture.png")
    assert GREY.is_single(Image.new("L", (3, 3)))
    assert not GREY.is_single([np.zeros((4, 5))])
    assert not GREY.is_single(())
    assert not GREY.is_single(np.array(["a.png", "b.png"]))


def test_encoded_arrays_pass_through_as_copies():
    mean = NetEncoder("Image", (5, 4), color_space="Grayscale", mean_image=0.5)
    encoded = np.full((2, 1, 4, 5), 7.5)
    for batch in (encoded, list(encoded)):
        result = mean.encode(batch)
        assert result.dtype == np.float32
        assert np.array_equal(result, encoded)
        result[:] = 0
    assert encoded.min() == 7.5
    assert np.array_equal(mean(encoded[0]), encoded[0])
    encoded[1, 0, 0, 0] = np.nan
    for batch in (encoded, list(encoded)):
        with pytest.raises(DataError, match="Input, example 2"):
            mean.encode(batch)


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 12), st.integers(1, 12)),
        elements=st.floats(0, 1, width=32),
    ),
    st.integers(1, 15),
    st.integers(1, 15),
)
def test_stretching_agrees_with_pillow(picture, width, height):
    encoder = NetEncoder("Image", (width, height), color_space="Grayscale", resampling="Linear")
    witness = Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR)
    assert np.allclose(encoder(picture)[0], np.asarray(witness), atol=2e-6)
    assert np.array_equal(encoder(picture), encoder.replace("Resampling", AUTOMATIC)(picture))


@given(st.integers(1, 40), st.integers(1, 40))
def test_the_nearest_sample_is_the_one_whose_cell_holds_the_centre(before, after):
    row = np.linspace(0, 1, before, dtype=np.float32)[np.newaxis]
    encoder = NetEncoder("Image", (after, 1), color_space="Grayscale", resampling="Nearest")
    centres = [(k + Fraction(1, 2)) * before / after for k in range(after)]
    assert encoder(row)[0].tolist() == [[row[0, floor(centre)] for centre in centres]]


def test_shrinking_keeps_the_mean_and_constants_stay():
    picture = stream(2, "picture").random((64, 64))
    small = NetEncoder("Image", 8, color_space="Grayscale")
    assert abs(float(small(picture).mean() - picture.mean())) < 0.01
    assert np.allclose(small(np.full((64, 50), 0.25)), 0.25)


def test_fit_pads_and_fill_crops():
    tall = np.ones((8, 4), np.float32)
    options = {"color_space": "Grayscale"}
    fit = NetEncoder("Image", 4, method="Fit", **options)(tall)[0]
    assert np.array_equal(fit, [[0, 1, 1, 0]] * 4)
    left = NetEncoder("Image", 4, method="Fit", alignment="Left", padding=0.5, **options)(tall)[0]
    assert np.array_equal(left, [[1, 1, 0.5, 0.5]] * 4)
    white = NetEncoder(
        "Image", 4, method="Fit", alignment=["Right", "Top"], padding="White", **options
    )
    assert np.array_equal(white(np.zeros((8, 4)))[0], [[1, 1, 0, 0]] * 4)
    rows = np.repeat(np.arange(8)[:, np.newaxis] / 8, 4, axis=1)
    for alignment, first in (("Top", 0), ("Center", 2), ("Bottom", 4)):
        fill = NetEncoder("Image", 4, method="Fill", alignment=alignment, **options)(rows)[0]
        assert np.allclose(fill[:, 0] * 8, np.arange(first, first + 4))


@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from(["Fit", "Fill", "Stretch"]),
    st.sampled_from(["Left", "Right", "Top", "Bottom", "Center"]),
)
def test_every_frame_is_full_of_the_picture_or_the_padding(h, w, height, width, method, alignment):
    encoder = NetEncoder(
        "Image",
        (width, height),
        method=method,
        alignment=alignment,
        padding=1.0,
        color_space="Grayscale",
    )
    frame = encoder(np.full((h, w), 0.25))[0]
    assert frame.shape == (height, width)
    # The weights of a row add up to 1 up to rounding.
    inside = np.isclose(frame, 0.25)
    assert inside.any()
    assert inside.all() or method == "Fit"
    assert (inside | (frame == 1)).all()


def test_a_long_strip_fills_a_frame_without_growing_without_limit():
    strip = np.zeros((1, 5000), np.uint8)
    assert NetEncoder("Image", 500, method="Fill")(strip).shape == (3, 500, 500)


@pytest.mark.parametrize(
    "options",
    [
        {"mean_image": 0.5, "variance_image": 4},
        {"mean_image": [0.1, 0.2, 0.3], "variance_image": (1, 4, 9)},
        {"mean_image": PIXELS[0], "variance_image": PIXELS[1] / 255 + 0.5},
        {"mean_image": PIXELS[0, ..., 0]},
        {},
    ],
)
def test_mean_and_variance_are_taken_out_and_put_back(options):
    encoder = NetEncoder("Image", (5, 4), **options)
    encoded = encoder.encode(PIXELS)
    pictures = PIXELS / 255
    mean = np.asarray(options.get("mean_image", 0))
    mean = mean / 255 if mean.dtype == np.uint8 else mean
    mean = mean[..., np.newaxis] if mean.ndim == 2 else mean
    expected = (pictures - mean) / np.sqrt(options.get("variance_image", 1))
    assert np.allclose(np.moveaxis(encoded, 1, -1), expected, atol=1e-5)
    decoder = NetDecoder("Image", "RGB", image_size=(5, 4), **options)
    assert np.allclose(decoder.decode(encoded), pictures, atol=1e-6)
    assert decoder.target_encoder() == encoder


@pytest.mark.parametrize("color_space", ["Grayscale", "RGB"])
@pytest.mark.parametrize(
    "options",
    [{}, {"mean_image": 0.5, "variance_image": 4}, {"mean_image": PIXELS[0, ..., 0]}],
    ids=["plain", "numbers", "a picture"],
)
def test_channels_may_stand_last(options, color_space):
    """The same numbers, for pictures one by one, in arrays and in lists of mixed sizes."""
    first = NetEncoder("Image", (5, 4), color_space=color_space, **options)
    last = NetEncoder("Image", (5, 4), color_space=color_space, interleaving=True, **options)
    channels = first.shape[0]
    assert last.shape == (4, 5, channels)
    floats = (PIXELS / 255).astype(np.float32)
    for pictures in (PIXELS, floats, floats[..., 0], [PIXELS[0], np.zeros((7, 9), np.uint8)]):
        encoded = last.encode(pictures)
        assert np.array_equal(encoded, np.moveaxis(first.encode(pictures), 1, -1))
        assert encoded.flags.c_contiguous
    assert np.array_equal(last(floats[0]), last.encode(floats)[0])
    decoder = NetDecoder("Image", color_space, image_size=(5, 4), interleaving=True, **options)
    encoded = last.encode(PIXELS)
    usual = NetDecoder("Image", **options).decode(np.moveaxis(encoded, -1, 1))
    for picture, other in zip(decoder.decode(encoded), usual, strict=True):
        assert np.array_equal(picture, other)
    assert decoder.target_encoder() == last and NetDecoder(last) == decoder
    opened = NetDecoder("Image", interleaving=True, **options)
    assert opened.fitted((4, 5, channels)) == decoder
    with pytest.raises(ShapeError):
        opened.fitted((channels, 4, 5))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean_image": [0.1, 0.2]}, "expected: 3, one a channel"),
        ({"mean_image": np.zeros((5, 4))}, r"shape \(4, 5\)"),
        ({"mean_image": np.zeros((4, 5, 2))}, "3 channels"),
        ({"mean_image": "mean.png"}, "mean_image cannot be used"),
        ({"mean_image": float("nan")}, "mean_image cannot be used"),
        ({"variance_image": 0}, "more than 0"),
        ({"variance_image": [1, 1, -1]}, "more than 0"),
        ({"method": "Crop"}, "'Stretch' or 'Fit' or 'Fill'"),
        ({"resampling": "Cubic"}, "AUTOMATIC or 'Linear' or 'Nearest'"),
        ({"interleaving": "Yes"}, "interleaving"),
        ({"data_transposed": True}, "data_transposed"),
        ({"padding": 2}, "a number from 0 to 1"),
        ({"padding": True}, "a number from 0 to 1"),
        ({"padding": float("nan")}, "a number from 0 to 1"),
        ({"alignment": ("Top", "Left")}, "horizontal, vertical"),
        ({"alignment": 3}, "horizontal, vertical"),
    ],
)
def test_faulty_options_of_images_are_rejected(options, message):
    with pytest.raises(OptionError, match=message):
        NetEncoder("Image", (5, 4), **options)


@pytest.mark.parametrize("size", [0, -1, 1.5, True, (1, 2, 3), (5,), "5", 10**9, None])
def test_faulty_sizes_are_rejected(size):
    with pytest.raises(OptionError, match="not a size of pictures"):
        NetEncoder("Image", size)


BAD_ITEMS = {
    "a row": np.zeros(5, np.uint8),
    "nothing": np.zeros((0, 5), np.uint8),
    "two channels": np.zeros((4, 5, 2), np.uint8),
    "no array": object(),
    "None": None,
    "a number": 3,
    "complex numbers": np.zeros((4, 5), complex),
    "wide integers": np.zeros((4, 5), np.int64),
    "a list of whole numbers": [[0, 255], [3, 4]],
    "a ragged list": [[0.5], [0.5, 1]],
    "text": np.array([["a", "b"]]),
    "not a number": np.full((4, 5), np.nan),
    "an infinity": np.full((4, 5), np.inf),
    "above one": np.full((4, 5), 1.5),
    "below zero": np.full((4, 5), -0.1),
}


@pytest.mark.parametrize("what", BAD_ITEMS)
def test_what_is_no_picture_names_the_port_and_the_example(what):
    with pytest.raises(DataError, match="Picture, example 3"):
        GREY.encode([PIXELS[0], PIXELS[1, ..., 0], BAD_ITEMS[what]], "Picture")


def test_faults_late_in_a_long_batch_have_their_own_number():
    batch = np.zeros((CHUNK + 5, 4, 5))
    batch[CHUNK + 1, 2, 2] = np.nan
    with pytest.raises(DataError, match=f"example {CHUNK + 2}"):
        GREY.encode(batch)
    with pytest.raises(DataError, match=f"example {CHUNK + 2}"):
        GREY.encode(list(batch))


def test_the_repair_is_told():
    with pytest.raises(DataError, match="divide by 255"):
        GREY.encode([np.full((4, 5), 200.0)])
    with pytest.raises(DataError, match="moveaxis"):
        GREY.encode([np.zeros((3, 4, 6), np.uint8)])
    with pytest.raises(DataError, match="uint8"):
        GREY.encode([np.zeros((4, 5), np.int32)])


def test_inputs_are_never_changed():
    batch = PIXELS / 255
    before = batch.copy()
    NetEncoder("Image", (5, 4), mean_image=0.5, variance_image=2).encode(batch)
    GREY.encode(batch[..., 0])[:] = 3
    assert np.array_equal(batch, before)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_pillow_images_of_every_common_mode_are_read(mode):
    picture = Image.fromarray(PIXELS[0]).convert(mode)
    # Flattening to RGB is Pillow's own; greys and alpha must come to the same numbers.
    witness = np.asarray(picture.convert("RGB")) / 255
    assert np.allclose(np.moveaxis(RGB(picture), 0, -1), witness, atol=1e-6)


@pytest.mark.parametrize("mode", ["I", "F", "I;16"])
def test_pillow_images_of_unknown_range_are_refused(mode):
    with pytest.raises(DataError, match=r"(?s)mode.*convert"):
        RGB(Image.new(mode, (5, 4)))


def test_picture_files_are_read_with_pillow(tmp_path):
    name = tmp_path / "picture.png"
    Image.fromarray(PIXELS[0]).save(name)
    assert np.array_equal(RGB(str(name)), RGB(PIXELS[0]))
    assert np.array_equal(RGB.encode([name, PIXELS[1]]), RGB.encode(PIXELS[:2]))
    with pytest.raises(DataError, match=r"(?s)no such picture file.*example 2"):
        RGB.encode([name, tmp_path / "other.png"])
    name.write_bytes(name.read_bytes()[:60])
    with pytest.raises(DataError, match="cannot be read"):
        RGB(name)
    name.write_text("no picture")
    with pytest.raises(DataError, match="cannot be read"):
        RGB(name)


def test_a_missing_pillow_is_told_with_its_repair(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"pip install 'wlnet\[images\]'"):
        RGB("picture.png")


def test_arrays_are_encoded_without_pillow():
    code = (
        "import sys, numpy as np; from wlnet.coders import NetEncoder;"
        "NetEncoder('Image', 5)(np.zeros((9, 9, 3), np.uint8)); assert 'PIL' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_pictures_come_back_as_arrays_that_nobody_can_write():
    decoder = NetDecoder("Image")
    grey, colour = decoder(np.full((1, 2, 3), 0.5)), decoder(np.full((3, 2, 3), 1.5))
    assert grey.shape == (2, 3)
    assert colour.shape == (2, 3, 3)
    assert colour.max() == 1
    assert grey.dtype == np.float32
    for picture in (grey, colour):
        with pytest.raises(ValueError, match="read-only"):
            picture[0] = 0
    assert len(decoder.decode(np.zeros((0, 1, 2, 2)))) == 0


def test_an_image_decoder_learns_its_port():
    decoder = NetDecoder("Image").fitted((1, 4, None))
    assert decoder.color_space == "Grayscale"
    assert decoder.shape == (1, None, None)
    assert decoder.fitted((1, 4, 5)) == NetDecoder("Image", "Grayscale", image_size=(5, 4))
    assert decoder.fitted((1, 4, 5)).target_encoder() == GREY
    with pytest.raises(NotInitializedError, match="fitted"):
        decoder.target_encoder()
    for shape in ((2, 4, 5), (3, 4, 5), (1, 4), ()):
        with pytest.raises(ShapeError):
            decoder.fitted(shape)
    with pytest.raises(ShapeError):
        NetDecoder("Image").decode(np.zeros((1, 2, 4, 5)))
    with pytest.raises(OptionError, match="Image"):
        NetDecoder("Image").decode(np.zeros((1, 1, 4, 5)), "Decision")
    for options in ({"color_space": "CMYK"}, {"image_size": 0}, {"variance_image": -1}):
        with pytest.raises(OptionError):
            NetDecoder("Image", **options)


@pytest.mark.parametrize("held", range(1, 9))
def test_a_picture_is_turned_as_its_camera_was_held(held, tmp_path):
    scene = (np.arange(6).reshape(2, 3) * 40).astype(np.uint8)
    turns = {
        1: scene,
        2: scene[:, ::-1],
        3: scene[::-1, ::-1],
        4: scene[::-1],
        5: scene.T,
        6: np.rot90(scene),
        7: scene[::-1, ::-1].T,
        8: np.rot90(scene, -1),
    }
    picture = Image.fromarray(np.ascontiguousarray(turns[held]))
    exif = picture.getexif()
    exif[0x0112] = held
    picture.save(tmp_path / "scene.png", exif=exif)
    encoder = NetEncoder("Image", (3, 2), color_space="Grayscale")
    assert infer_encoder([picture, picture]).shape == (1, 2, 3)
    for item in (picture, tmp_path / "scene.png", str(tmp_path / "scene.png")):
        assert np.array_equal(np.round(encoder(item)[0] * 255), scene)
    assert picture.size == turns[held].shape[::-1], "what was given stays as it was"
