import copy
from math import log

import numpy as np
import pytest

from labkit.figures.canvas import LiveCanvas
from labkit.labs.mnist_comparison import LAB, MOTION, MnistComparison, show, start
from labkit.labs.mnist_result import explain
from labkit.labs.parameters import ParameterError
from labkit.labs.race import kept_steps
from labkit.nn.datasets import learnable
from labkit.nn.network import Network
from labkit.nn.train import train
from labkit.ui.dashboard import Page

from .claims import holds, losses, percents, prose, raced, started  # isort: skip
from .playing import play  # isort: skip

QUICK = {"steps": 100, "width": 20, "depth": 2}


def trained(p):
    race = start(p)
    while race.progress[0] < race.progress[1]:
        race = MOTION.advance(race, 5.0)
    return race


@pytest.fixture(scope="module")
def quick():
    return trained(MnistComparison(**QUICK, learning_rate=0.1))


def test_the_default_is_the_protocol_of_the_figure():
    p = MnistComparison()
    fields = {"activation": "relu", "depth": 4, "width": 100, "dataset": "mnist_small", "batch": 250, "seed": 0}
    assert p.networks() == tuple(
        Network(initializer=key, std=0.01, **fields) for key in ("normal", "lecun_normal", "he_normal")
    )
    assert (p.learning_rate, p.batch, p.steps, p.optimizer, p.standardize) == (0.01, 128, 2000, "sgd", False)
    race = start(p)
    data = learnable("mnist_small", 0, False, 1.0)
    assert data.train.inputs(slice(0, 50)).max() == 1.0
    for place, std in enumerate((0.01, 1 / 10, (2 / 100) ** 0.5)):
        training = race.training(place)
        assert [W.shape for W in training.weights] == [(784, 100), *[(100, 100)] * 3, (100, 10)]
        # 10 000 weights a layer: four standard errors of their standard deviation
        assert training.weights[2].std() == pytest.approx(std, rel=4 / (2 * 10_000) ** 0.5)
        assert not any(bias.any() for bias in training.biases)
        assert len(next(copy.deepcopy(training.batches))[0]) == 128
    first = [race.training(k).weights[0] * s for k, s in ((0, 100), (1, 28), (2, 28 / 2**0.5))]
    np.testing.assert_allclose(first[0], first[1])  # the same draws
    np.testing.assert_allclose(first[0], first[2])


@pytest.mark.parametrize(
    ("values", "same"),
    [({}, True), ({"seed": 3, "seeds": 4, "chosen": 2, "step_shown": 7, "show": "pre"}, True), ({"std_5": 1.0}, True),
     ({"std_1": 0.02}, False), ({"standardize": True}, False), ({"contestants": 4}, False),
     ({"learning_rate": 0.1}, False)],
)  # fmt: skip
def test_the_figures_protocol_is_known_by_its_values(values, same):
    assert MnistComparison(**values).is_figure is same


def test_numbers_shown_are_those_of_training_alone(quick):
    p = MnistComparison(**QUICK, learning_rate=0.1)
    result = show(quick, p)
    for place, net in enumerate(p.networks()):
        steps = list(train(net, learning_rate=0.1, steps=100))
        assert result.recent[0, place] == pytest.approx(np.mean([step.loss for step in steps]))
        assert result.accuracy[0, place] == steps[-1].accuracy
    assert result.done == result.evaluated_at == 100


def test_the_step_shown_is_one_of_those_kept_from_the_first_to_the_newest(quick):
    p = {**QUICK, "learning_rate": 0.1}
    kept = kept_steps(100)
    steps = [show(quick, MnistComparison(**p, step_shown=place)).kept.step for place in range(len(kept))]
    assert steps == kept
    assert show(quick, MnistComparison(**p)).kept.step == 100
    at = show(quick, MnistComparison(**p, step_shown=5, chosen=3))
    assert at.kept is quick.kept[2][5]
    assert f"contestant 3 after step {kept[5]}" in explain(at)


