"""A propagation as a script: draws, weights, forward, backward, and a table with a line for each layer."""

from labkit.nn.network import Network
from labkit.nn.scripts import pieces
from labkit.nn.scripts.probes import Probe

_TABLE = '''\
COLUMNS = {names}
print("layer", *(f"{{name:>19}}" for name in COLUMNS))
for layer in range(DEPTH):
    h_, gradient, slopes = {h}, {gradient}, {slopes}
    mean, std, _ = moments(h_)
    saturated = np.mean(np.abs(slopes) < SATURATED_BELOW)  # share of the values
    zero = np.mean(h_ == 0)
    dead = np.mean(np.all(slopes == 0, axis=0))  # share of the units: slope 0 for the whole batch
    nonfinite = np.sum(~np.isfinite(h_)) + np.sum(~np.isfinite(gradient))
    row = (mean, std, moments(gradient)[2], saturated, zero, dead, nonfinite)
    print(f"{{layer + 1:5}}", *(f"{{value:19.12g}}" for value in row))
'''
COLUMNS = ("mean(h)", "std(h)", "rms(dC/dz)", "saturated", "zero", "dead", "nonfinite")
_NUMPY_FORWARD = '''\
z, h = [], [x]
for layer in range(DEPTH):
    z.append(h[-1] @ W[layer] + b[layer])
    h.append(f(z[-1]))
'''
_NUMPY_BACKWARD = '''\
grad_z = [None] * DEPTH
for layer in reversed(range(DEPTH)):
    grad_z[layer] = f_back(z[layer], g)
    g = grad_z[layer] @ W[layer].T  # dC/dh of the layer below
# and for the weights: dC/dW[layer] = h[layer].T @ grad_z[layer]
'''
_NUMPY_COTANGENT = "g = stream(COTANGENT).standard_normal((BATCH, WIDTH))  # dC/dh of the last layer\n"
_NUMPY_LOSS = '''\
logits = h[-1] @ W_out + b_out
p = np.exp(logits - logits.max(axis=1, keepdims=True))
p /= p.sum(axis=1, keepdims=True)
p[np.arange(BATCH), labels] -= 1
g = p / BATCH @ W_out.T  # dC/dh of the last layer, C the mean cross-entropy
'''
_TORCH_FORWARD = '''\
x = torch.from_numpy(x)
W = [torch.from_numpy(np.ascontiguousarray(w)).requires_grad_() for w in W]
b = [torch.from_numpy(each) for each in b]
z, h = [], [x]
for layer in range(DEPTH):
    z.append(h[-1] @ W[layer] + b[layer])
    z[-1].retain_grad()  # autograd forgets what lies between, unless it is told
    h.append(f(z[-1]))
'''
_TORCH_LOSS = '''\
logits = h[-1] @ torch.from_numpy(np.ascontiguousarray(W_out)) + torch.from_numpy(b_out)
C = F.cross_entropy(logits, torch.from_numpy(labels))
C.backward()
'''
_TORCH_COTANGENT = '''\
C = (h[-1] * torch.from_numpy(stream(COTANGENT).standard_normal((BATCH, WIDTH)))).sum()
C.backward()  # dC/dh of the last layer is N(0, 1)
'''
_WEIGHTS = '''\
fan_in = [x.shape[1]] + [WIDTH] * (DEPTH - 1)
W = [initial_weights(stream(WEIGHTS, layer), fan_in[layer], WIDTH) for layer in range(DEPTH)]
b = [BIAS_MEAN + BIAS_STD * stream(BIASES, layer).standard_normal(WIDTH) for layer in range(DEPTH)]
'''
_READOUT = '''\
W_out = initial_weights(stream(READOUT, 0), WIDTH, {classes})
b_out = BIAS_MEAN + BIAS_STD * stream(READOUT, 1).standard_normal({classes})
'''
_DOC = '''\
A signal on its way through a deep network, in {how}. Written by labkit.

{setting}.
From the seed come the draws, from the draws the weights; then forward, backward, and a table with a line for each
layer: the numbers that the page shows, in float64. They agree to ten digits and more, except where the network itself
makes rounding errors grow (chaos, in deep networks with large weights).
'''


