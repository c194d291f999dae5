"""Ordered, chaotic or in between: the plane of weights and biases, and what a point of it does to a signal."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import sqrt
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from labkit.figures.layer_curves import Theory
from labkit.figures.phase import Curves, PhaseView, Place
from labkit.labs.lab import Action, Lab, Preset
from labkit.labs.parameters import Choice, Parameters, Range
from labkit.labs.phase_points import Points, points_of
from labkit.labs.phase_result import Result, explain, places
from labkit.labs.shared import ROWS_OWN, ActivationKey, AlphaValue, OwnFormula, Seed, key_of, row_of
from labkit.labs.sweeps import SWEEPS
from labkit.nn.activation import Activation
from labkit.nn.cosines import row_cosines
from labkit.nn.critical import critical
from labkit.nn.draws import Stream, drawn
from labkit.nn.initializers import orthogonal
from labkit.nn.network import Network
from labkit.nn.phase_map import SIGMA_B, PhaseMap, phase_map, plane_end
from labkit.nn.prediction import Prediction
from labkit.nn.propagation import Buffers, propagate
from labkit.nn.scripts import probes
from labkit.nn.scripts.probes import Probe
from labkit.nn.series import angle_by_series
from labkit.nn.statistics import summarize
from labkit.nn.theory import correlations, predict

Array = NDArray[np.float64]
PAIRS = 12
_PLANES = 2  # the first of the pairs' draws: 0 is a network's own input, 1 a fan
_LEAST = 0.02  # sigma_w: without weights there is nothing to see


@dataclass(frozen=True)
class PhaseDiagram(Parameters):
    """What is set in this lab."""

    activation: ActivationKey = "tanh"
    sigma_w: Annotated[
        float,
        Range(
            "σ_w: weights",
            low=_LEAST,
            high=50.0,
            note=lambda p: f"= std {p.sigma_w / sqrt(p.width):.3g} at width {p.width}",
            bounds=lambda values: (_LEAST, plane_end(row_of(values))),
            start=lambda values: min(values["sigma_w"] or 2.0, plane_end(row_of(values))),
            follows=("activation", "formula"),
        ),
    ] = 2.0
    sigma_b: Annotated[float, Range("σ_b: biases", low=0.0, high=SIGMA_B)] = 0.3
    start: Annotated[float, Range("two inputs' correlation", low=0.0, high=1.0)] = 0.8
    depth: Annotated[int, Range("depth", low=2, high=100, step=1)] = 30
    alpha: AlphaValue = ROWS_OWN
    formula: OwnFormula = ""
    width: Annotated[int, Range("width", more=True, low=10, high=1000, step=10)] = 200
    batch: Annotated[int, Range("batch", more=True, low=10, high=1000, step=10)] = 100
    measured: Annotated[str, Choice("measured points", more=True, table={"": "none", **SWEEPS})] = ""
    seed: Seed = 0

    def network(self) -> Network:
        """The network that these values stand for; ValueError when there is none."""
        return Network(
            activation=key_of(self.values()), initializer="normal", depth=self.depth, width=self.width,
            batch=self.batch, std=self.sigma_w / sqrt(self.width), alpha=self.alpha, bias_std=self.sigma_b,
            seed=self.seed,
        )  # fmt: skip

    def probe(self, torch: bool) -> Probe:
        """What a script sends through the network besides."""
        return probes.pairs(torch, PAIRS, self.start)


_buffers = Buffers()


@lru_cache(maxsize=32)
def _plane(row: Activation, alpha: float | None) -> tuple[PhaseMap, tuple[Place, ...]]:
    """The plane and its names: moving the point finds them kept."""
    plane = phase_map(row, alpha)
    return plane, places(plane)


def compute(parameters: PhaseDiagram) -> Result:
    """Find the point's place in theory, and measure a network there; overflow is a result here."""
    with np.errstate(all="ignore"):
        return _found(parameters, parameters.network())


def _found(parameters: PhaseDiagram, net: Network) -> Result:
    prediction = predict(net)
    fits, end = prediction.reason_forward is None, prediction.fixed_point
    trace = propagate(net, _buffers)
    gradient = summarize(trace, quantities=("grad_pre",), histograms=()).grad_rms
    sigma_w, sigma_b = parameters.sigma_w, parameters.sigma_b
    plane, named = _plane(net.activation_row, net.alpha) if fits else (None, ())
    return Result(
        net, sigma_w, sigma_b, parameters.start, prediction,
        plane=plane, places=named,
        angle=angle_by_series(net.activation_row, net.alpha, 0.0, sigma_w, sigma_b, end.q) if end else None,
        pairs=measured_pairs(net, parameters.start, float(np.sqrt(np.mean(np.square(trace.x))))),
        correlation=correlations(net, parameters.start) if fits else None,
        gradient=gradient, points=_points(parameters) if fits and parameters.measured else None,
    )  # fmt: skip


def _points(p: PhaseDiagram) -> Points | str:
    """The points of the sweep that was chosen, or why it has none for this plane."""
    try:
        return points_of(SWEEPS[p.measured].columns, row_of(p.values()), p.alpha)
    except ValueError as error:
        return str(error)


