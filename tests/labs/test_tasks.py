"""The tasks: every answer is measured, here from several seeds; and what is wrong in a file is named."""

import re
from functools import cache
from math import inf
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from labkit import Network, propagate, summarize
from labkit.labs import LABS
from labkit.labs.measures import MEASURES, READINGS, measures_of
from labkit.labs.task_file import MOST_BYTES, MOST_TASKS, TaskError, read_tasks, shipped, tasks_of
from labkit.labs.tasks import Option, Task, Tolerance, answer, judged, measured, score

SEEDS = (101, 102, 103, 104)
each_task = pytest.mark.parametrize("task", shipped(), ids=lambda task: task.name)


@pytest.fixture(autouse=True)
def one_blas_thread():
    with threadpool_limits(1, user_api="blas"):
        yield


@cache
def named(name):
    (found,) = (task for task in shipped() if task.name == name)
    return found


def test_there_are_tasks_for_every_lab():
    assert len(shipped()) >= 14
    assert {task.lab for task in shipped()} == set(LABS)
    assert [task for key in LABS for task in tasks_of(key)] == sorted(shipped(), key=lambda t: list(LABS).index(t.lab))


@each_task
@pytest.mark.parametrize("seed", [SEEDS[0], *(pytest.param(seed, marks=pytest.mark.long) for seed in SEEDS[1:])])
def test_the_answer_is_the_same_from_every_seed(task, seed):
    if "seed" not in LABS[task.lab].parameters.controls():
        return  # nothing in it is random
    own, value = answer(task), measured(task, seed)
    if task.tolerance is None:
        assert judged(task, value).right == own.right
    else:
        assert task.tolerance.misses(value, own.value) <= 1


@each_task
def test_the_question_does_not_hold_the_seed(task):
    assert "seed" not in task.values


def _kept_by_relu():
    """The share of a unit Gaussian's mean square that ReLU keeps, by its integral on a grid."""
    u = np.linspace(0, 10, 100_001)
    return float((u**2 * np.exp(-(u**2) / 2)).sum() * (u[1] - u[0]) / np.sqrt(2 * np.pi))


# What a task says after the answer, with a number in it: the words, the number said, and the same by another way.
CLAIMS = {
    "ReLU without He's 2": ("the factor 2", 2.0, lambda: 1 / _kept_by_relu()),
    "He-ReLU and the angle": ("90°", 90.0, lambda: np.degrees(np.arccos(0.0))),
}
_SETTINGS = re.compile(r"std 0\.01 or 1\b|f\(1 − f\)|[Ll]ayer [25]|unit 3|1/√n|Weights of 1\b|between 0 and 1")


@each_task
def test_a_number_in_the_reason_is_a_setting_or_is_checked(task):
    numbers = re.findall(r"\d", _SETTINGS.sub("", task.why))
    assert bool(numbers) == (task.name in CLAIMS)
    for words, said, found in [CLAIMS[task.name]] if numbers else []:
        assert words in task.why
        assert found() == pytest.approx(said, rel=1e-6)


def test_shares_said_of_weights_are_those_of_the_schemes():
    rng = np.random.default_rng(1)
    squares = rng.uniform(0, 1, 100_000) ** 2
    error = squares.std() / np.sqrt(len(squares))
    assert abs(squares.mean() - 1 / 3) < 4 * error  # "a third", of U[0, 1]'s mean square and of a bound's square
    assert answer(named("Weights from 0 to 1")).value == pytest.approx(np.sqrt(100 / 3), rel=0.1)
    assert answer(named("PyTorch's default")).value == pytest.approx(np.sqrt(1 / 3), rel=0.05)


def test_answers_agree_with_what_is_known_by_another_way():
    slopes, h = [], 1.0
    for _ in range(30):
        h = 1 / (1 + np.exp(-h))
        slopes.append(h * (1 - h))
    back = np.cumprod([1.0, *slopes[::-1]])
    assert answer(named("Where the gradient is gone")).value == (back < 1e-6).sum()
    assert answer(named("Eight sigmoids in a row")).value == pytest.approx(np.prod(slopes[:8]), rel=1e-9)
    e = np.exp([2.0, 1.0, -1.0, 0.0])
    assert answer(named("The same to every logit")).value == pytest.approx(e[0] / e.sum(), rel=1e-12)
    assert f"{e[0] / e.sum():.2f}" in named("The same to every logit").question
    assert answer(named("The steepest point of a sigmoid")).value == pytest.approx(0.25)
    z = np.linspace(-8, 8, 100_001)
    assert np.gradient(z / (1 + np.exp(-z)), z).max() > 1.09  # Swish, steeper than the line
    assert answer(named("tanh with the book's Xavier")).value == pytest.approx(0.32162, rel=0.1)  # by mean field


