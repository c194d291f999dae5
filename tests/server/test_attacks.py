"""Attacks by somebody who has come in, each beside a student who drags and must not notice."""

import asyncio
import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from http.cookiejar import CookieJar
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from labkit import Network
from labkit.labs import LABS
from labkit.server import identity
from labkit.server.classroom import Room
from labkit.server.lines import MOST_LINES, POLICY
from tests.benchmarks.student import Student, StudentError
from tests.server.beside import LAB, Beside, serving
from tests.server.test_class import end_of
from tests.server.wire import SUBPROTOCOL, Browser, alone, channels, frame, kernel_in, wait_until

TOKEN = "a-token-of-a-class"
MEMBER = {"Authorization": f"token {TOKEN}"}
MARKUP = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
LITTLE_PATIENCE = """
from labkit.server import lines
lines.MOST_UNREAD = 1 << 20
"""


@pytest.fixture(scope="module")
def labs(start: Any) -> Any:
    return start(LITTLE_PATIENCE + serving(token=TOKEN))


@pytest.fixture(scope="module")
def student(labs: Any) -> Iterator[Beside]:
    with Beside(labs.url, **MEMBER) as beside:
        yield beside


NOTICED = 5.0
"""Seconds that a student would wait for a picture only where something holds up the server."""


@pytest.fixture(autouse=True)
def nobody_notices(labs: Any, student: Beside) -> Iterator[None]:
    """Each attack, whatever it is: the student goes on while it lasts and after, and the server has nothing to tell."""
    before = len(student.waited)
    yield
    student.goes_on()
    assert max(student.waited[before:]) < NOTICED
    assert "Traceback" not in labs.errors.read_text()


@pytest.fixture(scope="module")
def kernel(labs: Any) -> str:
    """The attacker's own, as everybody has one."""
    return kernel_in(labs.get(f"voila/render/{LAB}.ipynb", **MEMBER).text)


@pytest.mark.parametrize("channel", [b"shell", b"control"])
@pytest.mark.parametrize(
    "kind",
    [
        "execute_request", "complete_request", "inspect_request", "history_request", "is_complete_request",
        "input_reply", "shutdown_request", "interrupt_request", "debug_request", "create_subshell_request",
        "delete_subshell_request", "list_subshell_request", "connect_request", "usage_request", "nonsense",
    ],
)  # fmt: skip
def test_no_message_but_those_of_widgets_reaches_a_kernel(
    labs: Any, kernel: str, tmp_path: Path, kind: str, channel: bytes
) -> None:
    content = {"code": f"open({str(tmp_path / 'was-here')!r}, 'w')", "silent": False, "restart": False, "value": "x",
               "command": "evaluate", "arguments": {"expression": "1"}, "cursor_pos": 0}  # fmt: skip
    with connect(channels(labs, kernel), subprotocols=[SUBPROTOCOL], additional_headers=MEMBER) as line:
        line.send(frame(kind, content, channel=channel))
        assert end_of(line) == POLICY
    assert not list(tmp_path.iterdir())
    assert labs.get(f"api/kernels/{kernel}", **MEMBER).status == 200


BAD_VALUES: tuple[Any, ...] = (1e308, -1e308, None, "x", MARKUP, [1], {"a": 1}, True, 2**70, -1)


async def forged(url: str, values: tuple[Any, ...]) -> tuple[str, list[str]]:
    """Set what each widget of a page shows to what no browser sends; all that was said, and whether sliders live."""
    said = []
    async with Student(url, MEMBER) as attacker:
        await attacker.open(LAB)
        for number, (model, each) in enumerate(list(attacker.models.items())):
            names = [name for name in ("value", "index") if name in each["state"]]
            for name in names:
                for value in (values * 2)[number % len(values) :][:3]:  # each widget some, all of them on some
                    said += (await attacker.move(model, **{name: value})).messages
        model, _ = attacker.find("init std")
        attacker.cut()
        await attacker.join()
        bounds = [each["state"] for each in attacker.models.values() if "Slider" in each["model_name"]]
        for state in bounds:
            if "min" in state and not isinstance(state["value"], list):
                ends = [state["base"] ** state[end] if "base" in state else state[end] for end in ("min", "max")]
                assert ends[0] <= state["value"] <= ends[1], state
        await attacker.move(model, value=0.3)
        assert (await attacker.move(model, value=0.2)).messages  # its own lab still answers, with what is wrong in it
        return json.dumps(said), [message["kind"] for message in said]


