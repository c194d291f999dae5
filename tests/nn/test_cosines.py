"""Angles between inputs, measured and by theory, against closed forms and wide networks."""

import numpy as np
import pytest

import labkit
from labkit.nn.cosines import cosines, fan, goal, in_plane, pair, row_cosines, std_band
from labkit.nn.theory import correlations


def arc_cosine(c: float, alpha: float = 0.0) -> float:
    """Cho and Saul (2009), the kernel of degree 1, normalized; with a slope below zero, max(z, alpha z).

    For f = (1 - alpha) relu + alpha id: E f f' = (1 - alpha)^2 k(c) / 2 + alpha (1 - alpha) c + alpha^2 c.
    """
    theta = np.arccos(c)
    kernel = (np.sin(theta) + (np.pi - theta) * c) / np.pi
    return ((1 - alpha) ** 2 * kernel / 2 + alpha * c) / ((1 + alpha**2) / 2)


def erf_kernel(c: float, q: float) -> float:
    """Williams (1998), Computation with infinite neural networks: E erf(z1) erf(z2) over E erf(z)^2."""
    return np.arcsin(2 * q * c / (1 + 2 * q)) / np.arcsin(2 * q / (1 + 2 * q))


def test_he_relu_collapses_orthogonal_inputs_as_published():
    post = pair(labkit.Network(activation="relu", initializer="he_normal", depth=10), 0.0).post
    np.testing.assert_allclose(post[[0, 1, 2, 9]], [0.318, 0.494, 0.605, 0.872], atol=5e-4)


@pytest.mark.parametrize("alpha", [0.0, 0.01, 0.3, 1.0])
@pytest.mark.parametrize("c0", [-1.0, -0.5, 0.0, 0.7, 1.0])
def test_rectifiers_follow_the_arc_cosine_kernel(alpha, c0):
    net = labkit.Network(activation="leaky_relu", alpha=alpha, std=0.13, depth=12)
    expected, c = [], c0
    for _ in range(12):
        expected.append(c := min(arc_cosine(c, alpha), 1.0))
    np.testing.assert_allclose(pair(net, c0).post, expected, atol=2e-4)  # 12 layers of at most 1e-5


def test_a_formula_of_erf_with_biases_follows_williams():
    scipy_special = pytest.importorskip("scipy.special")
    assert scipy_special.erf(1.0) == pytest.approx(0.8427007929497149)
    net = labkit.Network(activation="formula: erf(x)", std=0.15, bias_std=0.4, depth=6)
    q, c, pre, post = 2.25 + 0.16, 0.2, [], []
    c = (2.25 * c + 0.16) / q
    for _ in range(6):
        pre.append(c)
        post.append(erf_kernel(c, q))
        square = 2 / np.pi * np.arcsin(2 * q / (1 + 2 * q))
        after = 2.25 * square + 0.16
        c, q = (2.25 * square * post[-1] + 0.16) / after, after
    said = pair(net, 0.2)
    np.testing.assert_allclose(said.pre, pre, atol=1e-6)
    np.testing.assert_allclose(said.post, post, atol=1e-6)


def test_many_pairs_at_once_are_each_alone():
    net = labkit.Network(activation="gelu", std=0.15, bias_std=0.2, depth=4)
    both = pair(net, np.array([0.1, -0.6]))
    for i, c in enumerate((0.1, -0.6)):
        np.testing.assert_allclose(both.post[:, i], pair(net, c).post)


def test_correlations_are_those_of_the_batch():
    net = labkit.Network(activation="tanh", std=0.1, bias_std=0.3, depth=3, batch=500, width=400)
    np.testing.assert_allclose(correlations(net, 0.3), pair(net, 0.3).pre, atol=1e-3)


@pytest.mark.parametrize(
    "values",
    [
        {"activation": "relu", "initializer": "he_normal"},
        {"activation": "leaky_relu", "alpha": 0.3, "initializer": "he_normal"},
        {"activation": "tanh", "std": 2 / 1000**0.5, "bias_std": 0.3},
        {"activation": "gelu", "initializer": "he_normal"},
        {"activation": "sigmoid", "initializer": "xavier_normal"},
    ],
    ids=lambda v: v["activation"],
)
def test_wide_networks_measure_what_theory_says(values):
    depth, seeds, width = 3, 12, 1000
    found = []
    for seed in range(seeds):
        net = labkit.Network(width=width, depth=depth, batch=2, seed=seed, **values)
        trace = labkit.propagate(net, x=fan(2, width, 90, seed))
        found.append([cosines(h)[0, 1] for h in trace.post])
    error = np.std(found, axis=0, ddof=1) / seeds**0.5
    off = np.mean(found, axis=0) - pair(net, 0.0).post
    assert (np.abs(off) < 4.5 * error + 3 / width).all()  # 4.5: Student's t of 11; theory is off by order 1/width


def test_the_fan_lies_on_a_circle_at_the_angles_asked_for():
    x = fan(4, 50, 90, seed=3)
    np.testing.assert_allclose(np.mean(x**2, axis=1), 1)
    np.testing.assert_allclose(np.degrees(np.arccos(cosines(x)[0])), [0, 30, 60, 90], atol=1e-5)
    assert np.linalg.matrix_rank(x) == 2
    assert not np.allclose(x, fan(4, 50, 90, seed=4))


