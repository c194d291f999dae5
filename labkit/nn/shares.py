"""The share of a Gaussian that lies in intervals."""

from math import erf, inf, sqrt

from labkit.nn.properties import Interval


def _below(z: float, mean: float, s: float) -> float:
    """P(x < z) for x ~ N(mean, s**2)."""
    return 0.5 * (1 + erf((z - mean) / (s * sqrt(2)))) if abs(z) < inf else float(z > 0)


def share(where: tuple[Interval, ...], mean: float, s: float) -> float:
    """Share of N(mean, s**2) that lies in the intervals; s > 0."""
    return sum(_below(high, mean, s) - _below(low, mean, s) for low, high in where)
