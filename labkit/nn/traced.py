"""What summarize takes: the arrays by layer of a network that was propagated (Trace) or is in training (Snapshot)."""

from typing import Protocol

from labkit.nn.flat import Array
from labkit.nn.network import Network

Layers = tuple[Array, ...]


class Traced(Protocol):
    """Arrays by layer, index 0 first; shapes as in Trace. `alphas` are the learned ones, (1,) or (width,), or none."""

    @property
    def network(self) -> Network:
        """What it is the trace of."""

    @property
    def post(self) -> Layers:
        """Activations h."""

    @property
    def slopes(self) -> Layers:
        """f'(z)."""

    @property
    def weights(self) -> Layers:
        """W, (fan_in, width)."""

    @property
    def biases(self) -> Layers:
        """b, (width,)."""

    @property
    def alphas(self) -> Layers:
        """The learned alpha of each layer; empty where it is the network's."""
