"""Optimizers: against sequences worked by hand, closed forms, and scikit-learn's own training."""

from fractions import Fraction

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

from labkit.nn.network import Network
from labkit.nn.optimizers import OPTIMIZERS
from labkit.nn.samples import data_of
from labkit.nn.train import train

ROWS = pytest.mark.parametrize("row", OPTIMIZERS.values(), ids=lambda row: row.key)


def path(key, gradient, start, rate, steps, **options):
    """The parameters after each step, (steps, n)."""
    row, w = OPTIMIZERS[key], np.array(start, float)
    slots, out = np.zeros((row.slots, len(w))), np.empty(len(w))
    options = {name: option.default for name, option in row.options.items()} | options
    found = []
    for step in range(1, steps + 1):
        row.update(gradient(w), slots, step, rate, out, **options)
        w -= out
        found.append(w.copy())
    return np.array(found)


def test_sgd_by_hand():
    # w -> w - 0.1 * 2 w from 1
    np.testing.assert_allclose(path("sgd", lambda w: 2 * w, [1], 0.1, 3)[:, 0], [0.8, 0.64, 0.512], rtol=1e-15)


def test_momentum_by_hand():
    # gradient 1 throughout, rate 0.1, momentum 0.5: velocities 1, 1.5, 1.75
    found = path("momentum", np.ones_like, [0], 0.1, 3, momentum=0.5)[:, 0]
    np.testing.assert_allclose(found, [-0.1, -0.25, -0.425], rtol=1e-15)


def test_momentum_stays_within_its_closed_form():
    # constant gradient: velocity (1 - mu^t) / (1 - mu)
    found = -np.diff(path("momentum", np.ones_like, [0], 1.0, 60)[:, 0], prepend=0)
    np.testing.assert_allclose(found, (1 - 0.9 ** np.arange(1, 61)) / 0.1, rtol=1e-12)


def test_adam_by_algorithm_1_in_exact_fractions():
    gradients = [Fraction(3), Fraction(-1), Fraction(2), Fraction(1, 2)]
    beta_1, beta_2, mean, square, w = Fraction(9, 10), Fraction(999, 1000), Fraction(0), Fraction(0), 1.0
    known = []
    for step, g in enumerate(gradients, 1):
        mean = beta_1 * mean + (1 - beta_1) * g
        square = beta_2 * square + (1 - beta_2) * g * g
        unbiased = mean / (1 - beta_1**step), square / (1 - beta_2**step)
        w -= 0.1 * float(unbiased[0]) / (float(unbiased[1]) ** 0.5 + 1e-3)
        known.append(w)
    given = iter(map(float, gradients))
    found = path("adam", lambda w: np.array([next(given)]), [1], 0.1, 4, epsilon=1e-3)[:, 0]
    np.testing.assert_allclose(found, known, rtol=1e-13)


def test_adams_first_step_is_the_rate_whatever_the_gradient():
    found = path("adam", lambda w: np.array([1e-3, 5.0, -1e4]), [0, 0, 0], 0.01, 1, epsilon=0.0)[0]
    np.testing.assert_allclose(found, [-0.01, -0.01, 0.01], rtol=1e-12)


def quadratic(seed=0, n=4):
    rng = np.random.default_rng(seed)
    A, y = rng.standard_normal((20, n)), rng.standard_normal(20)
    return A.T @ A / 20, A.T @ y / 20


def test_sgd_on_linear_regression_follows_its_closed_form():
    H, b = quadratic()
    best, start = np.linalg.solve(H, b), np.ones(4)
    found = path("sgd", lambda w: H @ w - b, start, 0.3, 50)
    for step in (1, 7, 50):
        known = best + np.linalg.matrix_power(np.eye(4) - 0.3 * H, step) @ (start - best)
        np.testing.assert_allclose(found[step - 1], known, rtol=1e-10)


def test_momentum_on_linear_regression_follows_its_closed_form():
    H, b = quadratic()
    best, start, eye = np.linalg.solve(H, b), np.ones(4), np.eye(4)
    # w' = w - rate v', v' = mu v + H (w - best): linear in (w - best, v)
    step_of = np.block([[eye - 0.3 * H, -0.3 * 0.9 * eye], [H, 0.9 * eye]])
    found = path("momentum", lambda w: H @ w - b, start, 0.3, 40)
    known = np.linalg.matrix_power(step_of, 40) @ np.concatenate([start - best, np.zeros(4)])
    np.testing.assert_allclose(found[-1] - best, known[:4], rtol=1e-9)


@ROWS
def test_pieces_of_a_vector_move_as_the_whole(row):
    rng = np.random.default_rng(2)
    gradients = rng.standard_normal((5, 10))

    def moved(part):
        given = iter(gradients[:, part])
        return path(row.key, lambda w: next(given), np.zeros(10)[part], 0.1, 5)

    halves = np.concatenate([moved(slice(0, 4)), moved(slice(4, 10))], axis=1)
    np.testing.assert_array_equal(halves, moved(slice(None)))


SOLVERS = {
    "sgd": {"solver": "sgd", "momentum": 0.0},
    "momentum": {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": False},
    "adam": {"solver": "adam", "epsilon": 1e-300},  # it adds epsilon elsewhere: none at all is the same
}
TASKS_OF = {"number": MLPRegressor, "yes_no": MLPClassifier, "classes": MLPClassifier}


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("task", TASKS_OF)
@ROWS
def test_training_goes_as_scikit_learns(row, task, activation):
    rng = np.random.default_rng(7)
    x = rng.standard_normal((40, 3))
    y = rng.standard_normal(40) if task == "number" else np.arange(40) % (3 if task == "classes" else 2)
    net = Network(activation=activation, initializer="xavier_normal", depth=2, width=6, bias_std=0.3, seed=1)
    options = {"epsilon": 1e-300} if row.key == "adam" else {}
    training = train(
        net, row.key, 0.05, batch_size=None, steps=25, evaluate_every=None, data=data_of(x, y, task),
        optimizer_options=options,
    )  # fmt: skip
    theirs = TASKS_OF[task](
        hidden_layer_sizes=(6, 6), activation={"sigmoid": "logistic"}.get(activation, activation), alpha=0.0,
        batch_size=40, shuffle=False, learning_rate_init=1e-300, **SOLVERS[row.key],
    )  # fmt: skip
    classes = {} if task == "number" else {"classes": np.unique(y)}
    theirs.partial_fit(x, y, **classes)  # makes its arrays, and moves nothing
    for ours, array in zip((*training.weights, *training.biases), theirs.coefs_ + theirs.intercepts_, strict=True):
        array[...] = ours
    theirs.set_params(learning_rate_init=0.05)
    del theirs._optimizer
    for step in training:
        theirs.partial_fit(x, y)
        assert step.loss == pytest.approx(theirs.loss_, rel=1e-9)
    for ours, array in zip((*training.weights, *training.biases), theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_allclose(ours, array, rtol=1e-7, atol=1e-9)


def test_each_row_says_what_it_is():
    for key, row in OPTIMIZERS.items():
        assert row.key == key
        assert row.label
        assert row.source
        assert row.formula
        assert row.torch.startswith("torch.optim.")
