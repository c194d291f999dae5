"""A class on a server: simulated students who open, drag, pause, change labs and leave, and what they waited.

    python -m tests.benchmarks.load http://127.0.0.1:8866/ --students 30 --seconds 600

Against any labkit server; with `--server-pid`, on the server's own machine, its kernels' memory is measured as well.
`--students 30,40,50` raises the number until events wait too long: that is what the machine holds.
"""

import argparse
import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import psutil
from tornado.httpclient import HTTPClientError
from websockets.exceptions import WebSocketException

from tests.benchmarks.student import Student, StudentError, positions

LOST = (StudentError, OSError, TimeoutError, WebSocketException, HTTPClientError)
EVENT = 1 / 20
"""Seconds between two moves of a hand that drags."""
STEPS = 120
"""Places of a slider between its ends that a drag visits."""


@dataclass
class Load:
    """What a class does: `drag` of each student's time is dragging, in turns of `turn` seconds."""

    url: str
    students: int = 30
    opening: float = 60.0
    seconds: float = 600.0
    labs: tuple[str, ...] = ("signal_propagation",)
    control: str = "init std"
    drag: float = 1 / 3
    turn: float = 5.0
    switch: float = 0.0
    token: str = ""
    seed: int = 0


@dataclass
class Tally:
    """What the students saw: seconds, and errors by their words."""

    opened: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    frames: int = 0
    unmoved: int = 0
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the begin, MiB a kernel."""

    def lines(self, load: Load) -> list[str]:
        """The report."""
        seconds = load.opening + load.seconds
        rows = [f"{load.students} students, {load.opening:.0f} s of opening, then {load.seconds:.0f} s"]
        rows += [_percentiles("opening", self.opened), _percentiles("event to picture", self.answered)]
        rows.append(f"pictures     {self.frames} ({self.frames / seconds:.1f} a second)")
        rows.append(f"unmoved      {self.unmoved} answers, of values that the control rounds to the one before")
        if self.memory:
            kernels = [mib for _, mib in self.memory]
            rows.append(f"memory       {kernels[0]:.0f} MiB a kernel at first, {kernels[-1]:.0f} at last, "
                        f"at most {max(kernels):.0f}")  # fmt: skip
        rows.append(f"errors       {sum(self.errors.values())}")
        rows += [f"  {count} times: {words}" for words, count in self.errors.most_common()]
        return rows


def _percentiles(what: str, seconds: Sequence[float]) -> str:
    if not seconds:
        return f"{what:17} none"
    p50, p95, p99 = np.percentile(seconds, [50, 95, 99])
    return f"{what:17} p50 {p50:.3f} s, p95 {p95:.3f} s, p99 {p99:.3f} s ({len(seconds)})"


async def attend(load: Load, number: int, tally: Tally, begun: float) -> None:
    """One student's lesson; who is thrown out comes again."""
    chance = random.Random(load.seed * 1000 + number)
    headers = {"Authorization": f"token {load.token}"} if load.token else {}
    await asyncio.sleep(load.opening * number / max(load.students, 1))
    end, lab = begun + load.opening + load.seconds, load.labs[number % len(load.labs)]
    while time.perf_counter() < end:
        async with Student(load.url, headers) as student:
            try:
                await learn(student, lab, load, tally, chance, end)
            except LOST as error:
                tally.errors[f"{type(error).__name__}: {error}"] += 1
                await asyncio.sleep(1)


async def learn(student: Student, lab: str, load: Load, tally: Tally, chance: random.Random, end: float) -> None:
    """Open a lab, drag and pause by turns, and go to another one where that is asked for."""
    while time.perf_counter() < end:
        tally.opened.append(await student.open(lab))
        until = min(end, time.perf_counter() + load.switch) if load.switch else end
        while time.perf_counter() < until:
            # The same share of the time in turns of random length.
            await drag(student, load, tally, min(until, time.perf_counter() + chance.expovariate(1 / load.turn)))
            pause = chance.expovariate(load.drag / (load.turn * (1 - load.drag))) if load.drag < 1 else 0
            await asyncio.sleep(max(0, min(pause, until - time.perf_counter())))
        await student.close()
        lab = chance.choice(load.labs)


