import numpy as np
import pytest

from labkit.labs.parameters import ParameterError
from labkit.labs.softmax import LAB, Softmax, compute, explain, shown


def test_opens_on_four_classes_and_the_exponentials_by_hand():
    e = np.exp([2.0, 1.0, -1.0, 0.0])
    found = compute(Softmax()).shares
    np.testing.assert_allclose(found.p, e / e.sum(), rtol=1e-14)
    np.testing.assert_allclose(found.gradient, e / e.sum() - [1, 0, 0, 0], rtol=1e-14)
    assert found.loss == pytest.approx(np.log(e.sum()) - 2, rel=1e-14)


def test_the_sum_is_shown_as_measured():
    result = compute(Softmax(classes=6, scale=0.0))
    assert shown(result).total == "0.9999999999999999"
    assert "the sum is 0.9999999999999999" in explain(result)
    assert "Classes 1, 2, 3, 4, 5 and 6 have the largest share, 0.167 each" in explain(result)
    assert f"cross-entropy {np.log(6):.2f}" in explain(result)


@pytest.mark.parametrize("shift", [-1000, -730, 500, 1000])
def test_a_shift_changes_nothing_beyond_rounding(shift):
    result = compute(Softmax(shift=shift))
    assert result.moved < 1e-12  # logits of 1000 lie 1e-13 apart
    assert f"Adding {shift} to every logit".replace("-", "−") in explain(result)


def test_ten_times_the_logits_is_a_tenth_of_the_temperature():
    np.testing.assert_allclose(compute(Softmax(scale=10.0)).shares.p, compute(Softmax(temperature=0.1)).shares.p)


def test_logits_of_a_thousand_give_numbers_where_the_plain_formula_gives_none():
    result = compute(Softmax(logit_1=10.0, logit_3=-10.0, scale=100.0))
    assert result.z.tolist() == [1000, 100, -1000, 0]
    assert result.shares.p.tolist() == [1, np.exp(-900), 0, 0]
    assert "would give 1 of 4 as not a number" in explain(result)
    assert shown(result).p.texts == ["1 − 1.4e−391", "1.36e−391", "2.58e−869", "5.08e−435"]


def test_the_gradient_with_a_temperature_says_of_what():
    assert "(dC/dz is p − y divided by T = 2)" in explain(compute(Softmax(temperature=2.0)))
    assert "dC/dz" not in explain(compute(Softmax()))


def test_curves_pass_through_the_probabilities_shown():
    result = compute(Softmax(temperature=1.0))
    drawn = shown(result)
    here = int(np.abs(drawn.temperatures - 1).argmin())
    assert drawn.temperatures[here] == pytest.approx(1)
    np.testing.assert_allclose(drawn.curves[here], result.shares.p, rtol=1e-12)
    np.testing.assert_allclose(drawn.curves[-1], 0.25, atol=0.01)
    assert drawn.curves[0, 0] == 1


def test_the_target_stays_within_the_classes():
    with pytest.raises(ParameterError, match=r"target class must lie in \[1, 3\], got 4"):
        Softmax(classes=3, target=4)
    assert Softmax.controls()["target"].start({"classes": 3, "target": 4}) == 3


def test_what_the_notebook_claims_is_measured():
    assert compute(Softmax()).shares.p.max() == pytest.approx(0.644, abs=5e-4)
    for scale, lacks in ((10.0, 4.5e-5), (30.0, 9.4e-14)):
        assert np.exp(compute(Softmax(scale=scale)).shares.log_rest[0]) == pytest.approx(lacks, rel=0.01)
    wrong = compute(Softmax(scale=30.0, target=3)).shares
    assert wrong.squared[2] == pytest.approx(-1.6e-39, rel=0.03)
    assert wrong.gradient[2] == -1
    least, most = (compute(Softmax(temperature=t)).shares.p[0] for t in (100.0, 0.01))
    assert (least, most) == (pytest.approx(0.25, abs=0.01), 1)


@pytest.mark.parametrize("values", [preset.values for preset in LAB.presets], ids=lambda v: str(v)[:40])
def test_every_scene_is_said_and_drawn(values):
    result = compute(Softmax.of(values))
    LAB.view().update(result)
    assert "nan" not in explain(result)
