"""Addresses."""

import pytest

from labkit.server.address import BaseUrl, base_url, bind, free_port, port_of, url
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
    [("0.0.0.0", "http://127.0.0.1:80/"), ("localhost", "http://localhost:80/"), ("::1", "http://[::1]:80/")],
)
def test_the_address_can_be_typed_in_a_browser(ip: str, expected: str) -> None:
    assert url(ip, 80) == expected


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
