#$ def probe(script): return script.flat("V c U d", loss="fout", rate=0.2)
# temperatuur voorspellen met een klein netwerk
import numpy as np
rng = np.random.RandomState(0)
x = rng.rand(16, 2)
temperatuur = (15 + 10 * x[:, [0]] - 4 * x[:, [1]]) / 40
#! target-out-of-range :: temperatuur = 15 + 10 * x[:, [0]] - 4 * x[:, [1]]
V, c = rng.randn(2, 5), np.zeros(5)
U, d = rng.randn(5, 1), np.zeros(1)
def s(q):
    return 1.0 / (1.0 + np.exp(-q))
#!? target-out-of-range ::
for ronde in range(800):
    h = s(x @ V + c)
    o = s(h @ U + d)
    #!? target-out-of-range ::
    fout = np.mean((o - temperatuur) ** 2)
    do = 2 / len(x) * (o - temperatuur) * o * (1 - o)
    dh = do @ U.T * h * (1 - h)
    U -= 0.2 * h.T @ do
    d -= 0.2 * do.sum(axis=0)
    V -= 0.2 * x.T @ dh
    c -= 0.2 * dh.sum(axis=0)
    if ronde % 100 == 0:
        print(ronde, fout)
