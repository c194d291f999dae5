"""How units die, and what keeps them alive: bias and learning rate push them to where the slope is zero."""

from dataclasses import dataclass
from math import log
from typing import Annotated, Any

import numpy as np

from labkit.figures.dying import DyingView
from labkit.figures.standings import Standing
from labkit.labs.chosen_functions import alpha_bounds, alpha_moves, alpha_start, chosen, leading_alpha
from labkit.labs.dying_result import Result, explain
from labkit.labs.lab import Lab, Motion, Preset
from labkit.labs.mnist_result import precise, share
from labkit.labs.parameters import Choices, LogRange, Parameters, Range, Switch
from labkit.labs.race import Race
from labkit.labs.race_curves import curve, reach, recent
from labkit.labs.shared import InitializerKey, Seed, square_std
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.network import Network

_PROBE = 500
_MOST = 4


def _has_alpha(p: "DyingRelu") -> bool:
    return bool(alpha_moves(p.activations, ""))


def _alpha_note(p: "DyingRelu") -> str:
    return f"{', '.join(alpha_moves(p.activations, ''))}: {leading_alpha(p.activations).note}" if _has_alpha(p) else ""


@dataclass(frozen=True)
class DyingRelu(Parameters):
    """What is set in this lab."""

    activations: Annotated[tuple[str, ...], Choices("activations (Ctrl: several)", table=ACTIVATIONS, most=_MOST)] = (
        "relu", "leaky_relu", "prelu",
    )  # fmt: skip
    alpha: Annotated[
        float,
        Range("alpha", low=0.0, high=10.0, step=0.01, shown=_has_alpha, note=_alpha_note, follows=("activations",),
              bounds=alpha_bounds, start=alpha_start),
    ] = 0.01  # fmt: skip
    rate: Annotated[float, LogRange("learning rate", low=1e-3, high=10.0)] = 0.1
    bias_mean: Annotated[float, Range("bias at the start", low=-20.0, high=20.0, step=0.1)] = -0.5
    initializer: InitializerKey = "he_normal"
    std: Annotated[float, LogRange("init std", more=True, given=square_std)] = 0.1
    back: Annotated[int, Range("look back, steps kept", more=True, low=0, high=40, step=1, aside=True)] = 0
    steps: Annotated[int, Range("steps", more=True, low=50, high=5000, step=50)] = 500
    depth: Annotated[int, Range("hidden layers", more=True, low=1, high=20, step=1)] = 4
    width: Annotated[int, Range("width", more=True, low=2, high=200, step=1)] = 50
    batch: Annotated[int, Range("batch", more=True, low=1, high=1000, step=1)] = 128
    standardize: Annotated[bool, Switch("standardized pixels", more=True)] = False
    seed: Seed = 0

    def networks(self) -> tuple[Network, ...]:
        """A network for each activation, alike in all else."""
        return tuple(
            Network(
                activation=one.row.key, alpha=one.alpha, initializer=self.initializer, std=self.std, depth=self.depth,
                width=self.width, batch=_PROBE, bias_mean=self.bias_mean, dataset="mnist_small",
                standardize=self.standardize, seed=self.seed,
            )
            for one in chosen(self.activations, "", self.alpha)
        )  # fmt: skip


def start(p: DyingRelu) -> Race:
    """The networks before the first step."""
    return Race(p.networks(), p.steps, learning_rate=p.rate, batch_size=p.batch, quantities=())


def show(race: Race, p: DyingRelu) -> Result:
    """How many are dead, and how learning goes."""
    places, done = range(len(race.networks)), race.done
    looks = tuple(
        (np.array([kept.step for kept in race.kept[i]]), np.stack([kept.statistics.dead for kept in race.kept[i]]))
        for i in places
    )
    alphas = tuple(
        None if not race.training(i).alphas else float(np.mean([np.mean(a) for a in race.training(i).alphas]))
        for i in places
    )
    return Result(
        networks=race.networks, steps=race.steps, done=done, looks=looks, back=p.back,
        curves=tuple(curve(race.losses[:, i], done, race.steps) for i in places), recent=recent(race.losses, done)[0],
        accuracy=race.accuracy[0].copy(), evaluated=race.evaluated_at, diverged=tuple(map(race.diverged, places)),
        learned_alpha=alphas,
    )  # fmt: skip


MOTION = Motion(
    start=start, advance=lambda race, seconds: race.advance(seconds), show=show, steps=lambda race: race.progress
)


class _View(DyingView):
    """The picture, fed with a Result."""

    def update(self, result: Any) -> None:  # type: ignore[override]
        r: Result = result
        titles = (
            f"dead units: slope 0 for each of {r.networks[0].batch} training digits",
            f"training loss, mean of {2 * reach(r.steps) + 1} steps",
            "test accuracy, dotted: a guess",
        )
        short_names = [net.activation_row.label for net in r.networks]
        level = log(10), "ln 10 = 2.303"
        self.begin(r.names, short_names, r.steps, r.networks[0].depth, level, 0.1, titles)
        ended = [found.iteration if found else None for found in r.diverged]
        super().update(r.looks, r.curves, ended, [_standing(r, i) for i in range(len(r.names))], r.looked_at)


def _standing(r: Result, place: int) -> Standing:
    found, right = r.diverged[place], float(r.accuracy[place])
    if found:
        said = f"not finite: step {found.iteration}"
    elif not r.done:
        said = ""
    else:
        said = f"loss {precise(float(r.recent[place]))}"
        said = f"{share(right)}   {said}" if r.evaluated else said
    return Standing((right, right, right), said)


LAB = Lab(
    key="dying_relu",
    title="Dying units",
    question="What kills a unit for good, and who survives?",
    parameters=DyingRelu,
    compute=MOTION.compute,
    view=_View,
    explain=explain,
    motion=MOTION,
    presets=(
        Preset("Dead from the start", "Biases of −0.5: ReLU cannot move. Leaky ReLU can, but does it learn?", {}),
        Preset("Leaky slope 0.3", "The same with more slope below zero: what has changed?", {"alpha": 0.3}),
        Preset("Back from the dead", "Biases of −0.3: three in four units of layer 4 are dead. For good?",
               {"bias_mean": -0.3, "rate": 0.3}),
        Preset("A step that is too large", "Rate 0.8: in which layer do units die first, and who survives?",
               {"bias_mean": 0.0, "rate": 0.8, "activations": ("relu", "leaky_relu")}),
        Preset("The usual rate", "No bias, rate 0.01: does anything die?", {"bias_mean": 0.0, "rate": 0.01}),
        Preset("The remedy: bias 0.1", "A source starts biases above zero: are there fewer dead units than with 0?",
               {"bias_mean": 0.1}),
        Preset("The remedy: bias 1", "More of it: why are there dead units before the first step?",
               {"bias_mean": 1.0, "activations": ("relu",)}),
        Preset("The remedy taken too far", "Biases of 3: every unit begins far from the kink. Safe?",
               {"bias_mean": 3.0, "activations": ("relu",)}),
        Preset("ReLU's relatives", "ELU, GELU, Swish with biases of −0.5: which of them can die?",
               {"activations": ("relu", "elu", "gelu", "silu")}),
        Preset("Dead on both sides", "ReLU6 is flat above 6 too: does it die sooner?",
               {"activations": ("relu", "relu6", "leaky_relu6"), "bias_mean": 0.0, "rate": 0.8}),
        Preset("PyTorch's default, 10 layers", "No bias, and weights of std √(1/3n): how many units answer at all?",
               {"initializer": "torch_default", "depth": 10, "rate": 0.01, "bias_mean": 0.0}),
    ),
)  # fmt: skip
