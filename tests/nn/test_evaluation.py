"""Evaluation and prediction: against the losses' definitions, in evaluation mode, and piece by piece."""

import numpy as np
import pytest

from labkit.nn.evaluation import piece
from labkit.nn.network import BATCH_NORMS, Network
from labkit.nn.samples import data_of
from labkit.nn.train import train

DIGITS = {"activation": "relu", "initializer": "he_normal", "depth": 2, "width": 12, "seed": 3}
SAMPLES = 2603  # ten pieces of 250, and 103


def known(task, outputs, y):
    """Mean loss and accuracy, as they are written."""
    if task == "number":
        return np.mean(np.sum((outputs - y) ** 2, axis=1)) / 2, None
    p = outputs if task == "classes" else np.column_stack([1 - outputs, outputs])
    return -np.mean(np.log(p[np.arange(len(p)), y])), np.mean(p.argmax(axis=1) == y)


@pytest.mark.parametrize("batch_norm", BATCH_NORMS)
@pytest.mark.parametrize("dataset", ["mnist_small", "moons", "wave"])
def test_an_evaluation_is_the_loss_and_accuracy_of_what_is_predicted(dataset, batch_norm):
    net = Network(**DIGITS, dataset=dataset, batch_norm=batch_norm)
    *_, last = train(net, learning_rate=0.05, batch_size=16, steps=12, evaluate_every=12)
    *_, _ = training = train(net, learning_rate=0.05, batch_size=16, steps=12, evaluate_every=None)
    test = training.data.test
    loss, accuracy = known(training.data.task, training.predict(test.inputs(slice(None))), test.y)
    assert last.test_loss == pytest.approx(loss, rel=1e-12)
    assert last.accuracy == accuracy
    if batch_norm != "none":  # not the batch's own statistics: one sample has none
        one = training.predict(test.inputs(slice(1)))
        np.testing.assert_allclose(one, training.predict(test.inputs(slice(9)))[:1], rtol=1e-12)


@pytest.fixture
def many():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((SAMPLES, 3)), rng.integers(0, 3, SAMPLES)
    return train(Network(std=0.5), data=data_of(x[:100], y[:100], "classes", x, y))


def test_a_last_part_of_a_piece_counts_by_its_samples(many):
    assert SAMPLES % piece(many.network)
    test = many.data.test
    loss, accuracy = known("classes", many.predict(test.x), test.y)
    found = many.evaluate()
    assert found[0] == pytest.approx(loss, rel=1e-12)
    assert found[1] == accuracy


@pytest.mark.parametrize(("first", "last"), [(0, 1), (249, 251), (700, SAMPLES), (2602, None)])
def test_a_part_of_the_test_set_is_evaluated_by_itself(many, first, last):
    x, y = many.data.test.x[first:last], many.data.test.y[first:last]
    loss, accuracy = known("classes", many.predict(x), y)
    found = many.evaluate(first, last)
    assert found[0] == pytest.approx(loss, rel=1e-12)
    assert found[1] == accuracy


@pytest.mark.parametrize(("first", "last"), [(5, 5), (6, 5), (-1, 5), (0, SAMPLES + 1), (0.0, 5), (slice(0, 5), None)])
def test_a_part_that_is_none_is_refused(many, first, last):
    with pytest.raises(ValueError, match="first and last must be whole numbers, 0 <= first < last <= 2603, got"):
        many.evaluate(first, last)


def test_predict_refuses_inputs_of_another_shape(many):
    with pytest.raises(ValueError, match=r"x must be of shape \(samples, 3\), got \(3,\)"):
        many.predict(np.zeros(3))
