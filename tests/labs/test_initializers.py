"""One layer's weights: what the lab measures against independent sums, and where it names a trap."""

import numpy as np
import pytest

from labkit.labs.initializers import LAB, OneLayer, compute, explain
from labkit.labs.naming_traps import PYTORCH_GAINS, gain_note, traps
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.initializers import INITIALIZERS

EVERY = pytest.mark.parametrize("key", INITIALIZERS)
FANS = pytest.mark.parametrize(("fan_in", "fan_out"), [(300, 100), (100, 300), (200, 200)])


def own(key: str, **values) -> OneLayer:
    """Parameters whose initializer has its own defaults."""
    options = {name: option.default for name, option in INITIALIZERS[key].options.items()}
    return OneLayer(**{"initializer": key, **options, **values})


def said(parameters: OneLayer) -> str:
    return explain(compute(parameters))


def mean_square_and_error(p: OneLayer) -> tuple[float, float]:
    """E W^2, and the standard error that its mean over all weights of a layer has from one draw to another.

    The squares of weights of i.i.d. draws are i.i.d.; those of an orthogonal matrix sum up exactly.
    """
    many = np.random.default_rng(99)
    row = p.scheme
    layers = [row.sample(many, p.fan_in, p.fan_out, **p.options) for _ in range(40)]
    means = [np.mean(layer**2) for layer in layers]
    return float(np.mean(means)), float(np.std(means))


@EVERY
@FANS
def test_z_and_gradient_have_the_promised_spread(key, fan_in, fan_out):
    """Against weights drawn anew.

    Given W, a sample's mean of z^2 over the units is x' (W W' / fan_out) x, of variance 2 tr((W W' / fan_out)^2);
    likewise backward with W' W / fan_in.
    """
    p = own(key, fan_in=fan_in, fan_out=fan_out, batch=1000)
    result = compute(p)
    square, of_weights = mean_square_and_error(p)
    weights = p.scheme.sample(np.random.default_rng(98), fan_in, fan_out, **p.options)
    gram = np.sum((weights @ weights.T) ** 2)  # = sum((W'W)^2)
    for name, summed, averaged in (("pre", fan_in, fan_out), ("back", fan_out, fan_in)):
        error = np.hypot(np.sqrt(2 * gram / p.batch) / averaged, summed * of_weights)
        of_promise = summed * of_weights / 40**0.5
        assert result.promises[name].std ** 2 == pytest.approx(summed * square, abs=5 * of_promise + 1e-12)
        assert result.distributions[name].rms[0] ** 2 == pytest.approx(summed * square, abs=5 * error + 1e-12)


@pytest.mark.parametrize(("key", "z", "back"), [
    ("lecun_normal", 1.0, 0.25), ("xavier_uniform", 1.6, 0.4), ("he_normal", 2.0, 0.5),
    ("torch_default", 1 / 3, 1 / 12), ("orthogonal", 1.0, 0.25),
    ("uniform", 400 / 3, 100 / 3), ("constant", 4.0, 1.0), ("zeros", 0.0, 0.0),
])  # fmt: skip
def test_variances_from_400_to_100_units_are_those_of_the_papers(key, z, back):
    promised = compute(own(key, fan_in=400, fan_out=100)).promises
    assert promised["pre"].std ** 2 == pytest.approx(z)
    assert promised["back"].std ** 2 == pytest.approx(back)


@pytest.mark.parametrize("key", ACTIVATIONS)
def test_activations_have_the_promised_mean_and_spread(key):
    """E f(z) over the Gaussian by a plain sum over a fine grid: no code shared with the quadrature."""
    alpha = ACTIVATIONS[key].alpha
    p = own("he_normal", activation=key, alpha=alpha.default if alpha else 0.01, fan_in=100, fan_out=100)
    promise = compute(p).promises["post"]
    if key == "softmax":
        assert np.isnan([promise.mean, promise.std]).all()
        return
    z = np.linspace(-16, 16, 1_600_001) * 1.0
    weight = np.exp(-z * z / 4)  # He: z has variance 2
    weight /= weight.sum()
    h = ACTIVATIONS[key].function(z, p.shape)
    mean = float(weight @ h)
    assert promise.mean == pytest.approx(mean, abs=2e-6)
    assert promise.std == pytest.approx(float(weight @ (h - mean) ** 2) ** 0.5, abs=2e-6)


def test_he_keeps_the_mean_square_of_relu():
    result = compute(own("he_normal", activation="relu", fan_in=1000, fan_out=1000, batch=1000))
    # h^2 has mean 1 and variance E z^4 / 2 - 1 = 5; units and samples share weights and inputs: 1000 of each count
    assert result.distributions["post"].rms[0] ** 2 == pytest.approx(1, abs=5 * np.sqrt(5 / 1000))


@EVERY
def test_nothing_is_cropped_and_nothing_is_lost(key):
    result = compute(own(key, fan_in=30, fan_out=20))
    for name, size in {"weights": 600, "pre": 4000, "post": 4000, "back": 6000}.items():
        assert result.distributions[name].counts.sum() == size
        assert result.distributions[name].outside[0] == 0


def test_limits_stand_still_while_a_fan_moves_a_little():
    results = [compute(OneLayer(fan_in=fan, fan_out=100)) for fan in range(410, 430)]
    for name in ("weights", "pre", "post", "back"):
        assert len({tuple(result.distributions[name].edges[[0, -1]]) for result in results}) == 1


