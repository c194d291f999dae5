import json
from pathlib import Path

import numpy as np
import pytest

from labkit.labs.chain_rule import LAB, ChainRule, compute, explain, factors
from labkit.labs.parameters import ParameterError


def product(**values):
    sign, log = compute(ChainRule(**values)).chain.grad_post.at(0)
    return sign * 10**log


def test_opens_on_five_sigmoids_of_weight_one_with_nothing_shifted():
    h, by_hand = 1.0, 1.0
    for _ in range(5):
        h = 1 / (1 + np.exp(-h))
        by_hand *= h * (1 - h)
    assert product() == pytest.approx(by_hand, rel=1e-12)
    assert factors(compute(ChainRule())).before is None


def test_a_shift_saturates_its_layer_and_is_felt_before_it_alone():
    result = compute(ChainRule(shift=10.0))
    assert result.saturated.tolist() == [False, False, True, False, False]
    now, before = (10**c.grad_post.log for c in (result.chain, result.before))
    assert (now[:3] < 1e-3 * before[:3]).all()
    np.testing.assert_allclose(now[3:], before[3:], rtol=0.2)
    np.testing.assert_array_equal(factors(result).before, result.before.grad_post)


def test_a_deeper_network_keeps_the_weights_that_it_had():
    np.testing.assert_array_equal(ChainRule(std=2.0, depth=9).weights()[:4], ChainRule(std=2.0, depth=4).weights())
    steps = (ChainRule(std=s, depth=9).weights() - 1 for s in (1.0, 2.0))
    np.testing.assert_allclose(2 * next(steps), next(steps), rtol=1e-12)


def test_the_layer_to_saturate_stays_within_the_depth():
    with pytest.raises(ParameterError, match=r"layer to saturate must lie in \[1, 2\], got 3"):
        ChainRule(depth=2)
    assert ChainRule.controls()["layer"].start({"depth": 2, "layer": 3}) == 2


def test_caption_says_the_product_its_parts_and_the_smallest_factor():
    result = compute(ChainRule(shift=10.0, weight=2.0))
    text = explain(result)
    assert "(all weights)" in text
    assert "= 32 (all weights)" in text
    slope = result.chain.slopes.min()
    assert f"the slope f′(z) of layer 3, {slope:.2e}".replace("e-0", "e−") in text
    ratio = 10 ** (result.before.grad_post.log[0] - result.chain.grad_post.log[0])
    said = float(text.split("made it ")[1].split(" times")[0])
    assert said == pytest.approx(ratio, rel=5e-3)
    assert "times as small" in text


def test_the_smallest_factor_may_be_a_weight():
    assert "the weight of layer 1, 0.1 at" in explain(compute(ChainRule(activation="relu", weight=0.1)))


def test_an_overflow_is_said():
    assert "dC/dx = infinite" in explain(compute(ChainRule(formula="x ** 9", weight=10.0, depth=30)))
    text = explain(compute(ChainRule(formula="x ** 9 - x ** 7", weight=10.0, depth=30)))
    assert "What overflows on the way is not a number" in text


def test_a_formula_counts():
    assert product(formula="3 * x", depth=4) == pytest.approx(81)


CLAIMED = [
    (5.5e-6, {"depth": 8}), (3.0e-20, {"depth": 30}), (1526, {"x": 0.5, "weight": 10.0, "bias": -5.0, "depth": 8}),
    (0.054, {"activation": "tanh", "depth": 8}), (0.92, {"activation": "tanh", "x": 0.1, "depth": 8}),
    (2.4e-6, {"weight": 4.0}), (4.9e-4, {}), (0.0039, {"activation": "relu", "weight": 0.5, "depth": 8}),
    (0.01, {"activation": "leaky_relu", "alpha": 0.01, "bias": 0.5, "shift": -5.0}),
    (256, {"activation": "relu6", "weight": 2.0, "x": 0.02, "depth": 8}),
    (0, {"activation": "relu6", "weight": 2.0, "x": 0.02, "depth": 30}),
    (1, {"x": 0.5, "weight": 4.0, "bias": -2.0, "depth": 30}),
]  # fmt: skip


@pytest.mark.parametrize(("said", "values"), CLAIMED)
def test_what_the_notebook_claims_is_measured(said, values):
    assert product(**values) == pytest.approx(said, rel=0.022, abs=0)  # two digits


def test_the_notebook_says_these_numbers():
    path = Path(__file__).parents[2] / "notebooks" / "chain_rule.ipynb"
    prose = "".join("".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"])
    for said, _ in CLAIMED:
        mantissa, exponent = f"{said:.1e}".split("e")
        assert f"{said:g}" in prose or f"{mantissa} \\times 10^{{{int(exponent)}}}" in prose


@pytest.mark.parametrize("values", [preset.values for preset in LAB.presets], ids=lambda v: str(v)[:40])
def test_every_scene_is_said_and_drawn(values):
    result = compute(ChainRule.of(values))
    view = LAB.view()
    view.update(result)
    assert "not a number" not in explain(result)
