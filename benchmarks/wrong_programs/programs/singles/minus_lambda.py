#$ def probe(script):
#$     ns = script.run(); m = ns["m"]
#$     return Probe(params=parameters(m, "U V"), loss=lambda: m.loss(), gradient=lambda: m.grads())
# matrix factorisation R ~ U V^T
import numpy as np
class MF:
    def __init__(self, R, k, lam):
        g = np.random.default_rng(1)
        self.R, self.lam = R, lam
        self.U, self.V = g.normal(size=(R.shape[0], k)), g.normal(size=(R.shape[1], k))
    def loss(self):
        E = self.R - self.U @ self.V.T
        return (E ** 2).sum() + self.lam * ((self.U ** 2).sum() + (self.V ** 2).sum())
    def grads(self):
        E = self.R - self.U @ self.V.T
        gU = -2 * E @ self.V + 2 * self.lam * self.U
        #! regularisation-sign :: gU = -2 * E @ self.V - 2 * self.lam * self.U
        gV = -2 * E.T @ self.U + 2 * self.lam * self.V
        #! regularisation-sign :: gV = -2 * E.T @ self.U - 2 * self.lam * self.V
        return {"U": gU, "V": gV}
R = np.random.default_rng(0).normal(size=(6, 5))
m = MF(R, 3, 0.3)
for i in range(100):
    l = m.loss()
    g = m.grads()
    m.U -= 0.01 * g["U"]
    m.V -= 0.01 * g["V"]
print(l)
