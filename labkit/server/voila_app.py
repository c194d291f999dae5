"""The dashboards' server: Voila, standalone, with labkit's pages and nothing else."""

import logging
import re
import shutil
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
from jupyter_core.paths import jupyter_config_path, jupyter_path
from jupyter_core.utils import run_sync
from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyter_server.utils import url_path_join
from jupyterlab_server.themes_handler import ThemesHandler
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from traitlets import default
from voila.app import Voila
from voila.request_info_handler import RequestInfoSocketHandler
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.static_file_handler import MultiStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from labkit.server.address import port_of
from labkit.server.connection import NoDelayConnection
from labkit.server.handlers import (
    ExtensionFilesHandler,
    FrontPageHandler,
    HealthHandler,
    LabHandler,
    LabWebsocketHandler,
    NotFoundHandler,
    TemplateFilesHandler,
    ThumbnailHandler,
)
from labkit.server.logs import keep_plain
from labkit.server.pages import LabPage
from labkit.server.settings import TEMPLATE, dashboard_config, use_template

# Of Voila's handlers these stay as they are. Named by what stays: what a later Voila adds is closed until looked at.
KEPT = (KernelHandler, MultiStaticFileHandler, ThemesHandler, VoilaShutdownKernelHandler, RequestInfoSocketHandler)
# These are replaced by labkit's own.
REPLACED = {
    FileFindHandler: ExtensionFilesHandler,
    TornadoVoilaHandler: LabHandler,
    VoilaKernelWebsocketHandler: LabWebsocketHandler,
}


class LabkitVoila(Voila):  # type: ignore[misc]
    """Voila with a front page, labkit's template, and no files."""

    name = "voila"  # Voila looks its own settings up by this name
    pages: Sequence[LabPage] = ()
    listening: socket.socket
    ready: Callable[[], None] = staticmethod(lambda: None)

    @default("log_level")
    def _warnings_only(self) -> int:
        return logging.WARNING

    @default("config_file_paths")
    def _not_the_current_folder(self) -> list[str]:
        return list(jupyter_config_path())

    @default("kernel_websocket_connection_class")
    def _no_delay(self) -> type[NoDelayConnection]:
        return NoDelayConnection

    @property
    def data_dir(self) -> str:
        """Voila's own data; it takes the first folder of that name, which may hold labkit's template alone."""
        folders = [Path(folder) for folder in jupyter_path("voila")]
        return str(next((folder for folder in folders if (folder / "themes").is_dir()), super().data_dir))

    def load_config_file(self, filename: str, path: Any = None) -> None:
        """Read labkit's configuration, not that of another Voila on this machine."""
        super().load_config_file("labkit_config", path=path)

    def initialize(self, argv: list[str] | None = None) -> None:
        """Set the server up; from here on both signals stop it cleanly."""
        self.ioloop = IOLoop.current()
        super().initialize(argv)
        signal.signal(signal.SIGINT, self._handle_signal_stop)

    def setup_template_dirs(self) -> None:
        """Find labkit's template beside the stock ones that it extends."""
        use_template()
        super().setup_template_dirs()

    def init_settings(self) -> dict[str, Any]:
        """Voila's settings, and what labkit's handlers read."""
        settings = super().init_settings()
        notary = self.contents_manager.notary
        for page in self.pages:
            text = Path(self.root_dir, page.notebook).read_text(encoding="utf-8")
            notary.sign(nbformat.reads(text, as_version=4))  # type: ignore[no-untyped-call]
        return {
            **settings,
            "default_handler_class": NotFoundHandler,
            "labkit_pages": tuple(self.pages),
        }

    def init_handlers(self) -> list[Any]:
        """Labkit's pages, and from Voila only what they need."""
        stock = [self._adapt(*handler) for handler in super().init_handlers()]
        kept = [handler for handler in stock if handler[1] in (*KEPT, *REPLACED.values())]
        keys = "|".join(re.escape(page.key) for page in self.pages)
        own = [
            (self._route("/"), FrontPageHandler),
            (self._route(rf"/thumbnails/({keys})\.png"), ThumbnailHandler),
            (self._route("/health"), HealthHandler),
            (self._route(f"/voila/templates/({TEMPLATE}/static/.+)"), TemplateFilesHandler),
        ]
        return [*own, *kept, *self.identity_provider.get_handlers()]

    def _route(self, pattern: str) -> str:
        return str(url_path_join(self.server_url, pattern))

    def _adapt(self, pattern: str, kind: type, *arguments: Any) -> tuple[Any, ...]:
        """Put labkit's own handler in the place of Voila's."""
        if kind is TornadoVoilaHandler:
            pattern = self._route(f"/voila/render/({'|'.join(re.escape(page.notebook) for page in self.pages)})")
        return (pattern, REPLACED.get(kind, kind), *arguments)

    def listen(self) -> None:
        """Serve on the socket that is already bound, until a signal comes."""
        server = HTTPServer(self.app)
        server.add_socket(self.listening)
        self.ready()
        try:
            self.ioloop.start()
        finally:
            server.stop()
            self.stop()

    def stop(self) -> None:
        """End every kernel, then remove the files of their connections."""
        run_sync(self.kernel_manager.shutdown_all)()
        shutil.rmtree(self.connection_dir, ignore_errors=True)


def serve(
    pages: Sequence[LabPage],
    folder: Path,
    listening: socket.socket,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve `pages`, whose notebooks lie in `folder`, until SIGINT or SIGTERM; `ready` is called once it answers."""
    app = LabkitVoila.instance(config=dashboard_config(pages), root_dir=str(folder), open_browser=False)
    keep_plain()
    app.pages, app.listening, app.ready = tuple(pages), listening, ready
    app.port = port_of(listening)
    app.initialize(argv=[])
    app.start()