def test_values_beyond_bounds_are_refused_or_put_right(labs: Any) -> None:
    said, kinds = alone(forged(labs.url, BAD_VALUES))
    assert kinds
    assert set(kinds) <= {"comm_open", "comm_msg", "comm_close"}
    for secret in ("Traceback", "site-packages", "/labkit/"):
        assert secret not in said


TRAITS = {
    "_model_module": "https://elsewhere.example/x", "_view_name": "HTMLView", "_model_name": "OutputModel",
    "max": 1e300, "min": -1e300, "step": 0, "_options_labels": ["a"] * 1000, "options": [1],
    "children": ["IPY_MODEL_none"],
    "layout": "IPY_MODEL_none", "keys": [], "comm": 1, "log": 1, "__class__": "x", "_trait_values": {},
    "notify_change": 1, "tooltip": MARKUP, "description": MARKUP, "_dom_classes": ["x"],
}  # fmt: skip


async def reforged(url: str) -> str:
    """Set traits that no page of ours sets; all that was said."""
    said = []
    async with Student(url, MEMBER) as attacker:
        await attacker.open(LAB)
        for model, each in list(attacker.models.items()):
            if "Slider" in each["model_name"] or each["model_name"] in ("HTMLModel", "DropdownModel", "ImageModel"):
                for name, value in TRAITS.items():
                    said += (await attacker.move(model, **{name: value})).messages
        for data in ({"method": "custom", "content": {"event": "click", "x": [{}]}}, {"method": "request_state"}):
            said += (await attacker.ask("comm_msg", comm_id=model, data=data)).messages
        said += (await attacker.ask("comm_msg", comm_id="nothing", data={"method": "request_state"})).messages
        said += (await attacker.ask("comm_close", comm_id=model, data={})).messages
    return json.dumps(said)


def test_forged_traits_tell_nothing_of_the_machine(labs: Any) -> None:
    said = alone(reforged(labs.url))
    for secret in ("Traceback", "site-packages", "/labkit/"):
        assert secret not in said


async def refusal(url: str, kind: str, content: dict[str, Any]) -> None:
    async with Student(url, MEMBER) as attacker:
        await attacker.open(LAB)
        await attacker.ask(kind, **content)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("comm_open", {"comm_id": "a", "target_name": "jupyter.widget", "data": {"state": {"_model_name": "x"}}}),
        ("comm_open", {"comm_id": "a", "target_name": "os.system", "data": {}}),
        ("comm_open", {"comm_id": "a", "target_name": "", "target_module": "os", "data": {}}),
        ("comm_msg", {"comm_id": "a", "data": {"method": "eval"}}),
    ],
)
def test_forged_targets_end_the_line(labs: Any, kind: str, content: dict[str, Any]) -> None:
    with pytest.raises(StudentError, match="the connection was lost"):
        alone(refusal(labs.url, kind, content))


@pytest.fixture(scope="module")
def cookies(labs: Any) -> str:
    """What a member's browser sends, whoever made it send something."""
    jar = CookieJar()
    urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar)).open(f"{labs.url}?token={TOKEN}").close()
    assert len(jar) > 0
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "NONSENSE"])
@pytest.mark.parametrize(
    "path", ["/", "/health", f"/voila/render/{LAB}.ipynb", "/api/kernels/KERNEL", "/voila/api/shutdown/KERNEL",
             "/api/kernels/KERNEL/interrupt", "/api/kernels/KERNEL/restart", "/voila/static/voila.js", "/api/contents"]
)  # fmt: skip
def test_no_method_changes_anything_without_the_pages_own_word(
    labs: Any, student: Beside, cookies: str, method: str, path: str
) -> None:
    """As a page from elsewhere would, in the browser of somebody who is in; it even knows the kernel's id."""
    line = HTTPConnection(urlsplit(labs.url).netloc, timeout=30)
    headers = {"Cookie": cookies, "Origin": "https://elsewhere.example", "Content-Length": "0"}
    try:
        line.request(method, path.replace("KERNEL", student.student.kernel), headers=headers)
        answer = line.getresponse()
        assert b"Traceback" not in answer.read()
    finally:
        line.close()
    assert answer.status in (400, 403, 404, 405) or (method == "OPTIONS" and answer.status < 300)
    assert labs.get(f"api/kernels/{student.student.kernel}", **MEMBER).status == 200


