"""How the networks of a sweep are trained, if they are, and what is kept of it."""

from dataclasses import dataclass

import numpy as np

from labkit.nn.datasets import DATASETS
from labkit.nn.network import Network
from labkit.nn.optimizers import OPTIMIZERS
from labkit.nn.train import train

LAST = 20
"""Over so many of the last steps the loss is averaged: a single batch's says little."""


@dataclass(frozen=True)
class Training:
    """As labkit.train() has it; ValueError names what does not fit."""

    optimizer: str = "sgd"
    learning_rate: float = 0.01
    batch_size: int = 128
    steps: int = 200

    def __post_init__(self) -> None:
        """What needs no network is checked at once."""
        if not isinstance(self.optimizer, str) or self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {self.optimizer!r}")
        for name, kind in (("learning_rate", (int, float)), ("batch_size", int), ("steps", int)):
            value = getattr(self, name)
            if not isinstance(value, kind) or isinstance(value, bool) or not 0 < value < float("inf"):
                whole = "whole " * (kind is int)
                raise ValueError(f"{name} must be a {whole}number above 0, got {value!r}")

    def check_dataset(self, key: str) -> None:
        """ValueError for a dataset from which nothing can be learned."""
        if DATASETS[key].classes is None:
            able = ", ".join(name for name, row in DATASETS.items() if row.classes is not None)
            raise ValueError(f"dataset must be one of {able} for a training, got {key!r}")

    def run(self, network: Network) -> dict[str, float]:
        """Train a network and tell how it went: the first loss, the mean of the last, and the test set's accuracy."""
        steps = train(
            network, optimizer=self.optimizer, learning_rate=self.learning_rate, batch_size=self.batch_size,
            steps=self.steps, evaluate_every=self.steps,
        )  # fmt: skip
        losses, accuracy = [], None
        for step in steps:
            losses.append(step.loss)
            accuracy = step.accuracy if step.accuracy is not None else accuracy
        return {
            "loss_first": losses[0],
            "loss": float(np.mean(losses[-LAST:])),
            "accuracy": np.nan if accuracy is None else accuracy,
        }
