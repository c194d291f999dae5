"""Headers in which a proxy would say where somebody comes from: anybody can send them."""

import urllib.parse
from typing import Any

from tests.server.wire import Browser, with_arguments


def test_who_says_to_come_from_elsewhere_has_no_more_tries(start: Any) -> None:
    server, browser = start(with_arguments("token='a'")), Browser()
    browser.ask(server.url + "login")
    said = urllib.parse.urlencode({"password": "b", "_xsrf": browser.xsrf}).encode()

    def wrong(number: int) -> int:
        other = f"10.0.0.{number}"
        headers = {"X-Forwarded-For": other, "X-Real-Ip": other, "Forwarded": f"for={other}"}
        return browser.ask(server.url + "login", data=said, headers=headers).status

    statuses = [wrong(number) for number in range(60)]
    assert statuses[:30] == [401] * 30
    assert 429 in statuses
    assert "10.0.0." not in server.errors.read_text()


def test_who_says_to_come_by_tls_gets_no_address_of_another_scheme_or_host(start: Any) -> None:
    server = start(with_arguments("token='a'"))
    headers = {"X-Forwarded-Proto": "https", "X-Scheme": "https", "X-Forwarded-Host": "elsewhere.example"}
    answer = Browser().ask(server.url, headers=headers)
    assert answer.url.startswith(server.url)
    assert "elsewhere" not in answer.text
