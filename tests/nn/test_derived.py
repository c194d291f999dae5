"""Gains, ranges and bends against closed forms, samples, and the tables of others."""

import numpy as np
import pytest

from labkit.nn.activations import ACTIVATIONS, Activation
from labkit.nn.properties import (
    SATURATED_BELOW,
    backward_gain,
    bends,
    effective_range,
    forward_gain,
    jumps,
    largest_slope,
    mean,
    output_range,
    saturated_intervals,
    second_moment,
    zero_centered,
)  # fmt: skip

EVERY = pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=lambda row: row.key)
# 1/sqrt(E f(u)^2): the project's reference numbers; SELU is built so that it is 1 (Klambauer et al., 2017)
FORWARD = {
    "tanh": 1.592537, "relu": 1.414214, "elu": 1.245198, "gelu": 1.533530, "silu": 1.676532, "sigmoid": 1.846229,
    "selu": 1.0, "identity": 1.0,
}  # fmt: skip
PYTORCH = {"identity": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": 2**0.5, "selu": 3 / 4}  # its calculate_gain
RANGES = {
    "prelu": (-np.inf, np.inf), "leaky_relu6": (-np.inf, 6), "celu": (-1, np.inf),
    "selu": (-1.7580993408473766, np.inf),
    "gelu": (-0.16997120747990374, np.inf), "hardswish": (-0.375, np.inf), "silu": (-0.27846454276107385, np.inf),
    "mish": (-0.30884341301725043, np.inf), "softmax": (0, 1), "softsign": (-1, 1), "sigmoid": (0, 1),
}  # fmt: skip
EFFECTIVE = {
    "sigmoid": (-5.986445692, 5.986445692), "tanh": (-2.993222846, 2.993222846), "relu": (0, np.inf), "relu6": (0, 6),
    "hardtanh": (-1, 1), "softsign": (-9, 9), "identity": (-np.inf, np.inf), "elu": (np.log(0.01), np.inf),
    "hardsigmoid": (-3, 3), "hardswish": (-3, np.inf),
}  # fmt: skip


@pytest.mark.parametrize("key", FORWARD)
def test_forward_gain_is_the_reference(key):
    assert forward_gain(ACTIVATIONS[key]) == pytest.approx(FORWARD[key], abs=5.1e-7)


def test_gains_of_leaky_relu_are_pytorchs_for_every_alpha():
    row = ACTIVATIONS["leaky_relu"]
    assert forward_gain(row, 0.1) == pytest.approx(1.407195, abs=5e-7)
    for alpha in (0.0, 0.01, 0.2, 1.0):
        assert forward_gain(row, alpha) == pytest.approx(np.sqrt(2 / (1 + alpha**2)), rel=1e-13)
        assert backward_gain(row, alpha) == pytest.approx(np.sqrt(2 / (1 + alpha**2)), rel=1e-13)


def test_only_the_rows_that_pytorch_names_have_its_gain():
    assert {key for key, row in ACTIVATIONS.items() if row.torch_gain is not None} == {*PYTORCH, "leaky_relu"}
    for alpha in (0.0, 0.2, 1.0):
        assert ACTIVATIONS["leaky_relu"].torch_gain(alpha) == pytest.approx(np.sqrt(2 / (1 + alpha**2)), rel=1e-15)


@pytest.mark.parametrize("key", PYTORCH)
def test_pytorchs_gains_are_the_computed_ones_or_differ_for_a_known_reason(key):
    """Sigmoid's 1 is a convention: 1.846229 keeps the second moment. Tanh's 5/3 lies 4.7 % above the gain at q = 1.
    SELU's 3/4 gives up the forward fixed point (gain 1) for the flow of gradients in rectangular layers, as its page
    says.
    """
    assert ACTIVATIONS[key].torch_gain == pytest.approx(PYTORCH[key], rel=1e-15)
    ratio = {"sigmoid": 0.541645, "tanh": 1.046548, "selu": 0.75}.get(key, 1.0)
    assert PYTORCH[key] / forward_gain(ACTIVATIONS[key]) == pytest.approx(ratio, rel=2e-6)


def test_backward_gains_have_their_closed_forms():
    within_1, within_3 = 0.6826894921370859, 0.9973002039367398  # of a standard normal
    assert backward_gain(ACTIVATIONS["identity"]) == pytest.approx(1, rel=1e-13)
    assert backward_gain(ACTIVATIONS["hardtanh"]) == pytest.approx(within_1**-0.5, rel=1e-12)
    assert backward_gain(ACTIVATIONS["hardsigmoid"]) == pytest.approx(6 * within_3**-0.5, rel=1e-12)


@EVERY
def test_moments_are_those_of_a_sample(row):
    if not row.elementwise:
        assert all(np.isnan(f(row)) for f in (mean, second_moment, forward_gain, backward_gain))
        return
    u = np.random.default_rng(0).standard_normal(400_000)
    found = [mean(row), second_moment(row), backward_gain(row) ** -2]
    for moment, sample in zip(found, (row.function(u), row.function(u) ** 2, row.derivative(u) ** 2), strict=True):
        assert abs(moment - sample.mean()) < 4 * sample.std() / np.sqrt(len(u)) + 1e-12


def test_zero_centered_are_the_odd_functions_and_selu():
    found = {key for key in FORWARD.keys() | RANGES.keys() | EFFECTIVE.keys() if zero_centered(ACTIVATIONS[key])}
    assert found == {"identity", "tanh", "hardtanh", "softsign", "selu"}
    assert zero_centered(ACTIVATIONS["leaky_relu"], 1.0)


@pytest.mark.parametrize("key", RANGES)
def test_output_range_is_exact(key):
    assert output_range(ACTIVATIONS[key]) == pytest.approx(RANGES[key], rel=1e-9)


@pytest.mark.parametrize("key", EFFECTIVE)
def test_effective_range_is_where_the_slope_is_a_hundredth_of_its_largest(key):
    assert effective_range(ACTIVATIONS[key]) == pytest.approx(EFFECTIVE[key], rel=1e-9, abs=0)


@EVERY
def test_saturated_intervals_are_where_the_slope_is_small(row):
    z = np.random.default_rng(0).uniform(-30, 30, 5000)
    slopes = np.abs(row.derivative(np.stack([z, np.zeros_like(z)], axis=1))[:, 0])
    inside = np.zeros(len(z), bool)
    for low, high in saturated_intervals(row):
        inside |= (low < z) & (z < high)
    np.testing.assert_array_equal(inside, slopes < SATURATED_BELOW * largest_slope(row))


def test_tanh_is_saturated_beyond_097():
    (_, low), (high, _) = saturated_intervals(ACTIVATIONS["tanh"])
    assert -low == high == pytest.approx(np.arctanh(0.97), rel=1e-12)


def test_bends_are_the_kinks_where_the_slope_jumps_for_this_alpha():
    found = {key: bends(row) for key, row in ACTIVATIONS.items()}
    assert found["relu"] == found["leaky_relu"] == found["selu"] == (0.0,)
    assert found["relu6"] == found["leaky_relu6"] == (0.0, 6.0)
    assert found["hardswish"] == found["hardsigmoid"] == (-3.0, 3.0)
    assert found["elu"] == found["celu"] == found["softsign"] == found["mish"] == ()
    assert bends(ACTIVATIONS["elu"], 2.0) == (0.0,)
    assert bends(ACTIVATIONS["celu"], 2.0) == bends(ACTIVATIONS["leaky_relu"], 1.0) == ()
    assert not any(jumps(row) for row in ACTIVATIONS.values())


def test_a_step_jumps():
    step = Activation("s", "s", lambda z: 1.0 * (z > 0.5), lambda z: 0.0 * z, "s", "a test", kinks=(0.5,))
    assert jumps(step) == (0.5,)
    assert output_range(step) == (0, 1)
    assert saturated_intervals(step) == ()


def test_an_unbounded_slope_saturates_nowhere():
    square = Activation("q", "q", lambda z: z * z, lambda z: 2 * z, "q", "a test")
    assert largest_slope(square) == np.inf
    assert saturated_intervals(square) == ()
    assert effective_range(square) == (-np.inf, np.inf)
    assert output_range(square) == (0, np.inf)
