"""Networks as scripts that are handed out: plain NumPy, or PyTorch; they need nothing else, and print the numbers.

A script's draws are NumPy's, from the seeds that labkit uses; so its numbers are labkit's own, to ten digits and more.
"""

from collections.abc import Callable, Sequence

from labkit.nn.network import Network
from labkit.nn.scripts.probes import Probe
from labkit.nn.scripts.propagation import propagation_script
from labkit.nn.scripts.training import training_script
from labkit.nn.steps import Schedule

__all__ = ["numpy_script", "numpy_training_script", "torch_script", "torch_training_script"]

ProbeOf = Callable[[bool], Probe]
"""Its lines, for the PyTorch script (True) or NumPy's."""


def numpy_script(network: Network, probe: ProbeOf | None = None) -> str:
    """A script that does what propagate and summarize do; ValueError says what it cannot do.

    `probe` is what else is sent through the network: `fan` or `pairs` of labkit.nn.scripts.probes.
    """
    return propagation_script(network, False, probe and probe(False))


def torch_script(network: Network, probe: ProbeOf | None = None) -> str:
    """The same in PyTorch, with autograd in place of the backward pass."""
    return propagation_script(network, True, probe and probe(True))


def numpy_training_script(
    networks: Sequence[Network], schedule: Schedule, probe: ProbeOf | None = None, *, seeds: int = 1, look_at: int = 0
) -> str:
    """A script that does what compare does: it prints losses, and the statistics of layers; ValueError as above.

    `probe` is what else is measured in the end: see training_probes; for the rest see training_script.
    """
    return training_script(networks, schedule, False, seeds=seeds, look_at=look_at, probe=probe and probe(False))


def torch_training_script(
    networks: Sequence[Network], schedule: Schedule, probe: ProbeOf | None = None, *, seeds: int = 1, look_at: int = 0
) -> str:
    """The same in PyTorch, with autograd and torch.optim."""
    return training_script(networks, schedule, True, seeds=seeds, look_at=look_at, probe=probe and probe(True))
