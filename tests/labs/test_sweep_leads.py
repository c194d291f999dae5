"""Ways from a point of a sweep: a lab that shows just this network, and just this training of it, or why none does."""

from dataclasses import replace

import pytest

from labkit import Network
from labkit.labs import LABS
from labkit.labs.sweep_leads import leads_of, not_trained_elsewhere
from labkit.nn.formula import PREFIX
from labkit.sweeps.record import record
from labkit.sweeps.training import Training
from labkit.ui.leads import link_of

DIGITS = Network("tanh", "normal", depth=3, width=20, batch=50, std=0.2, dataset="mnist_small", seed=2)
TRAINING = Training("momentum", 0.05, batch_size=64, steps=200)


def test_a_training_opens_in_the_lab_that_does_the_same():
    propagated, trained = leads_of(DIGITS, TRAINING)
    assert (propagated.key, trained.key) == ("signal_propagation", "mnist_comparison")
    lab = LABS[trained.key]
    parameters, motion = lab.parameters.of(trained.values), lab.motion
    result = motion.show(motion.reach(motion.start(parameters), TRAINING.steps, 60.0), parameters)
    names = "std", "depth", "width", "batch", "dataset", "seed"
    row = record({name: getattr(DIGITS, name) for name in names}, TRAINING)
    assert result.accuracy[0, 0] == row["accuracy"]
    assert link_of(trained)
    assert not_trained_elsewhere(DIGITS, TRAINING) == ""


def test_points_of_two_classes_open_in_the_plane():
    net = replace(DIGITS, dataset="moons", standardize=True)
    _, trained = leads_of(net, TRAINING)
    assert trained.key == "decision_boundary"
    lab = LABS[trained.key].parameters.of(trained.values)
    assert replace(lab.networks()[0], batch=net.batch) == net
    assert lab.schedule()[:4] == ("momentum", 0.05, 64, 200)


@pytest.mark.parametrize(("change", "words"), [
    ({"bias_std": 0.2}, "no lab shows this training (Learning digits: bias_std is 0.0 there)"),
    ({"depth": 35}, "no lab shows this training (Learning digits: depth must lie in [1, 20], got 35)"),
    ({"dataset": "moons"}, "no lab shows this training (Decision boundary: standardize is True there)"),
])  # fmt: skip
def test_a_training_that_no_lab_does_says_why(change, words):
    net = replace(DIGITS, **change)
    assert [lead.key for lead in leads_of(net, TRAINING)] == ["signal_propagation"]
    assert not_trained_elsewhere(net, TRAINING) == words


def test_the_page_says_it_where_a_training_is_shown_and_nowhere_else():
    lab = LABS["sweep_explorer"]
    for measure, said in (("accuracy", True), ("grad_gain", False)):
        result = lab.compute(lab.parameters.of({"sweep": "trainability", "measure": measure, "row": 1}))
        words = "No lab shows this training (Learning digits: bias_std is 0.0 there)."
        assert (words in lab.explain(result)) == said


@pytest.mark.parametrize("net", [
    replace(DIGITS, gradient_source="loss"), Network(PREFIX + "x * tanh(x)", std=0.2), Network("leaky_relu", alpha=0.3),
    replace(DIGITS, standardize=True, input_scale=0.5),
])  # fmt: skip
def test_the_first_pass_opens_with_all_that_it_has(net):
    (lead,) = leads_of(net, None)
    assert LABS[lead.key].parameters.of(lead.values).network() == net


def test_a_network_that_no_lab_builds_opens_nowhere():
    assert leads_of(Network(bias_mean=50.0), None) == ()
    assert leads_of(Network(initializer_options={"mean": 0.1}), None) == ()
