"""The verdict on what a lab shows: on its network, or on each of its networks, from their measured numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from labkit.nn.diagnosis import Diagnosis, diagnose
from labkit.nn.network import Network
from labkit.nn.propagation import propagate
from labkit.nn.statistics import summarize


@dataclass(frozen=True)
class Judged:
    """A diagnosis; the network's number where there are several, else 0; the training step that it was taken at, None
    where nothing is trained.
    """

    diagnosis: Diagnosis
    number: int = 0
    step: int | None = None


def judged(parameters: Any, result: Any) -> tuple[Judged, ...]:
    """The diagnosis of each network of a result; none for a lab without networks.

    What the lab has measured is taken where it has: a propagation's statistics, or those kept of a training's step.
    Otherwise the networks are looked at as they are before the first step, those with batch normalization not at all.
    """
    if hasattr(result, "statistics"):
        return (Judged(diagnose(result.statistics, result.network)),)
    kept = getattr(result, "kept", None)
    if kept is not None:
        return _kept(result, kept)
    if hasattr(parameters, "network"):
        return (Judged(_at_start(parameters.network())),)
    networks = parameters.networks() if hasattr(parameters, "networks") else ()
    pairs = [(number, net) for number, net in enumerate(networks, 1) if net.batch_norm == "none"]
    return tuple(Judged(_at_start(net), number * (len(networks) > 1), 0) for number, net in pairs)


def _kept(result: Any, kept: Any) -> tuple[Judged, ...]:
    """Of the contestant that is looked at, or of all."""
    if isinstance(kept, tuple):
        pairs = list(enumerate(zip(kept, result.networks, strict=True), 1))
    else:
        pairs = [(result.chosen + 1, (kept, result.networks[result.chosen]))]
    return tuple(Judged(diagnose(k.statistics, net), number, k.step) for number, (k, net) in pairs)


@lru_cache(maxsize=128)
def _at_start(network: Network) -> Diagnosis:
    return diagnose(summarize(propagate(network), quantities=("post", "grad_pre"), histograms=()), network)


def remedy_values(parameters: Any, found: Judged) -> Mapping[str, Any] | None:
    """What to set so that the network judged is as its remedy has it; None where nothing is known, or no control does.

    A network that is one of several may have controls of its own, as `std_2`.
    """
    remedy = found.diagnosis.remedy
    if remedy is None:
        return None
    known = parameters.values()
    names = {name: own if (own := f"{name}_{found.number}") in known else name for name in remedy.changes}
    if not set(names.values()) <= known.keys():
        return None
    wanted = {names[name]: value for name, value in remedy.changes.items()}
    try:
        changed = _networks(type(parameters).of({**known, **wanted}))[max(found.number, 1) - 1]
    except ValueError:  # outside of what the lab allows
        return None
    does_it = all(getattr(changed, name) == value for name, value in remedy.changes.items())
    return wanted if does_it else None


def _networks(parameters: Any) -> Sequence[Network]:
    return (parameters.network(),) if hasattr(parameters, "network") else parameters.networks()
