"""The line between a page and its kernel: who gets one, what passes on it, and how fast."""

import asyncio
from typing import Any

from tornado.iostream import StreamBufferFullError
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from labkit.server.gate import HEARD, RefusedError, check, size_cost, type_of
from labkit.server.handlers import PlainErrors

# Clients of the older protocol get binary messages that Voila's own handler reads as the newer one's: the counts in
# them are then some 10**18, and the server stands still for everyone.
SUBPROTOCOL = "v1.kernel.websocket.jupyter.org"

MOST_UNREAD = 16 << 20
"""Bytes that wait for a page to read them: some hundred pictures."""
MOST_LINES = 4
"""To one kernel at a time: a page has one, and for a moment two when it comes back."""
POLICY = 1008
"""The WebSocket protocol's code for what is against the server's rules."""


class LabWebsocketHandler(PlainErrors, VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """A page's line to its kernel, for clients that speak the current protocol."""

    async def get(self, kernel_id: str) -> None:
        """Refuse the handshake of a client that does not ask for the protocol."""
        asked = self.request.headers.get("Sec-WebSocket-Protocol", "")
        if SUBPROTOCOL not in [name.strip() for name in asked.split(",")]:
            raise HTTPError(400, f"the WebSocket must ask for the subprotocol {SUBPROTOCOL}")
        self._told = False
        self._lines = self.kernel_manager.lines_of(kernel_id)
        if len(self._lines.open) >= MOST_LINES:
            raise HTTPError(429)
        self._lines.open.add(self)
        try:
            await super().get(kernel_id=kernel_id)
        finally:
            if self.ws_connection is None:  # refused
                self._lines.open.discard(self)

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """As Jupyter; none for a page that has left before it was answered."""
        return None if self.connection is None else super().select_subprotocol(subprotocols)

    def on_close(self) -> None:
        """Give the place free for another line."""
        self._lines.open.discard(self)
        super().on_close()

    def open(self, *args: str, **kwargs: str) -> Any:
        """Open the channels to the kernel."""
        self.ws_connection.stream.max_write_buffer_size = MOST_UNREAD
        return super().open(*args, **kwargs)

    def write_message(self, message: bytes | str, binary: bool = False) -> Any:
        """Send what pages may hear. One that does not read it is let go before that fills the server's memory."""
        if isinstance(message, str):  # the older protocol's form, which messages take when the line has just ended
            return None
        kind = type_of(message)
        if kind not in HEARD:
            if kind == "error" and not self._told:  # once is enough for the log
                self.log.warning("labkit kept back what a kernel said of an error")
                self._told = True
            return None
        try:
            sent = super().write_message(message, binary)
            sent.add_done_callback(_unasked)  # of one that does not arrive, since the page has left
            return sent
        except StreamBufferFullError:
            self.log.warning("labkit let a page go that does not read what it is sent")
            self.ws_connection.stream.close()
        except WebSocketClosedError:  # it has just left
            pass
        return None

    async def on_message(self, message: Any) -> None:
        """Pass on what a page may send. Who sends too fast is not read for a while, which holds up nobody else."""
        if wait := self._lines.pace.wait(size_cost(message)):
            await asyncio.sleep(wait)
        try:
            self._lines.pace.wait(check(message))  # the next one waits for it
        except RefusedError as refused:
            self.log.warning("labkit refused %s", refused)
            self.close(POLICY, "not allowed")
            return
        if self.connection is not None:  # the page may have left meanwhile
            super().on_message(message)


def _unasked(sent: asyncio.Future[None]) -> None:
    """Take note of an error that nobody will ask for, or it would be told as an omission."""
    if not sent.cancelled():
        sent.exception()
