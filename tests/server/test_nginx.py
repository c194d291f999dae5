"""Labkit behind nginx: TLS, a path beside others, and the block that the README shows."""

import asyncio
import os
import re
import shutil
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from labkit.server.address import free_port
from tests.benchmarks.student import Student
from tests.server.conftest import ROOT
from tests.server.wire import SUBPROTOCOL, Answer, ask, kernel_in, wait_until

SERVE = """
import sys
from labkit.server.cli import main
sys.exit(main(["serve", "--labs", "softmax,signal_propagation", "--no-browser", "--port", "0", *{arguments}]))
"""
# Around the README's block: all that nginx would otherwise write elsewhere, and one process, of the one who runs it.
AROUND = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {block}
}}
"""


@pytest.fixture(scope="module")
def nginx() -> str:
    """The program; it is missed where the browser would be."""
    found = shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
    if found:
        return found
    if os.environ.get("LABKIT_BROWSER") == "required":
        pytest.fail("nginx is not installed")
    pytest.skip("nginx is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nginx")


@pytest.fixture(scope="module")
def certificate(folder: Path) -> tuple[Path, Path]:
    """Signed by itself, for this machine."""
    signed, key = folder / "signed.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", signed],
        check=True, capture_output=True,
    )  # fmt: skip
    return signed, key


def readme_block(changes: dict[str, str]) -> str:
    """The README's nginx block, with what differs from machine to machine changed."""
    (block,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    for there, here in changes.items():
        assert block.count(there) == 1
        block = block.replace(there, here)
    return str(block)


@dataclass
class Site:
    """The labs as a browser finds them."""

    labkit: Any
    url: str
    token: str
    direct: str
    """Where labkit itself listens."""
    tls: ssl.SSLContext

    def browser(self) -> tuple[urllib.request.OpenerDirector, CookieJar]:
        jar = CookieJar()
        handlers = urllib.request.HTTPSHandler(context=self.tls), urllib.request.HTTPCookieProcessor(jar)
        return urllib.request.build_opener(*handlers), jar

    def get(self, path: str = "", token: str = "", **headers: str) -> Answer:
        return ask(self.browser()[0], self.url + path + (f"?token={token}" if token else ""), headers=headers)

    @property
    def origin(self) -> str:
        return self.url.removesuffix("/labs/")


@pytest.fixture(scope="module")
def site(start: Any, nginx: str, folder: Path, certificate: tuple[Path, Path]) -> Iterator[Site]:
    """`labkit serve` and nginx before it, as the README has them."""
    port = free_port("127.0.0.1", 0)
    labkit = start(SERVE.format(arguments=["--base-url", f"https://127.0.0.1:{port}/labs/"]))
    said = re.fullmatch(r"labkit serves (https://\S+/labs/)\?token=([0-9a-f]{16})", labkit.url)
    waits = re.fullmatch(r"labkit waits .* (http://127.0.0.1:\d+)(/labs/)\n", labkit.output.readline())
    assert said
    assert waits
    signed, key = certificate
    block = readme_block({
        "listen 443": f"listen 127.0.0.1:{port}", "/etc/ssl/school.example.pem": str(signed),
        "/etc/ssl/private/school.example.key": str(key), "http://127.0.0.1:8866": waits[1],
    })  # fmt: skip
    settings = folder / "nginx.conf"
    settings.write_text(AROUND.format(folder=folder, block=block))
    with (folder / "errors.txt").open("w") as log:
        process = subprocess.Popen([nginx, "-e", "stderr", "-p", folder, "-c", settings], stderr=log)
    found = Site(labkit, said[1], said[2], waits[1] + waits[2], ssl.create_default_context(cafile=signed))
    try:
        assert wait_until(lambda: process.poll() is not None or is_reached(found), 10)
        assert process.poll() is None, (folder / "errors.txt").read_text()
        yield found
    finally:
        process.terminate()
        process.wait(timeout=20)


def is_reached(site: Site) -> bool:
    try:
        return bool(site.get("login").status)
    except OSError:
        return False


@pytest.mark.parametrize("path", ["", "health", "voila/render/softmax.ipynb", "thumbnails/softmax.png"])
def test_without_the_token_nothing_is_served_on_either_way(site: Site, path: str) -> None:
    for answer in (site.get(path), site.get(path, token="wrong"), ask(site.browser()[0], site.direct + path)):
        assert "The token of this server" in answer.text or answer.status in (401, 403)
        assert "softmax" not in answer.text

    with site.browser()[0].open(f"{site.url}{path}?token={site.token}") as page:
        assert page.status == 200


def test_the_printed_link_opens_the_labs_and_leaves_cookies_of_the_path_alone(site: Site) -> None:
    browser, jar = site.browser()
    with browser.open(f"{site.url}voila/render/softmax.ipynb?temperature=2&token={site.token}") as page:
        assert page.url == f"{site.url}voila/render/softmax.ipynb?temperature=2"
        text = page.read().decode()
    assert {cookie.path for cookie in jar} == {"/labs/"}
    assert all(cookie.secure for cookie in jar)
    assert any(cookie.name == "_xsrf" for cookie in jar)
    with browser.open(site.url) as front:
        assert "temperature" in front.read().decode()
    local = re.findall(r'(?:src|href)="(/[^"]*)"', text)
    assert local
    assert all(address.startswith("/labs/") for address in local)
    for address in local:
        assert ask(browser, site.origin + address).status == 200


@pytest.mark.parametrize("right", [True, False])
def test_the_form_lets_in_who_knows_the_token(site: Site, right: bool) -> None:
    browser, jar = site.browser()
    form = browser.open(site.url + "voila/render/softmax.ipynb")
    assert form.url.startswith(site.url + "login?next=%2Flabs%2F")
    assert "The token of this server" in form.read().decode()
    (xsrf,) = (cookie.value for cookie in jar if cookie.name == "_xsrf")
    data = urllib.parse.urlencode({"password": site.token if right else "wrong", "_xsrf": xsrf}).encode()
    answer = ask(browser, form.url, data=data)
    assert answer.status == (200 if right else 401)
    assert ('"kernelId"' in answer.text) == right


def cookies_of_a_visitor(site: Site) -> dict[str, str]:
    browser, jar = site.browser()
    browser.open(f"{site.url}voila/render/softmax.ipynb?token={site.token}").close()
    return {cookie.name: cookie.value or "" for cookie in jar}


async def learn(student: Student) -> bool:
    """Open a lab, move a slider, and leave; whether a picture came."""
    await student.open("signal_propagation")
    model, _ = student.find("init std")
    answer = await student.move(model, value=0.3)
    await student.close()
    return answer.pictured is not None and not answer.refused


def test_a_student_moves_a_slider_and_leaves(site: Site) -> None:
    cookies = cookies_of_a_visitor(site)
    student = Student(site.url, {"Origin": site.origin}, tls=site.tls, cookies=cookies)

    def kernels() -> int:
        return int(re.search(r'"kernels": (\d+)', site.get("health", Authorization=f"token {site.token}").text)[1])  # type: ignore[index]

    before = kernels()
    with ThreadPoolExecutor(1) as beside:  # Playwright keeps a loop running in the thread of its tests
        assert beside.submit(asyncio.run, learn(student)).result()
    assert wait_until(lambda: kernels() <= before, 10)  # its farewell was heard


@pytest.fixture(scope="module")
def line(site: Site) -> tuple[str, dict[str, str]]:
    """Address and cookies of a visitor's WebSocket."""
    browser, jar = site.browser()
    text = browser.open(f"{site.url}voila/render/softmax.ipynb?token={site.token}").read().decode()
    kernel = kernel_in(text)
    address = f"{site.url.replace('https', 'wss')}api/kernels/{kernel}/channels?session_id=test"
    return address, {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)}