def test_row_cosines_are_the_cosines_of_each_row_with_its_own():
    a, b = np.random.default_rng(0).standard_normal((2, 4, 3))
    a *= np.array([[1.0], [1e200], [1e-200], [0.0]])
    expected = np.diagonal(cosines(np.concatenate([a, b]))[:4, 4:])
    np.testing.assert_allclose(row_cosines(a, b), expected, rtol=1e-14)
    assert np.isfinite(expected).tolist() == [True, True, True, False]
    assert (np.abs(row_cosines(b, -b) + 1) < 1e-15).all()


def test_cosines_of_tiny_huge_and_no_vectors():
    h = np.array([[3e-200, 4e-200], [4e200, 3e200], [0.0, 0.0], [np.inf, 1.0]])
    found = cosines(h)
    assert found[0, 1] == pytest.approx(24 / 25)
    assert np.isnan(found[2:]).all()


def test_two_vectors_keep_their_angle_in_the_plane():
    c = np.array([[1, 0.3], [0.3, 1]])
    places, kept = in_plane(c, np.eye(2))
    np.testing.assert_allclose(places @ places.T, c, atol=1e-12)
    assert kept == pytest.approx(1)


def test_the_plane_keeps_the_largest_share_and_lies_near_the_start():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((5, 5)) * [3, 2, 0.3, 0.2, 0.1]
    c = cosines(vectors)
    places, kept = in_plane(c, places_before := rng.standard_normal((5, 2)))
    assert kept == pytest.approx(np.sort(np.linalg.eigvalsh(c))[-2:].sum() / 5)
    assert np.square(places).sum() == pytest.approx(5 * kept)
    distance = np.square(places - places_before).sum()
    for t in np.linspace(0, 2 * np.pi, 50):
        for mirror in (1, -1):
            turn = np.array([[np.cos(t), -np.sin(t)], [mirror * np.sin(t), mirror * np.cos(t)]])
            assert np.square(places @ turn - places_before).sum() >= distance - 1e-9


def test_a_vector_without_direction_is_left_out():
    c = cosines(np.array([[1.0, 0], [0, 0], [0, 1.0]]))
    places, kept = in_plane(c, np.array([[1.0, 0], [0, 0], [0, 1.0]]))
    assert np.isnan(places[1]).all()
    np.testing.assert_allclose(places[[0, 2]], np.eye(2), atol=1e-12)
    assert kept == pytest.approx(1)
    assert np.isnan(in_plane(np.full((2, 2), np.nan), np.eye(2))[0]).all()


def test_goals_are_the_published_ones():
    net = labkit.Network(activation="tanh", std=0.2, bias_std=0.3)
    there = goal(net, 1.0)
    assert there.c_star == pytest.approx(0.263895, abs=1e-6)
    assert there.xi_c == pytest.approx(6.64826, abs=1e-5)
    # deep layers' curves end there
    assert pair(labkit.Network(activation="tanh", std=0.2, bias_std=0.3, depth=100), 0.9).post[-1] == pytest.approx(
        there.cosine, abs=1e-5
    )
    relu = goal(labkit.Network(activation="relu", initializer="he_normal"), 1.0)
    assert (relu.c_star, relu.xi_c) == (1.0, np.inf)
    assert goal(labkit.Network(activation="identity", initializer="lecun_normal"), 1.0).c_star is None


@pytest.mark.parametrize("values", [{"activation": "softmax"}, {"initializer": "ones"}, {"initializer": "zeros"}])
def test_theory_is_refused_where_it_does_not_hold(values):
    with pytest.raises(ValueError, match=r"elementwise|nonzero mean|all zero"):
        pair(labkit.Network(**values), 0.0)


def test_a_cosine_lies_within_1():
    with pytest.raises(ValueError, match="c0 must lie in"):
        pair(labkit.Network(), 1.1)


def test_the_band_holds_95_percent_of_the_seeds():
    seeds, inside = 200, 0
    for seed in range(seeds):
        net = labkit.Network(activation="relu", initializer="he_normal", depth=8, width=100, batch=5, seed=seed)
        x = fan(5, 100, 180, seed)
        band = std_band(net, pair(net, 0.0), cosines(x))
        inside += band.low[-1] < labkit.propagate(net, x=x).post[-1].std() < band.high[-1]
    assert abs(inside / seeds - 0.95) < 4 * (0.95 * 0.05 / seeds) ** 0.5


def test_own_inputs_go_through_the_same_draws():
    net = labkit.Network(batch=7, depth=2, width=20, bias_std=0.1)
    first = labkit.propagate(net)
    for one, other in zip(first.post, labkit.propagate(net, x=first.x).post, strict=True):
        np.testing.assert_array_equal(one, other)


def test_own_inputs_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"x must be of shape \(7, 20\) \(batch, features\), got \(3, 20\)"):
        labkit.propagate(labkit.Network(batch=7, width=20), x=np.zeros((3, 20)))
    labeled = labkit.Network(batch=7, dataset="mnist_small", gradient_source="loss")
    with pytest.raises(ValueError, match="x has no labels"):
        labkit.propagate(labeled, x=np.zeros((7, 784)))
