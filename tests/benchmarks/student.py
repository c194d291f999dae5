"""A simulated student: what a browser sends and hears, over a real WebSocket, without drawing any of it."""

import asyncio
import json
import re
import ssl
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.server.wire import SUBPROTOCOL

PATIENCE = 120.0
"""Seconds after which an answer that has not come is an error."""


class StudentError(Exception):
    """What a student saw instead of the lab."""


@dataclass
class Student:
    """One visitor of the server at `url` (with its closing slash); `headers` go with every request."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    """For an https address whose certificate no authority has signed."""
    kernel: str = ""
    comm: str = ""
    """By which it asks for the states of all widgets."""
    page: str = ""
    """The HTML as it came."""
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    _socket: ClientConnection | None = None
    _listening: asyncio.Task[None] | None = None
    _waiting: dict[str, "Answer"] = field(default_factory=dict)
    _session: Session = field(default_factory=lambda: Session(key=b""))

    async def __aenter__(self) -> "Student":
        return self

    async def __aexit__(self, *_: object) -> None:
        with suppress(OSError, WebSocketException, HTTPClientError):  # the server may be gone
            await self.close()

    async def open(self, lab: str, query: str = "") -> float:
        """Open the page of `lab`; seconds until page, WebSocket and the states of all widgets are there."""
        begun = time.perf_counter()
        self.page = await self.get(f"voila/render/{lab}.ipynb" + ("?" + query) * bool(query))
        found = re.search(r'"kernelId": "([0-9a-f-]+)"', self.page)
        if not found:
            raise StudentError(f"the page has no kernel: {re.sub('<[^>]*>', ' ', self.page)[:200]}")
        self.kernel = found[1]
        await self.join()
        return time.perf_counter() - begun

    async def join(self) -> None:
        """Connect to the kernel, or connect again, and ask for the states of all widgets."""
        if self._listening is not None:
            await self._listening  # to the end of a line that was lost
        split = urlsplit(self.url)
        address = f"{'wss' if split.scheme == 'https' else 'ws'}://{split.netloc}{split.path}api/kernels/{self.kernel}"
        self._socket = await connect(
            f"{address}/channels?session_id={self._session.session}", subprotocols=[SUBPROTOCOL],
            additional_headers=self._with_cookies(), max_size=None, open_timeout=PATIENCE, ping_interval=None,
            ssl=self.tls,
        )  # fmt: skip
        self._listening = asyncio.create_task(self._listen())
        self.comm = uuid.uuid4().hex
        await self.send("comm_open", comm_id=self.comm, target_name="jupyter.widget.control", data={},
                        metadata={"version": "1.0.0"})  # fmt: skip
        answer = await self.ask("comm_msg", comm_id=self.comm, data={"method": "request_states"})
        states = [m for m in answer.messages if m["content"].get("data", {}).get("method") == "update_states"]
        if not states:
            raise StudentError("the kernel told nothing of its widgets")
        self.models = states[0]["content"]["data"]["states"]

    async def stop_reading(self) -> None:
        """Take nothing more off the line, which stays."""
        assert self._listening is not None
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening

    def cut(self) -> None:
        """Lose the line, as a network does: without a farewell."""
        assert self._socket is not None
        self._socket.transport.abort()

    async def get(self, path: str) -> str:
        """The text of a page; StudentError for any other answer."""
        client = AsyncHTTPClient(max_clients=1000)
        request = HTTPRequest(
            self.url + path, headers=self._with_cookies(), request_timeout=PATIENCE, connect_timeout=PATIENCE,
            ssl_options=self.tls,
        )  # fmt: skip
        reply = await client.fetch(request, raise_error=False)
        for header in reply.headers.get_list("Set-Cookie"):
            self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(header).items()})
        if reply.code != 200:
            raise StudentError(f"{reply.code} {reply.reason} for {path}")
        return reply.body.decode()

    def _with_cookies(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {**self.headers, **({"Cookie": cookies} if cookies else {})}

    def find(self, description: str) -> tuple[str, dict[str, Any]]:
        """The id and state of the control that a reader knows as `description`."""
        for model, each in self.models.items():
            if each["state"].get("description") == description:
                return model, each["state"]
        raise StudentError(f"there is no control {description!r}")

    async def move(self, model: str, **state: Any) -> "Answer":
        """Set traits of a widget as its view does; returns when the kernel is idle again."""
        return await self.ask("comm_msg", comm_id=model, data={"method": "update", "state": state, "buffer_paths": []})

    async def send(self, kind: str, **content: Any) -> str:
        """Send a message on the shell channel; its id."""
        assert self._socket is not None
        metadata = content.pop("metadata", {})
        message = self._session.msg(kind, content, metadata=metadata)
        await self._socket.send(serialize_msg_to_ws_v1(message, "shell", self._session.pack))
        return str(message["header"]["msg_id"])

    async def ask(self, kind: str, **content: Any) -> "Answer":
        """Send a message and wait until the kernel has dealt with it."""
        answer = Answer()
        self._waiting[await self.send(kind, **content)] = answer
        async with asyncio.timeout(PATIENCE):
            await answer.idle.wait()
        if answer.lost:
            raise StudentError("the connection was lost")
        return answer

    async def _listen(self) -> None:
        assert self._socket is not None
        try:
            async for data in self._socket:
                if isinstance(data, bytes):
                    self._hear(data)
        except (OSError, ConnectionClosed):
            pass
        finally:
            for answer in self._waiting.values():
                answer.lost = True
                answer.idle.set()

    def _hear(self, data: bytes) -> None:
        _, parts = deserialize_msg_from_ws_v1(data)
        parent = json.loads(parts[1]).get("msg_id")
        answer = self._waiting.get(parent)
        if answer is None:
            return
        kind, content = json.loads(parts[0])["msg_type"], json.loads(parts[3])
        if kind == "status" and content["execution_state"] == "idle":
            del self._waiting[parent]
            answer.idle.set()
        elif kind != "status":
            answer.messages.append({"kind": kind, "content": content})
            if self._is_picture(kind, content):
                answer.pictured = time.perf_counter()
            state = content.get("data", {}).get("state", {})
            self.models.get(content.get("comm_id"), {"state": {}})["state"].update(state)
            said = state.get("value")
            if isinstance(said, str) and 'role="alert"' in said:
                answer.refused = re.sub("<[^>]*>", "", said)

    def _is_picture(self, kind: str, content: dict[str, Any]) -> bool:
        if kind != "comm_msg":
            return "image/png" in content.get("data", {})
        model = self.models.get(content["comm_id"], {})
        return model.get("model_name") == "ImageModel" and ["value"] in content["data"].get("buffer_paths", [])

    async def close(self) -> None:
        """Leave as a closed tab does: with its farewell."""
        if self._listening is not None:
            await self.stop_reading()
        if self._socket is not None:
            await self._socket.close()
        if self.kernel:
            client = AsyncHTTPClient(max_clients=1000)
            path = f"voila/api/shutdown/{self.kernel}?_xsrf={self.cookies.get('_xsrf', '')}"
            farewell = HTTPRequest(
                self.url + path, method="POST", body="", headers=self._with_cookies(), ssl_options=self.tls
            )
            await client.fetch(farewell, raise_error=False)
        self.kernel, self._socket, self._listening, self._waiting = "", None, None, {}


@dataclass
class Answer:
    """What came of one message: what it made the kernel send, and when the picture was there."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    pictured: float | None = None
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    refused: str = ""
    lost: bool = False


def positions(state: dict[str, Any], steps: int) -> Iterator[dict[str, Any]]:
    """Where a hand puts a slider that goes to and fro: every value that it sends, `steps` from end to end."""
    there = [*range(steps), *range(steps - 2, 0, -1)]
    low, high = float(state.get("min", 0)), float(state.get("max", len(state.get("_options_labels", [0])) - 1))
    name = "index" if "index" in state else "value"
    power = state.get("base") if "base" in state else None
    while True:
        for place in there:
            value = low + (high - low) * place / (steps - 1)
            value = power**value if power else value
            yield {name: round(value) if name == "index" or isinstance(state.get("value"), int) else value}
