"""Races: what is kept, what is recorded, and that the clock's portions change nothing."""

import tracemalloc
from time import perf_counter

import numpy as np
import pytest

from labkit.labs import race as race_module
from labkit.labs.race import EVALUATIONS, MOST_KEPT, Race, kept_steps
from labkit.labs.race_curves import LAST, curve, recent, smooth
from labkit.nn.network import Network
from labkit.nn.train import train

TINY = {"activation": "relu", "depth": 2, "width": 10, "batch": 50, "dataset": "moons"}
NETS = tuple(Network(initializer=key, std=0.5, **TINY) for key in ("normal", "he_normal"))


def run(race, seconds=1.0):
    while race.progress[0] < race.progress[1]:
        race.advance(seconds)
    return race


def test_losses_are_those_of_each_network_alone_from_each_seed():
    race = run(Race(NETS, 30, seeds=2))
    for seed in range(2):
        for place, net in enumerate(NETS):
            alone = train(Network(**{**TINY, "initializer": net.initializer, "std": 0.5, "seed": seed}), steps=30)
            steps = list(alone)
            np.testing.assert_array_equal(race.losses[seed, place], [step.loss for step in steps])
            assert race.accuracy[seed, place] == steps[-1].accuracy


def test_portions_of_time_change_nothing():
    whole, portions = run(Race(NETS, 40)), run(Race(NETS, 40), seconds=0.0)
    np.testing.assert_array_equal(whole.losses, portions.losses)
    np.testing.assert_array_equal(whole.accuracy, portions.accuracy)
    for ours, theirs in zip(whole.kept, portions.kept, strict=True):
        assert [kept.step for kept in ours] == [kept.step for kept in theirs]
        np.testing.assert_array_equal(ours[-1].statistics.std, theirs[-1].statistics.std)


def test_a_portion_is_one_piece_of_work_at_least_and_ends_in_time():
    race = Race(NETS, 10_000)
    before = race.done
    for _ in range(100):
        race.advance(0.0)
    assert race.done > before
    begun = perf_counter()
    race.advance(0.05)
    assert 0.05 <= perf_counter() - begun < 0.2


@pytest.mark.parametrize("seeds", [1, 2])
def test_a_piece_is_a_step_of_one_contestant(seeds):
    race = Race((*NETS, NETS[0]), 100, seeds)
    trainings = [training for run in race._runs for training in run.trainings]
    for made in range(1, len(trainings) + 1):
        race.advance(0.0)
        assert sum(training.iteration for training in trainings) == made
        assert [training.iteration for training in trainings] == sorted((t.iteration for t in trainings), reverse=True)
    assert np.isfinite(race.losses[..., 0]).all()
    assert np.isnan(race.losses[..., 1:]).all()


def test_test_samples_count_alike_whatever_is_left_for_a_last_piece(monkeypatch):
    monkeypatch.setattr(race_module, "_PIECE", 300)  # 1000 are three of them, and 100
    race = run(Race(NETS, 20))
    for place in range(2):
        assert race.accuracy[0, place] == pytest.approx(race.training(place).evaluate()[1], rel=1e-12)


@pytest.mark.parametrize("steps", [1, 7, 100, 2000, 10_000])
def test_steps_kept_are_bounded_and_hold_the_first_and_the_last(steps):
    kept = kept_steps(steps)
    assert (kept[0], kept[-1]) == (0, steps)
    assert len(kept) <= MOST_KEPT + 1
    assert np.all(np.diff(kept) > 0)
    assert np.diff(kept).max() <= max(2, 2 * steps / MOST_KEPT)


def test_what_is_kept_of_a_step_is_how_the_network_was_then():
    race = run(Race(NETS, 30))
    for kept in race.kept[1]:
        alone = train(NETS[1], steps=kept.step)
        *_, _ = [None, *alone]
        known = alone.statistics(quantities=("post", "grad_pre"), histograms=("post",))
        np.testing.assert_array_equal(kept.statistics.post.counts, known.post.counts)
        np.testing.assert_array_equal(kept.statistics.grad_rms, known.grad_rms)
        np.testing.assert_array_equal(kept.update_ratio, alone.update_ratio)


@pytest.mark.long
def test_memory_does_not_grow_with_the_steps():
    race = Race(NETS, 4000)
    while race.done < 400:
        race.advance(0.01)
    tracemalloc.start()
    try:
        run(race)
        grown = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    left = [kept for kept in kept_steps(4000) if kept > 400]
    assert grown < 2 * len(left) * 12_000  # a few arrays a step kept: 12 kB


def test_one_that_diverged_stops_and_says_where_while_the_others_go_on():
    linear = {**TINY, "activation": "identity", "dataset": "wave"}
    nets = Network(initializer="he_normal", **linear), Network(initializer="zeros", **linear)
    race = run(Race(nets, 300, learning_rate=1.9))
    found = race.diverged(0)
    assert found is not None
    assert race.diverged(1) is None
    assert race.done == 300
    ended = found.iteration
    assert np.isfinite(race.losses[0, 0, : ended - 1]).all()
    assert not np.isfinite(race.losses[0, 0, ended - 1 :]).any()
    assert race.kept[0][-1].step < ended
    assert race.kept[1][-1].step == 300


def test_a_race_that_all_have_lost_is_over():
    race = Race([Network(initializer="he_normal", **{**TINY, "dataset": "wave"})], 5000, learning_rate=100.0)
    run(race)
    assert race.done == race.diverged(0).iteration < 5000


def test_the_test_set_is_taken_so_often():
    race = Race(NETS, 100)
    seen = set()
    while race.progress[0] < race.progress[1]:
        race.advance(0.0)
        seen.add(race.evaluated_at)
    assert seen == {0, *range(100 // EVALUATIONS, 101, 100 // EVALUATIONS)}


def test_smooth_is_the_mean_of_the_neighbors():
    values = np.random.default_rng(0).standard_normal(50)
    found = smooth(values, 3)
    for i in range(50):
        assert found[i] == pytest.approx(values[max(0, i - 3) : i + 4].mean())
    values[30] = np.inf
    broken = smooth(values, 3)
    assert np.isnan(broken[30:]).all()
    assert broken[29] == pytest.approx(values[26:30].mean())


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("done", [0, 1, 4, 999, 2000])
def test_the_band_holds_every_batch_of_one_seed_and_the_line_of_each_of_several(seeds, done):
    losses = np.random.default_rng(1).random((seeds, 2000))
    found = curve(losses, done, 2000)
    assert len(found.line) <= 400
    assert (not done and not len(found.steps)) or found.steps[-1] == done
    if done and seeds == 1:
        assert (found.low.min(), found.high.max()) == (losses[0, :done].min(), losses[0, :done].max())
    if done and seeds > 1:
        lines = np.stack([smooth(row[:done], 20) for row in losses])[:, found.steps - 1]
        np.testing.assert_allclose(found.line, lines.mean(axis=0))
        np.testing.assert_array_equal(found.high, lines.max(axis=0))


def test_recent_is_the_mean_of_the_last_steps_done():
    losses = np.arange(400.0).reshape(2, 200)
    np.testing.assert_allclose(recent(losses, 150), losses[:, 150 - LAST : 150].mean(axis=1))
    np.testing.assert_allclose(recent(losses, 2), losses[:, :2].mean(axis=1))
    assert np.isnan(recent(losses, 0)).all()
