"""Numbers as people read them."""

from collections.abc import Callable, Iterable
from math import floor, isfinite, isinf, isnan, log10


def short(value: float, digits: int = 3) -> str:
    """`value` with so many significant digits: 0.628, 12.3, 1.3e-7; what is not finite is said in words.

    >>> short(0.62793), short(1.3e-7), short(20461.0), short(0.0), short(float("inf"))
    ('0.628', '1.3e-7', '2.05e4', '0', 'infinite')
    """
    if isnan(value):
        return "not a number"
    if not isfinite(value):
        return "infinite" if value > 0 else "minus infinity"
    if value == 0:
        return "0"
    power = floor(log10(abs(value)))
    if -4 <= power < 4:
        plain = f"{value:.{max(0, digits - 1 - power)}f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def sized(sign: float, log: float, digits: int = 3) -> str:
    """The number of this sign and of size 10**log, with a real minus; also where no float64 can hold it.

    >>> sized(-1, -2.5), sized(1, -640.3), sized(0, float("-inf")), sized(1, float("nan"))
    ('−0.00316', '5.01e−641', '0', 'not a number')
    """
    if isnan(sign) or isnan(log):
        return "not a number"
    if isinf(log):
        return "0" if log < 0 else short(sign * log).replace("-", "−")
    if abs(log) < 300:
        return short(sign * 10.0**log, digits).replace("-", "−")
    power = floor(log)
    return ("−" if sign < 0 else "") + f"{10 ** (log - power):.{digits - 1}f}e{power}".replace("-", "−")


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent: float) -> str:
    """A power of ten as plain text, for an axis: a formula takes ten times as long to draw.

    >>> power_of_ten(-12.0)
    '10⁻¹²'
    """
    return f"10{str(round(exponent)).translate(_RAISED)}"


def percent(share: float) -> str:
    """A share from 0 to 1 in percent; what is not quite 0 or 1 is never rounded to it.

    >>> percent(0.5), percent(1.0), percent(0.9999), percent(0.0), percent(1e-5)
    ('50 %', '100 %', '> 99 %', '0 %', '< 1 %')
    """
    if isnan(share):
        return "not a number"
    if 0 < share < 0.01:
        return "< 1 %"
    if 0.99 < share < 1:
        return "> 99 %"
    return f"{100 * share:.0f} %"


def tenth(share: float) -> str:
    """A share in percent to a tenth; what is not quite 0 or 1 is never rounded to it.

    >>> tenth(0.994), tenth(1.0), tenth(0.9999), tenth(0.0), tenth(1e-5)
    ('99.4 %', '100 %', '> 99.9 %', '0 %', '< 0.1 %')
    """
    if share in {0.0, 1.0} or isnan(share):
        return percent(share)
    if 0 < share < 0.001:
        return "< 0.1 %"
    return "> 99.9 %" if 0.9995 <= share < 1 else f"{100 * share:.1f} %"


def precise(loss: float) -> str:
    """A loss with three decimals: trainings that are compared differ in them.

    >>> precise(0.12345), precise(12345.6), precise(float("nan"))
    ('0.123', '1.23e4', 'not a number')
    """
    return f"{loss:.3f}" if abs(loss) < 100 else short(loss)


def spread(values: Iterable[float], written: Callable[[float], str]) -> str:
    """The lowest and the highest of some values, as `written`; once where they are written alike.

    >>> spread([0.31, 0.3, 0.35], precise), spread([0.3], precise), spread([0.5, float("nan")], precise)
    ('0.300 to 0.350', '0.300', 'not a number')
    """
    found = list(values)
    ends = (float("nan"),) if any(map(isnan, found)) else (min(found), max(found))
    return " to ".join(dict.fromkeys(map(written, ends)))