def test_the_step_shown_stands_still_while_they_train_and_its_right_end_goes_with_them():
    first, middle, newest = (MnistComparison(**QUICK, step_shown=place) for place in (0, 10, None))
    race, seen = start(first), []
    while race.progress[0] < race.progress[1]:
        race = MOTION.advance(race, 0.0)
        seen.append([show(race, p).kept.step for p in (first, middle, newest)])
    steps = np.array(seen)
    np.testing.assert_array_equal(steps[:, 0], 0)
    np.testing.assert_array_equal(steps[:, 1], np.minimum(steps[:, 2], kept_steps(100)[10]))
    assert steps[-1, 2] == 100


def test_the_step_shown_says_its_step():
    note = MnistComparison.controls()["step_shown"].note
    assert note(MnistComparison()) == "the newest"
    assert note(MnistComparison(step_shown=20)) == "step 500"
    with pytest.raises(ParameterError, match=r"step shown must lie in \[0, 36\], got 40"):
        MnistComparison(steps=100, step_shown=40)


def test_before_the_first_step_the_caption_asks_to_play_and_names_them():
    text = explain(LAB.result(MnistComparison()))
    assert text.startswith("Press play to train ReLU, normal, std 0.01, ReLU, LeCun: the book's Xavier, ReLU, He on")
    assert f"ln 10 = {log(10):.3f}" in text


def test_caption_says_the_losses_and_the_shares(quick):
    result = show(quick, MnistComparison(**QUICK, learning_rate=0.1))
    text = explain(result)
    assert text.startswith("Mean loss of the last 100 steps: ReLU, normal, std 0.01: ")
    assert f"{result.recent[0, 2]:.3f} ({100 * result.accuracy[0, 2]:.1f} % right)" in text
    assert "book's unseeded run" not in text  # other width, other rate


def test_caption_of_many_names_the_best_and_the_worst():
    p = MnistComparison(**QUICK, contestants=5)
    result = show(trained(p), p)
    losses = result.recent[0]
    text = explain(result).split(". Below")[0]
    for place, name in enumerate(result.names):
        assert (name + ":" in text) is (losses[place] in (losses.min(), losses.max()))


def test_what_is_not_finite_is_said_with_its_step_and_layer():
    p = MnistComparison(**QUICK, activation_3="identity", initializer_3="normal", std_3=10.0, learning_rate=10.0)
    race = trained(p)
    found = race.diverged(2)
    assert found is not None
    result = show(race, p)
    assert f"{result.names[2]}: {found}" in explain(result)
    view = LAB.view()
    view.update(result)
    assert "not finite" in view._standings._texts[2].get_text()
    assert list(view._losses._ends[2].get_xdata()) == [found.iteration]
    LiveCanvas(view.figure).render()


def test_several_seeds_are_shown_with_their_spread():
    p = MnistComparison(**QUICK, contestants=2, seeds=3)
    race = trained(p)
    result = show(race, p)
    assert race.losses.shape == (3, 2, 100)
    assert "lowest to highest of 3 seeds" in explain(result)
    assert "contestant 1 (first of 3 seeds) after step 100" in explain(result)
    view = LAB.view()
    view.update(result)
    assert view._head.get_text().endswith("after step 100 (first of 3 seeds)")
    assert [text.get_text() for text in view._losses.curves.numbers._texts] == ["1", "2"]
    means = race.losses[:, 1, :100].mean(axis=1)
    assert f"{means.min():.3f} to {means.max():.3f}" in explain(result)


def test_more_seeds_than_the_contestants_leave_room_for_are_refused():
    with pytest.raises(ValueError, match=r"seeds at once must lie in \[1, 2\], got 5"):
        MnistComparison(contestants=6, seeds=5)


def test_the_contestant_shown_is_one_of_them():
    with pytest.raises(ParameterError, match=r"contestant shown and set must lie in \[1, 2\]"):
        MnistComparison(contestants=2, chosen=3)


def test_the_full_set_says_how_to_fetch_it_where_it_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    page = Page(LAB)
    page.fields["dataset"].parts[0].value = "mnist"
    assert "fetch it with `labkit data mnist`, or take &#x27;mnist_small&#x27;" in page.message.value
    page.fields["dataset"].parts[0].value = "mnist_small"
    assert page.message.value == ""


