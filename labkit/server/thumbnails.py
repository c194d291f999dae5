"""The labs' small pictures on the front page. `python -m labkit.server.thumbnails [KEY ...]` makes them."""

import sys
from io import BytesIO

from PIL import Image

from labkit.labs import LABS
from labkit.labs.contents import THUMBNAILS, thumbnail_file
from labkit.labs.drawing import drawn, result_at
from labkit.labs.lab import Lab

WIDTH = 480
"""Pixels; the picture is drawn twice as wide and made smaller, so that its lines stay smooth."""
BYTES = 30_000
"""The most that a picture may weigh."""
COLORS = 128, 64, 48, 32, 24, 16


def thumbnail(lab: Lab) -> bytes:
    """The lab's small picture as PNG, WIDTH pixels wide, with as many colors as fit in BYTES.

    ValueError where even the fewest do not.
    """
    result = result_at(lab, lab.parameters.of(lab.cover.values), lab.cover.steps)
    large = Image.open(BytesIO(drawn(lab, result, ".png", 2 * WIDTH))).convert("RGB")
    small = large.resize((WIDTH, round(WIDTH * large.height / large.width)), Image.Resampling.LANCZOS)
    for colors in COLORS:
        file = BytesIO()
        palette = small.quantize(colors, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        palette.save(file, "png", optimize=True)
        if file.tell() <= BYTES:
            return file.getvalue()
    raise ValueError(f"the picture of {lab.key} must weigh at most {BYTES} bytes, got {file.tell()}")


def main(keys: list[str]) -> None:
    """Write the pictures of these labs, or of all. KeyError names a lab that there is not."""
    THUMBNAILS.mkdir(exist_ok=True)
    for key in keys or LABS:
        thumbnail_file(key).write_bytes(thumbnail(LABS[key]))


if __name__ == "__main__":
    main(sys.argv[1:])
