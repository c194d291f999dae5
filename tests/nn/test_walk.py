import numpy as np
import pytest

from labkit.nn.walk import contours, gradients, order, walk

RNG = np.random.default_rng(5)
U = RNG.standard_normal((40, 2))
POSITIVE, CENTERED = 1 / (1 + np.exp(-U)), np.tanh(U)
GOAL, START = np.array([1.5, -1.0]), np.zeros(2)


def loss(inputs, w):
    return np.mean((inputs @ w - inputs @ GOAL) ** 2) / 2


def test_gradients_are_the_finite_differences_of_the_loss():
    w, step = np.array([0.3, 0.4]), 1e-6
    by_w = [(loss(CENTERED, w + d) - loss(CENTERED, w - d)) / (2 * step) for d in step * np.eye(2)]
    np.testing.assert_allclose(gradients(CENTERED, GOAL, w).mean(axis=0), by_w, rtol=1e-7)


def test_all_positive_inputs_give_both_weights_gradients_of_one_sign():
    for w in RNG.uniform(-3, 3, (20, 2)):
        found = gradients(POSITIVE, GOAL, w)
        assert (found[:, 0] * found[:, 1] > 0).all()
    assert (np.prod(gradients(CENTERED, GOAL, START), axis=1) < 0).any()


def test_sample_by_sample_one_of_two_weights_goes_the_wrong_way_at_every_step():
    found = walk(POSITIVE, GOAL, START, 0.3, 1, 60, 0)
    assert np.prod(GOAL - found.path, axis=1).max() < 0  # the goal stays to the lower right
    assert found.wrong == 0.5
    both = np.sign(np.diff(found.path, axis=0))
    assert (both[:, 0] == both[:, 1]).all()
    assert walk(CENTERED, GOAL, START, 0.3, 1, 60, 0).wrong < 0.4


def test_a_full_batch_is_the_closed_form():
    found = walk(POSITIVE, GOAL, START, 0.7, 40, 25, 0)
    H = POSITIVE.T @ POSITIVE / 40
    np.testing.assert_allclose(found.hessian, H, rtol=1e-12)
    for k, w in enumerate(found.path):
        np.testing.assert_allclose(
            w - GOAL, np.linalg.matrix_power(np.eye(2) - 0.7 * H, k) @ (START - GOAL), atol=1e-12
        )
        assert found.loss[k] == pytest.approx(loss(POSITIVE, w), rel=1e-9)
    assert found.condition == pytest.approx(np.linalg.cond(H), rel=1e-9)


def test_every_epoch_takes_each_sample_once_and_more_steps_keep_the_path():
    assert sorted(order(40, 3, 7)) == list(range(40))
    assert (order(40, 3, 7) != order(40, 4, 7)).any()
    short, long = (walk(POSITIVE, GOAL, START, 0.3, 7, steps, 2) for steps in (10, 30))
    np.testing.assert_array_equal(short.path, long.path[:11])


def test_the_last_batch_of_an_epoch_may_be_smaller():
    assert len(walk(POSITIVE, GOAL, START, 0.3, 7, 0, 2).moves) == 6
    found = walk(POSITIVE, GOAL, START, 0.3, 39, 2, 2)
    last = POSITIVE[order(40, 0, 2)[39:]]
    np.testing.assert_allclose(found.path[2], found.path[1] - 0.3 * gradients(last, GOAL, found.path[1])[0])


def test_a_walk_that_diverges_ends_early():
    found = walk(POSITIVE, GOAL, START, 100.0, 40, 500, 0)
    assert len(found.path) < 500
    assert np.isfinite(found.path).all()
    assert np.isfinite(found.loss).all()


def test_a_flat_direction_has_no_condition_number():
    assert walk(np.ones((4, 2)), GOAL, START, 0.1, 1, 2, 0).condition == np.inf
    assert walk(np.zeros((4, 2)), GOAL, START, 0.1, 1, 2, 0).condition == np.inf
    assert np.isnan(walk(np.zeros((4, 2)), GOAL, START, 0.1, 1, 2, 0).wrong)


def test_contours_have_the_loss_that_they_stand_for():
    found, levels = walk(POSITIVE, GOAL, START, 0.1, 1, 2, 0), np.array([0.02, 0.4])
    for level, ellipse in zip(levels, contours(found, levels), strict=True):
        assert [loss(POSITIVE, w) for w in ellipse] == pytest.approx([level] * 181, rel=1e-9)
    assert np.isnan(contours(walk(np.zeros((4, 2)), GOAL, START, 0.1, 1, 2, 0), levels)).all()
