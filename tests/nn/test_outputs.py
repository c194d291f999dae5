import numpy as np
import pytest
from scipy.special import expit, log_softmax, softmax

from labkit.nn.outputs import OTHER_LOGITS, OUTPUT_LAYERS

Z = np.linspace(-6, 6, 49)
each_layer = pytest.mark.parametrize("layer", OUTPUT_LAYERS.values(), ids=OUTPUT_LAYERS.keys())


def central(function, z, step=1e-5):
    return (function(z + step) - function(z - step)) / (2 * step)


@each_layer
def test_gradient_is_that_of_the_loss(layer):
    np.testing.assert_allclose(layer.gradient(Z), central(layer.loss, Z), atol=1e-9)


@each_layer
def test_squared_gradient_is_that_of_half_the_squared_error(layer):
    def squared(z):
        outputs = layer.outputs(z)
        target = np.eye(outputs.shape[1])[0]
        return ((outputs - target) ** 2).sum(axis=1) / 2

    np.testing.assert_allclose(layer.squared_gradient(Z), central(squared, Z), atol=1e-9)


def test_losses_are_the_negative_log_likelihoods():
    np.testing.assert_allclose(OUTPUT_LAYERS["yes_no"].loss(Z), -np.log(expit(Z)), rtol=1e-12)
    logits = np.column_stack([Z, *np.broadcast_to(np.array(OTHER_LOGITS)[:, None], (2, len(Z)))])
    np.testing.assert_allclose(OUTPUT_LAYERS["classes"].loss(Z), -log_softmax(logits, axis=1)[:, 0], rtol=1e-12)
    np.testing.assert_allclose(OUTPUT_LAYERS["classes"].outputs(Z), softmax(logits, axis=1), rtol=1e-12)
    np.testing.assert_allclose(OUTPUT_LAYERS["classes"].outputs(Z).sum(axis=1), 1)
