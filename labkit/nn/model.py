"""A network that learns: its parameters in one vector, forward and backward over them, in buffers that are kept.

Shapes: as in `propagation`, with a readout on top: logits are (batch, outputs). With batch normalization `pre` is what
enters the activation and `post` what leaves the layer, so both are taken after a normalization that precedes them.
Layers count from 0; the readout is layer `depth`.
"""

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from labkit.nn import normalization
from labkit.nn.draws import Stream, drawn
from labkit.nn.flat import Array, Flat, Name, Scratch
from labkit.nn.initializers import standard_normal
from labkit.nn.network import Network


class Mode(Enum):
    """How a batch goes forward.

    TRAIN: normalized by its own statistics, which `move_on` takes into the running ones; random slopes are drawn.
    LOOK: the same with the mean slope. EVALUATE: by the running statistics, with the mean slope.
    """

    TRAIN = 0
    LOOK = 1
    EVALUATE = 2


class Work:
    """The arrays of one batch: by layer (batch, width), and the readout's."""

    def __init__(self, network: Network, batch: int, features: int, outputs: int) -> None:
        """Uninitialized."""
        layers = network.depth, batch, network.width
        self.x = self._inputs = np.empty((0, features))
        self.pre, self.post, self.slopes, self.grad_pre = (list(np.empty(layers)) for _ in range(4))
        self.hat = list(np.empty(layers)) if network.batch_norm != "none" else []
        self.mean, self.variance, self.scale = ([np.empty(0)] * network.depth for _ in range(3))
        self.logits, self.grad_logits = np.empty((batch, outputs)), np.empty((batch, outputs))
        self.spare = np.empty(layers[1:])
        self.ones = np.ones(batch)

    @property
    def inputs(self) -> Array:
        """An array for inputs, made when first asked for: a batch may come in one of its own."""
        if not len(self._inputs):
            self._inputs = np.empty((len(self.ones), self._inputs.shape[1]))
        return self._inputs


