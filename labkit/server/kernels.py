"""How kernels start, how many there may be, and when they are ended without being asked."""

import asyncio
import os
import sys
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError
from traitlets import Bool, Float, Integer, Unicode

from labkit.server.gate import Pace

# Both are read when the libraries load, so they must stand in the environment before the kernel starts.
# At these sizes more threads cost more than they give, and a class shares few cores.
ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
# ipywidgets tells every page what it was told by one of them. A dashboard's kernel has one, a notebook's maybe several.
DASHBOARD = {**ONE_THREAD, "JUPYTER_WIDGETS_ECHO": "0", "LABKIT_DASHBOARD": "1"}
SECRETS = ("LABKIT_TOKEN", "LABKIT_PASSWORD", "JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN")
"""Of the server's environment, and nothing to a kernel."""
ABANDONED = timedelta(seconds=20)
"""A kernel whose page has been gone for so long gives its place to one who waits."""
UNSEEN = timedelta(seconds=5)
"""So does one, sooner, of which no page has ever asked: its visitor had left before the page was there."""


def private_transport(folder: Path) -> str:
    """How to talk to kernels whose connection files lie in `folder`.

    By sockets in that folder, which is its owner's alone, rather than by TCP ports, which every user of the machine
    could listen to. Linux allows such an address 107 bytes; Windows has none.
    """
    longest = f"{folder}/kernel-{uuid.uuid4()}-ipc-5"
    return "ipc" if sys.platform == "linux" and len(os.fsencode(longest)) <= 107 else "tcp"


@dataclass
class Lines:
    """What the pages of one kernel share: their lines that are open, how fast they speak, when the last one left.

    `asked`: whether a page has asked for the kernel.
    """

    open: WeakSet[Any] = field(default_factory=WeakSet)
    pace: Pace = field(default_factory=Pace)
    left: datetime | None = None
    asked: bool = False


class LabKernelManager(AsyncMappingKernelManager):
    """Kernels with one BLAS thread each, and no more of them than there is room for; what is left behind is ended."""

    max_kernels = Integer(0, min=0, config=True, help="Kernels at a time, and so visitors. 0: as many as come.")
    cull_connected_timeout = Integer(
        0,
        config=True,
        help="Seconds without activity after which a kernel is ended although its page is open. 0: never.",
    )
    memory_mib = Unicode("", config=True, help="LABKIT_MEMORY_MIB of the kernels, where the environment has none.")
    seconds = Unicode("", config=True, help="LABKIT_SECONDS of the kernels, where the environment has none.")
    dashboards = Bool(False, config=True, help="Whether the kernels are those of dashboards, and not of notebooks.")
    patience = Float(3.0, config=True, help="Seconds that a visitor waits for a place.")

    refused = 0
    """Visitors for whom there was no place."""

    def __init__(self, **kwargs: Any) -> None:
        """No kernel yet."""
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self._lines: WeakKeyDictionary[Any, Lines] = WeakKeyDictionary()
        self._coming: set[str] = set()

    @property
    def taken(self) -> int:
        """Places taken: by kernels that run, and by those on their way."""
        return len(self._kernels.keys() | self._coming)

    @property
    def full(self) -> bool:
        """Whether no other kernel may start."""
        return bool(self.max_kernels) and self.taken >= self.max_kernels

    @property
    def visitors(self) -> int:
        """Kernels with a page that is open."""
        return sum(self._connections(kernel_id) > 0 for kernel_id in self._kernels)

    def lines_of(self, kernel_id: str) -> Lines:
        """The lines of a kernel's pages; 404 where there is no such kernel."""
        self._check_kernel_id(kernel_id)  # type: ignore[no-untyped-call]
        return self._lines.setdefault(self._kernels[kernel_id], Lines())

    def notify_disconnect(self, kernel_id: str) -> None:
        """Note when a page has gone."""
        super().notify_disconnect(kernel_id)  # type: ignore[no-untyped-call]
        if kernel_id in self._kernels:
            self.lines_of(kernel_id).left = datetime.now(UTC)

    def _connections(self, kernel_id: str) -> int:
        return int(self._kernel_connections.get(kernel_id, 0))

    async def wait_for_room(self) -> bool:
        """Whether there is a place, now or in a moment."""
        end = asyncio.get_running_loop().time() + self.patience
        while self.full and asyncio.get_running_loop().time() < end:
            if not await self._end_an_abandoned():
                await asyncio.sleep(0.1)
        self.refused += self.full
        return not self.full

    async def _end_an_abandoned(self) -> bool:
        """End the kernel that has been without its page the longest, if there is one."""
        now = datetime.now(UTC)
        abandoned = [
            (since, kernel_id)
            for kernel_id, kernel in self._kernels.items()
            if kernel_id not in self._coming and self._connections(kernel_id) == 0
            and (since := self.lines_of(kernel_id).left or kernel.last_activity) < now - self._grace(kernel_id)
        ]  # fmt: skip
        if not abandoned:
            return False
        await self.shutdown_kernel(min(abandoned)[1])  # type: ignore[no-untyped-call]
        return True

    def _grace(self, kernel_id: str) -> timedelta:
        """How long a kernel is kept for a page that may come; one that runs a notebook has no page that could ask."""
        lines, running = self.lines_of(kernel_id), self._kernels[kernel_id].execution_state == "busy"
        return ABANDONED if running or lines.asked or lines.left else UNSEEN

    async def start_kernel(self, *args: Any, **kwargs: Any) -> str:  # type: ignore[override]
        """Start a kernel; what the environment says about threads and limits wins. 503 where there is no room."""
        if self.full:
            self.refused += 1
            raise HTTPError(503)
        env = {name: value for name, value in (kwargs.get("env") or os.environ).items() if name not in SECRETS}
        limits = {"LABKIT_MEMORY_MIB": self.memory_mib, "LABKIT_SECONDS": self.seconds}
        given = {name: value for name, value in limits.items() if value}
        if self.dashboards:
            given |= {**DASHBOARD, "LABKIT_GROUNDS": self._grounds()}
        kwargs["env"] = {**ONE_THREAD, **given, **env}
        kernel_id = kwargs.setdefault("kernel_id", str(uuid.uuid4()))
        self._coming.add(kernel_id)
        try:
            return str(await super().start_kernel(*args, **kwargs))
        finally:
            self._coming.discard(kernel_id)

    def _grounds(self) -> str:
        """The folder in which kernels share what they have drawn; it goes with the server."""
        folder = Path(self.connection_dir, "grounds")
        folder.mkdir(exist_ok=True)
        return str(folder)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that nobody uses: soon if its page is gone, late if the page is still open."""
        await super().cull_kernel_if_idle(kernel_id)  # type: ignore[no-untyped-call]
        kernel = self._kernels.get(kernel_id)
        if kernel is None or not self.cull_connected_timeout or kernel.execution_state == "busy":
            return
        if datetime.now(UTC) - kernel.last_activity > timedelta(seconds=self.cull_connected_timeout):
            await self.shutdown_kernel(kernel_id)  # type: ignore[no-untyped-call]
