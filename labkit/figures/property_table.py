"""The table of properties, a function a row."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isnan

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser

from labkit.figures.functions import STYLES
from labkit.figures.intervals import interval, signed
from labkit.figures.numbers import short
from labkit.figures.series import Series, exact, naming, table
from labkit.figures.style import GREY, INK, LABEL, LINE, TICK, blank, live_text
from labkit.nn.portrait import Portrait

_TOP, _BOTTOM = 0.875, 0.02  # shares of the picture's height between which the rows stand
_FORMULA, _SMALL, _TWO_LINES = 13.0, 9.5, 10.0  # points: with room; too small for a line; of two lines
_HIGHEST = 27.0  # points
_LONGEST = 14  # characters of an interval that its column holds
_BREAK = r",\ "
_FORMULA_WIDTH = 0.213
_COLUMNS = (
    (0.250, "output\nrange"), (0.346, "effective\nrange"), (0.459, "zero-\ncentered"), (0.556, "saturates"),
    (0.650, "gain\nforward"), (0.729, "gain\nback"), (0.796, "has a slope\neverywhere"), (0.902, "time,\nmeasured"),
)  # fmt: skip


@dataclass(frozen=True)
class TableRow:
    """A function's name, its formula in LaTeX and its properties."""

    label: str
    formula: str
    portrait: Portrait


class PropertyTable:
    """Names and formulas at the left; the properties, which move with alpha, in columns."""

    def __init__(self, figure: Figure) -> None:
        """Make the head of the table, and a row of texts for each style."""
        axes = figure.add_axes((0, 0, 1, 1))
        blank(axes)
        naming(axes, "properties", "function")
        axes.set(xlim=(0, 1), ylim=(0, 1))
        self._step = (_TOP - _BOTTOM) / len(STYLES)
        self._points = _FORMULA_WIDTH * 72 * figure.get_figwidth()
        axes.text(0.015, _TOP + 0.06, "function", fontsize=LABEL, color=INK, weight="bold", va="center")
        for left, head in _COLUMNS:
            axes.text(left, _TOP + 0.06, head, fontsize=LABEL, color=INK, weight="bold", va="center", linespacing=1.15)
        self._formulas = [
            axes.text(0.03, self._height(place) - 0.066, "", fontsize=TICK, color=GREY, va="center")
            for place in range(len(STYLES))
        ]
        self._samples = [
            axes.plot([0.015, 0.015], [self._height(p) - 0.01, self._height(p) - 0.095], lw=5, animated=True)[0]
            for p in range(len(STYLES))
        ]
        self._names = [live_text(axes, 0.03, self._height(p), "left", "top") for p in range(len(STYLES))]
        self.cells = [
            [live_text(axes, left, self._height(p), "left", "top") for left, *_ in _COLUMNS]
            for p in range(len(STYLES))
        ]
        self._rules = [
            axes.plot([0.012, 0.99], [self._height(p) + 0.012] * 2, color=LINE, lw=1, animated=True, zorder=1)[0]
            for p in range(len(STYLES))
        ]

    def _height(self, place: int) -> float:
        return _TOP - place * self._step - 0.012

    def update(self, rows: Sequence[TableRow], styles: Sequence[int]) -> None:
        """Show these rows, each with the color of its style."""
        exact(self._samples[0], lambda: _numbers(rows))
        for place in range(len(STYLES)):
            row = rows[place] if place < len(rows) else None
            self._samples[place].set_visible(row is not None)
            self._rules[place].set_visible(row is not None)
            self._names[place].set_text(row.label if row else "")
            self._set_formula(place, row.formula if row else "")
            if row is not None:
                self._samples[place].set_color(STYLES[styles[place]][0])
            for cell, text in zip(self.cells[place], cells(row.portrait) if row else [""] * 8, strict=True):
                cell.set_text(text)

    def _set_formula(self, place: int, formula: str) -> None:
        text = self._formulas[place]
        if text.get_gid() != formula:  # laid out anew only for another function
            text.set_gid(formula)
            shown, size = fitted(formula, self._points)
            text.set_text(shown)
            text.set_fontsize(size)


