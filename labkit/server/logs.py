"""Plain logs: what says nothing to the person who runs the server is left out."""

import importlib
import logging
import warnings


def _means_something(record: logging.LogRecord) -> bool:
    # Jupyter counts the WebSocket's pings in milliseconds, Tornado in seconds, and Tornado remarks on the result.
    return "websocket_ping_timeout" not in record.getMessage()


def keep_plain() -> None:
    """Leave out remarks that neither labkit nor its user can act on."""
    # Jupyter's servers use traits in ways that traitlets has deprecated, and Voila, on import, asks to hear of it.
    importlib.import_module("voila")
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="traitlets")
    logging.getLogger("tornado.general").addFilter(_means_something)
