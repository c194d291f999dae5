"""What the first weights do to one layer: forward to its output, backward to the gradient."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from labkit.figures.weights import WeightsView
from labkit.labs.lab import Lab, Preset
from labkit.labs.naming_traps import gain_note
from labkit.labs.one_layer import Result, compute, explain
from labkit.labs.parameters import Choice, LogRange, Parameters, Range
from labkit.labs.shared import ALPHA, ROWS_OWN, Seed, given_std
from labkit.nn.activation import Activation
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.initializers import INITIALIZERS, Initializer, OptionValue

_FANS = {"in": "fan in", "out": "fan out"}


def _takes(option: str) -> Callable[["OneLayer"], bool]:
    return lambda p: option in p.scheme.options


def _own_gain(values: Mapping[str, Any]) -> Any:
    """The gain that the chosen initializer comes with, as its box shows it."""
    option = INITIALIZERS[values["initializer"]].options.get("gain")
    return (values["gain"] or 1.0) if option is None else float(f"{option.default:.6g}")


@dataclass(frozen=True)
class OneLayer(Parameters):
    """What is set in this lab; std to fan are the options of those initializers that have them."""

    fan_in: Annotated[int, Range("fan in", low=1, high=1000, step=1)] = 400
    fan_out: Annotated[int, Range("fan out", low=1, high=1000, step=1)] = 100
    activation: Annotated[str, Choice("activation", table=ACTIVATIONS)] = "tanh"
    initializer: Annotated[
        str, Choice("initializer", table=INITIALIZERS, note=lambda p: f"PyTorch: {p.scheme.torch}")
    ] = "xavier_normal"  # fmt: skip
    std: Annotated[float, LogRange("std", given=lambda p: given_std(p.scheme, p.fan_in, p.fan_out, **p.options))] = 0.01
    mean: Annotated[float, Range("mean", folds=True, shown=_takes("mean"), low=-2.0, high=2.0)] = 0.0
    low: Annotated[float, Range("low", folds=True, shown=_takes("low"), low=-2.0, high=2.0)] = 0.0
    high: Annotated[
        float, Range("high", folds=True, shown=_takes("high"), low=-2.0, high=2.0, bounds=lambda v: (v["low"], 2.0))
    ] = 1.0
    constant: Annotated[float, Range("constant", folds=True, shown=_takes("constant"), low=-2.0, high=2.0)] = 0.1
    gain: Annotated[
        float,
        LogRange(
            "gain", folds=True, shown=_takes("gain"), low=0.1, high=10.0, follows=("initializer",), start=_own_gain,
            note=lambda p: gain_note(p.activation_row, p.shape),
        ),
    ] = ROWS_OWN  # fmt: skip
    fan: Annotated[str, Choice("fan that counts", folds=True, shown=_takes("fan"), table=_FANS)] = "in"
    alpha: Annotated[float, replace(ALPHA, folds=True)] = ROWS_OWN
    batch: Annotated[int, Range("batch", more=True, low=1, high=1000, step=1)] = 200
    seed: Seed = 0

    @property
    def scheme(self) -> Initializer:
        """The row of INITIALIZERS."""
        return INITIALIZERS[self.initializer]

    @property
    def options(self) -> dict[str, OptionValue]:
        """Every option of the initializer, with its value."""
        return {name: getattr(self, name, option.default) for name, option in self.scheme.options.items()}

    @property
    def activation_row(self) -> Activation:
        """The row of ACTIVATIONS."""
        return ACTIVATIONS[self.activation]

    @property
    def shape(self) -> float | None:
        """The activation's alpha; None where it has none."""
        return None if self.activation_row.alpha is None else self.alpha


class _View(WeightsView):
    """The picture, fed with a Result."""

    def update(self, result: Result) -> None:
        p = result.parameters
        self.show(result.distributions, result.promises, result.schemes, (p.fan_in**-0.5, p.fan_out**-0.5))


LAB = Lab(
    key="initializers",
    title="Initializers",
    question="What do the first weights do to a layer's output, and to the gradient on its way back?",
    parameters=OneLayer,
    compute=compute,
    view=_View,
    explain=explain,
    presets=(
        Preset("Square layer: who differs?", "When fan in equals fan out, which schemes still differ?",
               {"initializer": "lecun_normal", "fan_in": 300, "fan_out": 300}),
        Preset("Wide to narrow: 1000 → 100", "Which scheme keeps z, which keeps the gradient, and can one keep both?",
               {"fan_in": 1000, "fan_out": 100}),
        Preset("Narrow to wide: 100 → 1000", "Who makes the gradient grow when a layer widens?",
               {"initializer": "lecun_normal", "fan_in": 100, "fan_out": 1000}),
        Preset("The book's Xavier", "The book's 1/√n: is it the scheme that PyTorch calls Xavier?",
               {"initializer": "lecun_normal", "fan_in": 784, "fan_out": 100}),
        Preset("He under ReLU", "Why is the variance 2/fan_in and not 1/fan_in?",
               {"initializer": "he_normal", "activation": "relu"}),
        Preset("PyTorch's default under ReLU", "How much of the signal is left after one layer?",
               {"initializer": "torch_default", "activation": "relu"}),
        Preset("U[0, 1]: why does it explode?", "The weights lie between 0 and 1: why is z so large?",
               {"initializer": "uniform", "activation": "relu", "fan_in": 100, "fan_out": 100}),
        Preset("The truncated normal's std", "The std asked for is 1/√fan_in: why is z's smaller than 1?",
               {"initializer": "truncated_normal", "std": 0.05, "fan_in": 400}),
        Preset("Orthogonal", "What does an orthogonal matrix keep exactly, and in which direction?",
               {"initializer": "orthogonal", "activation": "identity", "fan_in": 200, "fan_out": 400}),
        Preset("Zeros", "What goes through, what comes back?", {"initializer": "zeros"}),
    ),
    summary="One layer's weights, outputs and gradient as histograms, and the size of the weights under every scheme.",
)  # fmt: skip
