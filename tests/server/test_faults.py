"""Faults: what a visitor sees, what is lost, and that the server goes on for everybody else."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from socket import create_connection
from typing import Any
from urllib.parse import urlsplit

import pytest

from labkit.server.address import free_port
from tests.benchmarks.student import Student
from tests.server.beside import CONTROL, LAB, Beside, kernel_pids, serving
from tests.server.wire import SUBPROTOCOL, alone, is_running, kernel_in, wait_until


@pytest.fixture(scope="module")
def labs(start: Any) -> Any:
    return start(serving())


def state_of(student: Student) -> str:
    """What the page's script would open again."""
    said = (str(each["state"].get("value")) for each in student.models.values())
    return unescape(next(match[1] for text in said if (match := re.search(r'data-state="([^"]*)"', text))))


def test_a_kernel_killed_in_a_drag_takes_nothing_from_another_and_its_state_can_be_had_again(labs: Any) -> None:
    with Beside(labs.url) as victim:
        (pid,) = kernel_pids(labs.process.pid)
        with Beside(labs.url) as other:
            os.kill(pid, signal.SIGKILL)
            kernel = f"api/kernels/{victim.student.kernel}"  # which the page's script asks for, and then tells
            assert wait_until(lambda: labs.get(kernel).status == 404, 15)
            other.goes_on(10)
            state = state_of(victim.student)
            std = urllib.parse.parse_qs(state)["std"][0]
            assert alone(opened_again(labs.url, state)) == (state, pytest.approx(float(std)))


async def opened_again(url: str, state: str) -> tuple[str, float]:
    """What the page that the button opens says of its state, and where its slider stands."""
    async with Student(url) as student:
        await student.open(LAB, state)
        return state_of(student), student.find(CONTROL)[1]["value"]


def test_a_server_that_was_killed_starts_again_on_its_port(start: Any) -> None:
    port = free_port("127.0.0.1", 0)
    first = start(serving(port))
    with Beside(first.url) as student:
        kernel, pids = student.student.kernel, kernel_pids(first.process.pid)
        assert len(pids) == 1
        first.process.kill()
        first.process.wait()
        assert wait_until(lambda: not any(map(is_running, pids)), 5)
    second = start(serving(port))
    assert second.get(f"api/kernels/{kernel}").status == 404  # so the page tells that its lab has ended
    with Beside(second.url) as student:
        student.goes_on()


async def rejoined(url: str) -> None:
    """Move, lose the line, come back, and go on."""
    async with Student(url) as student:
        await student.open(LAB)
        model, state = student.find(CONTROL)
        assert state["value"] != 0.3
        await student.move(model, value=0.3)
        student.cut()
        await student.join()
        assert student.find(CONTROL)[1]["value"] == pytest.approx(0.3)
        assert (await student.move(model, value=0.2)).pictured is not None


def test_a_line_that_was_cut_is_taken_up_where_it_was(labs: Any) -> None:
    alone(rejoined(labs.url))


PINGS = """
from jupyter_server.base import websocket
websocket.WS_PING_INTERVAL = 300
"""


def test_a_line_that_is_half_open_is_given_up(start: Any) -> None:
    labs = start(PINGS + serving())
    kernel = kernel_in(labs.get(f"voila/render/{LAB}.ipynb").text)
    place = urlsplit(labs.url)
    asked = (
        f"GET /api/kernels/{kernel}/channels?session_id=a HTTP/1.1", f"Host: {place.netloc}", "Upgrade: websocket",
        "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}", "", "",
    )  # fmt: skip
    with create_connection((place.hostname, place.port), timeout=30) as line:
        line.sendall("\r\n".join(asked).encode())
        assert line.recv(1 << 16).startswith(b"HTTP/1.1 101")
        assert wait_until(lambda: visitors(labs) == 1, 10)
        assert wait_until(lambda: visitors(labs) == 0, 20)  # it answers no ping
    with Beside(labs.url) as student:
        student.goes_on(20)  # while one that answers stays


