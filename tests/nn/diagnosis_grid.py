"""Settings of networks with what theory says is wrong with them: written here, sharing no code and no threshold with
the diagnosis.

Where the infinitely wide network is CLEARLY on one side, a setting gets a label; where it is not, none:
- a trend (RMS from end to end, by mean-field theory) is bad from a factor of 1000 on, and none below 8;
- saturation is bad where a layer has at least 80 % of its values on the flat parts (Gaussian integral), 30 % of them
  with an output that is not 0; it is none where no layer has more than half, or where all of those have the output 0;
- units are dead where Phi(.)^batch, the chance that one rests for a whole batch, is at least 95 % in the first layer;
  it is none without a bias, where only a collapse makes units rest;
- angles have collapsed from a mean cosine of 0.98 on (correlation map), and have not below 0.85;
- units are copies where all columns of the weights are equal.
One is the root of another in this order: copies, saturation (of a signal that does not itself explode), death, trends,
angles.
"""

from dataclasses import dataclass, field
from functools import cache
from itertools import product
from math import prod

import numpy as np
from scipy.special import expit, ndtr

from labkit.nn.datasets import inputs
from labkit.nn.network import Network

U = np.linspace(-8, 8, 4001)
PHI = np.exp(-U * U / 2) / np.exp(-U * U / 2).sum()
V = np.linspace(-6, 6, 61)
PAIR = np.outer(np.exp(-V * V / 2), np.exp(-V * V / 2))
PAIR /= PAIR.sum()


def leaky(a):
    return lambda z: np.where(z > 0, z, a * z)


def elu(z):
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def selu(z):
    return 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(np.minimum(z, 0)))


FUNCTIONS = {
    ("identity", None): lambda z: z,
    ("relu", None): leaky(0.0),
    ("leaky_relu", 0.01): leaky(0.01),
    ("leaky_relu", 0.3): leaky(0.3),
    ("prelu", None): leaky(0.25),
    ("rrelu", None): leaky(11 / 48),
    ("elu", 1.0): elu,
    ("selu", None): selu,
    ("gelu", None): lambda z: z * ndtr(z),
    ("silu", 1.0): lambda z: z * expit(z),
    ("softplus", None): lambda z: np.logaddexp(z, 0),
    ("tanh", None): np.tanh,
    ("sigmoid", None): expit,
    ("hardtanh", None): lambda z: np.clip(z, -1, 1),
    ("hardsigmoid", None): lambda z: np.clip(z / 6 + 0.5, 0, 1),
    ("relu6", None): lambda z: np.clip(z, 0, 6),
    ("leaky_relu6", 0.01): lambda z: np.minimum(leaky(0.01)(z), 6),
}
REST_BELOW = {("relu", None): 0.0, ("relu6", None): 0.0, ("hardsigmoid", None): -3.0}
"""Where output and slope are 0: below this."""
WEIGHTS = {  # initializer, its fields: variance by (fan_in, fan_out)
    "lecun_normal": lambda n, m: 1 / n,
    "xavier_uniform": lambda n, m: 2 / (n + m),
    "he_normal": lambda n, m: 2 / n,
    "he_uniform": lambda n, m: 2 / n,
    "torch_default": lambda n, m: 1 / (3 * n),
}
STDS = (0.001, 0.01, 0.05, 0.3, 1.0, 3.0)


def slope_of(f, step=1e-5):
    return lambda z: (f(z + step) - f(z - step)) / (2 * step)


@cache
def flat_below(key):
    """1 - 0.97^2 of the largest slope: for tanh that is an output beyond 0.97."""
    return (1 - 0.97**2) * np.abs(slope_of(FUNCTIONS[key])(np.linspace(-20, 20, 40_001) + 3e-4)).max()


@dataclass(frozen=True)
class Theory:
    """Factors of RMS from end to end, the largest share that is flat and that is flat beyond 0, the last cosine."""

    forward: float
    backward: float
    flat: float
    flat_beyond_0: float
    cosine: float
    dead: float


def mean_field(net, key, variance):
    f = FUNCTIONS[key]
    x, _ = inputs(net.dataset, net.batch, net.width, net.seed, net.standardize, net.input_scale)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    n = len(x)
    c_h, square = (float(np.sum(unit.sum(0) ** 2)) - n) / (n * (n - 1)), float(np.mean(x * x))
    q1 = square * net.fan_ins[0] * variance(net.fan_ins[0], net.width) + net.bias_std**2
    squares, slopes, flats, beyond = [], [], [], []
    for layer in range(net.depth):
        fan = net.fan_ins[layer]
        signal = square * fan * variance(fan, net.width)
        q = signal + net.bias_std**2
        if not q:  # the layer before is silent, and there are no biases
            squares.append(0.0)
            slopes.append(0.0)
            break
        c = (c_h * signal + net.bias_std**2) / q
        z = net.bias_mean + np.sqrt(q) * U
        value, steep = f(z), slope_of(f, 1e-5 * min(1.0, np.sqrt(q)))(z)
        square = float(PHI @ value**2)
        is_flat = np.abs(steep) < flat_below(key)
        squares.append(square)
        slopes.append(float(PHI @ steep**2))
        flats.append(float(PHI @ is_flat))
        beyond.append(float(PHI @ (is_flat & (value != 0))))
        a, b = np.meshgrid(V, V, indexing="ij")
        z1, z2 = net.bias_mean + np.sqrt(q) * a, net.bias_mean + np.sqrt(q) * (c * a + np.sqrt(max(1 - c * c, 0)) * b)
        own = float(np.sum(PAIR * f(z1) ** 2))
        c_h = float(np.sum(PAIR * f(z1) * f(z2))) / own if own else 1.0
    # dC/dz of layer l is slope_l W_{l+1} slope_{l+1} ... from the last: both ends' slopes, and all between
    chain = prod(net.width * variance(net.width, net.width) * each for each in slopes[1:])
    backward = np.sqrt(chain * slopes[0] / slopes[-1]) if slopes[-1] else 0.0
    rest = ndtr((REST_BELOW.get(key, -np.inf) - net.bias_mean) / np.sqrt(q1)) ** net.batch
    worst = int(np.argmax(flats))
    forward = np.sqrt(squares[-1] / squares[0]) if squares[0] else 0.0
    return Theory(float(forward), float(backward), flats[worst], beyond[worst], c_h, float(rest))


