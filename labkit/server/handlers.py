"""What the dashboards' server answers: the front page, each lab, its health, and plain words when something fails."""

import asyncio
import json
import os
import random
from collections.abc import Awaitable, Mapping
from math import ceil
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.login import LoginFormHandler
from jupyter_server.base.handlers import FileFindHandler, JupyterHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from tornado.web import HTTPError, authenticated
from voila.static_file_handler import MultiStaticFileHandler, TemplateStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler

from labkit import __version__
from labkit.server.identity import LabIdentityProvider
from labkit.server.kernels import LabKernelManager
from labkit.server.pages import TEMPLATES

WORDS = {
    403: "This server does not allow that.",
    404: "There is no such page.",
    429: "Too many tries. Wait for a moment.",
    503: "The lab is full. This page tries again by itself in a moment.",
}
RETRY = 8, 16
"""Seconds, from and to, after which a visitor for whom there was no place tries again: not all at once."""


class PlainErrors:
    """Error pages in words, without paths, tracebacks or the reason's inner wording."""

    def _request_summary(self: Any) -> str:
        """What Tornado's own log says of a request, without its query, which may hold a token."""
        return f"{self.request.method} {self.request.path} ({self.request.remote_ip})"

    def write_error(self: Any, status_code: int, **_: Any) -> None:
        """Say what happened, and where the labs are."""
        words = WORDS.get(status_code, "Something went wrong on the server.")
        retry = random.randint(*RETRY) if status_code == 503 else 0
        if retry:
            self.set_header("Retry-After", retry)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        template = TEMPLATES.get_template("message.html")
        base_url = self.settings["base_url"]
        self.finish(template.render(status=status_code, words=words, base_url=base_url, retry=retry))


class Cleaned:
    """Pages whose address does not keep the token that opened them."""

    async def prepare(self: Any) -> None:
        """Go on to the same address without it; the cookie that came for it stands for it from now on."""
        await super().prepare()  # type: ignore[misc]
        if self.current_user and self.request.method == "GET" and "token" in self.request.query_arguments:
            pairs = parse_qsl(self.request.query, keep_blank_values=True)
            rest = urlencode([pair for pair in pairs if pair[0] != "token"])
            self.redirect(self.request.path + ("?" + rest) * bool(rest))


class LoginHandler(PlainErrors, LoginFormHandler):
    """The way in, for those who have a token or a password and no link with it."""

    _turn = asyncio.Lock()

    @allow_unauthenticated
    async def post(self) -> None:
        """Let in who knows it, one after the other: so each wrong try of many at once counts before the next."""
        provider = cast("LabIdentityProvider", self.identity_provider)
        wrong = provider.tries(self)
        async with self._turn:
            if wait := wrong.wait(0):
                self._refuse(ceil(wait))
                return
            user = await provider.process_login_form(self)
            if user is None:
                wrong.wait()
        if user is None:
            self.set_status(401)
            self._form("login.html", wrong=True)
            return
        self.current_user = user
        self.identity_provider.set_login_cookie(self, user)
        self._redirect_safe(self.get_argument("next", default=self.base_url))  # type: ignore[no-untyped-call]

    def write_error(self, status_code: int, **said: Any) -> None:
        """Offer the form again to who sent it without the cookie that came with it."""
        if status_code == 403 and self.request.method == "POST":
            self._form("login.html", stale=True)
            self.finish()
        else:
            super().write_error(status_code, **said)

    def _refuse(self, seconds: int) -> None:
        self.set_status(429)
        self.set_header("Retry-After", seconds)
        self._form("late.html", seconds=seconds)

    def _render(self, message: Any = None) -> None:
        self._form("login.html")

    def _form(self, name: str, **said: Any) -> None:
        provider = cast("LabIdentityProvider", self.identity_provider)
        word = "password" if provider.hashed_password else "token"
        self.write(TEMPLATES.get_template(name).render(word=word, xsrf=self.xsrf_form_html(), **said))


