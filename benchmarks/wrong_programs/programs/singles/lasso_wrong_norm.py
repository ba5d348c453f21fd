#$ def probe(script): return script.flat("coef", loss="obj", rate="t")
import numpy as np
rng = np.random.RandomState(1)
D = rng.randn(35, 8)
obs = D[:, 0] - 2 * D[:, 3] + .1 * rng.randn(35)
coef = rng.randn(8) * .1
lam, t = 0.2, 0.05
objs = []
for k in range(150):
    r = D.dot(coef) - obs
    obj = 0.5 * np.dot(r, r) / len(r) + lam * np.sum(np.abs(coef))
    objs.append(obj)
    g = D.T.dot(r) / len(r) + lam * np.sign(coef)
    #! regularisation-wrong-norm :: g = D.T.dot(r) / len(r) + lam * coef
    coef = coef - t * g
    if k % 50 == 0:
        print(obj)
