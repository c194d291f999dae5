from decimal import Decimal, getcontext
from functools import cache

import numpy as np
import pytest

from labkit.nn.logits import naive, shares, softmax

getcontext().prec = 2000  # 1 - e^-4000 is not 1


@cache
def decimals(z, temperature):
    """Probabilities and their logs, by decimal arithmetic."""
    e = [(Decimal(float(v)) / Decimal(temperature)).exp() for v in z]
    total = sum(e)
    p = [v / total for v in e]
    return p, [v.ln() for v in p]


def exact(z, target, temperature):
    """The same, with loss and gradients."""
    p, logs = decimals(tuple(z), temperature)
    g = [v - (i == target) for i, v in enumerate(p)]
    mean = sum(a * b for a, b in zip(p, g, strict=True))
    return p, logs, -logs[target], g, [a * (b - mean) for a, b in zip(p, g, strict=True)]


@pytest.mark.parametrize("z", [(2.0, 1.0, -1.0), (1000.0, -1000.0, 0.0), (0.0, 0.0, 0.0, 0.0), (30.0, -10.0, 29.5, 3)])
@pytest.mark.parametrize("target", [0, 1, 2])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 20.0])
def test_agrees_with_many_digits(z, target, temperature):
    found = shares(np.array(z), target, temperature)
    p, log_p, loss, gradient, squared = exact(z, target, temperature)
    for got, want in ((found.p, p), (found.log_p, log_p), (found.gradient, gradient), (found.squared, squared)):
        np.testing.assert_allclose(got, [float(v) for v in want], rtol=1e-12, atol=1e-300)
    rest = [float((1 - v).ln()) for v in p]
    np.testing.assert_allclose(found.log_rest, rest, rtol=1e-12, atol=1e-300)
    assert found.loss == pytest.approx(float(loss), rel=1e-12, abs=1e-300)


def test_gradient_is_the_finite_difference_of_the_loss():
    z, step = np.array([0.3, -1.2, 0.8, 2.0]), 1e-6
    nudges = step * np.eye(4)
    for temperature in (1.0, 3.0):
        found = shares(z, 2, temperature)
        by_z = [(shares(z + d, 2, temperature).loss - shares(z - d, 2, temperature).loss) / (2 * step) for d in nudges]
        np.testing.assert_allclose(found.gradient / temperature, by_z, rtol=1e-7)
        y = np.eye(4)[2]
        half = [sum((softmax(z + s * d, temperature) - y) ** 2) / 2 for d in nudges for s in (1, -1)]
        by_squares = (np.array(half[::2]) - half[1::2]) / (2 * step)
        np.testing.assert_allclose(found.squared / temperature, by_squares, rtol=1e-6)


def test_the_formula_as_written_overflows_where_ours_does_not():
    z = np.array([1000.0, 999.0, -1000.0])
    assert np.isnan(naive(z)).any()
    np.testing.assert_allclose(softmax(z), [1 / (1 + np.exp(-1)), 1 / (1 + np.e), 0], rtol=1e-14)
    np.testing.assert_allclose(naive(z / 1000), softmax(z / 1000), rtol=1e-14)
