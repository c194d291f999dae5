"""A lab's state as text: what goes out comes back to the bit, and what comes in is never trusted."""

import numpy as np
import pytest

from labkit.labs import LABS
from labkit.labs.link import MOST, State, query, read_query
from labkit.labs.parameters import Choices, LogRange, ParameterError, Range, Switch
from labkit.labs.state import written

SIGNAL = LABS["signal_propagation"]


def drawn_value(control, rng):
    if isinstance(control, Range):
        low, high = control.low, control.high
        return int(rng.integers(low, high + 1)) if control.whole else rng.uniform(low, high)
    if isinstance(control, LogRange):
        return float(np.exp(rng.uniform(np.log(control.low), np.log(control.high))))
    if isinstance(control, Switch):
        return bool(rng.integers(2))
    keys = list(getattr(control, "table", None) or ["x * tanh(softplus(x))", "min(max(alpha*x, x), 6) & 3 = +%", ""])
    if isinstance(control, Choices):
        return tuple(str(key) for key in rng.choice(keys, size=min(3, len(keys)), replace=False))
    return str(rng.choice(keys))


def drawn_state(lab, rng):
    controls = lab.parameters.controls()
    chosen = rng.permutation(list(controls))[: rng.integers(1, len(controls) + 1)]
    defaults = lab.parameters().values()  # a value that is the default, but not beside the others, must be kept too
    return {str(name): defaults[name] if rng.random() < 0.3 else drawn_value(controls[name], rng) for name in chosen}


@pytest.mark.parametrize("number", range(200))
def test_a_link_comes_back_to_the_bit(number):
    rng = np.random.default_rng(number)
    lab = list(LABS.values())[number % len(LABS)]
    values = drawn_state(lab, rng)
    while True:
        try:
            state = lab.parameters.of(values)
            break
        except ParameterError as error:
            values = {name: value for name, value in values.items() if error.field in values and name != error.field}
    found = read_query(lab, query(State(state)))
    assert found.complaints == ()
    assert found.state.parameters == state


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("symmetry", {"optimizer": "adam", "learning_rate": LABS["symmetry"].parameters().learning_rate}),
        ("signal_propagation", {"activation": "leaky_relu", "alpha": SIGNAL.parameters().alpha}),
        ("angles", {"depth": 20, "layer": LABS["angles"].parameters().layer}),
    ],
)
def test_a_value_whose_default_follows_another_comes_back(key, values):
    state = LABS[key].parameters.of(values)
    assert state != LABS[key].parameters.of({name: values[name] for name in list(values)[:1]})
    assert read_query(LABS[key], query(State(state))).state.parameters == state


def test_only_what_differs_is_written():
    assert written(SIGNAL.parameters()) == {}
    assert written(SIGNAL.parameters(std=0.1, standardize=True)) == {"std": "0.1", "standardize": "on"}
    assert query(State(SIGNAL.parameters(activation="relu"))) == "v=1&activation=relu"


@pytest.mark.parametrize(
    ("text", "words", "values"),
    [
        ("v=2&std=0.1", "version 1 is wanted, got '2'", {}),
        ("std=1e300", "init std is 1e300 in the link, taken as 100", {"std": 100.0}),
        ("depth=-5", "depth is -5 in the link, taken as 1", {"depth": 1}),
        ("depth=2.5", "depth must be a whole number, got '2.5'", {}),
        ("std=NaN", "init std must be a number, got 'NaN'", {}),
        ("std=1e-400", "init std must not be too small for a computer's numbers, got '1e-400'", {}),
        ("std=nan", "init std must be a number, got 'nan'", {}),
        ("standardize=1", "standardized must be on or off", {}),
        ("activation=__class__", "activation must be one of", {}),
        ("<script>alert(1)</script>=1", "there is no parameter", {}),
        ("__init__=1&std=0.5", "there is no parameter '__init__'", {"std": 0.5}),
        ("formula=().__class__", "your own f(x)", {}),
        ("std=" + "9" * MOST, f"a link may have {MOST} characters", {}),
        ("activation=relu&alpha=7", "alpha", {"activation": "relu"}),
    ],
)
def test_a_hostile_link_ends_in_a_clamped_state_and_a_message(text, words, values):
    found = read_query(SIGNAL, text)
    assert any(words in said for said in found.complaints), found.complaints
    assert found.state.parameters == SIGNAL.parameters.of(values)


@pytest.mark.parametrize(("text", "complaints"), [("NaN", 1), ("1e-400", 1), ("0", 0), ("0e-400", 0), ("0.00", 0)])
def test_one_thing_is_said_of_one_number(text, complaints):
    assert len(read_query(SIGNAL, f"std={text}").complaints) == complaints
