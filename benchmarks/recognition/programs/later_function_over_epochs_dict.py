# parameters: (2, 6) (6,) (6, 2) (2,)
# loss: -np.mean(np.log(probs[np.arange(len(labels)), labels]))
import numpy as np


def setup(seed):
    rng = np.random.default_rng(seed)
    return dict(first=rng.normal(size=(2, 6)), shift1=np.zeros(6), second=rng.normal(size=(6, 2)), shift2=np.zeros(2))


def evaluate(net, pts, labels):
    pre = pts @ net["first"] + net["shift1"]
    act = np.maximum(pre, 0)
    raw = act @ net["second"] + net["shift2"]
    probs = np.exp(raw - raw.max(axis=1)[:, None])
    probs /= probs.sum(axis=1)[:, None]
    value = -np.mean(np.log(probs[np.arange(len(labels)), labels]))
    back = probs.copy()
    back[np.arange(len(labels)), labels] -= 1
    back /= len(labels)
    down = (back @ net["second"].T) * (pre > 0)  # wrong: down = back @ net["second"].T
    return value, dict(first=pts.T @ down, shift1=down.sum(0), second=act.T @ back, shift2=back.sum(0))


def run():
    rng = np.random.default_rng(2)
    pts = rng.normal(size=(40, 2))
    labels = (pts[:, 0] * pts[:, 1] > 0).astype(int)
    net = setup(1)
    values = []
    for step in range(60):
        value, slope = evaluate(net, pts, labels)
        values.append(value)
        net = {key: net[key] - 0.3 * slope[key] for key in net}
    return net, values


if __name__ == "__main__":
    run()
