# parameters: (4, 5) (6, 2)
# loss: 0.5 * np.mean(np.sum((T - O) ** 2, axis=1))
import numpy as np

rng = np.random.default_rng(23)
X = np.c_[rng.standard_normal((20, 3)), np.ones(20)]
T = rng.random((20, 2))
W1, W2 = rng.standard_normal((4, 5)), rng.standard_normal((6, 2))
E = []
for k in range(50):
    H = np.c_[1 / (1 + np.exp(-X @ W1)), np.ones(20)]
    O = 1 / (1 + np.exp(-H @ W2))
    E.append(0.5 * np.mean(np.sum((T - O) ** 2, axis=1)))
    D2 = (T - O) * O * (1 - O) / 20
    D1 = (D2 @ W2.T * H * (1 - H))[:, :-1]  # wrong: D1 = (D2 @ W2.T * H)[:, :-1]
    W2 += 0.5 * H.T @ D2
    W1 += 0.5 * X.T @ D1
