import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from labkit.figures import png

pictures = hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(4)))


def decoded(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        image.load()
        return np.asarray(image)


@given(pictures)
def test_decodes_to_the_same_pixels(pixels):
    np.testing.assert_array_equal(decoded(png.encode(pixels)), pixels)


def test_without_isal_the_same_pixels(monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
    monkeypatch.setattr(png, "isal_zlib", None)
    packed = png.encode(pixels)
    np.testing.assert_array_equal(decoded(packed), pixels)


def test_a_damaged_byte_is_noticed():
    data = bytearray(png.encode(np.zeros((4, 4, 4), np.uint8)))
    data[20] ^= 1  # within the header: its checksum must not fit any more
    with pytest.raises((OSError, SyntaxError, ValueError, zlib.error)):
        decoded(bytes(data))
