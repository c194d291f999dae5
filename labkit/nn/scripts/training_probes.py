"""What a lab measures of its trained networks besides the layers: as lines of a script, which print a table."""

from labkit.nn.scripts.probes import Probe

_GRADIENTS = '''\
# apart: how far two units differ in one weight or the bias, at most
print()
print(f"{{'network':>8}} {{'layer':>6}}", *(f"{{name:>19}}" for name in ("norm(dC/dW)", "first_bias", "apart")))
for number, net in enumerate(NETWORKS, 1):
    for layer in range(DEPTH + 1):  # the last one is the readout
        units = np.vstack([{W}, {b}])
        row = np.linalg.norm(net.grad["W", layer]), units[-1, 0], np.ptp(units, axis=1).max()
        print(f"{{number:8}} {{layer + 1:6}}", *(f"{{value:19.12g}}" for value in row))
'''
_COLLAPSE = '''\
# matrix and offset: what the layers would be without an activation; missed: how far the network's outputs are from that
print()
COLUMNS = ("matrix_1", "matrix_2", "offset", "missed", "largest_output")
print(f"{{'network':>8}}", *(f"{{name:>19}}" for name in COLUMNS))
for number, net in enumerate(NETWORKS, 1):
    W, b = ([{value} for layer in range(DEPTH + 1)] for name in "Wb")
    matrix, offset = W[0], b[0]
    for layer in range(1, DEPTH + 1):
        matrix, offset = matrix @ W[layer], offset @ W[layer] + b[layer]
    outputs = {outputs}
    missed = np.abs(outputs - ({x} @ matrix + offset)).max()
    row = (*matrix[:, 0], offset[0], missed, np.abs(outputs).max())
    print(f"{{number:8}}", *(f"{{value:19.12g}}" for value in row))
'''


def last_gradients(torch: bool) -> Probe:
    """The size of dC/dW in the last step by layer, the readout last; then what its units have become."""
    W, b = (f'net.p["{name}", layer]{".detach()" * torch}' for name in "Wb")
    return Probe("The last step's gradients, and the units after it", _GRADIENTS.format(W=W, b=b))


def collapse(torch: bool) -> Probe:
    """The product of all matrices for two inputs and one output, and how far the network's outputs are from it."""
    names = {"value": "net.p[name, layer]", "outputs": 'net.forward(look_x, "look")', "x": "look_x"}
    if torch:
        names = {"value": f"{names['value']}.detach().numpy()", "outputs": f"{names['outputs']}.detach().numpy()",
                 "x": "look_x.numpy()"}  # fmt: skip
    return Probe("The product of the matrices", _COLLAPSE.format(**names))
