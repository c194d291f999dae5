"""A class: as many places as there is room for, a way in for those who belong, and nothing kept of the others."""

import json
import os
import re
import signal
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from labkit.server.classroom import Room, is_private, room_for, room_for_anybody
from labkit.server.lines import POLICY
from tests.server.conftest import write_notebook
from tests.server.wire import (
    SUBPROTOCOL,
    UPDATE,
    channels,
    frame,
    is_running,
    kernel_in,
    visit,
    wait_until,
    with_arguments,
)


@pytest.fixture(scope="module")
def full(start: Any) -> Any:
    """A server with two places, and a visitor in each."""
    server = start(with_arguments("Room(kernels=2)"))
    for _ in range(2):
        comes(server, visit(server)[0])
    return server


def comes(server: Any, kernel: str) -> None:
    """What a page asks as soon as it is there."""
    assert server.get(f"api/kernels/{kernel}").status == 200


def health(server: Any) -> dict[str, Any]:
    return dict(json.loads(server.get("health").text))


def test_one_too_many_is_told_politely_and_tries_again(full: Any) -> None:
    before = health(full)
    answer = full.get("voila/render/stub.ipynb")
    assert answer.status == 503
    assert "The lab is full. This page tries again by itself" in answer.text
    assert re.search(r'http-equiv="refresh" content="\d+"', answer.text)
    assert 5 < int(answer.headers["Retry-After"]) < 20
    assert health(full) == {**before, "refused": before["refused"] + 1}
    assert (before["status"], before["kernels"], before["most"]) == ("full", 2, 2)


def told(server: Any) -> list[str]:
    return list(server.errors.read_text().splitlines())


def test_a_visitor_without_a_place_is_told_of_in_one_line(full: Any) -> None:
    before = told(full)
    assert full.get("voila/render/stub.ipynb?std=1").status == 503
    assert wait_until(lambda: told(full) != before, 5)
    (line,) = told(full)[len(before) :]
    assert line == "[LabkitVoila] WARNING | labkit: no place for a visitor (127.0.0.1)"


def test_a_kernel_that_died_is_told_of_in_one_line(start: Any) -> None:
    server = start()
    kernel, pid = visit(server)
    with connect(channels(server, kernel), subprotocols=[SUBPROTOCOL]) as line:
        line.send(frame("kernel_info_request", {}))
        line.recv(timeout=10)
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: server.get(f"api/kernels/{kernel}").status == 404, 15)
    (said,) = told(server)
    assert said.startswith(f"[LabkitVoila] WARNING | labkit: the kernel {kernel} has died")


def test_many_at_once_get_no_more_places_than_there_are(start: Any) -> None:
    server = start(with_arguments("Room(kernels=3)"))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: server.get("voila/render/stub.ipynb").status, range(6)))
    assert sorted(answers) == [200] * 3 + [503] * 3
    assert health(server)["kernels"] == 3


def test_a_setting_of_the_environment_wins(start: Any, tmp_path: Path) -> None:
    (tmp_path / "labkit_config.json").write_text(json.dumps({"LabKernelManager": {"max_kernels": 5, "patience": 0.5}}))
    server = start(JUPYTER_CONFIG_DIR=str(tmp_path), LABKIT__LabKernelManager__max_kernels="7")
    assert health(server)["most"] == 7


def test_a_page_that_leaves_makes_room(start: Any) -> None:
    server = start(with_arguments("Room(kernels=1)"))
    jar = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    text = browser.open(server.url + "voila/render/stub.ipynb").read().decode()
    kernel = kernel_in(text)
    assert server.get("voila/render/stub.ipynb").status == 503
    (xsrf,) = (cookie.value for cookie in jar if cookie.name == "_xsrf")
    farewell = f"voila/api/shutdown/{kernel}?_xsrf={urllib.parse.quote(xsrf or '')}"
    assert browser.open(urllib.request.Request(server.url + farewell, method="POST")).status == 204
    assert server.get("voila/render/stub.ipynb").status == 200


def test_a_visit_that_was_broken_off_soon_makes_room(start: Any) -> None:
    server = start(with_arguments("Room(kernels=1)"))
    visit(server)
    assert server.get("voila/render/stub.ipynb").status == 503
    assert wait_until(lambda: bool(server.get("voila/render/stub.ipynb").status == 200), 9)


def test_a_page_that_loads_slowly_keeps_its_place(start: Any) -> None:
    server = start(with_arguments("Room(kernels=1)"))
    comes(server, visit(server)[0])
    assert not wait_until(lambda: bool(server.get("voila/render/stub.ipynb").status == 200), 9)


def test_a_kernel_is_forked_and_one_that_died_leaves_its_place(start: Any) -> None:
    server = start(with_arguments("Room(kernels=1)"))
    _, pid = visit(server)
    assert "labkit.server.nursery" in Path(f"/proc/{pid}/cmdline").read_text()
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: health(server)["kernels"] == 0, 15)
    assert visit(server)[1] != pid


@pytest.mark.parametrize("nice", [0, 7])
def test_who_drags_gives_way_to_who_comes(start: Any, nice: int) -> None:
    server = start(with_arguments(f"Room(nice={nice})"), LABKIT__ForkedProvisioner__settled="2")
    _, pid = visit(server)
    assert os.getpriority(os.PRIO_PROCESS, pid) == 0
    time.sleep(2.5)
    assert os.getpriority(os.PRIO_PROCESS, pid) == nice


