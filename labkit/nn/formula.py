"""The user's own activation: a formula such as `x * tanh(softplus(x))` becomes a row like any other.

A formula comes from anyone. It is short, plain ASCII and made of known tokens before Python's parser sees it; what
the parser returns is translated piece by piece into an Expression, and what is not on the list is refused. Nothing
is compiled or looked up by name, every number is a float, and arrays are worked through in chunks.
"""

import ast
import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from labkit.nn.activation import Activation, Alpha
from labkit.nn.expression import BINARY, CONSTANTS, UNARY, Dual, Node, evaluate, latex

Array = NDArray[np.float64]

PREFIX = "formula:"
LENGTH, NODES, DEPTH, ARGUMENTS = 200, 100, 24, 8  # the most that is taken
EXPONENT, NUMBER = 20.0, 1e100
ALPHA = Alpha("alpha", default=1.0, low=0.0, high=10.0)
VARIABLES = ("x", "z")
FUNCTIONS = (*sorted(UNARY.keys() - {"negative"}), "max", "min", "where")
NAMES = (*VARIABLES, "alpha", *CONSTANTS)


class FormulaError(ValueError):
    """A formula that is not taken. `column` (from 1) is the place, and the message says what was expected there."""

    def __init__(self, column: int, problem: str) -> None:
        """Point at `column`."""
        super().__init__(f"formula, column {column}: {problem}")
        self.column, self.problem = column, problem


def parse(text: str) -> Activation:
    """The row that a formula in x (or z) makes; FormulaError when it is none.

    >>> row = parse("min(max(alpha*x, x), 6)")
    >>> row.function([-2.0, 1.0, 9.0], alpha=0.5)
    array([-1.,  1.,  6.])
    """
    if not isinstance(text, str):
        raise FormulaError(1, f"expected a text, got {type(text).__name__}")
    if len(text) > LENGTH:
        raise FormulaError(LENGTH + 1, f"expected at most {LENGTH} characters, got {len(text)}")
    try:
        return _row(text.strip(" "))
    except FormulaError as error:
        raise FormulaError(error.column + len(text) - len(text.lstrip(" ")), error.problem) from None


@lru_cache(maxsize=256)
def _row(text: str) -> Activation:
    tree = _Reader(text).tree()
    takes_alpha = "alpha" in _operations(tree)
    formula = _Formula(tree)
    middle = np.linspace(-10, 10, 81)
    values, slopes = formula.value(middle, ALPHA.default), formula.slope(middle, ALPHA.default)
    if not (np.isfinite(values) & np.isfinite(slopes)).any():
        raise FormulaError(1, "expected a formula with values, got none that is finite for x from -10 to 10")
    alpha = ALPHA if takes_alpha else None
    if takes_alpha:
        return Activation(
            key=f"{PREFIX} {text}", label=text, function=formula.value, derivative=formula.slope, formula=latex(tree),
            source="a formula of one's own", alpha=alpha, kinks=formula.kinks(ALPHA.default), fused=formula.fused,
            moving_kinks=formula.kinks,
        )  # fmt: skip
    return Activation(
        key=f"{PREFIX} {text}", label=text, function=lambda z: formula.value(z, None),
        derivative=lambda z: formula.slope(z, None), formula=latex(tree), source="a formula of one's own",
        kinks=formula.kinks(None), fused=formula.fused,
    )  # fmt: skip


def _operations(node: Node) -> set[str]:
    return {node.operation}.union(*(_operations(argument) for argument in node.arguments))


_TOKEN = re.compile(
    r" *(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<sign>\*\*|<=|>=|[-+*/(),<>]))"
)
_AST_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power",
}  # fmt: skip
_AST_COMPARISONS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_OPERAND = "a number, x or a function"


