"""The labs' small pictures on the front page. `python -m labkit.server.thumbnails [KEY ...]` makes them."""

import sys
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from PIL import Image

from labkit.labs import LABS
from labkit.labs.drawing import drawn, result_at
from labkit.labs.lab import Lab
from labkit.server.pages import THUMBNAILS

WIDTH = 480
"""Pixels; the picture is drawn twice as wide and made smaller, so that its lines stay smooth."""
BYTES = 30_000
"""The most that a picture may weigh."""
COLORS = 128, 64, 48, 32, 24, 16
STEPS = 200
"""A lab that moves by itself is shown after so many steps, where no other number is named below."""

# What shows most; any other lab is shown with its defaults.
SCENES: Mapping[str, tuple[Mapping[str, Any], int]] = {
    "signal_propagation": ({"initializer": "lecun_normal"}, 0),
    "chain_rule": ({"depth": 8}, 0),
    "symmetry": ({}, 1500),
    "linear_collapse": ({}, 800),
    "decision_boundary": ({}, 1000),
}


def thumbnail(lab: Lab) -> bytes:
    """The lab's small picture as PNG, WIDTH pixels wide, with as many colors as fit in BYTES.

    ValueError where even the fewest do not.
    """
    values, steps = SCENES.get(lab.key, ({}, STEPS))
    parameters = lab.parameters.of(values)
    large = Image.open(BytesIO(drawn(lab, result_at(lab, parameters, steps), ".png", 2 * WIDTH))).convert("RGB")
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
        (THUMBNAILS / f"{key}.png").write_bytes(thumbnail(LABS[key]))


if __name__ == "__main__":
    main(sys.argv[1:])
