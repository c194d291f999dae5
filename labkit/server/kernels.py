"""How kernels start, and when they are ended without being asked."""

import os
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Integer, Unicode

# One BLAS thread a kernel: at these sizes more threads cost more than they give, and a class shares few cores.
# Read when the library loads, so it must stand in the environment before the kernel starts.
ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


def private_transport(folder: Path) -> str:
    """How to talk to kernels whose connection files lie in `folder`.

    By sockets in that folder, which is its owner's alone, rather than by TCP ports, which every user of the machine
    could listen to. Linux allows such an address 107 bytes; Windows has none.
    """
    longest = f"{folder}/kernel-{uuid.uuid4()}-ipc-5"
    return "ipc" if sys.platform == "linux" and len(os.fsencode(longest)) <= 107 else "tcp"


class LabKernelManager(AsyncMappingKernelManager):
    """Kernels with one BLAS thread each; what their owner left behind is ended."""

    cull_connected_timeout = Integer(
        0,
        config=True,
        help="Seconds without activity after which a kernel is ended although its page is open. 0: never.",
    )

    memory_mib = Unicode("", config=True, help="LABKIT_MEMORY_MIB of the kernels, where the environment has none.")

    async def start_kernel(self, *args: Any, **kwargs: Any) -> str:  # type: ignore[override]
        """Start a kernel; what the user's environment says about threads and memory wins."""
        env = kwargs.get("env") or os.environ
        memory = {"LABKIT_MEMORY_MIB": self.memory_mib} if self.memory_mib else {}
        kwargs["env"] = {**ONE_THREAD, **memory, **env}
        return str(await super().start_kernel(*args, **kwargs))

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that nobody uses: soon if its page is gone, late if the page is still open."""
        await super().cull_kernel_if_idle(kernel_id)  # type: ignore[no-untyped-call]
        kernel = self._kernels.get(kernel_id)
        if kernel is None or not self.cull_connected_timeout or kernel.execution_state == "busy":
            return
        if datetime.now(UTC) - kernel.last_activity > timedelta(seconds=self.cull_connected_timeout):
            await self.shutdown_kernel(kernel_id)  # type: ignore[no-untyped-call]
