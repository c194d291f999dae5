"""The book's numbers among the seeds: what the page says of figure 6-14."""

from dataclasses import replace

import numpy as np
import pytest

import labkit
from labkit.labs.book import CENTERS, FIGURE_6_14, MEANS, SPREADS, is_figure_6_14, percentiles


def log_means(seeds: range) -> np.ndarray:
    """log10 of each layer's mean, (seeds, layers)."""
    nets = (replace(FIGURE_6_14, seed=seed) for seed in seeds)
    return np.array([[np.log10(h.mean()) for h in labkit.propagate(net).post] for net in nets])


def check(seeds: range) -> None:
    found, n = log_means(seeds), len(seeds)
    error = np.array(SPREADS) / np.sqrt(n)
    assert np.all(np.abs(found.mean(axis=0) - CENTERS) < 4 * error)
    assert np.all(np.abs(found.std(axis=0, ddof=1) / SPREADS - 1) < 4 / np.sqrt(2 * n))


def test_twenty_seeds_scatter_as_stated():
    check(range(1000, 1020))


@pytest.mark.long
def test_four_hundred_other_seeds_scatter_as_stated():
    check(range(1000, 1400))


def test_percentiles_at_the_center_and_one_standard_deviation_beside_it():
    for shift, percentile in ((0, 50.0), (1, 84.134), (-1, 15.866)):
        means = tuple(10 ** (c + shift * s) for c, s in zip(CENTERS, SPREADS, strict=True))
        assert percentiles(means) == pytest.approx([percentile] * 5, abs=1e-3)


def test_the_books_means_are_nothing_unusual():
    assert all(5 < place < 95 for place in percentiles(MEANS))


def test_only_the_figures_own_network_is_compared_with_it():
    assert is_figure_6_14(replace(FIGURE_6_14, seed=7))
    assert not is_figure_6_14(replace(FIGURE_6_14, depth=6))