def test_only_the_controls_of_one_contestant_are_on_the_page():
    page = Page(LAB)

    def there(place):
        names = ("activation", "initializer", "std", "alpha")
        return [page.fields[f"{n}_{place}"].box.layout.display != "none" for n in names]

    assert (there(1), there(2)) == ([True, True, True, False], [False] * 4)
    page.fields["chosen"].parts[0].value = 2
    assert (there(1), there(2)) == ([False] * 4, [True, True, False, False])
    page.fields["activation_2"].parts[0].value = "leaky_relu"
    assert there(2) == [True, True, False, True]


def test_other_contestants_views_and_steps_are_looked_at_without_starting_anew():
    page = Page(LAB)
    page.set(QUICK)
    play(page)
    done = page.clock.bar.value
    for name, value in (("chosen", 3), ("show", "grad_pre"), ("step_shown", 2), ("chosen", 1)):
        page.fields[name].parts[0].value = value
        assert page.clock.bar.value == done


def test_the_background_stands_still_while_they_train():
    p = MnistComparison(**QUICK)
    race, view = start(p), LAB.view()
    canvas = LiveCanvas(view.figure)
    while race.progress[0] < race.progress[1]:
        race = MOTION.advance(race, 0.02)
        view.update(show(race, p))
        canvas.render()
    assert canvas.full_draws <= 4


@pytest.mark.parametrize("values", [{}, {"contestants": 6}, {"depth": 20, "contestants": 1}, {"show": "grad_pre"}])
def test_everything_fits_the_picture(values):
    p = MnistComparison(**{**QUICK, **values})
    view = LAB.view()
    view.update(show(start(p), p))
    LiveCanvas(view.figure).render()
    width, height = view.figure.canvas.get_width_height()
    for axes in view.figure.axes:
        tight = axes.get_tightbbox(bbox_extra_artists=axes.texts)
        if tight is not None:
            assert tight.x0 >= 0
            assert tight.y0 >= 0
            assert tight.x1 <= width
            assert tight.y1 <= height


def ratio(race, place):
    rms = race.training(place).statistics(quantities=("grad_pre",)).grad_rms
    return rms[-1] / rms[0]


def of_layer(layer):
    return lambda race, place: race.training(place).statistics(quantities=("grad_pre",)).grad_rms[layer]


def own(name):
    values = next(preset.values for preset in LAB.presets if preset.name == name)
    return tuple((key, value) for key, value in values.items() if key != "seeds")


RELU6 = dict(own("ReLU6 against explosion"))
AT_START = [("2700 to 3100 times smaller", ratio, 0, {}), ("0.0036 to 0.0046", of_layer(0), 1, RELU6),
            ("0.0093 to 0.0116", of_layer(0), 0, RELU6), ("0.00067 to 0.00076", of_layer(-1), 1, RELU6)]  # fmt: skip


@pytest.mark.parametrize(("said", "measured", "place", "values"), AT_START)
def test_what_the_notebook_claims_of_the_start_is_measured(said, measured, place, values):
    found = [measured(race, place) for race in started(LAB, **values)]
    assert said in prose(LAB.key)
    assert holds(said, np.round(found, -2) if measured is ratio else found)


def test_standardized_pixels_carry_nine_times_the_power():
    power = [np.mean(learnable("mnist_small", 0, way, 1.0).train.inputs(slice(0, 1000)) ** 2) for way in (False, True)]
    assert power[1] / power[0] == pytest.approx(9, rel=0.03)
    assert "about nine times the power" in prose(LAB.key)


@pytest.mark.parametrize("preset", LAB.presets, ids=lambda preset: preset.name)
def test_who_is_compared_is_said_with_several_seeds_where_speed_is_asked_for(preset):
    p = MnistComparison.of(preset.values)
    assert p.seeds > 1 or preset.name in {"Figure 6-15", "Standardized pixels", "Adam repairs std 0.01"}