async def drag(student: Student, load: Load, tally: Tally, end: float) -> None:
    """Drag the slider to and fro: as a page does, one message on its way, and then the newest value.

    An event counts as answered by the first picture that shows its value or a later one.
    """
    try:
        model, state = student.find(load.control)
    except StudentError:
        sliders = (key for key, each in student.models.items() if "Slider" in each["model_name"])
        model = next(sliders)
        state = student.models[model]["state"]
    places = positions(state, STEPS)
    due = time.perf_counter()
    events: list[float] = []
    value: dict[str, float] = {}
    while due < end:
        now = time.perf_counter()
        while due <= now:
            events.append(due)
            value = next(places)
            due += EVENT
        answer = await student.move(model, **value)
        if answer.refused:
            tally.errors[answer.refused] += 1
        elif answer.pictured is None:  # the control rounds: its value, and so the picture, is the one before
            tally.unmoved += 1
        else:
            tally.frames += 1
            tally.answered += [answer.pictured - each for each in events]
        events = []
        await asyncio.sleep(max(0, due - time.perf_counter()))


def kernels(server: int) -> list[psutil.Process]:
    """The kernels of the server with this process id, and the process that they are forked from."""
    found = []
    for process in psutil.Process(server).children(recursive=True):
        with suppress(psutil.Error):  # one that ends just now
            if any("ipykernel" in word or word == "labkit.server.nursery" for word in process.cmdline()):
                found.append(process)
    return found


def kernels_memory(server: int) -> list[float]:
    """MiB of each of them, what they share counted once (PSS)."""
    found = []
    for process in kernels(server):
        with suppress(psutil.Error):
            found.append(process.memory_full_info().pss / 2**20)
    return found


async def watch(tally: Tally, server: int, begun: float, students: int) -> None:
    """Measure the memory from time to time."""
    while True:
        await asyncio.sleep(10)
        if found := kernels_memory(server):
            tally.memory.append((time.perf_counter() - begun, sum(found) / max(1, min(students, len(found)))))


async def run(load: Load, server: int = 0) -> Tally:
    """The whole lesson."""
    tally, begun = Tally(), time.perf_counter()
    watching = asyncio.create_task(watch(tally, server, begun, load.students)) if server else None
    await asyncio.gather(*(attend(load, number, tally, begun) for number in range(load.students)))
    if watching:
        watching.cancel()
    return tally


def gone_after(server: int, patience: float = 60) -> float | None:
    """Seconds until no kernel is left but the process that they are forked from; None: not within so many."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < patience:
        if len(kernels(server)) <= 1:
            return time.perf_counter() - begun
        time.sleep(0.2)
    return None


def attend_in_turns(load: Load, students: Sequence[int], server: int, bound: float) -> None:
    """A lesson for each number of students until events wait longer than `bound` (95 %); print each, and the curve."""
    curve = []
    for number in students:
        load.students = number
        tally = asyncio.run(run(load, server))
        print(*tally.lines(load), sep="\n")
        if server:
            seconds = gone_after(server)
            words = "some left after a minute" if seconds is None else f"none left after {seconds:.1f} s"
            print(f"kernels      {words}")
        p95 = [float(np.percentile(each, 95)) if each else float("nan") for each in (tally.opened, tally.answered)]
        curve.append(f"{number} students: opening {p95[0]:.2f} s, event to picture {p95[1]:.2f} s (95 %), "
                     f"{sum(tally.errors.values())} errors")  # fmt: skip
        print(flush=True)
        if p95[1] > bound:
            break
    print(*curve, sep="\n")


def main() -> None:
    """Run the load that the command line asks for, and print what the students waited."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="the server's address, with its closing slash")
    parser.add_argument("--students", default="30", help="how many; or several numbers, with commas (%(default)s)")
    parser.add_argument("--until", type=float, default=1.0, help="stop where events wait so long (%(default)s)")
    parser.add_argument("--opening", type=float, default=60, help="seconds within which all come (%(default)s)")
    parser.add_argument("--seconds", type=float, default=600, help="seconds of the lesson after that (%(default)s)")
    parser.add_argument("--labs", default="signal_propagation", help="keys, with commas between (%(default)s)")
    parser.add_argument("--control", default="init std", help="the slider that they drag (%(default)s)")
    parser.add_argument("--switch", type=float, default=0, help="seconds after which a student changes labs (0: never)")
    parser.add_argument("--token", default="")
    parser.add_argument("--server-pid", type=int, default=0, help="measure the memory of this server's kernels")
    options = parser.parse_args()
    load = Load(options.url, 0, options.opening, options.seconds, tuple(options.labs.split(",")),
                options.control, switch=options.switch, token=options.token)  # fmt: skip
    attend_in_turns(load, [int(number) for number in options.students.split(",")], options.server_pid, options.until)


if __name__ == "__main__":
    main()
