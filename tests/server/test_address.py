"""Addresses."""

import pytest

from labkit.server.address import bind, free_port, port_of, url
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