def test_every_measure_is_one_of_some_lab_and_every_reading_is_read():
    found = set()
    for lab in LABS.values():
        found.update(measures_of(lab.result(lab.parameters())))
    assert found == set(MEASURES)
    values = np.array([4.0, 1.0, 2.0])
    read = {key: reading.of(values, 2, 1, 1.5) for key, reading in READINGS.items()}
    assert read == {"value": 1.0, "ratio": 0.25, "highest": 1.0, "lowest": 2.0, "count_below": 1.0}


def test_a_tie_is_no_place():
    with pytest.raises(ValueError, match="no single place has it: 1, 2 of 2"):
        READINGS["highest"].of(np.array([1.0, 1.0]), -1, 1, 0.0)


@pytest.mark.parametrize(
    ("option", "value", "holds"),
    [
        (Option("", 1.0, 2.0), 1.0, True), (Option("", 1.0, 2.0), 2.0, False), (Option("", 2.0, 2.0), 2.0, True),
        (Option("", 2.0, 2.0), 2.1, False), (Option("", 1.0), inf, True), (Option("", high=1.0), -inf, True),
    ],
)  # fmt: skip
def test_an_interval_has_its_lower_end_and_not_its_upper(option, value, holds):
    assert option.holds(value) == holds


@pytest.mark.parametrize(
    ("tolerance", "guess", "misses"),
    [
        (Tolerance(factor=2.0), 4.0, 2.0), (Tolerance(factor=2.0), 0.5, 1.0), (Tolerance(factor=2.0), -1.0, inf),
        (Tolerance(within=0.5), 2.0, 2.0), (Tolerance(within=0.5), 0.5, 1.0), (Tolerance(within=0.5), inf, inf),
    ],
)  # fmt: skip
def test_a_guess_misses_by_so_many_tolerances(tolerance, guess, misses):
    assert tolerance.misses(guess, 1.0) == pytest.approx(misses)


def test_an_answer_is_scored_in_words():
    found = score(named("Eight sigmoids in a row"), 0)
    assert (found.points, found.verdict) == (0.0, "wrong")
    assert found.words.startswith("You said “about a half”; it is “less than a ten-thousandth” (")
    number = score(named("The same to every logit"), 0.7)
    assert (number.points, number.verdict, number.words) == (0.5, "near", "You said 0.7; it is 0.644")


GOOD = {
    "name": '"n"', "lab": '"softmax"', "question": '"q?"', "values": "{scale = 0.0}", "measure": '"probability"',
    "at": "1", "within": "0.1", "why": '"w"',
}  # fmt: skip


def task_text(**changed):
    rows = {**GOOD, **changed}
    return "[[task]]\n" + "".join(f"{key} = {value}\n" for key, value in rows.items() if value is not None)


def options(*rows):
    return task_text(within=None, options="[" + ", ".join(rows) + "]")


def test_the_text_that_the_mistakes_are_made_in_is_right():
    (task,) = read_tasks(task_text())
    assert isinstance(task, Task)
    assert read_tasks(task_text().replace("\n", "\r\n").encode("utf-8-sig")) == (task,)


