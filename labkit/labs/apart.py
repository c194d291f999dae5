"""Which of several accuracies are not to be told apart from the best of them.

Shapes: accuracy is (seeds, networks), as shares; what is said of each network is (networks,).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def standard_error(accuracy: Array, samples: int) -> Array:
    """Of the mean over the seeds, each measured on `samples` test points; NaN where an accuracy is.

    It is the larger of two: what the seeds show, and what so many test points leave open even where the few seeds
    agree by chance. One seed has the second alone.

    >>> standard_error(np.array([[0.9, 1.0]]), 1000).round(4)
    array([0.0095, 0.    ])
    >>> standard_error(np.array([[0.8], [0.9], [1.0]]), 1000).round(3)
    array([0.058])
    """
    seeds, mean = len(accuracy), accuracy.mean(axis=0)
    counted: Array = np.sqrt(mean * (1 - mean) / (seeds * samples))
    seen: Array = accuracy.std(axis=0, ddof=min(1, seeds - 1)) / np.sqrt(seeds)
    return np.maximum(counted, seen)


def among_best(mean: Array, error: Array) -> NDArray[np.bool_]:
    """Whether a mean is the highest, or within two standard errors of the difference to it; a NaN never is.

    >>> among_best(np.array([0.90, 0.93, np.nan, 0.5]), np.array([0.01, 0.012, 0.0, 0.01]))
    array([ True,  True, False, False])
    """
    if not np.isfinite(mean).any():
        return np.zeros(len(mean), bool)
    best = np.nanargmax(mean)
    with np.errstate(invalid="ignore"):
        level: NDArray[np.bool_] = mean[best] - mean <= 2 * np.hypot(error, error[best])
    return level
