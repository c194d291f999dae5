"""LiveCanvas: the one way from artists to PNG bytes.

What moves is an artist with `animated=True`; all else is background. Matplotlib itself says when the background is out
of date: an animated artist does not mark its figure stale, a changed limit or title does. Axes may be animated as a
whole: then their limits change without the rest being drawn anew.
"""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from labkit.figures.grounds import Grounds
from labkit.figures.png import deflate, encode


class LiveCanvas:
    """Draws one figure again and again. Not thread-safe: callers hold the one lock."""

    def __init__(self, figure: Figure, name: str = "") -> None:
        """Draw `figure` with Agg from now on; `name` is that of all figures that look alike, if they share grounds."""
        self._figure = figure
        self._canvas = FigureCanvasAgg(figure)
        self._inches = figure.get_size_inches()
        self._width = round(figure.bbox.width)
        self._background: Any = None
        self._ground: Any = None  # the background and the animated axes on it, without what moves in them
        self._kept = Grounds(name)
        self._axes: list[Axes] = []
        self._moving: list[Artist] = []
        self._moving_axes: list[Artist] = []
        self.over: Sequence[Artist] = ()  # drawn above all but texts, though they are not the figure's
        self._layer: Any = None, None, None, None  # what lies over all and how large, as places and their pixels
        self.full_draws = 0

    def resize(self, width: int) -> None:
        """Draw `width` pixels wide from now on, everything in proportion."""
        self._width = width
        self._figure.set_dpi(width / self._figure.get_figwidth())

    def magnify(self, factor: float) -> None:
        """Draw type and lines so many times as large from now on, the picture as large as it is."""
        self._figure.set_size_inches(*(inches / factor for inches in self._inches))
        self.resize(self._width)

    def render(self, look: Hashable = None) -> bytes:
        """The figure as it is now, as a PNG file.

        `look` is all that what stands still depends on, so that it is not drawn twice; None: it always is.
        """
        if self._ground is None or self._figure.stale or any(axes.stale for axes in self._moving_axes):
            self._renew(None if look is None else (look, self._figure.dpi, self._width))
        else:
            self._canvas.restore_region(self._ground)
        texts = [artist for artist in self._moving if self.over and isinstance(artist, Text)]
        self._draw([artist for artist in self._moving if artist not in texts] if texts else self._moving)
        if self.over:
            self._lay_over()
        self._draw(texts)
        return encode(np.asarray(self._canvas.buffer_rgba()))

    def _draw(self, artists: Sequence[Artist]) -> None:
        for artist in artists:
            owner = artist.axes or self._figure
            owner.draw_artist(artist)

    def _lay_over(self) -> None:
        """Put `over` on the picture: drawn once for as long as it is the same sequence."""
        page = np.asarray(self._canvas.get_renderer().buffer_rgba())
        of, size, places, ink = self._layer
        if of is not self.over or size != (page.shape, self._figure.dpi):
            renderer = RendererAgg(page.shape[1], page.shape[0], self._figure.dpi)
            for artist in self.over:
                artist.draw(renderer)
            drawn = np.asarray(renderer.buffer_rgba())
            places = np.flatnonzero(drawn[..., 3])
            ink = drawn.reshape(-1, 4)[places].astype(np.uint16)
            self._layer = self.over, (page.shape, self._figure.dpi), places, ink
        flat = page.reshape(-1, 4)
        opacity = ink[:, 3:]
        flat[places, :3] = (ink[:, :3] * opacity + flat[places, :3] * (255 - opacity) + 127) // 255

    def _renew(self, look: Hashable) -> None:
        """Bring the ground up to date, from those that are kept or by drawing."""
        if self._axes != self._figure.axes:  # another figure, by other artists
            self._axes = list(self._figure.axes)
            self._background = None
            self._kept.clear()
            self._find_moving()
        pixels = np.asarray(self._canvas.get_renderer().buffer_rgba())  # of the size that the figure has now
        if look is not None and (kept := self._kept.pixels(look, pixels.shape)) is not None:
            pixels[...] = kept
            self._ground = self._canvas.copy_from_bbox(self._figure.bbox)
            self._background = None
            for artist in (self._figure, *self._axes):
                artist.stale = False
            return
        if self._background is None or self._figure.stale:
            self._draw_background()
        else:
            self._canvas.restore_region(self._background)
            self._draw_ground()
        if look is not None:
            self._kept.put(look, deflate(np.asarray(self._canvas.buffer_rgba()).data))

    def _draw_background(self) -> None:
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(self._figure.bbox)
        self._find_moving()
        self._draw_ground()
        self.full_draws += 1

    def _find_moving(self) -> None:
        moving = self._figure.findobj(lambda artist: artist.get_animated())
        self._moving_axes = [artist for artist in moving if isinstance(artist, Axes)]
        self._moving = sorted(
            (artist for artist in moving if not isinstance(artist, Axes)), key=lambda artist: artist.get_zorder()
        )

    def _draw_ground(self) -> None:
        self._ground = self._background
        if self._moving_axes:
            for axes in self._moving_axes:
                self._figure.draw_artist(axes)
            self._ground = self._canvas.copy_from_bbox(self._figure.bbox)
