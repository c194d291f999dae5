"""Measured numbers in the sentences of a diagnosis."""

from math import floor, isinf, isnan, log10


def number(value: float) -> str:
    """Two significant digits: 0.056, 1.3e-7, 42, 1.2e5.

    >>> number(1.3e-7), number(0.0561), number(41.7), number(123456.0), number(float("inf"))
    ('1.3e-7', '0.056', '42', '1.2e5', 'infinite')
    """
    if isnan(value) or isinf(value):
        return "not a number" if isnan(value) else "infinite"
    if value == 0:
        return "0"
    power = floor(log10(abs(value)))
    if -4 <= power < 4:
        plain = f"{value:.{max(0, 1 - power)}f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def times(ratio: float) -> str:
    """A ratio before "that of": a part of it, or a multiple.

    >>> times(0.0025), times(42.0), times(1.003)
    ('0.0025 of', '42 times', 'about as large as')
    """
    if number(ratio) == "1":
        return "about as large as"
    return f"{number(ratio)} of" if ratio < 1 else f"{number(ratio)} times"


def percent(share: float) -> str:
    """A share in percent; what is not quite 0 or 1 is not rounded to it."""
    if 0.99 < share < 1:
        return "> 99 %"
    return "< 1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def as_cosine(cosine: float) -> str:
    """A cosine with as many digits as tell it from 1.

    >>> as_cosine(0.5), as_cosine(0.99987), as_cosine(1 - 1e-16)
    ('0.50', '0.99987', '1')
    """
    if 1 - cosine < 1e-12:  # rounding leaves no more of it
        return "1"
    if abs(cosine) < 0.005:
        return "0"
    digits = 2 if cosine < 0.9 else min(1 - floor(log10(1 - cosine)), 12)
    return f"{cosine:.{digits}f}"
