"""The inputs: their shapes, scaling and labels, and a damaged file."""

from pathlib import Path

import numpy as np
import pytest

from labkit.nn import datasets
from labkit.nn.datasets import DATASETS, MNIST_FILE, inputs

EVERY = pytest.mark.parametrize("row", DATASETS.values(), ids=lambda row: row.key)


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
    x, _ = inputs(row.key, 40, 6, 0, True, 3.0)
    assert x.mean() == pytest.approx(0, abs=1e-12)
    assert x.std() == pytest.approx(3)
    np.testing.assert_allclose(x, (plain - plain.mean()) / plain.std() * 3, rtol=1e-12)


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
    datasets.mnist_small.cache_clear()
    yield
    datasets.mnist_small.cache_clear()


def damaged(content):
    return content[:1000] + bytes([content[1000] ^ 1]) + content[1001:]


@pytest.mark.usefixtures("fresh_cache")
@pytest.mark.parametrize("change", [damaged, lambda c: c[:5000], lambda c: b""], ids=["bit", "cut", "empty"])
def test_a_damaged_digits_file_is_said_to_be_damaged(change, tmp_path, monkeypatch):
    copy = tmp_path / "digits.npz"
    copy.write_bytes(change(Path(str(MNIST_FILE)).read_bytes()))
    monkeypatch.setattr(datasets, "MNIST_FILE", copy)
    with pytest.raises(OSError, match=r"digits\.npz is damaged.*install labkit again"):
        datasets.mnist_small()


@pytest.mark.usefixtures("fresh_cache")
def test_a_missing_digits_file_is_an_os_error_with_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "MNIST_FILE", tmp_path / "digits.npz")
    with pytest.raises(OSError, match=r"digits\.npz"):
        datasets.mnist_small()


def test_each_row_says_what_it_is():
    for key, row in DATASETS.items():
        assert row.key == key
        assert row.label
        assert row.source