class Model:
    """The parameters of a network, of the batch normalization's running statistics, and what is computed from them.

    Parts of `parameters` and `gradients` are ("weights", layer), ("biases", layer), and where there are some ("gamma",
    layer), ("beta", layer), ("alpha", layer).
    """

    def __init__(self, network: Network, features: int, outputs: int) -> None:
        """The first weights, from the same draws as propagate's."""
        self.network, self.features, self.outputs = network, features, outputs
        width, depth, norm = network.width, network.depth, network.batch_norm != "none"
        learned = network.activation_row.learned
        shapes: dict[Name, tuple[int, ...]] = {}
        for layer, fan_in in enumerate((features, *[width] * depth)):
            out = width if layer < depth else outputs
            shapes |= {("weights", layer): (fan_in, out), ("biases", layer): (out,)}
            if layer < depth and norm:
                shapes |= {("gamma", layer): (width,), ("beta", layer): (width,)}
            if layer < depth and learned:
                shapes[("alpha", layer)] = (width,) if network.alpha_per == "unit" else (1,)
        self.parameters, self.gradients = Flat(shapes), Flat(shapes)
        self.running = Flat({(n, i): (width,) for n in ("mean", "variance") for i in range(depth if norm else 0)})
        self._scratch = Scratch()
        self._initialize()

    def _initialize(self) -> None:
        net = self.network
        row, seed = net.initializer_row, net.seed
        for name, layer in self.parameters.shapes:
            part, top = self.parameters[name, layer], layer == net.depth
            if name == "weights":
                draw = drawn(row.draw, seed, *((Stream.READOUT, 0) if top else (Stream.WEIGHTS, layer)), *part.shape)
                part[...] = row.weights(draw, *part.shape, **net.options)
            elif name == "biases":
                stream = (Stream.READOUT, 1) if top else (Stream.BIASES, layer)
                part[...] = net.bias_mean + net.bias_std * drawn(standard_normal, seed, *stream, 1, len(part))[0]
            else:
                part[...] = {"gamma": 1.0, "beta": 0.0, "alpha": net.alpha}[name]
        for name, layer in self.running.shapes:
            self.running[name, layer][...] = float(name == "variance")

    def work(self, batch: int, use: str = "step") -> Work:
        """The arrays for a batch of this size and this use; the same ones as last time."""
        sizes = batch, self.features, self.outputs
        work: Work = self._scratch.get_or_make((use, batch), lambda: Work(self.network, *sizes))
        return work

    def forward(self, x: Array, work: Work, mode: Mode, rng: np.random.Generator | None = None) -> Array:
        """The logits, (batch, outputs), of inputs x."""
        net, p = self.network, self.parameters
        h = work.x = x
        for layer in range(net.depth):
            pre, post = work.pre[layer], work.post[layer]
            np.matmul(h, p["weights", layer], out=pre)
            pre += p["biases", layer]
            if net.batch_norm == "before":
                self._normalize(layer, pre, work, mode)
            self._activate(layer, work, rng if mode is Mode.TRAIN else None)
            if net.batch_norm == "after":
                self._normalize(layer, post, work, mode)
            h = post
        np.matmul(h, p["weights", net.depth], out=work.logits)
        work.logits += p["biases", net.depth]
        return work.logits

    def _normalize(self, layer: int, values: Array, work: Work, mode: Mode) -> None:
        gamma, beta = self.parameters["gamma", layer], self.parameters["beta", layer]
        if mode is Mode.EVALUATE:
            running = self.running["mean", layer], self.running["variance", layer]
            normalization.normalize_by(values, *running, gamma, beta, out=values)
            return
        found = normalization.normalize(values, gamma, beta, work.hat[layer], out=values)
        work.mean[layer], work.variance[layer], work.scale[layer] = found

    def move_on(self, work: Work) -> None:
        """Take the batch that went forward in `work` into the running statistics."""
        for name, layer in self.running.shapes:
            if name == "mean":
                running = self.running["mean", layer], self.running["variance", layer]
                normalization.move_on(*running, work.mean[layer], work.variance[layer], len(work.ones))

    def _activate(self, layer: int, work: Work, rng: np.random.Generator | None) -> None:
        row = self.network.activation_row
        pre, post, slope = work.pre[layer], work.post[layer], work.slopes[layer]
        training = row.in_training
        if training is not None and row.learned:
            training.value_and_slope(pre, self.parameters["alpha", layer], post, slope)
        elif training is not None and training.uniform is not None and rng is not None:
            low, high = training.uniform
            rng.random(out=work.spare)
            work.spare *= high - low
            work.spare += low
            training.value_and_slope(pre, work.spare, post, slope)
        else:
            row.value_and_slope(pre, self.network.alpha, post, slope)

    def backward(self, work: Work, grad_post: list[Array] | None = None) -> None:
        """From work.grad_logits to `gradients` and work.grad_pre; dC/dh_l too, into `grad_post`, where it is given."""
        net, p = self.network, self.parameters
        g = work.grad_logits
        for layer in reversed(range(net.depth + 1)):
            before = work.post[layer - 1] if layer else work.x
            np.matmul(before.T, g, out=self.gradients["weights", layer])
            np.matmul(work.ones, g, out=self.gradients["biases", layer])
            if layer:
                below = np.matmul(g, p["weights", layer].T, out=work.grad_pre[layer - 1])
                if grad_post is not None:
                    np.copyto(grad_post[layer - 1], below)
                g = self._back(layer - 1, work)

    def _back(self, layer: int, work: Work) -> Array:
        """From dC/dh in work.grad_pre to dC/dpre in the same place; returns dC/d(h W + b)."""
        net, row, delta = self.network, self.network.activation_row, work.grad_pre[layer]
        if net.batch_norm == "after":
            self._back_through_norm(layer, delta, work, out=delta)
        if row.in_training is not None and row.in_training.by_slope is not None:
            by_alpha = self.gradients["alpha", layer]
            terms = row.in_training.by_slope(work.pre[layer])
            terms *= delta
            by_alpha[...] = terms.sum(axis=0 if net.alpha_per == "unit" else None)
        if row.elementwise:
            delta *= work.slopes[layer]
        else:
            delta[...] = row.vjp(work.pre[layer], delta, net.alpha)
        if net.batch_norm == "before":
            return self._back_through_norm(layer, delta, work, out=work.spare)
        return delta

    def _back_through_norm(self, layer: int, g: Array, work: Work, out: Array) -> Array:
        by_gamma, by_beta = self.gradients["gamma", layer], self.gradients["beta", layer]
        gamma = self.parameters["gamma", layer]
        normalization.back(g, work.hat[layer], work.scale[layer], gamma, by_gamma, by_beta, out)
        return out

    def first_nonfinite(self, work: Work, loss: float) -> tuple[int, str]:
        """Layer and quantity that is the first not to be finite, in the order of computation: forward, then back."""
        depth = self.network.depth
        for layer in range(depth):
            for name, value in (("pre-activations", work.pre[layer]), ("activations", work.post[layer])):
                if not _finite(value):
                    return layer, name
        if not _finite(work.logits):
            return depth, "logits"
        if not np.isfinite(loss):
            return depth, "loss"
        for layer in reversed(range(depth + 1)):
            if layer < depth and not _finite(work.grad_pre[layer]):
                return layer, "gradients"
            if not all(_finite(self.gradients[part]) for part in self.gradients.shapes if part[1] == layer):
                return layer, "gradients of its parameters"
        raise ValueError("all of it is finite")


def _finite(array: NDArray[np.float64]) -> bool:
    return bool(np.isfinite(array).all())
