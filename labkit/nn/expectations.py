"""What a layer does to a Gaussian: expectations of f and f' as functions of the standard deviation of z.

They are analytic in log s, so each octave of s is computed once, at 16 Chebyshev nodes, and interpolated to 1e-12 from
then on: a new standard deviation of the weights costs microseconds, however slow the activation is. Beyond the table
they are powers of s.
"""

import threading
from collections.abc import Callable
from functools import lru_cache
from math import frexp, inf, isfinite, log2, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activations import Activation
from labkit.nn.gauss import centered, panels, shifted
from labkit.nn.properties import inactive_intervals, saturated_intervals
from labkit.nn.shares import share

Array = NDArray[np.float64]
LOWEST, HIGHEST = -20, 40  # octaves of s: f is a power of s (to 1e-12 of it) before the first and after the last
DEEPEST = -980
HERMITE = 10
_N, _COARSE = 16, 5  # Chebyshev nodes an octave: for the curves, for the band
_MEAN, _VAR, _SQUARE, _SLOPE, _SATURATED, _INACTIVE, _FIRST = range(7)
ROUNDED = 1e-7
_EPS = np.finfo(float).eps


def _chebyshev(n: int) -> tuple[Array, Array]:
    """The n Chebyshev nodes of [-1, 1], and the matrix from values at them to coefficients."""
    angles = (np.arange(n) + 0.5) * np.pi / n
    matrix = np.cos(np.outer(np.arange(n), angles)) * 2 / n
    matrix[0] /= 2
    return np.cos(angles), matrix


class Expectations(NamedTuple):
    """Of a layer with z ~ N(mean, s**2), each of the shape of s.

    `mean`, `std` and `rms` are those of f(z), `slope` the RMS of f'(z); `saturated` and `inactive` are shares.
    """

    mean: Array
    std: Array
    rms: Array
    slope: Array
    saturated: Array
    inactive: Array