def handshake(site: Site, address: str, headers: dict[str, str], origin: str | None) -> int:
    """What the server answers to one who asks for a WebSocket."""
    try:
        with connect(address, subprotocols=[SUBPROTOCOL], ssl=site.tls, additional_headers=headers, origin=origin):  # type: ignore[list-item,arg-type]
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_a_websocket_is_for_pages_of_the_site_alone(site: Site, line: tuple[str, dict[str, str]]) -> None:
    address, cookies = line
    assert handshake(site, address, cookies, site.origin) == 101
    for origin in ("https://elsewhere.example", site.direct.removesuffix("/labs/"), "https://127.0.0.1", "null"):
        assert handshake(site, address, cookies, origin) == 403
    assert handshake(site, address, {}, site.origin) == 403
    assert "Traceback" not in site.labkit.errors.read_text()


@pytest.mark.parametrize("by", ["option", "settings"])
def test_a_path_asks_for_a_token_even_on_an_address_of_this_machine_alone(start: Any, tmp_path: Path, by: str) -> None:
    (tmp_path / "labkit_config.json").write_text('{"Voila": {"base_url": "/class"}}' if by == "settings" else "{}")
    arguments = ["--base-url", "/class"] if by == "option" else []
    server = start(SERVE.format(arguments=arguments), JUPYTER_CONFIG_DIR=str(tmp_path))
    said = re.fullmatch(r"labkit serves (http://127.0.0.1:\d+/class/)\?token=([0-9a-f]{16})", server.url)
    assert said
    server.url = said[1]
    assert "The token of this server" in server.get("").text
    answer = server.get("", Authorization=f"token {said[2]}")
    assert "softmax" in answer.text
