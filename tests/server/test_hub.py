"""Labkit as the users' server of a JupyterHub: two people log in, each works in a labkit of their own alone."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from labkit.server import cli
from labkit.server.address import BaseUrl, Place, free_port
from labkit.server.errors import CommandError
from labkit.server.hub import NEEDED, place
from tests.benchmarks.student import Student
from tests.browser.conftest import browser_type_launch_args, chromium  # noqa: F401  (fixtures)
from tests.server.conftest import ROOT
from tests.server.wire import SUBPROTOCOL, Answer, ask, kernel_in, staying, wait_until

# Around the README's lines: everything on free ports of this machine, and nothing kept.
SETTINGS = """
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{site}"
c.JupyterHub.hub_port = {hub}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy}"
c.ConfigurableHTTPProxy.command = [{program!r}]
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = {{"ada", "bob"}}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {folder!r} + "/{{username}}"
c.LocalProcessSpawner.env_keep = {kept!r}
{lines}
"""
PROXY = "configurable-http-proxy"


@pytest.fixture(scope="module")
def proxy_program(pytestconfig: pytest.Config) -> str:
    """The hub's proxy, fetched once where it is not installed; it is missed where the browser would be."""
    if found := shutil.which(PROXY):
        return found
    folder = pytestconfig.cache.mkdir(PROXY) if pytestconfig.cache else pytest.fail("pytest has no cache")
    program = folder / "node_modules" / ".bin" / PROXY
    if program.exists():
        return str(program)
    npm = shutil.which("npm")
    if npm:
        wanted = [npm, "install", "--prefix", folder, "--no-audit", "--no-fund", f"{PROXY}@5"]
        done = subprocess.run(wanted, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode == 0:
            return str(program)
    reason = f"npm could not install {PROXY}: {done.stderr}" if npm else f"{PROXY} needs npm, which is not installed"
    if os.environ.get("LABKIT_BROWSER") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


def readme_lines() -> str:
    """What the README puts into jupyterhub_config.py."""
    (lines,) = re.findall(r"```python\n(c\.Spawner.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return str(lines)


@dataclass
class Hub:
    """A hub that runs, and the address at which people find it."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path


@dataclass
class Person:
    """Somebody who logs in with a browser."""

    hub: Hub
    name: str
    jar: CookieJar = field(default_factory=CookieJar)

    def __post_init__(self) -> None:
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    @property
    def home(self) -> str:
        return f"{self.hub.url}user/{self.name}/"

    def get(self, url: str, **headers: str) -> Answer:
        return ask(self._browser, url, headers=headers)

    def log_in(self) -> Answer:
        """The hub starts their server at once."""
        form = self.get(self.hub.url + "hub/login").text
        xsrf = re.search(r'name="_xsrf" value="([^"]+)"', form)
        assert xsrf
        said = {"username": self.name, "password": "any", "_xsrf": xsrf[1]}
        return ask(self._browser, self.hub.url + "hub/login", data=urllib.parse.urlencode(said).encode())

    def kernels(self) -> int:
        self.get(self.home)  # which leads to the hub and back; their health leads nobody anywhere
        found = re.search(r'"kernels": (\d+)', self.get(self.home + "health").text)
        return int(found[1]) if found else -1

    def cookies_for(self, url: str) -> dict[str, str]:
        """What a browser would send there."""
        request = urllib.request.Request(url)
        self.jar.add_cookie_header(request)
        pairs = (request.get_header("Cookie") or "").split("; ")
        return dict(pair.split("=", 1) for pair in pairs if pair)


@pytest.fixture(scope="module")
def hub(proxy_program: str, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A JupyterHub as the README sets it up, in which nobody has logged in."""
    folder = tmp_path_factory.mktemp("hub")
    command = folder / "bin" / "labkit"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m labkit.server.cli "$@"\n')
    command.chmod(0o755)
    kept = ["PATH", "PYTHONPATH", "JUPYTER_PATH", "LANG", "VIRTUAL_ENV"]
    site, api, proxy = (free_port("127.0.0.1", 0) for _ in range(3))
    settings = folder / "jupyterhub_config.py"
    settings.write_text(SETTINGS.format(site=site, hub=api, proxy=proxy, program=proxy_program, folder=str(folder),
                                        kept=kept, lines=readme_lines()))  # fmt: skip
    path = os.pathsep.join([str(command.parent), environment["PATH"]])
    log = folder / "log.txt"
    with log.open("w") as written:
        process = subprocess.Popen([sys.executable, "-m", "jupyterhub", "-f", settings], cwd=folder, stdout=written,
                                   stderr=written, env={**environment, "PATH": path})  # fmt: skip
    found = Hub(process, f"http://127.0.0.1:{site}/", log)
    try:
        assert wait_until(lambda: process.poll() is not None or is_reached(found), 30), log.read_text()
        assert process.poll() is None, log.read_text()
        yield found
    finally:
        process.terminate()
        process.wait(timeout=30)


def is_reached(hub: Hub) -> bool:
    try:
        return "_xsrf" in Person(hub, "nobody").get(hub.url + "hub/login").text
    except OSError:
        return False


@pytest.fixture(scope="module")
def people(hub: Hub) -> dict[str, Person]:
    """Two who have logged in and whose labkit runs."""
    found = {name: Person(hub, name) for name in ("ada", "bob")}
    for person in found.values():
        assert person.log_in().status == 200
    for person in found.values():
        assert wait_until(lambda: person.kernels() == 0, 60), hub.log.read_text()  # noqa: B023
    return found


async def learn(student: Student) -> bool:
    """Open a lab and move a slider; whether a picture came. The page stays open."""
    await student.open("signal_propagation")
    model, _ = student.find("init std")
    answer = await student.move(model, value=0.3)
    return answer.pictured is not None and not answer.refused


async def learn_together(students: list[Student]) -> list[bool]:
    pictures = await asyncio.gather(*map(learn, students))
    for student in students:
        await student.close()
    return list(pictures)


def test_two_people_move_a_slider_each_in_a_labkit_of_their_own(people: dict[str, Person]) -> None:
    origin = {"Origin": people["ada"].hub.url.rstrip("/")}
    students = [Student(each.home, origin, cookies=each.cookies_for(each.home)) for each in people.values()]
    with ThreadPoolExecutor(1) as beside:  # Playwright keeps a loop running in the thread of its tests
        assert beside.submit(asyncio.run, learn_together(students)).result() == [True, True]
    for person in people.values():
        assert wait_until(lambda: person.kernels() == 0, 10)  # noqa: B023  (their farewells were heard)


def test_the_hub_finds_its_own_version_and_no_page_may_frame_anothers(hub: Hub, people: dict[str, Person]) -> None:
    headers = people["ada"].get(people["ada"].home).headers
    assert "X-JupyterHub-Version" in headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "version" not in re.sub("Running JupyterHub version.*", "", hub.log.read_text())


def handshake(address: str, cookies: dict[str, str], origin: str) -> int:
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    try:
        with connect(address, subprotocols=[SUBPROTOCOL], additional_headers=headers, origin=origin):  # type: ignore[list-item,arg-type]
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_one_cannot_open_the_others(people: dict[str, Person]) -> None:
    ada, bob, stranger = people["ada"], people["bob"], Person(people["ada"].hub, "eve")
    page = ada.get(ada.home + "voila/render/softmax.ipynb")
    kernel = kernel_in(page.text)
    for other in (bob, stranger):
        for path in ("", "health", "voila/render/softmax.ipynb", f"api/kernels/{kernel}", "thumbnails/softmax.png"):
            answer = other.get(ada.home + path)
            assert answer.status in (200, 401, 403, 404), path  # 200: the hub's form, for the stranger
            assert ("hub/login" in answer.text) or answer.status != 200
            for secret in ("softmax.ipynb\"", "kernelId", "kernels", "execution_state"):
                assert secret not in answer.text
    line = f"{ada.home.replace('http', 'ws')}api/kernels/{kernel}/channels?session_id=test"
    origin = ada.hub.url.rstrip("/")
    assert handshake(line, ada.cookies_for(ada.home), origin) == 101
    assert handshake(line, ada.cookies_for(ada.home), "http://elsewhere.example") == 403
    assert handshake(line, bob.cookies_for(bob.home), origin) == 403
    assert handshake(line, {}, origin) == 403
    assert "Traceback" not in ada.hub.log.read_text()


def test_the_hubs_proxy_cannot_be_gone_round(people: dict[str, Person]) -> None:
    """Who reaches a user's server itself, as all on this machine can, is sent to the hub."""
    (direct,) = re.findall(r"labkit serves (http://127.0.0.1:\d+/user/ada/)\n", people["ada"].hub.log.read_text())
    answer = ask(staying(), direct + "voila/render/softmax.ipynb")
    assert answer.status == 302
    assert answer.headers["Location"].startswith("/hub/api/oauth2/authorize?")


@pytest.mark.browser
def test_a_page_on_the_hub_stays_alive(browser: Browser, people: dict[str, Person]) -> None:
    """Browsers say with every request what it is for, and the hub is strict about those of scripts."""
    bob = people["bob"]
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(bob.home)
    page.get_by_label("Username").fill("bob")
    page.get_by_label("Password").fill("any")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Softmax").click()
    page.wait_for_selector("#labkit-loading", state="detached", timeout=60_000)
    picture = page.locator("img.labkit-picture")
    before = picture.get_attribute("src") or ""
    page.locator(".noUi-handle").first.press("ArrowRight")
    expect(picture).not_to_have_attribute("src", before)
    with page.expect_response(re.compile(r"/api/kernels/[0-9a-f-]+$")) as looked:
        page.evaluate("jupyterapp.widgetManager.kernel.reconnect()")
    assert looked.value.status == 200
    expect(page.locator("#labkit-lost")).to_be_hidden()
    assert complaints == []
    page.close(run_before_unload=True)
    assert wait_until(lambda: bob.kernels() == 0, 10)
    context.close()


def test_a_stopped_hub_leaves_nothing_behind(hub: Hub, people: dict[str, Person]) -> None:
    """The last test of this file: it stops the hub."""
    started = psutil.Process(hub.process.pid).children(recursive=True)
    assert sum("labkit.server.cli" in " ".join(each.cmdline()) for each in started) == len(people)
    hub.process.terminate()
    hub.process.wait(timeout=30)
    _, left = psutil.wait_procs(started, timeout=10)
    assert left == []


TOLD = dict.fromkeys(NEEDED, "x") | {
    "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:1234/user/a%40b/", "JUPYTERHUB_SERVICE_PREFIX": "/user/a%40b/"
}  # fmt: skip


def test_the_hub_says_where_to_listen() -> None:
    assert place(TOLD) == Place("127.0.0.1", 1234, BaseUrl("/user/a%40b/"))
    everywhere = {"JUPYTERHUB_SERVICE_URL": "http://:80/", "JUPYTERHUB_PUBLIC_URL": "https://hub.example/user/a%40b/"}
    assert place(TOLD | everywhere) == Place("", 80, BaseUrl("/user/a%40b/", "https://hub.example"))


@pytest.mark.parametrize(
    ("options", "expected"), [([], ("127.0.0.1", 1234)), (["--ip", "::", "--port", "9"], ("::", 9))]
)
def test_what_a_spawner_gives_as_an_option_goes_before_the_hubs_word(
    monkeypatch: pytest.MonkeyPatch, options: list[str], expected: tuple[str, int]
) -> None:
    for name, value in TOLD.items():
        monkeypatch.setenv(name, value)
    found = cli._place(cli._parser().parse_args(["serve", "--hub", *options]))
    assert (found.ip, found.port) == expected


@pytest.mark.parametrize("name", NEEDED)
def test_nothing_is_served_where_the_hub_does_not_say_all(name: str) -> None:
    with pytest.raises(CommandError, match=name):
        place(TOLD | {name: ""})


def test_encryption_between_hub_and_server_is_refused() -> None:
    with pytest.raises(CommandError, match="internal_ssl"):
        place(TOLD | {"JUPYTERHUB_SSL_CERTFILE": "cert.pem"})
