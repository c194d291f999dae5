"""The lab's numbers against numpy by hand, and what it claims about two spirals."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from labkit.figures.canvas import LiveCanvas
from labkit.figures.style import BLUE, VERMILLION
from labkit.labs.apart import among_best, standard_error
from labkit.labs.decision_boundary import LAB, MOTION, Boundary
from labkit.labs.decision_said import named, table
from labkit.labs.parameters import ParameterError
from labkit.labs.plane_runs import centers, extent_of
from labkit.nn.network import Network


def after(steps, **values):
    """The parameters, and the result when all steps are done."""
    p = Boundary(**values, steps=steps)
    run = MOTION.start(p)
    while not run.finished:
        run = MOTION.advance(run, 10.0)
    return p, run, MOTION.show(run, p)


def by_hand(run, x):
    """P(class 1) of a ReLU network, in numpy."""
    training = run.first.trainings[0]
    for W, b in zip(training.weights[:-1], training.biases[:-1], strict=True):
        x = np.maximum(x @ W + b, 0)
    return 1 / (1 + np.exp(-(x @ training.weights[-1] + training.biases[-1])[:, 0]))


def test_two_spirals_are_learned_by_a_net_whose_linear_twin_is_not_much_better_than_a_coin():
    for seed in range(2):
        _, _, bent = after(1000, seed=seed)
        _, _, linear = after(1000, activation="identity", seed=seed)
        assert bent.mean[0] >= 0.95
        assert linear.mean[0] < 0.65


def test_the_map_and_the_scores_are_those_of_the_formula():
    _, run, result = after(30, dataset="moons")
    maps = result.maps
    places = np.array([[x, y] for y in maps.y for x in maps.x])
    np.testing.assert_allclose(maps.probability[0].ravel(), by_hand(run, places), rtol=1e-9)
    test = run.first.trainings[0].data.test
    said = by_hand(run, test.inputs(slice(None)))
    loss = -np.mean(np.log(np.where(test.y == 1, said, 1 - said)))
    assert result.mean[0] == np.mean((said > 0.5) == (test.y == 1))
    assert result.loss[0] == pytest.approx(loss, rel=1e-9)
    assert f"{100 * result.mean[0]:.1f} % of the test points" in LAB.explain(result)


def test_the_line_drawn_is_where_both_classes_are_as_probable():
    _, run, result = after(200, dataset="moons")
    view = LAB.view()
    view.update(result)
    lines = view.maps[0].boundary.get_segments()
    assert lines
    assert np.abs(by_hand(run, np.concatenate(lines)) - 0.5).max() < 0.1  # between two cells it is interpolated
    far = [by_hand(run, np.add(line, [0, 0.5])) for line in lines]
    assert np.abs(np.concatenate(far) - 0.5).mean() > 0.3


def test_how_often_the_clock_ticks_changes_no_number():
    p = Boundary(nets="grid", dataset="moons", steps=23, seed=1, seeds=2)
    hasty, calm = MOTION.start(p), MOTION.start(p)
    while not hasty.finished:
        hasty = MOTION.advance(hasty, 0.0)
        MOTION.show(hasty, p)
    calm = MOTION.advance(calm, 100.0)
    first, second = MOTION.show(hasty, p), MOTION.show(calm, p)
    np.testing.assert_array_equal(first.maps.probability, second.maps.probability)
    np.testing.assert_array_equal(first.scores, second.scores)
    assert first.scored == second.scored == 23
    assert MOTION.steps(hasty) == (23, 23)


def test_history_stays_short_however_many_steps_there_are():
    _, run, result = after(1050, depth=1, width=1, batch=1)
    assert len(result.history.steps) <= 101
    assert result.history.steps[-1] == run.done == 1050


def test_the_grid_has_a_row_for_each_initializer_and_a_column_for_each_activation():
    p = Boundary(nets="grid", activations=("tanh", "relu", "gelu"), initializers=("zeros", "he_normal"))
    cells = table(MOTION.compute(p))
    assert cells.columns == ("tanh", "ReLU", "GELU")
    assert cells.rows == ("zeros", "He")
    assert [net.activation for net in p.networks()[:3]] == ["tanh", "relu", "gelu"]
    assert {net.initializer for net in p.networks()[3:]} == {"he_normal"}
    assert cells.named == (False, False, False, False, True, False)


@pytest.mark.parametrize(
    ("activation", "initializer", "expected"),
    [("sigmoid", "xavier_normal", True), ("tanh", "xavier_uniform", True), ("tanh", "he_normal", False),
     ("relu", "he_normal", True), ("leaky_relu", "he_uniform", True), ("relu", "xavier_normal", False),
     ("relu6", "he_normal", True), ("relu6", "xavier_normal", False), ("gelu", "he_normal", False),
     ("identity", "xavier_normal", False), ("softmax", "xavier_normal", False)],
)  # fmt: skip
def test_the_rule_of_thumb_names_he_for_rectifiers_and_xavier_for_what_saturates(activation, initializer, expected):
    assert named(Network(activation=activation, initializer=initializer)) is expected


def test_what_is_not_to_be_told_apart_from_the_best_of_a_column_has_a_star_unless_all_are():
    rows = ("normal", "he_uniform", "he_normal")  # the last two of one std
    values = {"nets": "grid", "dataset": "moons", "activations": ("sigmoid", "tanh"), "initializers": rows}
    _, _, result = after(150, **values, optimizer="sgd", seeds=3)
    cells = table(result)
    assert result.scores.shape == (3, 6, 2)
    best, starred = (np.reshape(each, (3, 2)) for each in (cells.best, cells.starred))
    assert result.mean.reshape(3, 2)[:, 0].tolist() == [0.5, 0.5, 0.5]  # five sigmoid layers have not begun to learn
    assert best[:, 0].all()
    assert not starred[:, 0].any()
    assert starred[:, 1].tolist() == [False, True, True]
    mean, error = result.mean.reshape(3, 2)[:, 1], result.error.reshape(3, 2)[:, 1]
    assert abs(mean[1] - mean[2]) < 2 * np.hypot(error[1], error[2])
    view = LAB.view()
    view.update(result)
    assert [text.get_text()[0] == "★" for text in view.said] == starred.ravel().tolist()
    said = LAB.explain(result)
    assert "sigmoid 50.0 ± 0.9 % (not to be told apart: all 3)" in said
    assert "(He uniform; not to be told apart: He)" in said or "(He; not to be told apart: He uniform)" in said


def test_the_standard_error_is_that_of_the_seeds_and_never_less_than_that_of_the_test_points():
    accuracy = np.array([[0.8, 0.9], [0.9, 0.9], [0.7, 0.9]])
    counted = (0.9 * 0.1 / 3000) ** 0.5
    np.testing.assert_allclose(standard_error(accuracy, 1000), [0.1 / 3**0.5, counted])
    drawn = np.random.default_rng(0).binomial(1000, 0.9, 100_000) / 1000
    assert standard_error(np.array([[0.9]]), 1000)[0] == pytest.approx(drawn.std(), rel=0.02)
    mean, error = np.array([0.95, 0.9, 0.91, np.nan]), np.array([0.01, 0.02, 0.01, 0.0])
    assert among_best(mean, error).tolist() == [True, False, False, False]  # 0.05 > 2 hypot(0.01, 0.02)
    assert among_best(mean, 1.2 * error).tolist() == [True, True, False, False]
    assert not among_best(np.full(2, np.nan), np.zeros(2)).any()


def test_seeds_at_once_are_the_runs_of_these_seeds_and_the_map_is_the_first_ones():
    values = {"nets": "grid", "dataset": "moons", "activations": ("tanh",), "initializers": ("he_normal",)}
    _, _, three = after(40, **values, seed=5, seeds=3)
    for k in range(3):
        _, _, alone = after(40, **values, seed=5 + k, seeds=1)
        np.testing.assert_array_equal(three.scores[k], alone.scores[0])
        if k == 0:
            np.testing.assert_array_equal(three.maps.probability, alone.maps.probability)


def test_seeds_leave_room_for_the_networks_of_the_grid():
    five = ("sigmoid", "tanh", "relu", "elu", "selu")
    rows = ("zeros", "normal", "xavier_normal", "he_normal", "lecun_normal")
    assert Boundary(nets="grid").seeds == 3
    assert Boundary(nets="grid", activations=five, initializers=rows).seeds == 1
    with pytest.raises(ParameterError, match=r"seeds at once must lie in \[1, 3\], got 4"):
        Boundary(nets="grid", seeds=4)
    start = Boundary.controls()["seeds"].start
    assert start({**Boundary().values(), "seeds": 5, "nets": "grid"}) == 3


def test_a_network_that_blows_up_is_said_to_and_the_others_go_on():
    values = {"activations": ("relu",), "initializers": ("normal", "he_normal"), "std": 100.0, "seeds": 2}
    _, _, result = after(20, nets="grid", dataset="moons", optimizer="sgd", learning_rate=10.0, **values)
    assert result.diverged[0] is not None
    assert result.done == 20
    assert "ceased to be finite" in LAB.explain(result)
    view = LAB.view()
    view.update(result)
    view.figure.canvas.draw()
    assert view.said[0].get_text() == "not finite: 1 of 2 seeds"
    assert result.lost == (1, 0)
    _, _, alone = after(20, dataset="moons", optimizer="sgd", learning_rate=10.0, initializer="normal", std=100.0)
    assert f"{alone.diverged[0]}" in LAB.explain(alone)
    LAB.view().update(alone)


def test_lines_of_the_diagram_are_as_wide_as_the_weights_are_large_and_colored_by_sign():
    _, _, result = after(5, dataset="circles", depth=2, width=3)
    view = LAB.view()
    view.update(result)
    flat = np.concatenate([w.ravel() for w in result.weights])
    widths = np.array(view.diagram.weights.get_linewidth())
    np.testing.assert_allclose(widths / widths.max(), np.abs(flat) / np.abs(flat).max())
    expected = [to_rgba(VERMILLION) if w > 0 else to_rgba(BLUE) for w in flat]
    np.testing.assert_allclose(view.diagram.weights.get_color(), expected)
    first = view.diagram.weights.get_segments()[0]
    assert first[:, 0].tolist() == [0, 1]


def test_every_point_is_in_the_picture_and_nothing_is_distorted():
    x = np.random.default_rng(0).standard_normal((50, 2)) * [3, 1]
    for aspect in (0.5, 1.7):
        left, right, bottom, top = extent_of(x, aspect)
        assert (right - left) / (top - bottom) == pytest.approx(aspect)
        assert ((x > [left, bottom]) & (x < [right, top])).all()
    columns, rows = centers((0, 4, 0, 1), (1, 4))
    assert (columns.tolist(), rows.tolist()) == ([0.5, 1.5, 2.5, 3.5], [0.5])


@pytest.mark.parametrize("nets", ["one", "grid"])
def test_a_tick_moves_artists_and_draws_nothing_anew(nets):
    p = Boundary(nets=nets, dataset="moons")
    view, run = LAB.view(), MOTION.start(p)
    canvas = LiveCanvas(view.figure)
    for _ in range(3):
        view.update(MOTION.show(run, p))
        canvas.render()
        run = MOTION.advance(run, 0.0)
    assert canvas.full_draws == 1


def test_what_a_control_refuses_it_names():
    with pytest.raises(ParameterError, match=r"activations must be from 1 to 5 of the list, got 6"):
        Boundary(activations=("sigmoid", "tanh", "relu", "elu", "selu", "gelu"))
    with pytest.raises(ParameterError, match=r"width must lie in \[1, 32\], got 64"):
        Boundary(width=64)
