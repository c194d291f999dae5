import numpy as np
import pytest

from labkit.figures.canvas import LiveCanvas
from labkit.labs.dying_relu import LAB, MOTION, DyingRelu, show, start
from labkit.labs.dying_result import by_layer, explain, shares
from labkit.nn.network import Network
from labkit.nn.train import train
from labkit.ui.dashboard import Page

QUICK = {"steps": 50, "width": 20}


def trained(p):
    race = start(p)
    while race.progress[0] < race.progress[1]:
        race = MOTION.advance(race, 5.0)
    return race


def counted(training):
    """Units whose pre-activation is at or below 0 for every sample, by layer."""
    return np.array([(z <= 0).all(axis=0).sum() for z in training.trace().pre])


def test_dead_units_are_counted_by_layer_and_step():
    p = DyingRelu(**QUICK, activations=("relu",), bias_mean=-0.2, learning_rate=0.3)
    race = trained(p)
    steps, shares = by_layer(show(race, p).looks[0])
    assert (steps[0], steps[-1]) == (0, 50)
    for place in (0, 10, -1):
        alone = train(p.networks()[0], learning_rate=0.3, steps=int(steps[place]))
        for _ in alone:
            pass
        np.testing.assert_allclose(shares[place] * 20, counted(alone))
    assert shares[0].sum() > shares[-1].sum() > 0  # some came back, and some did not


def test_a_layer_that_is_all_dead_stays_so_for_relu_alone():
    p = DyingRelu(**QUICK)
    race = trained(p)
    result = show(race, p)
    dead = [by_layer(looks)[1][:, 3] for looks in result.looks]
    np.testing.assert_array_equal(dead[0], 1)
    np.testing.assert_array_equal(dead[1], 0)
    np.testing.assert_array_equal(dead[2], 0)
    assert len(set(np.unique(race.losses[0, 0]).round(1))) == 1  # nothing but the output bias moves
    np.testing.assert_array_equal(
        race.training(0).weights[0], train(p.networks()[0], learning_rate=0.1, steps=0).weights[0]
    )


def test_the_caption_counts_what_the_map_shows():
    p = DyingRelu(**QUICK)
    race = trained(p)
    result = show(race, p)
    counts = counted(race.training(0))
    text = explain(result)
    assert text.startswith("Weights He, biases −0.5 at the start. ")
    assert f"Dead units after step 50: ReLU {counts.sum()} of 80, 20 of 20 in layer " in text
    assert "leaky ReLU (alpha 0.01) 0 of 80" in text
    alphas = np.concatenate(race.training(2).alphas)
    assert f"its alpha learned to {alphas.mean():.2f} on average" in text
    assert f"ReLU {race.losses[0, 0].mean():.3f}" in text
    view = LAB.view()
    view.update(result)
    line = view._dead.curves.lines[0]
    assert line.get_ydata()[-1] == pytest.approx(counts.sum() / 80)
    image = view._maps._maps[0].get_array()
    np.testing.assert_allclose(image[:, -1], counts / 20)


def test_what_has_not_been_looked_at_yet_is_left_grey():
    p = DyingRelu(**QUICK)
    race = start(p)
    while race.done < 20:
        race.advance(0.0)
    view = LAB.view()
    view.update(show(race, p))
    image = np.ma.filled(view._maps._maps[0].get_array(), np.nan)
    assert np.isfinite(image[:, :60]).all()
    assert np.isnan(image[:, 100:]).all()


def test_looking_back_says_the_dead_of_then():
    p = DyingRelu(**QUICK, step_shown=0)
    race = trained(p)
    assert "Dead units before the first step: ReLU " in explain(show(race, p))


def test_alpha_is_that_of_the_leaky_one_and_the_training_begins_anew_and_plays_on():
    page = Page(LAB)
    page.set(QUICK)
    page.clock.play.set_state({"playing": True, "value": 1})
    assert page.clock.bar.value > 0
    page.fields["alpha"].parts[0].value = 0.3
    assert (page.clock.bar.value, page.clock.play.playing) == (0, True)
    assert "leaky ReLU (alpha 0.3)" in page.caption.value
    page.clock.play.set_state({"playing": True, "value": 2})  # it goes on by itself
    assert page.clock.bar.value > 0
    page.fields["activations"].parts[0].value = ("relu",)
    assert page.fields["alpha"].box.layout.visibility == "hidden"


