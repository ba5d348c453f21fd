#$ def probe(script): return script.flat("beta beta0", loss="objective", rate=0.05)
import numpy as np
rng = np.random.default_rng(6)
A = rng.normal(size=(40, 6))
target = A @ rng.normal(size=6) + 2 + 0.1 * rng.normal(size=40)
beta = rng.normal(size=6)
beta0 = np.zeros(1)
penalty = 0.7
path = []
for sweep in range(300):
    fitted = A @ beta + beta0
    objective = np.mean((target - fitted) ** 2) + penalty * np.sum(beta ** 2)
    path.append(objective)
    resid = target - fitted
    grad = -2 * A.T @ resid / len(A) + 2 * penalty * beta
    #! regularisation-factor :: grad = -2 * A.T @ resid / len(A) + penalty * beta
    grad0 = -2 * resid.mean()
    #! regularisation-on-bias :: grad0 = -2 * resid.mean() + 2 * penalty * beta0
    beta = beta - 0.05 * grad
    beta0 = beta0 - 0.05 * grad0
    if sweep % 100 == 0:
        print(sweep, objective)
