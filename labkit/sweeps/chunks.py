"""How many settings go to a worker at a time: enough that handing them out costs next to nothing."""

from collections.abc import Iterable, Iterator

SECONDS = 1.0
"""What one chunk should take: a scheduler's part of it is about a millisecond, a file's some ten."""
MOST = 20_000
_GROWTH = 8  # at most so many times the chunk before: a first setting may be cheap


class Chunks:
    """Runs of settings still to be measured, cut into chunks by how long those before have taken."""

    def __init__(self, missing: Iterable[tuple[int, int]]) -> None:
        """`missing` are runs of settings: the first, and the one beyond the last."""
        self._runs = list(missing)[::-1]
        self._size = 1.0

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Chunk by chunk: the first setting, and the one beyond the last."""
        return self

    def __next__(self) -> tuple[int, int]:
        """The next chunk."""
        if not self._runs:
            raise StopIteration
        start, end = self._runs.pop()
        stop = min(end, start + max(1, int(self._size)))
        if stop < end:
            self._runs.append((stop, end))
        return start, stop

    def told(self, settings: int, seconds: float) -> None:
        """A chunk of so many settings has taken so long."""
        wanted = settings * SECONDS / max(seconds, 1e-6)
        self._size = min(wanted, self._size * _GROWTH, MOST)

    def again(self, start: int, stop: int) -> None:
        """A chunk was lost: it comes again, in two halves if it has them."""
        middle = (start + stop) // 2
        self._runs += [(middle, stop)] + [(start, middle)] * (start < middle)
