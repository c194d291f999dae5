"""The user's own formula: what is computed, and that nothing else ever is."""

import builtins
import re
import string
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser

from labkit.nn import properties
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.formula import FormulaError, parse
from labkit.nn.lookup import activation
from labkit.nn.network import Network
from labkit.nn.propagation import propagate
from labkit.nn.reader import DEPTH, LENGTH, NAMES
from labkit.nn.statistics import summarize

SAME = {  # a formula, and the row that it is
    "x": "identity", "1/(1+exp(-x))": "sigmoid", "tanh(x)": "tanh", "max(0, x)": "relu", "relu(z)": "relu",
    "max(alpha*x, x)": "leaky_relu", "min(max(alpha*x, x), 6)": "leaky_relu6", "min(max(0, x), 6)": "relu6",
    "where(x > 0, x, alpha*expm1(x))": "elu", "x*(1+erf(x/sqrt(2)))/2": "gelu", "x*sigmoid(alpha*x)": "silu",
    "x*sigmoid(2*sqrt(2/pi)*(x+0.044715*x**3))": "gelu_tanh", "x*min(max(0, x+3), 6)/6": "hardswish",
    "min(max(0, x+3), 6)/6": "hardsigmoid", "max(-1, min(1, x))": "hardtanh", "log1p(exp(x))": "softplus",
    "x/(1+abs(x))": "softsign", "x*tanh(softplus(x))": "mish",
}  # fmt: skip


@pytest.mark.parametrize("text", SAME)
def test_a_formula_of_a_row_is_that_row(text):
    own, row = parse(text), ACTIVATIONS[SAME[text]]
    z = np.concatenate([np.linspace(-8, 8, 321), [-3.0, 0.0, 6.0]])
    alphas = [None] if own.alpha is None or row.alpha is None else [0.0, 0.3, 1.0]
    at_kinks = 0 if SAME[text] == "hardswish" else 1  # its slopes at -3 and 3 are a convention
    for alpha in alphas:
        np.testing.assert_allclose(own.function(z, alpha), row.function(z, alpha), rtol=1e-12, atol=1e-14)
        away = z if at_kinks else z[np.abs(np.abs(z) - 3) > 1e-9]
        np.testing.assert_allclose(own.derivative(away, alpha), row.derivative(away, alpha), rtol=1e-12, atol=1e-13)
        gains = [properties.forward_gain(r, alpha) for r in (own, row)]
        assert gains[0] == pytest.approx(gains[1], rel=1e-11)
        assert properties.bends(own, alpha) == pytest.approx(properties.bends(row, alpha))


def kinks(text, alpha=None):
    return parse(text).kinks_at(alpha)


def test_kinks_are_where_branches_are_switched_and_move_with_alpha():
    assert kinks("max(0.1*x, x, 3*x-1)") == pytest.approx((0.0, 0.5))
    assert kinks("abs(x-0.3)+step(x+pi)") == pytest.approx((-np.pi, 0.3), rel=1e-15)
    assert kinks("min(relu(x), alpha)", 2.5) == pytest.approx((0.0, 2.5))
    assert kinks("min(relu(x), alpha)", 0.7) == pytest.approx((0.0, 0.7))
    assert kinks("1/(x-7.123)") == pytest.approx((7.123,))
    assert kinks("where(x**2 < 5, x, 0)") == pytest.approx((-(5**0.5), 5**0.5))
    assert kinks("tanh(x)") == ()
    assert len(kinks("abs(sin(100*x))")) <= 64


def test_ties_take_the_flatter_side():
    for text in ("abs(x)", "max(0, x)", "max(x, 0)", "min(0, x)", "relu(x)"):
        assert parse(text).derivative(0.0) == 0


