"""From a point of a sweep to the labs that show just this network, and this training of it; or why there is none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from labkit.labs import decision_boundary, mnist_comparison, signal_propagation
from labkit.labs.lab import Lab, Lead
from labkit.nn.formula import PREFIX
from labkit.nn.network import Network
from labkit.sweeps.training import Training


@dataclass(frozen=True)
class Way:
    """A lab, the values that a network and its training have there, and the datasets that it trains on."""

    lab: Lab
    values: Callable[[Network, Training | None], Mapping[str, Any]]
    datasets: tuple[str, ...] = ()

    def blocked(self, net: Network, training: Training | None) -> str:
        """What this lab cannot show of them; empty where it can show all."""
        try:
            parameters: Any = self.lab.parameters.of(self._given(net, training))
            there = parameters.networks()[0] if training else parameters.network()
            if training:
                optimizer, rate, size, steps, _ = parameters.schedule()
                there = replace(there, batch=net.batch)  # of a training it is only what is looked at
                if (optimizer, rate, size, steps) != _schedule(training):
                    return "it trains otherwise"
        except ValueError as error:
            return str(error)
        other = [each.name for each in fields(Network) if getattr(there, each.name) != getattr(net, each.name)]
        return ", ".join(f"{name} is {getattr(there, name)!r} there" for name in other)

    def lead(self, net: Network, training: Training | None) -> Lead:
        """The way itself."""
        return Lead(self.lab.key, self._given(net, training))

    def _given(self, net: Network, training: Training | None) -> dict[str, Any]:
        return {name: value for name, value in self.values(net, training).items() if value is not None}


def _schedule(training: Training) -> tuple[str, float, int, int]:
    return training.optimizer, training.learning_rate, training.batch_size, training.steps


def _named(net: Network, *names: str) -> dict[str, Any]:
    found = {name: getattr(net, name) for name in names}
    if found.get("activation", "").startswith(PREFIX):
        found["formula"] = found.pop("activation").removeprefix(PREFIX).strip()
    return found


def _scheduled(training: Training | None) -> dict[str, Any]:
    names = "optimizer", "learning_rate", "batch", "steps"
    return {} if training is None else dict(zip(names, _schedule(training), strict=True))


_PROPAGATED = Way(signal_propagation.LAB, lambda net, _: _named(
    net, "activation", "initializer", "std", "depth", "width", "alpha", "batch", "bias_mean", "bias_std", "dataset",
    "standardize", "input_scale", "gradient_source", "seed",
))  # fmt: skip
_TRAINED = (
    Way(mnist_comparison.LAB, lambda net, training: {
        "contestants": 1, "activation_1": net.activation, "initializer_1": net.initializer, "std_1": net.std,
        "alpha_1": net.alpha, **_named(net, "depth", "width", "dataset", "standardize", "seed"), **_scheduled(training),
    }, ("mnist_small", "mnist")),
    Way(decision_boundary.LAB, lambda net, training: {
        **_named(net, "activation", "initializer", "std", "depth", "width", "alpha", "dataset", "seed"),
        **_scheduled(training),
    }, ("moons", "circles", "spirals")),
)  # fmt: skip


def leads_of(net: Network, training: Training | None) -> tuple[Lead, ...]:
    """The labs that show this network, and this training of it."""
    found = [] if _PROPAGATED.blocked(net, None) else [_PROPAGATED.lead(net, None)]
    if training is not None:
        found += [way.lead(net, training) for way in _ways(net) if not way.blocked(net, training)]
    return tuple(found)


def not_trained_elsewhere(net: Network, training: Training | None) -> str:
    """Why no lab shows this training; empty where one does, or there is none."""
    if training is None:
        return ""
    whys = [f"{way.lab.title}: {why}" for way in _ways(net) if (why := way.blocked(net, training))]
    if len(whys) < len(_ways(net)):
        return ""
    return f"no lab shows this training ({'; '.join(whys)})" if whys else "no lab shows this training"


def _ways(net: Network) -> list[Way]:
    return [way for way in _TRAINED if net.dataset in way.datasets]