def label_of(net, theory):
    """What is clearly wrong; None where theory is not clearly on one side."""
    t, bias = theory, net.bias_mean != 0
    if t.dead >= 0.95:
        return "dead"
    if bias and t.dead > 1e-6:
        return None
    trends = t.forward, t.backward
    ways = {(-1 if r <= 1e-3 else 1) if not 1e-3 < r < 1e3 else (0 if 1 / 8 < r < 8 else None) for r in trends}
    grows = t.forward >= 1e3
    if not grows:
        if t.flat >= 0.8 and t.flat_beyond_0 >= 0.3 and t.forward > 8:
            return None
        if t.flat >= 0.8 and t.flat_beyond_0 >= 0.3:
            return "saturated"
        if not (t.flat <= 0.51 or t.flat_beyond_0 == 0):
            return None
    elif ways != {1}:
        return None
    if 1 in ways or -1 in ways:
        return None if {1, -1} <= ways else ("exploding" if 1 in ways else "vanishing")
    if None in ways:
        return None
    return "collapsing" if t.cosine >= 0.98 else ("healthy" if t.cosine <= 0.85 else None)


@dataclass(frozen=True)
class Setting:
    """A network and what is wrong with it by theory."""

    label: str
    network: Network
    theory: Theory | None = field(default=None, repr=False)


SIZES = ((2, 64), (5, 64), (9, 100), (20, 100))
BIASES = ({}, {}, {"bias_std": 0.3}, {"bias_mean": -12.0}, {"bias_mean": 8.0})


def by_mean_field():
    schemes = [("normal", std) for std in STDS] + [("truncated_normal", 0.2)] + [(key, None) for key in WEIGHTS]
    for i, (key, (initializer, std), (depth, width)) in enumerate(product(FUNCTIONS, schemes, SIZES)):
        if i % 3 == 2:  # two of three are enough
            continue
        activation, alpha = key
        net = Network(
            activation=activation, alpha=alpha, initializer=initializer, depth=depth, width=width, batch=64, seed=i,
            dataset="mnist_small" if i % 5 == 1 else "gaussian",
            gradient_source="loss" if i % 10 == 1 else "cotangent", std=std if std is not None else 0.0,
            **BIASES[i % 7 % len(BIASES)],
        )  # fmt: skip
        if std is None:
            variance = WEIGHTS[initializer]
        else:
            cut = 0.8796256610342398 if initializer == "truncated_normal" else 1.0  # sd of N(0, 1) within +-2

            def variance(n, m, std=std, cut=cut):
                return (cut * std) ** 2

        theory = mean_field(net, key, variance)
        label = label_of(net, theory)
        if label is not None:
            yield Setting(label, net, theory)


def by_equal_columns():
    """All columns of every weight matrix are equal, and so are the biases."""
    schemes = (
        {"initializer": "zeros"}, {"initializer": "ones"}, {"initializer": "constant"},
        {"initializer": "normal", "std": 0.0},
        {"initializer": "uniform", "initializer_options": {"low": 0.25, "high": 0.25}},
    )  # fmt: skip
    kinds = ("tanh", "relu", "sigmoid", "leaky_relu", "identity", "gelu")
    for i, (activation, scheme) in enumerate(product(kinds, schemes)):
        depth, width = ((1, 20), (3, 50), (6, 10))[i % 3]
        dataset = "mnist_small" if i % 4 == 0 else "gaussian"
        yield Setting("symmetric", Network(activation, depth=depth, width=width, batch=30, seed=i, dataset=dataset,
                                           bias_mean=(0.0, -0.5)[i % 2], **scheme))  # fmt: skip


def by_linear_biases():
    """h_l = h_{l-1} W + b with orthogonal W: signal keeps 1, biases add s^2 a layer; cosine l s^2 / (1 + l s^2)."""
    for seed, (depth, bias_std) in enumerate(product((20, 40, 60), (2.0, 3.0))):
        assert depth * bias_std**2 / (1 + depth * bias_std**2) > 0.985
        yield Setting("collapsing", Network("identity", "orthogonal", depth=depth, width=60, batch=40,
                                            bias_std=bias_std, seed=seed))  # fmt: skip
    for seed, depth in enumerate((1, 2, 10, 50, 100)):  # every angle and every length is kept
        yield Setting("healthy", Network("identity", "orthogonal", depth=depth, width=60, batch=40, seed=seed))


def by_arc_cosine():
    """Cho and Saul (2009): with He's weights ReLU keeps the length and turns c into (sin t + (pi - t) c) / pi."""
    for seed, depth in enumerate((3, 5, 7, 45, 50, 55, 60)):
        c = 0.0
        for _ in range(depth):
            t = np.arccos(c)
            c = min((np.sin(t) + (np.pi - t) * c) / np.pi, 1.0)
        assert c < 0.85 or c > 0.98
        yield Setting("healthy" if c < 0.85 else "collapsing",
                      Network("relu", "he_normal", depth=depth, width=200, batch=50, seed=seed))  # fmt: skip


@cache
def grid():
    return [*by_equal_columns(), *by_linear_biases(), *by_arc_cosine(), *by_mean_field()]