class _Reader:
    """From a text without outer spaces to a tree."""

    def __init__(self, text: str) -> None:
        self.text, self.nodes = text, 0

    def error(self, place: int, problem: str) -> FormulaError:
        """With `place` counted from 0 in the text."""
        return FormulaError(place + 1, problem)

    def tree(self) -> Node:
        """The whole formula."""
        self._check_characters()
        self._check_order(self._tokens())
        try:
            parsed = ast.parse(self.text, mode="eval")
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            place = max((getattr(error, "offset", None) or 1) - 1, 0)
            raise self.error(place, "expected a formula such as x * tanh(softplus(x))") from None
        tree = self._node(parsed.body, 1)
        if "z" not in _operations(tree):
            raise self.error(0, "expected x somewhere in the formula")
        return tree

    def _check_characters(self) -> None:
        for place, character in enumerate(self.text):
            if not " " <= character <= "~":
                name = unicodedata.name(character, "a control character")
                raise self.error(place, f"expected plain letters, got {character!a} ({name})")

    def _tokens(self) -> list[tuple[str, str, int]]:
        """(kind, text, place) of each token; names are known ones."""
        tokens, place = [], 0
        while place < len(self.text):
            match = _TOKEN.match(self.text, place)
            if match is None or match.lastgroup is None:
                start = place + len(self.text[place:]) - len(self.text[place:].lstrip(" "))
                raise self.error(start, f"expected {_OPERAND} or an operator, got {self.text[start]!r}")
            kind = match.lastgroup
            token, start = match[kind], match.start(kind)
            if kind == "name":
                kind = "function" if token in FUNCTIONS else kind
                if kind == "name" and token not in NAMES:
                    known = ", ".join((*NAMES, *FUNCTIONS))
                    raise self.error(start, f"expected one of {known}, got {token!r}")
            tokens.append((kind, token, start))
            place = match.end()
        return tokens

    def _check_order(self, tokens: list[tuple[str, str, int]]) -> None:
        """Operands and operators take turns, functions have parentheses, parentheses match."""
        opened: list[int] = []
        framed = [("sign", "(", 0), *tokens, ("end", "", len(self.text))]
        for (before, last, _), (kind, token, place) in pairwise(framed):
            ends = before in ("number", "name") or last == ")"
            if before == "function" and token != "(":
                raise self.error(place, f"expected ( after {last}")
            if ends and (kind in ("number", "name", "function") or token == "("):
                raise self.error(place, f"expected an operator such as * before {token!r}")
            operator = kind == "sign" and token not in "(+-"
            if not ends and before != "function" and (operator or kind == "end"):
                raise self.error(place, f"expected {_OPERAND}" + (f", got {token!r}" if token else " after this"))
            if token == "(":
                opened.append(place)
                if len(opened) > DEPTH:
                    raise self.error(place, f"expected at most {DEPTH} levels of parentheses")
            elif token == ")":
                if not opened:
                    raise self.error(place, "expected no ) without its (")
                opened.pop()
        if opened:
            raise self.error(opened[-1], "expected a ) for this (")

    def _node(self, node: ast.AST, depth: int) -> Node:
        place = getattr(node, "col_offset", 0)
        self.nodes += 1
        if self.nodes > NODES:
            raise self.error(place, f"expected at most {NODES} operations and numbers")
        if depth > DEPTH:
            raise self.error(place, f"expected at most {DEPTH} levels of nesting")
        if isinstance(node, ast.Constant):
            return self._number(node, place)
        if isinstance(node, ast.Name) and node.id in NAMES:
            if node.id in CONSTANTS:
                return Node("number", number=CONSTANTS[node.id])
            return Node("alpha" if node.id == "alpha" else "z")
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
            inner = self._node(node.operand, depth + 1)
            return inner if isinstance(node.op, ast.UAdd) else Node("negative", (inner,))
        if isinstance(node, ast.BinOp) and type(node.op) in _AST_BINARY:
            pair = (self._node(node.left, depth + 1), self._node(node.right, depth + 1))
            if isinstance(node.op, ast.Pow):
                self._check_exponent(pair[1], node.right.col_offset)
            return Node(_AST_BINARY[type(node.op)], pair)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node.func.id, node, depth)
        if isinstance(node, ast.Compare):
            raise self.error(place, "expected comparisons only as the first argument of where")
        raise self.error(place, f"expected {_OPERAND}")

    def _number(self, node: ast.Constant, place: int) -> Node:
        if not isinstance(node.value, int | float) or not node.value <= NUMBER:
            raise self.error(place, f"expected a number up to {NUMBER:g}")
        return Node("number", number=float(node.value))

    def _check_exponent(self, exponent: Node, place: int) -> None:
        if not {"z", "alpha"} & _operations(exponent):
            size = float(_dual(exponent, np.zeros(1), None).value)
            if not abs(size) <= EXPONENT:
                raise self.error(place, f"expected an exponent within +-{EXPONENT:g}, got {size:g}")

    def _call(self, name: str, node: ast.Call, depth: int) -> Node:
        place = node.col_offset
        if name not in FUNCTIONS or node.keywords:
            raise self.error(place, f"expected {_OPERAND}")
        least, most = (3, 3) if name == "where" else (2, ARGUMENTS) if name in BINARY else (1, 1)
        count = len(node.args)
        if not least <= count <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise self.error(place, f"expected {wanted} argument{'s' * (most > 1)} of {name}, got {count}")
        if name != "where":
            return Node(name, tuple(self._node(argument, depth + 1) for argument in node.args))
        test = node.args[0]
        if not isinstance(test, ast.Compare) or len(test.ops) != 1 or type(test.ops[0]) not in _AST_COMPARISONS:
            raise self.error(test.col_offset, "expected one comparison such as x > 0")
        sides = (test.left, test.comparators[0], *node.args[1:])
        return Node(_AST_COMPARISONS[type(test.ops[0])], tuple(self._node(side, depth + 1) for side in sides))