class FrontPageHandler(Cleaned, PlainErrors, JupyterHandler):  # type: ignore[misc]
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


class HealthHandler(JupyterHandler):
    """How the server is, for those who watch over it: programs, which get JSON and are led to no form."""

    @allow_unauthenticated
    def get(self) -> None:
        """Answer in JSON; to who may not come in, that the server is there, and nothing else."""
        if not self.current_user:
            self.set_status(401)
            self._say({"status": "unauthorized"})
            return
        manager = cast("LabKernelManager", self.kernel_manager)
        counts = {"visitors": manager.visitors, "kernels": manager.taken, "most": manager.max_kernels or None,
                  "refused": manager.refused}  # fmt: skip
        self._say({"status": "full" if manager.full else "ok", "version": __version__, **counts})

    def write_error(self, status_code: int, **_: Any) -> None:
        """Say what happened, in JSON too."""
        self._say({"status": WORDS.get(status_code, "Something went wrong on the server.")})

    def _say(self, said: Mapping[str, Any]) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(said))


class LabHandler(Cleaned, PlainErrors, TornadoVoilaHandler):  # type: ignore[misc]
    """One lab, on a kernel of its visitor's own."""

    @authenticated
    async def get(self, path: str) -> None:
        """Send the page, or say that there is no place."""
        # A page from elsewhere may lead here; as its picture or its frame a lab would only take a place.
        fetched = self.request.headers.get
        if fetched("Sec-Fetch-Site") == "cross-site" and fetched("Sec-Fetch-Dest") != "document":
            raise HTTPError(403)
        if not await self.kernel_manager.wait_for_room():
            raise HTTPError(503)
        page = await self.settings["labkit_rendered"].page(path)
        if page is None:
            await super().get(path)
            return
        env = {**os.environ, "QUERY_STRING": self.request.query}
        kernel_id = await self.kernel_manager.start_kernel(
            kernel_name=page.kernel_name, path="", env=env, extra_arguments=list(page.arguments)
        )
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(page.of(kernel_id))

    async def prepare(self) -> None:
        """Give the page its XSRF cookie.

        Stock Voila never sets it, so that the page's farewell, which ends its kernel, is refused.
        """
        await super().prepare()
        _ = self.xsrf_token


class LookHandler(PlainErrors, KernelHandler):
    """Whether a kernel lives. A page ends its own by its farewell; here nothing is changed."""

    SUPPORTED_METHODS = ("GET", "HEAD")

    async def get(self, kernel_id: str) -> None:
        """Note that a page has come for it."""
        await cast(Awaitable[None], super().get(kernel_id))
        cast("LabKernelManager", self.kernel_manager).lines_of(kernel_id).asked = True

    @property
    def quiet(self) -> bool:
        """Whether a page has learned that its kernel has died, which was told when it did."""
        return self.get_status() == 404

    def log_exception(self, *error: Any) -> None:
        """Tell of anything else."""
        if getattr(error[1], "status_code", 500) != 404:
            super().log_exception(*error)


class TemplateFilesHandler(PlainErrors, TemplateStaticFileHandler):  # type: ignore[misc]
    """The page template's files."""

    async def get(self, path: str, include_body: bool = True) -> None:
        """Voila takes a path apart before it looks whether it leads out, and stumbles."""
        if ".." in path.split("/"):
            raise HTTPError(404)
        await super().get(path, include_body)


class StaticFilesHandler(PlainErrors, MultiStaticFileHandler):  # type: ignore[misc]
    """The page's scripts, fonts and styles."""

    def set_default_headers(self) -> None:
        """What a browser may do with them; Tornado's own handler of files sets nothing."""
        for name, value in self.settings["headers"].items():
            self.set_header(name, value)


class ExtensionFilesHandler(PlainErrors, FileFindHandler):
    """The files of the page's own extensions; the stock error page needs files that Voila does not serve."""


class NotFoundHandler(PlainErrors, JupyterHandler):
    """Everything that is not served."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Say so."""
        await super().prepare()
        raise HTTPError(404)