FIGURE, OWN, LEAKY, SLOPES, SWISH, SIX, ADAM, STANDARD = map(own, (
    "Figure 6-15", "Sigmoid, tanh, ReLU", "Leaky slope 0.01 or 0.02", "Leaky slopes up to 1", "Swish or ReLU",
    "ReLU6 against explosion", "Adam repairs std 0.01", "Standardized pixels",
))  # fmt: skip
CLAIMED = [
    ("2.302 to 2.303", FIGURE, 0, 500), ("2.302 to 2.303", FIGURE, 0, None), ("10.0 %", FIGURE, 0, "right"),
    ("0.34 to 0.40", FIGURE, 2, 500), ("0.80 to 1.23", FIGURE, 1, 500), ("0.12 to 0.15", FIGURE, 2, None),
    ("0.23 to 0.26", FIGURE, 1, None), ("90.4 to 91.2 %", FIGURE, 2, "right"), ("88.4 to 89.2 %", FIGURE, 1, "right"),
    ("0.23 to 0.24", OWN, 1, None), ("2.302 to 2.303", OWN, 0, None), ("0.48 to 0.50", OWN, 1, 500),
    ("0.34 to 0.40", OWN, 2, 500), ("0.337 to 0.399", LEAKY, 1, 500), ("0.338 to 0.400", LEAKY, 0, 500),
    ("0.28 to 0.30", SLOPES, 3, 500), ("0.16 to 0.17", SLOPES, 3, None), ("87.8 to 88.8 %", SLOPES, 3, "right"),
    ("0.43 to 0.56", SWISH, 1, 500), ("0.17 to 0.19", SWISH, 1, None), ("0.18 to 0.19", SWISH, 2, None),
    ("0.14 to 0.23", SIX, 1, None), ("0.02 to 0.05", SIX, 0, None), ("0.001 to 0.033", ADAM, 0, None),
    ("86.3 to 90.5 %", ADAM, 0, "right"), ("0.29 to 0.34", STANDARD, 1, 500),
]  # fmt: skip


def run(values):
    if dict(values)["contestants"] == 2:
        return raced(LAB, seeds=5, **dict(values))
    return raced(LAB, seeds=3 if dict(values)["contestants"] == 4 else 4, **dict(values))


@pytest.mark.parametrize(("said", "values", "place", "at"), CLAIMED)
def test_the_notebook_says_these_numbers(said, values, place, at):
    assert said in prose(LAB.key)


@pytest.mark.long
@pytest.mark.parametrize(("said", "values", "place", "at"), CLAIMED)
def test_what_the_notebook_claims_is_measured(said, values, place, at):
    race = run(values)
    assert holds(said, percents(race, place) if at == "right" else losses(race, place, at))


@pytest.mark.long
def test_what_the_notebook_claims_of_pairs_is_measured():
    tanh_ahead = losses(run(OWN), 2, 100) - losses(run(OWN), 1, 100)
    assert holds("0.08 to 0.44", tanh_ahead)
    assert holds("0.06 to 0.14", losses(run(SWISH), 2, 500) - losses(run(SWISH), 1, 500))
    assert (losses(run(SWISH), 1, 500) > losses(run(SWISH), 0, 500)).all()
    assert np.abs(losses(run(LEAKY), 0, 500) - losses(run(LEAKY), 1, 500)).max() <= 0.002
    assert np.abs(losses(run(LEAKY), 0) - losses(run(LEAKY), 1)).max() < 0.001
    assert np.ptp(losses(run(LEAKY), 0, 500)) == pytest.approx(0.06, abs=0.005)
    race = run(ADAM)
    for place in (1, 2):
        means = np.apply_along_axis(lambda row: np.convolve(row, np.ones(100) / 100, "valid"), 1, race.losses[:, place])
        reached = 100 + (means < losses(race, 0)[:, None]).argmax(axis=1)
        assert 2000 - reached.max() >= 900
    assert holds("93.2 to 94.4", np.concatenate([percents(race, 1), percents(race, 2)]))


@pytest.mark.long
def test_the_gradient_without_learning_stays_as_small():
    found = []
    for seed in range(4):
        training = train(MnistComparison(seed=seed).networks()[0], steps=2000, evaluate_every=None)
        for _ in training:
            pass
        rms = training.statistics(quantities=("grad_pre",)).grad_rms
        found.append(rms[-1] / rms[0])
    assert holds("2260 to 2560", found)
    assert "2260 to 2560" in prose(LAB.key)


@pytest.mark.long
def test_at_rate_1_some_leave_the_numbers_that_a_computer_can_hold():
    race = raced(LAB, **dict(FIGURE), learning_rate=1.0)
    assert race.diverged(0) is None
    assert race.diverged(1)
    assert race.diverged(2)