def test_a_kernel_cannot_take_the_memory_of_the_others(start: Any, tmp_path: Path) -> None:
    takes = "try:\n    bytearray(1 << 30)\n    print('taken')\nexcept MemoryError:\n    print('refused')"
    write_notebook(tmp_path / "stub.ipynb", takes)
    script = with_arguments("Room(network_mib=64)").replace("Path(sys.argv[1])", f"Path({str(tmp_path)!r})")
    assert "refused" in start(script).get("voila/render/stub.ipynb").text


def test_a_nursery_that_died_is_replaced(start: Any) -> None:
    server = start()
    _, pid = visit(server)
    nursery = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(nursery, signal.SIGKILL)
    assert visit(server)[1] != pid
    assert is_running(pid)


def test_kernels_end_with_a_server_that_was_killed(start: Any) -> None:
    server = start()
    pids = [visit(server)[1] for _ in range(2)]
    server.process.kill()
    server.process.wait()
    assert wait_until(lambda: not any(map(is_running, pids)), 5)


def test_a_browser_is_told_to_load_nothing_from_elsewhere(full: Any) -> None:
    for path in ("", "health", "nothing", "voila/static/voila.js"):
        headers = full.get(path).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "http" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


TOO_LARGE = 1009


def end_of(line: Any) -> int | None:
    """The code with which the server ends a WebSocket."""
    try:
        while True:
            line.recv(timeout=10)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


ATTACKS = {
    "code": frame("execute_request", {"code": "open('/tmp/labkit-was-here', 'w')", "silent": False}),
    "another protocol": (10**18).to_bytes(8, "little") + b"x" * 100,
    "text": '{"header": {"msg_type": "execute_request"}, "channel": "shell"}',
    "depth": frame("comm_msg", b'{"data": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_ends_its_own_line_and_disturbs_nobody(dashboards: Any, attack: Any) -> None:
    (kernel, pid), (other, _) = visit(dashboards), visit(dashboards)
    with connect(channels(dashboards, other), subprotocols=[SUBPROTOCOL]) as student:
        with connect(channels(dashboards, kernel), subprotocols=[SUBPROTOCOL]) as attacker:
            attacker.send(attack)
            assert end_of(attacker) == POLICY
        student.send(frame("kernel_info_request", {}))
        assert student.recv(timeout=10)
    assert is_running(pid)
    assert not Path("/tmp/labkit-was-here").exists()
    assert "Traceback" not in dashboards.errors.read_text()


def test_a_message_too_large_is_not_read(dashboards: Any) -> None:
    kernel, _ = visit(dashboards)
    with connect(channels(dashboards, kernel), subprotocols=[SUBPROTOCOL]) as attacker:
        with suppress(ConnectionClosed):  # which may come before it is all sent, and then without a word
            attacker.send(b"x" * (2 << 20))
        assert end_of(attacker) in (TOO_LARGE, None)
    assert dashboards.get("health").status == 200


def test_a_flood_is_slowed_down_for_the_one_who_floods(dashboards: Any) -> None:
    kernel, _ = visit(dashboards)
    other, _ = visit(dashboards)
    with connect(channels(dashboards, kernel), subprotocols=[SUBPROTOCOL]) as flood:
        for _ in range(2000):
            flood.send(frame("comm_msg", UPDATE))
        with connect(channels(dashboards, other), subprotocols=[SUBPROTOCOL]) as student:
            student.send(frame("kernel_info_request", {}))
            assert student.recv(timeout=5)
    assert dashboards.get("health").status == 200


@pytest.mark.parametrize(
    ("students", "free", "kernels", "network"), [(30, 24_000, 33, 512), (30, 8_000, 33, 191), (10, 4_000, 12, 410)]
)
def test_room_is_made_from_the_class_and_the_machine(students: int, free: float, kernels: int, network: int) -> None:
    room = room_for(students, free)
    assert (room.kernels, room.network_mib) == (kernels, network)
    assert f"a class of {students}" in room.words(students)
    assert "as many visitors as come" in Room(seconds=0).words(1)
    assert "of any length" in Room(seconds=0).words(1)


def test_without_a_class_there_are_as_many_places_as_the_memory_holds() -> None:
    assert room_for_anybody(24_000).kernels == int(0.8 * 24_000 / 130)
    assert room_for_anybody(10).kernels == 1


def test_a_machine_that_is_too_small_says_how_many_it_holds() -> None:
    with pytest.raises(ValueError, match=r"a class of 30 needs 5362 MiB .* has 2000: it holds (\d+)") as refused:
        room_for(30, 2000)
    holds = int(str(refused.value).rsplit(" ", 1)[1])
    assert room_for(holds, 2000).kernels > holds
    with pytest.raises(ValueError, match="it holds"):
        room_for(holds + 1, 2000)


@pytest.mark.parametrize(
    ("ip", "private"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("10.0.0.1", False)],
)
def test_an_address_that_others_reach_is_known(ip: str, private: bool) -> None:
    assert is_private(ip) == private


Run = Callable[..., Any]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--class", "0"], "must be a whole number in [1, 1000], got '0'"),
        (["--class", "many"], "must be a whole number in [1, 1000], got 'many'"),
        (["--class", "1000"], "a class of 1000 needs"),
        (["--token", "a", "--password", "b"], "not allowed with argument"),
    ],
)
def test_a_mistake_is_one_line(labkit_command: Run, arguments: list[str], words: str) -> None:
    done = labkit_command("serve", "--no-browser", "--port", "0", *arguments)
    assert (done.returncode, done.stdout) != (0, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
