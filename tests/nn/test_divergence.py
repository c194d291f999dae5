"""Where numbers cease to be finite: what is said of it, at which step, and what is left of the network."""


import numpy as np
import pytest

from labkit.nn.network import BATCH_NORMS, Network
from labkit.nn.samples import data_of
from labkit.nn.train import train


def first_divergence(**fields):
    options = {name: fields.pop(name) for name in ("learning_rate", "data") if name in fields}
    training = train(Network(**fields), steps=500, evaluate_every=None, batch_size=None, **options)
    *_, last = training
    assert training.finished
    assert training.diverged is last.diverged
    return last


ONE = data_of([[1.0], [1.0]], [0.0, 0.0], "number")


@pytest.mark.parametrize("width", [1, 100])
def test_it_is_said_where_numbers_cease_to_be_finite_in_the_forward_pass(width):
    # all weights are 100: layer k, from 0, has 100 (100 width)^k; beyond 1e308 that is infinite
    size = {"initializer": "constant", "initializer_options": {"constant": 100.0}}
    last = first_divergence(activation="identity", depth=100, width=width, dataset="wave", data=ONE, **size)
    layer = next(k for k in range(200) if 2 + k * np.log10(100 * width) > np.log10(np.finfo(float).max))
    if layer > 100:  # the readout's logits reach 1e202; only their square is too large
        assert str(last.diverged) == "step 1 is not finite: first in the readout, in its loss"
    else:
        assert str(last.diverged) == f"step 1 is not finite: first in layer {layer + 1}, in its pre-activations"
        assert last.diverged.layer == layer


def test_it_is_said_where_they_cease_to_be_in_the_backward_pass():
    # forward all zero but for the target of 1e10; back, dC/dh grows by 1e4 a layer
    data = data_of([[0.0]], [1e10], "number")
    size = {"initializer": "constant", "initializer_options": {"constant": 100.0}}
    last = first_divergence(activation="identity", depth=100, width=100, dataset="wave", data=data, **size)
    # dC/dh of layer k is 1e10 * 100 * 1e4^(99 - k)
    layer = next(k for k in range(99, -1, -1) if 12 + 4 * (99 - k) > np.log10(np.finfo(float).max))
    assert np.isfinite(last.loss)
    assert str(last.diverged) == f"step 1 is not finite: first in layer {layer + 1}, in its gradients"


def test_a_step_size_that_is_too_large_ends_the_training_with_a_word():
    last = first_divergence(activation="relu", initializer="he_normal", dataset="wave", learning_rate=100.0)
    assert 1 < last.iteration < 500
    assert last.diverged.iteration == last.iteration
    assert not np.isfinite(last.loss)


@pytest.mark.parametrize("batch_norm", BATCH_NORMS)
def test_a_step_that_is_refused_leaves_the_network_as_it_was(batch_norm):
    net = Network(activation="relu", initializer="he_normal", dataset="wave", batch_norm=batch_norm)
    training = train(net, steps=5, evaluate_every=None)
    next(training)
    x, y = next(training.batches)
    kept = training.model.parameters.vector, training.model.running.vector
    before = [vector.copy() for vector in kept]
    assert training.advance(x, np.full_like(y, 1e300)).diverged is not None
    for vector, known in zip(kept, before, strict=True):
        np.testing.assert_array_equal(vector, known)


def test_parameters_stay_finite_when_a_step_is_refused():
    training = train(Network(activation="relu", initializer="he_normal", dataset="wave"), learning_rate=100.0)
    for _ in training:
        pass
    assert np.isfinite(training.model.parameters.vector).all()


def two_weights(first, second, target, optimizer="sgd", rate=1.0, test_target=0.0):
    """A network of two weights on the input 1 before its only step: output first * second, loss half the square."""
    data = data_of([[1.0]], [target], "number", [[1.0]], [test_target])
    net = Network(activation="identity", initializer="zeros", depth=1, width=1)
    training = train(net, optimizer, rate, None, steps=1, evaluate_every=1, data=data)
    training.weights[0][...], training.weights[1][...] = first, second
    return training


@pytest.mark.parametrize(
    ("weights", "where"), [((0.0, 1e153), "layer 1, in its weights"), ((1e153, 0.0), "the readout, in its weights")]
)
def test_an_update_that_leaves_the_numbers_is_said_at_its_own_step(weights, where):
    # target and weight of 1e153 give a gradient of 1e306, and a loss of 5e305; times 1000 that is infinite
    last = next(two_weights(*weights, target=1e153, rate=1000.0))
    assert np.isfinite(last.loss)
    assert str(last.diverged) == f"step 1 is not finite: first in {where}"
    assert next(two_weights(*weights, target=1e153, rate=0.0)).diverged is None


def test_a_square_that_adam_cannot_hold_is_said():
    # a gradient of 1e163: the mean of its squares is infinite, and the weight would never move again
    last = next(two_weights(1e10, 0.0, 1e153, "adam"))
    assert str(last.diverged) == "step 1 is not finite: first in the readout, in its optimizer state"


def test_an_infinite_loss_on_the_test_set_is_said():
    training = two_weights(1.0, 1.0, 0.0, rate=0.1, test_target=1e160)
    last = next(training)
    assert np.isfinite(last.loss)
    assert last.test_loss == np.inf
    assert str(last.diverged) == "step 1 is not finite: first in the readout, in its loss on the test set"
    assert training.finished