_CHUNK = 2**14  # bounds the work arrays, of which deep formulas need many
_SIZES = np.concatenate([np.arange(4097) / 64, np.geomspace(64, 1e6, 85)[1:]])
_GRID = np.concatenate([-_SIZES[:0:-1], _SIZES])
_MOST_KINKS = 64


def _dual(tree: Node, z: Array, alpha: float | None) -> Dual:
    with np.errstate(all="ignore"):
        return evaluate(tree, z, alpha, [])


class _Formula:
    """A tree as functions of arrays."""

    def __init__(self, tree: Node) -> None:
        self.tree = tree

    def fused(self, z: Array, alpha: float | None, value: Array, slope: Array) -> None:
        """Value and slope into buffers of z's shape; NaN is handed on."""
        flat, values, slopes = z.reshape(-1), np.empty(z.size), np.empty(z.size)
        with np.errstate(all="ignore"):
            for start in range(0, flat.size, _CHUNK):
                part = slice(start, start + _CHUNK)
                near = flat[part].astype(np.float64)
                found = evaluate(self.tree, near, alpha, [])
                values[part] = np.where(np.isnan(near), near, found.value)
                slopes[part] = np.where(np.isnan(near), near, 0.0 if found.slope is None else found.slope)
            value[...] = values.reshape(z.shape)
            slope[...] = slopes.reshape(z.shape)

    def value(self, z: Array, alpha: float | None) -> Array:
        """The formula's value, of z's shape and dtype."""
        return self._both(z, alpha)[0]

    def slope(self, z: Array, alpha: float | None) -> Array:
        """Its derivative, of z's shape and dtype."""
        return self._both(z, alpha)[1]

    def _both(self, z: Array, alpha: float | None) -> tuple[Array, Array]:
        value, slope = np.empty_like(z), np.empty_like(z)
        self.fused(z, alpha, value, slope)
        return value, slope

    def _switches(self, z: Array, alpha: float | None) -> Array:
        """What each kink is a zero of, (switches, places)."""
        switches: list[Array] = []
        with np.errstate(all="ignore"):
            evaluate(self.tree, z, alpha, switches)
            return np.stack([np.broadcast_to(switch, z.shape) for switch in switches] or [np.ones(z.shape)])

    def kinks(self, alpha: float | None) -> tuple[float, ...]:
        """Where a branch of the formula is switched, a denominator is 0 or a domain ends; at most 64, the nearest to 0.

        Sign changes on a grid, halved down to the last digit.
        """
        signs = np.sign(self._switches(_GRID, alpha))
        zero = signs == 0
        at_grid = (zero[:, 1:-1] & ~(zero[:, :-2] & zero[:, 2:])).any(axis=0)
        which, left = np.nonzero(signs[:, :-1] * signs[:, 1:] < 0)
        nearest = np.argsort(np.abs(_GRID[left]), kind="stable")[:_MOST_KINKS]
        which, left = which[nearest], left[nearest]
        low, high, sign = _GRID[left], _GRID[left + 1], signs[which, left]
        for _ in range(60 if len(left) else 0):
            middle = (low + high) / 2
            same = np.sign(self._switches(middle, alpha)[which, np.arange(len(which))]) == sign
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        found = sorted({*high.tolist(), *_GRID[1:-1][at_grid].tolist()}, key=abs)
        return tuple(sorted(found[:_MOST_KINKS]))
