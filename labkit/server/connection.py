"""The WebSocket between a page and its kernel, without the delay that a stock server adds."""

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class NoDelayConnection(ZMQChannelsWebsocketConnection):
    """A kernel connection with TCP_NODELAY.

    Stock servers leave Nagle's algorithm on. A frame is several small messages, and the browser's delayed
    acknowledgement of the first then holds the others back for 40 ms.
    """

    def connect(self) -> Any:
        """Open the kernel's channels to the page."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
