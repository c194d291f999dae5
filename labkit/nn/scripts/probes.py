"""What a lab sends through its network besides, or in place of, the data set: as lines of a script, in NumPy.

They stand in the PyTorch script too: there they take what that has computed back to NumPy.
"""

from dataclasses import dataclass

from labkit.nn.scripts.pieces import number

_COSINES = '''\
def unit_rows(rows):
    """Each row divided by its length; by its largest value first, as squares under- and overflow."""
    rows = rows / np.abs(rows).max(axis=1, keepdims=True)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
'''
_PLANE = '''\
def random_plane(index):
    """Two orthonormal rows."""
    Q, R = np.linalg.qr(stream(INPUT, index).standard_normal((WIDTH, 2)))
    return (Q * np.where(np.diagonal(R) < 0, -1.0, 1.0)).T
'''
_FAN = '''\
# inputs at equal angles on a circle in a random plane


{plane}

angles = np.radians({degrees} * np.arange(BATCH) / max(BATCH - 1, 1))
x = np.sqrt(WIDTH) * np.column_stack([np.cos(angles), np.sin(angles)]) @ random_plane(1)
'''
_ANGLES = '''\
# of each other input to the first one, by layer; layer 0 is the input
{cosines}

for layer in range(DEPTH + 1):
    unit = unit_rows(np.asarray(x if layer == 0 else {h}))
    cosine = np.clip(unit @ unit[0], -1, 1)[1:]
    print(f"{{layer:5}}", *(f"{{degrees:19.12g}}" for degrees in np.degrees(np.arccos(cosine))))
'''
_PAIRS = '''\
# pairs of inputs of one correlation (cosine), and what becomes of it in each layer's z: one pair a column
PAIRS, START = {count}, {start}


{plane}

{cosines}

planes = np.sqrt(WIDTH) * np.array([random_plane(2 + pair) for pair in range(PAIRS)])
first, beside = planes[:, 0], planes[:, 1]
both = np.concatenate([first, START * first + np.sqrt(1 - START * START) * beside])
signal = np.sqrt(np.mean(np.square({x}))) * both  # as large as the inputs above
for layer in range(DEPTH):
    pre = signal @ {W} + {b}
    unit = unit_rows(pre)
    cosine = np.clip(np.sum(unit[:PAIRS] * unit[PAIRS:], axis=1), -1, 1)
    print(f"{{layer + 1:5}}", *(f"{{value:19.12g}}" for value in cosine))
    signal = {f}
'''


@dataclass(frozen=True)
class Probe:
    """Lines that make `x`, empty for the data set's, and lines that print more, under a title."""

    title: str
    after: str
    inputs: str = ""


def fan(torch: bool, degrees: float) -> Probe:
    """The inputs of cosines.fan, as many as the network's batch, and their angles to the first one by layer."""
    h = "h[layer].detach()" if torch else "h[layer]"
    return Probe(
        "Angles in degrees", "\n" + _ANGLES.format(cosines=_COSINES, h=h),
        _FAN.format(plane=_PLANE, degrees=number(degrees)),
    )  # fmt: skip


def pairs(torch: bool, count: int, start: float) -> Probe:
    """Pairs of inputs of correlation `start`, sent through the network's weights and biases."""
    names = {"x": "x", "W": "W[layer]", "b": "b[layer]", "f": "f(pre)"}
    if torch:
        names = {
            "x": "x.numpy()", "W": "W[layer].detach().numpy()", "b": "b[layer].numpy()",
            "f": "f(torch.from_numpy(pre)).numpy()",
        }  # fmt: skip
    text = _PAIRS.format(count=count, start=number(start), plane=_PLANE, cosines=_COSINES, **names)
    return Probe("Two inputs at once", text)
