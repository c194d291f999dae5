"""One training step against its matrix products alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import labkit
from labkit.nn.training import Training

from .conftest import Table
from .test_kernel_speed import in_turns, ratio

pytestmark = pytest.mark.benchmark

DIGITS: dict[str, Any] = {"dataset": "mnist_small", "width": 100}
NETS: dict[str, tuple[dict[str, Any], int, float | None]] = {
    "relu, depth 4, batch 128 (figure 6-15)": (
        {"activation": "relu", "initializer": "he_normal", "depth": 4}, 128, 1.6,
    ),
    "tanh, depth 5, batch 100": ({"activation": "tanh", "initializer": "lecun_normal", "depth": 5}, 100, None),
    "relu, depth 4, batch 128, batch norm": (
        {"activation": "relu", "initializer": "he_normal", "depth": 4, "batch_norm": "before"}, 128, None,
    ),
}  # fmt: skip


def products(training: Training, batch: int) -> Callable[[], None]:
    """Three matrix products a layer, two in the first, of the shapes of the net, into buffers."""
    rng = np.random.default_rng(0)
    weights = [0.1 * rng.standard_normal(W.shape) for W in training.weights]
    gradients = [np.empty_like(W) for W in weights]
    layers = [rng.standard_normal((batch, n)) for n in (784, *(W.shape[1] for W in weights))]
    out = [np.empty_like(layer) for layer in layers]

    def run() -> None:
        for layer, W in enumerate(weights):
            np.matmul(layers[layer], W, out=out[layer + 1])
        for layer in reversed(range(len(weights))):
            np.matmul(layers[layer].T, layers[layer + 1], out=gradients[layer])
            if layer:
                np.matmul(layers[layer + 1], weights[layer].T, out=out[layer])

    return run


@pytest.mark.parametrize("name", NETS)
def test_a_step_takes_little_more_than_its_matrix_products(name: str, table: Table) -> None:
    fields, batch, bound = NETS[name]
    with threadpool_limits(1, user_api="blas"):
        training = labkit.train(labkit.Network(**DIGITS, **fields), batch_size=batch, steps=None, evaluate_every=None)
        step, alone = in_turns(400, lambda: next(training), products(training, batch))
    said = "" if bound is None else f"<= {bound}"
    table.add(f"a step: {name}", ratio(step, alone), said, None if bound is None else step / alone <= bound)
    if bound is not None:
        assert step / alone <= bound
