"""What the pages of the labs that train have, number by number, as their scripts print it.

`moved` is the share of themselves by which weights are moved before each step; with dC/dz of the readout by as much
(it is p - y, and a p near 1 is rounded).
"""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from labkit.labs.batch_norm import given
from labkit.labs.seed_runs import SeedRuns
from labkit.labs.symmetry_run import layer_units
from labkit.nn.symmetry import distinct_units
from labkit.nn.tasks import TASKS

STEPS = 3
QUANTITIES = ("pre", "post", "grad_pre")
TINY_SLOPE = 1e-260


def trainings_of(state, seed=0):
    """Those of a lab's state, of one of its seeds."""
    if hasattr(state, "kept"):
        if isinstance(state, SeedRuns):
            return state.runs[seed].trainings
        return tuple(state.trainings(place)[seed] for place in range(len(state.networks)))
    return state.trainings


def rows_of(training):
    """The columns of the script's table of layers, (depth,) each."""
    stats = training.statistics(quantities=QUANTITIES, histograms=())
    variance, alphas = given([training]), [alpha.mean() for alpha in training.alphas]
    return {
        "mean(z)": stats.pre.mean, "std(z)": stats.pre.std, "mean(h)": stats.mean, "std(h)": stats.std,
        "rms(dC/dz)": stats.grad_rms, "dead": stats.dead,
        "distinct": np.array([distinct_units(units) for units in layer_units(training)], float),
        **({} if variance is None else {"variance": variance}), **({"alpha": np.array(alphas)} if alphas else {}),
    }  # fmt: skip


def _distributions(stats):
    return {
        "mean(z)": stats.pre.mean, "std(z)": stats.pre.std, "mean(h)": stats.mean, "std(h)": stats.std,
        "rms(dC/dz)": stats.grad_rms, "dead": stats.dead,
    }  # fmt: skip


def _of_collapse(r):
    each = [{"missed": r.missed[i], "largest_output": r.largest[i]} for i in range(2)]
    line = {"matrix_1": r.matrix[0, 0], "matrix_2": r.matrix[1, 0], "offset": r.offset[0]}
    return {0: line | each[0], 1: each[1]}


def _of_norms(r):
    more = [{} if kept.found is None else {"variance": kept.found} for kept in r.kept]
    return {i: _distributions(kept.statistics) | more[i] for i, kept in enumerate(r.kept)}


def _of_units(r):
    found = {i: {"distinct": r.distinct[i], "norm(dC/dW)": r.gradients[i]} for i in range(2)}
    for i in range(2):
        found[i]["apart"], found[i]["first_bias"] = np.full((2, len(r.gradients[i])), np.nan)
        found[i]["apart"][r.units.layer] = r.units.spread[i]
    found[0]["first_bias"][-1] = r.output_bias
    return found


SHOWN = {
    "mnist_comparison": lambda r: {r.chosen: _distributions(r.kept.statistics)},
    "dying_relu": lambda r: {i: {"dead": look.dead[0]} for i, look in enumerate(r.now)},
    "batch_norm": _of_norms,
    "symmetry": _of_units,
    "linear_collapse": _of_collapse,
}
"""What a page's result says of layers and networks: by network and column."""


def on_page(lab, p, moved=0.0, seed=0):
    """Every number of the tables by (column, step, network, layer), as the page has it after STEPS steps.

    Steps and layers are None in tables without.
    """
    state = lab.motion.start(p)
    trainings, rng, found, losses = trainings_of(state, seed), np.random.default_rng(0), {}, []
    move(trainings, moved, rng)
    found |= _now(0, trainings, moved)
    while (done := lab.motion.steps(state))[0] < done[1]:
        with moved_gradients(moved, rng):
            state = lab.motion.advance(state, 0)
        if done[0] < lab.motion.steps(state)[0] < done[1]:
            move(trainings, moved, rng)
        losses.append([training.last and training.last.loss for training in trainings])
    page = SHOWN[lab.key](lab.motion.show(state, p)) if lab.key in SHOWN and not seed else {}
    found |= _now(STEPS, trainings, moved)  # after the page, as it overwrites the gradients
    alive = [i for i, training in enumerate(trainings) if not training.diverged]
    losses = state.losses[seed] if hasattr(state, "losses") else np.transpose(losses)
    found |= {(name, *at): losses[i].mean() if name == "mean_loss" else losses[i, -1]
              for i in alive for name, *at in (("mean_loss", None, i, None), ("loss", STEPS, i, None))}  # fmt: skip
    for i, columns in page.items():
        own = columns.keys() - rows_of(trainings[i]).keys()
        if i in alive:
            found |= _at(STEPS, i, {name: values for name, values in columns.items() if name not in own})
            found |= _at(None, i, {name: columns[name] for name in own})
            found |= _at(STEPS, i, {"dead": surely_dead(trainings[i])} if moved else {})
    return found


def move(trainings, moved, rng):
    """Each weight and bias becomes a little larger or smaller, at random."""
    for training in trainings if moved else ():
        for each in (*training.weights, *training.biases):
            each *= 1 + moved * rng.choice([-1, 1], each.shape)


@contextmanager
def moved_gradients(moved, rng):
    """Tasks whose dC/dz is off by so much."""
    tasks = dict(TASKS)

    def off(loss):
        def found(z, y, grad):
            value = loss(z, y, grad)
            grad += moved / len(grad) * rng.choice([-1, 1], grad.shape)
            return value

        return found

    if moved:
        TASKS.update({key: replace(task, loss=off(task.loss)) for key, task in tasks.items()})
    try:
        yield
    finally:
        TASKS.update(tasks)


def _now(step, trainings, moved):
    found = {}
    for i, training in enumerate(trainings):
        if not training.diverged:
            scores = dict(zip(("test_loss", "accuracy"), training.evaluate(), strict=True))
            found |= _at(step, i, rows_of(training) | scores | ({"dead": surely_dead(training)} if moved else {}))
    return found


def surely_dead(training):
    """The dead share by layer; NaN where slopes, or those nearer to 0, are so small that they may be 0 or not."""
    trace, net = training.trace(), training.network
    with np.errstate(all="ignore"):
        nearer = [net.activation_row.derivative(0.9 * pre, net.alpha) for pre in trace.pre]
    sizes = [[np.abs(each).max(axis=0) for each in pair] for pair in zip(trace.slopes, nearer, strict=True)]
    tiny = [any(np.any((size > 0) & (size < TINY_SLOPE)) for size in pair) for pair in sizes]
    return np.array([np.nan if each else np.mean(pair[0] == 0) for each, pair in zip(tiny, sizes, strict=True)])


def _at(step, i, columns):
    return {
        (name, step, i, layer if np.ndim(values) else None): float(value)
        for name, values in columns.items() for layer, value in enumerate(np.atleast_1d(values))
    }  # fmt: skip
