"""The inputs: their shapes, scaling and labels, and a damaged file."""

import copy
import pickle
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from labkit.nn import mnist
from labkit.nn.datasets import DATASETS, inputs, learnable, shuffled
from labkit.nn.mnist import MNIST_FILE
from labkit.nn.planes import TURNS, circles, moons
from labkit.nn.samples import data_of

AT_HAND = [row for row in DATASETS.values() if row.key != "mnist"]
EVERY = pytest.mark.parametrize("row", AT_HAND, ids=lambda row: row.key)
LEARNABLE = pytest.mark.parametrize("row", [row for row in AT_HAND if row.split], ids=lambda row: row.key)


@EVERY
def test_shapes_labels_and_reproducibility(row):
    batch = min(50, row.samples or 50)
    x, labels = row.load(batch, 7, 3)
    assert x.shape == (batch, row.features or 7)
    assert x.dtype == np.float64
    assert np.isfinite(x).all()
    again, labels_again = row.load(batch, 7, 3)
    np.testing.assert_array_equal(x, again)
    np.testing.assert_array_equal(labels, labels_again)
    assert not np.array_equal(x, row.load(batch, 7, 4)[0])


@EVERY
def test_labels_are_classes_from_0_where_there_are_any(row):
    x, labels = row.load(min(400, row.samples or 400), 7, 0)
    if row.classes is None:
        assert labels is None
    else:
        assert labels.shape == (len(x),)
        assert set(labels.tolist()) == set(range(row.classes))


@EVERY
def test_inputs_are_read_only(row):
    x, _ = inputs(row.key, 5, 3, 0, False, 1.0)
    with pytest.raises(ValueError, match="read-only"):
        x[0, 0] = 1


def test_labels_are_read_only():
    _, labels = inputs("mnist_small", 5, 3, 0, False, 1.0)
    with pytest.raises(ValueError, match="read-only"):
        labels[0] = 1


@EVERY
def test_standardize_comes_before_the_scale(row):
    plain, _ = inputs(row.key, 40, 6, 0, False, 1.0)
    np.testing.assert_array_equal(inputs(row.key, 40, 6, 0, False, 3.0)[0], plain * 3)
    whole = plain if row.split is None else learnable(row.key, 0, False, 1.0).train.inputs(slice(None))
    x, _ = inputs(row.key, 40, 6, 0, True, 3.0)
    np.testing.assert_allclose(x, (plain - whole.mean()) / whole.std() * 3, rtol=1e-10, atol=1e-12)


def test_a_single_number_can_be_standardized():
    x, _ = inputs("gaussian", 1, 1, 0, True, 1.0)
    assert x == 0


def test_gaussian_has_mean_0_and_variance_1():
    x, _ = inputs("gaussian", 1000, 100, 5, False, 1.0)
    assert abs(x.mean()) < 4 / np.sqrt(x.size)
    assert abs(x.var() - 1) < 4 * np.sqrt(2 / x.size)


def test_digits_are_pixels_over_255_with_their_labels():
    x, labels = inputs("mnist_small", 30, 1, 2, False, 1.0)
    with np.load(MNIST_FILE) as file:
        images, known = file["train_images"].reshape(5000, 784), file["train_labels"]
    for row, label in zip(np.rint(x * 255).astype(np.uint8), labels, strict=True):
        (where,) = np.nonzero((images == row).all(axis=1))
        assert known[where[0]] == label
    np.testing.assert_array_equal(x, np.rint(x * 255) / 255)
    assert x.max() == 1
    assert x.min() == 0


def test_a_larger_batch_keeps_the_digits_of_the_smaller_and_repeats_none():
    small, large = inputs("mnist_small", 10, 1, 0, False, 1.0)[0], inputs("mnist_small", 5000, 1, 0, False, 1.0)[0]
    np.testing.assert_array_equal(large[:10], small)
    labels = inputs("mnist_small", 5000, 1, 0, False, 1.0)[1]
    assert np.bincount(labels).tolist() == [500] * 10


