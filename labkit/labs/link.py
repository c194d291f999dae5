"""The whole of what a page shows, as the query of a link.

?v=1&activation=relu&std=0.01&pin=std%3D0.1&hide=alpha,depth&mode=projector

A pin is a state's text in its turn, with a step of its own. Only what differs from the defaults is written. What comes
in is never trusted: what is wrong is said and left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from labkit.labs.lab import Lab
from labkit.labs.state import read, written

VERSION = 1
MOST = 4000
"""Characters of a query that are read."""
MOST_PINS = 3
PROJECTOR = "projector"
_MOST_STEPS = 10**6


@dataclass(frozen=True)
class Moment:
    """Parameters, and the steps done of a lab that moves by itself."""

    parameters: Any
    steps: int = 0


@dataclass(frozen=True)
class State:
    """What a page shows: its parameters, the steps done of a lab that moves by itself, what is pinned, the names of the
    controls that are hidden, and whether it is large enough for the back of a room.
    """

    parameters: Any
    pins: tuple[Moment, ...] = ()
    steps: int = 0
    hidden: tuple[str, ...] = ()
    projector: bool = False


@dataclass(frozen=True)
class Opened:
    """What a link stands for, as far as it can be had; `complaints` say in words what could not."""

    state: State
    complaints: tuple[str, ...] = ()


def query(state: State) -> str:
    """The query of a link to this state, without the question mark."""
    pairs = [("v", str(VERSION)), *_written(state.parameters, state.steps)]
    pairs += [("pin", urlencode(_written(pin.parameters, pin.steps))) for pin in state.pins]
    pairs += [("hide", ",".join(state.hidden))] * bool(state.hidden)
    pairs += [("mode", PROJECTOR)] * state.projector
    return urlencode(pairs)


def _written(parameters: Any, steps: int) -> list[tuple[str, str]]:
    return [*written(parameters).items(), *[("step", str(steps))] * bool(steps)]


def read_query(lab: Lab, text: str) -> Opened:
    """The state that the query of a link stands for: what is wrong in it is left out or brought within its bounds."""
    nothing = State(lab.parameters())
    if len(text) > MOST:
        return Opened(nothing, (f"a link may have {MOST} characters, got {len(text)}: it is not read",))
    try:
        pairs = parse_qsl(text.removeprefix("?"), keep_blank_values=True, max_num_fields=200)
    except ValueError as error:
        return Opened(nothing, (f"the link cannot be read: {error}",))
    special = {"v", "pin", "step", "hide", "mode"}
    found = {name: value for name, value in pairs if name not in special}
    version = next((value for name, value in pairs if name == "v"), str(VERSION))
    if version != str(VERSION):
        return Opened(nothing, (f"a link of version {VERSION} is wanted, got {version[:20]!r}: it is not read",))
    main = read(lab, found)
    complaints: list[str] = []
    pins = _pins(lab, [value for name, value in pairs if name == "pin"], complaints)
    last = dict(pairs)
    state = State(
        main.parameters, pins, _steps(lab, last.get("step", "0"), complaints),
        _hidden(lab, last.get("hide", ""), complaints), _projector(last.get("mode"), complaints),
    )  # fmt: skip
    return Opened(state, (*main.complaints, *complaints))


def _pins(lab: Lab, texts: Sequence[str], complaints: list[str]) -> tuple[Moment, ...]:
    if len(texts) > MOST_PINS:
        complaints.append(f"at most {MOST_PINS} states can be pinned, got {len(texts)}: the others are left out")
    found = []
    for number, text in enumerate(texts[:MOST_PINS], 1):
        values = dict(parse_qsl(text, keep_blank_values=True))
        said: list[str] = []
        steps = _steps(lab, values.pop("step", "0"), said)
        pin = read(lab, values)
        complaints += [f"pin {number}: {each}" for each in (*said, *pin.complaints)]
        found.append(Moment(pin.parameters, steps))
    return tuple(found)


def _steps(lab: Lab, text: str, complaints: list[str]) -> int:
    most = 0 if lab.motion is None else _MOST_STEPS
    steps = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
    if not 0 <= steps <= most:
        complaints.append(f"step must be a whole number in [0, {most}], got {text[:40]!r}: it is left out")
        return 0
    return steps


def _hidden(lab: Lab, text: str, complaints: list[str]) -> tuple[str, ...]:
    names = [name for name in text.split(",") if name]
    known = lab.parameters.controls()
    complaints += [f"there is no control {name[:40]!r} to hide" for name in names if name not in known]
    return tuple(dict.fromkeys(name for name in names if name in known))


def _projector(text: str | None, complaints: list[str]) -> bool:
    if text not in (None, PROJECTOR):
        complaints.append(f"mode must be {PROJECTOR}, got {text[:40]!r}: it is left out")
    return text == PROJECTOR
