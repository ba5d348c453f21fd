#$ def probe(script):
#$     ns = script.run(); P = ns["params"]
#$     return Probe(params=parameters(P, "A B C"), loss=lambda: ns["run"](ns["x"], ns["t"], P)[0], gradient=lambda: ns["run"](ns["x"], ns["t"], P)[1])
# three layers without biases; square so that everything fits
import numpy as np

def run(x, t, params):
    A, B, C = params["A"], params["B"], params["C"]
    u = x @ A
    p = np.tanh(u)
    v = p @ B
    q = np.tanh(v)
    y = q @ C
    loss = np.mean((y - t) ** 2)

    dy = 2 * (y - t) / y.size
    dv = (dy @ C.T) * (1 - np.tanh(v) ** 2)
    du = (dv @ B.T) * (1 - np.tanh(u) ** 2)
    #! derivative-of-wrong-argument :: du = (dv @ B.T) * (1 - np.tanh(x) ** 2)
    return loss, {"A": x.T @ du, "B": p.T @ dv, "C": q.T @ dy}
    #! swapped-blocks :: return loss, {"A": x.T @ du, "B": q.T @ dy, "C": p.T @ dv}

g = np.random.default_rng(9)
x, t = g.normal(size=(6, 4)), g.normal(size=(6, 4))
params = {n: g.normal(size=(4, 4)) * 0.6 for n in "ABC"}
for i in range(100):
    loss, grads = run(x, t, params)
    for n in params:
        params[n] -= 0.2 * grads[n]
print(loss)
