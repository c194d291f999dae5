"""Network: what to build and what to feed it with, in keys and numbers only.

`depth` counts the layers that have the activation; a readout, where the gradient comes from a loss, stands on top.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from labkit.nn.activation import Activation
from labkit.nn.checks import number_within
from labkit.nn.datasets import DATASETS, Dataset
from labkit.nn.environment import MEMORY, limit
from labkit.nn.initializers import INITIALIZERS, Initializer, Option, OptionValue
from labkit.nn.lookup import activation as activation_of

LIMITS: Mapping[str, tuple[float, float]] = {
    "depth": (1, 100),
    "width": (1, 1000),
    "batch": (1, 10_000),
    "std": (0.0, 100.0),
    "bias_mean": (-100.0, 100.0),
    "bias_std": (0.0, 100.0),
    "input_scale": (0.0, 1000.0),
    "seed": (0, 2**32 - 1),
}
GRADIENT_SOURCES: Mapping[str, str] = {
    "cotangent": "unit Gaussian dC/dh at the last layer",
    "loss": "cross-entropy of the labels through a readout",
}
BATCH_NORMS: Mapping[str, str] = {
    "none": "no batch normalization",
    "before": "batch normalization before the activation",
    "after": "batch normalization after the activation",
}
ALPHA_PER: Mapping[str, str] = {"layer": "one alpha a layer", "unit": "one alpha a unit"}
_KEYS = ("initializer", "dataset", "gradient_source", "batch_norm", "alpha_per")


@dataclass(frozen=True)
class Network:
    """A plain deep network, its input and the source of its gradient; checked when made, hashable.

    `activation` is a key of ACTIVATIONS, or a formula of one's own such as "formula: x * tanh(softplus(x))". `std` is
    the standard deviation of the weights where the initializer takes one; `initializer_options` holds what else it
    takes. `alpha` is kept only by an activation that has one (None: its default), `alpha_per` only by one that learns
    it. Biases are N(bias_mean, bias_std**2). Inputs are `input_scale` times the dataset's, after `standardize`.
    `batch_norm` is training's: propagate refuses it. ValueError names the field, the rule and the value.
    """

    activation: str = "tanh"
    initializer: str = "normal"
    depth: int = 5
    width: int = 100
    batch: int = 1000
    std: float = 0.01
    alpha: float | None = None
    bias_mean: float = 0.0
    bias_std: float = 0.0
    initializer_options: Mapping[str, OptionValue] | tuple[tuple[str, OptionValue], ...] = ()
    dataset: str = "gaussian"
    input_scale: float = 1.0
    standardize: bool = False
    gradient_source: str = "cotangent"
    batch_norm: str = "none"
    alpha_per: str = "layer"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check every field."""
        for name in ("activation", *_KEYS, *LIMITS, "standardize"):
            self._set(name, check_field(name, getattr(self, name)))
        row = self.activation_row
        self._set("alpha", None if row.alpha is None else row.alpha.check(self.alpha))
        self._set("alpha_per", self.alpha_per if row.learned else "layer")
        self._set("initializer_options", self._checked_options())
        self._check_dataset()
        self._check_memory()

    @property
    def activation_row(self) -> Activation:
        """The row of ACTIVATIONS, or that of the formula."""
        return activation_of(self.activation)

    @property
    def initializer_row(self) -> Initializer:
        """The row of INITIALIZERS."""
        return INITIALIZERS[self.initializer]

    @property
    def dataset_row(self) -> Dataset:
        """The row of DATASETS."""
        return DATASETS[self.dataset]

    @property
    def fan_ins(self) -> tuple[int, ...]:
        """Number of inputs of each layer; its number of outputs is `width`."""
        return (self.dataset_row.features or self.width,) + (self.width,) * (self.depth - 1)

    @property
    def options(self) -> dict[str, OptionValue]:
        """Every option of the initializer, with its value."""
        given = dict(self.initializer_options)
        return {
            name: self.std if name == "std" else given.get(name, option.default)
            for name, option in self.initializer_row.options.items()
        }

    @property
    def memory(self) -> int:
        """Bytes that propagation and all its statistics need at most (float64)."""
        units = self.depth * self.batch * self.width
        weights = sum(self.fan_ins) * self.width
        inputs = self.batch * self.fan_ins[0]
        # five arrays of units and three of weights, and what is in work for a moment
        return 8 * (6 * units + 4 * weights + 4 * inputs)

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _checked_options(self) -> tuple[tuple[str, OptionValue], ...]:
        options = self.initializer_row.options
        try:
            given = dict(self.initializer_options)
        except (TypeError, ValueError):
            given_instead = repr(self.initializer_options)
            raise ValueError(f"initializer_options must map names to values, got {given_instead}") from None
        for name in given:
            if name == "std" or name not in options:
                takes = ", ".join(o for o in options if o != "std") or "none"
                raise ValueError(f"initializer_options of {self.initializer} may name {takes}, got {name!r}")
        return tuple(sorted((name, _option(name, options[name], value)) for name, value in given.items()))

    def _check_dataset(self) -> None:
        row = self.dataset_row
        if row.samples is not None and self.batch > row.samples:
            raise ValueError(f"batch must lie in [1, {row.samples}] for {row.label}, got {self.batch}")
        if self.gradient_source == "loss" and row.classes is None:
            raise ValueError(f"gradient_source 'loss' needs labels; dataset {self.dataset!r} has none")

    def _check_memory(self) -> None:
        limit = memory_limit()
        if self.memory > limit:
            raise ValueError(
                f"this network needs {self.memory / 2**20:.0f} MiB, and {limit / 2**20:.0f} MiB are allowed: "
                f"lower depth ({self.depth}), width ({self.width}) or batch ({self.batch})"
            )


def check_field(name: str, value: Any) -> Any:
    """One field of a network by itself, in its type; ValueError names it, the rule and the value.

    What depends on the other fields (alpha, the options, the batch of a dataset) is checked when a network is made.
    """
    if name == "activation":
        return activation_of(value).key
    if name in _KEYS:
        tables = (INITIALIZERS, DATASETS, GRADIENT_SOURCES, BATCH_NORMS, ALPHA_PER)
        _check_key(name, value, dict(zip(_KEYS, tables, strict=True))[name])
    elif name in LIMITS:
        return _number(name, value, *LIMITS[name])
    elif name == "alpha" and value is not None:
        return _number(name, value, -inf, inf)
    elif name == "standardize" and not isinstance(value, bool):
        raise ValueError(f"standardize must be True or False, got {value!r}")
    return value


def memory_limit() -> int:
    """Bytes that one network may need: 2 GiB, or LABKIT_MEMORY_MIB of the environment."""
    return int(limit(MEMORY) * 2**20)


def _check_key(name: str, key: object, table: Mapping[str, object]) -> None:
    if not isinstance(key, str) or key not in table:
        raise ValueError(f"{name} must be one of {', '.join(table)}, got {key!r}")


def _option(name: str, option: Option, value: Any) -> OptionValue:
    try:
        return option.check(value)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def _number(name: str, value: Any, low: float, high: float) -> float:
    try:
        return number_within(value, low, high)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None
