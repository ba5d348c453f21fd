#$ def probe(script):
#$     ns = script.run(); h = {"w": np.array(ns["w"])}
#$     return Probe(params=parameters(h, "w"), loss=lambda: -ns["log_likelihood"](h["w"]), gradient=lambda: {"w": -ns["slope"](h["w"])})
# maximise the log likelihood of a logistic model
import numpy as np
r = np.random.RandomState(2)
X = r.randn(30, 4); y = (r.rand(30) < 0.5).astype(float)
def log_likelihood(w):
    z = X @ w
    return np.sum(y * z - np.log(1 + np.exp(z)))
def slope(w):
    return X.T @ (y - 1 / (1 + np.exp(-X @ w)))
w = np.zeros(4)
trace = []
for i in range(100):
    trace.append(log_likelihood(w))
    w = w + 0.02 * slope(w)
