"""Initializers: a row holds everything that is specific to one scheme for the first weights.

Shapes: weights are (fan_in, fan_out). `draw` is the randomness alone, free of parameters; `weights` turns it into
weights. So a slider moves the parameter and keeps the noise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.nn.checks import number_within

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, int], Array]


OptionValue = float | str


@dataclass(frozen=True)
class Option:
    """A parameter of an initializer: its meaning, default and range; or its default and the choices there are."""

    label: str
    default: OptionValue
    low: float = 0.0
    high: float = 100.0
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> OptionValue:
        """`value` as the option takes it; ValueError with the rule and the value."""
        if not self.choices:
            return number_within(value, self.low, self.high)
        if not isinstance(value, str) or value not in self.choices:
            raise ValueError(f"must be one of {', '.join(self.choices)}, got {value!r}")
        return value


@dataclass(frozen=True)
class Initializer:
    """One scheme for the first weights.

    `draw(rng, fan_in, fan_out)` is the randomness; `weights(draw, fan_in, fan_out, **options)` the weights;
    `variance(fan_in, fan_out, **options)` and `mean(fan_in, fan_out, **options)` are what `sample` promises. `options`
    names the parameters that the scheme takes; `torch` is the PyTorch call that does the same. `code` is what scripts
    that are handed out say: the body of a function of rng, fan_in, fan_out and the options, in NumPy.
    """

    key: str
    label: str
    draw: Draw
    weights: Callable[..., Array]
    variance: Callable[..., float]
    formula: str
    source: str
    torch: str
    options: Mapping[str, Option] = field(default_factory=dict, hash=False)
    mean: Callable[..., float] = lambda fan_in, fan_out, **options: 0.0
    dependent: bool = False  # whether the weights of a layer depend on each other, as those of an orthogonal matrix
    code: str | None = None

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int, **options: Any) -> Array:
        """Weights of shape (fan_in, fan_out), drawn with `rng`."""
        return self.weights(self.draw(rng, fan_in, fan_out), fan_in, fan_out, **options)

    def std(self, fan_in: int, fan_out: int, **options: Any) -> float:
        """The standard deviation that the weights are drawn with."""
        return sqrt(self.variance(fan_in, fan_out, **options))


def standard_normal(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """N(0, 1), shape (fan_in, fan_out)."""
    return rng.standard_normal((fan_in, fan_out))


def ones(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """No randomness: all ones, shape (fan_in, fan_out)."""
    return np.ones((fan_in, fan_out))


def standard_uniform(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """U(0, 1), shape (fan_in, fan_out)."""
    return rng.random((fan_in, fan_out))


def standard_truncated(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """N(0, 1) given that it lies within +-2, shape (fan_in, fan_out)."""
    from scipy.special import ndtr, ndtri  # only now: `import labkit` loads no SciPy

    low = ndtr(-2.0)
    within: Array = np.clip(ndtri(low + (1 - 2 * low) * rng.random((fan_in, fan_out))), -2, 2)
    return within


def orthogonal(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """Orthonormal columns, or rows where there are fewer of them, uniform over all such; shape (fan_in, fan_out)."""
    tall = rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out)))
    q, r = np.linalg.qr(tall)
    q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)  # without this the distribution is not uniform
    return np.ascontiguousarray(q if fan_in >= fan_out else q.T)


FANS: Mapping[str, Callable[[int, int], float]] = {
    "in": lambda fan_in, fan_out: fan_in,
    "out": lambda fan_in, fan_out: fan_out,
    "avg": lambda fan_in, fan_out: (fan_in + fan_out) / 2,
}
SIZES = {"in": r"n_{in}", "out": r"n_{out}", "avg": r"(n_{in} + n_{out}) / 2"}
_FAN_CODE = {"in": "fan_in", "out": "fan_out", "avg": "(fan_in + fan_out) / 2"}
TRUNCATED_STD = 0.87962566103423978
"""The standard deviation of N(0, 1) given that it lies within +-2."""


def variance_scaling(
    key: str, label: str, scale: float, fan: str, *, shape: str = "normal", gain: bool = False,
    modes: tuple[str, ...] = (), source: str, torch: str,
) -> Initializer:  # fmt: skip
    """Weights of variance scale / fan, `shape` normal or uniform: Glorot's, He's and LeCun's schemes are this.

    With `gain` the scheme takes one, by default sqrt(scale); with `modes` the fan is an option, by default `fan`.
    """
    default_gain, default_fan = sqrt(scale), fan
    bound_of_1 = {"normal": 1.0, "uniform": sqrt(3.0)}[shape]
    options = {"gain": Option("gain", default_gain)} if gain else {}
    if modes:
        options["fan"] = Option("fan", fan, choices=modes)

    def variance(fan_in: int, fan_out: int, gain: float = default_gain, fan: str = default_fan) -> float:
        return scale * (gain / default_gain) ** 2 / FANS[fan](fan_in, fan_out)

    def weights(draw: Array, fan_in: int, fan_out: int, **given: Any) -> Array:
        size = bound_of_1 * sqrt(variance(fan_in, fan_out, **given))
        return draw * size if shape == "normal" else (2 * draw - 1) * size

    over = "n" if modes else SIZES[fan]
    square = "g^2" if gain else f"{Fraction(scale).limit_denominator(9)}"
    law = r"N(0, \sigma^2)" if shape == "normal" else r"U(-\sqrt{3} \sigma, \sqrt{3} \sigma)"
    return Initializer(
        key=key, label=label, draw=standard_normal if shape == "normal" else standard_uniform, weights=weights,
        variance=variance, formula=rf"{law},\ \sigma^2 = {square} / {over}", source=source, torch=torch,
        options=options, code=_scaled_code(scale, fan, shape, gain, bool(modes)),
    )  # fmt: skip


def _scaled_code(scale: float, fan: str, shape: str, gain: bool, modes: bool) -> str:
    sized = '{"in": fan_in, "out": fan_out}[fan]' if modes else _FAN_CODE[fan]
    std = f"gain / np.sqrt({sized})" if gain else f"np.sqrt({Fraction(scale).limit_denominator(9)}) / np.sqrt({sized})"
    draw = "rng.standard_normal((fan_in, fan_out))"
    if shape == "uniform":
        draw = "np.sqrt(3) * rng.uniform(-1, 1, (fan_in, fan_out))  # U(-sqrt 3, sqrt 3) has std 1"
    return f"std = {std}\nreturn std * {draw}"


def _table(*rows: Initializer) -> dict[str, Initializer]:
    return {row.key: row for row in rows}


def _normal(draw: Array, fan_in: int, fan_out: int, std: float = 0.01, mean: float = 0.0) -> Array:
    return draw * std + mean if mean else draw * std


GLOROT = "Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks"
HE = "He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, eq. 10"
LECUN = "LeCun, Bottou, Orr and Müller (1998), Efficient BackProp, sec. 4.6"

INITIALIZERS: Mapping[str, Initializer] = _table(
    Initializer(
        key="normal", label="normal (std)", draw=standard_normal, weights=_normal,
        variance=lambda fan_in, fan_out, std=0.01, mean=0.0: std * std,
        mean=lambda fan_in, fan_out, std=0.01, mean=0.0: mean,
        formula=r"N(\mu, \sigma^2)", source="the plain Gaussian start", torch="torch.nn.init.normal_(w, mean, std)",
        options={"std": Option("standard deviation", 0.01), "mean": Option("mean", 0.0, -100.0, 100.0)},
        code="mean + std * rng.standard_normal((fan_in, fan_out))",
    ),
    Initializer(
        key="truncated_normal", label="truncated normal (std)", draw=standard_truncated,
        weights=lambda draw, fan_in, fan_out, std=0.01: draw * std,
        variance=lambda fan_in, fan_out, std=0.01: (TRUNCATED_STD * std) ** 2,
        formula=r"N(0, \sigma^2) \text{ within } \pm 2 \sigma", source="a Gaussian without outliers: its own "
        "standard deviation is 0.88 std", torch="torch.nn.init.trunc_normal_(w, 0.0, std, -2 * std, 2 * std)",
        options={"std": Option("standard deviation before the cut", 0.01)},
        code=(
            "inverse = np.vectorize(NormalDist().inv_cdf, otypes=[float])  # of the normal distribution function\n"
            "low = NormalDist().cdf(-2)\n"
            "return std * inverse(low + (1 - 2 * low) * rng.random((fan_in, fan_out)))"
        ),
    ),
    Initializer(
        key="uniform", label="uniform (low, high)", draw=standard_uniform,
        weights=lambda draw, fan_in, fan_out, low=0.0, high=1.0: low + (high - low) * draw,
        variance=lambda fan_in, fan_out, low=0.0, high=1.0: (high - low) ** 2 / 12,
        mean=lambda fan_in, fan_out, low=0.0, high=1.0: (low + high) / 2,
        formula="U(a, b)", source="the sources' basic start, U(0, 1): its mean is not 0",
        torch="torch.nn.init.uniform_(w, low, high)",
        options={"low": Option("low", 0.0, -100.0, 100.0), "high": Option("high", 1.0, -100.0, 100.0)},
        code="rng.uniform(low, high, (fan_in, fan_out))",
    ),
    Initializer(
        key="zeros", label="zeros", draw=ones, weights=lambda draw, fan_in, fan_out: np.zeros((fan_in, fan_out)),
        variance=lambda fan_in, fan_out: 0.0, formula="0", source="the symmetric start that cannot learn",
        torch="torch.nn.init.zeros_(w)",
        code="np.zeros((fan_in, fan_out))",
    ),
    Initializer(
        key="ones", label="ones", draw=ones, weights=lambda draw, fan_in, fan_out: np.ones((fan_in, fan_out)),
        variance=lambda fan_in, fan_out: 0.0, mean=lambda fan_in, fan_out: 1.0, formula="1",
        source="the symmetric start: all units of a layer stay equal", torch="torch.nn.init.ones_(w)",
        code="np.ones((fan_in, fan_out))",
    ),
    Initializer(
        key="constant", label="constant", draw=ones,
        weights=lambda draw, fan_in, fan_out, constant=0.1: draw * constant,
        variance=lambda fan_in, fan_out, constant=0.1: 0.0,
        mean=lambda fan_in, fan_out, constant=0.1: constant,
        formula="c", source="the symmetric start: all units of a layer stay equal",
        torch="torch.nn.init.constant_(w, c)", options={"constant": Option("value", 0.1, -100.0, 100.0)},
        code="np.full((fan_in, fan_out), constant)",
    ),
    variance_scaling(
        "lecun_normal", "LeCun: the book's Xavier", 1.0, "in", source=LECUN,
        torch="torch.nn.init.kaiming_normal_(w, nonlinearity='linear')",
    ),
    variance_scaling(
        "lecun_uniform", "LeCun uniform", 1.0, "in", shape="uniform", source=LECUN,
        torch="torch.nn.init.kaiming_uniform_(w, nonlinearity='linear')",
    ),
    variance_scaling(
        "xavier_normal", "Xavier (Glorot)", 1.0, "avg", gain=True,
        source=f"{GLOROT} (its variance; drawn normal)",
        torch="torch.nn.init.xavier_normal_(w, gain)",
    ),
    variance_scaling(
        "xavier_uniform", "Xavier (Glorot) uniform", 1.0, "avg", shape="uniform", gain=True,
        source=f"{GLOROT}, eq. 16", torch="torch.nn.init.xavier_uniform_(w, gain)",
    ),
    variance_scaling(
        "he_normal", "He", 2.0, "in", gain=True, modes=("in", "out"), source=HE,
        torch="torch.nn.init.kaiming_normal_(w, nonlinearity='relu') for gain sqrt(2); mode 'fan_in' or 'fan_out'",
    ),
    variance_scaling(
        "he_uniform", "He uniform", 2.0, "in", shape="uniform", gain=True, modes=("in", "out"),
        source=f"{HE} (its variance; drawn uniform)",
        torch="torch.nn.init.kaiming_uniform_(w, nonlinearity='relu') for gain sqrt(2); mode 'fan_in' or 'fan_out'",
    ),
    Initializer(
        key="orthogonal", label="orthogonal", draw=orthogonal, dependent=True,
        weights=lambda draw, fan_in, fan_out, gain=1.0: draw * gain,
        variance=lambda fan_in, fan_out, gain=1.0: gain**2 / max(fan_in, fan_out),
        formula=r"W = g Q,\ Q^T Q = I \text{ or } Q Q^T = I", source="Saxe, McClelland and Ganguli (2014), Exact "
        "solutions to the nonlinear dynamics of learning in deep linear neural networks",
        torch="torch.nn.init.orthogonal_(w, gain)", options={"gain": Option("gain", 1.0)},
        code=(
            "Q, R = np.linalg.qr(rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out))))\n"
            "Q *= np.where(np.diagonal(R) < 0, -1.0, 1.0)  # so that every such Q is as likely\n"
            "return gain * (Q if fan_in >= fan_out else Q.T)"
        ),
    ),
    variance_scaling(
        "torch_default", "PyTorch's default", 1 / 3, "in", shape="uniform",
        source="torch.nn.Linear: U(-1/sqrt n, 1/sqrt n); neither Xavier nor made for ReLU",
        torch="torch.nn.init.kaiming_uniform_(w, a=math.sqrt(5))",
    ),
)  # fmt: skip
