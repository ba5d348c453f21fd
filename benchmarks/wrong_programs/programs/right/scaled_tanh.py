#$ def probe(script): return script.flat("U u V v", loss="err", rate=0.02)
import numpy as np
# LeCun's 1.7159 tanh(2/3 x)
rs = np.random.RandomState(18)
X = rs.randn(18, 4); D = np.sign(rs.randn(18, 2))
U, u, V, v = rs.randn(4, 5) * .5, rs.randn(5), rs.randn(5, 2) * .5, rs.randn(2)
phi = lambda a: 1.7159 * np.tanh(2 / 3 * a)
dphi = lambda y: 2 / 3 / 1.7159 * (1.7159 - y) * (1.7159 + y)
errs = []
for i in range(120):
    h = phi(X @ U + u); o = phi(h @ V + v)
    err = ((D - o) ** 2).mean(); errs.append(err)
    do = (D - o) * 2 / o.size * dphi(o)
    dh = do @ V.T * dphi(h)
    V += 0.02 * h.T @ do; v += 0.02 * do.sum(0)
    U += 0.02 * X.T @ dh; u += 0.02 * dh.sum(0)
