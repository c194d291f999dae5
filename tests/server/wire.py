"""What browsers and scripts do with a server, for tests."""

import asyncio
import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import Message
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlsplit

SUBPROTOCOL = "v1.kernel.websocket.jupyter.org"

CLASS = """
import sys
from pathlib import Path
from labkit.server.address import bind, port_of, url
from labkit.server.classroom import Room
from labkit.server.pages import LabPage
from labkit.server.voila_app import serve
listening = bind("127.0.0.1", 0)
pages = [LabPage("stub", "A stub", "What is it?")]
serve(pages, Path(sys.argv[1]), listening, lambda: print(url("127.0.0.1", port_of(listening)), flush=True), {arguments})
"""


def with_arguments(arguments: str) -> str:
    """What starts a server of the stub with these."""
    return CLASS.replace("{arguments}", arguments)


@dataclass
class Answer:
    status: int
    text: str
    headers: Message
    url: str
    """Where it comes from in the end."""


def ask(browser: urllib.request.OpenerDirector, url: str, **more: Any) -> Answer:
    """An answer, whatever its status is."""
    request = urllib.request.Request(url, **more)
    try:
        reply = browser.open(request, timeout=60)
    except urllib.error.HTTPError as error:
        reply = error
    with reply:
        return Answer(reply.status, reply.read().decode(), reply.headers, reply.url)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def staying() -> urllib.request.OpenerDirector:
    """A browser that is sent nowhere: the answer itself, not that of where it leads."""
    return urllib.request.build_opener(_Stay())


class Browser:
    """Keeps cookies and goes where it is sent."""

    def __init__(self, *more: urllib.request.BaseHandler) -> None:
        self.jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), *more)

    def ask(self, url: str, **more: Any) -> Answer:
        return ask(self._opener, url, **more)

    def type(self, url: str, typed: str, **more: str) -> Answer:
        """Send a token or a password with the form at this address."""
        if not self.xsrf:
            self.ask(url)
        said = {"password": typed, "_xsrf": self.xsrf, **more}
        return self.ask(url, data=urllib.parse.urlencode(said).encode())

    @property
    def xsrf(self) -> str:
        """What forms and farewells are signed with."""
        return next((cookie.value or "" for cookie in self.jar if cookie.name == "_xsrf"), "")


def kernel_in(page: str) -> str:
    """The id of the kernel that a page was given."""
    found = re.search(r'"kernelId": "([0-9a-f-]+)"', page)
    assert found, page
    return found[1]


def wait_until(fact: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def visit(server: Any) -> tuple[str, int]:
    """Open the stub; its kernel's id and process id."""
    text = server.get("voila/render/stub.ipynb").text
    pid = re.search(r"kernel (\d+) threads", text)
    assert pid
    return kernel_in(text), int(pid[1])


def channels(server: Any, kernel: str) -> str:
    return f"ws://{urlsplit(server.url).netloc}/api/kernels/{kernel}/channels?session_id=test"


def frame(kind: str, content: Any, channel: bytes = b"shell", header: bytes | None = None) -> bytes:
    """A message as a page sends it: number of parts, where they lie, the parts."""
    head = json.dumps({"msg_id": "a", "msg_type": kind}).encode() if header is None else header
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    parts = [channel, head, b"{}", b"{}", body]
    start = 8 * (len(parts) + 2)
    ends = [start]
    for part in parts:
        ends.append(ends[-1] + len(part))
    return b"".join(number.to_bytes(8, "little") for number in (len(ends), *ends)) + b"".join(parts)


UPDATE = {"comm_id": "a", "data": {"method": "update", "state": {"value": 1}, "buffer_paths": []}}


def alone(coroutine: Any) -> Any:
    """Playwright keeps a loop running in the thread of its tests."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, coroutine).result()
