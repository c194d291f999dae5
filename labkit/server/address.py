"""Where a server listens: taking the port early, and the address that people type."""

import errno
import socket

from labkit.server.errors import CommandError

EVERYWHERE = ("", "0.0.0.0", "::")


def bind(ip: str, port: int) -> list[socket.socket]:
    """Sockets that listen on `ip` and `port`; port 0 takes any free one.

    Bound before anything slow is loaded, so that a port in use is told at once.
    """
    from tornado.netutil import bind_sockets

    try:
        return bind_sockets(port, ip)
    except OSError as error:
        raise CommandError(_reason(error, ip, port)) from None


def free_port(ip: str, port: int) -> int:
    """`port` itself if it can be bound (any free one for 0), for a server that binds by itself a moment later."""
    sockets = bind(ip, port)
    number = port_of(sockets)
    for each in sockets:
        each.close()
    return number


def port_of(sockets: list[socket.socket]) -> int:
    """The port number that the system gave."""
    return int(sockets[0].getsockname()[1])


def url(ip: str, port: int) -> str:
    """The address to type in a browser on this machine.

    >>> url("0.0.0.0", 8866), url("::1", 80)
    ('http://127.0.0.1:8866/', 'http://[::1]:80/')
    """
    host = "127.0.0.1" if ip in EVERYWHERE else ip
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _reason(error: OSError, ip: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {ip or 'every address'} is in use: choose another with --port, or any free one with --port 0"
    if error.errno == errno.EACCES:
        return f"port {port} is reserved for the system's administrator: choose one from 1024 on with --port"
    return f"--ip must be an address of this machine, got {ip!r} ({error.strerror or error})"