def measured_pairs(network: Network, start: float, rms: float = 1.0) -> Array:
    """Correlation (cosine) of z by layer, (PAIRS, depth), of pairs of inputs that start at `start`.

    The inputs have that cosine exactly, and `rms` each; they go through the weights and biases of `network`.
    """
    trace = propagate(replace(network, batch=2 * PAIRS), x=_inputs(network.width, start, network.seed) * rms)
    return np.stack([row_cosines(z[:PAIRS], z[PAIRS:]) for z in trace.pre], axis=1)


def _inputs(width: int, start: float, seed: int) -> Array:
    """Inputs of RMS 1, (2 PAIRS, width): the first of each pair, then the second of each."""
    planes = [drawn(orthogonal, seed, Stream.INPUT, _PLANES + i, 2, width) for i in range(PAIRS)]
    first, beside = np.moveaxis(sqrt(width) * np.array(planes), 1, 0)
    return np.concatenate([first, start * first + sqrt(1 - start * start) * beside])


class _View(PhaseView):
    """The picture, fed with a Result."""

    def update(self, result: Result) -> None:
        """Show a result."""
        said = result.prediction
        self.show_plane(result.label, result.plane, result.places, _refusal(said))
        self.show_measured(*_by_growth(result.points))
        end, scale = (None, None) if result.angle is None else (result.angle.c_star, result.angle.xi_c)
        self.show_point(
            result.sigma_w, result.sigma_b,
            Curves(result.pairs, result.correlation, end, scale, result.gradient, _theory(said)),
        )  # fmt: skip


def _by_growth(points: Points | str | None) -> tuple[Array, Array]:
    """Where gradients grew and where they shrank, (2, points) each."""
    if not isinstance(points, Points):
        return np.empty((2, 0)), np.empty((2, 0))
    places = np.array([points.sigma_w, points.sigma_b])
    return places[:, points.grows], places[:, ~points.grows]


def _refusal(said: Prediction) -> str:
    return f"There is no plane to draw: {said.reason_forward}." if said.reason_forward else ""


def _theory(said: Prediction) -> Theory | None:
    line, band = said.grad_rms, said.grad_rms_band
    if line is None:
        return None
    none = np.full_like(line, np.nan)
    return Theory(line, band.low, band.high) if band is not None else Theory(line, none, none)


def _critical(p: PhaseDiagram) -> Mapping[str, Any]:
    """The critical sigma_w at this sigma_b; ValueError says why there is none."""
    found = critical(p.network())
    if found.std is None:
        raise ValueError(f"there is no critical σ_w at σ_b = {p.sigma_b:g}: {found.reason}")
    sigma_w, end = found.std * sqrt(p.width), plane_end(row_of(p.values()))
    if not _LEAST <= sigma_w <= end:
        raise ValueError(f"the critical σ_w at σ_b = {p.sigma_b:g} is {sigma_w:.4g}, outside this plane")
    return {"sigma_w": sigma_w}


def _at(activation: str, sigma_w: float, sigma_b: float, **more: Any) -> dict[str, Any]:
    return {"activation": activation, "sigma_w": sigma_w, "sigma_b": sigma_b, **more}


LAB = Lab(
    key="phase_diagram",
    title="Phase diagram",
    question="Order, chaos, or the line between: how many layers does a signal survive?",
    parameters=PhaseDiagram,
    compute=compute,
    view=_View,
    explain=explain,
    presets=(
        Preset("tanh, ordered", "All inputs end alike: after how many layers?", _at("tanh", 1.3, 0.3, start=0.2)),
        Preset("tanh, chaotic", "Two inputs nearly alike: do they stay so?", _at("tanh", 2.0, 0.3, start=0.98)),
        Preset("tanh, critical", "What is left of a difference after 100 layers?",
               _at("tanh", 1.3270098, 0.2236068, start=0.2, depth=100)),
        Preset("ReLU's critical point", "One point, not a line: what does a bias do to it?",
               _at("relu", sqrt(2), 0.0, start=0.0)),
        Preset("ReLU, weights too large", "Does ReLU have a chaotic phase?", _at("relu", 2.0, 0.3, start=0.5)),
        Preset("Sigmoid with σ_w = 1", "After how many layers are two unlike inputs one?",
               _at("sigmoid", 1.0, 0.0, start=0.0)),
        Preset("Sigmoid near its line", "Where have the sigmoid's good weights gone?",
               _at("sigmoid", 10.2, 0.5, start=0.2)),
        Preset("GELU in He's place", "Weights made for ReLU: is GELU's signal safe?",
               _at("gelu", sqrt(2), 0.0, start=0.0)),
        Preset("GELU's line", "It begins only at some bias: where?", _at("gelu", 1.41, 1.0, start=0.2)),
        Preset("ReLU6, chaotic", "ReLU has no chaos: what does the bound at 6 change?",
               _at("relu6", 2.0, 0.3, start=0.98)),
        Preset("SELU at its design point", "Made to keep mean 0 and variance 1: does it keep two inputs apart?",
               _at("selu", 1.0, 0.0, start=0.2)),
        Preset("Measured beside theory", "Where did a sweep's gradients turn from shrinking to growing?",
               _at("tanh", 3.8, 1.9, start=0.2, measured="phases")),
        Preset("Softmax", "Which theory holds for it?", _at("softmax", 2.0, 0.3)),
    ),
    actions=(Action("Critical", _critical),),
    summary="A map over the spread of weights and biases: order, chaos, and the line where differences last longest.",
)  # fmt: skip
