"""A formula as a few lines of NumPy or PyTorch: its value as one expression, its slope line by line.

The slope follows `expression`: each operation's value v and slope d together. A slope here is a number where it does
not depend on z, else a text. Only what the reader has let through is written: operations, and numbers by `repr`.
"""

import re
from functools import reduce
from math import isfinite

import numpy as np

from labkit.nn.code import Code
from labkit.nn.expression import COMPARISONS, Node, evaluate
from labkit.nn.reader import operations

Slope = float | str
Pair = tuple[Slope, Slope]

_VALUES = {
    "negative": "-{0}", "add": "{0} + {1}", "subtract": "{0} - {1}", "multiply": "{0} * {1}", "divide": "{0} / {1}",
    "power": "{0} ** {1}", "relu": "np.where({0} > 0, {0}, 0.0)", "step": "np.where({0} > 0, 1.0, 0.0)",
    "sigmoid": "1 / (1 + np.exp(-{0}))", "softplus": "np.where({0} > 0, {0}, 0.0) + np.log1p(np.exp(-np.abs({0})))",
    "max": "np.where({0} > {1}, {0}, {1})", "min": "np.where({0} < {1}, {0}, {1})",
    "erf": "np.vectorize(math.erf, otypes=[float])({0})",
}  # fmt: skip
_FACTORS = {  # of the unary ones, by the argument {0} and the value {1}
    "exp": "{1}", "expm1": "np.exp({0})", "log": "1 / {0}", "log1p": "1 / (1 + {0})", "sqrt": "0.5 / {1}",
    "abs": "np.sign({0})", "relu": "np.where({0} > 0, 1.0, 0.0)", "tanh": "1 / np.cosh({0}) ** 2",
    "sin": "np.cos({0})", "cos": "-np.sin({0})", "sigmoid": "0.5 / (1 + np.cosh({0}))",
    "softplus": "1 / (1 + np.exp(-{0}))", "erf": "2 / math.sqrt(math.pi) * np.exp(-{0} * {0})",
}  # fmt: skip
_FLAT = ("sign", "step")
_SATURATING = ("abs", "relu", "tanh", "sigmoid", "softplus", "erf")
"""Where these are flat they stay so, however steep what is inside."""
_TORCH_CLASS = """class OwnFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return value(z)

    @staticmethod
    def backward(ctx, g):
        return g * slope(*ctx.saved_tensors)


return OwnFunction.apply(z)"""


def code_of(tree: Node, alpha: float | None) -> Code:
    """The lines of a formula, at this alpha."""
    value, slope = _Lines(alpha, False), _Lines(alpha, True)
    numpy, derivative = _body(value, tree, 0), _body(slope, tree, 1)
    inner = ["def value(z):", *_inside(numpy), "", "def slope(z):", *_inside(derivative), "", _TORCH_CLASS]
    torch = "\n".join(inner).replace("np.vectorize(math.erf, otypes=[float])", "torch.erf").replace("np.", "torch.")
    return Code(numpy, derivative, torch)


def _body(lines: "_Lines", tree: Node, which: int) -> str:
    result = lines.add(tree)[which]
    last = f"0 * z + {_text(result)}" if isinstance(result, float) else result
    kept = [f"return {last}"]
    for line in reversed(lines.written):  # what is needed further down
        if re.search(rf"\b{line.partition(' ')[0]}\b", "\n".join(kept)):
            kept.insert(0, line)
    return "\n".join(kept)


def _inside(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]


def _text(number: float) -> str:
    return repr(number) if isfinite(number) else f'float("{number}")'


def _said(value: Slope) -> str:
    return value if isinstance(value, str) else _text(value) if value >= 0 else f"({_text(value)})"


def _times(a: Slope, b: Slope) -> Slope:
    """a * b, without what goes without saying."""
    if isinstance(a, float) and isinstance(b, float):
        return a * b
    if 0.0 in (a, b):
        return 0.0
    if 1.0 in (a, b):
        return b if a == 1.0 else a
    return f"{_said(a)} * {_said(b)}"


def _plus(a: Slope, b: Slope) -> Slope:
    if isinstance(a, float) and isinstance(b, float):
        return a + b
    return (b if a == 0.0 else a) if 0.0 in (a, b) else f"{_said(a)} + {_said(b)}"


