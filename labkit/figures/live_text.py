"""Text that changes with every frame, at a tenth of the price.

Matplotlib lays out and rasterizes a string anew whenever it changes: more than a millisecond each. Here words and
single digits are rasterized once and then copied side by side.
"""

import re
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
_VEIL = 0.75  # how much of what lies below a text is covered with white
_LEFT = {"left": 0.0, "center": 0.5, "right": 1.0}
_TOKENS = re.compile(r"[^\W\d_]+|.")


class LiveText(Text):
    """A Text of one color without rotation or mathematics, drawn from kept pieces on Agg; elsewhere an ordinary one."""

    def draw(self, renderer: Any) -> None:
        """Draw at the text's place."""
        if not isinstance(renderer, RendererAgg):
            super().draw(renderer)
        elif self.get_visible() and self.get_text():
            self._draw_pieces(renderer)

    def _draw_pieces(self, renderer: RendererAgg) -> None:
        x, y = self.get_transform().transform(self.get_position())
        font, color = self.get_fontproperties(), to_rgb(self.get_color())
        lines = [_line(text, font, color, renderer.dpi) for text in self.get_text().split("\n")]
        step = round(1.25 * font.get_size_in_points() * renderer.dpi / 72)
        if self.get_verticalalignment() == "bottom":
            y += step * len(lines)
        gc = renderer.new_gc()
        for number, line in enumerate(lines):
            left = x - _LEFT[self.get_horizontalalignment()] * line.shape[1]
            bottom = y - step * number - line.shape[0]
            renderer.draw_image(gc, round(left), round(bottom), line)
        gc.restore()


@lru_cache(maxsize=256)
def _line(text: str, font: FontProperties, color: tuple[float, float, float], dpi: float) -> Pixels:
    """RGBA pixels of a line on a veil, from the bottom row up, as `draw_image` takes them."""
    pieces = [_piece(token, font, color, dpi) for token in _TOKENS.findall(text)]
    ink = np.concatenate(pieces, axis=1) / 255
    opacity = ink[..., 3:] + _VEIL * (1 - ink[..., 3:])
    ink[..., :3] = (ink[..., :3] * ink[..., 3:] + _VEIL * (1 - ink[..., 3:])) / opacity
    ink[..., 3:] = opacity
    return (ink * 255).round().astype(np.uint8)


@lru_cache(maxsize=1024)
def _piece(token: str, font: FontProperties, color: tuple[float, float, float], dpi: float) -> Pixels:
    """RGBA pixels of a word or a character, as wide as its advance and as high as a line."""
    points = font.get_size_in_points() * dpi / 72
    height, descent = round(1.2 * points), round(0.25 * points)
    ruler = RendererAgg(1, 1, dpi)
    # The advance of a blank is seen only between marks: two marks alone are taken off.
    both, marks = (ruler.get_text_width_height_descent(s, font, False)[0] for s in (f"|{token}|", "||"))
    width = max(1, round(both - marks))
    page = RendererAgg(width + 2, height, dpi)
    gc = page.new_gc()
    gc.set_foreground(color)
    page.draw_text(gc, 0, height - descent, token, font, 0)
    return np.asarray(page.buffer_rgba())[::-1, :width].copy()
