"""An expression as LaTeX."""

from math import e, pi

from labkit.nn.expression import COMPARISONS, Node

_SUM, _PRODUCT, _POWER, _ATOM = range(4)  # how tightly a piece of LaTeX holds together
_NAMES = {"<": "<", "<=": r"\leq", ">": ">", ">=": r"\geq"}
_KNOWN = {"log", "tanh", "sin", "cos", "min", "max"}


def latex(node: Node) -> str:
    """The expression as LaTeX, in z."""
    return _latex(node)[0]


def _held(node: Node, level: int) -> str:
    text, own = _latex(node)
    return text if own >= level else rf"\left({text}\right)"


def _latex(node: Node) -> tuple[str, int]:
    operation, arguments = node.operation, node.arguments
    if not arguments:
        name = {"z": "z", "alpha": r"\alpha"}.get(operation)
        return (name, _ATOM) if name else _number(node.number)
    if operation in ("add", "subtract"):
        a, b = arguments
        return f"{_held(a, _SUM)} {'+' if operation == 'add' else '-'} {_held(b, _PRODUCT)}", _SUM
    if operation == "negative":
        return f"-{_held(arguments[0], _PRODUCT)}", _SUM
    if operation == "multiply" and arguments[0].operation == "negative":
        return f"-{_latex(Node('multiply', (*arguments[0].arguments, arguments[1])))[0]}", _SUM
    if operation == "multiply":
        factors = [_held(argument, _PRODUCT) for argument in arguments]
        return (" " if factors[1][0].isalpha() else r" \cdot ").join(factors), _PRODUCT
    plain = [_latex(argument)[0] for argument in arguments]
    if operation == "divide":
        return rf"\frac{{{plain[0]}}}{{{plain[1]}}}", _PRODUCT
    if operation == "power":
        return f"{_held(arguments[0], _ATOM)}^{{{plain[1]}}}", _POWER
    if operation in COMPARISONS:
        test = f"{plain[0]} {_NAMES[operation]} {plain[1]}"
        return rf"\left({plain[2]} \text{{ if }} {test} \text{{, else }} {plain[3]}\right)", _ATOM
    if operation in ("abs", "sqrt", "exp"):
        form = {"abs": r"\left|%s\right|", "sqrt": r"\sqrt{%s}", "exp": "e^{%s}"}[operation]
        return form % plain[0], _POWER if operation == "exp" else _ATOM
    name = rf"\{operation}" if operation in _KNOWN else rf"\operatorname{{{operation}}}"
    return rf"{name}\left({', '.join(plain)}\right)", _ATOM


def _number(number: float) -> tuple[str, int]:
    for name, value in (("e", e), (r"\pi", pi)):
        if number == value:
            return name, _ATOM
    text = f"{number:.12g}"
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text, _ATOM
    power = f"10^{{{int(exponent)}}}"
    return (power, _POWER) if mantissa == "1" else (rf"{mantissa} \cdot {power}", _PRODUCT)
