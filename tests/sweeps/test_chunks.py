"""Chunks: every setting once, few while there is much, small at the end so that all workers end together."""

import heapq

import pytest

from labkit.sweeps.chunks import Chunks


def worked(chunks: Chunks, hands: int, cost: float) -> tuple[list[tuple[int, int]], float]:
    """What was handed out, and for which share of the time hands were idle, if each takes a chunk when it is free.

    They begin one after the other: else all chunks would end together by themselves.
    """
    free, out, busy = [(hand * 0.7 / hands, hand) for hand in range(hands)], [], 0.35 * (hands - 1)
    while chunk := chunks.take(hands):
        start, stop = chunk
        out.append(chunk)
        at, hand = heapq.heappop(free)
        heapq.heappush(free, (at + cost * (stop - start), hand))
        busy += cost * (stop - start)
        chunks.told(stop - start, cost * (stop - start))
    return out, 1 - busy / (hands * max(at for at, _ in free))


@pytest.mark.parametrize("hands", [1, 2, 8])
@pytest.mark.parametrize("cost", [0.0005, 0.02])
def test_each_setting_once_and_all_end_together(hands: int, cost: float) -> None:
    count = round(10 * hands / cost)
    out, idle = worked(Chunks([(0, count)]), hands, cost)
    assert [number for chunk in sorted(out) for number in range(*chunk)] == list(range(count))
    assert idle < 0.01
    assert len(out) < 40 * hands


def test_runs_that_are_missing_are_not_joined() -> None:
    chunks = Chunks([(3, 5), (9, 10)])
    chunks.told(1, 1e-6)
    out, _ = worked(chunks, 1, 1e-6)
    assert [number for chunk in sorted(out) for number in range(*chunk)] == [3, 4, 9]
    assert all(stop <= 5 or start >= 9 for start, stop in out)


def test_a_lost_chunk_comes_again_in_halves() -> None:
    chunks = Chunks([(0, 40)])
    chunks.told(1, 1e-6)
    start, stop = chunks.take(1) or (0, 0)
    assert (start, stop) == (0, 8)
    chunks.again(start, stop)
    assert [chunks.take(1), chunks.take(1), chunks.take(1)] == [(0, 4), (4, 8), (8, 16)]
