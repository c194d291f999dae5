"""What a book's figure shows, and where it lies among the seeds.

The figure: Saitoh (2016), Deep Learning from Scratch, figure 6-14: ReLU with weights of std 0.01, five layers of 100
units, a Gaussian batch of 1000. Its layer means are set against the spread of the logarithm of a layer's mean from
seed to seed.
"""

from dataclasses import replace
from math import erf, log10, sqrt

from labkit.nn.network import Network

FIGURE_6_14 = Network(activation="relu", initializer="normal", std=0.01, depth=5, width=100, batch=1000)
MEANS = (0.0396, 0.00290, 0.000197, 1.32e-5, 9.46e-7)
"""The layer means that the book shows."""

# Mean and standard deviation of log10 of each layer's mean over seeds, at this width and batch: 400 seeds of
# FIGURE_6_14, as tests/labs/test_book.py measures them again.
CENTERS = (-1.4002, -2.5544, -3.7098, -4.8658, -6.0186)
SPREADS = (0.00379, 0.0335, 0.0508, 0.0607, 0.0734)


def percentiles(means: tuple[float, ...] = MEANS) -> tuple[float, ...]:
    """Where layer means lie among the seeds, from 0 to 100, one a layer."""
    places = ((log10(m) - c) / s for m, c, s in zip(means, CENTERS, SPREADS, strict=True))
    return tuple(50 * (1 + erf(place / sqrt(2))) for place in places)


def is_figure_6_14(network: Network) -> bool:
    """Whether the network is that of the figure, whatever its seed."""
    return replace(network, seed=FIGURE_6_14.seed) == FIGURE_6_14
