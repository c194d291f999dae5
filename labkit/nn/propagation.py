"""Forward and backward through a Network.

Shapes: h_0 = x is (batch, features); W_l is (fan_in, width); pre z_l = h_{l-1} W_l + b_l and post h_l = f(z_l) are
(batch, width). Backward: dC/dz_l = f'(z_l) dC/dh_l, dC/dh_{l-1} = dC/dz_l W_l^T, dC/dW_l = h_{l-1}^T dC/dz_l.
Everything is float64. Overflow and NaN go their way without a warning: statistics count them.
"""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from labkit.nn.datasets import inputs
from labkit.nn.draws import Stream, drawn
from labkit.nn.initializers import standard_normal
from labkit.nn.network import Network
from labkit.nn.traced import Layers

Array = NDArray[np.float64]
T = TypeVar("T")


class Buffers:
    """Arrays kept from one propagation to the next, for the live path.

    A Trace made with buffers is valid until they are used again. More than `most` bytes are not kept.
    """

    def __init__(self, most: int = 32 * 2**20) -> None:
        """Keep at most `most` bytes."""
        self._most = most
        self._kept: dict[tuple[str, int], Array] = {}

    def empty(self, name: str, index: int, shape: tuple[int, int]) -> Array:
        """An array of this shape, uninitialized; the same one as last time where it fits."""
        key = (name, index)
        array = self._kept.get(key)
        if array is None or array.shape != shape:
            array = np.empty(shape)
            self._kept = {k: a for k, a in self._kept.items() if a.shape == shape}  # a new size: the old ones go
            if sum(a.nbytes for a in self._kept.values()) + array.nbytes <= self._most:
                self._kept[key] = array
        return array


def _quietly(method: Callable[["Trace"], T]) -> Callable[["Trace"], T]:
    """Overflow, underflow and NaN are results here, not accidents."""

    @wraps(method)
    def call(self: "Trace") -> T:
        with np.errstate(all="ignore"):
            return method(self)

    return call