GOOD = [
    "x**2", "-x**2", "2**x", "x**x", "e**-x", "sin(x)*cos(3*x)", "log(1+x*x)", "sqrt(1+x**2)", "x**-2", "(x+1)/(x-9)",
    "exp(-x**2/2)", "tanh(x)/x", "where(x<=1, sin(x), cos(x))", "log1p(exp(-abs(x)))", "max(x, sin(x), -x)", "x**0",
    "alpha**x", "x**alpha", "erf(x)*sign(x)", "expm1(x)*sigmoid(-x)", " x ", "+x", "1e-3*x", ".5*x", "2.*x",
    "1e-5**2*x", "2.5e-7**2*x", "x**1e-5", "1e-5**x",
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_the_latex_can_be_drawn_and_the_key_leads_back(text):
    row = parse(text)
    MathTextParser("path").parse(f"${row.formula}$")
    assert parse(row.key.removeprefix("formula:")) is parse(text.strip())
    assert activation(row.key) == row


def test_the_latex_is_that_of_the_formula():
    assert parse("-(x+1)**2/3").formula == r"\frac{-\left(z + 1\right)^{2}}{3}"
    assert parse("x*exp(-alpha*x)").formula == r"z e^{-\alpha z}"
    assert parse("1e-5*x").formula == "10^{-5} z"
    assert parse("1e-5**2*x").formula == r"\left(10^{-5}\right)^{2} z"
    assert parse("2.5e-7*x").formula == r"2.5 \cdot 10^{-7} z"
    assert parse("x/2**-2").formula == r"\frac{z}{2^{-2}}"
    assert parse("x-(1-x)").formula == r"z - \left(1 - z\right)"


LEAVES = st.sampled_from(["x", "x", "z", "alpha", "2", "0.7", "pi"])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("{}({})".format, st.sampled_from(["tanh", "sin", "sigmoid", "softplus", "erf"]), inner),
        st.builds("{}({})".format, st.sampled_from(["exp", "relu", "abs"]), inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
        st.builds("where({} < {}, {}, {})".format, inner, inner, inner, inner),
        st.builds("({})**{}".format, inner, st.sampled_from(["2", "3", "-1"])),
    ),
    max_leaves=8,
)  # fmt: skip


@given(TREES)
def test_the_slope_is_the_finite_difference(text):
    try:
        row = parse(text)
    except FormulaError as error:
        if not re.search("at most|x somewhere|values, got none", error.problem):
            raise
        return
    z = np.random.default_rng(0).uniform(-3, 3, 60)
    near = [np.abs(z - kink) for kink in row.kinks_at()]
    z = z[np.min([np.ones_like(z), *near], axis=0) > 1e-3]
    step = 1e-6
    with np.errstate(all="ignore"):
        up, down, value = row.function(z + step), row.function(z - step), row.function(z)
        slope, farther = row.derivative(z), row.derivative(z + step)
        difference = (up - down) / (2 * step)
        bent = np.abs(farther - slope) / step  # second derivative
        good = np.isfinite(difference) & np.isfinite(slope) & (np.abs(value) < 1e4) & (bent < 1e5)
    tolerance = 1e-5 * (1 + np.abs(slope)) + 1e-8 * np.abs(value)
    assert (np.abs(difference - slope) <= tolerance)[good].all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shape_and_dtype_are_kept_nothing_is_edited_and_nan_handed_on(dtype):
    row = parse("where(x > 0, 1, x)")
    z = np.random.default_rng(0).standard_normal((200, 300)).astype(dtype)
    z[0, 0] = np.nan
    z.flags.writeable = False
    for result in (row.function(z), row.derivative(z)):
        assert result.shape == z.shape
        assert result.dtype == dtype
        assert np.isnan(result[0, 0])
        assert np.isfinite(result).sum() == z.size - 1


@pytest.mark.parametrize("text", ["exp(exp(x))", "1/x", "log(x)", "x**20*exp(x)", "exp(x)/exp(x)", "sqrt(x)"])
def test_overflow_and_poles_give_no_warning(text):
    row = parse(text)
    z = np.array([-1e300, -1e4, -1.0, 0.0, 1.0, 1e4, 1e300, np.inf, -np.inf])
    row.function(z), row.derivative(z)
    for f in (properties.output_range, properties.largest_slope, properties.forward_gain, properties.effective_range,
              properties.saturated_intervals, properties.bends, properties.jumps):  # fmt: skip
        f(row)


@pytest.mark.parametrize("text", ["tanh(x**3)", "sigmoid(exp(x))", "erf(x**5)", "x*sigmoid(x)", "tanh(softplus(x))"])
def test_far_out_slopes_are_right(text):
    assert np.isfinite(parse(text).derivative(np.array([-1e10, -800.0, 800.0, 1e10]))).all()


