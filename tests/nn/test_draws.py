"""The streams of a seed: independent, made once, never edited."""

from itertools import combinations

import numpy as np
import pytest

from labkit.nn.draws import Stream, drawn, generator
from labkit.nn.initializers import standard_normal


@pytest.mark.parametrize("stream", Stream)
@pytest.mark.parametrize("index", [0, 3])
def test_a_stream_is_a_spawned_descendant_of_the_seed(stream, index):
    spawned = np.random.SeedSequence(7).spawn(len(Stream))[stream].spawn(index + 1)[index]
    expected = np.random.default_rng(spawned).standard_normal(5)
    np.testing.assert_array_equal(generator(7, stream, index).standard_normal(5), expected)


def test_streams_layers_and_seeds_are_uncorrelated():
    n = 10_000
    keys = [(seed, stream, index) for seed in (0, 1) for stream in Stream for index in (0, 1)]
    samples = [generator(*key).standard_normal(n) for key in keys]
    for a, b in combinations(samples, 2):
        assert abs(np.corrcoef(a, b)[0, 1]) < 5 / np.sqrt(n)


def test_a_draw_is_made_once_and_is_read_only():
    first = drawn(standard_normal, 11, Stream.WEIGHTS, 2, 3, 4)
    assert drawn(standard_normal, 11, Stream.WEIGHTS, 2, 3, 4) is first
    assert first.shape == (3, 4)
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 1


def test_a_draw_is_that_of_its_generator():
    expected = generator(5, Stream.BIASES, 1).standard_normal((2, 3))
    np.testing.assert_array_equal(drawn(standard_normal, 5, Stream.BIASES, 1, 2, 3), expected)


def test_a_draw_too_large_to_keep_is_made_all_the_same():
    rows = 64 * 2**20 // 8 + 1
    calls = []

    def empty(rng, rows, cols):
        calls.append(rows)
        return np.empty((rows, cols))

    for _ in range(2):
        assert drawn(empty, 0, Stream.INPUT, 0, rows, 1).shape == (rows, 1)
    assert calls == [rows, rows]
