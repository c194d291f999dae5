"""A student who drags while a test does something else, and what they saw."""

import asyncio
import threading
import time
from types import TracebackType
from typing import Any

from tests.benchmarks.load import kernels
from tests.benchmarks.student import Student, positions

LAB, CONTROL = "signal_propagation", "init std"
# One lab of the real ones: a server of all prepares each of them, which takes the machine from what is tested.
SERVE = """
import sys
from pathlib import Path
from labkit.server.address import bind, port_of, url
from labkit.server.classroom import Room
from labkit.server.notebooks import notebooks_folder
from labkit.server.pages import lab_pages
from labkit.server.voila_app import serve
listening = bind("127.0.0.1", {port})
pages = [page for page in lab_pages(notebooks_folder()) if page.key == "signal_propagation"]
ready = lambda: print(url("127.0.0.1", port_of(listening)), flush=True)
serve(pages, notebooks_folder(), listening, ready, {room}, {token!r})
"""


def serving(port: int = 0, room: str = "Room()", token: str = "") -> str:
    """What starts a server of the real lab."""
    return SERVE.format(port=port, room=room, token=token)


class Beside:
    """In a `with` block: open the lab, drag its slider, and go on until the block ends."""

    def __init__(self, url: str, **headers: str) -> None:
        self.student = Student(url, headers)
        self.waited: list[float] = []
        """Seconds from each move to its picture."""
        self.error: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._drag()), daemon=True)
        self._give_up: Any = None

    async def _drag(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        self._give_up = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            async with self.student:
                await self.student.open(LAB)
                model, state = self.student.find(CONTROL)
                for place in positions(dict(state), 200):
                    if self._stop.is_set():
                        break
                    begun = time.perf_counter()
                    answer = await self.student.move(model, **place)
                    if answer.pictured is not None:
                        self.waited.append(answer.pictured - begun)
                    await asyncio.sleep(0.02)
        except (Exception, asyncio.CancelledError) as error:
            self.error = error

    def __enter__(self) -> "Beside":
        self._thread.start()
        try:
            self.goes_on()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(3)
        if self._thread.is_alive():  # an answer that will not come
            self._give_up()
            self._thread.join(30)

    def goes_on(self, pictures: int = 3, patience: float = 30) -> None:
        """Wait until they have seen some more pictures, without an error."""
        before, end = len(self.waited), time.monotonic() + patience
        while len(self.waited) < before + pictures:
            assert self.error is None, self.error
            assert time.monotonic() < end, "the student waits for ever"
            time.sleep(0.02)


def kernel_pids(server: int) -> set[int]:
    """Process ids of the kernels of the server with this process id."""
    return {kernel.pid for kernel in kernels(server) if kernel.ppid() != server}
