# parameters: (2, 9) (1, 9) (9, 3) (1, 3)
# loss: np.sum(logprobs) / n
import numpy as np

np.random.seed(0)
n = 40
X = np.random.randn(n, 2)
y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
W = 0.5 * np.random.randn(2, 9)
b = np.zeros((1, 9))
W2 = 0.5 * np.random.randn(9, 3)
b2 = np.zeros((1, 3))
vW, vb, vW2, vb2 = 0, 0, 0, 0
mu = 0.9
step_size = 0.5
history = []
for i in range(300):
    hidden = np.maximum(0, X @ W + b)
    exp_scores = np.exp(hidden @ W2 + b2)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    logprobs = -np.log(probs[range(n), y])
    loss = np.sum(logprobs) / n
    history.append(loss)
    dscores = probs
    dscores[range(n), y] -= 1
    dscores /= n
    dW2 = hidden.T @ dscores
    db2 = np.sum(dscores, axis=0, keepdims=True)
    dhidden = dscores @ W2.T
    dhidden[hidden <= 0] = 0  # wrong: dhidden[dhidden <= 0] = 0
    dW = X.T @ dhidden
    db = np.sum(dhidden, axis=0, keepdims=True)
    vW = mu * vW - step_size * dW
    vb = mu * vb - step_size * db
    vW2 = mu * vW2 - step_size * dW2
    vb2 = mu * vb2 - step_size * db2
    W += vW
    b += vb
    W2 += vW2
    b2 += vb2
