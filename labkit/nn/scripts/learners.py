"""The class of a script that trains: its parameters, forward, backward and one step of learning.

What no network of the script has, batch normalization or a slope of its own, does not stand in it.
"""

from collections.abc import Sequence

from labkit.nn.network import Network
from labkit.nn.normalization import EPSILON, MOMENTUM

_START = '''\
class Network:
    """DEPTH layers with the activation f, and a readout on top; parameters by name and layer."""

    def __init__(self, {functions}, initial_weights{options}):
        self.{f} = {functions}
{kept}\
        self.lost = False
        sizes = [train_x.shape[1], *[WIDTH] * DEPTH, OUTPUTS]
        self.p = {{}}
        for layer in range(DEPTH + 1):
            fan_in, fan_out = sizes[layer], sizes[layer + 1]
            weights, biases = (stream(WEIGHTS, layer), stream(BIASES, layer))
            if layer == DEPTH:
                weights, biases = (stream(READOUT, 0), stream(READOUT, 1))
            self.p["W", layer] = initial_weights(weights, fan_in, fan_out)
            self.p["b", layer] = BIAS_MEAN + BIAS_STD * biases.standard_normal(fan_out)
'''
_NORM_START = '''\
            if norm and layer < DEPTH:
                self.p["gamma", layer], self.p["beta", layer] = np.ones(WIDTH), np.zeros(WIDTH)
                self.running[layer] = [{zeros}, {ones}]  # mean and variance, for the test
'''
_ALPHA_START = '''\
            if alpha is not None and layer < DEPTH:
                self.p["alpha", layer] = np.full({size}, alpha)  # learned
'''
_NUMPY_END = '''\
        self.slots = {name: [np.zeros_like(w), np.zeros_like(w)] for name, w in self.p.items()}
'''
_TORCH_END = '''\
        self.p = {name: torch.tensor(w, requires_grad=True) for name, w in self.p.items()}
        self.optimizer = optimizer(list(self.p.values()))
'''
_FORWARD = '''
    def forward(self, x, mode):
        """Modes are "train"; "test"; and "look", as in training, but nothing is drawn or kept of it."""
        p, h, self.h, self.z = self.p, x, [x], []
        for layer in range(DEPTH):
            z = h @ p["W", layer] + p["b", layer]
{before}{slope}\
            h = self.f(z{alpha})
{after}\
            self.z.append(z)
            self.h.append(h)
{keep}\
        return h @ p["W", DEPTH] + p["b", DEPTH]
'''
_SLOPE = '''
    def slope_below_0(self, layer, z, mode):
        """An alpha for each layer that is learned; or while training a random one for each value, then their mean."""
        if ("alpha", layer) in self.p:
            return (self.p["alpha", layer],)
        if self.slopes is None:
            return ()
        low, high = self.slopes
        if mode != "train":
            return ((low + high) / 2,)
        return ({random},)
'''
_NUMPY_NORM = '''
    def normalize(self, layer, z, mode):
        """Each unit's values over the batch are brought to mean 0 and variance 1; then gamma and beta."""
        gamma, beta = self.p["gamma", layer], self.p["beta", layer]
        mean, variance = self.running[layer]
        if mode != "test":
            mean, variance = z.mean(axis=0), z.var(axis=0)
        if mode == "train":
            unbiased = variance * len(z) / (len(z) - 1)
            for running, new in zip(self.running[layer], (mean, unbiased)):
                running += {momentum} * (new - running)
        scale = 1 / np.sqrt(variance + {epsilon})
        hat = (z - mean) * scale
        self.normalized[layer], self.variance[layer] = (hat, scale), variance
        return gamma * hat + beta

    def normalize_back(self, layer, g, grad):
        hat, scale = self.normalized[layer]
        grad["gamma", layer], grad["beta", layer] = (g * hat).sum(axis=0), g.sum(axis=0)
        return self.p["gamma", layer] * scale * (g - g.mean(axis=0) - hat * (g * hat).mean(axis=0))
'''
_TORCH_NORM = '''
    def normalize(self, layer, z, mode):
        """Each unit's values over the batch are brought to mean 0 and variance 1; then gamma and beta."""
        gamma, beta = self.p["gamma", layer], self.p["beta", layer]
        self.variance[layer] = z.detach().var(axis=0, correction=0)
        running = (None, None) if mode == "look" else self.running[layer]
        return F.batch_norm(z, *running, gamma, beta, mode != "test", momentum={momentum}, eps={epsilon})
'''
_NUMPY_LEARN = '''
    def backward(self, g):
        """The gradient of every parameter, from g = dC/dz of the readout."""
        grad, self.grad_z = {{}}, {{}}
        for layer in reversed(range(DEPTH + 1)):
            h = self.h[layer]
            grad["W", layer], grad["b", layer] = h.T @ g, g.sum(axis=0)
            if layer == 0:
                return grad
            g = g @ self.p["W", layer].T  # dC/dh of the layer below
{after}{alpha}\
            g = self.grad_z[layer - 1] = self.f_back(self.z[layer - 1], g{slope})
{before}\

    def learn(self, x, y, step):
        """One step; the loss before it."""
        loss, g = loss_of(self.forward(x, "train"), y)
        grad = self.grad = self.backward(g)
        self.lost = not (np.isfinite(loss) and all(np.isfinite(each).all() for each in grad.values()))
        if not self.lost:
            for name, w in self.p.items():
                update(w, grad[name], self.slots[name], step)
            self.lost = not all(np.isfinite(w).all() for w in self.p.values())
        return loss
'''
_TORCH_LEARN = '''
    def learn(self, x, y, step):
        """One step; the loss before it."""
        loss = loss_of(self.forward(x, "train"), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.grad = {name: w.grad for name, w in self.p.items()}
        self.lost = not (loss.isfinite() and all(each.isfinite().all() for each in self.grad.values()))
        if not self.lost:
            self.optimizer.step()
            self.lost = not all(w.isfinite().all() for w in self.p.values())
        return loss.item()
'''


