#$ def probe(script): return script.flat("W1 b1 W2 b2", loss="loss", rate="lr")
import numpy as np
np.random.seed(33)
lr = 0.3
X = np.random.rand(8, 2); Y = X.sum(axis=1, keepdims=True) / 2
W1 = np.random.randn(2, 3); b1 = np.zeros(3); W2 = np.random.randn(3, 1); b2 = np.zeros(1)
def f(x): return 1 / (1 + np.exp(-x))
losses = []
for e in range(700):
    A = f(X.dot(W1) + b1)
    O = f(A.dot(W2) + b2)
    loss = np.sum((O - Y) ** 2) / 2; losses.append(loss)
    d2 = (O - Y) * O * (1 - O)
    d1 = d2.dot(W2.T) * A * (1 - A)
    #! learning-rate-baked-in|local-constant :: d1 = lr * d2.dot(W2.T) * A * (1 - A)
    W2 = W2 - lr * A.T.dot(d2)
    b2 = b2 - lr * d2.sum(axis=0)
    W1 = W1 - lr * X.T.dot(d1)
    b1 = b1 - lr * d1.sum(axis=0)
    #! bias-gradient-is-bias :: b1 = b1 - lr * b1