class ExpectationTable:
    """Expectations of one activation by the standard deviation s of z, z ~ N(mean, s**2)."""

    def __init__(self, activation: Activation, alpha: float | None, mean: float) -> None:
        """Compute nothing yet."""
        self.activation, self.alpha, self.mean = activation, alpha, mean
        self._panels = panels(activation, alpha)
        self._at_mean = [
            float(g(np.array([mean]), alpha)[0]) for g in (activation.function, activation.derivative)
        ]
        self._shares = saturated_intervals(activation, alpha), inactive_intervals(activation, alpha)
        near = [abs(kink - mean) for kink in activation.kinks_at(alpha) if kink != mean]
        self._low = min([LOWEST, *(int(log2(d)) - 6 for d in near)])
        self._checked = False
        self._blocks: dict[tuple[int, int], Array] = {}
        self._of_square: dict[int, list[float]] = {}
        self._beyond: dict[bool, tuple[float, float, float]] = {}
        self._lock = threading.RLock()

    def at(self, s: Array) -> Expectations:
        """Expectations for each standard deviation s >= 0, shape (points,)."""
        s = np.asarray(s, float)
        inner = self._inner(s)
        columns = self._interpolate(inner)
        values = [columns[_MEAN], *(np.sqrt(np.maximum(columns[i], 0)) for i in (_VAR, _SQUARE, _SLOPE))]
        outside = inner != s
        if outside.any():
            for i, value in enumerate(values):
                value[outside] = self._power(i, value[outside], s[outside], inner[outside])
        still = s == 0
        if still.any():
            f, slope = self._at_mean
            for value, limit in zip(values, (f, 0.0, abs(f), abs(slope)), strict=True):
                value[still] = limit
        return Expectations(*values, *np.clip(columns[_SATURATED:], 0, 1))

    def rms(self, s: float) -> float:
        """RMS of f(z) alone, in plain Python: the one step that a recursion has to take layer by layer."""
        if not s:
            return abs(self._at_mean[0])
        fraction, exponent = frexp(s)
        k = exponent - 1
        coefficients = self._of_square.get(k)
        if coefficients is None:
            if not self._low_end(s) <= s < 2.0 ** (HIGHEST + 1):
                return self._rms_beyond(s)
            row = self._block(k, _N)[_SQUARE]
            needed = np.flatnonzero(np.abs(row) > 1e-16 * np.abs(row).max())
            coefficients = self._of_square[k] = row[: needed[-1] + 1 if len(needed) else 1].tolist()
        x = 4 * log2(2 * fraction) - 2  # twice the place in the octave, as Clenshaw's recurrence takes it
        b, c = 0.0, 0.0
        for a in coefficients[:0:-1]:
            b, c = a + x * b - c, b
        return sqrt(max(coefficients[0] + x / 2 * b - c, 0.0))

    def _rms_beyond(self, s: float) -> float:
        upper = s > 1
        if upper not in self._beyond:
            end = 2.0 ** (HIGHEST + 1) * (1 - 1e-15) if upper else 2.0**self._low
            self._beyond[upper] = end, self.rms(end), self._exponent(2, end, 0.5 if upper else 2.0)
        end, value, power = self._beyond[upper]
        try:
            return float(value * (s / end) ** power)
        except OverflowError:
            return inf

    def hermite(self, s: Array) -> tuple[Array, Array, Array, Array]:
        """Shares of the Hermite series of f, f**2 and f'**2: with u = (z - mean) / s and correlation c of two u,

        Cov(g(z1), g(z2)) / E[g]**2 (of f: over E[f**2]) = sum of a_k(g) c**k, k = 1 .. HERMITE + 1, the last of them
        holding all the rest. Returns a(f), a(f**2), a(f'**2) and that of (f - E f)**2 over E[f**2]**2, each of shape
        (HERMITE + 1, points), to about 1e-4.
        """
        rows = self._interpolate(self._inner(np.asarray(s, float)), None)
        a, b, c, d = np.maximum(rows, 0).reshape(4, HERMITE + 1, -1)
        return a, b, c, d

    def _inner(self, s: Array) -> Array:
        low = self._low_end(float(s.min()) if s.size else 1.0)
        inner: Array = np.minimum(np.maximum(s, low), 2.0 ** (HIGHEST + 1) * (1 - 1e-15))
        return inner

    def _low_end(self, s: float) -> float:
        if not self._checked and 0 < s < 2.0**self._low:
            self._check_low()
        return 2.0**self._low

    def _check_low(self) -> None:
        """Go on lowering the table's end until f is a power of s below it."""
        self._checked = True
        while self._low > DEEPEST:
            probes = np.ldexp(1.0, np.maximum(self._low - np.array([1, 4, 12, 40, 130]), DEEPEST))
            exact = np.array([np.sqrt(max(self._exact(probe)[_SQUARE], 0)) for probe in probes])
            end = np.full(len(probes), 2.0**self._low)
            value = np.sqrt(self._interpolate(end)[_SQUARE])
            guess = self._power(2, value, probes, end)
            if np.allclose(guess, exact, rtol=1e-8, atol=0) or not np.isfinite(guess).all():
                return
            self._low -= 40
            self._beyond.clear()

    def _exact(self, s: float) -> Array:
        return self._columns(np.array([s]), self._moments)[:, 0]

    def _power(self, which: int, value: Array, s: Array, end: Array) -> Array:
        """Continue as a power of s beyond the table's `end`; `which` counts mean, std, rms, slope."""
        result = value.copy()
        for side, inward in ((s < end, 2.0), (s > end, 0.5)):
            if side.any():
                edge = float(end[side][0])
                result[side] = value[side] * (s[side] / edge) ** self._exponent(which, edge, inward)
        return result

    def _exponent(self, which: int, edge: float, inward: float) -> float:
        first, second = self._interpolate(np.array([edge, edge * inward]))[which]
        if not (first and second and isfinite(first) and isfinite(second)):
            return 0.0
        power = log2(abs(second / first)) / log2(inward) * (0.5 if which else 1.0)
        simple = round(power * 12) / 12  # f is a power of s there, and 0.99999999 would be felt at s = 1e-200
        return simple if abs(power - simple) < ROUNDED else power

    def _interpolate(self, s: Array, which: int | slice | None = slice(None)) -> Array:
        """Columns (columns, points) at standard deviations inside the table; None: those of `hermite`."""
        n, columns = (_COARSE, slice(None)) if which is None else (_N, which)
        exponents = np.frexp(s)[1] - 1
        x = 2 * (np.log2(s) - exponents) - 1
        basis = np.cos(np.arange(n)[:, None] * np.arccos(np.minimum(np.maximum(x, -1), 1)))
        octaves = sorted(set(exponents.tolist()))
        blocks = [np.atleast_2d(self._block(k, n)[columns]) for k in octaves]
        if len(blocks) == 1:
            single: Array = blocks[0] @ basis
            return single
        result = np.empty((len(blocks[0]), len(s))) if blocks else np.empty((_FIRST, 0))
        for k, block in zip(octaves, blocks, strict=True):
            here = exponents == k
            result[:, here] = block @ basis[:, here]
        return result

    def _block(self, k: int, n: int) -> Array:
        block = self._blocks.get((k, n))
        if block is None:
            with self._lock, np.errstate(all="ignore"):
                nodes, to_coefficients = _chebyshev(n)
                values = self._columns(2.0 ** (k + (nodes + 1) / 2), self._hermite if n == _COARSE else self._moments)
                block = self._blocks[k, n] = values @ to_coefficients.T
        return block

    def _columns(self, s: Array, columns: Callable[..., Array]) -> Array:
        """By quadrature, for standard deviations of one octave: (columns, points)."""
        if not self.mean:
            return columns(*centered(self._panels, s), s)
        rules = [shifted(self._panels, self.mean, float(one)) for one in s]
        parts = [columns(z, f, slope, w[None], np.array([one])) for (z, f, slope, w), one in zip(rules, s, strict=True)]
        return np.concatenate(parts, axis=1)

    def _moments(self, z: Array, f: Array, slope: Array, w: Array, s: Array) -> Array:
        rest = f - self._at_mean[0]
        offset, square, slopes = w @ rest, w @ (f * f), w @ (slope * slope)
        # What rounding leaves where the halves cancel, as an odd function's do: over a small rms it would be felt.
        offset[np.abs(offset) <= _EPS * len(rest) * (w @ np.abs(rest))] = 0
        variance = w @ (rest * rest) - offset**2
        shares = [[share(where, self.mean, float(one)) for one in s] for where in self._shares]
        return np.array([offset + self._at_mean[0], variance, square, slopes, *shares])

    def _hermite(self, z: Array, f: Array, slope: Array, w: Array, s: Array) -> Array:
        mean, variance, square, slopes = self._moments(z, f, slope, w, s)[:4]
        f2, d2 = f * f, slope * slope
        functions = np.stack([f, f2, d2], axis=1)
        u = (z - self.mean) / s[:, None]
        series = []
        before, now = np.zeros_like(w), w
        for k in range(HERMITE):
            before, now = now, (u * now - np.sqrt(k) * before) / np.sqrt(k + 1)
            a, b, d = (now @ functions).T
            series.append([a / np.sqrt(square), b / square, d / slopes, (b - 2 * mean * a) / square])
        shares = np.square(np.array(series))  # (HERMITE, 4, points)
        fourth = np.array([row @ (f - m) ** 4 for row, m in zip(w, mean, strict=True)])
        totals = np.array([variance / square, w @ (f2 * f2) / square**2 - 1, w @ (d2 * d2) / slopes**2 - 1,
                           (fourth - variance**2) / square**2])  # fmt: skip
        whole = np.concatenate([shares, (totals - shares.sum(axis=0))[None]]).transpose(1, 0, 2)
        table: Array = np.nan_to_num(whole.reshape(4 * (HERMITE + 1), -1), posinf=0, neginf=0)
        return table


@lru_cache(maxsize=64)
def expectation_table(activation: Activation, alpha: float | None = None, mean: float = 0.0) -> ExpectationTable:
    """The table of an activation with z ~ N(mean, s**2), kept."""
    return ExpectationTable(activation, alpha, mean)
