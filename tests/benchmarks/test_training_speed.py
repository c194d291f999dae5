"""One training step against its matrix products alone."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import labkit
from labkit.nn.datasets import DATASETS
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


def torch_step(dtype: str, batch: int) -> Callable[[], None]:
    """One step of figure 6-15's He net as PyTorch does it, on the same digits."""
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed: pip install torch")
    torch.set_num_threads(1)
    kind = getattr(torch, dtype)
    digits, classes = DATASETS["mnist_small"].load(5000, 784, 0)
    inputs, labels = torch.tensor(digits, dtype=kind), torch.tensor(classes).long()
    sizes = [784, 100, 100, 100, 100, 10]
    layers: list[Any] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        linear = torch.nn.Linear(fan_in, fan_out, dtype=kind)
        torch.nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        torch.nn.init.zeros_(linear.bias)
        layers += [linear, torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    order = torch.Generator().manual_seed(0)

    def run() -> None:
        rows = torch.randint(len(inputs), (batch,), generator=order)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(inputs[rows]), labels[rows]).backward()
        optimizer.step()

    return run


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_step_beside_pytorch(dtype: str, table: Table) -> None:
    fields, batch, _ = NETS["relu, depth 4, batch 128 (figure 6-15)"]
    theirs = torch_step(dtype, batch)
    with threadpool_limits(1, user_api="blas"):
        training = labkit.train(labkit.Network(**DIGITS, **fields), batch_size=batch, steps=None, evaluate_every=None)
        ours, other = in_turns(400, lambda: next(training), theirs)
    same = dtype == "float64"
    what = f"a step of figure 6-15, labkit's float64 over PyTorch's {dtype}"
    table.add(what, ratio(ours, other), "<= 1" if same else "", ours <= other if same else None)
    if same:
        assert ours <= other
