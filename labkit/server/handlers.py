"""What the dashboards' server answers: the front page, each lab, its health, and plain words when something fails."""

import json
from typing import Any

import jinja2
from jupyter_server.base.handlers import FileFindHandler, JupyterHandler
from tornado.web import HTTPError, authenticated
from voila.static_file_handler import TemplateStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from labkit import __version__

TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("labkit.server", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)

# Clients of the older protocol get binary messages that Voila's own handler reads as the newer one's: the counts in
# them are then some 10**18, and the server stands still for everyone.
SUBPROTOCOL = "v1.kernel.websocket.jupyter.org"

WORDS = {
    403: "This server does not allow that.",
    404: "There is no such page.",
    503: "The lab is not ready. Try again in a minute.",
}


class PlainErrors:
    """Error pages in words, without paths, tracebacks or the reason's inner wording."""

    def write_error(self: Any, status_code: int, **_: Any) -> None:
        """Say what happened, and where the labs are."""
        words = WORDS.get(status_code, "Something went wrong on the server.")
        base_url = self.settings["base_url"]
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(TEMPLATES.get_template("message.html").render(status=status_code, words=words, base_url=base_url))


class FrontPageHandler(PlainErrors, JupyterHandler):
    """Every lab, with its question."""

    @authenticated
    def get(self) -> None:
        """Render the page."""
        self.finish(TEMPLATES.get_template("front.html").render(pages=self.settings["labkit_pages"]))


class ThumbnailHandler(PlainErrors, JupyterHandler):
    """A lab's small picture; its route names the keys that there are."""

    @authenticated
    def get(self, key: str) -> None:
        """Send the picture."""
        page = next(page for page in self.settings["labkit_pages"] if page.key == key)
        if not page.thumbnail.is_file():
            raise HTTPError(404)
        self.set_header("Content-Type", "image/png")
        self.set_header("Cache-Control", "private, max-age=3600")
        self.finish(page.thumbnail.read_bytes())


class HealthHandler(PlainErrors, JupyterHandler):
    """How the server is, for those who watch over it."""

    @authenticated
    def get(self) -> None:
        """Answer in JSON."""
        self.set_header("Content-Type", "application/json")
        kernels = len(self.kernel_manager.list_kernel_ids())
        self.finish(json.dumps({"status": "ok", "version": __version__, "kernels": kernels}))


class LabHandler(PlainErrors, TornadoVoilaHandler):  # type: ignore[misc]
    """One lab, on a kernel of its visitor's own."""

    async def prepare(self) -> None:
        """Give the page its XSRF cookie.

        Stock Voila never sets it, so that the page's farewell, which ends its kernel, is refused.
        """
        await super().prepare()
        _ = self.xsrf_token


class LabWebsocketHandler(VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """A page's line to its kernel, for clients that speak the current protocol."""

    async def get(self, kernel_id: str) -> None:
        """Refuse the handshake of a client that does not ask for the protocol."""
        asked = self.request.headers.get("Sec-WebSocket-Protocol", "")
        if SUBPROTOCOL not in [name.strip() for name in asked.split(",")]:
            raise HTTPError(400, f"the WebSocket must ask for the subprotocol {SUBPROTOCOL}")
        await super().get(kernel_id=kernel_id)


class TemplateFilesHandler(PlainErrors, TemplateStaticFileHandler):  # type: ignore[misc]
    """The page template's files."""

    async def get(self, path: str, include_body: bool = True) -> None:
        """Voila takes a path apart before it looks whether it leads out, and stumbles."""
        if ".." in path.split("/"):
            raise HTTPError(404)
        await super().get(path, include_body)


class ExtensionFilesHandler(PlainErrors, FileFindHandler):
    """The files of the page's own extensions; the stock error page needs files that Voila does not serve."""


class NotFoundHandler(PlainErrors, JupyterHandler):
    """Everything that is not served."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Say so."""
        await super().prepare()
        raise HTTPError(404)
