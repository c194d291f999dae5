"""The way in: for those who know the token or the password, and for nobody else."""

import asyncio
import json
import re
import shlex
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, current_thread
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.web import Application
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from labkit.server.address import bind, free_port, port_of
from labkit.server.handlers import LoginHandler
from labkit.server.identity import LabIdentityProvider, cookie_secret
from tests.server.conftest import ROOT
from tests.server.wire import SUBPROTOCOL, Browser, ask, channels, kernel_in, staying, wait_until, with_arguments

TOKEN = "a-token-of-a-class"


@pytest.fixture(scope="module")
def closed(start: Any) -> Any:
    return start(with_arguments(f"token={TOKEN!r}"))


@pytest.mark.parametrize("path", ["", "health", "voila/render/stub.ipynb", "thumbnails/stub.png"])
@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "é"])
def test_without_the_token_nothing_is_served(closed: Any, path: str, token: str) -> None:
    query = "?" + urllib.parse.urlencode({"token": token}) if token else ""
    answer = ask(staying(), closed.url + path + query)
    assert answer.status in (302, 403) or (path == "health" and answer.status == 401)
    assert "stub" not in answer.text
    assert "/login" in answer.headers.get("Location", "/login")
    assert closed.get("health", Authorization=f"token {TOKEN}").status == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "token wrong"}])
def test_a_program_that_may_not_come_in_is_told_so_in_json(closed: Any, headers: dict[str, str]) -> None:
    answer = ask(staying(), closed.url + "health", headers=headers)
    assert (answer.status, answer.headers["Content-Type"]) == (401, "application/json")
    assert json.loads(answer.text) == {"status": "unauthorized"}


def test_the_readmes_question_to_a_server_is_answered(closed: Any) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    asked = shlex.split(re.findall(r"`(curl .*)`", text)[0])
    asked = [word.replace("TOKEN", TOKEN).replace("http://127.0.0.1:8866/", closed.url) for word in asked]
    answer = closed.ask(asked[-1], headers=dict([asked[asked.index("-H") + 1].split(": ")]))
    assert answer.status == 200
    assert json.loads(answer.text)["status"] == "ok"


def test_who_has_the_token_comes_in_and_the_address_does_not_keep_it(closed: Any) -> None:
    browser = Browser()
    page = browser.ask(f"{closed.url}voila/render/stub.ipynb?std=1&token={TOKEN}")
    assert page.url == f"{closed.url}voila/render/stub.ipynb?std=1"
    assert '"kernelId"' in page.text
    assert "What is it?" in browser.ask(closed.url).text


def test_no_websocket_without_the_token(closed: Any) -> None:
    page = closed.get("voila/render/stub.ipynb", Authorization=f"token {TOKEN}").text
    kernel = kernel_in(page)
    with pytest.raises(InvalidStatus) as refused, connect(channels(closed, kernel), subprotocols=[SUBPROTOCOL]):
        pass
    assert refused.value.response.status_code == 403
    with connect(channels(closed, kernel), subprotocols=[SUBPROTOCOL],
                 additional_headers={"Authorization": f"token {TOKEN}"}):  # fmt: skip
        pass


def test_a_log_holds_no_token(closed: Any) -> None:
    closed.get(f"nothing?token={TOKEN}")
    assert wait_until(lambda: "/nothing" in closed.errors.read_text(), 5)
    assert TOKEN not in closed.errors.read_text()


@pytest.mark.parametrize(("typed", "comes_in"), [("open sesame", True), ("open sesam", False), ("", False)])
def test_a_password_is_asked_for(start: Any, typed: str, comes_in: bool) -> None:
    server, browser = start(with_arguments("password='open sesame'")), Browser()
    assert "The password of this server" in browser.ask(server.url).text
    text = browser.type(server.url + "login?next=%2F", typed, new_password="mine").text
    assert ("What is it?" in text) == comes_in
    assert ("That is not the password" in text) != comes_in


