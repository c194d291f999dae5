"""The table of layers that a training's script prints: what `Training.statistics` says, on the same fixed batch.

Columns beyond COLUMNS are there where a network of the script has what they count.
"""

from collections.abc import Sequence

from labkit.nn.network import Network
from labkit.nn.symmetry import SAME

COLUMNS = ("mean(z)", "std(z)", "mean(h)", "std(h)", "rms(dC/dz)", "dead", "distinct")
VARIANCE, ALPHA = "variance", "alpha"
"""Given to the normalization, mean of the units; mean of the learned alphas."""

_FIXED = '''\
look_rows = stream(INPUT).permutation(len(train_x))[:LOOK_SAMPLES]  # the same at every look
look_x, look_y = train_x[look_rows], train_y[look_rows]
'''
_DISTINCT = '''\
def distinct(units):
    """How many rows differ, up to rounding."""
    units, count = units[np.argsort(np.abs(units).max(axis=1))], 0
    while len(units):
        differs = np.abs(units - units[0]).max(axis=1) > {same} * np.abs(units[0]).max()
        units, count = units[differs], count + 1
    return count
'''
_LAYERS = '''\
def layers(net):
    """A row for each layer, from a batch that goes forward and back: nothing is learned of it."""
    {passes}
    for layer in range(DEPTH):
        {values}
        dead = np.mean(np.all({slopes} == 0, axis=0))  # share of the units: slope 0 for all samples
        units = np.vstack([{W}, {b}]).T  # what comes into each
        row = [*moments(z)[:2], *moments(h)[:2], moments(g)[2], dead, distinct(units)]
{more}\
        yield row
'''
_MORE = "        row.append({value}.mean() if {there} else np.nan)\n"
_NUMPY = {
    "passes": 'net.backward(loss_of(net.forward(look_x, "look"), look_y)[1])',
    "values": "z, h, g = net.z[layer], net.h[layer + 1], net.grad_z[layer]",
    "slopes": "net.f_slope(z{a})", "W": 'net.p["W", layer]', "b": 'net.p["b", layer]',
}  # fmt: skip
_TORCH = {
    "passes": 'grad_z = torch.autograd.grad(loss_of(net.forward(look_x, "look"), look_y), net.z)',
    "values": "z, h, g = (each[layer].detach().numpy() for each in (net.z, net.h[1:], grad_z))",
    "slopes": "net.f_slope(net.z[layer].detach(){a}).numpy()", "W": 'net.p["W", layer].detach()',
    "b": 'net.p["b", layer].detach()',
}  # fmt: skip
_TABLE = '''\
print()
COLUMNS = ({names})
print(f"{{'step':>6}} {{'network':>8}} {{'layer':>6}}", *(f"{{name:>19}}" for name in COLUMNS))
for step, number, layer, row in looks:
    print(f"{{step:6}} {{number:8}} {{layer:6}}", *(f"{{value:19.12g}}" for value in row))
'''


def columns(nets: Sequence[Network]) -> tuple[str, ...]:
    """The names of the numbers in a row."""
    more = {VARIANCE: _normalized(nets), ALPHA: _learned(nets)}
    return *COLUMNS, *(name for name, there in more.items() if there)


def _normalized(nets: Sequence[Network]) -> bool:
    return any(net.batch_norm != "none" for net in nets)


def _learned(nets: Sequence[Network]) -> bool:
    return any(net.activation_row.learned for net in nets)


def fixed_batch() -> str:
    """The lines that choose it."""
    return _FIXED


def functions(nets: Sequence[Network], torch: bool) -> str:
    """The function that gives a network's rows, and what it needs."""
    says = _TORCH if torch else _NUMPY
    own_slope = any(net.activation_row.in_training for net in nets)
    parts = {**says, "slopes": says["slopes"].format(a=", *net.a[layer]" * own_slope)}
    more = ""
    if _normalized(nets):
        more += _MORE.format(value="net.variance[layer]", there="net.norm")
    if _learned(nets):
        more += _MORE.format(value='net.p["alpha", layer]', there='("alpha", layer) in net.p')
    return f"{_DISTINCT.format(same=SAME)}\n\n{_LAYERS.format(**parts, more=more)}"


def table(nets: Sequence[Network]) -> str:
    """The lines that print what was looked at."""
    return _TABLE.format(names=", ".join(f'"{name}"' for name in columns(nets)))
