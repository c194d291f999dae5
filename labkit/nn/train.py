"""train() and compare(): the ways to a Training."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labkit.nn.batches import Batches
from labkit.nn.comparison import Comparison
from labkit.nn.datasets import learnable, scaled
from labkit.nn.limits import MOST_BATCH, count
from labkit.nn.network import Network
from labkit.nn.optimizers import OPTIMIZERS
from labkit.nn.samples import Data
from labkit.nn.training import Training
from labkit.nn.training_memory import check_memory


def train(
    network: Network, optimizer: str = "sgd", learning_rate: float = 0.01, batch_size: int | None = 128,
    steps: int | None = 1000, evaluate_every: int | None = 100, data: Data | None = None,
    optimizer_options: Mapping[str, Any] | None = None,
) -> Training:  # fmt: skip
    """Train `network`, step by step, on its dataset, or on `data` of one's own (see data_of), whose inputs its
    `standardize` and `input_scale` change likewise.

    The task decides the readout's function and the loss. `optimizer` is a key of OPTIMIZERS. A batch is drawn with
    replacement; `batch_size` None takes the whole training set. `steps` None goes on for ever; accuracy and loss of
    the test set come every `evaluate_every` steps and at the last (None: never). The same seed gives the same numbers.
    ValueError names what does not fit; FileNotFoundError says which data is missing.

    >>> training = train(Network(dataset="moons", width=10, depth=2, std=0.5), steps=3)
    >>> [step.iteration for step in training]
    [1, 2, 3]
    >>> training.steps = 4
    >>> next(training).iteration
    4
    """
    if not isinstance(network, Network):
        raise ValueError(f"network must be of type Network, got {network!r}")
    batches = _batches([network], optimizer, batch_size, data)
    return Training(network, batches, optimizer, learning_rate, steps, evaluate_every, optimizer_options or {})


def compare(
    networks: Iterable[Network], optimizer: str = "sgd", learning_rate: float = 0.01, batch_size: int | None = 128,
    steps: int | None = 1000, evaluate_every: int | None = 100, data: Data | None = None,
    optimizer_options: Mapping[str, Any] | None = None, copies: int = 1,
) -> Comparison:  # fmt: skip
    """Train several networks in step: on the same batches, and, with one seed, from the same draws. As train().

    They must agree in dataset, standardize and input_scale; batches and samples are by the first one's seed. `copies`
    is how many such comparisons there will be at once, from several seeds: they share the memory that is allowed.
    """
    nets = _networks(networks)
    for name in ("standardize", "input_scale", *(("dataset",) if data is None else ())):
        values = {getattr(network, name) for network in nets}
        if len(values) > 1:
            raise ValueError(f"networks must agree in {name}, got {', '.join(map(repr, sorted(values)))}")
    batches = _batches(nets, optimizer, batch_size, data, copies)
    options = optimizer_options or {}
    return Comparison(
        [Training(net, batches, optimizer, learning_rate, steps, evaluate_every, options) for net in nets]
    )


def _networks(given: Iterable[Network]) -> tuple[Network, ...]:
    if isinstance(given, Network) or not isinstance(given, Iterable):
        raise ValueError(f"networks must be several of type Network, got {given!r}")
    nets = tuple(given)
    for net in nets:
        if not isinstance(net, Network):
            raise ValueError(f"networks must all be of type Network, got {net!r}")
    if not nets:
        raise ValueError("networks must name at least one, got none")
    return nets


def _batches(
    networks: Sequence[Network], optimizer: str, size: int | None, data: Data | None, copies: int = 1
) -> Batches:
    """The batches for all of them; ValueError where something does not fit, before anything large is made."""
    if not isinstance(optimizer, str) or optimizer not in OPTIMIZERS:
        raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {optimizer!r}")
    if data is not None and not isinstance(data, Data):
        raise ValueError(f"data must be made by data_of, got {type(data).__name__}")
    net, size = networks[0], count("batch_size", size)
    _check_normalized("batch_size", size, networks)
    for each in networks:
        _check_normalized("batch of the network", each.batch, [each])
    if data is None:
        data = learnable(net.dataset, net.seed, net.standardize, net.input_scale)
    else:
        data = scaled(data, net.standardize, net.input_scale)
    samples = len(data.train)
    if size is None and samples > MOST_BATCH:
        raise ValueError(f"batch_size must lie in [1, {MOST_BATCH}], got all {samples} samples")
    _check_normalized("batch_size" if size is None else "number of training samples", samples, networks)
    batches = Batches(data, size, net.seed)
    check_memory(networks, batches, OPTIMIZERS[optimizer].slots, copies)
    return batches


def _check_normalized(name: str, samples: int | None, networks: Sequence[Network]) -> None:
    if samples == 1 and any(net.batch_norm != "none" for net in networks):
        raise ValueError(f"{name} must be at least 2 with batch normalization, got 1")
