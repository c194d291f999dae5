"""A network in training as it is at one step: the arrays of a Trace, by layer, index 0 first."""

from dataclasses import dataclass

from labkit.nn.flat import Array
from labkit.nn.model import Model, Work
from labkit.nn.network import Network
from labkit.nn.tasks import Targets
from labkit.nn.traced import Layers


@dataclass(frozen=True)
class Snapshot:
    """What happened on one batch; names and shapes are those of Trace, and summarize takes it as one.

    With batch normalization `pre` is what enters the activation and `post` what leaves the layer. `loss` is the
    batch's mean, `readout` the weights and biases on top, `alphas` the learned ones, (1,) or (width,), where there are.
    """

    network: Network
    x: Array
    labels: Targets
    pre: Layers
    post: Layers
    slopes: Layers
    grad_pre: Layers
    grad_post: Layers
    weights: Layers
    biases: Layers
    alphas: Layers
    grad_weights: Layers
    readout: tuple[Array, Array]
    logits: Array
    loss: float


def snapshot(model: Model, work: Work, grad_post: list[Array], labels: Targets, loss: float) -> Snapshot:
    """The Snapshot of what lies in `work`, without copies."""
    depth, p = model.network.depth, model.parameters
    return Snapshot(
        network=model.network, x=work.x, labels=labels, pre=tuple(work.pre), post=tuple(work.post),
        slopes=tuple(work.slopes), grad_pre=tuple(work.grad_pre), grad_post=tuple(grad_post),
        weights=tuple(p["weights", layer] for layer in range(depth)),
        biases=tuple(p["biases", layer] for layer in range(depth)),
        alphas=tuple(p[part] for part in p.shapes if part[0] == "alpha"),
        grad_weights=tuple(model.gradients["weights", layer] for layer in range(depth)),
        readout=(p["weights", depth], p["biases", depth]), logits=work.logits, loss=loss,
    )  # fmt: skip
