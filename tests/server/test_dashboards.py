"""The dashboards' server: what it serves, and what it does not."""

import http.client
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.server.wire import SUBPROTOCOL, channels, visit

Server = Any  # the classes of conftest.py


def raw_get(server: Server, path: str) -> tuple[int, bytes]:
    """A request whose path no client tidies up."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def test_the_front_page_lists_the_labs_with_relative_links(dashboards: Server) -> None:
    answer = dashboards.get("/")
    assert answer.status == 200
    assert 'href="voila/render/stub.ipynb"' in answer.text
    assert "A &lt;stub&gt;" in answer.text
    assert "What is it?" in answer.text
    assert "unlisted" not in answer.text


def test_health_is_json(dashboards: Server) -> None:
    answer = dashboards.get("health")
    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(answer.text)["status"] == "ok"


def test_a_lab_runs_on_one_blas_thread(dashboards: Server) -> None:
    assert re.search(r"kernel \d+ threads 1", dashboards.get("voila/render/stub.ipynb").text)


def test_the_page_shows_no_source(dashboards: Server) -> None:
    assert "import os" not in dashboards.get("voila/render/stub.ipynb").text


@pytest.mark.parametrize(
    "path",
    [
        "/files/stub.ipynb", "/voila/files/stub.ipynb", "/voila/files/picture.png", "/voila/tree", "/voila/tree/",
        "/tree", "/api/contents", "/voila/api/contents", "/voila/api/contents/stub.ipynb", "/api/kernels",
        "/api/sessions", "/voila/render/unlisted.ipynb", "/voila/render/picture.png", "/voila/render/",
        "/voila/render/..%2Fnotebooks%2Fstub.ipynb", "/voila/render//stub.ipynb", "/stub.ipynb",
        "/voila/static/../../app.py", "/voila/static/..%2f..%2fapp.py", "/voila/static/%2e%2e/app.py",
        "/voila/templates/lab/static/index.css", "/voila/templates/labkit/static/../conf.json",
        "/voila/templates/labkit/static/..%2f..%2fconf.json", "/voila/templates/..%2flabkit/static/x",
        "/voila/labextensions/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", "/voila/api/themes/..%2f..%2fx",
        "/voila/templates/labkit/static//etc/passwd", "/voila/static//etc/passwd",
    ],
)  # fmt: skip
def test_nothing_else_is_served(dashboards: Server, path: str) -> None:
    status, body = raw_get(dashboards, path)
    assert status in (403, 404)
    for secret in (b"base_template", b"root:", b"nbformat", b"PNG", b"Traceback", b"site-packages"):
        assert secret not in body


@pytest.mark.parametrize("query", ["template=classic", "template=../../x", "theme=dark", "theme=<script>alert(1)"])
def test_the_visitor_chooses_neither_template_nor_theme(dashboards: Server, query: str) -> None:
    text = dashboards.get(f"voila/render/stub.ipynb?{query}").text
    assert "labkit-loading" in text
    assert '"jupyterLabTheme": "light"' in text
    assert "<script>alert" not in text


def test_a_failing_notebook_shows_words_and_no_path(dashboards: Server) -> None:
    text = dashboards.get("voila/render/failing.ipynb").text
    assert "There was an error" in text
    assert "/a/secret/path" not in text
    assert "Traceback" not in text


def test_an_error_page_is_labkits_own(dashboards: Server) -> None:
    answer = dashboards.get("no/such/page")
    assert answer.status == 404
    assert "There is no such page." in answer.text
    assert 'href="/"' in answer.text


def test_a_kernel_is_not_ended_without_the_pages_token(dashboards: Server) -> None:
    kernel = visit(dashboards)[0]
    assert dashboards.ask(dashboards.url + f"voila/api/shutdown/{kernel}", data=b"").status == 403
    assert dashboards.ask(dashboards.url + f"api/kernels/{kernel}", method="DELETE").status == 405
    assert dashboards.get(f"api/kernels/{kernel}").status == 200


def test_the_page_sets_the_token_that_its_farewell_needs(dashboards: Server) -> None:
    assert "_xsrf=" in str(dashboards.get("voila/render/stub.ipynb").headers)


def test_a_websocket_of_the_old_protocol_is_refused(dashboards: Server) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(channels(dashboards, visit(dashboards)[0])):
        pass
    assert refused.value.response.status_code == 400


def test_a_websocket_of_the_current_protocol_is_accepted(dashboards: Server) -> None:
    with connect(channels(dashboards, visit(dashboards)[0]), subprotocols=[SUBPROTOCOL]) as socket:
        assert socket.subprotocol == SUBPROTOCOL


def test_logs_stay_quiet_for_a_visitor(dashboards: Server, start: Any) -> None:
    server = start()
    with connect(channels(server, visit(server)[0]), subprotocols=[SUBPROTOCOL]):
        pass
    assert server.errors.read_text() == ""


def test_configuration_in_the_current_folder_is_not_read(start: Any, tmp_path: Any) -> None:
    for name in ("voila.json", "labkit_config.json"):
        (tmp_path / name).write_text(json.dumps({"Voila": {"base_url": "/elsewhere/"}}))
    assert start(cwd=tmp_path).get("health").status == 200
    assert {path.name for path in tmp_path.iterdir()} == {"voila.json", "labkit_config.json"}


def test_the_prefix_of_a_proxy_reaches_every_address(start: Any, tmp_path: Any) -> None:
    (tmp_path / "labkit_config.json").write_text(json.dumps({"Voila": {"base_url": "/class/"}}))
    server = start(JUPYTER_CONFIG_DIR=str(tmp_path))
    assert server.get("/").status == 404
    assert server.get("class/").status == 200
    text = server.get("class/voila/render/stub.ipynb").text
    assert re.search(r"kernel \d+ threads", text)
    local = re.findall(r'(?:src|href)="(/[^"]*)"', text)
    assert local
    assert all(address.startswith("/class/") for address in local)
