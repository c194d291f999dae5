"""JupyterLab on the notebooks, with labkit's connection."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_runtime_dir
from jupyterlab.handlers.announcements import NeverCheckForUpdate
from jupyterlab.labapp import LabApp
from traitlets.config import Config

from labkit.server.address import url
from labkit.server.connection import NoDelayConnection
from labkit.server.kernels import LabKernelManager, private_transport
from labkit.server.logs import keep_plain

BROWSER_KERNEL = "@jupyterlite/pyodide-kernel-extension"
"""The front end of a kernel that only JupyterLite can have."""
SETTINGS = Path(__file__).parent / "etc" / "jupyter"


def run(folder: Path, notebook: str, ip: str, port: int, open_browser: bool, ready: Callable[[str], None]) -> None:
    """Run JupyterLab on `folder`, opening `notebook`, until SIGINT or SIGTERM.

    `ready` is called with the address, token included, once the server answers.
    """
    keep_plain()
    _use_settings()
    server = LabApp.initialize_server(argv=_options(folder, notebook, ip, port, open_browser), config=_config())
    server.web_app.settings["page_config_hook"] = without_browser_kernel
    # Stock Jupyter asks a question at the first Ctrl-C; `labkit serve` and `labkit lab` stop alike.
    signal.signal(signal.SIGINT, server._signal_stop)
    token = server.identity_provider.token
    server.identity_provider.token_generated = False  # or Jupyter prints the address once more, over eight lines
    address = f"{url(ip, port)}lab/tree/{notebook}" + (f"?token={token}" if token else "")
    server.io_loop.add_callback(ready, address)  # the port is bound by an earlier callback
    server.start()


def without_browser_kernel(handler: Any, page: dict[str, Any]) -> dict[str, Any]:
    """A page's settings without the extension that a site needs: JupyterLab finds it installed, and fails on it."""
    page["federated_extensions"] = [each for each in page["federated_extensions"] if each["name"] != BROWSER_KERNEL]
    return page


def _use_settings() -> None:
    """Let JupyterLab find labkit's defaults for its settings; what the user has chosen there wins."""
    paths = [str(SETTINGS), *filter(None, os.environ.get("JUPYTER_CONFIG_PATH", "").split(os.pathsep))]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(dict.fromkeys(paths))


def _config() -> Config:
    """Defaults that the user's own Jupyter configuration may change."""
    config = Config()
    config.Application.log_level = "ERROR"
    # The lab works without internet and calls nobody: no news feed, no search for updates.
    config.LabApp.news_url = None
    config.LabApp.check_for_updates_class = NeverCheckForUpdate
    config.KernelManager.transport = private_transport(Path(jupyter_runtime_dir()))
    return config


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
        # The address carries a secret token; Jupyter would refuse to run in a container whose only user is root.
        "--ServerApp.allow_root=True",
        f"--LabApp.default_url=/lab/tree/{notebook}",
    ]


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
