"""What a worker does with a chunk: the same numbers wherever it is, or words that say why it cannot."""

from collections.abc import Callable, Mapping
from importlib.metadata import version
from time import perf_counter
from typing import Any

import numpy as np

from labkit.sweeps.chunks import SECONDS
from labkit.sweeps.design import Design
from labkit.sweeps.errors import SweepError
from labkit.sweeps.record import columns

LONGEST = 3 * SECONDS
"""After this a chunk comes back with the rows that it has: its settings cost more than those before them."""


def rows_version() -> str:
    """What rows depend on besides their settings."""
    return f"{version('labkit-deepnets')} (numpy {np.__version__})"


def measure(plain: Mapping[str, Any], start: int, stop: int, wanted: str) -> tuple[dict[str, list[Any]], float]:
    """On a worker: the first rows of a chunk as columns, one at least, and how many seconds they took.

    SweepError where this worker's `rows_version` is another.
    """
    if wanted != rows_version():
        raise SweepError(f"each worker must have labkit {wanted}, and one has {rows_version()}")
    from threadpoolctl import threadpool_limits

    begun = perf_counter()
    # More threads add up in other orders. It stays so: a worker's threads share the setting, and one may be at work.
    threadpool_limits(1, user_api="blas")
    found = columns(Design.of(plain), start, stop, LONGEST)
    return found, perf_counter() - begun


def _sent_whole() -> Callable[..., tuple[dict[str, list[Any]], float]]:
    """`measure` as it is sent: a function of a function goes as code, not as the name of a module.

    A worker or a scheduler without that module would end without a word, and the sweep would wait.
    """

    def work(plain: Mapping[str, Any], start: int, stop: int, wanted: str) -> tuple[dict[str, list[Any]], float]:
        from labkit.sweeps.work import measure

        return measure(plain, start, stop, wanted)

    return work


work = _sent_whole()
