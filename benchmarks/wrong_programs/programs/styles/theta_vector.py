#= axes: lam=0.5|2 K=3|4
#= steps: 60
#= let lam=0.5: lamv = 0.5
#= let lam=2: lamv = 2.0
#= let K=3: k = 3
#= let K=4: k = 4
#$ def probe(script):
#$     ns = script.run()
#$     h = {"theta": np.array(ns["theta"])}
#$     f = lambda: ns["nn_cost"](h["theta"], ns["n_in"], ns["n_hid"], ns["n_lab"], ns["X"], ns["y"], ns["lam"])
#$     return Probe(params=parameters(h, "theta"), loss=lambda: f()[0], gradient=lambda: {"theta": f()[1]}, inputs=((ns, "X"),))
"""Handwritten digits with a neural network (exercise), theta unrolled into one vector."""
import numpy as np
from scipy.io import loadmat


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_gradient(z):
    g = sigmoid(z)
    return g * (1 - g)
    #! output-form-given-preactivation :: return z * (1 - z)
    #! activation-instead-of-derivative :: return g
    #! derivative-twice :: return (g * (1 - g)) ** 2


def nn_cost(theta, n_in, n_hid, n_lab, X, y, lam):
    m = X.shape[0]
    Theta1 = theta[:n_hid * (n_in + 1)].reshape(n_hid, n_in + 1)
    Theta2 = theta[n_hid * (n_in + 1):].reshape(n_lab, n_hid + 1)
    Y = np.eye(n_lab)[y]

    a1 = np.hstack([np.ones((m, 1)), X])
    z2 = a1.dot(Theta1.T)
    a2 = np.hstack([np.ones((m, 1)), sigmoid(z2)])
    z3 = a2.dot(Theta2.T)
    h = sigmoid(z3)

    J = np.sum(-Y * np.log(h) - (1 - Y) * np.log(1 - h)) / m
    J += lam / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
    #! regularisation-on-bias/cost :: J += lam / (2 * m) * (np.sum(Theta1 ** 2) + np.sum(Theta2 ** 2))
    #! regularisation-factor/cost :: J += lam / m * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
    #! regularisation-wrong-norm/cost :: J += lam / (2 * m) * (np.sum(np.abs(Theta1[:, 1:])) + np.sum(np.abs(Theta2[:, 1:])))

    d3 = h - Y
    #! sign-flip :: d3 = Y - h
    #! extra-output-derivative :: d3 = (h - Y) * h * (1 - h)
    d2 = d3.dot(Theta2)[:, 1:] * sigmoid_gradient(z2)
    #! missing-hidden-derivative :: d2 = d3.dot(Theta2)[:, 1:]
    #! bias-in-backprop :: d2 = d3.dot(Theta2)[:, :-1] * sigmoid_gradient(z2)
    #! derivative-at-activation :: d2 = d3.dot(Theta2)[:, 1:] * sigmoid_gradient(a2[:, 1:])
    #! upstream-lost :: d2 = np.ones_like(d3).dot(Theta2)[:, 1:] * sigmoid_gradient(z2)
    #! derivative-of-gradient :: d2 = d3.dot(Theta2)[:, 1:] * sigmoid_gradient(d3.dot(Theta2)[:, 1:])

    Theta1_grad = d2.T.dot(a1) / m
    #! sum-instead-of-mean :: Theta1_grad = d2.T.dot(a1)
    #! squashed-input :: Theta1_grad = d2.T.dot(sigmoid(a1)) / m
    #! local-constant|extra-factor-2 :: Theta1_grad = 2 * d2.T.dot(a1) / m
    Theta2_grad = d3.T.dot(a2) / m
    #! sum-instead-of-mean :: Theta2_grad = d3.T.dot(a2)
    #! wrong-layer-activation|squashed-input :: Theta2_grad = d3.T.dot(np.hstack([np.ones((m, 1)), z2])) / m
    Theta1_grad[:, 1:] += lam / m * Theta1[:, 1:]
    #!? regularisation-on-bias/cost ::
    #!? regularisation-factor/cost ::
    #!? regularisation-wrong-norm/cost ::
    #! regularisation-missing ::
    #! regularisation-factor :: Theta1_grad[:, 1:] += lam * Theta1[:, 1:]
    #! regularisation-sign :: Theta1_grad[:, 1:] -= lam / m * Theta1[:, 1:]
    #! regularisation-on-bias :: Theta1_grad += lam / m * Theta1
    Theta2_grad[:, 1:] += lam / m * Theta2[:, 1:]
    #!? regularisation-on-bias/cost ::
    #!? regularisation-factor/cost ::
    #!? regularisation-wrong-norm/cost ::
    #! regularisation-missing ::
    #! regularisation-factor :: Theta2_grad[:, 1:] += lam * Theta2[:, 1:]
    #! regularisation-sign :: Theta2_grad[:, 1:] -= lam / m * Theta2[:, 1:]
    #! regularisation-wrong-norm :: Theta2_grad[:, 1:] += lam / m * np.sign(Theta2[:, 1:])
    #! regularisation-on-bias :: Theta2_grad += lam / m * Theta2

    grad = np.concatenate([Theta1_grad.ravel(), Theta2_grad.ravel()])
    return J, grad


n_in, n_hid, n_lab, lam = 4, 5, <<k>>, <<lamv>>
rng = np.random.RandomState(0)
X = rng.randn(15, n_in)
y = rng.randint(0, n_lab, 15)
theta = rng.uniform(-0.5, 0.5, n_hid * (n_in + 1) + n_lab * (n_hid + 1))

J_history = []
for i in range(60):
    J, grad = nn_cost(theta, n_in, n_hid, n_lab, X, y, lam)
    theta = theta - 0.5 * grad
    J_history.append(J)
print("cost", J_history[0], "->", J_history[-1])
