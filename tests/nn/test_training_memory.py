"""The memory that a training is said to need: enough, not far too much, and refused where it is not allowed."""

import dataclasses
import tracemalloc

import pytest

from labkit.labs.race import Race
from labkit.nn import training_memory
from labkit.nn.network import Network
from labkit.nn.train import compare, train

DEEP = Network(depth=10, width=200, batch=500, dataset="spirals")
FLAT = Network(depth=1, width=10, batch=800, dataset="mnist_small")  # 784 inputs, 10 units
MIB = 2**20


def stated(make):
    """The MiB that a training is said to need."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_memory, "memory_limit", lambda: MIB)
        with pytest.raises(ValueError, match=r"this training needs \d+ MiB, and 1 MiB are allowed") as found:
            make()
    return int(str(found.value).split(" MiB")[0].split()[-1])


def used(make):
    """The MiB that a step, an evaluation and a look take at most."""
    make().trace()  # the data and the first draws are kept
    tracemalloc.start()
    try:
        training = make()
        next(training)
        training.evaluate()
        training.trace()
        return tracemalloc.get_traced_memory()[1] / MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "change", [{}, {"batch_norm": "before"}, {"batch_norm": "after", "activation": "prelu"}, {"activation": "rrelu"},
               {"standardize": True}], ids=str,
)  # fmt: skip
@pytest.mark.parametrize(
    ("net", "size"), [(DEEP, 700), (FLAT, 700), (dataclasses.replace(FLAT, batch=10), 5000)],
    ids=["deep", "flat", "large"],
)  # fmt: skip
def test_a_training_stays_within_the_stated_memory(net, size, change):
    def make():
        return train(dataclasses.replace(net, **change), "adam", batch_size=size, evaluate_every=None)

    says, takes = stated(make), used(make)
    assert takes <= says + 1  # it is said in whole MiB
    assert says < 2 * takes


def test_what_exceeds_it_is_refused_with_what_to_lower():
    message = r"2048 MiB are allowed: lower depth \(50\), width \(500\), batch \(10\) or batch_size \(5000\)$"
    with pytest.raises(ValueError, match=message):
        train(Network(depth=50, width=500, batch=10, dataset="moons"), batch_size=5000)


def test_networks_in_step_need_as_much_as_all_of_them(monkeypatch):
    small = dataclasses.replace(DEEP, width=100)
    one, other = stated(lambda: train(DEEP)), stated(lambda: train(small))
    assert stated(lambda: compare([DEEP, small, small])) == pytest.approx(one + 2 * other, abs=2)
    monkeypatch.setenv("LABKIT_MEMORY_MIB", str(one + other))
    compare([DEEP, small])
    with pytest.raises(ValueError, match=r"batch_size \(128\) or the number of networks \(3\)"):
        compare([DEEP, small, small])


def test_the_seeds_of_a_race_share_what_is_allowed(monkeypatch):
    one = stated(lambda: compare([DEEP, DEEP]))
    assert stated(lambda: Race([DEEP, DEEP], 10, seeds=3)) == pytest.approx(3 * one, abs=2)
    monkeypatch.setenv("LABKIT_MEMORY_MIB", str(one + 1))
    with pytest.raises(ValueError, match=r"or the number of networks \(6\)"):
        Race([DEEP, DEEP], 10, seeds=3)
