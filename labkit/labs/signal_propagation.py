"""What happens to a signal on its way through a deep network, forward and backward."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np

from labkit.figures.signal import TITLES, SignalView
from labkit.labs.lab import Action, Cover, Lab, Preset
from labkit.labs.parameters import Choice, LogRange, Parameters, Range, Switch
from labkit.labs.shared import (
    ROWS_OWN,
    ActivationKey,
    AlphaValue,
    InitializerKey,
    OwnFormula,
    Seed,
    cut,
    drawn,
    key_of,
    square_std,
    weights_std,
)  # fmt: skip
from labkit.labs.signal_result import Result, explain, weight_stds
from labkit.nn.critical import critical
from labkit.nn.datasets import DATASETS
from labkit.nn.initializers import INITIALIZERS
from labkit.nn.network import GRADIENT_SOURCES, Network
from labkit.nn.propagation import Buffers, propagate
from labkit.nn.properties import output_range
from labkit.nn.statistics import Range as Limits
from labkit.nn.statistics import summarize
from labkit.nn.theory import predict


def _named_std(p: "SignalPropagation") -> str:
    """Who sets the std, what is left of it, and which scheme has just this std in a square layer."""
    if square_std(p) is not None:
        return f"set by the initializer{_other_first(p)}"
    found = weights_std(p)
    for key, name in (("lecun_normal", "1/√n: LeCun, the book's Xavier"), ("he_normal", "√(2/n): He")):
        if abs(found - INITIALIZERS[key].std(p.width, p.width)) <= 0.005 * found:
            return f"{cut(p)} = {name}".lstrip()
    return cut(p)


def _other_first(p: "SignalPropagation") -> str:
    """The first layer's own std, where its fan-in makes it another one."""
    first, *others = weight_stds(p.network())
    return f"; layer 1: {first:.4g}" if others else ""


def _labeled(p: "SignalPropagation") -> bool:
    return DATASETS[p.dataset].classes is not None


@dataclass(frozen=True)
class SignalPropagation(Parameters):
    """What is set in this lab."""

    activation: ActivationKey = "tanh"
    initializer: InitializerKey = "normal"
    std: Annotated[float, LogRange("init std", given=square_std, note=_named_std)] = 1.0
    depth: Annotated[int, Range("depth", low=1, high=100, step=1)] = 5
    show: Annotated[str, Choice("show", aside=True, table=TITLES)] = "post"
    alpha: AlphaValue = ROWS_OWN
    formula: OwnFormula = ""
    width: Annotated[int, Range("width", more=True, low=1, high=1000, step=1)] = 100
    batch: Annotated[int, Range("batch", more=True, low=1, high=10_000, step=1)] = 1000
    bias_mean: Annotated[float, Range("bias mean", more=True, low=-10.0, high=10.0, step=0.1)] = 0.0
    bias_std: Annotated[float, Range("bias std", more=True, low=0.0, high=10.0, step=0.1)] = 0.0
    dataset: Annotated[str, Choice("input", more=True, table=DATASETS)] = "gaussian"
    standardize: Annotated[bool, Switch("standardized", more=True, shown=_labeled)] = False
    input_scale: Annotated[float, LogRange("input scale", more=True, low=0.01, high=100.0)] = 1.0
    gradient_source: Annotated[str, Choice("gradient of", more=True, table=GRADIENT_SOURCES, shown=_labeled)] = (
        "cotangent"
    )
    seed: Seed = 0

    def network(self) -> Network:
        """The network that these values stand for; ValueError when there is none."""
        labeled = _labeled(self)
        return Network(
            activation=key_of(self.values()), initializer=self.initializer, depth=self.depth, width=self.width,
            batch=self.batch, std=self.std, alpha=self.alpha, bias_mean=self.bias_mean, bias_std=self.bias_std,
            dataset=self.dataset, input_scale=self.input_scale, standardize=self.standardize and labeled,
            gradient_source=self.gradient_source if labeled else "cotangent", seed=self.seed,
        )  # fmt: skip


_buffers = Buffers()


def compute(parameters: SignalPropagation) -> Result:
    """Propagate, and summarize what the page shows and no more."""
    network, shown = parameters.network(), parameters.show
    quantities = dict.fromkeys(("post", "grad_pre", shown))
    statistics = summarize(
        propagate(network, _buffers), range=_fixed_limits(network), quantities=quantities, histograms=(shown,)
    )
    prediction = predict(network)
    edges = getattr(statistics, shown).edges
    density = prediction.pre_shares(edges) if shown == "pre" else None
    return Result(network, shown, statistics, prediction, density)


