"""Points in the plane that no line separates, and a curve to follow: small sets that are drawn, not stored.

Shapes: x is (samples, features), labels are (samples,) integers from 0, numbers are (samples, 1).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.nn.draws import Stream, generator

Array = NDArray[np.float64]
Split = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]
"""Training inputs and labels, test inputs and labels."""
Points = Callable[[int, np.random.Generator], tuple[Array, NDArray[Any]]]

SAMPLES = 1000
"""Of the training set, and as many of the test set."""
TURNS = 2.25


def split(points: Points) -> Callable[[int], Split]:
    """A function of the seed: training and test set, from streams of their own."""

    def draw(seed: int) -> Split:
        train, test = (points(SAMPLES, generator(seed, Stream.SAMPLES, index)) for index in range(2))
        return (*train, *test)

    return draw


def moons(samples: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.intp]]:
    """Two half circles that reach into each other, with noise of 0.15: scikit-learn's make_moons, to the last bit."""
    upper, lower = np.linspace(0, np.pi, samples // 2), np.linspace(0, np.pi, samples - samples // 2)
    x = np.append(np.cos(upper), 1 - np.cos(lower))
    return _shuffled(np.column_stack([x, np.append(np.sin(upper), 1 - np.sin(lower) - 0.5)]), 0.15, rng)


def circles(samples: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.intp]]:
    """A circle of radius 0.5 in one of radius 1, with noise of 0.1: scikit-learn's make_circles, to the last bit."""
    outer, inner = (np.linspace(0, 2 * np.pi, n, endpoint=False) for n in (samples // 2, samples - samples // 2))
    x = np.append(np.cos(outer), 0.5 * np.cos(inner))
    return _shuffled(np.column_stack([x, np.append(np.sin(outer), 0.5 * np.sin(inner))]), 0.1, rng)


def _shuffled(x: Array, noise: float, rng: np.random.Generator) -> tuple[Array, NDArray[np.intp]]:
    """Points of class 0, then as many of class 1, mixed and blurred by the generator and in the order of scikit-learn.

    The library itself would be a tenth of a second and 30 MB for these few lines, and is slow to come in a browser.
    """
    old = np.random.RandomState(rng.integers(2**32))
    order = np.arange(len(x))
    old.shuffle(order)
    y = (np.arange(len(x)) >= len(x) // 2)[order].astype(np.intp)
    return x[order] + noise * old.standard_normal(x.shape), y


def spirals(samples: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.intp]]:
    """Two spirals about the origin, of radius up to 1, each the other turned by half a turn, with noise of 0.02."""
    y = rng.permutation(np.arange(samples) % 2)
    radius = np.sqrt(rng.uniform(0.01, 1, samples))  # as many points on each piece of area
    angle = 2 * np.pi * TURNS * radius + np.pi * y
    x = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return x + 0.02 * rng.standard_normal(x.shape), y


def wave(samples: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """One period of a sine over [-1, 1], to be followed, with noise of 0.05."""
    x = rng.uniform(-1, 1, (samples, 1))
    return x, np.sin(np.pi * x) + 0.05 * rng.standard_normal(x.shape)


# What scripts say: scikit-learn's two sets in its own order of draws, so that they are the same to the last bit.
_SHUFFLED = """old = np.random.RandomState(rng.integers(2**32))  # the generator that scikit-learn uses
order = np.arange(samples)
old.shuffle(order)
x, y = np.column_stack([x, y])[order], (np.arange(samples) >= samples // 2)[order].astype(int)
return x + %s * old.standard_normal(x.shape), y"""
MOONS_CODE = (
    """upper, lower = np.linspace(0, np.pi, samples // 2), np.linspace(0, np.pi, samples - samples // 2)
x = np.append(np.cos(upper), 1 - np.cos(lower))
y = np.append(np.sin(upper), 1 - np.sin(lower) - 0.5)
"""
    + _SHUFFLED % 0.15
)
CIRCLES_CODE = (
    """outer = np.linspace(0, 2 * np.pi, samples // 2, endpoint=False)
inner = np.linspace(0, 2 * np.pi, samples - samples // 2, endpoint=False)
x = np.append(np.cos(outer), 0.5 * np.cos(inner))
y = np.append(np.sin(outer), 0.5 * np.sin(inner))
"""
    + _SHUFFLED % 0.1
)
SPIRALS_CODE = f"""y = rng.permutation(np.arange(samples) % 2)
radius = np.sqrt(rng.uniform(0.01, 1, samples))
angle = 2 * np.pi * {TURNS} * radius + np.pi * y
x = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
return x + 0.02 * rng.standard_normal(x.shape), y"""
WAVE_CODE = """x = rng.uniform(-1, 1, (samples, 1))
return x, np.sin(np.pi * x) + 0.05 * rng.standard_normal(x.shape)"""