def handshake(labs: Any, kernel: str, **more: Any) -> int:
    try:
        with connect(channels(labs, kernel), **{"subprotocols": [SUBPROTOCOL], "additional_headers": MEMBER, **more}):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.mark.parametrize(
    ("status", "more"),
    [
        (101, {}),
        (403, {"additional_headers": {}}),
        (403, {"additional_headers": {"Authorization": f"token {TOKEN[:-1]}"}}),
        (400, {"subprotocols": None}),  # the protocol that freezes stock Voila
        (400, {"subprotocols": ["v0.kernel.websocket.jupyter.org"]}),
    ],
)
def test_a_line_is_for_a_members_page_that_speaks_the_protocol(
    labs: Any, kernel: str, status: int, more: dict[str, Any]
) -> None:
    assert handshake(labs, kernel, **more) == status


@pytest.mark.parametrize(
    ("origin", "status"), [("", 101), ("https://elsewhere.example", 403), ("http://127.0.0.1", 403), ("null", 403)]
)
def test_a_page_from_elsewhere_gets_no_line_in_a_members_browser(
    labs: Any, kernel: str, cookies: str, origin: str, status: int
) -> None:
    from_here = origin or labs.url.rstrip("/")
    assert handshake(labs, kernel, additional_headers={"Cookie": cookies}, origin=from_here) == status


def test_a_kernel_that_is_not_there_is_not_made(labs: Any) -> None:
    before = labs.get("health", **MEMBER).text
    assert handshake(labs, "00000000-0000-0000-0000-000000000000") == 404
    assert labs.get("health", **MEMBER).text == before


def test_tokens_are_compared_in_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr(identity.hmac, "compare_digest", lambda *both: bool(compared.append(both)))
    provider = identity.LabIdentityProvider(token=TOKEN)
    monkeypatch.setattr(provider, "get_token", lambda _: "guess")
    handler: Any = SimpleNamespace(request=SimpleNamespace(remote_ip="127.0.0.1"))
    assert alone(provider.get_user_token(handler)) is None
    assert compared == [(b"guess", TOKEN.encode())]


async def opened(url: str, query: str) -> tuple[str, list[str]]:
    """The page that a link opens, and all HTML that its widgets show."""
    async with Student(url, MEMBER) as attacker:
        await attacker.open(LAB, query)
        states = [each["state"] for each in attacker.models.values()]
        texts = [(name, text) for state in states for name, text in state.items() if isinstance(text, str)]
        return attacker.page, [text for name, text in texts if name in ("value", "description")]


SILENT = ("labkit",)  # a name that no link has: it may be an analytics tag's
LINK = ("v", "pin", "hide", "mode", "step", "labkit")


@pytest.mark.parametrize("name", [*sorted(LABS[LAB].parameters.__dataclass_fields__), *LINK])
def test_markup_in_a_link_is_text(labs: Any, name: str) -> None:
    page, texts = alone(opened(labs.url, urllib.parse.urlencode({name: MARKUP})))
    assert "alert(1)" not in page
    said = [text for text in texts if 'role="alert"' in text]
    assert said or name in SILENT
    assert not any(re.search("<(img|script)", text) for text in texts)


async def typed(url: str) -> str:
    """Markup in every field for text; all that was said of it."""
    async with Student(url, MEMBER) as attacker:
        await attacker.open(LAB, "formula=x")
        fields = [model for model, each in attacker.models.items() if each["model_name"] == "TextModel"]
        assert fields
        return json.dumps([(await attacker.move(model, value=f"<b>{MARKUP}")).messages for model in fields])


def test_markup_that_is_typed_is_text(labs: Any) -> None:
    said = alone(typed(labs.url))
    assert "got &#x27;b&#x27;" in said  # it is spoken of
    assert not re.search("<(b|img|script)>?", said)


