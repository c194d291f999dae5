"""The gradient of every parameter of the training graph, against finite differences of a forward pass of its own."""

import copy

import numpy as np
import pytest
from scipy import special

from labkit.nn.activations import ACTIVATIONS
from labkit.nn.initializers import INITIALIZERS
from labkit.nn.model import Mode
from labkit.nn.network import ALPHA_PER, BATCH_NORMS, Network
from labkit.nn.propagation import propagate
from labkit.nn.rectifiers import RRELU_RANGE
from labkit.nn.samples import data_of
from labkit.nn.tasks import TASKS
from labkit.nn.train import train

BATCH, FEATURES, STEP = 6, 3, 1e-6


def data_for(task, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((BATCH, FEATURES))
    if task == "number":
        return data_of(x, rng.standard_normal((BATCH, 2)), task)
    return data_of(x, np.arange(BATCH) % (2 if task == "yes_no" else 3), task)


def normalized(z, gamma, beta):
    return (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-5) * gamma + beta


def cost(net, task, parts, x, y, slopes):
    """The loss, computed as it is written in the papers."""
    h = x
    for layer in range(net.depth):
        part = {name: array for (name, number), array in parts.items() if number == layer}
        z = np.einsum("bi,ij->bj", h, part["weights"]) + part["biases"]
        if net.batch_norm == "before":
            z = normalized(z, part["gamma"], part["beta"])
        if net.activation == "prelu":
            h = np.where(z > 0, z, part["alpha"] * z)
        elif net.activation == "rrelu":
            h = np.where(z > 0, z, slopes[layer] * z)
        else:
            h = net.activation_row.function(z, net.alpha)
        if net.batch_norm == "after":
            h = normalized(h, part["gamma"], part["beta"])
    z = h @ parts["weights", net.depth] + parts["biases", net.depth]
    if task == "classes":
        return np.mean(special.logsumexp(z, axis=1) - z[np.arange(len(z)), y])
    if task == "yes_no":
        return -np.mean(np.where(y == 1, special.log_expit(z[:, 0]), special.log_expit(-z[:, 0])))
    return np.sum((z - y) ** 2) / 2 / len(z)


def assert_gradients(task, **fields):
    kinks = ACTIVATIONS[fields["activation"]].kinks
    for seed in range(50):  # until no value is near a kink, where a finite difference mixes two slopes
        net = Network(depth=3, width=4, bias_std=0.3, std=0.6, seed=seed, **fields)
        data = data_for(task, seed)
        training = train(net, batch_size=None, data=data)
        model, x = training.model, data.train.inputs(slice(None))
        rng = np.random.default_rng(seed)
        for part in model.parameters.shapes:  # away from gamma = 1, beta = 0
            model.parameters[part][...] += 0.1 * rng.standard_normal(model.parameters[part].shape)
        draws, work = copy.deepcopy(training._rng), model.work(BATCH)
        z = model.forward(x, work, Mode.TRAIN, training._rng)
        if all(np.abs(pre - kink).min() > 1e-4 for pre in work.pre for kink in kinks):
            break
    else:
        raise AssertionError("every seed has a value near a kink")
    slopes = [draws.uniform(*RRELU_RANGE, (BATCH, 4)) for _ in range(3)]
    loss = TASKS[task].loss(z, data.train.y, work.grad_logits)
    model.backward(work)
    parts = {name: model.parameters[name] for name in model.parameters.shapes}
    assert loss == pytest.approx(cost(net, task, parts, x, data.train.y, slopes), rel=1e-12)
    for name, shape in model.parameters.shapes.items():
        direction = rng.standard_normal(shape)
        direction /= np.linalg.norm(direction)
        up, down = (
            cost(net, task, parts | {name: parts[name] + sign * STEP * direction}, x, data.train.y, slopes)
            for sign in (1, -1)
        )
        found = np.sum(model.gradients[name] * direction)
        # rounding: 1e-16 of the cost over the step; curvature: the step squared
        assert found == pytest.approx((up - down) / (2 * STEP), rel=1e-5, abs=2e-9 * (1 + abs(loss))), name


@pytest.mark.parametrize("batch_norm", BATCH_NORMS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_match_finite_differences(activation, batch_norm):
    assert_gradients("classes", activation=activation, batch_norm=batch_norm)


@pytest.mark.parametrize("batch_norm", BATCH_NORMS)
@pytest.mark.parametrize("task", TASKS)
def test_so_they_do_for_each_task(task, batch_norm):
    assert_gradients(task, activation="tanh", batch_norm=batch_norm)


@pytest.mark.parametrize("batch_norm", BATCH_NORMS)
@pytest.mark.parametrize("alpha_per", ALPHA_PER)
def test_so_they_do_for_the_learned_slope(alpha_per, batch_norm):
    assert_gradients("yes_no", activation="prelu", alpha_per=alpha_per, batch_norm=batch_norm)


# where all weights are alike, the gradient at the last layer is a sum to zero: nothing but rounding
MIXED = [row.key for row in INITIALIZERS.values() if row.mean(9, 9) == 0]


@pytest.mark.parametrize("initializer", MIXED)
@pytest.mark.parametrize("activation", ["relu", "prelu", "rrelu", "tanh", "softmax"])
@pytest.mark.parametrize("standardize", [False, True])
def test_before_the_first_step_all_is_as_propagate_has_it(activation, initializer, standardize):
    fields = {"activation": activation, "initializer": initializer, "depth": 3, "width": 9, "batch": 20, "seed": 4}
    fields |= {"standardize": standardize, "dataset": "mnist_small", "gradient_source": "loss"}
    net = Network(**fields, bias_std=0.2, std=0.3)
    ours, trace = train(net).trace(), propagate(net)
    np.testing.assert_array_equal(ours.labels, trace.labels)
    assert ours.loss == pytest.approx(trace.loss, rel=1e-12)
    for name in ("weights", "biases", "pre", "post", "slopes", "grad_pre", "grad_post", "grad_weights"):
        for found, known in zip(getattr(ours, name), getattr(trace, name), strict=True):
            np.testing.assert_allclose(found, known, rtol=1e-9, atol=1e-9 * np.abs(known).max(), err_msg=name)
    for found, known in zip(ours.readout, trace.readout, strict=True):
        np.testing.assert_array_equal(found, known)