def _numbers(rows: Sequence[TableRow]) -> list[Series]:
    names, found = [row.label for row in rows], [row.portrait for row in rows]
    numbers = {
        "output from": [p.output_range[0] for p in found], "output to": [p.output_range[1] for p in found],
        "effective from": [p.effective_range[0] for p in found], "effective to": [p.effective_range[1] for p in found],
        "mean": [p.mean for p in found], "gain forward": [p.forward_gain for p in found],
        "gain back": [p.backward_gain for p in found], "time, measured, in times of ReLU's": [p.cost for p in found],
    }  # fmt: skip
    return [table(name, names, values) for name, values in numbers.items()]


def mathtext(formula: str) -> str:
    r"""LaTeX in the words that Matplotlib knows.

    >>> mathtext(r"\tfrac18 + \frac{z}{2} + \sqrt 2")
    '$\\frac{1}{8} + \\dfrac{z}{2} + \\sqrt{2}$'
    """
    formula = re.sub(r"(?<!\\t)(?<!\\d)\\frac", r"\\dfrac", formula)
    formula = re.sub(r"\\tfrac(\d)(\d)", r"\\frac{\1}{\2}", formula).replace(r"\tfrac", r"\frac")
    formula = formula.replace(r"\sum_", r"\Sigma_")  # its limits under it would make it too high for a row
    return "$" + re.sub(r"\\sqrt (\w)", r"\\sqrt{\1}", formula) + "$"


def fitted(formula: str, points: float) -> tuple[str, float]:
    """The formula as Matplotlib's text, and the size at which it is at most so many points wide.

    A long one takes two lines. Nothing where Matplotlib cannot read it: a picture without a formula is better than
    none.
    """
    if not formula:
        return "", _FORMULA
    parts = formula.split(_BREAK)
    lines = [(_BREAK.join(parts[:i]) + ",", _BREAK.join(parts[i:])) for i in range(1, len(parts))]
    try:
        size = _size(formula, points)
        if size >= _SMALL or not lines:
            return mathtext(formula), size
        size, pair = max((min(_size(line, points) for line in pair), pair) for pair in lines)
    except ValueError:
        return "", _FORMULA
    return "\n".join(map(mathtext, pair)), min(size, _TWO_LINES)


def _size(formula: str, points: float) -> float:
    width, height, *_ = MathTextParser("path").parse(mathtext(formula), 72, FontProperties(size=_FORMULA))
    return float(_FORMULA * min(1.0, points / max(width, 1.0), _HIGHEST / max(height, 1.0)))


def cells(p: Portrait) -> list[str]:
    """What stands in the columns."""
    return [
        _wrapped(interval(*p.output_range).replace("everywhere", "−∞ to ∞")),
        _wrapped(interval(*p.effective_range)),
        _centered(p),
        _saturated(p),
        _gain(p.forward_gain),
        _gain(p.backward_gain),
        _differentiable(p),
        f"{p.cost:.{1 if p.cost < 10 else 0}f} × ReLU" if p.cost != 1 else "1 × ReLU",
    ]


def _wrapped(text: str) -> str:
    return text if len(text) <= _LONGEST else text.replace(" to ", "\nto ")


def _centered(p: Portrait) -> str:
    if isnan(p.mean):
        return "–"
    return "yes" if p.zero_centered else f"no\nmean {signed(p.mean, 2)}"


def _saturated(p: Portrait) -> str:
    found = []
    for low, high in p.saturated_intervals:
        if low == -inf and high == inf:
            return "everywhere"
        if low == -inf:
            found.append(f"z < {_end(high)}")
        elif high == inf:
            found.append(f"z > {_end(low)}")
    return "\n".join(found) or "no"


def _end(z: float) -> str:
    text = signed(z)
    return text if len(text) < len("−0.0012") else signed(z, 1)


def _gain(gain: float) -> str:
    return "–" if isnan(gain) else short(gain, 4) if gain < inf else "∞"


def _differentiable(p: Portrait) -> str:
    if p.jumps:
        return "no: jumps\n" + _places(p.jumps)
    return "no: bends\n" + _places(p.bends) if p.bends else "yes"


def _places(places: tuple[float, ...]) -> str:
    return "at " + (", ".join(signed(place) for place in places) if len(places) < 3 else f"{len(places)} places")