class Trace:
    """What happened in a network: arrays by layer, index 0 first, each computed when first asked for.

    `pre`, `post`, `grad_pre` (dC/dz) and `grad_post` (dC/dh) are (batch, width); `weights` and `grad_weights` (dC/dW)
    are (fan_in, width); `biases` are (width,). C is the sum of h_L times a unit Gaussian cotangent, or the mean
    cross-entropy of the batch (then `logits`, `loss` and `readout` exist too).
    """

    alphas: Layers = ()
    """The learned ones: none, this is evaluation."""

    def __init__(self, network: Network, buffers: Buffers | None = None, x: Array | None = None) -> None:
        """Propagate nothing yet."""
        self.network = network
        self._buffers = buffers or Buffers(most=0)
        if x is None:
            self.x, self.labels = inputs(
                network.dataset, network.batch, network.width, network.seed, network.standardize, network.input_scale
            )
        else:
            self.x, self.labels = _checked(network, x), None

    def _empty(self, name: str, index: int = 0) -> Array:
        return self._buffers.empty(name, index, (self.network.batch, self.network.width))

    def _drawn_weights(self, stream: Stream, layer: int, fan_in: int, fan_out: int) -> Array:
        row = self.network.initializer_row
        draw = drawn(row.draw, self.network.seed, stream, layer, fan_in, fan_out)
        return row.weights(draw, fan_in, fan_out, **self.network.options)

    def _drawn_biases(self, stream: Stream, layer: int, fan_out: int) -> Array:
        net = self.network
        draw = drawn(standard_normal, net.seed, stream, layer, 1, fan_out)[0]
        biases: Array = net.bias_mean + net.bias_std * draw
        return biases

    @cached_property
    def weights(self) -> Layers:
        """W_l of each layer, (fan_in, width)."""
        net = self.network
        return tuple(self._drawn_weights(Stream.WEIGHTS, i, n, net.width) for i, n in enumerate(net.fan_ins))

    @cached_property
    def biases(self) -> Layers:
        """b_l of each layer, (width,)."""
        return tuple(self._drawn_biases(Stream.BIASES, i, self.network.width) for i in range(self.network.depth))

    def _affine(self, layer: int, h: Array, out: Array) -> Array:
        np.matmul(h, self.weights[layer], out=out)
        if self.network.bias_mean or self.network.bias_std:
            out += self.biases[layer]
        return out

    @cached_property
    @_quietly
    def _values_and_slopes(self) -> tuple[Layers, Layers]:
        net = self.network
        values, slopes = [], []
        h, z = self.x, self._empty("pre")
        for layer in range(net.depth):
            value, slope = self._empty("post", layer), self._empty("slope", layer)
            self._affine(layer, h, z)
            net.activation_row.value_and_slope(z, net.alpha, value, slope)
            values.append(value)
            slopes.append(slope)
            h = value
        return tuple(values), tuple(slopes)

    @property
    def post(self) -> Layers:
        """h_l = f(z_l) of each layer, (batch, width)."""
        return self._values_and_slopes[0]

    @property
    def slopes(self) -> Layers:
        """f'(z_l) of each layer, (batch, width)."""
        return self._values_and_slopes[1]

    @cached_property
    @_quietly
    def pre(self) -> Layers:
        """z_l of each layer, (batch, width): made again from `post`, to the same bits."""
        befores = (self.x, *self.post[:-1])
        return tuple(self._affine(i, h, np.empty_like(self.post[i])) for i, h in enumerate(befores))

    @cached_property
    def readout(self) -> tuple[Array, Array]:
        """Weights (width, classes) and biases (classes,) of the readout, by the network's own initializer."""
        net = self.network
        classes = net.dataset_row.classes
        if net.gradient_source != "loss" or classes is None:
            raise ValueError(f"a readout needs gradient_source 'loss', got {net.gradient_source!r}")
        weights = self._drawn_weights(Stream.READOUT, 0, net.width, classes)
        return weights, self._drawn_biases(Stream.READOUT, 1, classes)

    @cached_property
    @_quietly
    def logits(self) -> Array:
        """The readout's output, (batch, classes)."""
        weights, biases = self.readout
        return self.post[-1] @ weights + biases

    @cached_property
    @_quietly
    def loss(self) -> float:
        """Mean cross-entropy of the batch, in nats."""
        assert self.labels is not None
        shifted = self.logits - self.logits.max(axis=1, keepdims=True)
        of_label = shifted[np.arange(len(shifted)), self.labels]
        return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - of_label))

    @cached_property
    @_quietly
    def _cotangent(self) -> Array:
        """dC/dh at the last layer, (batch, width)."""
        net = self.network
        if net.gradient_source == "cotangent":
            return drawn(standard_normal, net.seed, Stream.COTANGENT, 0, net.batch, net.width)
        assert self.labels is not None
        shares = np.exp(self.logits - self.logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        shares[np.arange(net.batch), self.labels] -= 1
        by_logits: Array = shares / net.batch
        return by_logits @ self.readout[0].T

    def _back(self, layer: int, g: Array, out: Array) -> Array:
        """dC/dz_l from g = dC/dh_l."""
        row = self.network.activation_row
        if row.elementwise:
            return np.multiply(g, self.slopes[layer], out=out)
        out[...] = row.vjp(self.pre[layer], g, self.network.alpha)
        return out

    @cached_property
    @_quietly
    def grad_pre(self) -> Layers:
        """dC/dz_l of each layer, (batch, width)."""
        gradients: list[Array] = []
        g, scratch = self._cotangent, self._empty("pre")
        for layer in reversed(range(self.network.depth)):
            delta = self._back(layer, g, out=self._empty("grad_pre", layer))
            gradients.insert(0, delta)
            if layer:
                g = np.matmul(delta, self.weights[layer].T, out=scratch)
        return tuple(gradients)

    @cached_property
    @_quietly
    def grad_post(self) -> Layers:
        """dC/dh_l of each layer, (batch, width)."""
        below = zip(self.grad_pre[1:], self.weights[1:], strict=True)
        return (*(delta @ weights.T for delta, weights in below), self._cotangent)

    @cached_property
    @_quietly
    def grad_weights(self) -> Layers:
        """dC/dW_l of each layer, (fan_in, width)."""
        befores = (self.x, *self.post[:-1])
        return tuple(h.T @ delta for h, delta in zip(befores, self.grad_pre, strict=True))


def _checked(network: Network, x: Array) -> Array:
    shape = network.batch, network.fan_ins[0]
    if x.shape != shape:
        raise ValueError(f"x must be of shape {shape} (batch, features), got {x.shape}")
    if network.gradient_source != "cotangent":
        raise ValueError(f"x has no labels: gradient_source must be 'cotangent', got {network.gradient_source!r}")
    return np.asarray(x, float)


def propagate(network: Network, buffers: Buffers | None = None, x: Array | None = None) -> Trace:
    """The forward and backward pass of `network`; see Trace. `x`: inputs of one's own in place of the dataset's."""
    if network.batch_norm != "none":
        raise ValueError(f"batch_norm must be 'none' here, got {network.batch_norm!r}: see labkit.train(...).trace()")
    return Trace(network, buffers, x)
