"""The dashboards' server: Voila, standalone, with labkit's pages and nothing else."""

import logging
import os
import re
import shutil
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
from jupyter_core.paths import jupyter_config_path, jupyter_path
from jupyter_core.utils import run_sync
from jupyter_server.auth.security import passwd
from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyter_server.utils import url_path_join
from jupyterlab_server.themes_handler import ThemesHandler
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from traitlets import Float, TraitError, default, validate
from traitlets.config import Config
from voila.app import Voila
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.static_file_handler import MultiStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from labkit.nn.environment import MEMORY, SECONDS, read_limit
from labkit.server import forked
from labkit.server.address import BaseUrl, base_url, port_of
from labkit.server.checked import check_settings
from labkit.server.classroom import Room
from labkit.server.connection import NoDelayConnection
from labkit.server.errors import UsageError
from labkit.server.gate import MOST_BYTES
from labkit.server.handlers import (
    ExtensionFilesHandler,
    FrontPageHandler,
    HealthHandler,
    LabHandler,
    LoginHandler,
    LookHandler,
    NotFoundHandler,
    StaticFilesHandler,
    TemplateFilesHandler,
    ThumbnailHandler,
)
from labkit.server.identity import LabIdentityProvider, cookie_secret
from labkit.server.lines import LabWebsocketHandler
from labkit.server.logs import keep_plain, log_visit
from labkit.server.pages import LabPage
from labkit.server.rendering import RenderedPages
from labkit.server.settings import TEMPLATE, dashboard_config, environment_config, security_headers, use_template

# Of Voila's handlers these stay as they are. Named by what stays: what a later Voila adds is closed until looked at.
KEPT = (ThemesHandler, VoilaShutdownKernelHandler)
# These are replaced by labkit's own.
REPLACED = {
    FileFindHandler: ExtensionFilesHandler,
    KernelHandler: LookHandler,
    MultiStaticFileHandler: StaticFilesHandler,
    TornadoVoilaHandler: LabHandler,
    VoilaKernelWebsocketHandler: LabWebsocketHandler,
}


