"""What a function looks like in a script that is handed out: a few lines of NumPy, and of PyTorch.

Each text is the body of a function of `z` (and of `alpha`, where the row has one): an expression, or lines that end in
a return. NumPy is `np`, PyTorch `torch` and `F` for torch.nn.functional; `math` is there as well.
"""

from dataclasses import dataclass
from textwrap import indent


@dataclass(frozen=True)
class Code:
    """An activation in scripts: its value and slope in NumPy, and its value in PyTorch, whose autograd has the slope.

    A function that couples its units also gives `back`, dC/dz from `z` and `g` = dC/dh in NumPy, and `torch_slope`;
    the slopes are then the Jacobian's diagonal. Every text keeps the tails: a slope of 1e-30 is not 0.
    """

    numpy: str
    slope: str
    torch: str
    back: str | None = None
    torch_slope: str | None = None


def function(name: str, arguments: str, doc: str, body: str) -> str:
    """The text of a function.

    >>> print(function("f", "z", "Itself.", "z"))
    def f(z):
        \"\"\"Itself.\"\"\"
        return z
    """
    lines = body if "return " in body else f"return {body}"
    return f'def {name}({arguments}):\n    """{doc}"""\n{indent(lines, "    ")}'