def learner(nets: Sequence[Network], torch: bool) -> str:
    """The text of the class."""
    norm = any(net.batch_norm != "none" for net in nets)
    learned = any(net.activation_row.learned for net in nets)
    random = any(net.activation_row.in_training and not net.activation_row.learned for net in nets)
    parts = [_start(nets, torch, norm, learned, random), _forward(norm, learned or random)]
    if learned or random:
        drawn = "low + (high - low) * self.random.random(tuple(z.shape))"
        parts.append(_SLOPE.format(random=f"torch.from_numpy({drawn})" if torch else drawn))
    if norm:
        parts.append((_TORCH_NORM if torch else _NUMPY_NORM).format(momentum=MOMENTUM, epsilon=EPSILON))
    parts.append(_TORCH_LEARN if torch else _numpy_learn(nets, norm, learned, learned or random))
    return "".join(parts)


def _start(nets: Sequence[Network], torch: bool, norm: bool, learned: bool, random: bool) -> str:
    options = ", norm=None" * norm + ", alpha=None" * learned + ", slopes=None" * (learned or random)
    kept = "        self.norm, self.running, self.variance = norm, {}, {}\n" * norm
    if learned or random:
        kept += "        self.slopes, self.random, self.a = slopes, stream(SLOPES), {}\n"
    if norm and not torch:
        kept += "        self.normalized = {}\n"
    functions = "f, f_slope" if torch else "f, f_slope, f_back"
    text = _START.format(functions=functions, f=functions.replace(", ", ", self."), options=options, kept=kept)
    if norm:
        zeros, ones = (f"torch.{each}(WIDTH)" if torch else f"np.{each}(WIDTH)" for each in ("zeros", "ones"))
        text += _NORM_START.format(zeros=zeros, ones=ones)
    if learned:
        text += _ALPHA_START.format(size="WIDTH" if nets[0].alpha_per == "unit" else "1")
    return text + (_TORCH_END if torch else _NUMPY_END)


def _when(place: str, line: str) -> str:
    return f'            if self.norm == "{place}":\n                {line}\n'


def _forward(norm: bool, slope: bool) -> str:
    return _FORWARD.format(
        before=_when("before", "z = self.normalize(layer, z, mode)") * norm,
        slope="            a = self.slope_below_0(layer, z, mode)\n" * slope, alpha=", *a" * slope,
        after=_when("after", "h = self.normalize(layer, h, mode)") * norm,
        keep="            self.a[layer] = a  # for the way back\n" * slope,
    )  # fmt: skip


def _numpy_learn(nets: Sequence[Network], norm: bool, learned: bool, slope: bool) -> str:
    alpha = ""
    if learned:
        by_slope = next(net.activation_row.in_training for net in nets if net.activation_row.learned)
        assert by_slope is not None
        z = (by_slope.by_slope_code or "").replace("(z,", "(self.z[layer - 1],")
        axis = "axis=0" if nets[0].alpha_per == "unit" else ""
        alpha = (
            '            if ("alpha", layer - 1) in self.p:\n'
            f'                grad["alpha", layer - 1] = (g * {z}).sum({axis})\n'
        )
    return _NUMPY_LEARN.format(
        after=_when("after", "g = self.normalize_back(layer - 1, g, grad)") * norm, alpha=alpha,
        slope=", *self.a[layer - 1]" * slope,
        before=_when("before", "g = self.normalize_back(layer - 1, g, grad)") * norm,
    )  # fmt: skip
