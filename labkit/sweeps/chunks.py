"""How many settings go to a worker at a time: enough that handing them out costs next to nothing."""

from collections.abc import Iterable

SECONDS = 1.0
"""What one chunk should take: a scheduler's part of it is about a millisecond, a file's some ten."""
LEAST = 0.05
"""What a chunk near the end takes, where chunks become smaller so that all workers end together."""
MOST = 20_000
_GROWTH = 8  # at most so many times the chunk before: a first setting may be cheap


class Chunks:
    """Runs of settings still to be measured, cut into chunks by how long those before have taken."""

    def __init__(self, missing: Iterable[tuple[int, int]]) -> None:
        """`missing` are runs of settings: the first, and the one beyond the last."""
        self._runs = list(missing)[::-1]
        self._left = sum(end - start for start, end in self._runs)
        self._size = 1.0

    def take(self, hands: int) -> tuple[int, int] | None:
        """The next chunk where so many work at once: the first setting, and the one beyond the last; None: no more."""
        if not self._runs:
            return None
        start, end = self._runs.pop()
        share = max(self._left / (2 * hands), self._size * LEAST / SECONDS)
        stop = min(end, start + max(1, int(min(self._size, share))))
        if stop < end:
            self._runs.append((stop, end))
        self._left -= stop - start
        return start, stop

    def told(self, settings: int, seconds: float) -> None:
        """A chunk of so many settings has taken so long."""
        wanted = settings * SECONDS / max(seconds, 1e-6)
        self._size = min(wanted, self._size * _GROWTH, MOST)

    def rest(self, start: int, stop: int) -> None:
        """What a chunk that took long has left comes next."""
        if start < stop:
            self._left += stop - start
            self._runs.append((start, stop))

    def again(self, start: int, stop: int) -> None:
        """A chunk was lost: it comes again, in two halves if it has them."""
        middle = (start + stop) // 2
        self._left += stop - start
        self._runs += [(middle, stop)] + [(start, middle)] * (start < middle)
