#$ def probe(script):
#$     ns = script.run(); th = ns["theta"]
#$     return Probe(params=parameters(th, "W1 W2 W3"), loss=lambda: ns["objective"](th)[0], gradient=lambda: ns["objective"](th)[1])
import numpy as np
rand = np.random.default_rng(55)
X = rand.normal(size=(16, 5)); T = rand.normal(size=(16, 1))
theta = {"W1": rand.normal(size=(5, 5)), "W2": rand.normal(size=(5, 5)), "W3": rand.normal(size=(5, 1))}

def objective(th):
    s1 = X @ th["W1"]; r1 = s1 * (s1 > 0)
    s2 = r1 @ th["W2"]; r2 = s2 * (s2 > 0)
    y = r2 @ th["W3"]
    j = np.mean((y - T) ** 2)
    g_y = 2 * (y - T) / len(T)
    g_s2 = np.where(s2 > 0, g_y @ th["W3"].T, 0)
    #! relu-mask-wrong-layer :: g_s2 = np.where(s1 > 0, g_y @ th["W3"].T, 0)
    g_s1 = np.where(s1 > 0, g_s2 @ th["W2"].T, 0)
    #! relu-mask-wrong-layer :: g_s1 = np.where(s2 > 0, g_s2 @ th["W2"].T, 0)
    return j, {"W1": X.T @ g_s1, "W2": r1.T @ g_s2, "W3": r2.T @ g_y}

for n in range(120):
    j, g = objective(theta)
    theta = {k: theta[k] - 0.01 * g[k] for k in theta}
    if n % 30 == 0: print(j)