@EVERY
def test_every_scheme_is_compared_and_the_chosen_one_is_as_it_is_set(key):
    p = OneLayer(initializer=key, gain=2.0, std=0.3, constant=0.7, fan_in=50, fan_out=80)
    schemes = compute(p).schemes
    assert [scheme.label for scheme in schemes] == [row.label for row in INITIALIZERS.values()]
    for scheme, row in zip(schemes, INITIALIZERS.values(), strict=True):
        assert scheme.chosen == (row.key == key)
        options = p.options if scheme.chosen else {}
        square = row.variance(50, 80, **options) + row.mean(50, 80, **options) ** 2
        assert scheme.rms == pytest.approx(square**0.5, rel=1e-12)


@EVERY
def test_a_field_is_shown_only_where_the_initializer_has_that_option(key):
    p = own(key)
    controls = OneLayer.controls()
    for name in ("mean", "low", "high", "constant", "gain", "fan"):
        assert controls[name].shown(p) == (name in INITIALIZERS[key].options)
        assert controls[name].folds
    assert (controls["std"].given(p) is None) == ("std" in INITIALIZERS[key].options)


@EVERY
def test_every_option_of_every_initializer_has_a_field(key):
    assert INITIALIZERS[key].options.keys() <= OneLayer.controls().keys()


def test_gain_starts_with_that_of_the_initializer():
    start = OneLayer.controls()["gain"].start
    for key in ("xavier_normal", "he_normal", "orthogonal"):
        gain = start({**OneLayer().values(), "initializer": key})
        assert gain == pytest.approx(INITIALIZERS[key].options["gain"].default, rel=5e-6)
    assert start({**OneLayer(gain=1.7).values(), "initializer": "zeros"}) == 1.7


@pytest.mark.parametrize(("key", "name"), [("lecun_normal", "weights"), ("ones", "pre"), ("ones", "back")])
def test_the_same_seed_gives_the_same_numbers_and_another_one_others(key, name):
    first, again, other = (own(key, seed=seed, fan_in=20) for seed in (3, 3, 4))
    stds = [compute(p).distributions[name].std[0] for p in (first, again, other)]
    assert stds[0] == stds[1] != stds[2]


def test_low_above_high_is_refused_with_the_rule():
    with pytest.raises(ValueError, match=r"high must lie in \[1.5, 2\], got 1"):
        OneLayer(initializer="uniform", low=1.5, high=1.0)


@pytest.mark.parametrize(("key", "fans", "phrase"), [
    ("lecun_normal", (400, 100), "cs231n call it Xavier, but Glorot's Xavier has std 0.0632"),
    ("xavier_uniform", (400, 100), "that of the book and cs231n, 1/fan_in, has std 0.05 here"),
    ("lecun_uniform", (200, 200), "The layer is square"),
    ("xavier_normal", (200, 200), "The layer is square"),
    ("torch_default", (400, 100), "neither Xavier nor made for ReLU"),
    ("truncated_normal", (400, 100), "0.8796 of the std"),
    ("uniform", (400, 100), "mean is 0.5, not 0: 75 %"),
    ("ones", (400, 100), "All weights are equal"),
    ("zeros", (400, 100), "nothing comes back"),
])  # fmt: skip
def test_a_trap_is_named_where_it_bites(key, fans, phrase):
    assert phrase in said(own(key, fan_in=fans[0], fan_out=fans[1]))


def test_a_trap_is_told_by_numbers_and_not_by_names():
    assert "LeCun's" in said(own("normal", std=0.05, fan_in=400, fan_out=100))
    assert "PyTorch's default" in said(own("normal", std=1200**-0.5, fan_in=400, fan_out=100))
    assert traps(INITIALIZERS["he_normal"], {}, 400, 100) == []
    assert traps(INITIALIZERS["uniform"], {"low": -0.5, "high": 0.5}, 400, 100) == []


def test_gains_are_those_that_keep_the_mean_square_and_pytorchs():
    for key, kept, torch in (("sigmoid", "1.846", "1"), ("selu", "1", "0.75"), ("tanh", "1.593", "1.667")):
        assert gain_note(ACTIVATIONS[key], None) == f"mean square kept at {kept}; PyTorch's gain {torch}"
    assert "PyTorch names none" in gain_note(ACTIVATIONS["gelu"], None)
    assert gain_note(ACTIVATIONS["leaky_relu"], 0.5).endswith("PyTorch's gain 1.265")
    assert PYTORCH_GAINS.keys() <= ACTIVATIONS.keys()


def test_caption_says_the_numbers_and_the_note_the_call():
    result = compute(own("torch_default", activation="relu", fan_in=400, fan_out=100))
    text = explain(result)
    assert text.startswith("PyTorch's default, 400 → 100 units, weight std 0.0289: ")
    assert f"z of std {result.distributions['pre'].std[0]:.3f} (promised 0.577)" in text
    assert f"dC/dx of std {result.distributions['back'].std[0]:.3f} (promised 0.289)" in text
    assert "kaiming_uniform_(w, a=math.sqrt(5))" in OneLayer.controls()["initializer"].note(result.parameters)


@pytest.mark.parametrize("preset", LAB.presets, ids=lambda preset: preset.name)
def test_a_scene_has_its_initializers_own_gain(preset):
    p = OneLayer.of(preset.values)
    option = p.scheme.options.get("gain")
    assert option is None or p.gain == pytest.approx(option.default, rel=5e-6)
