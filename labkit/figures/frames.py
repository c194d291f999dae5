"""Limits and ticks of axes: read, joined, put back."""

from dataclasses import dataclass
from math import log10

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedFormatter, FixedLocator

from labkit.figures.layer_curves import decade_axis

Ticks = tuple[tuple[float, str], ...]
Limits = tuple[float, float]
_NEAR = 0.09  # of the span: labels nearer than this would run into each other


@dataclass(frozen=True)
class Frame:
    """What stands around the data of axes, along x and y; `logarithmic` along y."""

    x: Limits
    y: Limits
    x_ticks: Ticks
    y_ticks: Ticks
    logarithmic: bool

    @classmethod
    def of(cls, axes: Axes) -> "Frame":
        """What these axes have now."""
        return cls(
            axes.get_xlim(), axes.get_ylim(), _ticks(axes.xaxis), _ticks(axes.yaxis), axes.get_yscale() == "log"
        )

    @property
    def limits(self) -> tuple[Limits, Limits]:
        """Along x and y."""
        return self.x, self.y

    def joined(self, other: "Frame") -> "Frame":
        """Wide enough for both."""
        return Frame(
            _around(self.x, other.x), _around(self.y, other.y),
            self._both(self.x_ticks, other.x_ticks, self.x, other.x),
            self._both(self.y_ticks, other.y_ticks, self.y, other.y), self.logarithmic,
        )  # fmt: skip

    @staticmethod
    def _both(ticks: Ticks, others: Ticks, own: Limits, its: Limits) -> Ticks:
        """The ticks of the wider one, and those of the other that stand clear of them."""
        first, second = (ticks, others) if _span(own) >= _span(its) else (others, ticks)
        near = _NEAR * _span(_around(own, its))
        return first + tuple(tick for tick in second if all(abs(tick[0] - place) > near for place, _ in first))

    def put_on(self, axes: Axes) -> None:
        """Give axes this frame, unless they have it."""
        if Frame.of(axes) == self:
            return  # nothing to draw anew
        _set_ticks(axes.xaxis, self.x_ticks)
        if self.logarithmic:
            decade_axis(axes, log10(self.y[0]), log10(self.y[1]))
        else:
            _set_ticks(axes.yaxis, self.y_ticks)
        axes.set(xlim=self.x, ylim=self.y)


def _ticks(axis: Axis) -> Ticks:
    """The ticks that were given; none where the axis finds its own."""
    places, labels = axis.get_major_locator(), axis.get_major_formatter()
    if not isinstance(places, FixedLocator):
        return ()
    found = places.locs  # type: ignore[attr-defined]
    words = labels.seq if isinstance(labels, FixedFormatter) else [f"{place:g}" for place in found]
    return tuple((float(place), str(word)) for place, word in zip(found, words, strict=False))


def _set_ticks(axis: Axis, ticks: Ticks) -> None:
    if ticks:
        axis.set_ticks([place for place, _ in ticks], [label for _, label in ticks])


def _span(limits: Limits) -> float:
    return abs(limits[1] - limits[0])


def _around(own: Limits, other: Limits) -> Limits:
    """The limits that hold both, in the direction of the first."""
    low, high = min(*own, *other), max(*own, *other)
    return (low, high) if own[0] <= own[1] else (high, low)
