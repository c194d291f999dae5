"""What may pass between a page and its kernel: what the widgets of a page say, and nothing else.

A page moves controls. It needs no code to be run, no file and no other kernel, so nothing of that passes, whoever sends
it: what a frame asks for is looked at before the kernel sees it.
"""

import json
import time
from itertools import pairwise
from typing import Any

MOST_BYTES = 1 << 20
"""Of one message: a control's value is some hundred, a formula or a task file some thousand."""
MOST_PARTS = 16
MOST_DEPTH = 32
MOST_HEAD = 1 << 16
"""Bytes of a header, which names a message and has some hundred."""
CHANNELS = (b"shell", b"control")
TYPES = ("comm_open", "comm_msg", "comm_close", "comm_info_request", "kernel_info_request")
TARGETS = ("jupyter.widget.control",)
METHODS = ("update", "custom", "request_state", "request_states")
ALL_STATES = 20.0
"""Messages that it counts as to ask for the states of all widgets, some hundred kB: a page does so once."""
BYTES_A_MESSAGE = 10_000
"""A move of a slider has some hundred; who sends large ones may send fewer."""
HEARD = ("status", "comm_open", "comm_msg", "comm_close", "comm_info_reply", "kernel_info_reply")
"""Types of what a page hears from its kernel; others, as an error with its traceback, tell of the machine."""


class RefusedError(ValueError):
    """A frame that does not pass; the text says why, in words of ours alone."""


def check(frame: Any) -> float:
    """RefusedError unless it is a message that a page of widgets sends; what its answer costs, in messages."""
    if not isinstance(frame, bytes):
        raise RefusedError("a text frame")
    if len(frame) > MOST_BYTES:
        raise RefusedError(f"a frame of {len(frame)} bytes")
    channel, *parts = _parts(frame)
    if channel not in CHANNELS:
        raise RefusedError("a message on a channel that pages do not use")
    if any(len(part) > MOST_HEAD for part in parts[:3]):
        raise RefusedError("a message with a head that is too long")
    header, _, _, said = (_read(part) for part in parts[:4])
    kind = header.get("msg_type")
    if not isinstance(header.get("msg_id"), str):
        raise RefusedError("a message without a name")
    if kind not in TYPES:
        raise RefusedError("a message of a type that pages do not send")
    if kind == "comm_open" and said.get("target_name") not in TARGETS:
        raise RefusedError("a comm to a target that pages do not open")
    if kind == "comm_msg":
        data = said.get("data")
        if not isinstance(data, dict) or data.get("method") not in METHODS:
            raise RefusedError("a comm message of a kind that pages do not send")
        return ALL_STATES if data["method"] == "request_states" else 0.0
    return 0.0


def size_cost(frame: Any) -> float:
    """What a frame costs by its size, in messages."""
    return 1.0 + len(frame) / BYTES_A_MESSAGE


def _parts(frame: bytes) -> list[bytes]:
    """Channel, header, parent, metadata, content and buffers, of the protocol's version 1."""
    number = int.from_bytes(frame[:8], "little")
    if not 6 <= number <= MOST_PARTS or len(frame) < 8 * (number + 1):
        raise RefusedError("a frame with a wrong number of parts")
    ends = [int.from_bytes(frame[8 * place : 8 * place + 8], "little") for place in range(1, number + 1)]
    if ends != sorted(ends) or ends[0] < 8 * (number + 1) or ends[-1] > len(frame):
        raise RefusedError("a frame whose parts lie outside of it")
    return [frame[low:high] for low, high in pairwise(ends)]


def _read(part: bytes) -> dict[str, Any]:
    try:
        found = json.loads(part, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise RefusedError("a part that is no JSON") from None
    if not isinstance(found, dict) or _depth(found) > MOST_DEPTH:
        raise RefusedError("a part that is no object, or too deep")
    return found


def _refuse(constant: str) -> None:
    """NaN and Infinity, which Python's JSON has and a browser's has not."""
    raise ValueError(constant)


def _depth(value: Any) -> int:
    """How deep lists and objects lie in each other, looked at no deeper than is allowed."""
    level, depth = [value], 0
    while level and depth <= MOST_DEPTH:
        level = [inner for each in level for inner in _inside(each)]
        depth += 1
    return depth


def _inside(value: Any) -> list[Any]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [each for each in children if isinstance(each, dict | list)]


def type_of(frame: bytes) -> str:
    """The type of what a kernel says here; a page may hear those of HEARD."""
    low, high = (int.from_bytes(frame[8 * place : 8 * place + 8], "little") for place in (2, 3))
    return str(json.loads(frame[low:high])["msg_type"])


class Pace:
    """How fast something may come: `rate` a second, `burst` at once. Who is faster waits, and nobody else."""

    def __init__(self, rate: float = 100.0, burst: float = 200.0) -> None:
        """Nothing has come yet."""
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, time.monotonic()

    def wait(self, cost: float = 1.0) -> float:
        """Seconds that the next message must wait, which counts as so many."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate) - cost
        self._at = now
        return max(0.0, -self._left / self._rate)