@pytest.fixture
def fresh_cache():
    mnist.mnist_small.cache_clear()
    yield
    mnist.mnist_small.cache_clear()


def damaged(content):
    return content[:1000] + bytes([content[1000] ^ 1]) + content[1001:]


@pytest.mark.usefixtures("fresh_cache")
@pytest.mark.parametrize("change", [damaged, lambda c: c[:5000], lambda c: b""], ids=["bit", "cut", "empty"])
def test_a_damaged_digits_file_is_said_to_be_damaged(change, tmp_path, monkeypatch):
    copy = tmp_path / "digits.npz"
    copy.write_bytes(change(Path(str(MNIST_FILE)).read_bytes()))
    monkeypatch.setattr(mnist, "MNIST_FILE", copy)
    with pytest.raises(OSError, match=r"digits\.npz is damaged.*install labkit again"):
        mnist.mnist_small()


@pytest.mark.usefixtures("fresh_cache")
def test_a_missing_digits_file_is_an_os_error_with_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "MNIST_FILE", tmp_path / "digits.npz")
    with pytest.raises(OSError, match=r"digits\.npz"):
        mnist.mnist_small()


def test_each_row_says_what_it_is():
    for key, row in DATASETS.items():
        assert row.key == key
        assert row.label
        assert row.source


@LEARNABLE
@pytest.mark.parametrize("standardize", [False, True])
def test_batches_come_from_the_training_set_in_the_shuffled_order(row, standardize):
    data = learnable(row.key, 3, standardize, 2.0)
    x, labels = inputs(row.key, row.samples if row.samples < 2000 else 50, 7, 3, standardize, 2.0)
    chosen = shuffled(len(data.train), 3)[: len(x)]
    np.testing.assert_allclose(data.train.inputs(chosen), x, rtol=1e-15)
    if labels is not None:
        np.testing.assert_array_equal(data.train.y[chosen], labels)


@LEARNABLE
def test_training_set_and_test_set_share_no_sample_and_the_seed_decides(row):
    data = learnable(row.key, 0, False, 1.0)
    if row.features == 784:  # a few digits might be alike: the file itself is known
        assert (len(data.train), len(data.test)) == (5000, 1000)
        return
    assert len(data.train) == len(data.test) == row.samples
    assert not set(map(tuple, data.train.x.tolist())) & set(map(tuple, data.test.x.tolist()))
    assert not np.array_equal(data.train.x, learnable(row.key, 1, False, 1.0).train.x)
    again = row.split(0)
    for ours, once_more in zip((data.train.x, data.train.y, data.test.x, data.test.y), again, strict=True):
        np.testing.assert_array_equal(ours, once_more)