def test_a_network_takes_a_formula_and_runs_like_the_row():
    own = Network(activation="formula:  x*tanh(softplus(x)) ", initializer="he_normal", depth=3, width=20, batch=30)
    assert own.activation == "formula: x*tanh(softplus(x))"
    assert own == Network(activation=own.activation, initializer="he_normal", depth=3, width=20, batch=30)
    row = Network(activation="mish", initializer="he_normal", depth=3, width=20, batch=30)
    for name in ("post", "grad_pre", "grad_weights"):
        for a, b in zip(getattr(propagate(own), name), getattr(propagate(row), name), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(summarize(propagate(own)).saturated, summarize(propagate(row)).saturated)
    assert Network(activation="formula: max(alpha*x, x)", alpha=0.3).alpha == 0.3
    assert Network(activation="formula: max(alpha*x, x)").alpha == 1.0
    with pytest.raises(FormulaError, match="column 3"):
        Network(activation="formula: x+")


POINTED = {
    "": 1, "x +": 4, "2x": 2, "2 x": 3, "x.y": 2, "foo(x)": 1,
    "x + bar": 5, "max(x)": 1, "((x)": 1, "x)": 2, "x**99": 4,
    "x*9**9**9": 6, "×": 1, "x·2": 2, "where(x, 1, 2)": 7, "x < 1": 1, "x + (x < 1)": 6, "3": 1, "f(": 1, "max(*x)": 5,
    "x $ 2": 3, "   x @ 2": 6, "tanh x": 6, "x tanh(x)": 3, "sin()": 5, "x***2": 4, "()": 2, "x,": 3, "sin(x,)": 7,
}  # fmt: skip


@pytest.mark.parametrize("text", POINTED)
def test_a_refusal_points_at_the_place(text):
    with pytest.raises(FormulaError, match=r"^formula, column \d+: expected ") as info:
        parse(text)
    assert info.value.column == POINTED[text]
    assert f"column {POINTED[text]}:" in str(info.value)


ATTACKS = [
    "__import__('os').system('id')", "x.__class__", "().__class__.__bases__[0]", "x.real", "[x for x in (1,)]",
    "lambda: x", "lambda x: x", "x if x else x", "x and x", "not x", "x or z", "x == 1", "x != 1", "x := 1",
    "(x := 1)", "x; x", "x\nx", "x\0", "\0", "x#", "x # comment", "'x'", '"x"', "f'{x}'", "b'x'", "{x}", "{x: x}",
    "[x]", "x[0]", "x[:]", "x, x", "(x, x)", "*x", "**x", "max(*x)", "max(**x)", "max(x=1)", "max(key=x)", "print(x)",
    "open(x)", "exec(x)", "eval(x)", "getattr(x, x)", "globals()", "locals()", "vars()", "dir()", "type(x)",
    "compile(x)", "input()", "breakpoint()", "quit()", "exit()", "help()", "super()", "object()", "memoryview(x)",
    "bytes(9**9)", "range(9)", "str(x)", "int(x)", "np.exp(x)", "numpy.exp(x)", "os", "sys", "math.sin(x)", "self",
    "_", "__", "___", "__builtins__", "__name__", "__doc__", "x__", "exp.__call__(x)", "exp(x).real", "x.T",
    "exp(exp)", "exp + x", "x(x)", "x(1)", "2(x)", "(x)(x)", "pi(x)", "alpha(x)", "exp(x)(x)", "where", "max",
    "where(x)", "where(x > 0)", "where(x > 0, x)", "where(x > 0, x, x, x)", "where(0 < x < 1, x, 0)",
    "where(x > 0 > 1, 1, x)", "where((x > 0), x", "where(x = 0, 1, x)", "where(True, x, x)", "True", "False", "None",
    "...", "Ellipsis", "inf", "nan", "1j", "x*1j", "0x10*x", "0b1*x", "0o7*x", "1_000*x", "007*x", "1e999*x",
    "1e101*x", "9" * 150 + "*x", "x**21", "x**-21", "x**1e9", "x**9**9", "x*9**9**9**9", "x**(9*9)", "2**(10**10)*x",
    "x**(2**(2**(2**2)))", "x<<2", "x>>2", "x|x", "x&x", "x^2", "~x", "x//2", "x%2", "x@x", "x!", "!x", "x?", "x:x",
    "`x`", "$x", "x\\", "\\x41", "x\t+1", "\tx", "x\r", "x\x0b", "x\x7f", "\u200bx", "x\u200b", "х", "ｘ", "𝑥", "𝐱",
    "αx", "α", "π*x", "∞", "x²", "x×2", "x÷2", "x−1", "－x", "ｅxp(x)", "еxp(x)", "ⅹ", "x＋1", "ſin(x)", "ﬁ(x)",
    "x\u0301", "\u202ex", "x\ufeff", "\ufeffx", "٣*x", "１*x", "√x", "x\u00a0+1", "🙂", "x🙂", "\ud800", "max（x, 1）",
    "(" * 99 + "x" + ")" * 99, "(" * 25 + "x" + ")" * 25, "-" * 199 + "x", "+" * 150 + "x",
    "exp(" * 40 + "x" + ")" * 40, "abs(" * 49, "x" + "**x" * 60, "x" + "+x" * 60, "x" * 201, "x" * 100_000, " " * 201,
    "x" + " " * 200, ")" * 50, "(" * 150, "1" * 200, "x" * 200, "max(" + "x," * 60 + "x)", "max(" + "x," * 8 + "x)",
    "((((((x", "x))))))", ")(", "x+*x", "x*/x", "x++", "*", "/", "+", "-", "**", "<", "<=", ",", ".", "..", ".x",
    "x.", "1.2.3*x", "1..2*x", "1e*x", "e5x", "1e+*x", "5e", "x e", "e e", "pi pi", "alpha alpha x", "import os",
    "from os import *", "def f(): x", "class x: x", "return x", "yield x", "await x", "async x", "del x", "raise x",
    "assert x", "pass", "x = 1", "x += 1", "x: int", "@x", "x -> x", "global x", "with x", "for x in x", "while x",
    "try: x", "log(-1-x*x)", "sqrt(-1-x**2)", "0/0*x", "x/0", "1e100*1e100*1e100*1e100*x", "exp(exp(exp(9)))*x",
    "1 if x", "1or x", "0xfor x", "1and x", "x is x", "x in x", "x not in x", "<x>", "<script>", "%s", "{}",
    "{0.__class__}", "${x}",
]  # fmt: skip


def test_there_are_more_than_200_attacks():
    assert len(set(ATTACKS)) > 200


@pytest.fixture
def nothing_runs(monkeypatch):
    """Whatever compiles, runs or opens something fails the test."""
    real = builtins.compile

    def parse_only(source, filename, mode, flags=0, *more, **named):
        assert flags & 0x400, "only a syntax tree may be asked for"
        return real(source, filename, mode, flags, *more, **named)

    def never(*_, **__):
        raise AssertionError("something ran")

    monkeypatch.setattr(builtins, "compile", parse_only)
    for name in ("eval", "exec", "open", "input", "print"):
        monkeypatch.setattr(builtins, name, never)


def refused_within_50_ms(text):
    best = np.inf
    for _ in range(5):  # the machine is noisy
        start = time.perf_counter()
        with pytest.raises(FormulaError, match=r"^formula, column \d+: expected "):
            parse(text)
        best = min(best, time.perf_counter() - start)
        if best < 0.05:
            return True
    return False


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: ascii(text)[:30])
def test_a_hostile_formula_is_refused_in_time(text):
    assert refused_within_50_ms(text)