def test_wrong_tries_are_few_and_right_ones_are_not_counted(start: Any) -> None:
    server, browser = start(with_arguments("token='a'")), Browser()
    with ThreadPoolExecutor(4) as pool:  # a class that comes at once, from one address
        assert set(pool.map(lambda _: Browser().type(server.url + "login", "a").status, range(60))) == {200}
        answers = list(pool.map(lambda _: browser.type(server.url + "login", "b"), range(60)))
    late = [answer for answer in answers if answer.status == 429]
    assert 10 < len(late) <= 20
    assert {answer.status for answer in answers} == {401, 429}
    assert late[0].headers["Retry-After"] == "1"
    assert "Try again in 1 s" in late[0].text
    assert 'name="password"' in late[0].text
    time.sleep(1)
    assert browser.type(server.url + "login", "a").status == 200


def test_wrong_tokens_in_addresses_and_headers_are_counted_with_them(start: Any) -> None:
    server, browser = start(with_arguments("token='a'")), Browser()
    for number in range(30):
        assert browser.ask(f"{server.url}?token=b{number}").status == 200  # the form
    said = [browser.ask(server.url + "health", headers={"Authorization": f"token c{n}"}).status for n in range(30)]
    assert said[:5] == [401] * 5
    assert said[-1] == 429
    assert browser.type(server.url + "login", "b").status == 429
    assert "What is it?" in browser.ask(server.url + "?token=a").text


def test_passwords_are_checked_one_at_a_time_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check takes a tenth of a second; fifty of them held up everybody for five."""
    provider = LabIdentityProvider(token="", hashed_password="a hash")
    busy, threads = Lock(), set()

    def check(typed: str) -> bool:
        threads.add(current_thread())
        assert busy.acquire(blocking=False)
        time.sleep(0.05)
        busy.release()
        return False

    async def together() -> None:
        application = Application(
            [("/login", LoginHandler)], identity_provider=provider, cookie_secret="a", base_url="/", headers={},
            allow_remote_access=True, disable_check_xsrf=True,
        )  # fmt: skip
        with bind("127.0.0.1", 0) as listening:
            server = HTTPServer(application)
            server.add_socket(listening)
            login = f"http://127.0.0.1:{port_of(listening)}/login"
            asked = [AsyncHTTPClient().fetch(login, method="POST", body="password=b", raise_error=False)
                     for _ in range(5)]  # fmt: skip
            assert {answer.code for answer in await asyncio.gather(*asked)} == {401}
            server.stop()

    monkeypatch.setattr(provider, "passwd_check", check)
    with ThreadPoolExecutor(1) as beside:  # Playwright keeps a loop running in the thread of its tests
        loop = beside.submit(current_thread).result()
        beside.submit(asyncio.run, together()).result()
    assert threads
    assert loop not in threads


@pytest.mark.parametrize("way_in", ["token", "password"])
def test_a_restart_leaves_in_who_came_in_and_another_secret_does_not(start: Any, way_in: str) -> None:
    port, browser = free_port("127.0.0.1", 0), Browser()  # cookies are of a port

    def restarted(secret: str) -> Any:
        return start(
            with_arguments(f"{way_in}={secret!r}").replace('bind("127.0.0.1", 0)', f'bind("127.0.0.1", {port})')
        )

    def stopped(server: Any) -> None:
        server.process.terminate()
        server.process.wait()

    server = restarted("a")
    assert "What is it?" in browser.type(server.url + "login", "a").text
    stopped(server)
    server = restarted("a")
    assert "What is it?" in browser.ask(server.url).text
    stopped(server)
    assert "What is it?" not in browser.ask(restarted("b").url).text


def test_a_guess_at_what_signs_cookies_is_slow() -> None:
    assert cookie_secret("a", "") == cookie_secret("a", "")
    assert len({cookie_secret("a", ""), cookie_secret("", "a"), cookie_secret("b", "")}) == 3
    begun = time.process_time()
    cookie_secret("a", "")
    assert time.process_time() - begun > 0.02
