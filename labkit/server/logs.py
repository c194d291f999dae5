"""Plain logs: what says nothing to the person who runs the server is left out."""

import importlib
import logging
import warnings
from typing import Any

from jupyter_server.log import log_request


def _means_something(record: logging.LogRecord) -> bool:
    # Jupyter counts the WebSocket's pings in milliseconds, Tornado in seconds, and Tornado remarks on the result.
    return "websocket_ping_timeout" not in record.getMessage()


def _once_a_death(record: logging.LogRecord) -> bool:
    """Jupyter tells of a kernel's death in three remarks, two of them on starting it again, which is not tried."""
    said = record.getMessage()
    if said.endswith("died, removing from map."):
        record.msg = "labkit: the kernel %s has died; its page says so, and its place is free"
    return not said.endswith(("restart failed", "restarted failed!"))


def log_visit(handler: Any) -> None:
    """One line for a visitor who finds no place, which is no fault; Jupyter's own, without tokens, for all else."""
    if handler.get_status() == 503:
        handler.log.warning("labkit: no place for a visitor (%s)", handler.request.remote_ip)
    elif not getattr(handler, "quiet", False):
        log_request(handler)  # type: ignore[no-untyped-call]


def keep_plain() -> None:
    """Leave out remarks that neither labkit nor its user can act on."""
    # Jupyter's servers use traits in ways that traitlets has deprecated, and Voila, on import, asks to hear of it.
    importlib.import_module("voila")
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="traitlets")
    logging.getLogger("tornado.general").addFilter(_means_something)
    logging.getLogger("LabkitVoila").addFilter(_once_a_death)
