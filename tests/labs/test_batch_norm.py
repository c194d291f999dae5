import numpy as np
import pytest

from labkit.figures.canvas import LiveCanvas
from labkit.figures.close_up import close_up
from labkit.figures.numbers import short
from labkit.labs.batch_norm import LAB, MOTION, BatchNorm, given, show, start
from labkit.labs.batch_norm_result import explain
from labkit.labs.race import kept_steps
from labkit.nn.histogram import bin_of
from labkit.nn.network import BATCH_NORMS
from labkit.nn.train import train

from .claims import holds, losses, percents, prose, raced, started  # isort: skip

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
    np.testing.assert_allclose(given([training]), known, rtol=1e-6, atol=1e-18)


def test_without_it_nothing_is_given():
    assert given([train(BatchNorm(**QUICK).networks()[0], steps=1)]) is None


@pytest.mark.parametrize("std", [1e-4, 1e-3, 0.01, 1.0])
def test_the_variance_left_is_v_over_v_plus_epsilon(std):
    p = BatchNorm(std=std)
    race = start(p)
    kept = race.kept[1][0]
    trace = race.training(1).trace()
    result = show(race, p)
    (v, layer), rest = result.given(1), result.left(1)
    # by the mean over units: v / (v + eps) is concave, so the mean of it lies below, at most
    left = np.array([z.var(axis=0).mean() for z in trace.pre])
    assert layer == kept.found.argmin()
    assert left[layer] <= rest * (1 + 1e-9)
    assert left[layer] == pytest.approx(rest, rel=0.3)
    assert rest == pytest.approx(v / (v + 1e-5))
    assert result.feels(1) is (std < 0.01)
    said = explain(result)
    assert ("(before, so ε is felt: v/(v + ε) = " in said) is (std < 0.01)
    view = LAB.view()
    view.update(result)
    assert ("ε is felt" in view._head.get_text()) is (std < 0.01)
    assert "≥ 1" not in view._head.get_text()


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


def test_the_layers_of_all_three_are_shown_without_starting_anew():
    race = trained(BatchNorm(**QUICK))
    view = LAB.view()
    for shown in ("pre", "post", "grad_pre"):
        result = show(race, BatchNorm(**QUICK, show=shown, step_shown=9))
        assert [kept.step for kept in result.kept] == [kept_steps(100)[9]] * 3
        view.update(result)
        for line, kept in zip(view._gradients.lines, result.kept, strict=True):
            np.testing.assert_array_equal(line.get_ydata(), kept.statistics.grad_rms)
        LiveCanvas(view.figure).render()
    aside = {name for name, control in BatchNorm.controls().items() if control.aside}
    assert aside == {"show", "step_shown"}


@pytest.mark.parametrize("depth", [4, 20])
def test_a_row_shows_where_the_values_are(depth):
    race = start(BatchNorm(depth=depth, std=0.1))
    wide = race.kept[1][0].statistics.pre
    close, far = close_up(wide)
    assert close.edges[-1] == -close.edges[0] <= 5.01 * wide.std.max()
    assert far <= 2 * 0.002
    inside = close.counts.sum(axis=1) / close.size
    np.testing.assert_allclose(inside.min(), 1 - far, atol=1e-4)
    coarse = wide.counts.cumsum(axis=1)[:, np.searchsorted(wide.edges, 0.0) - 1]
    np.testing.assert_allclose(close.counts[:, :20].sum(axis=1), coarse, atol=0.01 * wide.size.max())


def test_exact_zeros_stay_together_in_the_close_up():
    found = start(BatchNorm(**QUICK)).kept[0][0].statistics.post
    close, _ = close_up(found)
    zeros = np.rint(found.zeros * found.size)
    assert (close.counts[:, bin_of(0.0, close.edges)] >= zeros).all()
    assert (close.counts.sum(axis=1) <= close.size + len(close.counts)).all()


def test_several_seeds_are_said_from_the_lowest_to_the_highest():
    p = BatchNorm(**QUICK, seeds=3)
    race = trained(p)
    text = explain(show(race, p))
    means = race.losses[:, 1].mean(axis=1)
    assert f"batch normalization before the activation {means.min():.3f} to {means.max():.3f} (" in text
    assert "lowest to highest of 3 seeds" in text
    assert "(first of 3 seeds) dC/dz of layer 1" in text
    with pytest.raises(ValueError, match=r"seeds at once must lie in \[1, 4\], got 5"):
        BatchNorm(seeds=5)


def test_after_one_step_it_speaks_of_the_last_step():
    p = BatchNorm(**QUICK)
    race = start(p)
    while not race.done:
        race.advance(0.0)
    assert "mean loss of the last step: no batch" in explain(show(race, p)).replace("Mean", "mean")


def test_of_one_that_diverged_its_last_step_is_said():
    p = BatchNorm(steps=100, width=100, std=10.0)
    race = trained(p)
    assert race.diverged(0) is not None
    said = explain(show(race, p))
    assert f"none {short(race.kept[0][-1].statistics.grad_rms[0])} (after step {race.kept[0][-1].step})" in said


