"""What a deep network does to the angles between its inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.angles import COLORS, AnglesView, Directions
from labkit.figures.layer_curves import Theory
from labkit.labs.angles_result import Result, explain
from labkit.labs.lab import Lab, Preset
from labkit.labs.parameters import LogRange, Parameters, Range
from labkit.labs.shared import (
    ROWS_OWN,
    ActivationKey,
    AlphaValue,
    InitializerKey,
    OwnFormula,
    Seed,
    cut,
    key_of,
    square_std,
    weights_std,
)  # fmt: skip
from labkit.nn.cosines import cosines, fan, goal, in_plane, pair, std_band
from labkit.nn.network import Network
from labkit.nn.propagation import Buffers, propagate
from labkit.nn.scripts import probes
from labkit.nn.scripts.probes import Probe
from labkit.nn.statistics import summarize
from labkit.nn.validity import unfit

Array = NDArray[np.float64]


def _named_std(p: "Angles") -> str:
    """The weights' variance in the unit of theory, or who sets it."""
    if square_std(p) is not None:
        return "set by the initializer"
    sigma_w = weights_std(p) * p.width**0.5
    return f"{cut(p)} = {sigma_w:.3g}/√n: theory's σ_w is {sigma_w:.3g}".lstrip()


@dataclass(frozen=True)
class Angles(Parameters):
    """What is set in this lab."""

    activation: ActivationKey = "relu"
    initializer: InitializerKey = "he_normal"
    std: Annotated[float, LogRange("init std", given=square_std, note=_named_std)] = 0.1
    depth: Annotated[int, Range("depth", low=1, high=100, step=1)] = 10
    layer: Annotated[
        int,
        Range(
            "layer shown",
            low=0,
            high=100,
            step=1,
            bounds=lambda values: (0, values["depth"]),
            start=lambda values: values["depth"],
            follows=("depth",),
        ),
    ] = None  # type: ignore[assignment]  # the last one
    angle: Annotated[int, Range("angle, first to last (°)", low=0, high=180, step=5)] = 180
    alpha: AlphaValue = ROWS_OWN
    inputs: Annotated[int, Range("inputs", more=True, low=2, high=len(COLORS), step=1)] = 5
    formula: OwnFormula = ""
    width: Annotated[int, Range("width", more=True, low=2, high=1000, step=1)] = 100
    bias_std: Annotated[float, Range("bias std", more=True, low=0.0, high=3.0, step=0.05)] = 0.0
    seed: Seed = 0

    def network(self) -> Network:
        """The network that these values stand for; ValueError when there is none."""
        return Network(
            activation=key_of(self.values()), initializer=self.initializer, depth=self.depth, width=self.width,
            batch=self.inputs, std=self.std, alpha=self.alpha, bias_std=self.bias_std, seed=self.seed,
        )  # fmt: skip

    def probe(self, torch: bool) -> Probe:
        """What a script sends through the network."""
        return probes.fan(torch, self.angle)


_buffers = Buffers()


def compute(parameters: Angles) -> Result:
    """Propagate the inputs, and keep their mutual cosines in every layer."""
    p, net = parameters, parameters.network()
    x = fan(p.inputs, p.width, p.angle, p.seed)
    trace = propagate(net, _buffers, x)
    measured = np.stack([cosines(x), *(cosines(h) for h in trace.post)])
    std = summarize(trace, quantities=("post",), histograms=()).std
    reason = unfit(net)
    if reason:
        return Result(net, p.layer, measured, std, reason)
    first = measured[0, 0, 1:]
    said = pair(net, first)
    return Result(
        net, p.layer, measured, std, None, np.concatenate([first[None], said.post]), said.std,
        std_band(net, said, measured[0]), goal(net, float(said.scale[0])),
    )  # fmt: skip


def directions(result: Result) -> Directions:
    """The activations of the layer shown, as directions in a plane."""
    start, _ = in_plane(result.cosines[0], _arc(result.cosines[0, 0]))
    now, kept = in_plane(result.cosines[result.layer], start)
    return Directions(start, now, kept, result.layer)


def _arc(first: Array) -> Array:
    """The inputs where they were laid: on the unit circle, the middle of them upright."""
    angles = np.arccos(first)
    turned = angles + (np.pi - angles[-1]) / 2
    return np.column_stack([np.cos(turned), np.sin(turned)])


class _View(AnglesView):
    """The picture, fed with a Result."""

    def update(self, result: Any) -> None:  # type: ignore[override]
        r: Result = result
        band = r.band
        std = None if r.std_theory is None or band is None else Theory(r.std_theory, band.low, band.high)
        theory = None if r.theory is None else np.degrees(np.arccos(np.clip(r.theory, -1, 1)))
        super().update(directions(r), r.degrees, theory, r.end, r.std, std)


_HE: Mapping[str, Any] = {"activation": "relu", "initializer": "he_normal"}

LAB = Lab(
    key="angles",
    title="Angles between inputs",
    question="Can a deep network still tell its inputs apart?",
    parameters=Angles,
    compute=compute,
    view=_View,
    explain=explain,
    presets=(
        Preset("He-ReLU collapses the angles", "The variance is kept: what is lost all the same?", _HE),
        Preset("He-ReLU, 50 layers", "Opposite inputs, 50 layers on: how far apart?",
               {**_HE, "depth": 50, "width": 500}),
        Preset("Leaky slope helps", "Slope 0.3 below zero, its own critical std: how much of the angle is saved?",
               {"activation": "leaky_relu", "alpha": 0.3, "initializer": "normal", "std": 0.1355}),
        Preset("Linear network keeps angles", "No bend at all: what do random matrices alone do?",
               {"activation": "identity", "initializer": "lecun_normal", "angle": 90}),
        Preset("Orthogonal and linear", "Now no angle moves, at any width: why?",
               {"activation": "identity", "initializer": "orthogonal", "angle": 90}),
        Preset("tanh at 1/√n", "The edge of chaos: are near and far inputs both kept?",
               {"activation": "tanh", "initializer": "lecun_normal", "width": 500, "angle": 90}),
        Preset("tanh, ordered: std 0.07", "The signal shrinks: what becomes of the angles?",
               {"activation": "tanh", "initializer": "normal", "std": 0.07, "bias_std": 0.1, "depth": 20}),
        Preset("tanh, chaotic: std 0.2", "Two inputs 10° apart: where do they end?",
               {"activation": "tanh", "initializer": "normal", "std": 0.2, "angle": 10, "inputs": 2, "depth": 20}),
        Preset("Chaos with biases", "Every angle runs to the same one: which?",
               {"activation": "tanh", "initializer": "normal", "std": 0.0894, "bias_std": 0.3, "width": 500,
                "depth": 20}),
        Preset("Sigmoid says nearly one thing", "Its outputs are all positive: what does that do to angles?",
               {"activation": "sigmoid", "initializer": "xavier_normal"}),
        Preset("GELU in He's place", "The angles fall more slowly than ReLU's: what falls as well?",
               {"activation": "gelu", "initializer": "he_normal", "depth": 20, "width": 500}),
    ),
    summary="Inputs as arrows: layer by layer they close up, spread out, or keep their angles.",
)  # fmt: skip