LOW, HIGH = '{text = "a", to = 0.2}', '{text = "b", from = 0.2}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "from 1 to 50 tasks"),
        ("task = 3", "from 1 to 50 tasks, each headed [[task]], got none"),
        ("version = 2", "version must be 1, got 2"),
        ("tasks = []", "the file has no key 'tasks': there are version, task"),
        ("a = \n", "not TOML: Invalid value (at line 1"),
        ("task = [3]", "task 1: must be a table"),
        ("a = " + "9" * 5000, "not TOML"),
        ("version = 0x" + "f" * 5000, "version must be 1, got a number too long"),
        ("a = " + "[" * 5000, "TOML" if False else "the file"),
        (b"\xff", "UTF-8 text, and is not at byte 0"),
        ("#" * (MOST_BYTES + 1), "may have 64000 bytes"),
        ("\ud800", "UTF-8"),
        (task_text() * (MOST_TASKS + 1), "from 1 to 50 tasks, each headed [[task]], got 51"),
        (task_text() * 2, "tasks 1 and 2 have the same name, 'n'"),
        (task_text(why=None), "task 1 ('n'): why is missing"),
        (task_text(wy='"w"'), "a task has no key 'wy'"),
        (task_text(lab='"sofmax"'), "lab must be one of signal_propagation"),
        (task_text(lab="3"), "got 3"),
        (task_text(question='""'), "question must be a text of 1 to 400 characters, got ''"),
        (task_text(name='"' + "x" * 61 + '"'), "name must be a text of 1 to 60"),
        (task_text(values="3"), "values must be a table"),
        (task_text(values="{scal = 1}"), "values: there is no parameter 'scal'"),
        (task_text(values="{scale = 1e9}"), "values: all logits times must lie in [0, 100], got 1000000000.0"),
        (task_text(values='{scale = "<b>"}'), "got '<b>'"),
        (task_text(values="{scale = nan}"), "got nan"),
        (task_text(values="{scale = 2020-01-01}"), "must be a number"),
        (task_text(values="{seed = 1}"), "there is no parameter 'seed'"),
        (task_text(measure='"std"'), "measure: this lab has loss, probability"),
        (task_text(measure='"sdt"'), "measure must be one of mean, std"),
        (task_text(reading='"ratio"'), "over is missing: the reading 'ratio' needs it"),
        (task_text(reading='"sum"'), "reading must be one of value, ratio"),
        (task_text(at="0"), "at counts from 1"),
        (task_text(at="9"), "there are places 1 to 4, got 9"),
        (task_text(at="1.5"), "at must be a whole number"),
        (task_text(steps="5"), "steps must lie in [0, 0], got 5"),
        (task_text(within=None), "must have one of options, factor and within, got none"),
        (task_text(factor="2"), "got factor and within"),
        (task_text(within=None, factor="1"), "factor must lie in [1.01, 1000], got 1"),
        (task_text(within="-1"), "within must lie in"),
        (options(LOW), "options must be a list of 2 to 6 tables"),
        (options(LOW, "3"), "option 2 must be a table"),
        (options(LOW, LOW.replace('"a"', '"c"')), "options 1 and 2 overlap"),
        (options('{text = "b", from = 0.1}', LOW), "options 1 and 2 overlap: both would be right for 0.1"),
        (options(LOW, LOW), "options 1 and 2 have the same text, 'a'"),
        (options(LOW, '{text = "b"}'), "option 2 must say for which numbers it is right"),
        (options(LOW, '{text = "b", form = 1}'), "option 2 has no key 'form'"),
        (options(LOW, '{text = "b", from = 1, is = 1}'), "option 2 has `is`"),
        (options(LOW, '{text = "b", from = 2, to = 1}'), "option 2: from must lie below to, got 2 and 1"),
        (options(LOW, '{text = 3, from = 1}'), "option 2: text must be a text"),
        (options(LOW, '{text = "b", from = 0.3}'), "probability, class 1 is 0.25: none of them"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(text, words):
    with pytest.raises(TaskError) as raised:
        read_tasks(text)
    assert words in str(raised.value)


def test_two_right_options_are_refused_though_a_task_was_made_without_a_file():
    task = read_tasks(options(LOW, HIGH))[0]
    both = Task(**{**task.__dict__, "options": (Option("a"), Option("b"))})
    with pytest.raises(ValueError, match=r"exactly one option must be right.* 0\.25: 'a' and 'b'"):
        answer(both)


def test_a_file_that_takes_too_long_is_refused():
    text = task_text(lab='"mnist_comparison"', measure='"loss"', steps="2000", values="{}")
    with pytest.raises(TaskError, match=r"task 1 \('n'\): its 2000 steps take longer than"):
        read_tasks(text, seconds=0.2)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(TaskError, match="cannot be read: No such file"):
        read_tasks(tmp_path / "none.toml")


def test_a_file_is_read_from_its_path(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(task_text(), encoding="utf-8")
    assert read_tasks(path) == read_tasks(task_text())


@settings(max_examples=150, deadline=None)
@given(st.text() | st.binary())
def test_random_text_raises_one_kind_of_error(text):
    with pytest.raises(TaskError):
        read_tasks(text)


_VALUES = st.sampled_from(
    ["1", "-1", "0", "nan", "inf", '"x"', "[]", "[[1]]", "{}", "true", "1e400", "2020-01-01", "9" * 400]
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*GOOD, "steps", "options", "factor", "reading", "over", "limit"]), _VALUES))
def test_random_values_raise_one_kind_of_error_or_none(changed):
    try:
        outcome = len(read_tasks(task_text(**changed)))
    except TaskError as error:
        outcome = str(error)
    assert outcome == 1 or 0 < len(outcome) < 1000


def test_the_example_of_the_readme_is_read_and_its_answer_measured():
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (example,) = (each for each in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "[[task]]" in each)
    (task,) = read_tasks(example)
    stats = summarize(propagate(Network("tanh", "lecun_normal")))
    assert answer(task).value == pytest.approx(float(stats.std[-1]))
