from dataclasses import FrozenInstanceError, dataclass
from typing import Annotated

import pytest

from labkit.labs.parameters import Choice, LogRange, ParameterError, Parameters, Range, Switch


@dataclass(frozen=True)
class Waves(Parameters):
    kind: Annotated[str, Choice("kind", table={"sine": "Sine", "saw": "Saw"})] = "sine"
    size: Annotated[float, LogRange("wave size", low=0.1, high=10.0)] = 1.0
    count: Annotated[int, Range("count", low=1, high=9, step=1)] = 3
    shift: Annotated[float, Range("shift", low=-1.0, high=1.0)] = 0.0
    loud: Annotated[bool, Switch("loud")] = False


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "square"}, "kind must be one of sine, saw, got 'square'"),
        ({"kind": 3}, "kind must be one of sine, saw, got 3"),
        ({"size": -0.1}, "wave size must lie in [0, 10], got -0.1"),
        ({"size": 11}, "wave size must lie in [0, 10], got 11"),
        ({"size": float("nan")}, "wave size must lie in [0, 10], got nan"),
        ({"size": "3"}, "wave size must be a number in [0, 10], got '3'"),
        ({"count": 0}, "count must lie in [1, 9], got 0"),
        ({"count": 2.5}, "count must be a whole number in [1, 9], got 2.5"),
        ({"count": True}, "count must be a whole number in [1, 9], got True"),
        ({"count": None}, "count must be a whole number in [1, 9], got None"),
        ({"shift": float("inf")}, "shift must lie in [-1, 1], got inf"),
        ({"loud": 1}, "loud must be on or off (True or False), got 1"),
    ],
)
def test_a_wrong_value_is_refused_by_name_rule_and_value(values, message):
    with pytest.raises(ParameterError) as caught:
        Waves(**values)
    assert str(caught.value) == message
    assert caught.value.field == next(iter(values))


def test_an_unknown_field_is_refused():
    with pytest.raises(ParameterError, match="there is no parameter 'color'"):
        Waves.of({"color": "red"})


def test_values_are_frozen_hashable_and_come_back():
    waves = Waves(count=5, size=0)
    assert Waves.of(waves.values()) == waves
    assert hash(Waves.of(waves.values())) == hash(waves)
    with pytest.raises(FrozenInstanceError):
        waves.count = 4


def test_numbers_take_the_type_of_their_control():
    waves = Waves(size=2, shift=1)
    assert (type(waves.size), type(waves.shift), type(waves.count)) == (float, float, int)


def test_a_field_without_a_control_is_a_mistake_of_the_lab():
    @dataclass(frozen=True)
    class Bare(Parameters):
        count: int = 1

    with pytest.raises(TypeError, match="the field count must be Annotated"):
        Bare()