def test_one_that_leaves_the_numbers_is_said():
    p = DyingRelu(**QUICK, bias_mean=0.0, learning_rate=8.0, activations=("leaky_relu",))
    race = trained(p)
    found = race.diverged(0)
    assert found is not None
    result = show(race, p)
    assert f"Contestant 1, leaky ReLU (alpha 0.01): {found}" in explain(result)
    view = LAB.view()
    view.update(result)
    LiveCanvas(view.figure).render()


def test_networks_differ_in_nothing_but_the_activation():
    nets = DyingRelu(activations=("relu", "elu", "prelu"), alpha=0.25, bias_mean=0.1).networks()
    fields = {"initializer": "he_normal", "std": 0.1, "depth": 4, "width": 50, "batch": 500, "bias_mean": 0.1}
    assert nets == tuple(Network(activation=a, dataset="mnist_small", **fields) for a in ("relu", "prelu", "elu"))


def test_the_background_stands_still_while_they_train():
    p = DyingRelu(**QUICK)
    race, view = start(p), LAB.view()
    canvas = LiveCanvas(view.figure)
    while race.progress[0] < race.progress[1]:
        race = MOTION.advance(race, 0.02)
        view.update(show(race, p))
        canvas.render()
    assert canvas.full_draws == 1


@pytest.mark.parametrize("preset", LAB.presets, ids=lambda preset: preset.name)
def test_each_alpha_is_the_rows_own_unless_the_scene_sets_it(preset):
    p = DyingRelu.of(preset.values)
    for net in p.networks():
        own = net.activation_row.alpha
        asked = preset.values.get("alpha") if net.activation == "leaky_relu" else None
        assert net.alpha == (None if own is None else own.default if asked is None else asked)


def test_prelu_alone_starts_at_its_own_alpha():
    assert DyingRelu(activations=("prelu",)).alpha == 0.25


def test_several_seeds_are_counted_and_said_from_the_lowest_to_the_highest():
    p = DyingRelu(**QUICK, activations=("relu",), bias_mean=-0.2, seeds=3)
    race = trained(p)
    result = show(race, p)
    counts = np.array([counted(training).sum() for training in race.trainings(0)])
    np.testing.assert_allclose(result.looks[0][-1].dead.sum(axis=1) * 20, counts)
    text = explain(result)
    assert f"after step 50, lowest to highest of 3 seeds: ReLU {counts.min()} to {counts.max()} of 80" in text
    means = race.losses[:, 0].mean(axis=1)
    assert f"ReLU {means.min():.3f} to {means.max():.3f}" in text
    curve = shares(result.looks[0])
    assert (curve.low[-1], curve.line[-1], curve.high[-1]) == pytest.approx(
        (counts.min() / 80, counts.mean() / 80, counts.max() / 80)
    )
    view = LAB.view()
    view.update(result)
    LiveCanvas(view.figure).render()


def test_no_more_seeds_than_the_activations_leave_room_for():
    with pytest.raises(ValueError, match=r"seeds at once must lie in \[1, 4\], got 5"):
        DyingRelu(seeds=5)
    assert DyingRelu(activations=("relu",), seeds=5).seeds == 5


def test_all_of_the_layers_that_are_equally_dead_are_named():
    p = DyingRelu(activations=("relu",))
    text = explain(show(start(p), p))
    assert "of 200, 50 of 50 in layers 3 and 4" in text
    p = DyingRelu(width=20, steps=50, bias_mean=-20.0, activations=("relu",))
    assert "ReLU 80 of 80, 20 of 20 in each layer" in explain(show(start(p), p))


@pytest.mark.parametrize("values", [{}, {"activations": ("relu", "elu", "gelu", "silu")}, {"depth": 20, "steps": 5000}])
def test_everything_fits_the_picture(values):
    p = DyingRelu(**values)
    view = LAB.view()
    view.update(show(start(p), p))
    LiveCanvas(view.figure).render()
    width, height = view.figure.canvas.get_width_height()
    for axes in view.figure.axes:
        tight = axes.get_tightbbox(bbox_extra_artists=axes.texts)
        assert tight is None or (tight.x0 >= 0 and tight.y0 >= 0 and tight.x1 <= width and tight.y1 <= height)
