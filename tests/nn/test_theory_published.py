"""Values that others published, each with its source; where one is wrong, the test says so and why."""

import numpy as np
import pytest

from labkit.nn.activations import ACTIVATIONS
from labkit.nn.critical import critical_line
from labkit.nn.expectations import expectation_table
from labkit.nn.meanfield import fixed_point, trajectory
from labkit.nn.pairs import pair_expectations

from .theory_rows import ELU, GELU, RAMP, RELU6, SELU, SILU, SINE, SOFTPLUS, SOFTSIGN  # isort: skip

TANH, RELU, SIGMOID = (ACTIVATIONS[key] for key in ("tanh", "relu", "sigmoid"))
ONE = np.ones(1)

# Brock, De, Smith and Simonyan (2021), High-performance large-scale image recognition without normalization (NF-Nets):
# `nonlinearities` of the authors' nfnets/base.py, copied as `_nonlin_gamma` in timm/models/nfnet.py. gamma is
# 1 / std f(z), z ~ N(0, 1), there sampled: the table is good to about three digits and prints sixteen.
NF_NETS = [
    (RELU, None, 1.7139588594436646), (GELU, None, 1.7015043497085571), (SILU, None, 1.7881293296813965),
    (ELU, None, 1.2716004848480225), (SELU, None, 1.0008515119552612), (RELU6, None, 1.7131484746932983),
    (SIGMOID, None, 4.803835391998291), (SOFTPLUS, None, 1.9203323125839233), (TANH, None, 1.5939117670059204),
    (SOFTSIGN, None, 2.338853120803833), (RAMP, 0.01, 1.70590341091156),
]  # fmt: skip


@pytest.mark.parametrize(("row", "alpha", "gamma"), NF_NETS, ids=lambda x: getattr(x, "key", None))
def test_nf_nets_gammas_hold_to_three_digits(row, alpha, gamma):
    assert 1 / expectation_table(row, alpha).at(ONE).std[0] == pytest.approx(gamma, rel=2e-3)


def test_nf_nets_gamma_of_relu_is_wrong_in_the_fourth_digit():
    """Published 1.71396, exact sqrt(2 / (1 - 1/pi)) = 1.71286: theirs is sampled, and SELU's 1.00085 is exactly 1."""
    assert 1 / expectation_table(RELU).at(ONE).std[0] == pytest.approx(np.sqrt(2 / (1 - 1 / np.pi)), rel=1e-12)
    assert abs(1.7139588594436646 / np.sqrt(2 / (1 - 1 / np.pi)) - 1) > 5e-4
    assert 1 / expectation_table(SELU).at(ONE).std[0] == pytest.approx(1, abs=1e-9)


def test_selu_keeps_mean_0_and_variance_1():
    """Klambauer et al. (2017), Self-normalizing neural networks: alpha and lambda are made for this."""
    at = expectation_table(SELU).at(ONE)
    assert at.mean[0] == pytest.approx(0, abs=1e-12)
    assert at.rms[0] == pytest.approx(1, abs=1e-12)
    # keeping the variance is not yet criticality: gradients still grow by 7 % of their mean square a layer
    assert fixed_point(SELU, None, 0.0, 1.0, 0.0).q == pytest.approx(1, abs=1e-8)
    assert at.slope[0] ** 2 == pytest.approx(1.0716, abs=1e-4)


@pytest.mark.parametrize("alpha", [0.0, 0.01, 0.25])
def test_he_and_his_coworkers_keep_the_variance(alpha):
    """He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, sec. 2.2: n Var(w) (1 + a^2) / 2 = 1."""
    at = expectation_table(RAMP, alpha).at(np.array([0.3, 5.0]))
    np.testing.assert_allclose(at.rms**2 / np.array([0.3, 5.0]) ** 2, (1 + alpha**2) / 2, rtol=1e-12)
    np.testing.assert_allclose(at.slope**2, (1 + alpha**2) / 2, rtol=1e-12)


def test_cho_and_sauls_kernels_at_an_angle_of_60_degrees():
    """Cho and Saul (2009), Kernel methods for deep learning: J_0 = pi - t, J_1 = sin t + (pi - t) cos t;
    kernel = J_n / pi, twice ours.
    """
    values, slopes = pair_expectations(RELU, None, 0.0, 1.0, 0.5)
    assert 2 * slopes == pytest.approx(2 / 3, rel=1e-12)
    assert 2 * values == pytest.approx((np.sqrt(3) / 2 + np.pi / 3) / np.pi, rel=1e-12)


def test_glorots_linear_regime():
    """Glorot and Bengio (2010): f'(0) = 1 activations keep the variance at n Var(w) = 1, near 0."""
    at = expectation_table(TANH).at(np.array([1e-4]))
    assert at.rms[0] / 1e-4 == pytest.approx(1, abs=2e-8)
    assert at.slope[0] == pytest.approx(1, abs=2e-8)


