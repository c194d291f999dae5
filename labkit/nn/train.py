"""train() and compare(): the ways to a Training."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labkit.nn.batches import Batches
from labkit.nn.datasets import learnable
from labkit.nn.evaluation import piece
from labkit.nn.limits import MOST_BATCH, checked
from labkit.nn.network import Network, memory_limit
from labkit.nn.optimizers import OPTIMIZERS
from labkit.nn.samples import Data
from labkit.nn.steps import Step
from labkit.nn.training import Training


def train(
    network: Network, optimizer: str = "sgd", learning_rate: float = 0.01, batch_size: int | None = 128,
    steps: int | None = 1000, evaluate_every: int | None = 100, data: Data | None = None,
    optimizer_options: Mapping[str, Any] | None = None,
) -> Training:  # fmt: skip
    """Train `network`, step by step, on its dataset, or on `data` of one's own (see data_of).

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
    batches = _batches([network], optimizer, batch_size, data)
    return Training(network, batches, optimizer, learning_rate, steps, evaluate_every, optimizer_options or {})


class Comparison(Iterator[tuple[Step, ...]]):
    """Several Trainings in step, on the same batches. One that diverged keeps its last step while the others go on."""

    def __init__(self, trainings: Sequence[Training]) -> None:
        """Of trainings that share their batches."""
        self.trainings = tuple(trainings)

    @property
    def finished(self) -> bool:
        """Whether none of them goes on."""
        return all(training.finished for training in self.trainings)

    def __next__(self) -> tuple[Step, ...]:
        """One step of each."""
        if self.finished:
            raise StopIteration
        x, y = next(self.trainings[0].batches)
        made = [training.last if training.finished else training.advance(x, y) for training in self.trainings]
        return tuple(step for step in made if step is not None)


def compare(
    networks: Sequence[Network], optimizer: str = "sgd", learning_rate: float = 0.01, batch_size: int | None = 128,
    steps: int | None = 1000, evaluate_every: int | None = 100, data: Data | None = None,
    optimizer_options: Mapping[str, Any] | None = None,
) -> Comparison:  # fmt: skip
    """Train several networks in step: on the same batches, and, with one seed, from the same draws. As train().

    They must agree in dataset, standardize and input_scale; batches and samples are by the first one's seed.
    """
    if not networks:
        raise ValueError("networks must name at least one, got none")
    for name in ("dataset", "standardize", "input_scale") if data is None else ():
        values = {getattr(network, name) for network in networks}
        if len(values) > 1:
            raise ValueError(f"networks must agree in {name}, got {', '.join(map(repr, sorted(values)))}")
    batches = _batches(networks, optimizer, batch_size, data)
    options = optimizer_options or {}
    return Comparison(
        [Training(net, batches, optimizer, learning_rate, steps, evaluate_every, options) for net in networks]
    )


def _batches(networks: Sequence[Network], optimizer: str, size: int | None, data: Data | None) -> Batches:
    """The batches for all of them; ValueError where something does not fit, before anything large is made."""
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {optimizer!r}")
    net = networks[0]
    if size is not None:
        size = int(checked("batch_size", size))
    data = data or learnable(net.dataset, net.seed, net.standardize, net.input_scale)
    if size is None and len(data.train) > MOST_BATCH:
        raise ValueError(f"batch_size must lie in [1, {MOST_BATCH}], got all {len(data.train)} samples")
    batches = Batches(data, size, net.seed)
    _check_memory(networks, batches, OPTIMIZERS[optimizer].slots)
    return batches


def _check_memory(networks: Sequence[Network], batches: Batches, slots: int) -> None:
    """Refuse what needs more than the memory limit: the arrays of a batch, of the probe and of an evaluation."""
    samples = len(batches.data.train)
    needed = 0
    for net in networks:
        rows = (batches.size or samples) + min(net.batch, samples) + piece(net)
        parameters = net.width * (batches.data.features + (net.depth - 1) * net.width + batches.data.outputs)
        needed += 8 * (6 * rows * net.depth * net.width + (3 + slots) * parameters)
    if needed > memory_limit():
        raise ValueError(
            f"this training needs {needed / 2**20:.0f} MiB, and {memory_limit() / 2**20:.0f} MiB are allowed: lower "
            f"depth ({networks[0].depth}), width ({networks[0].width}), batch ({networks[0].batch}) or batch_size"
        )
