"""The dashboards' settings: what differs from stock Voila, in one place.

Any of them can be set in `labkit_config.py` or `labkit_config.json` in a Jupyter configuration folder
(`jupyter --paths` lists them), under the same names; or in the environment, as LABKIT__LabKernelManager__max_kernels.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from nbformat.sign import MemorySignatureStore
from traitlets.config import Config
from traitlets.config.loader import DeferredConfigString

from labkit.labs.contents import following
from labkit.server import forked
from labkit.server.classroom import Room
from labkit.server.errors import UsageError
from labkit.server.kernels import LabKernelManager, private_transport
from labkit.server.pages import LabPage

TEMPLATE = "labkit"
SHARE = Path(__file__).parent / "share" / "jupyter"
# Only what the pages use: every further extension that happens to be installed would load in each of them.
EXTENSIONS = ["@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager"]

MINUTE = 60
HOUR = 60 * MINUTE


def dashboard_config(pages: Sequence[LabPage], room: Room = Room()) -> Config:  # noqa: B008
    """Settings of the server that shows `pages` to as many as there is room for."""
    config = Config()
    voila = config.VoilaConfiguration
    voila.template = TEMPLATE
    voila.allow_template_override = "NO"
    voila.allow_theme_override = "NO"
    voila.extension_allowlist = EXTENSIONS
    voila.file_allowlist = []
    voila.multi_kernel_manager_class = LabKernelManager
    config.LabKernelManager.dashboards = True
    config.LabKernelManager.max_kernels = room.kernels
    config.LabKernelManager.memory_mib = str(room.network_mib)
    config.LabKernelManager.seconds = str(room.seconds)
    after = {key: (page.notebook, page.title) for key, page in following(pages).items()}
    voila.resources = {"labkit": {"titles": {page.key: page.title for page in pages}, "following": after}}
    config.VoilaExecutor.cell_error_instruction = "Load the page again; if it stays, tell who runs the server."
    config.IdentityProvider.cookie_options = {"samesite": "Lax"}  # none with what a page from elsewhere asks for
    _cull(config)
    # Pictures are not counted by it, and to count the other messages costs a sixth of the server's time.
    config.ZMQChannelsWebsocketConnection.limit_rate = False
    # The notebooks are labkit's own: no register of trusted ones in the user's folders.
    config.NotebookNotary.store_factory = MemorySignatureStore
    config.NotebookNotary.secret = os.urandom(32)
    if forked.wanted():
        config.KernelProvisionerFactory.default_provisioner_name = forked.NAME
        config.ForkedProvisioner.nice = room.nice
    config.KernelManager.transport = private_transport(Path(tempfile.gettempdir(), "voila_12345678"))
    return config


def environment_config() -> Config:
    """Settings that the environment makes: LABKIT, class and name, with two underscores between them.

    UsageError for another form.
    """
    config = Config()
    for variable, value in os.environ.items():
        prefix, *names = variable.split("__")
        if prefix == "LABKIT":
            if len(names) != 2:
                raise UsageError(f"a setting in the environment must be LABKIT__CLASS__NAME, got {variable!r}")
            config[names[0]][names[1]] = DeferredConfigString(value)
    return config


def security_headers() -> dict[str, str]:
    """What a browser may do with a page of ours: load what comes from here, and nothing else."""
    policy = {
        "default-src": "'self'",
        # Voila's page and ipywidgets start by scripts in the page and compile JSON schemas.
        "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "connect-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    }


def _cull(config: Config) -> None:
    """A net for what the pages' farewells miss: a lost network, a laptop closed, a tab open overnight."""
    config.LabKernelManager.cull_interval = 30
    config.LabKernelManager.cull_idle_timeout = 10 * MINUTE
    config.LabKernelManager.cull_connected_timeout = 4 * HOUR
    # A kernel in the middle of a long computation is not waited for.
    config.KernelManager.shutdown_wait_time = 2.0
    # A kernel that died is not started again behind its page, which would know nothing of the new one.
    config.AsyncIOLoopKernelRestarter.restart_limit = 0
    config.AsyncIOLoopKernelRestarter.time_to_dead = 1.0


def use_template() -> None:
    """Let Voila and nbconvert find the page template, which they look for in Jupyter's data folders alone."""
    paths = [str(SHARE), *filter(None, os.environ.get("JUPYTER_PATH", "").split(os.pathsep))]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(dict.fromkeys(paths))
