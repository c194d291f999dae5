"""Numbers with signs and intervals, as people read them."""

from math import inf, isinf, isnan

from labkit.figures.numbers import short


def signed(value: float, digits: int = 3) -> str:
    """`short` with a real minus sign, and infinity as its sign.

    >>> signed(-2.5), signed(float("-inf")), signed(1e-7)
    ('−2.5', '−∞', '1e−7')
    """
    if isinf(value):
        return "∞" if value > 0 else "−∞"
    return short(value, digits).replace("-", "−")


def interval(low: float, high: float) -> str:
    """From low to high.

    >>> interval(-5.99, 5.99), interval(0, float("inf")), interval(float("-inf"), float("inf"))
    ('−5.99 to 5.99', '0 to ∞', 'everywhere')
    """
    if isnan(low) or isnan(high):
        return "nowhere"
    if low == -inf and high == inf:
        return "everywhere"
    return f"{signed(low)} to {signed(high)}"
