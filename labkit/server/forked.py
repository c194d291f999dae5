"""Kernels forked from the nursery instead of started anew: Jupyter's kernel provisioner for them."""

import asyncio
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Float, Int
from traitlets.config import SingletonConfigurable

from labkit.server import nursery
from labkit.server.kernels import DASHBOARD

NAME = "labkit-forked"
"""As the package's entry points know the provisioner."""
PATIENCE = 30.0
"""Seconds for a kernel to say its number: the first one waits until the nursery has imported everything."""


def wanted() -> bool:
    """Whether kernels can be forked here."""
    return sys.platform == "linux"


class Nursery(SingletonConfigurable):
    """The server's one nursery, started when it is first wanted and again when it has died."""

    labs: Sequence[str] = ()
    """Keys of those that it prepares."""
    _process: subprocess.Popen[bytes] | None = None
    _control: socket.socket | None = None

    def open(self) -> socket.socket:
        """The socket for requests; starts the process where there is none."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            command = [sys.executable, "-m", nursery.__name__, str(theirs.fileno()), *self.labs]
            with theirs:
                self._process = subprocess.Popen(
                    command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True,
                    env={**DASHBOARD, **os.environ},
                )  # fmt: skip
            ours.setblocking(False)  # the server waits for nobody
            self._control = ours
        assert self._control is not None
        return self._control

    def close(self) -> None:
        """End the process; the kernels that it forked go on."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        self._process = self._control = None

    async def request(self, arguments: list[str], env: dict[str, str], cwd: str) -> socket.socket:
        """Ask for a kernel; return the lifeline on which it will say its process id. OSError where nobody listens."""
        control = self.open()
        ours, theirs = socket.socketpair()
        with theirs:
            message = json.dumps({"arguments": arguments, "env": env, "cwd": cwd}).encode()
            end = time.monotonic() + PATIENCE
            while True:
                try:
                    socket.send_fds(control, [message], [theirs.fileno()])
                    break
                except BlockingIOError:  # it is at work, with as many requests before it as the socket holds
                    if time.monotonic() > end:
                        ours.close()
                        raise
                    await asyncio.sleep(0.05)
        return ours


class ForkedKernel:
    """What Jupyter wants to know and do of a process, for one that is not the server's own child."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, lifeline: socket.socket) -> None:
        """The kernel with this process id, and the server's end of its lifeline."""
        self.pid = pid
        self._lifeline = lifeline

    def poll(self) -> int | None:
        """None while it lives; 0 once it has ended, however it did."""
        if self._lifeline.fileno() < 0:
            return 0
        if not _said(self._lifeline, 0):
            return None
        self._lifeline.close()  # nothing more is ever sent: readable means closed
        return 0

    def wait(self) -> int:
        """Wait for its end."""
        if self._lifeline.fileno() >= 0:
            _said(self._lifeline, None)
        self.poll()
        return 0

    def send_signal(self, signum: int) -> None:
        """Send it a signal, if it lives: its number may by then be another's."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def settle(self, nice: int) -> None:
        """Let others that start go first from now on."""
        if nice and self.poll() is None:
            with suppress(OSError):  # it may end just now
                os.setpriority(os.PRIO_PROCESS, self.pid, nice)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def _said(line: socket.socket, milliseconds: int | None) -> bool:
    """Whether there is something on a line, or its end; not by select, which knows 1024 files."""
    looked = select.poll()
    looked.register(line, select.POLLIN)
    return bool(looked.poll(milliseconds))


class ForkedProvisioner(LocalProvisioner):
    """Forks kernels from the nursery; where that fails, starts them as Jupyter does."""

    settled = Float(5.0, config=True, help="Seconds after which a kernel has shown its page.")
    nice = Int(0, config=True, help="Niceness of a kernel that has shown its page: in a class, who comes waits for a "
               "whole page, who drags for one picture.")  # fmt: skip

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel for `cmd`, the command that would start it."""
        if cmd[1:3] != nursery.LAUNCHER:
            return await super().launch_kernel(cmd, **kwargs)
        try:
            kernel = await self._fork(cmd[3:], kwargs)
        except (OSError, ValueError) as error:
            self.log.warning("labkit: no kernel from the nursery (%s); starting one anew", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = kernel  # type: ignore[assignment]  # it can do all of a Popen that is asked of it
        self.pid = self.pgid = kernel.pid
        asyncio.get_running_loop().call_later(self.settled, kernel.settle, self.nice)
        self.cwd = kwargs.get("cwd")
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel, unless it has ended: its number may by then be another's."""
        if isinstance(self.process, ForkedKernel):
            self.process.send_signal(signum)
        else:
            await super().send_signal(signum)

    async def _fork(self, arguments: list[str], kwargs: dict[str, Any]) -> ForkedKernel:
        env = dict(kwargs.get("env") or os.environ)
        lifeline = await Nursery.instance().request(arguments, env, str(kwargs.get("cwd") or Path.cwd()))
        lifeline.setblocking(False)
        try:
            said = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(lifeline, 32), PATIENCE)
            return ForkedKernel(int(said), lifeline)
        except BaseException:
            lifeline.close()
            raise
