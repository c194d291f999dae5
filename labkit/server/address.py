"""Where a server listens: taking the port early, and the address that people type."""

import errno
import re
import socket
from dataclasses import dataclass

from labkit.server.errors import CommandError

EVERYWHERE = ("", "0.0.0.0", "::")
# Of a path only what stands for itself in a route, which is a regular expression.
_BASE_URL = re.compile(r"(?P<origin>https?://[\w.:\[\]-]+)?(?P<path>(?:/[\w.~%@-]+)*)/?", re.ASCII)


@dataclass(frozen=True)
class BaseUrl:
    """Where people find the labs: the path, with a slash at both ends, and, behind a proxy, the address before it."""

    path: str = "/"
    origin: str = ""

    @property
    def address(self) -> str:
        """The address to type, where it was given."""
        return self.origin + self.path if self.origin else ""

    @property
    def secure(self) -> bool:
        """Whether people come by TLS alone."""
        return self.origin.startswith("https:")


@dataclass(frozen=True)
class Place:
    """Where a server listens, and where people find it, if that is said."""

    ip: str
    port: int
    base: BaseUrl | None = None


def base_url(text: str) -> BaseUrl:
    """Read a path or a whole address; ValueError for anything else.

    >>> base_url("/labs"), base_url("https://school.example/labs/").address
    (BaseUrl(path='/labs/', origin=''), 'https://school.example/labs/')
    """
    found = _BASE_URL.fullmatch(text)
    if not text or not found:
        raise ValueError(f"must be a path as /labs/ or an address as https://school.example/labs/, got {text!r}")
    return BaseUrl(found["path"] + "/", found["origin"] or "")


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


def url(ip: str, port: int, path: str = "/") -> str:
    """The address to type in a browser, on this machine and on those that reach it.

    >>> url("localhost", 8866), url("::1", 80)
    ('http://localhost:8866/', 'http://[::1]:80/')
    """
    host = network_name(ip) if ip in EVERYWHERE else ip
    return f"http://[{host}]:{port}{path}" if ":" in host else f"http://{host}:{port}{path}"


def network_name(ip: str) -> str:
    """Where others find a machine that listens on all of its addresses: its address in their network, or its name.

    Nothing is sent: a datagram's socket that is connected has only chosen from where it would send, here to an address
    that is kept for documentation.
    """
    family, far = (socket.AF_INET6, "2001:db8::1") if ":" in ip else (socket.AF_INET, "192.0.2.1")
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as looking:
            looking.connect((far, 9))
            return str(looking.getsockname()[0])
    except OSError:  # no network of this kind
        return socket.gethostname()


def _reason(error: OSError, ip: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        where = f"port {port} on {ip or 'every address'}"
        return f"{where} is in use: choose another with --port, or any free one with --port 0"
    if error.errno == errno.EACCES:
        return f"port {port} is reserved for the system's administrator: choose one from 1024 on with --port"
    return f"--ip must be an address of this machine, got {ip!r}"