@pytest.mark.long
def test_the_background_seldom_moves_while_they_train():
    p = BatchNorm(**QUICK)
    race, view = start(p), LAB.view()
    canvas = LiveCanvas(view.figure)
    while race.progress[0] < race.progress[1]:
        race = MOTION.advance(race, 0.02)
        view.update(show(race, p))
        canvas.render()
    assert canvas.full_draws <= 15


@pytest.mark.parametrize("preset", LAB.presets, ids=lambda preset: preset.name)
def test_every_scene_fits_the_picture(preset):
    p = BatchNorm.of(preset.values)
    view = LAB.view()
    view.update(show(start(p), p))
    LiveCanvas(view.figure).render()
    width, height = view.figure.canvas.get_width_height()
    for axes in view.figure.axes:
        tight = axes.get_tightbbox(bbox_extra_artists=axes.texts)
        assert tight is None or (tight.x0 >= 0 and tight.y0 >= 0 and tight.x1 <= width and tight.y1 <= height)


def stats(race, place):
    return race.kept[place][0].statistics


def grown(race, place):
    """The factor of the gradient from a layer to the one before it."""
    rms = stats(race, place).grad_rms
    return (rms[0] / rms[-1]) ** (1 / (len(rms) - 1))


def of(**values):
    return tuple(values.items())


SMALL, LEAST, TANH, DEEP = of(std=0.001), of(std=1e-4), of(activation="tanh", std=1.0), of(std=0.1, depth=20)


def given_in(layer):
    return lambda race: race.kept[1][0].found[layer]


def std_in(layer):
    return lambda race: stats(race, 1).pre.std[layer]


def saturated(place):
    return lambda race: 100 * stats(race, place).saturated.mean()


AT_START = [
    ("5.0e-5 to 5.3e-5", SMALL, given_in(0)), ("2.3e-5 to 2.5e-5", SMALL, given_in(3)), ("0.91", SMALL, std_in(0)),
    ("0.83 to 0.84", SMALL, std_in(3)), ("5.0e-7 to 5.3e-7", LEAST, given_in(0)),
    ("1.8e-11 to 2.1e-11", LEAST, given_in(3)), ("0.22", LEAST, std_in(0)), ("0.0014 to 0.0015", LEAST, std_in(3)),
    ("82 to 83 %", TANH, saturated(0)), ("3 %", TANH, saturated(1)), ("83 %", TANH, saturated(2)),
    ("1.20 to 1.21", DEEP, lambda r: grown(r, 1)), ("1.24 to 1.26", DEEP, lambda r: grown(r, 2)),
    ("0.70 to 0.72", DEEP, lambda r: grown(r, 0)), ("0.0090 to 0.0111", DEEP, lambda r: stats(r, 1).grad_rms[0]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "values", "measured"), AT_START)
def test_what_the_notebook_claims_of_the_start_is_measured(said, values, measured):
    found = [measured(race) for race in started(LAB, **dict(values))]
    assert said in prose(LAB.key)
    assert holds(said, found)


HE, SIGMOID = of(initializer="he_normal"), of(activation="sigmoid", learning_rate=0.1)
FAST, FASTER = (of(initializer="he_normal", learning_rate=rate) for rate in (0.3, 1.0))
ONE, TEN = of(std=1.0), of(std=10.0)
CLAIMED = [
    ("2.303", (), 0), ("0.020 to 0.024", (), 1), ("0.011 to 0.017", (), 2), ("93.7 to 94.4 %", (), 1),
    ("93.8 to 94.6 %", (), 2), ("1.37 to 1.48", ONE, 1), ("48.8 to 52.2 %", ONE, 1), ("0.027 to 0.044", SMALL, 1),
    ("1.17 to 1.77", LEAST, 1), ("0.17 to 0.19", HE, 1), ("1.62 to 1.82", TEN, 1), ("4.81 to 7.04", TEN, 2),
    ("1.20 to 1.32", TANH, 1), ("1.99 to 2.08", TANH, 2), ("0.04 to 0.05", LEAST, 2), ("0.014 to 0.024", SMALL, 2),
    ("0.10 to 0.11", HE, 2), ("2.308", SIGMOID, 0), ("0.11 to 0.12", SIGMOID, 1), ("0.14 to 0.17", SIGMOID, 2),
    ("0.001 to 0.008", FASTER, 1), ("0.003 to 0.008", FASTER, 2), ("0.001 to 0.003", FAST, 0),
]  # fmt: skip


@pytest.mark.parametrize(("said", "values", "place"), CLAIMED)
def test_the_notebook_says_these_numbers(said, values, place):
    assert said in prose(LAB.key)


@pytest.mark.long
@pytest.mark.parametrize(("said", "values", "place"), CLAIMED)
def test_what_the_notebook_claims_is_measured(said, values, place):
    race = raced(LAB, **dict(values))
    assert holds(said, percents(race, place) if said.endswith("%") else losses(race, place))


@pytest.mark.long
def test_without_it_nothing_is_learned_at_rate_1_and_from_std_1():
    for values in (ONE, FASTER):
        found = losses(raced(LAB, **dict(values)), 0)
        assert (np.isnan(found) | (found > 2.2)).all()
    assert np.isnan(losses(raced(LAB, **dict(ONE)), 0)).sum() == 3
