"""What a training needs of the memory, reckoned before anything large is made."""

from collections.abc import Sequence

from labkit.nn.batches import Batches
from labkit.nn.evaluation import piece
from labkit.nn.network import Network, memory_limit


def needed(network: Network, batches: Batches, slots: int) -> int:
    """Bytes that one network in training needs at most (float64), besides the batch that it shares with others.

    These are the arrays of a batch, of the probe and of an evaluation, with the inputs of the latter two, and the
    parameters, their gradients, their update and the `slots` of its optimizer.
    """
    data, units = batches.data, network.depth * network.width
    probe, evaluated = min(network.batch, len(data.train)), piece(network)
    rows = _size(batches) + probe + evaluated
    # by layer: pre, post, slopes, grad_pre; one of the normalization's; of the probe grad_post; two more in work
    layers = rows * (5 * units + 2 * network.width) + probe * units
    inputs = 2 * (probe + evaluated) * data.features  # they, and while they are taken the samples as they are stored
    normalized = 4 * units
    parameters = network.width * (data.features + (network.depth - 1) * network.width + data.outputs) + normalized
    return 8 * (layers + inputs + 2 * rows * data.outputs + (3 + slots) * parameters)


def check_memory(networks: Sequence[Network], batches: Batches, slots: int, copies: int = 1) -> None:
    """ValueError, with what to lower, where `copies` trainings of all of these need more than the limit."""
    shared = 8 * 2 * _size(batches) * batches.data.features
    total, limit = copies * (shared + sum(needed(net, batches, slots) for net in networks)), memory_limit()
    if total > limit:
        most = networks[0]
        count, last = len(networks) * copies, f"batch ({most.batch}) or batch_size ({_size(batches)})"
        if count > 1:
            last = f"batch ({most.batch}), batch_size ({_size(batches)}) or the number of networks ({count})"
        raise ValueError(
            f"this training needs {total / 2**20:.0f} MiB, and {limit / 2**20:.0f} MiB are allowed: lower "
            f"depth ({most.depth}), width ({most.width}), {last}"
        )


def _size(batches: Batches) -> int:
    return batches.size or len(batches.data.train)
