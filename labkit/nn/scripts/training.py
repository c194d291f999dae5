"""A training as a script: one network or several on the same batches, a line for each at the steps shown; then layers.

Three tables: the losses, the layers at the steps that are looked at, and the mean loss of the last steps.
"""

from collections.abc import Sequence

from labkit.nn.code import function
from labkit.nn.network import Network
from labkit.nn.optimizers import OPTIMIZERS
from labkit.nn.scripts import layers, pieces
from labkit.nn.scripts.learners import learner
from labkit.nn.scripts.probes import Probe
from labkit.nn.steps import Schedule
from labkit.nn.tasks import TASKS

LAST = 100
"""Steps whose mean loss is printed."""
_SHARED = (
    "depth", "width", "batch", "bias_mean", "bias_std", "dataset", "input_scale", "standardize", "seed", "alpha_per",
)  # fmt: skip
_DOC = '''\
Training, in {how}. Written by labkit.

{names}.
{seeds}\
They learn on the same batches; from the seed come the draws of their first weights, the samples and the batches. At the
steps shown: the loss of the batch before the step, loss and share of right answers on the test set after it. Then the
layers, on the first samples in a fixed order: z is what enters the activation, h what leaves the layer. These are the
numbers of the page in float64. They agree to ten digits at first; rounding grows in a training, step by step.
'''
_LOOP = '''\
def evaluate(net):
    z = net.forward(test_x, "test"){plain}
    return {test_loss}, np.mean({right})


print(f"{{'step':>6}} {{'network':>8}} {{'loss':>19}} {{'test_loss':>19}} {{'accuracy':>19}}")
batches = stream(BATCHES)
looks, losses = [], [[] for _ in NETWORKS]
for step in range(STEPS + 1):
    if step:
        rows = batches.integers(len(train_x), size=BATCH_SIZE)
        x, y = train_x[rows], train_y[rows]
    for number, net in enumerate(NETWORKS, 1):
        if net.lost:
            continue  # its numbers are not finite any more
        loss = net.learn(x, y, step) if step else np.nan
        losses[number - 1] += [loss] if step else []
        if net.lost:
            print(f"{{step:6}} {{number:8}}   not finite")
        elif step % EVALUATE_EVERY == 0 or step == STEPS:
            test_loss, accuracy = evaluate(net)
            print(f"{{step:6}} {{number:8}} {{loss:19.12g}} {{test_loss:19.12g}} {{accuracy:19.12g}}")
        if step in LOOK_AT and not net.lost:
            looks += [(step, number, layer, row) for layer, row in enumerate(layers(net), 1)]
'''
_LAST = '''\
print()
print(f"{{'network':>8}} {{'mean_loss':>19}}   of the last {{min(STEPS, {last})}} steps")
for number, (net, each) in enumerate(zip(NETWORKS, losses), 1):
    print(f"{{number:8}} {{np.nan if net.lost else np.mean(each[-{last}:]):19.12g}}")
'''


def training_script(
    networks: Sequence[Network], schedule: Schedule, torch: bool, *, seeds: int = 1, look_at: int = 0,
    probe: Probe | None = None,
) -> str:  # fmt: skip
    """The text of a script; ValueError says what it cannot do.

    Layers are looked at before the first step, after step `look_at` and after the last. `seeds` is how many the page
    trains from: the script is one of them, and says so.
    """
    nets = tuple(networks)
    for name in _SHARED:
        if len({getattr(net, name) for net in nets}) > 1:
            raise ValueError(f"networks of one script must agree in {name}")
    first = nets[0]
    task = first.dataset_row.task
    if task is None:
        raise ValueError(f"training needs labels or targets; dataset {first.dataset!r} has none")
    body = [_settings(first, schedule, look_at, torch), "{draws}", _functions(nets, torch), "", ""]
    body += [_loss(task, torch), "", "", _optimizer(schedule.optimizer, torch), "", ""]
    body += [learner(nets, torch), "", pieces.MOMENTS, "", layers.functions(nets, torch), ""]
    body += [pieces.title("The samples"), _samples(first, torch)]
    body += [pieces.title("The networks"), _networks(nets, torch), pieces.title("Training"), _loop(task, torch)]
    body += [pieces.title("Layer by layer"), layers.table(nets)]
    body += [pieces.title("The last steps"), _LAST.format(last=LAST)]
    if probe is not None:
        body += [pieces.title(probe.title), probe.after]
    text = "\n".join(body)
    text = text.replace("{draws}", pieces.draws(text) + "\n")
    how = "PyTorch, with NumPy's draws" if torch else "plain NumPy"
    names = ";\n".join(f"{i}: {_name(net)}" for i, net in enumerate(nets, 1))
    return pieces.head(_DOC.format(how=how, names=names, seeds=_seeds(first.seed, seeds)), text)


def _name(net: Network) -> str:
    norm = "" if net.batch_norm == "none" else f", batch normalization {net.batch_norm} the activation"
    std = f", std {net.std:g}" if "std" in net.options else ""
    return f"{pieces.name_of(net.activation_row)}, {net.initializer_row.label}{std}{norm}"


