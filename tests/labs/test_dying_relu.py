import numpy as np
import pytest

from labkit.figures.canvas import LiveCanvas
from labkit.labs.dying_relu import LAB, MOTION, DyingRelu, show, start
from labkit.labs.dying_result import by_layer, explain, shares
from labkit.nn.network import Network
from labkit.nn.train import train
from labkit.ui.dashboard import Page

from .claims import holds, losses, percents, prose, raced, started  # isort: skip
from .playing import play  # isort: skip

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
    play(page)
    page.fields["alpha"].parts[0].value = 0.3
    assert (page.clock.bar.value, page.clock.play.playing) == (0, True)
    assert "leaky ReLU (alpha 0.3)" in page.caption.value
    play(page)
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


ALL = slice(None)


def dead(race, place, layers, at=-1):
    """Dead shares in percent of some layers, in each seed."""
    look = show(race, DyingRelu(steps=race.steps)).looks[place][at]
    return 100 * look.dead[:, layers]


def of(**values):
    return tuple(values.items())


LOW, USUAL = of(activations=("relu",)), of(activations=("relu",), bias_mean=0.0, learning_rate=0.01)
TORCH = of(activations=("relu",), initializer="torch_default", depth=10, learning_rate=0.01, bias_mean=0.0)
AT_START = [
    ("98 to 100 %", LOW, 2), ("0 to 6 %", USUAL, slice(2, 4)), ("6 to 26 %", TORCH, 9), ("0 to 6 %", TORCH, slice(3)),
    ("up to 22 %", of(activations=("relu",), bias_mean=1.0), ALL),
]  # fmt: skip


@pytest.mark.parametrize(("said", "values", "layers"), AT_START)
def test_what_the_notebook_claims_of_the_start_is_measured(said, values, layers):
    found = [dead(race, 0, layers) for race in started(LAB, **dict(values))]
    assert said in prose(LAB.key)
    assert holds(said, np.max(found) if said.startswith("up to") else found)


def test_what_the_notebook_says_of_all_dead_layers_at_the_start():
    for bias, layers in ((-0.5, 3), (-5.0, ALL)):
        assert all((dead(r, 0, layers) == 100).all() for r in started(LAB, activations=("relu",), bias_mean=bias))
    third = [dead(r, 0, 3).item() for r in started(LAB, activations=("relu",), bias_mean=-0.3)]
    assert holds("76 to 82", third[:3])
    assert third[3] == 100


RELU = {"activations": ("relu",)}
RELATIVES = of(activations=("relu", "elu", "gelu"))
SWISH, PRELU = of(activations=("silu",)), of(activations=("prelu",))
LEAKY, LEAKY_3 = of(activations=("leaky_relu",)), of(activations=("leaky_relu",), alpha=0.3)
BACK = of(**RELU, bias_mean=-0.3, learning_rate=0.3)
SIX = of(activations=("relu", "relu6"), bias_mean=0.0, learning_rate=0.8)
WILD = of(activations=("leaky_relu",), bias_mean=0.0, learning_rate=0.8)


def at_rate(rate, bias=0.0):
    return of(**RELU, bias_mean=bias, learning_rate=rate)


CLAIMED = [
    ("2.302 to 2.303", "loss", LOW, 0, ALL), ("98 to 100 %", 2, LOW, 0, ALL), ("0 to 24 %", ALL, at_rate(0.3), 0, ALL),
    ("14 to 40 %", 0, at_rate(0.5), 0, ALL), ("58 to 82 %", 0, SIX, 0, ALL), ("8 to 16 %", slice(2, 4), USUAL, 0, ALL),
    ("0 to 6 %", 3, BACK, 0, slice(3)), ("89.6 to 90.3 %", "right", BACK, 0, slice(3)),
    ("2.302 to 2.303", "loss", LEAKY, 0, ALL), ("0.19 to 0.22", "loss", LEAKY_3, 0, ALL),
    ("0.13 to 0.19", "loss", PRELU, 0, ALL), ("0.73 to 0.81", "alpha", PRELU, 0, ALL),
    ("0.05 to 0.67", "loss", at_rate(0.3), 0, ALL), ("0.10 to 0.23", "loss", at_rate(0.5), 0, ALL),
    ("0.11 to 0.12", "loss", RELATIVES, 1, ALL), ("0.29 to 1.34", "loss", RELATIVES, 2, ALL),
    ("0.24 to 0.31", "loss", SWISH, 0, ALL), ("0.30 to 0.83", "loss", WILD, 0, slice(1, 4)),
    ("0.93 to 2.30", "loss", SIX, 0, slice(1, 4)), ("38 to 64 %", 0, SIX, 1, ALL),
    ("0.26 to 0.54", "loss", SIX, 1, ALL),
    ("0.53 to 2.30", "loss", SIX, 0, ALL), ("0 to 4 %", ALL, at_rate(0.1, 0.1), 0, ALL),
    ("0 to 6 %", ALL, at_rate(0.1), 0, ALL), ("0 to 6 %", ALL, at_rate(0.1, 1.0), 0, ALL),
    ("40 to 68 %", 9, TORCH, 0, ALL), ("2.302 to 2.303", "loss", TORCH, 0, ALL),
]  # fmt: skip


@pytest.mark.parametrize(("said", "what", "values", "place", "seeds"), CLAIMED)
def test_the_notebook_says_these_numbers(said, what, values, place, seeds):
    assert said in prose(LAB.key)


@pytest.mark.long
@pytest.mark.parametrize(("said", "what", "values", "place", "seeds"), CLAIMED)
def test_what_the_notebook_claims_is_measured(said, what, values, place, seeds):
    race = raced(LAB, **dict(values))
    if what == "alpha":
        found = np.array(show(race, DyingRelu()).learned_alpha[place])
    elif isinstance(what, str):
        found = (losses if what == "loss" else percents)(race, place)
    else:
        found = dead(race, place, what)
    assert holds(said, found[seeds])


@pytest.mark.long
def test_what_the_notebook_claims_in_words_is_measured():
    back = raced(LAB, **dict(BACK))
    assert (dead(back, 0, 3)[3] == 100).all()
    flooded = raced(LAB, **dict(at_rate(0.3, 1.0)))
    assert (dead(flooded, 0, 3) == 100).all()
    np.testing.assert_allclose(losses(flooded, 0), 2.303, atol=0.001)
    assert (losses(raced(LAB, **dict(at_rate(0.1, 3.0))), 0) > 2.3).sum() == 3
    for values in (LEAKY, LEAKY_3, PRELU):
        assert not dead(raced(LAB, **dict(values)), 0, ALL).any()
    assert not any(dead(raced(LAB, **dict(RELATIVES)), place, ALL).any() for place in (1, 2))
    wild = raced(LAB, **dict(WILD))
    assert np.isnan(losses(wild, 0)).tolist() == [True, False, False, False]
    for rate in (0.3, 0.5):
        assert np.isnan(losses(raced(LAB, activations=("prelu",), bias_mean=0.0, learning_rate=rate), 0)).all()


@pytest.mark.long
@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_elu_underflows_before_it_overflows_as_the_notebook_claims(rate):
    race = raced(LAB, activations=("elu",), bias_mean=0.0, learning_rate=rate)
    ended = [training.diverged is not None for training in race.trainings(0)]
    assert ended == [True, True, False, False]
    for training in race.trainings(0)[2:]:
        assert training.statistics(quantities=()).dead.min() >= 0.5
