#$ def probe(script): return script.flat("w1 w2 b1 b2", loss="loss", rate="alpha")
import numpy as np
np.random.seed(0)
x = np.random.rand(10, 3)
y = np.random.rand(10, 2)
w1 = np.random.randn(3, 4); b1 = np.zeros((1, 4))
w2 = np.random.randn(4, 2); b2 = np.zeros((1, 2))
alpha = 0.5

def sigmoid(z): return 1/(1+np.exp(-z))
def dsigmoid(z): return sigmoid(z)*(1-sigmoid(z))

losses = []
for e in range(500):
    z1 = x @ w1 + b1
    a1 = sigmoid(z1)
    z2 = a1 @ w2 + b2
    a2 = sigmoid(z2)
    loss = np.mean(np.sum((a2-y)**2, axis=1))
    losses.append(loss)

    e2 = 2*(a2-y)/len(x)
    #! missing-factor-2 :: e2 = (a2-y)/len(x)
    d2 = e2*dsigmoid(z2)
    d1 = (d2 @ w2.T)*dsigmoid(z1)
    #! derivative-at-activation :: d1 = (d2 @ w2.T)*dsigmoid(a1)

    w2 -= alpha*(a1.T @ d2)
    b2 -= alpha*np.sum(d2, axis=0, keepdims=True)
    w1 -= alpha*(x.T @ d1)
    b1 -= alpha*np.sum(d1, axis=0, keepdims=True)
    #! bias-sum-without-axis :: b1 -= alpha*np.sum(d1)