class LabkitVoila(Voila):  # type: ignore[misc]
    """Voila with a front page, labkit's template, and no files."""

    name = "voila"  # Voila looks its own settings up by this name
    pages: Sequence[LabPage] = ()
    listening: socket.socket
    password = ""
    room = Room()
    secure = False  # whether browsers come by TLS alone, through a proxy
    ready: Callable[[], None] = staticmethod(lambda: None)
    headers: Mapping[str, str] = security_headers()
    slow_seconds = Float(60.0, config=True, help="Seconds in which a request is said, or its connection is closed.")

    @default("log_level")
    def _warnings_only(self) -> int:
        return logging.WARNING

    @default("config_file_paths")
    def _not_the_current_folder(self) -> list[str]:
        return list(jupyter_config_path())

    @default("kernel_websocket_connection_class")
    def _no_delay(self) -> type[NoDelayConnection]:
        return NoDelayConnection

    @default("identity_provider_class")
    def _timed_alike(self) -> type[LabIdentityProvider]:
        return LabIdentityProvider

    @default("cookie_secret")
    def _of_the_way_in(self) -> bytes:
        """A restart leaves those in who came in, unless the token or the password is another."""
        # A password itself where it is known: its hash has another salt after every start.
        password = self.password or getattr(self.identity_provider, "hashed_password", "")
        return cookie_secret(self.token or "", password) if self.token or password else os.urandom(32)

    @validate("base_url")
    def _between_slashes(self, proposal: Any) -> str:
        try:
            return base_url(proposal["value"]).path
        except ValueError as error:
            raise TraitError(f"Voila.base_url {error}") from None

    @property
    def data_dir(self) -> str:
        """Voila's own data; it takes the first folder of that name, which may hold labkit's template alone."""
        folders = [Path(folder) for folder in jupyter_path("voila")]
        return str(next((folder for folder in folders if (folder / "themes").is_dir()), super().data_dir))

    def load_config_file(self, filename: str, path: Any = None) -> None:
        """Read labkit's configuration, not that of another Voila on this machine; the environment's wins."""
        config = Config()
        try:
            for found, _ in self._load_config_files("labkit_config", path, self.log, raise_config_file_errors=True):
                config.merge(found)
        except Exception as error:  # whatever a file of Python may raise
            said = f"{type(error).__name__}: {error}"
            raise UsageError(f"labkit_config must be a file that can be read, got {said}") from None
        config.merge(self.cli_config)
        config.merge(environment_config())
        check_settings(config)
        self.update_config(config)

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
        self.room = self._room_in_force()
        self.rendered = RenderedPages(self, {page.notebook: page.key for page in self.pages})
        notary = self.contents_manager.notary
        for page in self.pages:
            text = Path(self.root_dir, page.notebook).read_text(encoding="utf-8")
            notary.sign(nbformat.reads(text, as_version=4))  # type: ignore[no-untyped-call]
        return {
            **settings,
            "default_handler_class": NotFoundHandler,
            "labkit_pages": tuple(self.pages),
            "labkit_rendered": self.rendered,
            "headers": dict(self.headers),
            # Not for what else a host serves beside the path.
            "xsrf_cookie_kwargs": {"path": self.base_url, "secure": self.secure, "samesite": "Lax"},
            "log_function": log_visit,
            "websocket_max_message_size": MOST_BYTES,
            "max_body_size": MOST_BYTES,
        }

    def _room_in_force(self) -> Room:
        """What visitors may have: settings win over what the class asks for, and the environment over both."""
        manager = self.kernel_manager
        said = {MEMORY: manager.memory_mib, SECONDS: manager.seconds, **os.environ}
        try:
            return Room(manager.max_kernels, read_limit(MEMORY, said[MEMORY]), read_limit(SECONDS, said[SECONDS]))
        except ValueError as error:
            raise UsageError(str(error)) from None

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
        return [*own, *self._way_in(), *kept]

    def _way_in(self) -> list[Any]:
        """Labkit's form, or what another provider of identities, as a hub's, needs instead."""
        if isinstance(self.identity_provider, LabIdentityProvider):
            return [(self._route("/login"), LoginHandler)]
        return [(self._route(pattern), *rest) for pattern, *rest in self.identity_provider.get_handlers()]

    def _route(self, pattern: str) -> str:
        return str(url_path_join(self.server_url, pattern))

    def _adapt(self, pattern: str, kind: type, *arguments: Any) -> tuple[Any, ...]:
        """Put labkit's own handler in the place of Voila's."""
        if kind is TornadoVoilaHandler:
            pattern = self._route(f"/voila/render/({'|'.join(re.escape(page.notebook) for page in self.pages)})")
        return (pattern, REPLACED.get(kind, kind), *arguments)

    def listen(self) -> None:
        """Serve on the socket that is already bound, until a signal comes."""
        _allow_many_files()
        slow = self.slow_seconds
        server = HTTPServer(self.app, max_body_size=MOST_BYTES, idle_connection_timeout=slow, body_timeout=slow)
        server.add_socket(self.listening)
        if forked.wanted():
            nursery = forked.Nursery.instance()
            nursery.labs = [page.key for page in self.pages]
            nursery.open()  # before anybody comes
        self.ready()
        self.ioloop.add_callback(self.rendered.prepare)
        try:
            self.ioloop.start()
        finally:
            server.stop()
            self.stop()

    def stop(self) -> None:
        """End every kernel and what they were forked from, then remove the files of their connections."""
        run_sync(self.kernel_manager.shutdown_all)()
        forked.Nursery.instance().close()
        shutil.rmtree(self.connection_dir, ignore_errors=True)


def _allow_many_files() -> None:
    """A kernel and its page have some fifteen; the usual limit is 1024."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # which Windows lacks

        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def application(
    pages: Sequence[LabPage],
    folder: Path,
    listening: socket.socket,
    room: Room = Room(),  # noqa: B008
    password: str = "",
    base: BaseUrl | None = None,
) -> LabkitVoila:
    """A server for `pages`, whose notebooks lie in `folder`, with its settings read; `start` serves.

    `base` is where people find it, if not where the settings say.
    """
    config = dashboard_config(pages, room)
    if password:
        config.PasswordIdentityProvider.hashed_password = passwd(password)  # type: ignore[no-untyped-call]
    if base and base.secure:
        config.IdentityProvider.secure_cookie = True
    app: LabkitVoila = LabkitVoila.instance(config=config, root_dir=str(folder), open_browser=False)
    keep_plain()
    app.pages, app.listening, app.port = tuple(pages), listening, port_of(listening)
    app.secure, app.password = bool(base and base.secure), password
    try:
        app.initialize([f"--Voila.base_url={base.path}"] if base else [])
    except TraitError as error:  # a value of the right kind that is not allowed
        raise UsageError(str(error)) from None
    return app


def serve(
    pages: Sequence[LabPage],
    folder: Path,
    listening: socket.socket,
    ready: Callable[[], None] = lambda: None,
    room: Room = Room(),  # noqa: B008
    token: str = "",
    password: str = "",
) -> None:
    """Serve `pages` until SIGINT or SIGTERM; `ready` is called once it answers.

    Where there is a token or a password, only those who know it come in.
    """
    app = application(pages, folder, listening, room, password)
    app.token, app.ready = token, ready
    app.start()
