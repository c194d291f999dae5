"""The axis of steps below a narrow panel: its first and its last number stay inside the panel."""

from matplotlib.axes import Axes

from labkit.figures.style import INK, LABEL


def step_axis(axes: Axes, end: int, pad: float = -8.0) -> None:
    """Let the steps run from 0 to `end`, whose labels begin and end with the axis; between them stands its name."""
    last = max(end, 1)
    axes.set_xlim(0, last)
    axes.set_xticks([0, last])
    labels = axes.get_xticklabels()
    labels[0].set_horizontalalignment("left")
    labels[-1].set_horizontalalignment("right")
    axes.set_xlabel("step", fontsize=LABEL, color=INK, labelpad=pad)
