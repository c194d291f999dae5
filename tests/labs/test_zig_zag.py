import numpy as np
import pytest

from labkit.figures.zig_zag import REACH
from labkit.labs.parameters import ParameterError
from labkit.labs.zig_zag import LAB, SAMPLES, STEPS, ZigZag, compute, descents, explain


def over_seeds(count=40, **values):
    """Wrong-way shares and first steps below 1 % of the loss, (seeds, 2)."""
    results = [compute(ZigZag(seed=seed, **values)) for seed in range(count)]
    wrong = np.array([[w.wrong for w in r.shown] for r in results])
    first = [[np.flatnonzero(np.append(w.loss, 0) < 0.01 * w.loss[0])[0] for w in r.whole] for r in results]
    return wrong, np.array(first)


def test_inputs_are_the_two_functions_of_the_same_draws():
    first, second = ZigZag().inputs()
    assert first.shape == (SAMPLES, 2)
    np.testing.assert_allclose(np.arctanh(second), np.log(first / (1 - first)), rtol=1e-9)
    own, centered = ZigZag(against="centered").inputs()
    np.testing.assert_array_equal(own, first)
    np.testing.assert_allclose(centered - (own - own.mean(axis=0)), 0)


def test_the_path_shown_is_the_beginning_of_the_whole_one():
    result = compute(ZigZag(steps=33, batch=7))
    for shown, whole in zip(result.shown, result.whole, strict=True):
        assert len(shown.path) == 34
        assert len(whole.path) == STEPS + 1
        np.testing.assert_array_equal(shown.path, whole.path[:34])


def test_positive_inputs_open_two_quadrants_and_a_batch_opens_others():
    def signs(batch):
        moves = descents(compute(ZigZag(batch=batch)))[0].moves
        return {tuple(s) for s in np.sign(moves).tolist()}

    assert signs(1) == {(1, 1), (-1, -1)}
    assert (1, -1) in signs(8)
    assert signs(SAMPLES) == {(1, -1)}


def test_half_of_the_moves_go_wrong_down_to_the_right():
    wrong, first = over_seeds()
    np.testing.assert_array_equal(wrong[:, 0], 0.5)
    assert wrong[:, 1].mean() == pytest.approx(0.26, abs=0.005)
    assert np.median(first, axis=0).tolist() == [112.5, 10.5]


@pytest.mark.parametrize(
    ("values", "wrong", "steps"),
    [
        ({"against": "centered"}, (0.5, 0.26), (113, 112)),
        ({"batch": 8}, (0.25, 0.015), (112, 12)),
        ({"batch": SAMPLES}, (0.001, 0.0), (113, 12)),
        ({"goal_2": 1.5}, (0.28, 0.25), (7, 11)),
        ({"activation": "relu", "learning_rate": 0.2}, (0.22, 0.26), (33, 28)),
    ],
)
def test_what_the_notebook_claims_is_measured(values, wrong, steps):
    found, first = over_seeds(**values)
    np.testing.assert_allclose(found.mean(axis=0), wrong, atol=0.006)
    np.testing.assert_allclose(np.median(first, axis=0), steps, atol=0.51)


def test_the_mean_bounds_the_learning_rate():
    bounds = {}
    for seed in range(40):
        walks = compute(ZigZag(seed=seed, against="centered", steps=0)).shown
        for name, one in zip(("sigmoid", "centered"), walks, strict=True):
            bounds.setdefault(name, []).append(2 / np.linalg.eigvalsh(one.hessian)[-1])
            bounds.setdefault(f"{name} condition", []).append(one.condition)
    assert np.median(bounds["sigmoid"]) == pytest.approx(3.7, abs=0.1)
    assert np.median(bounds["centered"]) == pytest.approx(44, abs=2)
    assert np.median(bounds["sigmoid condition"]) == pytest.approx(13, abs=0.5)
    stays, swings = (
        compute(ZigZag(seed=0, batch=SAMPLES, learning_rate=f * bounds["sigmoid"][0])).whole[0] for f in (0.95, 1.05)
    )
    assert stays.loss[-1] < stays.loss[0]
    assert swings.loss[-1] > 10 * swings.loss[0]


def test_caption_says_the_numbers():
    result = compute(ZigZag())
    text = explain(result)
    assert text.startswith("One sample a step, learning rate 0.5. With sigmoid inputs (100 % of the samples of one")
    assert ": 50 % wrong way" in text
    length = np.hypot(*np.diff(result.shown[0].path, axis=0).T).sum() / np.hypot(*result.shown[0].path[-1])
    assert f"on a path {length:.3g} times the straight line" in text
    assert "Batches of 5" in explain(compute(ZigZag(batch=5)))
    assert "All samples" in explain(compute(ZigZag(batch=SAMPLES)))


def test_what_does_not_move_or_diverges_is_said():
    assert "the weights have not moved" in explain(compute(ZigZag(steps=0)))
    assert "the weights have not moved" in explain(compute(ZigZag(goal_1=0.0, goal_2=0.0)))
    text = explain(compute(ZigZag(activation="identity", learning_rate=10.0, steps=STEPS)))
    assert "the walk diverges and is lost after step" in text


def test_inputs_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match=r"the inputs must be finite and below 1e\+100"):
        compute(ZigZag(formula="log(x)"))
    with pytest.raises(ValueError, match=r"the inputs must be finite and below 1e\+100"):
        compute(ZigZag(formula="exp(150*x)"))
    with pytest.raises(ParameterError, match=r"batch size must lie in \[1, 64\], got 65"):
        ZigZag(batch=65)


def test_contours_are_halves_of_the_loss_at_the_start():
    result = compute(ZigZag())
    through_start = descents(result)[0].contours[3]
    assert np.abs(through_start - result.shown[0].path[0]).sum(axis=1).min() < 0.1


@pytest.mark.parametrize("values", [preset.values for preset in LAB.presets], ids=lambda v: str(v)[:40])
def test_the_target_of_every_scene_lies_in_the_picture(values):
    p = ZigZag.of(values)
    assert abs(p.goal_1) < REACH[0]
    assert abs(p.goal_2) < REACH[1]