def propagation_script(net: Network, torch: bool, probe: Probe | None = None) -> str:
    """The text of a script; ValueError says what it cannot do."""
    if net.batch_norm != "none":
        raise ValueError(f"a script of a propagation has no batch normalization, got batch_norm {net.batch_norm!r}")
    body = [_settings(net, torch), "{draws}", pieces.first_weights(net.initializer_row, net.options), ""]
    body += ["", pieces.activation(net, torch), "", "", pieces.MOMENTS, ""]
    body += [pieces.title("The input"), _input(net, probe), pieces.title("The first weights"), _WEIGHTS]
    loss = net.gradient_source == "loss"
    if loss:
        body.append(_READOUT.format(classes=net.dataset_row.classes))
    body += _torch_passes(loss) if torch else _numpy_passes(loss)
    body += [pieces.title("Layer by layer"), _table(torch)]
    if probe is not None:
        body += [pieces.title(probe.title), probe.after]
    text = "\n".join(body)
    text = text.replace("{draws}", pieces.draws(text) + "\n")
    how = "PyTorch, with NumPy's draws" if torch else "plain NumPy"
    return pieces.head(_DOC.format(how=how, setting=_setting(net)), text)


def _setting(net: Network) -> str:
    layers = f"{net.depth} layer{'s' * (net.depth > 1)} of {net.width}"
    return f"{pieces.name_of(net.activation_row)}, initializer {net.initializer_row.label}, {layers}"


def _settings(net: Network, torch: bool) -> str:
    lines = [
        pieces.title("Settings: change them and run it again"), f"SEED = {net.seed}", f"DEPTH = {net.depth}",
        f"WIDTH = {net.width}", f"BATCH = {net.batch}", f"BIAS_MEAN = {pieces.number(net.bias_mean)}",
        f"BIAS_STD = {pieces.number(net.bias_std)}", f"INPUT_SCALE = {pieces.number(net.input_scale)}",
        pieces.saturated_below(net), "",
        "np.seterr(all=\"ignore\")  # overflow is a result here: it is counted",
    ]  # fmt: skip
    return "\n".join([*lines, *(["torch.set_default_dtype(torch.float64)"] if torch else []), ""])


def _input(net: Network, probe: Probe | None) -> str:
    if probe is not None and probe.inputs:
        return probe.inputs
    row = net.dataset_row
    if row.split is None:
        lines = ["x = stream(INPUT).standard_normal((BATCH, WIDTH))"]
        if net.standardize:
            lines.append("x = (x - x.mean()) / x.std()")
    else:
        lines = ["", pieces.samples(row), "chosen = stream(INPUT).permutation(len(train_x))[:BATCH]"]
        unit = f" / {round(1 / row.unit)}" if row.unit != 1 else ""
        standard = "x = (train_x[chosen] - train_x.mean()) / train_x.std()"
        lines.append(standard if net.standardize else f"x = train_x[chosen]{unit}")
        if net.gradient_source == "loss":
            lines.append("labels = train_y[chosen]")
    return "\n".join([*lines, "x = INPUT_SCALE * x", ""])


def _numpy_passes(loss: bool) -> list[str]:
    start = _NUMPY_LOSS if loss else _NUMPY_COTANGENT
    return [pieces.title("Forward"), _NUMPY_FORWARD, pieces.title("Backward"), start + _NUMPY_BACKWARD]


def _torch_passes(loss: bool) -> list[str]:
    backward = _TORCH_LOSS if loss else _TORCH_COTANGENT
    return [pieces.title("Forward"), _TORCH_FORWARD, pieces.title("Backward: autograd's work"), backward]


def _table(torch: bool) -> str:
    if torch:
        h, gradient = "h[layer + 1].detach().numpy()", "z[layer].grad.numpy()"
        return _TABLE.format(names=_names(), h=h, gradient=gradient, slopes="f_slope(z[layer].detach()).numpy()")
    return _TABLE.format(names=_names(), h="h[layer + 1]", gradient="grad_z[layer]", slopes="f_slope(z[layer])")


def _names() -> str:
    return "(" + ", ".join(f'"{name}"' for name in COLUMNS) + ")"