@LEARNABLE
def test_standardized_is_by_the_mean_and_std_of_the_training_set(row):
    plain, data = learnable(row.key, 0, False, 1.0), learnable(row.key, 0, True, 3.0)
    x = plain.train.inputs(slice(None))
    for ours, raw in ((data.train, plain.train), (data.test, plain.test)):
        found = ours.inputs(slice(None))
        np.testing.assert_allclose(found, (raw.inputs(slice(None)) - x.mean()) / x.std() * 3, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("samples", [2, 7, 1000])
@pytest.mark.parametrize("seed", range(5))
def test_moons_and_circles_are_scikit_learns_to_the_last_bit(samples, seed):
    from sklearn.datasets import make_circles, make_moons

    theirs = {moons: partial(make_moons, noise=0.15), circles: partial(make_circles, noise=0.1, factor=0.5)}
    for ours, make in theirs.items():
        x, y = ours(samples, np.random.default_rng(seed))
        state = int(np.random.default_rng(seed).integers(2**32))
        expected = make(samples, random_state=state)
        np.testing.assert_array_equal(x, expected[0])
        np.testing.assert_array_equal(y, expected[1])


def test_the_two_classes_are_as_many_and_no_line_separates_them():
    from sklearn.linear_model import LogisticRegression

    for key, most in (("moons", 0.9), ("circles", 0.58), ("spirals", 0.65)):
        data = learnable(key, 0, False, 1.0)
        assert np.bincount(data.train.y).tolist() == [500, 500]
        found = LogisticRegression().fit(data.train.x, data.train.y).score(data.test.x, data.test.y)
        assert found < most, key


def test_the_spirals_are_each_other_turned_by_half_a_turn():
    data = learnable("spirals", 0, False, 1.0).train
    turned = np.where(data.y[:, None] == 1, -data.x, data.x)
    radius = np.linalg.norm(turned, axis=1)
    angle = np.angle((turned[:, 0] + 1j * turned[:, 1]) * np.exp(-2j * np.pi * TURNS * radius))
    # noise of 0.02 in the radius turns the angle by 0.02 * 2 pi a turn, and across by 0.02 / radius
    spread = np.hypot(0.02 * 2 * np.pi * TURNS, 0.02 / 0.3)
    for label in (0, 1):
        found = angle[(radius > 0.3) & (data.y == label)]
        assert abs(found.mean()) < 4 * spread / np.sqrt(len(found))


def test_nothing_can_be_learned_from_noise():
    with pytest.raises(ValueError, match="training needs labels or targets; dataset 'gaussian' has none"):
        learnable("gaussian", 0, False, 1.0)


def test_a_datasets_own_data_travels_by_name():
    data = learnable("mnist_small", 0, True, 1.0)
    packed = pickle.dumps(data)
    assert len(packed) < 500
    np.testing.assert_array_equal(pickle.loads(packed).train.x, data.train.x)
    assert copy.deepcopy(data) is data


def test_data_of_ones_own_are_checked():
    x, y = np.zeros((4, 2)), np.array([0, 1, 2, 1])
    assert data_of(x, y, "classes").outputs == 3
    assert data_of(x, y % 2, "yes_no").outputs == 1
    for labels in (y == 1, (y == 1).astype(float)):
        found = data_of(x, labels, "yes_no").train.y
        assert found.tolist() == [0, 1, 0, 1]
        assert found.dtype == np.intp
        assert data_of(x, labels, "classes").outputs == 2
    assert data_of(x, np.zeros((4, 5)), "number", x[:1], np.zeros((1, 5))).outputs == 5
    for arguments, message in [
        ((x, y, ["classes"]), "task must be one of number, yes_no, classes, got ['classes']"),
        (([[1, 2], [3]], y, "classes"), "x must be numbers of shape (samples, features), got [[1, 2], [3]]"),
        ((["a", "b"], y, "classes"), "x must be numbers of shape (samples, features), got ['a', 'b']"),
        ((None, y, "classes"), "x must be"),
        ((x, [[1, 2], [3]], "number"), "y must have rows of one length, got [[1, 2], [3]]"),
        ((x, list("abcd"), "number"), "y must be finite, of shape (samples, outputs), got shape (4,) of <U1"),
        ((x, list("abcd"), "classes"), "y must be class numbers from 0 to 999"),
        ((x, y * np.nan, "classes"), "y must be class numbers from 0 to 999"),
        ((x, y, "guess"), "task must be one of number, yes_no, classes, got 'guess'"),
        ((x, y, "yes_no"), "y must be 0 or 1"),
        ((x, y - 1, "classes"), "y must be class numbers from 0 to 999"),
        ((x, y / 2, "classes"), "of float64"),
        ((x[:3], y, "classes"), "y must have 3 rows as x has, got 4"),
        ((x[0], y, "classes"), "x must be finite and of shape"),
        ((x + np.nan, y, "classes"), "x must be finite and of shape"),
        ((x, y + np.inf, "number"), "y must be finite"),
        ((x, y, "classes", x), "test_x and test_y must be given together"),
        ((x, y, "classes", np.zeros((4, 3)), y), "test_x and test_y must be shaped like x and y"),
    ]:
        with pytest.raises(ValueError, match=re.escape(message)):
            data_of(*arguments)
