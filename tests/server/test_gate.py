"""The gate: what a page of widgets says passes, and nothing else does, however it is made."""

import json
from typing import Any

import pytest

from labkit.server.gate import HEARD, MOST_BYTES, MOST_DEPTH, Pace, RefusedError, check, type_of
from tests.server.wire import UPDATE, frame


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("comm_msg", UPDATE),
        ("comm_msg", {"comm_id": "a", "data": {"method": "custom", "content": {"event": "click"}}}),
        ("comm_msg", {"comm_id": "a", "data": {"method": "request_states"}}),
        ("comm_open", {"comm_id": "a", "target_name": "jupyter.widget.control", "data": {}}),
        ("comm_close", {"comm_id": "a", "data": {}}),
        ("comm_info_request", {}),
        ("kernel_info_request", {}),
    ],
)
def test_what_a_page_says_passes(kind: str, content: Any) -> None:
    check(frame(kind, content))


@pytest.mark.parametrize(
    "kind",
    [
        "execute_request", "complete_request", "inspect_request", "history_request", "is_complete_request",
        "input_reply", "shutdown_request", "interrupt_request", "debug_request", "create_subshell_request",
        "list_subshell_request", "connect_request", "usage_request", "apply_request", "", None, ["comm_msg"],
    ],
)  # fmt: skip
def test_no_other_type_passes(kind: Any) -> None:
    with pytest.raises(RefusedError):
        check(frame(kind, {"code": "1"}))


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\x00" * 8,
        (10**18).to_bytes(8, "little") + b"x" * 100,  # what froze stock Voila
        (6).to_bytes(8, "little") + (10**18).to_bytes(8, "little") * 6,
        (6).to_bytes(8, "little") + b"\xff" * 60,
        frame("comm_msg", UPDATE)[:-1],
        frame("comm_msg", UPDATE, channel=b"stdin"),
        frame("comm_msg", UPDATE, channel=b"iopub"),
        frame("comm_msg", UPDATE, header=b'{"msg_type": "comm_msg"}'),
        frame("comm_msg", UPDATE, header=b"[1]"),
        frame("comm_msg", UPDATE, header=b"\xff\xfe"),
        frame("comm_msg", UPDATE, header=b"[" * 100_000),
        frame("comm_msg", b"{"),
        frame("comm_msg", {"data": deep(MOST_DEPTH)}),
        frame("comm_msg", b'{"data": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
        frame("comm_msg", {"data": {"method": "backbone"}}),
        frame("comm_msg", {"data": "update"}),
        frame("comm_msg", {"data": {"method": "update", "state": {"value": float("nan")}}}),
        frame("comm_open", {"target_name": "jupyter.widget", "data": {"state": {}}}),
        frame("comm_open", {"target_name": "../../etc/passwd"}),
        frame("comm_msg", {"data": {"method": "update", "state": {"value": "x" * MOST_BYTES}}}),
        "text",
        json.dumps({"header": {"msg_type": "comm_msg"}, "channel": "shell"}),
    ],
    ids=str,
)
def test_what_is_malformed_or_forged_does_not_pass(bad: Any) -> None:
    with pytest.raises(RefusedError) as refused:
        check(bad)
    assert "passwd" not in str(refused.value)


def test_the_deepest_that_is_allowed_passes() -> None:
    check(frame("comm_msg", {"data": {"method": "update", "state": {"value": deep(MOST_DEPTH - 3)}}}))


@pytest.mark.parametrize(
    ("kind", "heard"),
    [("status", True), ("comm_msg", True), ("error", False), ("stream", False), ("execute_result", False)],
)
def test_a_page_hears_its_widgets_and_no_tracebacks(kind: str, heard: bool) -> None:
    assert type_of(frame(kind, {}, channel=b"iopub")) == kind
    assert (kind in HEARD) == heard


def test_who_is_too_fast_waits_and_then_goes_on() -> None:
    pace = Pace(rate=1000.0, burst=5.0)
    waits = [pace.wait() for _ in range(100)]
    assert waits[:5] == [0.0] * 5
    assert 0.05 < waits[-1] < 0.096  # 95 too many, a thousand a second
