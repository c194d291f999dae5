import numpy as np
import pytest

from labkit.figures.canvas import LiveCanvas
from labkit.labs.batch_norm import LAB, MOTION, BatchNorm, given, show, start
from labkit.labs.batch_norm_result import explain
from labkit.nn.network import BATCH_NORMS
from labkit.nn.train import train

QUICK = {"steps": 100, "width": 20}


def trained(p):
    race = start(p)
    while race.progress[0] < race.progress[1]:
        race = MOTION.advance(race, 5.0)
    return race


def variances(training, norm):
    """Of what enters each normalization, from the layers below it: the mean over units, by layer."""
    trace = training.trace()
    found = []
    for layer in range(len(trace.pre)):
        if norm == "before":
            below = trace.x if layer == 0 else trace.post[layer - 1]
            value = below @ trace.weights[layer] + trace.biases[layer]
        else:
            value = np.maximum(trace.pre[layer], 0)
        found.append(value.var(axis=0).mean())
    return np.array(found)


@pytest.mark.parametrize("norm", ["before", "after"])
@pytest.mark.parametrize("std", [1e-4, 1e-3, 0.01, 1.0, 10.0])
def test_the_variance_given_is_that_of_what_enters(norm, std):
    net = BatchNorm(**QUICK, std=std).networks()[list(BATCH_NORMS).index(norm)]
    training = train(net, steps=3)
    for _ in training:
        pass
    known = variances(training, norm)
    training.trace()
    np.testing.assert_allclose(given(training), known, rtol=1e-6, atol=1e-18)


def test_without_it_nothing_is_given():
    assert given(train(BatchNorm(**QUICK).networks()[0], steps=1)) is None


@pytest.mark.parametrize("std", [1e-4, 1e-3, 0.01, 1.0])
def test_the_variance_left_is_v_over_v_plus_epsilon(std):
    p = BatchNorm(std=std)
    race = start(p)
    kept = race.kept[1][0]
    trace = race.training(1).trace()
    v, rest, layer = show(race, p).given
    # by the mean over units: v / (v + eps) is concave, so the mean of it lies below, at most
    left = np.array([z.var(axis=0).mean() for z in trace.pre])
    assert layer == kept.found.argmin()
    assert left[layer] <= rest * (1 + 1e-9)
    assert left[layer] == pytest.approx(rest, rel=0.3)
    assert rest == pytest.approx(v / (v + 1e-5))
    assert ("ε is felt" in explain(show(race, p))) is (std < 0.01)


@pytest.mark.parametrize("std", [0.01, 10.0])
def test_normalized_layers_do_not_see_the_std(std):
    race = start(BatchNorm(std=std))
    np.testing.assert_allclose(race.kept[1][0].statistics.pre.std, 1, atol=0.03)
    np.testing.assert_allclose(race.kept[2][0].statistics.post.std, 1, atol=0.03)


def test_it_rescues_std_0_01():
    p = BatchNorm()
    race = start(p)
    while race.done < 100:
        race.advance(1.0)
    losses = race.losses[0, :, 80:100].mean(axis=1)
    assert abs(losses[0] - np.log(10)) < 0.02
    assert losses[1:].max() < 1.0


def test_numbers_said_are_those_of_training_alone():
    p = BatchNorm(**QUICK, std=0.1)
    race = trained(p)
    text = explain(show(race, p))
    for net in p.networks():
        steps = list(train(net, steps=100))
        assert f"{np.mean([s.loss for s in steps]):.3f} ({100 * steps[-1].accuracy:.1f} % right)" in text


def test_other_layers_are_shown_without_starting_anew():
    race = trained(BatchNorm(**QUICK))
    view = LAB.view()
    for norm in BATCH_NORMS:
        for shown in ("pre", "post", "grad_pre"):
            p = BatchNorm(**QUICK, chosen=norm, show=shown, back=3)
            result = show(race, p)
            assert result.kept is race.kept[list(BATCH_NORMS).index(norm)][-4]
            view.update(result)
            LiveCanvas(view.figure).render()
    aside = {name for name, control in BatchNorm.controls().items() if control.aside}
    assert aside == {"chosen", "show", "back"}
