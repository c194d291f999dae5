"""What the naming traps and basic starts do to a network: the numbers that the labs quote, measured."""

import numpy as np
import pytest

from labkit.nn.network import Network
from labkit.nn.propagation import propagate
from labkit.nn.statistics import summarize

# 4.5 standard errors: Student's t of 15 degrees of freedom is beyond it once in 2400


def layers(name, seeds, limits=None, **fields):
    """A statistic of the activations by seed and layer, (seeds, depth)."""
    found = []
    for seed in range(seeds):
        trace = propagate(Network(**{"activation": "relu", "seed": seed, **fields}))
        stats = summarize(trace, range=limits, quantities=("post",), histograms=("post",) if limits else ())
        found.append(getattr(stats, name) if hasattr(stats, name) else getattr(stats.post, name))
    return np.array(found)


def test_weights_between_0_and_1_multiply_relus_mean_by_half_the_width():
    """z_1 ~ N(0, n / 3), so its ReLU has mean sqrt(n / (6 pi)) = 2.30; from then on nothing is negative: E z = n m / 2,
    and layer 5 has 1.44e7.
    """
    means = layers("mean", 16, initializer="uniform")
    errors = means.std(axis=0, ddof=1) / 4
    expected = np.sqrt(100 / (6 * np.pi)) * 50.0 ** np.arange(5)
    assert (np.abs(means.mean(axis=0) - expected) < 4.5 * errors).all()
    assert expected[[0, -1]] == pytest.approx([2.303, 1.44e7], rel=1e-3)


def test_pytorchs_default_leaves_about_half_of_a_deep_relu_nets_units_dead():
    """Weights of variance 1 / (3 n) let the signal die, and biases of that variance make all samples alike."""
    fields = {"depth": 20, "batch": 200, "bias_std": 300**-0.5}
    dead, he = (layers("dead", 16, initializer=key, **fields)[:, -1] for key in ("torch_default", "he_normal"))
    assert abs(dead.mean() - 0.5) < 4.5 * dead.std(ddof=1) / 4
    assert he.mean() + 4.5 * he.std(ddof=1) / 4 < 0.4


@pytest.mark.parametrize(("activation", "initializer", "hidden"), [
    ("relu", "he_normal", 0.23975),  # P(z > 1), z ~ N(0, 2)
    ("tanh", "lecun_normal", 0.5),
])  # fmt: skip
def test_a_histogram_from_0_to_1_hides_data(activation, initializer, hidden):
    outside = layers("outside", 16, (0.0, 1.0), activation=activation, initializer=initializer, depth=1)[:, 0]
    assert abs(outside.mean() - hidden) < 4.5 * outside.std(ddof=1) / 4