@pytest.mark.parametrize("value", [None, 3, b"x", ["x"], object()], ids=lambda value: type(value).__name__)
def test_what_is_no_text_is_refused(value):
    with pytest.raises(FormulaError, match="expected a text"):
        parse(value)


def test_a_look_alike_is_named():
    with pytest.raises(FormulaError, match=r"column 5: .*CYRILLIC SMALL LETTER HA"):
        parse("1 + х")


ALPHABET = string.printable + "αх×²𝑥\0\u202e"
WORDS = st.sampled_from(
    [*NAMES, "exp(", "where(", "max(", ")", "(", ",", "**", "<", "+", "-", "9", "__", ".", "[", "'", "lambda ", " "]
)


@given(st.one_of(st.text(max_size=300), st.text(ALPHABET, max_size=60), st.lists(WORDS, max_size=60).map("".join)))
def test_any_text_is_taken_or_refused_and_nothing_else(text):
    try:
        row = parse(text)
    except FormulaError as error:
        refused = error
    else:
        refused = None
    if refused:
        assert 1 <= refused.column <= LENGTH + 1
        return
    assert set(text) <= set(string.ascii_letters + string.digits + " .+-*/(),<>=")
    assert row.function(np.zeros(3)).shape == (3,)


def test_a_deep_formula_within_the_limit_is_taken():
    row = parse("tanh(" * (DEPTH - 1) + "x" + ")" * (DEPTH - 1))
    assert 0 < row.function(5.0) < 1


def test_a_large_array_needs_little_more_memory_than_its_result():
    row = parse("+".join(f"sin({i}*x)" for i in range(20)))
    z = np.zeros(2_000_000)
    tracemalloc.start()
    row.function(z)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * z.nbytes


def test_signs_without_parentheses_nest_no_deeper_than_the_limit():
    with pytest.raises(FormulaError, match=f"at most {DEPTH} levels of nesting"):
        parse("-" * 60 + "x")
