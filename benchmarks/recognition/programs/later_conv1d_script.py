# parameters: (3,) (8, 2)
# loss: np.sum((out - T) ** 2) / len(S)
import numpy as np

r = np.random.default_rng(12)
S, T = r.normal(size=(9, 10)), r.normal(size=(9, 2))
kernel, W = r.normal(size=3), r.normal(size=(8, 2))
vals = []
for step in range(40):
    conv = sum(kernel[j] * S[:, j:j + 8] for j in range(3))
    act = np.tanh(conv)
    out = act @ W
    vals.append(np.sum((out - T) ** 2) / len(S))
    d = 2 * (out - T) / len(S)
    dconv = d @ W.T * (1 - act ** 2)  # wrong: dconv = d @ W.T
    dk = np.array([np.sum(dconv * S[:, j:j + 8]) for j in range(3)])
    W -= 0.02 * act.T @ d
    kernel -= 0.02 * dk
