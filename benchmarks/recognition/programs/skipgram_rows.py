# parameters: (8, 3) (3, 8)
# loss: -np.log(p[c])
import numpy as np

g = np.random.default_rng(32)
corpus = [0, 3, 1, 4, 2, 6, 5, 7, 3, 2]
E, F = g.standard_normal((8, 3)), g.standard_normal((3, 8))
nll = []
for epoch in range(5):
    for k in range(1, len(corpus)):
        w, c = corpus[k - 1], corpus[k]
        x = np.zeros(8)
        x[w] = 1
        h = x @ E
        s = h @ F
        p = np.exp(s - s.max())
        p = p / p.sum()
        nll.append(-np.log(p[c]))
        d = p.copy()
        d[c] -= 1
        gE, gF = np.outer(x, F @ d), np.outer(h, d)  # wrong: gE, gF = np.outer(x, F @ p), np.outer(h, d)
        E -= 0.1 * gE
        F -= 0.1 * gF
