# parameters: (4, 6) (1, 6) (6, 3) (1, 3)
# loss: cross-entropy
import numpy as np

np.random.seed(5)
N = 20
X = np.random.randn(N, 4)
labels = np.random.randint(0, 3, N)
T = np.eye(3)[labels]
A = 0.3 * np.random.randn(4, 6)
a0 = np.zeros((1, 6))
B = 0.3 * np.random.randn(6, 3)
b0 = np.zeros((1, 3))
for n in range(100):
    H = np.maximum(0, X @ A + a0)
    S = np.exp(H @ B + b0)
    P = S / S.sum(axis=1, keepdims=True)
    if n % 10 == 0:
        print("accuracy", (P.argmax(1) == labels).mean())
    D = (P - T) / N
    E = D @ B.T * (H > 0)  # wrong: E = D @ B.T
    B -= 0.5 * H.T @ D
    b0 -= 0.5 * D.sum(axis=0, keepdims=True)
    A -= 0.5 * X.T @ E
    a0 -= 0.5 * E.sum(axis=0, keepdims=True)
