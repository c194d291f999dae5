"""A process that has imported everything, from which kernels are forked in milliseconds.

A kernel of its own takes seconds: the interpreter, its imports, the first glyphs and the first figure. All of that is
the same for every visitor. The nursery does it once, before anybody comes; a visitor's kernel is a fork of it and
shares its memory until it writes. Linux alone: elsewhere kernels start as Jupyter starts them.

The server and the nursery share one socket. A request on it is the kernel's command, environment and folder, with one
end of a new pair of sockets, the kernel's lifeline: the kernel writes its process id into it, and each side learns from
its closing that the other has ended, whatever ended it.
"""

import gc
import json
import logging
import os
import random
import select
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any

import psutil

log = logging.getLogger(__name__)

REQUEST_BYTES = 1 << 20
"""An environment and a command are some kB."""
LAUNCHER = ["-m", "ipykernel_launcher"]
DONE = object()
BESIDE_MIB = 512
"""What a kernel may take beside one network: its threads, its caches, its pictures."""


def page_name(key: str) -> str:
    """The name of a lab's page among the widgets of its kernel."""
    return f"labkit-page-{key}"


def main() -> None:
    """Fork a kernel for every request on the socket whose number is the first argument, until it closes.

    The other arguments are the keys of the labs that are served.
    """
    control = socket.socket(fileno=int(sys.argv[1]))
    os.environ["JPY_PARENT_PID"] = "1"  # read at the import: kernels need not watch for a parent, they have lifelines
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which then closes the socket
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a kernel here: it is gone at once
    warming = preparations(sys.argv[2:])
    next(warming)  # the imports, which every kernel needs
    while True:
        # Who waits comes first; while nobody does, there is the next lab to be prepared.
        while not select.select([control], [], [], 0)[0] and next(warming, DONE) is not DONE:
            pass
        if not fork_one(control):
            return


def preparations(keys: Sequence[str]) -> Iterator[None]:
    """Import what kernels need, then make the pages that they will show, lab by lab."""
    import ipykernel.kernelapp  # noqa: F401
    import matplotlib

    matplotlib.use("agg")
    from labkit.labs import LABS
    from labkit.ui.opening import prepare

    _keep()
    yield
    for key in (key for key in keys if key in LABS):
        try:
            prepare(key, page_name(key))
        except Exception:  # its visitors will see why
            log.exception("labkit: the lab %s could not be prepared", key)
        _keep()
        yield


def _keep() -> None:
    """A collection in a kernel would write to, and so copy, all that is shared."""
    gc.collect()
    gc.freeze()


def fork_one(control: socket.socket) -> bool:
    """Fork the kernel of the next request; False where there will be none."""
    request, lifelines, _, _ = socket.recv_fds(control, REQUEST_BYTES, 1)
    if not request:
        return False
    try:
        if os.fork() == 0:
            control.close()
            be_kernel(json.loads(request), socket.socket(fileno=lifelines[0]))
    except OSError as error:  # no memory, say: the pages that are ready stay, for the next one
        log.warning("labkit: no kernel: %s", error)
    os.close(lifelines[0])
    return True


def be_kernel(request: dict[str, Any], lifeline: socket.socket) -> None:
    """Become the kernel that was asked for; never returns."""
    status = 1
    try:
        os.setsid()  # a signal to the kernel's group must not reach the nursery
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(request["env"])
        os.chdir(request["cwd"])
        random.seed()
        bound_memory(request["env"].get("LABKIT_MEMORY_MIB", ""))
        lifeline.sendall(b"%d\n" % os.getpid())
        Thread(target=_end_with, args=[lifeline], daemon=True).start()
        _run(request["arguments"])
        status = 0
    finally:
        os._exit(status)


def bound_memory(network_mib: str) -> None:
    """Hold this process to what it has, a network of so many MiB and what goes with it; '' for no bound.

    A network that is too large is refused before it is computed. This is for what nobody thought of: the allocation
    fails, the page says so, and the machine's memory is left to the others.
    """
    import resource  # which Windows lacks

    with suppress(ValueError, OSError):
        more = (float(network_mib) + BESIDE_MIB) * 2**20
        resource.setrlimit(resource.RLIMIT_DATA, (int(psutil.Process().memory_info().data + more),) * 2)


def _run(arguments: list[str]) -> None:
    import ipywidgets
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    # Of messages that it cannot read a kernel would tell the server's log, traceback and all, as often as they come.
    app.initialize([*arguments, f"--IPKernelApp.log_level={logging.CRITICAL}"])  # type: ignore[no-untyped-call]
    ipywidgets.register_comm_target()  # at its import there was no kernel yet
    app.start()  # type: ignore[no-untyped-call]


def _end_with(lifeline: socket.socket) -> None:
    """Nothing is ever sent here: what ends the wait is that the server is gone."""
    lifeline.recv(1)
    os._exit(0)


if __name__ == "__main__":
    main()
