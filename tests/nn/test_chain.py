import numpy as np
import pytest

from labkit.nn.activations import ACTIVATIONS
from labkit.nn.chain import Signed, chain

WEIGHTS, BIASES = np.array([0.9, -1.4, 0.6, 1.2]), np.array([0.1, -0.3, 0.2, 0.05])
SMOOTH = ("sigmoid", "tanh", "gelu", "softplus", "identity", "elu")


def plain(signed):
    return signed.sign * 10**signed.log


def output(row, x, weights):
    return chain(row, None, x, weights, BIASES).post[-1]


@pytest.mark.parametrize("key", SMOOTH)
def test_products_are_the_finite_differences_of_the_output(key):
    row, step = ACTIVATIONS[key], 1e-6
    found = chain(row, None, 0.7, WEIGHTS, BIASES)
    by_x = (output(row, 0.7 + step, WEIGHTS) - output(row, 0.7 - step, WEIGHTS)) / (2 * step)
    assert plain(found.grad_post)[0] == pytest.approx(by_x, rel=1e-7)
    nudges = step * np.eye(len(WEIGHTS))
    by_w = [(output(row, 0.7, WEIGHTS + d) - output(row, 0.7, WEIGHTS - d)) / (2 * step) for d in nudges]
    np.testing.assert_allclose(plain(found.grad_weights), by_w, rtol=1e-7)


def test_the_running_product_ends_in_one_and_takes_a_layer_a_step():
    found = chain(ACTIVATIONS["tanh"], None, 0.7, WEIGHTS, BIASES)
    back = plain(found.grad_post)
    assert back[-1] == 1
    np.testing.assert_allclose(back[:-1] / back[1:], WEIGHTS * (1 - found.post**2), rtol=1e-12)


def test_products_below_what_a_float_can_hold_keep_their_size():
    z = 25.0  # tanh'(25) = 4 e^-50, to the last digit
    biases = np.array([z - 1.0] + [z - np.tanh(z)] * 29)
    found = chain(ACTIVATIONS["tanh"], None, 1.0, np.ones(30), biases)
    sign, log = found.grad_post.at(0)
    assert sign == 1
    assert log == pytest.approx(30 * (np.log10(4) - 50 * np.log10(np.e)), rel=1e-12)


def test_a_zero_slope_makes_exactly_zero_of_everything_before_it():
    found = chain(ACTIVATIONS["relu"], None, 1.0, np.ones(3), np.array([0.0, -5.0, 1.0]))
    np.testing.assert_array_equal(plain(found.grad_post), [0, 0, 1, 1])
    np.testing.assert_array_equal(plain(found.grad_weights), [0, 0, 0])


def test_softmax_of_one_unit_is_always_one_and_has_no_slope():
    found = chain(ACTIVATIONS["softmax"], None, 1.0, WEIGHTS, BIASES)
    np.testing.assert_array_equal(found.post, 1)
    np.testing.assert_array_equal(found.slopes, 0)


def test_what_overflows_is_not_finite():
    found = chain(ACTIVATIONS["identity"], None, 5.0, np.full(3, 1e200), np.zeros(3))
    assert not np.isfinite(found.post[-1])
    assert np.isnan(Signed.of(np.array([np.inf, 0.0])).product().log)