def _where(test: str, a: Slope, b: Slope) -> Slope:
    return a if a == b else f"np.where({test}, {_said(a)}, {_said(b)})"


class _Lines:
    """The lines so far: v1, v2, ... are values, d1, d2, ... their slopes where `slopes` are asked for."""

    def __init__(self, alpha: float | None, slopes: bool) -> None:
        self.written: list[str] = []
        self._alpha, self._slopes, self._count = alpha, slopes, 0

    def _keep(self, name: str, value: Slope) -> Slope:
        """A name for a text; a number stays one."""
        if isinstance(value, float):
            return value
        self.written.append(f"{name}{self._count} = {value}")
        return f"{name}{self._count}"

    def add(self, node: Node) -> Pair:
        """Value and slope of an expression."""
        if "z" not in operations(node):
            with np.errstate(all="ignore"):
                return float(evaluate(node, np.zeros(1), self._alpha, []).value), 0.0
        if node.operation == "z":
            return "z", 1.0
        parts = [self.add(argument) for argument in node.arguments]
        if node.operation in COMPARISONS:
            return self._branch(node.operation, *parts)
        if len(parts) == 1:
            return self._apply(node.operation, parts[0], None)
        return reduce(lambda a, b: self._apply(node.operation, a, b), parts)

    def _branch(self, sign: str, left: Pair, right: Pair, a: Pair, b: Pair) -> Pair:
        if isinstance(left[0], float) and isinstance(right[0], float):
            return a if COMPARISONS[sign](left[0], right[0]) else b
        self._count += 1
        test = f"{_said(left[0])} {sign} {_said(right[0])}"
        value = self._keep("v", f"np.where({test}, {_said(a[0])}, {_said(b[0])})")
        return value, self._keep("d", _where(test, a[1], b[1])) if self._slopes else 0.0

    def _apply(self, operation: str, a: Pair, b: Pair | None) -> Pair:
        given = [each[0] for each in (a, b) if each is not None]
        if all(isinstance(each, float) for each in given):  # max(1, 2, z) after its first two
            return self.add(Node(operation, tuple(Node("number", number=float(each)) for each in given)))
        self._count += 1
        value = self._keep("v", _VALUES.get(operation, f"np.{operation}({{0}})").format(*map(_said, given)))
        if not self._slopes:
            return value, 0.0
        slope = self._unary(operation, a, value) if b is None else _binary(operation, a, b, value)
        return value, self._keep("d", slope)

    def _unary(self, operation: str, a: Pair, value: Slope) -> Slope:
        if operation == "negative":
            return _times(-1.0, a[1])
        if operation in _FLAT:
            return 0.0
        factor = self._keep("f", _FACTORS[operation].format(a[0], value))
        if operation in _SATURATING and isinstance(a[1], str):
            return f"np.where({factor} == 0, 0.0, {factor} * {a[1]})"
        return _times(factor, a[1])


def _binary(operation: str, a: Pair, b: Pair, value: Slope) -> Slope:
    (u, du), (v, dv) = a, b
    if operation in ("add", "subtract"):
        return _plus(du, _times(-1.0 if operation == "subtract" else 1.0, dv))
    if operation == "multiply":
        return _plus(_times(v, du), _times(u, dv))
    if operation == "divide":
        return _plus(_times(f"(1 / {_said(v)})", du), _times(f"(-{value} / {_said(v)})", dv))
    if operation == "power":
        less = v - 1 if isinstance(v, float) else f"({v} - 1)"
        by_base = 0.0 if v == 0.0 else _times(_times(v, f"{_said(u)} ** {_said(less)}"), du)
        return by_base if dv == 0.0 else _plus(by_base, _times(f"{value} * {_log(u)}", dv))
    if isinstance(du, float) and isinstance(dv, float):
        flatter: Slope = du if abs(du) <= abs(dv) else dv
    else:
        flatter = _where(f"{_size(du)} <= {_size(dv)}", du, dv)
    wins = f"{_said(u)} {'>' if operation == 'max' else '<'} {_said(v)}"
    return _where(wins, du, _where(f"{_said(u)} == {_said(v)}", flatter, dv))


def _log(base: Slope) -> str:
    if isinstance(base, str):
        return f"np.log({base})"
    with np.errstate(all="ignore"):
        return _said(float(np.log(base)))


def _size(slope: Slope) -> str:
    return _text(abs(slope)) if isinstance(slope, float) else f"np.abs({slope})"
