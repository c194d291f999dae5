"""From the measured numbers of a network to a verdict, with its cause, its evidence and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isnan

from labkit.nn import remedies
from labkit.nn.findings import Finding, findings
from labkit.nn.network import Network
from labkit.nn.remedies import Remedy
from labkit.nn.statistics import LayerStatistics
from labkit.nn.trends import backward, forward
from labkit.nn.verdicts import VERDICTS, Verdict
from labkit.nn.words import as_cosine, number, percent, times

_CAUSES: Mapping[str, str] = {
    "healthy": "{weights} and {activation} balance: no layer changes the signal or the gradient by much",
    "vanishing": "{weights} and the slopes of {activation} make less of {quantity} in each layer, and layers multiply",
    "exploding": "{weights} and the slopes of {activation} make more of {quantity} in each layer, and layers multiply",
    "saturated": "what enters {activation} is so large that most of it falls where the function is flat",
    "dead": "what enters {activation} lies where it is 0 and has no slope, for every sample",
    "symmetric": "the units of a layer start with the same weights and biases, so they do the same and learn the same",
    "collapsing": "{activation} with {weights} turns every two inputs a little towards each other in each layer",
    "mixed": "{quantity}: forward and backward go opposite ways, or values have no finite number",
}


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a network, or that nothing is.

    `verdict` is a key of VERDICTS. `findings` are all that hold, the one that decides first. `statistics` are what they
    were found in. `network` is the one that was measured, or None; then there is no `remedy`. Words are made when
    asked for: a sweep of thousands of networks reads verdicts alone.
    """

    verdict: str
    findings: tuple[Finding, ...]
    statistics: LayerStatistics = field(repr=False, compare=False)
    network: Network | None = field(default=None, repr=False)

    @property
    def row(self) -> Verdict:
        """The verdict's row of VERDICTS: its label and its meaning."""
        return VERDICTS[self.verdict]

    @property
    def severity(self) -> float:
        """How far the deciding number lies beyond its threshold: 1 at it, more beyond it; 0 where healthy."""
        return max((each.severity for each in self.findings if each.verdict == self.findings[0].verdict), default=0.0)

    @cached_property
    def cause(self) -> str:
        """Why it is so: a sentence without a full stop."""
        quantity = _quantity(self.findings, self.verdict)
        words = {"quantity": quantity, "activation": _activation(self.network), "weights": _weights(self.network)}
        return _CAUSES[self.verdict].format_map(words)

    @cached_property
    def evidence(self) -> str:
        """The numbers that it was seen in: a sentence without a full stop."""
        return _evidence(self.statistics, self.findings, self.verdict)

    @cached_property
    def remedy(self) -> Remedy | None:
        """What to do about it, looked for when asked: None where healthy, without a network, or where none is known."""
        if self.network is None or self.verdict == "healthy":
            return None
        return remedies.remedy(self.network, self.verdict)


def diagnose(statistics: LayerStatistics, network: Network | None = None) -> Diagnosis:
    """The verdict on a network, from its measured numbers alone.

    `network` is for the words and for the remedy. AttributeError where `post` or `grad_pre` was not summarized.

    >>> from labkit import Network, propagate, summarize
    >>> found = diagnose(summarize(propagate(Network("relu", std=0.01))))
    >>> found.verdict, found.findings[0].layer
    ('vanishing', 1)
    """
    found = findings(statistics, _name(network))
    verdict = _primary(found)
    ranked = tuple(sorted(found, key=lambda each: (each.verdict != verdict, each.quantity != "gradient")))
    return Diagnosis(verdict, ranked, statistics, network)


def _primary(found: tuple[Finding, ...]) -> str:
    """The root cause: what explains the rest comes first.

    A function that is flat on one side is saturated on it when the signal explodes: then that is the root. Of one that
    is flat on both sides, one of them 0, saturation leaves units at 0 for good: then that is the root.
    """
    verdicts = [finding.verdict for finding in found]
    grows = ("exploding", "activations") in [(finding.verdict, finding.quantity) for finding in found]
    if "mixed" in verdicts:  # numbers are missing: what is left of them does not speak for the rest
        return "mixed"
    for root in ("symmetric", "saturated", "dead"):
        if root in verdicts and not (root == "saturated" and grows):
            return root
    if {"vanishing", "exploding"} <= set(verdicts):
        return "mixed"
    return next((each for each in ("exploding", "vanishing", "collapsing") if each in verdicts), "healthy")


def _quantity(found: tuple[Finding, ...], verdict: str) -> str:
    """What changes: the activations, the gradient or both."""
    trends = [each for each in found if each.quantity in {"activations", "gradient"}]
    if verdict != "mixed":
        trends = [each for each in trends if each.verdict == verdict]
    return " and ".join(dict.fromkeys(f"the {each.quantity}" for each in trends)) or "the signal"


def _evidence(statistics: LayerStatistics, found: tuple[Finding, ...], verdict: str) -> str:
    trend = backward(statistics)
    if not found:
        return _healthy(statistics)
    if verdict == "mixed":
        return "; ".join(each.said for each in found if each.quantity in {"activations", "gradient"})
    first = found[0]
    if first.quantity == "gradient" or statistics.depth == 1 or not trend.ratio >= 0:
        return first.said
    return f"{first.said}; gradient in layer 1: {times(trend.ratio)} that in layer {statistics.depth}"


def _healthy(statistics: LayerStatistics) -> str:
    if statistics.depth == 1:
        return f"one layer has no trend; {percent(float(statistics.saturated[0]))} of its values are saturated"
    ways = [
        f"layer {way.far}: {way.quantity} {times(way.ratio)} that in layer {way.near}"
        for way in (forward(statistics), backward(statistics))
    ]
    cosine = float(statistics.cosine[-1])
    if not isnan(cosine):
        ways.append(f"two samples have a mean cosine of {as_cosine(cosine)} in the last layer")
    return "; ".join(ways)


def _activation(network: Network | None) -> str:
    return "the activation function" if network is None else network.activation_row.named(network.alpha)


def _name(network: Network | None) -> str:
    return "a layer" if network is None else network.activation_row.named(network.alpha)


def _weights(network: Network | None) -> str:
    if network is None:
        return "the weights"
    net = network
    std = net.initializer_row.std(net.fan_ins[-1], net.width, **net.options)
    return f"weights of std {number(std)}"
