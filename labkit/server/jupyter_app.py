"""JupyterLab on the notebooks, with labkit's connection."""

import secrets
import signal
from collections.abc import Callable
from pathlib import Path

from jupyterlab.labapp import LabApp

from labkit.server.connection import NoDelayConnection
from labkit.server.kernels import LabKernelManager


def run(folder: Path, notebook: str, ip: str, port: int, open_browser: bool, ready: Callable[[str], None]) -> None:
    """Run JupyterLab on `folder`, opening `notebook`, until SIGINT or SIGTERM.

    `ready` is called with the address, token included, just before the server answers.
    """
    server = LabApp.initialize_server(argv=_options(folder, notebook, ip, port, open_browser))
    # Stock Jupyter asks a question at the first Ctrl-C; `labkit serve` and `labkit lab` stop alike.
    signal.signal(signal.SIGINT, server._signal_stop)
    ready(f"{server.connection_url.rstrip('/')}/tree/{notebook}?token={server.identity_provider.token}")
    server.start()


def _options(folder: Path, notebook: str, ip: str, port: int, open_browser: bool) -> list[str]:
    """Jupyter's own options, so that they win over its configuration files."""
    return [
        f"--ServerApp.ip={ip}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.open_browser={open_browser}",
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.kernel_websocket_connection_class={_name(NoDelayConnection)}",
        f"--ServerApp.kernel_manager_class={_name(LabKernelManager)}",
        "--ServerApp.log_level=WARN",
        f"--LabApp.default_url=/lab/tree/{notebook}",
        # The lab works without internet and calls nobody: no news feed, no search for updates.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