def test_pytorchs_gain_of_tanh_is_no_variance_keeper():
    """torch.nn.init.calculate_gain: tanh 5/3 (SELU 3/4, sigmoid 1). 5/3 overshoots the 1.592537 that keeps q = 1."""
    exact = 1 / expectation_table(TANH).at(ONE).rms[0]
    assert exact == pytest.approx(1.592537, abs=5e-7)
    assert 5 / 3 / exact - 1 == pytest.approx(0.0465, abs=1e-4)
    kept = fixed_point(TANH, None, 0.0, 5 / 3, 0.0)
    assert kept.q > 1  # it keeps a larger one, and gradients do not die
    assert kept.chi_1 > 1


def test_gelus_half_stable_point():
    """Roberts, Yaida and Hanin (2022), The principles of deep learning theory, sec. 5.3.4: GELU is critical at
    K* = (3 + sqrt 17) / 2 with C_b = 0.17292239, C_W = 1.98305826.
    """
    w, b = critical_line(GELU, None, [(3 + np.sqrt(17)) / 2])
    assert w[0] ** 2 == pytest.approx(1.98305826, abs=6e-9)
    assert b[0] ** 2 == pytest.approx(0.17292239, abs=5e-9)


def test_swishs_half_stable_point_and_its_misprint():
    """The same section: SWISH, C_W = 1.98800468. Public code that starts networks by it has C_b = 0.055514317: with
    that chi_1 = 1 and a fixed variance do not go together; ten times as much, 0.55514317, is right (at q = 14.32017).
    """
    w, b = critical_line(SILU, None, [14.32017362])
    assert w[0] ** 2 == pytest.approx(1.98800468, abs=5e-9)
    assert b[0] ** 2 == pytest.approx(0.55514317, abs=5e-9)
    at = expectation_table(SILU).at(np.sqrt([14.32017362]))
    misprinted = 1.98800468 * at.rms[0] ** 2 + 0.055514317
    assert abs(misprinted - 14.32017362) > 0.4


@pytest.mark.parametrize(("row", "coefficient"), [(TANH, 2.0), (SINE, 1.0)], ids=["tanh", "sine"])
def test_the_universality_class_of_tanh(row, coefficient):
    """Roberts, Yaida and Hanin (2022), sec. 5.3.3: at C_W = 1 tanh's variance falls as 1 / (2 l), sin's as 1 / l."""
    s = trajectory(expectation_table(row), 1.0, 0.0, ONE, 20_000)
    assert 20_000 * s[-1, 0] ** 2 * coefficient == pytest.approx(1, abs=2e-3)


def test_the_fluctuations_of_relu_and_tanh():
    """Roberts, Yaida and Hanin (2022), sec. 5.4: nu = 3 A4 / A2^2 - 1 = 5 for ReLU and 2 for linear units, the relative
    variance by which a layer of width n spreads the mean square, times n. It is the band's first step.
    """
    for row, nu in ((RELU, 5), (ACTIVATIONS["identity"], 2)):
        assert expectation_table(row).hermite(ONE)[1].sum() == pytest.approx(nu, rel=1e-6)


def test_schoenholz_phase_boundary_of_tanh_starts_at_1():
    """Schoenholz et al. (2017), Deep information propagation: the critical line of tanh leaves (sigma_w^2, sigma_b^2) =
    (1, 0), and sigma_b^2 = 0.05 lies at sigma_w^2 = 1.76.
    """
    w, b = critical_line(TANH, None, [1e-6, 0.5700478816])
    np.testing.assert_allclose([w[0] ** 2, b[0] ** 2], [1, 0], atol=3e-6)
    np.testing.assert_allclose([w[1] ** 2, b[1] ** 2], [1.76, 0.05], atol=2e-3)


def test_hayous_edge_of_chaos_of_relu_is_one_point():
    """Hayou, Doucet and Rousseau (2019), On the impact of the activation function on deep neural networks training:
    ReLU has (sigma_b, sigma_w) = (0, sqrt 2) only.
    """
    w, b = critical_line(RELU, None, [0.01, 1.0, 100.0])
    np.testing.assert_allclose(w, np.sqrt(2), rtol=1e-12)
    np.testing.assert_allclose(b, 0, atol=1e-5)


def test_poole_and_coworkers_chaos_of_tanh():
    """Poole et al. (2016): at sigma_b = 0.3, tanh is ordered at sigma_w = 1.3, chaotic at 2.5 and 4."""
    ordered, *chaotic = (fixed_point(TANH, None, 0.0, w, 0.3).chi_1 for w in (1.3, 2.5, 4.0))
    assert ordered < 1 < min(chaotic)
