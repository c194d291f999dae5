"""Addresses."""

import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest

from labkit.server.address import BaseUrl, base_url, bind, free_port, network_name, port_of, url
from labkit.server.errors import CommandError


def test_port_zero_gives_a_free_port() -> None:
    port = free_port("127.0.0.1", 0)
    assert port > 0
    assert free_port("127.0.0.1", port) == port


def test_a_bound_port_is_refused_to_the_next() -> None:
    with bind("127.0.0.1", 0) as listening, pytest.raises(CommandError, match="in use"):
        bind("127.0.0.1", port_of(listening))


@pytest.mark.parametrize(
    ("ip", "expected"),
    [("10.0.0.1", "http://10.0.0.1:80/"), ("localhost", "http://localhost:80/"), ("::1", "http://[::1]:80/")],
)
def test_the_address_can_be_typed_in_a_browser(ip: str, expected: str) -> None:
    assert url(ip, 80) == expected


class Socket:
    """A machine's, in a network of the kinds `networks`."""

    def __init__(self, networks: Mapping[int, str], family: int, kind: int) -> None:
        assert kind == socket.SOCK_DGRAM
        self.networks, self.family = networks, family

    def __enter__(self) -> "Socket":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def connect(self, far: tuple[str, int]) -> None:
        assert far[0] in ("192.0.2.1", "2001:db8::1")
        if self.family not in self.networks:
            raise OSError("unreachable")

    def getsockname(self) -> tuple[str, int]:
        return self.networks[self.family], 5000


@pytest.mark.parametrize(
    ("ip", "networks", "expected"),
    [
        ("0.0.0.0", {socket.AF_INET: "10.1.2.3", socket.AF_INET6: "2001:db8::5"}, "http://10.1.2.3:80/"),
        ("", {socket.AF_INET: "10.1.2.3"}, "http://10.1.2.3:80/"),
        ("::", {socket.AF_INET: "10.1.2.3", socket.AF_INET6: "2001:db8::5"}, "http://[2001:db8::5]:80/"),
        ("::", {socket.AF_INET: "10.1.2.3"}, "http://teacher:80/"),
        ("0.0.0.0", {}, "http://teacher:80/"),
    ],
)
def test_a_class_is_told_where_it_finds_a_server_that_listens_everywhere(
    monkeypatch: pytest.MonkeyPatch, ip: str, networks: dict[int, str], expected: str
) -> None:
    monkeypatch.setattr(socket, "socket", lambda *kind: Socket(networks, *kind))
    monkeypatch.setattr(socket, "gethostname", lambda: "teacher")
    assert url(ip, 80) == expected


def test_what_is_told_of_this_machine_leads_to_it() -> None:
    if network_name("0.0.0.0") == socket.gethostname():
        pytest.skip("this machine is in no network")
    with bind("0.0.0.0", 0) as listening:
        socket.create_connection((urlsplit(url("0.0.0.0", 80)).hostname, port_of(listening)), 5).close()


@pytest.mark.parametrize(
    ("text", "path", "origin"),
    [
        ("/", "/", ""), ("/labs", "/labs/", ""), ("/a/b.c/d%40e@f~g/", "/a/b.c/d%40e@f~g/", ""),
        ("https://school.example", "/", "https://school.example"),
        ("http://[::1]:8080/labs", "/labs/", "http://[::1]:8080"),
    ],
)  # fmt: skip
def test_people_find_the_labs_below_a_path_or_at_a_whole_address(text: str, path: str, origin: str) -> None:
    assert base_url(text) == BaseUrl(path, origin)


@pytest.mark.parametrize(
    "text",
    ["", "labs", "//labs/", "/a//b", "/(a)", "/a?b", "/a b", "/é", "/\n", "ftp://a/", "https:///a", "https://a/b?c"],
)
def test_nothing_else_is_an_address_of_the_labs(text: str) -> None:
    with pytest.raises(ValueError, match="must be a path as /labs/"):
        base_url(text)
