"""Several networks in step: each as alone, whether stepped together or in turn, and what is refused."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest

from labkit.nn.network import Network
from labkit.nn.train import compare, train

DIGITS = Network(activation="relu", initializer="he_normal", depth=2, width=12, dataset="mnist_small", seed=3)
NETS = [dataclasses.replace(DIGITS, initializer=key) for key in ("normal", "lecun_normal", "he_normal")]


def test_networks_in_step_train_each_as_alone_on_the_same_batches():
    alone = [list(train(net, "momentum", 0.05, 16, 8, 4)) for net in NETS]
    together = compare(iter(NETS), "momentum", 0.05, 16, 8, 4)
    first = [next(together) for _ in range(3)]
    later = pickle.loads(pickle.dumps(together))
    for comparison in (together, later):
        assert list(zip(*alone, strict=True)) == [*first, *comparison]
        assert comparison.finished


def test_a_network_that_diverges_stands_still_while_the_others_go_on():
    huge = {"initializer": "constant", "initializer_options": {"constant": 100.0}, "depth": 100, "width": 100}
    nets = [DIGITS, dataclasses.replace(DIGITS, **huge)]
    steps = list(compare(nets, steps=5, evaluate_every=None))
    assert len(steps) == 5
    assert steps[-1][0].iteration == 5
    assert steps[-1][1] == steps[0][1]
    assert steps[0][1].diverged is not None


@pytest.mark.parametrize("size", [16, None])
@pytest.mark.parametrize(
    "way", [copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c)), lambda c: c], ids=["copied", "pickled", "itself"]
)
def test_in_turn_they_go_as_together_whenever_they_are_copied(way, size):
    nets = [dataclasses.replace(net, dataset="moons") for net in NETS]
    together = list(compare(nets, "momentum", 0.05, size, 4, 2))
    for copied in range(1, 6):
        turns, found = compare(nets, "momentum", 0.05, size, 4, 2), []
        for turn in range(12):
            before = [training.iteration for training in turns.trainings]
            assert turns.advance() is (turn % 3 == 2)
            moved = np.subtract([training.iteration for training in turns.trainings], before)
            assert moved.tolist() == [turn % 3 == place for place in range(3)]
            if turn % 3 == 2:
                found.append(tuple(training.last for training in turns.trainings))
            if turn == copied:
                turns = way(turns)
        assert found == together
        assert turns.finished
        assert turns.advance()


def test_next_makes_the_steps_that_are_left_of_a_turn():
    turns, together = compare(NETS, steps=3), compare(NETS, steps=3)
    turns.advance()
    assert list(turns) == list(together)


def test_networks_in_step_must_agree_in_their_data():
    with pytest.raises(ValueError, match="networks must agree in dataset, got 'circles', 'moons'"):
        compare([Network(dataset="moons"), Network(dataset="circles")])
    with pytest.raises(ValueError, match="networks must agree in standardize"):
        compare([Network(dataset="moons"), Network(dataset="moons", standardize=True)])
    with pytest.raises(ValueError, match="networks must name at least one"):
        compare([])


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        (DIGITS, "networks must be several of type Network, got Network"),
        (None, "networks must be several of type Network, got None"),
        (["relu"], "networks must all be of type Network, got 'relu'"),
        (iter(()), "networks must name at least one, got none"),
    ],
)
def test_what_are_not_networks_is_refused(networks, message):
    with pytest.raises(ValueError, match=message):
        compare(networks)
