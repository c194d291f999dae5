import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.figures.numbers import percent, short, sized


@given(st.floats(-1e307, 1e307))
def test_short_keeps_three_digits(value):
    if abs(value) > 1e-300:
        assert math.isclose(float(short(value)), value, rel_tol=0.005 + 1e-12)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.62793, "0.628"), (1.3e-7, "1.3e-7"), (20461.0, "2.05e4"), (-0.5, "-0.5"), (1000, "1000"), (0.9999, "1"),
     (math.inf, "infinite"), (-math.inf, "minus infinity"), (math.nan, "not a number"), (0.0, "0")],
)  # fmt: skip
def test_short_reads_well(value, text):
    assert short(value) == text


@given(st.floats(0, 1))
def test_percent_never_rounds_to_none_or_all(share):
    number = int(re.search(r"\d+", percent(share)).group())
    assert (percent(share) == "0 %") == (share == 0)
    assert (percent(share) == "100 %") == (share == 1)
    assert abs(number / 100 - share) <= 0.0101


@pytest.mark.parametrize(
    ("sign", "log", "text"),
    [(1, -3.3143, "0.000485"), (-1, 0.0, "−1"), (1, -640.3, "5.01e−641"), (-1, 400.0, "−1.00e400"),
     (0, -math.inf, "0"), (1, math.inf, "infinite"), (math.nan, 0.0, "not a number"), (0, math.nan, "not a number")],
)  # fmt: skip
def test_a_number_by_sign_and_logarithm_may_lie_beyond_a_float(sign, log, text):
    assert sized(sign, log) == text