def visitors(labs: Any) -> int:
    return int(json.loads(labs.get("health").text)["visitors"])


def reload(url: str) -> int:
    """Open a page and leave it at once, as a reload does: the answer's status."""
    jar = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    try:
        text = browser.open(f"{url}voila/render/{LAB}.ipynb", timeout=60).read().decode()
    except urllib.error.HTTPError as error:
        return error.code
    (xsrf,) = (cookie.value for cookie in jar if cookie.name == "_xsrf")
    farewell = f"{url}voila/api/shutdown/{kernel_in(text)}?_xsrf={urllib.parse.quote(xsrf or '')}"
    return int(browser.open(urllib.request.Request(farewell, method="POST"), timeout=60).status)


@pytest.mark.parametrize("times", [40, pytest.param(200, marks=pytest.mark.long)])
def test_a_storm_of_reloads_leaves_a_working_server_and_no_kernel(labs: Any, times: int) -> None:
    with Beside(labs.url) as student:
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(reload, [labs.url] * times)) == {204}
        student.goes_on()
        assert wait_until(lambda: labs.kernels() == 1, 20)
    assert wait_until(lambda: not kernel_pids(labs.process.pid), 20)
    assert "Traceback" not in labs.errors.read_text()


@pytest.mark.long
def test_the_thirty_first_of_thirty_waits_until_one_leaves(start: Any) -> None:
    server = start(serving(room="Room(kernels=30)"))

    async def attend() -> None:
        async with AsyncExitStack() as stack:
            students = [await stack.enter_async_context(Student(server.url)) for _ in range(30)]
            for student in students:
                await student.open(LAB)
            assert (await asyncio.to_thread(server.get, f"voila/render/{LAB}.ipynb")).status == 503
            await students[0].close()
            await students[0].open(LAB)

    alone(attend())
    assert json.loads(server.get("health").text)["refused"] == 1


def test_a_full_disk_under_the_log_stops_nobody(environment: dict[str, str], notebooks: Path, tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen([sys.executable, "-c", serving(), str(notebooks)], stdout=subprocess.PIPE,
                                   stderr=full, text=True, cwd=tmp_path, env=environment)  # fmt: skip
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with pytest.raises(urllib.error.HTTPError, match="404"):  # which is logged
            urllib.request.urlopen(url + "nothing")
        with Beside(url) as student:
            student.goes_on()
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.stdout.close()


@pytest.mark.parametrize("students", [3, pytest.param(30, marks=pytest.mark.long)])
def test_a_server_that_is_stopped_while_all_drag_is_gone_at_once(start: Any, tmp_path: Path, students: int) -> None:
    server = start(serving(), TMPDIR=str(tmp_path))
    with ExitStack() as stack:
        *_, last = [stack.enter_context(Beside(server.url)) for _ in range(students)]
        pids = kernel_pids(server.process.pid)
        assert len(pids) == students
        server.process.terminate()
        assert server.process.wait(5) == 0
        assert not any(map(is_running, pids))
        assert wait_until(lambda: last.error is not None, 10)
    assert not list(tmp_path.glob("voila_*"))
    assert "Traceback" not in server.errors.read_text()


def test_clients_that_never_finish_what_they_say_hold_up_nobody_and_are_let_go(start: Any) -> None:
    labs = start(serving(), LABKIT__Voila__slow_seconds="2")
    place = urlsplit(labs.url)
    halves = b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST /login HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"
    with Beside(labs.url) as student, ExitStack() as stack:
        lines = [stack.enter_context(create_connection((place.hostname, place.port), timeout=30)) for _ in range(50)]
        for number, line in enumerate(lines):
            line.sendall(halves[number % 2])
        student.goes_on()
        for line in lines:
            assert all(iter(lambda: line.recv(1 << 16), b""))  # noqa: B023  (to its end)
        student.goes_on()