def _seeds(seed: int, seeds: int) -> str:
    """Which seeds the page trains from, where they are several."""
    if seeds == 1:
        return ""
    others = [str(seed + k) for k in range(1, seeds)]
    said = f"{', '.join(others[:-1])} and {others[-1]}" if seeds > 2 else others[0]
    return f"The page trains them from {seeds} seeds: this is seed {seed}; for the others change SEED to {said}.\n"


def _settings(net: Network, schedule: Schedule, look_at: int, torch: bool) -> str:
    between = f"{look_at}, " if 0 < look_at < schedule.steps else ""
    lines = [
        pieces.title("Settings: change them and run it again"), f"SEED = {net.seed}", f"DEPTH = {net.depth}",
        f"WIDTH = {net.width}", f"BIAS_MEAN = {pieces.number(net.bias_mean)}",
        f"BIAS_STD = {pieces.number(net.bias_std)}", f"INPUT_SCALE = {pieces.number(net.input_scale)}",
        f"LEARNING_RATE = {pieces.number(schedule.learning_rate)}", f"BATCH_SIZE = {schedule.batch_size}",
        f"STEPS = {schedule.steps}", f"EVALUATE_EVERY = {schedule.evaluate_every}",
        f"LOOK_AT = (0, {between}STEPS)  # steps after which the layers are looked at",
        f"LOOK_SAMPLES = {net.batch}", "",
        'np.seterr(all="ignore")  # overflow is a result here: the network that it happens to stops',
        *(["torch.set_default_dtype(torch.float64)"] if torch else []),
    ]  # fmt: skip
    return "\n".join([*lines, ""])


def _functions(nets: Sequence[Network], torch: bool) -> str:
    parts = []
    for i, net in enumerate(nets, 1):
        parts.append(pieces.first_weights(net.initializer_row, net.options, f"weights_{i}"))
        parts.append(pieces.learned_activation(net, torch, f"f_{i}"))
    return "\n\n\n".join(parts)


def _loss(task: str, torch: bool) -> str:
    row = TASKS[task]
    if row.code is None:
        raise ValueError(f"task {task!r} has no code for a script: give its row `code`")
    numpy, in_torch, _ = row.code
    what = "Mean loss" if torch else "Mean loss, and dC/dz"
    return function("loss_of", "z, y", f"{what}: {row.loss_label}.", in_torch if torch else numpy)


def _optimizer(key: str, torch: bool) -> str:
    row = OPTIMIZERS[key]
    if row.code is None:
        raise ValueError(f"optimizer {key!r} has no code for a script: give its row `code`")
    options = ", ".join(f"{name}={pieces.number(option.default)}" for name, option in row.options.items())
    more = f", {options}" if options else ""
    if torch:
        return function("optimizer", f"p, lr=LEARNING_RATE{more}", f"{row.label}.", row.torch)
    body = f"{row.code}\nreturn w"
    return function("update", f"w, g, slots, step, rate=LEARNING_RATE{more}", f"{row.label}: w changes in place.", body)


def _samples(net: Network, torch: bool) -> str:
    row = net.dataset_row
    lines = [pieces.samples(row)]
    if net.standardize:
        lines.append("mean, std = train_x.mean(), train_x.std()  # two numbers for all inputs")
        scaled = "({name}_x - mean) / std * INPUT_SCALE"
    else:
        scaled = "{name}_x" + (f" / {round(1 / row.unit)}" if row.unit != 1 else "") + " * INPUT_SCALE"
    lines += [f"{name}_x = {scaled.format(name=name)}" for name in ("train", "test")]
    if torch:
        lines += [f"{each} = torch.from_numpy({each})" for each in ("train_x", "train_y", "test_x", "test_y")]
    lines.append(layers.fixed_batch())
    return "\n".join([*lines, ""])


def _networks(nets: Sequence[Network], torch: bool) -> str:
    lines = [f"OUTPUTS = {_outputs(nets[0])}", "NETWORKS = ["]
    for i, net in enumerate(nets, 1):
        functions = f"f_{i}, f_{i}_slope" + ("" if torch else f", f_{i}_back")
        norm = "" if net.batch_norm == "none" else f', norm="{net.batch_norm}"'
        training = net.activation_row.in_training
        learned = f", alpha={pieces.number(net.alpha)}" if net.activation_row.learned else ""
        slopes = f", slopes={training.uniform}" if training is not None and training.uniform else ""
        lines.append(f"    Network({functions}, weights_{i}{norm}{learned}{slopes}),  # {_name(net)}")
    return "\n".join([*lines, "]", ""])


def _outputs(net: Network) -> int:
    """Units of the readout: one for a number or yes or no."""
    return (net.dataset_row.classes or 1) if net.dataset_row.task == "classes" else 1


def _loop(task: str, torch: bool) -> str:
    code = TASKS[task].code
    assert code is not None  # _loss has looked
    right = code[2]
    if not torch:
        return _LOOP.format(plain="\n    y = test_y", test_loss="loss_of(z, y)[0]", right=right)
    right = right if "np." in right else f"({right}).numpy()"
    return _LOOP.format(plain=".detach()\n    y = test_y", test_loss="float(loss_of(z, y))", right=right)
