"""From the text of a formula to its tree.

A formula comes from anyone. It is short, plain ASCII and made of known tokens before Python's parser sees it; what
the parser returns is translated piece by piece into a tree of Nodes, and what is not on the list is refused. Nothing
is compiled or looked up by name, and every number is a float.
"""

import ast
import re
import unicodedata
from itertools import pairwise

import numpy as np

from labkit.nn.expression import BINARY, CONSTANTS, UNARY, Node, evaluate

LENGTH, NODES, DEPTH, ARGUMENTS = 200, 100, 24, 8  # the most that is taken
EXPONENT, NUMBER = 20.0, 1e100
VARIABLES = ("x", "z")
FUNCTIONS = (*sorted(UNARY.keys() - {"negative"}), "max", "min", "where")
NAMES = (*VARIABLES, "alpha", *CONSTANTS)


class FormulaError(ValueError):
    """A formula that is not taken. `column` (from 1) is the place, and the message says what was expected there."""

    def __init__(self, column: int, problem: str) -> None:
        """Point at `column`."""
        super().__init__(f"formula, column {column}: {problem}")
        self.column, self.problem = column, problem


_TOKEN = re.compile(
    r" *(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<sign>\*\*|<=|>=|[-+*/(),<>]))"
)
_AST_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power",
}  # fmt: skip
_AST_COMPARISONS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_OPERAND = "a number, x or a function"


def operations(node: Node) -> set[str]:
    """The names of all operations in an expression."""
    return {node.operation}.union(*(operations(argument) for argument in node.arguments))


class Reader:
    """From a text without outer spaces to a tree."""

    def __init__(self, text: str) -> None:
        """Read nothing yet."""
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
        if "z" not in operations(tree):
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
        if not {"z", "alpha"} & operations(exponent):
            with np.errstate(all="ignore"):
                size = float(evaluate(exponent, np.zeros(1), None, []).value)
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
