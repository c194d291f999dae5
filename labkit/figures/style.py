"""The house style: dark on light, legible from the back of a room, colors that the color-blind tell apart."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from labkit.figures.live_text import LiveText

# Okabe and Ito (2008), Color Universal Design
BLUE = "#0072B2"
VERMILLION = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
INK = "#1b1b1b"
GREY = "#6b6b6b"
LINE = "#d9d9d9"
ORDERED = "cividis"  # for what is ordered: made for normal and color-blind eyes alike

FORWARD, BACKWARD = BLUE, VERMILLION

WIDTH, HEIGHT, DPI = 1080, 600, 90  # pixels of the picture where nobody asks for others
TITLE, LABEL, TICK = 13.5, 12.0, 11.0  # points


def new_figure() -> Figure:
    """An empty figure in the house's size."""
    return Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor="white")


def quiet(axes: Axes, *, title: str = "", grid: str | None = None) -> None:
    """Give axes the house style; `grid` is the axis along which grid lines are drawn."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    axes.tick_params(labelsize=TICK, colors=INK, length=4, color=GREY)
    axes.set_title(title, fontsize=TITLE, color=INK, loc="left")
    if grid is not None:
        axes.grid(axis=grid, color=LINE, linewidth=0.8)  # type: ignore[arg-type]
        axes.set_axisbelow(True)


def blank(axes: Axes) -> None:
    """Leave axes without frame, ticks and ground: a place for texts and samples.

    Unlike `set_axis_off` it leaves nothing that is never drawn and so marks the figure as out of date.
    """
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.patch.set_visible(False)


def live_text(axes: Axes, x: float, y: float, ha: str, va: str) -> LiveText:
    """An empty text that moves, at a place given as shares of the axes."""
    text = LiveText(x, y, "", ha=ha, va=va, transform=axes.transAxes, fontsize=LABEL, color=INK, animated=True)
    axes.add_artist(text)
    return text
