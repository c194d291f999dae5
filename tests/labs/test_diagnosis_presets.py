"""Every preset of the lab signal_propagation gets the verdict that its lesson is about."""

from dataclasses import replace

import pytest
from threadpoolctl import threadpool_limits

from labkit.labs.signal_propagation import LAB
from labkit.nn.diagnosis import diagnose

EXPECTED = {
    "Figure 6-10: sigmoid, std 1": ("saturated", "P(|N(0, 10)| > 4.19) = 0.68 of layer 1 is at 0 or 1"),
    "Figure 6-11: sigmoid, std 0.01": ("vanishing", "a layer keeps at most 100 * 0.01^2 / 16 of the mean square"),
    "Figure 6-13: sigmoid, 1/√n": ("vanishing", "a layer keeps at most 1 / 16: 1 / 256 in RMS after four"),
    "tanh, std 0.01": ("vanishing", "a layer keeps 100 * 0.01^2 = 0.01"),
    "tanh, std 1": ("saturated", "P(|N(0, 10)| > 2.09) = 0.83"),
    "tanh, 1/√n": ("healthy", "0.63 to 0.32 is a slow shrink, as 1 / sqrt(layer)"),
    "Figure 6-14: ReLU, std 0.01": ("vanishing", "a layer keeps 0.005"),
    "Figure 6-14: ReLU, 1/√n": ("healthy", "a layer keeps 1/2: after four a quarter in RMS, which five layers bear"),
    "Figure 6-14: ReLU, √(2/n)": ("healthy", "He's factor is 1, and in five layers the cosine comes to 0.75 only"),
    "Leaky slope 0.01": ("healthy", "factor 1 + 1e-4, cosine 0.87 in layer 10"),
    "Leaky slope 0.02": ("healthy", "factor 1 + 4e-4, cosine 0.87 in layer 10"),
    "Leaky slope 0.1": ("healthy", "factor 1.01"),
    "Leaky slope 0.3": ("healthy", "factor 1.09: 1.5 in RMS after nine"),
    "Leaky slope 1": ("healthy", "factor 2: 23 in RMS after nine, which is much and not yet a hundred"),
    "ReLU explodes": ("exploding", "factor 4.5: 870 in RMS after nine"),
    "ReLU6 against explosion": ("saturated", "the bound holds, at the price that most values lie at 0 or 6"),
    "Leaky ReLU6 against explosion": ("saturated", "as ReLU6: most values lie below 0 or at 6"),
    "Swish in He's place": ("vanishing", "for small z its slope is 1/2: a layer keeps 2 / 4 in the end"),
    "Hard-swish in He's place": ("vanishing", "for small z its slope is 1/2: a layer keeps 2 / 4 in the end"),
}


def test_every_preset_is_written_out():
    assert [preset.name for preset in LAB.presets] == list(EXPECTED)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("preset", LAB.presets, ids=lambda preset: preset.name)
def test_a_preset_has_the_verdict_of_its_lesson_and_a_remedy_that_heals(preset, seed):
    parameters = LAB.parameters(**preset.values, seed=seed)
    with threadpool_limits(1, user_api="blas"):
        result = LAB.compute(parameters)
        found = diagnose(result.statistics, result.network)
        verdict, reason = EXPECTED[preset.name]
        assert found.verdict == verdict, reason
        assert (found.remedy is None) == (verdict == "healthy")
        if found.remedy is not None:
            healed = LAB.compute(replace(parameters, **found.remedy.changes))
            assert diagnose(healed.statistics, healed.network).verdict == "healthy"
