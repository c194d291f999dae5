"""Kernels: ended with their server, ended when left behind; and the socket that leads to them."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.server.wire import SUBPROTOCOL, channels, is_running, visit, wait_until

# Prints what the socket's option is once labkit's own connection class has opened it.
REPORT = """
import socket
from labkit.server import connection
opened = connection.NoDelayConnection.connect
def connect(self):
    result = opened(self)
    sock = self.websocket_handler.ws_connection.stream.socket
    print("nodelay", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY), flush=True)
    return result
connection.NoDelayConnection.connect = connect
"""

LAB = """
import sys
from pathlib import Path
from labkit.server.address import free_port
from labkit.server.jupyter_app import run
run(Path(sys.argv[1]), "stub.ipynb", "127.0.0.1", free_port("127.0.0.1", 0), False, lambda url: print(url, flush=True))
"""


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT], ids=lambda stop: stop.name)
def test_a_stopped_server_leaves_no_kernel_and_no_file(start: Any, tmp_path: Path, stop: signal.Signals) -> None:
    server = start(TMPDIR=str(tmp_path))
    pids = [visit(server)[1] for _ in range(2)]
    assert all(map(is_running, pids))
    server.process.send_signal(stop)
    assert server.process.wait(timeout=5) == 0
    assert not any(map(is_running, pids))
    assert not list(tmp_path.glob("voila_*"))
    assert "Traceback" not in server.errors.read_text()


def test_tcp_nodelay_is_set_on_the_dashboards_socket(start: Any, serve_script: str) -> None:
    server = start(REPORT + serve_script)
    with connect(channels(server, visit(server)[0]), subprotocols=[SUBPROTOCOL]):
        assert server.output.readline() == "nodelay 1\n"


def test_tcp_nodelay_is_set_in_jupyterlab(start: Any) -> None:
    server = start(REPORT + LAB)
    server.url, token = server.url.split("lab/tree/stub.ipynb?token=")
    headers = {"Authorization": f"token {token}"}
    reply = server.ask(server.url + "api/kernels", data=b"{}", headers=headers)
    kernel = json.loads(reply.text)["id"]
    with connect(channels(server, kernel), subprotocols=[SUBPROTOCOL], additional_headers=headers):
        assert server.output.readline() == "nodelay 1\n"
    assert server.get("api/kernels").status == 403
    server.process.terminate()
    assert server.process.wait(timeout=10) == 0


def config(folder: Path, **settings: int) -> str:
    (folder / "labkit_config.json").write_text(json.dumps({"LabKernelManager": {"cull_interval": 1, **settings}}))
    return str(folder)


def test_a_kernel_without_a_page_is_ended_after_a_while(start: Any, tmp_path: Path) -> None:
    server = start(JUPYTER_CONFIG_DIR=config(tmp_path, cull_idle_timeout=1))
    _, pid = visit(server)
    assert wait_until(lambda: not is_running(pid), 10)
    assert wait_until(lambda: server.kernels() == 0, 5)


def test_a_kernel_with_an_open_page_is_ended_late(start: Any, tmp_path: Path) -> None:
    server = start(JUPYTER_CONFIG_DIR=config(tmp_path, cull_idle_timeout=1, cull_connected_timeout=5))
    kernel, pid = visit(server)
    with connect(channels(server, kernel), subprotocols=[SUBPROTOCOL]):
        assert not wait_until(lambda: not is_running(pid), 3)
        assert wait_until(lambda: not is_running(pid), 10)