async def unread(url: str, let_go: Callable[[], bool]) -> None:
    """Ask for the states of all widgets, some hundred kB each time, and read none until one is let go."""
    async with Student(url, MEMBER) as attacker:
        await attacker.open(LAB)
        await attacker.stop_reading()
        with suppress(ConnectionClosed):
            while not let_go():
                await attacker.send("comm_msg", comm_id=attacker.comm, data={"method": "request_states"})
                await asyncio.sleep(0.02)


def test_who_does_not_read_is_let_go(labs: Any) -> None:
    end = time.monotonic() + 60
    alone(unread(labs.url, lambda: "does not read" in labs.errors.read_text() or time.monotonic() > end))
    assert wait_until(lambda: "does not read" in labs.errors.read_text(), 5)


LARGEST = "width=1000&depth=5&batch=1000"
"""Some 400 MiB, of 512 that a network may have."""


async def flooded(url: str, student: Beside, seconds: float) -> int:
    """The largest network that is allowed, moved as fast as the line takes it; the pictures of the one beside."""
    async with Student(url, MEMBER) as attacker:
        await attacker.open(LAB, LARGEST)
        model, _ = attacker.find("init std")
        first = await attacker.move(model, value=0.5)
        assert (first.refused, first.pictured is not None) == ("", True)
        before, end = len(student.waited), asyncio.get_running_loop().time() + seconds
        number = 0
        while asyncio.get_running_loop().time() < end:
            update = {"method": "update", "state": {"value": 0.1 + 0.001 * (number % 500)}, "buffer_paths": []}
            await attacker.send("comm_msg", comm_id=model, data=update)
            number += 1
            await asyncio.sleep(0.01)
        return len(student.waited) - before


def test_a_flood_of_the_largest_networks_starves_nobody(labs: Any, student: Beside) -> None:
    most = Room().network_mib << 20
    assert Network(width=1000, depth=5, batch=1000).memory > 0.75 * most
    assert alone(flooded(labs.url, student, 5)) > 10
    assert wait_until(lambda: labs.get("health", **MEMBER).status == 200, 5)


def test_lines_to_one_kernel_are_few_and_share_one_pace(labs: Any, kernel: str) -> None:
    with ExitStack() as stack:
        for number in range(MOST_LINES):
            address = channels(labs, kernel).replace("=test", f"={number}")  # a second one of a session ends the first
            stack.enter_context(connect(address, subprotocols=[SUBPROTOCOL], additional_headers=MEMBER))
        assert handshake(labs, kernel) == 429
    assert wait_until(lambda: handshake(labs, kernel) == 101, 10)


async def heavy(url: str) -> float:
    """Ten messages of a megabyte, one after the other, then a small one: how long that takes."""
    async with Student(url, MEMBER) as attacker:
        await attacker.open(LAB)
        begun = asyncio.get_running_loop().time()
        for _ in range(10):
            await attacker.send("comm_msg", comm_id="none", data={"method": "update", "state": {"x": "y" * 10**6}})
        await attacker.ask("comm_info_request")
        return asyncio.get_running_loop().time() - begun


def test_large_messages_wait_for_as_long_as_many_small_ones(labs: Any) -> None:
    assert alone(heavy(labs.url)) > 6  # as a thousand messages, of which 200 are free


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "document"}, 200),
    ],
)
def test_a_page_from_elsewhere_may_lead_to_a_lab_and_not_embed_it(
    labs: Any, headers: dict[str, str], status: int
) -> None:
    assert labs.get(f"voila/render/{LAB}.ipynb", **MEMBER, **headers).status == status


def test_a_log_holds_no_token_whatever_went_wrong(labs: Any, kernel: str) -> None:
    secret = "a-secret-in-an-address"
    for path in (f"api/kernels/{kernel}/channels?token={secret}", f"api/kernels/nothing?token={secret}",
                 f"login?next=%2F%3Ftoken%3D{secret}", f"voila/static/nothing.js?token={secret}"):  # fmt: skip
        assert labs.get(path, **MEMBER).status < 500
    assert secret not in labs.errors.read_text()


def test_passwords_cannot_be_tried_one_after_the_other(labs: Any) -> None:
    attacker = Browser()
    statuses = [attacker.type(labs.url + "login", f"guess {number}").status for number in range(50)]
    assert 429 in statuses[40:]  # how many there may be: test_way_in.py
