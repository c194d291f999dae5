"""Tasks from a file: labkit's own set, and a teacher's. What comes in is never trusted; each mistake is named.

    [[task]]
    name = "Layer 5 of tanh"
    lab = "signal_propagation"
    values = {activation = "tanh", initializer = "lecun_normal"}
    question = "What is the std of layer 5?"
    measure = "std"
    factor = 1.3
    why = "Each layer takes a little."

In place of `factor` (or `within`) there may be options, of which exactly one must hold the number that is measured:

    options = [{text = "below 0.1", to = 0.1}, {text = "above", from = 0.1}]
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from time import perf_counter
from typing import Any

from labkit.labs.measures import READINGS
from labkit.labs.task_parts import answers, known, number, one_of, place, quoted, worded
from labkit.labs.tasks import SECONDS, Task, judged, lab_of, measured

MOST_BYTES = 64_000
MOST_TASKS = 50
MOST_STEPS = 2000
_NEEDED = ("name", "lab", "question", "measure", "why")
_KEYS = (*_NEEDED, "values", "steps", "reading", "at", "over", "limit", "options", "factor", "within")


class TaskError(ValueError):
    """What is wrong in a file of tasks: which task, which key, the rule and the value."""


def read_tasks(source: str | bytes | Path, check: bool = True, seconds: float = SECONDS) -> tuple[Task, ...]:
    """The tasks of a file, or of a TOML text; TaskError names the first mistake.

    `check` measures every answer, for at most so many seconds in all, and refuses a task without exactly one right one.
    """
    found = _parsed(_text(source))
    try:
        known(found, ("version", "task"), "the file")
    except ValueError as error:
        raise TaskError(str(error)) from None
    if found.get("version", 1) != 1:
        raise TaskError(f"version must be 1, got {quoted(found['version'])}")
    rows = found.get("task", [])
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_TASKS:
        found_rows = len(rows) if isinstance(rows, list) else "none"
        raise TaskError(f"there must be from 1 to {MOST_TASKS} tasks, each headed [[task]], got {found_rows}")
    tasks = tuple(_task(count, row) for count, row in enumerate(rows, 1))
    _names_differ(tasks)
    if check:
        _check(tasks, seconds)
    return tasks


@cache
def shipped() -> tuple[Task, ...]:
    """labkit's own set; the tests have measured its answers."""
    return read_tasks((resources.files("labkit.labs") / "tasks.toml").read_text(encoding="utf-8"), check=False)


def tasks_of(lab: str) -> tuple[Task, ...]:
    """Those of labkit's own set that are about one lab, by its key."""
    return tuple(task for task in shipped() if task.lab == lab)


def _text(source: str | bytes | Path) -> str:
    try:
        if isinstance(source, Path):
            with source.open("rb") as file:
                source = file.read(MOST_BYTES + 1)
        raw = source.encode("utf-8") if isinstance(source, str) else bytes(source)
        if len(raw) > MOST_BYTES:
            raise TaskError(f"a file of tasks may have {MOST_BYTES} bytes, this one has more")
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeError as error:
        raise TaskError(f"the file must be UTF-8 text, and is not at byte {getattr(error, 'start', 0)}") from None
    except OSError as error:
        raise TaskError(f"the file cannot be read: {error.strerror}") from None


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise TaskError("the file is nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError; and what Python refuses, a number of thousands of digits
        raise TaskError(f"the file is not TOML: {quoted(error, 200, plain=True)}") from None


def _task(count: int, row: Any) -> Task:
    """One task; the errors of its parts get its number and name."""
    where = f"task {count}"
    try:
        if not isinstance(row, Mapping):
            raise ValueError("must be a table, headed [[task]]")
        if isinstance(row.get("name"), str):
            where += f" ({quoted(row['name'], 60)})"
        known(row, _KEYS, "a task")
        for key in _NEEDED:
            if key not in row:
                raise ValueError(f"{key} is missing")
        return _built(row)
    except (ValueError, RecursionError) as error:
        raise TaskError(f"{where}: {error}") from None


def _built(row: Mapping[str, Any]) -> Task:
    texts = {key: worded(key, row[key]) for key in ("name", "question", "why")}
    key = one_of("lab", row["lab"])
    lab = lab_of(key)
    values = row.get("values", {})
    if not isinstance(values, Mapping):
        raise ValueError(f"values must be a table such as {{std = 0.01}}, got {quoted(values)}")
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    try:
        lab.parameters.of(values)
    except ValueError as error:
        raise ValueError(f"values: {quoted(error, 400, plain=True)}") from None
    most = MOST_STEPS if lab.motion is not None else 0
    reading = one_of("reading", row.get("reading", "value"))
    for needed in READINGS[reading].needs:
        if needed not in row:
            raise ValueError(f"{needed} is missing: the reading {reading!r} needs it")
    options, tolerance = answers(row)
    return Task(
        **texts, lab=key, values=values, steps=int(number("steps", row.get("steps", 0), 0, most)),
        measure=one_of("measure", row["measure"]), reading=reading, at=place("at", row.get("at", -1)),
        over=place("over", row.get("over", 1)), limit=number("limit", row.get("limit", 0.0), 0.0, 1e300),
        options=options, tolerance=tolerance,
    )  # fmt: skip


def _check(tasks: tuple[Task, ...], seconds: float) -> None:
    """Measure every answer; the time is one for all, so that a file cannot keep a server busy."""
    until = perf_counter() + seconds
    for count, task in enumerate(tasks, 1):
        try:
            left = until - perf_counter()
            if left <= 0:
                raise TimeoutError(f"measuring the tasks before it has taken {seconds:.0f} s")
            judged(task, measured(task, seconds=left))
        except (ValueError, ArithmeticError, OSError, MemoryError) as error:
            said = quoted(error, 600, plain=True) or type(error).__name__
            raise TaskError(f"task {count} ({quoted(task.name, 60)}): {said}") from None


def _names_differ(tasks: tuple[Task, ...]) -> None:
    first: dict[str, int] = {}
    for count, task in enumerate(tasks, 1):
        if task.name in first:
            raise TaskError(f"tasks {first[task.name]} and {count} have the same name, {quoted(task.name, 60)}")
        first[task.name] = count
