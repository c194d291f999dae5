"""The dashboards' settings: what differs from stock Voila, in one place.

Any of them can be set in `labkit_config.py` or `labkit_config.json` in a Jupyter configuration folder
(`jupyter --paths` lists them), under the same names.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from nbformat.sign import MemorySignatureStore
from traitlets.config import Config

from labkit.labs.contents import following
from labkit.server.kernels import LabKernelManager, private_transport
from labkit.server.pages import LabPage

TEMPLATE = "labkit"
SHARE = Path(__file__).parent / "share" / "jupyter"
# Only what the pages use: every further extension that happens to be installed would load in each of them.
EXTENSIONS = ["@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager"]

MINUTE = 60
HOUR = 60 * MINUTE


def dashboard_config(pages: Sequence[LabPage]) -> Config:
    """Settings of the server that shows `pages`."""
    config = Config()
    voila = config.VoilaConfiguration
    voila.template = TEMPLATE
    voila.allow_template_override = "NO"
    voila.allow_theme_override = "NO"
    voila.extension_allowlist = EXTENSIONS
    voila.file_allowlist = []
    voila.multi_kernel_manager_class = LabKernelManager
    config.LabKernelManager.memory_mib = "512"  # what one network of a visitor may need
    after = {key: (page.notebook, page.title) for key, page in following(pages).items()}
    voila.resources = {"labkit": {"titles": {page.key: page.title for page in pages}, "following": after}}
    config.VoilaExecutor.cell_error_instruction = "Load the page again; if it stays, tell who runs the server."
    _cull(config)
    # The notebooks are labkit's own: no register of trusted ones in the user's folders.
    config.NotebookNotary.store_factory = MemorySignatureStore
    config.NotebookNotary.secret = os.urandom(32)
    config.KernelManager.transport = private_transport(Path(tempfile.gettempdir(), "voila_12345678"))
    return config


def _cull(config: Config) -> None:
    """A net for what the pages' farewells miss: a lost network, a laptop closed, a tab open overnight."""
    config.LabKernelManager.cull_interval = 30
    config.LabKernelManager.cull_idle_timeout = 10 * MINUTE
    config.LabKernelManager.cull_connected_timeout = 4 * HOUR
    # A kernel in the middle of a long computation is not waited for.
    config.KernelManager.shutdown_wait_time = 2.0


def use_template() -> None:
    """Let Voila and nbconvert find the page template, which they look for in Jupyter's data folders alone."""
    paths = [str(SHARE), *filter(None, os.environ.get("JUPYTER_PATH", "").split(os.pathsep))]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(dict.fromkeys(paths))
