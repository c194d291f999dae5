"""Activation functions side by side: shapes, slopes and properties, and what can be made of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np

from labkit.figures.activation_pages import PAGES, ActivationPages
from labkit.figures.functions import Shown
from labkit.figures.output_layers import Output
from labkit.figures.property_table import TableRow
from labkit.figures.relu_sum import Approximation
from labkit.figures.steps import Steps
from labkit.labs.activation_captions import CAPTIONS
from labkit.labs.chosen_functions import alpha_bounds, alpha_moves, alpha_start, chosen, leading_alpha
from labkit.labs.lab import Lab, Preset
from labkit.labs.parameters import Choice, Choices, Parameters, Range
from labkit.labs.shared import FORMULA
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.approximation import HIGH, LOW, MOST, TARGETS, errors, relu_interpolation, two_relus
from labkit.nn.curve import curve
from labkit.nn.kernels import sigmoid, sigmoid_slope
from labkit.nn.outputs import OUTPUT_LAYERS, OutputLayer
from labkit.nn.portrait import portrait
from labkit.nn.properties import effective_range, output_range

_MOST_CHOSEN = 6


def _on(*pages: str) -> Callable[[Any], bool]:
    return lambda p: p.view in pages


_compared = _on("functions", "properties")


def _has_alpha(p: "ActivationFunctions") -> bool:
    return _compared(p) and bool(alpha_moves(p.activations, p.formula))


def _alpha_note(p: "ActivationFunctions") -> str:
    names = alpha_moves(p.activations, p.formula)
    return f"{', '.join(names)}: {leading_alpha(p.activations).note}" if names else ""


@dataclass(frozen=True)
class ActivationFunctions(Parameters):
    """What is set in this lab."""

    view: Annotated[str, Choice("show", table={key: label for key, (label, _) in PAGES.items()})] = "functions"
    activations: Annotated[
        tuple[str, ...],
        Choices("functions (Ctrl: several)", table=ACTIVATIONS, most=_MOST_CHOSEN, shown=_compared, folds=True),
    ] = ("sigmoid", "tanh", "relu", "leaky_relu")
    alpha: Annotated[
        float,
        Range(
            "alpha", low=0.0, high=10.0, step=0.01, shown=_has_alpha, folds=True, note=_alpha_note,
            follows=("activations",), bounds=alpha_bounds, start=alpha_start,
        ),
    ] = 0.01  # fmt: skip
    formula: Annotated[
        str, replace(FORMULA, more=False, shown=_compared, folds=True)
    ] = ""
    reach: Annotated[
        int, Range("z from −reach to reach", low=2, high=20, step=1, shown=_on("functions"), folds=True)
    ] = 8
    steepness: Annotated[float, Range("steepness k", low=0.5, high=20.0, step=0.5, shown=_on("step"), folds=True)] = 1.0
    target: Annotated[str, Choice("target", table=TARGETS, shown=_on("approximation"), folds=True)] = "sine"
    relus: Annotated[
        int, Range("number of ReLUs n", low=1, high=MOST, step=1, shown=_on("approximation"), folds=True)
    ] = 4
    logit: Annotated[float, Range("output z", low=-6.0, high=6.0, step=0.1, shown=_on("outputs"), folds=True)] = 2.0


@dataclass(frozen=True)
class Result:
    """What was asked for, and what its page shows."""

    parameters: ActivationFunctions
    shown: tuple[Any, ...]


def compute(parameters: ActivationFunctions) -> Result:
    """The numbers of the page that is shown, and no more."""
    return Result(parameters, _COMPUTE[parameters.view](parameters))


def _functions(p: ActivationFunctions) -> tuple[Any, ...]:
    found, functions = chosen(p.activations, p.formula, p.alpha), []
    for one in found:
        c = curve(one.row, one.alpha, float(p.reach))
        ranges = effective_range(one.row, one.alpha), output_range(one.row, one.alpha)
        functions.append(Shown(one.label, c.z, c.value, c.slope, *ranges))
    return functions, [one.style for one in found]


def _properties(p: ActivationFunctions) -> tuple[Any, ...]:
    found = chosen(p.activations, p.formula, p.alpha)
    rows = [TableRow(one.short_label, one.row.formula, portrait(one.row, one.alpha)) for one in found]
    return rows, [one.style for one in found]


def _step(p: ActivationFunctions) -> tuple[Any, ...]:
    z, k = np.linspace(-8, 8, 1601), p.steepness
    ramp = two_relus(k)
    return (Steps(z, sigmoid(k * z), k * sigmoid_slope(k * z), ramp.terms(z), float(ramp.kinks[1]), k / 4),)


def _approximation(p: ActivationFunctions) -> tuple[Any, ...]:
    target = TARGETS[p.target]
    z, net = np.linspace(LOW, HIGH, 1201), relu_interpolation(target.function, p.relus)
    knots = np.linspace(LOW, HIGH, p.relus + 1)
    found = Approximation(
        z, target.function(z), net(z), knots, net(knots), net.kinks, net.weights, np.array(errors(target))
    )
    return (found,)


def _outputs(p: ActivationFunctions) -> tuple[Any, ...]:
    return ([_output(layer, p.logit) for layer in OUTPUT_LAYERS.values()],)


def _output(layer: OutputLayer, logit: float) -> Output:
    z, at = np.linspace(-6, 6, 601), np.array([logit])
    return Output(
        task=layer.task, name=layer.activation.label, loss=layer.loss_label, z=z, outputs=layer.outputs(z),
        gradient=layer.gradient(z), squared=layer.squared_gradient(z), at=logit, outputs_at=layer.outputs(at)[0],
        loss_at=float(layer.loss(at)[0]), gradient_at=float(layer.gradient(at)[0]),
        squared_at=float(layer.squared_gradient(at)[0]),
    )  # fmt: skip


_COMPUTE: dict[str, Callable[[ActivationFunctions], tuple[Any, ...]]] = {
    "functions": _functions,
    "properties": _properties,
    "step": _step,
    "approximation": _approximation,
    "outputs": _outputs,
}


class _View(ActivationPages):
    """The picture, fed with a Result."""

    def update(self, result: Any) -> None:
        super().update(result.parameters.view, *result.shown)


def explain(result: Result) -> str:
    """What the picture shows, in a sentence or two with its numbers."""
    return CAPTIONS[result.parameters.view](result.parameters)


_PRESETS = (
    Preset(
        "Effective ranges", "Between which inputs does a sigmoid or a tanh still react?",
        {"activations": ("sigmoid", "tanh", "hardtanh", "softsign")},
    ),
    Preset(
        "Swish against ReLU", "What do Swish and its cheap copy do differently from ReLU?",
        {"activations": ("relu", "silu", "hardswish"), "alpha": 1.0},
    ),
    Preset(
        "Leaky slopes", "From 0.01 to 1: when does a leaky ReLU stop being one?",
        {"activations": ("relu", "leaky_relu", "leaky_relu6"), "alpha": 0.1},
    ),
    Preset(
        "Which are zero-centered?", "Which functions keep the mean of a signal at 0?",
        {"view": "properties", "activations": ("sigmoid", "tanh", "relu", "selu", "gelu", "silu"), "alpha": 1.0},
    ),
    Preset(
        "A formula of your own", "What does this formula do, and which function of the list is it?",
        {"activations": ("relu", "silu"), "alpha": 1.0, "formula": "x * tanh(softplus(x))"},
    ),
    Preset("Two ReLUs make a step", "How little does a soft step need?", {"view": "step", "steepness": 2.0}),
    Preset(
        "Any curve from ReLUs", "How fast does the error fall when the ReLUs are doubled?",
        {"view": "approximation", "target": "sine", "relus": 8},
    ),
    Preset(
        "A jump cannot be caught", "Does every curve yield to more ReLUs?",
        {"view": "approximation", "target": "step", "relus": 16},
    ),
    Preset(
        "Which output layer?", "Which function and which loss for a number, for yes or no, for one of several classes?",
        {"view": "outputs"},
    ),
    Preset(
        "Confident and wrong", "Which loss still teaches an output that is surely wrong?",
        {"view": "outputs", "logit": -5.0},
    ),
)  # fmt: skip

LAB = Lab(
    key="activation_functions",
    title="Activation functions",
    question="What shapes can a neuron's answer have, and what follows from the shape?",
    parameters=ActivationFunctions,
    compute=compute,
    view=_View,
    explain=explain,
    presets=_PRESETS,
    summary="Curves and slopes side by side, with the inputs for which each keeps a noticeable slope.",
)
