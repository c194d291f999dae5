"""Who computes a sweep: processes of this machine, or the workers of a Dask cluster."""

import asyncio
import logging
import signal
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from labkit.sweeps.errors import SweepError

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 10.0
"""Seconds for a scheduler to answer."""


_CONFIG = {
    # What goes wrong is said by the sweep; its processes would log each lost connection of a clean end.
    "logging.distributed": "critical",
    # Both were measured to take a tenth of a worker's time: samples of its stack, and memory that is given back to the
    # system after each array and asked for again.
    "distributed.worker.profile.enabled": False,
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 64 * 2**20,
}


@contextmanager
def local(workers: int | None = None) -> Iterator["Client"]:
    """Worker processes of this machine, one thread each, that nobody else reaches."""
    import dask
    from distributed import Client, LocalCluster

    with (
        tempfile.TemporaryDirectory(prefix="labkit-") as scratch,  # Dask would leave one of its own in the system's
        dask.config.set({**_CONFIG, "temporary-directory": scratch}),
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", preload=[__name__],
            dashboard_address="127.0.0.1:0",  # any free port: another cluster may have the usual one
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        yield client


def dask_setup(worker: Any) -> None:
    """Dask calls it in each local worker, also in those that come later: Ctrl-C is the sweep's to hear."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Ears:
    """What hears Ctrl-C: it is kept until `listening`, since processes that are being started or ended are not left."""

    def __init__(self) -> None:
        """Nothing was heard."""
        self.heard = self._listening = False

    def on_signal(self, *_: Any) -> None:
        """Take it at once, or later."""
        self.heard = True
        self.check()

    def check(self) -> None:
        """KeyboardInterrupt if there was one; to be asked again, since what is raised in a finalizer is lost."""
        if self.heard and self._listening:
            raise KeyboardInterrupt

    @contextmanager
    def listening(self) -> Iterator[None]:
        """In this block it is taken at once."""
        self._listening = True
        try:
            self.check()
            yield
        finally:
            self._listening = False


@contextmanager
def hearing() -> Iterator[Ears]:
    """Hear Ctrl-C, where that can be heard; whatever else it has led to, KeyboardInterrupt is raised at the end."""
    ears = Ears()
    if threading.current_thread() is not threading.main_thread():
        yield ears
        return
    before = signal.signal(signal.SIGINT, ears.on_signal)
    try:
        yield ears
    finally:
        signal.signal(signal.SIGINT, before)
        if ears.heard:
            raise KeyboardInterrupt


@contextmanager
def remote(address: str) -> Iterator["Client"]:
    """The cluster whose scheduler is at `address`; SweepError where none answers."""
    from distributed import Client
    from distributed.utils import silence_logging_cmgr

    try:
        with ThreadPoolExecutor(1) as beside:  # in this thread a loop may be running, as in a notebook
            beside.submit(asyncio.run, asyncio.wait_for(_greet(address), PATIENCE)).result()
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TypeError) as error:
        why = error if str(error) else "something else may: a dashboard has another port than its scheduler"
        raise SweepError(f"no Dask scheduler answers at {address} ({why})") from None
    with silence_logging_cmgr(logging.CRITICAL), client:  # what goes wrong is said by the sweep
        yield client


async def _greet(address: str) -> None:
    """Hear whether a scheduler is there: a Client would wait without end for a server of another kind."""
    from distributed.core import rpc

    async with rpc(address, timeout=PATIENCE) as scheduler:
        await scheduler.identity(n_workers=0)
