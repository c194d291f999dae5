"""Who computes a sweep: processes of this machine, or the workers of a Dask cluster."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from labkit.sweeps.errors import SweepError

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 10.0
"""Seconds for a scheduler to answer."""


@contextmanager
def local(workers: int | None = None) -> Iterator["Client"]:
    """Worker processes of this machine, one thread each, that nobody else reaches."""
    import dask
    from distributed import Client, LocalCluster

    with (
        # What goes wrong is said by the sweep; its processes would log each lost connection of a clean end.
        dask.config.set({"logging.distributed": "critical"}),
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # any free port: another cluster may have the usual one
            preload=[__name__], silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        yield client


@contextmanager
def remote(address: str) -> Iterator["Client"]:
    """The cluster whose scheduler is at `address`; SweepError where none answers."""
    from distributed import Client

    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TypeError) as error:
        raise SweepError(f"no Dask scheduler answers at {address} ({error})") from None
    with client:
        yield client


def dask_setup(worker: Any) -> None:
    """Dask calls it in each local worker: Ctrl-C, which a terminal tells all processes, is the sweep's to hear."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
