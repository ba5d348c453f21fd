#= axes: layer=dropout|batchnorm act=relu|tanh
#= steps: 150
#= let act=relu: f = np.maximum(0, n1)
#= let act=tanh: f = np.tanh(n1)
#= let act=relu: der = (c["n1"] > 0)
#= let act=tanh: der = (1 - c["h1"] ** 2)
#$ def probe(script):
#$     ns = script.run()
#$     p, X, T = ns["p"], ns["X"], ns["T"]
#$     def loss():
#$         return ns["forward"](p, X, T)[0]
#$     def grads():
#$         g = ns["backward"](p, ns["forward"](p, X, T)[1])
#$         return {n: g[n] for n in p if n in g}
#$     return Probe(params=parameters(p, " ".join(p)), loss=loss, gradient=grads, inputs=((ns, "X"),))
import numpy as np

KEEP = 0.7


def init(n_in, n_hidden, n_out, rng):
    p = {}
    p["W1"] = rng.standard_normal((n_in, n_hidden)) * 0.5
#if layer=batchnorm
    p["gamma"] = np.ones(n_hidden)
    p["beta"] = np.zeros(n_hidden)
#else
    p["b1"] = np.zeros(n_hidden)
#end
    p["W2"] = rng.standard_normal((n_hidden, n_out)) * 0.5
    p["b2"] = np.zeros(n_out)
    return p


def forward(p, x, t):
    c = {"x": x, "t": t}
#if layer=batchnorm
    z1 = x @ p["W1"]
    c["mu"] = z1.mean(axis=0)
    c["var"] = z1.var(axis=0) + 1e-5
    c["zn"] = (z1 - c["mu"]) / np.sqrt(c["var"])
    n1 = p["gamma"] * c["zn"] + p["beta"]
    c["h1"] = <<f>>
    c["d1"] = c["h1"]
#else
    n1 = x @ p["W1"] + p["b1"]
    c["h1"] = <<f>>
    rng = np.random.RandomState(99)      # same mask in every step
    #! nondeterministic :: rng = np.random.RandomState()
    c["mask"] = (rng.rand(*n1.shape) < KEEP) / KEEP
    #! dropout-scale/fwd|dropout-mask-missing :: c["mask"] = rng.rand(*n1.shape) < KEEP
    c["d1"] = c["h1"] * c["mask"]
    #! dropout-scale/fwd|dropout-mask-missing :: c["d1"] = c["h1"] * c["mask"] / KEEP
#end
    c["n1"] = n1
    c["y"] = c["d1"] @ p["W2"] + p["b2"]
    loss = 0.5 * np.sum((c["y"] - t) ** 2) / len(x)
    return loss, c


def backward(p, c):
    g = {}
    dy = (c["y"] - c["t"]) / len(c["x"])
    #! sum-instead-of-mean :: dy = c["y"] - c["t"]
    #! extra-factor-2 :: dy = 2 * (c["y"] - c["t"]) / len(c["x"])
    #! output-count-factor :: dy = (c["y"] - c["t"]) / c["y"].size
    g["W2"] = c["d1"].T @ dy
#if layer=dropout
    #! dropout-mask-missing/w|wrong-layer-activation :: g["W2"] = c["h1"].T @ dy
#end
    #! wrong-layer-activation|squashed-input :: g["W2"] = c["n1"].T @ dy
    g["b2"] = dy.sum(axis=0)
    #! bias-sum-without-axis :: g["b2"] = dy.sum()
    dh1 = dy @ p["W2"].T
#if layer=dropout
    dh1 = dh1 * c["mask"]
    #!? dropout-scale/fwd ::
    #! dropout-mask-missing ::
    #! dropout-scale :: dh1 = dh1 * (c["mask"] > 0)
#end
    dn1 = dh1 * <<der>>
    #! missing-hidden-derivative :: dn1 = dh1
    #! derivative-at-activation [act=tanh] :: dn1 = dh1 * (1 - np.tanh(c["h1"]) ** 2)
    #! upstream-lost :: dn1 = <<der>> * 1.0
#if layer=batchnorm
    g["gamma"] = (dn1 * c["zn"]).sum(axis=0)
    #! wrong-layer-activation/g :: g["gamma"] = (dn1 * c["n1"]).sum(axis=0)
    g["beta"] = dn1.sum(axis=0)
    #! bias-mean-instead-of-sum/beta :: g["beta"] = dn1.mean(axis=0)
    m = len(c["x"])
    dzn = dn1 * p["gamma"]
    dz1 = (dzn - dzn.mean(axis=0) - c["zn"] * (dzn * c["zn"]).mean(axis=0)) / np.sqrt(c["var"])
    #! batchnorm-statistics :: dz1 = dzn / np.sqrt(c["var"])
    #! batchnorm-statistics/var :: dz1 = (dzn - dzn.mean(axis=0)) / np.sqrt(c["var"])
    #! batchnorm-statistics/mean :: dz1 = (dzn - c["zn"] * (dzn * c["zn"]).mean(axis=0)) / np.sqrt(c["var"])
    g["W1"] = c["x"].T @ dz1
    #! local-constant|missing-factor-2/bn :: g["W1"] = c["x"].T @ dz1 / 2
#else
    g["W1"] = c["x"].T @ dn1
    #! squashed-input :: g["W1"] = np.tanh(c["x"]).T @ dn1
    g["b1"] = dn1.sum(axis=0)
    #! bias-mean-instead-of-sum :: g["b1"] = dn1.mean(axis=0)
    #! bias-from-weight-gradient :: g["b1"] = g["W1"].sum(axis=0)
#end
    return g


rng = np.random.default_rng(21)
X = rng.standard_normal((17, 4))
T = np.stack([np.sin(X[:, 0]), X[:, 1] * X[:, 2], X[:, 3]], axis=1)
p = init(4, 6, 3, rng)

curve = []
for step in range(150):
    loss, cache = forward(p, X, T)
    curve.append(loss)
    grads = backward(p, cache)
    for name in p:
        p[name] -= 0.1 * grads[name]
    if step % 30 == 0:
        print(f"{step:4d}  {loss:.5f}")
