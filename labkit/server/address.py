"""Where a server listens: taking the port early, and the address that people type."""

import errno
import socket

from labkit.server.errors import CommandError

EVERYWHERE = ("", "0.0.0.0", "::")


def bind(ip: str, port: int) -> socket.socket:
    """A socket that listens on `ip` and `port`; port 0 takes any free one.

    Bound before anything slow is loaded, so that a port in use is told at once.
    """
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    try:
        listening = socket.create_server((ip, port), family=family, backlog=128)
    except OSError as error:
        raise CommandError(_reason(error, ip, port)) from None
    listening.setblocking(False)
    return listening


def free_port(ip: str, port: int) -> int:
    """`port` itself if it can be bound (any free one for 0), for a server that binds by itself a moment later."""
    with bind(ip, port) as listening:
        return port_of(listening)


def port_of(listening: socket.socket) -> int:
    """The port number that the system gave."""
    return int(listening.getsockname()[1])


def url(ip: str, port: int) -> str:
    """The address to type in a browser on this machine.

    >>> url("0.0.0.0", 8866), url("::1", 80)
    ('http://127.0.0.1:8866/', 'http://[::1]:80/')
    """
    host = "127.0.0.1" if ip in EVERYWHERE else ip
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _reason(error: OSError, ip: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        where = f"port {port} on {ip or 'every address'}"
        return f"{where} is in use: choose another with --port, or any free one with --port 0"
    if error.errno == errno.EACCES:
        return f"port {port} is reserved for the system's administrator: choose one from 1024 on with --port"
    return f"--ip must be an address of this machine, got {ip!r}"
