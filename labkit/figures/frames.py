"""Limits and ticks of axes: read, joined, put back."""

from dataclasses import dataclass
from math import log10
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter

from labkit.figures.layer_curves import decade_ticks

Limits = tuple[float, float]
_NEAR = 0.12  # of the span: labels nearer than this would run into each other
_MARGINS = 1.08  # the span of a log axis, in spans of what it holds; see decade_axis


class Tick(NamedTuple):
    """A place, its label, and where the label stands to it along x."""

    place: float
    label: str
    side: str


@dataclass(frozen=True)
class Side:
    """What stands along x or along y."""

    limits: Limits
    ticks: tuple[Tick, ...]
    logarithmic: bool

    @classmethod
    def of(cls, axis: Axis) -> "Side":
        """What an axis has now; no ticks where it finds its own."""
        first, last = axis.get_view_interval()
        return cls((float(first), float(last)), _ticks(axis), axis.get_scale() == "log")

    def joined(self, other: "Side") -> "Side":
        """Wide enough for both; the wider one's ticks, and where they do not reach the other's that stand clear."""
        if self.limits == other.limits:
            return self
        limits = _around(self.limits, other.limits)
        wide, slim = (self, other) if self._span(self.limits) >= self._span(other.limits) else (other, self)
        if limits == self.limits:
            return self
        if self.logarithmic and self.ticks and self.ticks[-1].label.startswith("10"):
            middle, half = (log10(limits[0]) + log10(limits[1])) / 2, self._span(limits) / _MARGINS / 2
            ticks = tuple(Tick(*tick, "center") for tick in decade_ticks(middle - half, middle + half))
        else:
            near = _NEAR * self._span(limits)
            others = slim.ticks if limits != wide.limits else ()
            clear = (t for t in others if all(self._span((t.place, w.place)) > near for w in wide.ticks))
            ticks = tuple(self._aligned(tick, limits) for tick in (*wide.ticks, *clear))
        return Side(limits, ticks, self.logarithmic)

    def _span(self, limits: Limits) -> float:
        low, high = (log10(end) for end in limits) if self.logarithmic else limits
        return abs(high - low)

    def _aligned(self, tick: Tick, limits: Limits) -> Tick:
        """In the middle below its place, unless that is an end of the axis."""
        at_end = any(self._span((tick.place, end)) < 1e-3 * self._span(limits) for end in limits)
        return tick if at_end else tick._replace(side="center")

    def put_on(self, axis: Axis) -> None:
        """Give an axis these limits and ticks."""
        if self.ticks:
            axis.set_ticks([tick.place for tick in self.ticks], [tick.label for tick in self.ticks])
            if axis is axis.axes.xaxis:
                for drawn, tick in zip(axis.get_major_ticks(), self.ticks, strict=False):
                    drawn.label1.set_horizontalalignment(tick.side)  # type: ignore[arg-type]
        set_limits = axis.axes.set_xlim if axis is axis.axes.xaxis else axis.axes.set_ylim
        set_limits(self.limits)


class Frame(NamedTuple):
    """What stands around the data of axes."""

    x: Side
    y: Side

    @classmethod
    def of(cls, axes: Axes) -> "Frame":
        """What these axes have now."""
        return cls(Side.of(axes.xaxis), Side.of(axes.yaxis))

    @property
    def limits(self) -> tuple[Limits, Limits]:
        """Along x and y."""
        return self.x.limits, self.y.limits

    def joined(self, other: "Frame") -> "Frame":
        """Wide enough for both."""
        return Frame(self.x.joined(other.x), self.y.joined(other.y))

    def put_on(self, axes: Axes) -> None:
        """Give axes this frame, unless they have it: then there is nothing to draw anew."""
        for side, axis in zip(self, (axes.xaxis, axes.yaxis), strict=True):
            if Side.of(axis) != side:
                side.put_on(axis)


def _ticks(axis: Axis) -> tuple[Tick, ...]:
    """The ticks that were given."""
    places, labels = axis.get_major_locator(), axis.get_major_formatter()
    if not isinstance(places, FixedLocator):
        return ()
    found = [float(place) for place in places.locs]  # type: ignore[attr-defined]
    if isinstance(labels, FuncFormatter):  # how an axis keeps the labels that came with its ticks
        words = [labels(place, number) for number, place in enumerate(found)]
    else:
        words = [f"{place:g}" for place in found]
    sides = ["center"] * len(found)
    if axis is axis.axes.xaxis:
        sides = [tick.label1.get_horizontalalignment() for tick in axis.get_major_ticks(len(found))]
    return tuple(map(Tick, found, map(str, words), sides))


def _around(own: Limits, other: Limits) -> Limits:
    """The limits that hold both, in the direction of the first."""
    low, high = min(*own, *other), max(*own, *other)
    return (low, high) if own[0] <= own[1] else (high, low)