def _fixed_limits(network: Network) -> dict[str, Limits]:
    """Limits that do not move, for an activation with a bounded output."""
    low, high = output_range(network.activation_row, network.alpha)
    return {"post": (low, high)} if np.isfinite(low) and np.isfinite(high) else {}


class _View(SignalView):
    """The picture, fed with a Result."""

    def update(self, result: Any) -> None:  # type: ignore[override]
        said = result.prediction
        forward, backward = drawn(said.std, said.std_band), drawn(said.grad_rms, said.grad_rms_band)
        super().update(result.statistics, result.shown, forward, backward, result.density)


def _critical(p: SignalPropagation) -> Mapping[str, Any]:
    """Normal weights with the critical std; ValueError says why there is none."""
    found = critical(replace(p, initializer="normal").network())
    if found.std is None:
        raise ValueError(f"there is no critical std here: {found.reason}")
    return {"initializer": "normal", "std": float(f"{found.std:.6g}")}


_SIGMOID, _TANH, _RELU = ({"activation": key} for key in ("sigmoid", "tanh", "relu"))
_BOOK = "lecun_normal"

LAB = Lab(
    key="signal_propagation",
    title="Signal propagation",
    question="What happens to a signal on its way through a deep network?",
    parameters=SignalPropagation,
    compute=compute,
    view=_View,
    explain=explain,
    presets=(
        Preset("Figure 6-10: sigmoid, std 1", "Why do all values sit at 0 and 1?", {**_SIGMOID, "std": 1.0}),
        Preset("Figure 6-11: sigmoid, std 0.01", "Every unit says 0.5: what can it tell the next?",
               {**_SIGMOID, "std": 0.01}),
        Preset("Figure 6-13: sigmoid, 1/√n", "Does the book's Xavier keep the spread?",
               {**_SIGMOID, "initializer": _BOOK}),
        Preset("tanh, std 0.01", "How many layers does the signal survive?", {**_TANH, "std": 0.01}),
        Preset("tanh, std 1", "Saturated everywhere: why does the gradient grow?", {**_TANH, "std": 1.0}),
        Preset("tanh, 1/√n", "A slow shrink, 0.63 to 0.32: is it exponential?", {**_TANH, "initializer": _BOOK}),
        Preset("Figure 6-14: ReLU, std 0.01", "Why is layer 5 empty?", {**_RELU, "std": 0.01}),
        Preset("Figure 6-14: ReLU, 1/√n", "What does ReLU do to a scheme made for tanh?",
               {**_RELU, "initializer": _BOOK}),
        Preset("Figure 6-14: ReLU, √(2/n)", "Where does He's 2 come from?", {**_RELU, "initializer": "he_normal"}),
        Preset("Leaky slope 0.01", "What does so small a slope change against ReLU?",
               {"activation": "leaky_relu", "alpha": 0.01, "initializer": "he_normal", "depth": 10}),
        Preset("Leaky slope 0.02", "Twice 0.01: can you see it?",
               {"activation": "leaky_relu", "alpha": 0.02, "initializer": "he_normal", "depth": 10}),
        Preset("Leaky slope 0.1", "A tenth of the signal leaks: what changes in ten layers?",
               {"activation": "leaky_relu", "alpha": 0.1, "initializer": "he_normal", "depth": 10}),
        Preset("Leaky slope 0.3", "He's scheme was made for slope 0: what happens?",
               {"activation": "leaky_relu", "alpha": 0.3, "initializer": "he_normal", "depth": 10}),
        Preset("Leaky slope 1", "The bend is gone: what is left of the non-linearity?",
               {"activation": "leaky_relu", "alpha": 1.0, "initializer": "he_normal", "depth": 10}),
        Preset("ReLU explodes", "By which factor a layer?", {**_RELU, "std": 0.3, "depth": 10}),
        Preset("ReLU6 against explosion", "The activations are bounded: is the gradient?",
               {"activation": "relu6", "std": 0.3, "depth": 10}),
        Preset("Leaky ReLU6 against explosion", "Bounded above, leaky below: is the gradient bounded?",
               {"activation": "leaky_relu6", "std": 0.3, "depth": 10}),
        Preset("Swish in He's place", "Swish with weights made for ReLU: what is left after 30 layers?",
               {"activation": "silu", "initializer": "he_normal", "depth": 30}),
        Preset("Hard-swish in He's place", "How near is the cheap one to Swish?",
               {"activation": "hardswish", "initializer": "he_normal", "depth": 30}),
    ),
    actions=(Action("Critical", _critical),),
    summary="A histogram for each layer: values pile up, die out or keep their spread; below it, the gradient.",
    cover=Cover({"initializer": "lecun_normal"}),
)  # fmt: skip
