# parameters: (4, 6) (6,) (6, 3) (3,)
# loss: -np.log(p[np.arange(n), y]).mean()
import numpy as np


class TwoLayer:
    def __init__(self, input_size, hidden_size, output_size, std=0.3):
        r = np.random.RandomState(0)
        self.params = {
            "W1": std * r.randn(input_size, hidden_size), "b1": np.zeros(hidden_size),
            "W2": std * r.randn(hidden_size, output_size), "b2": np.zeros(output_size),
        }

    def loss(self, X, y=None, reg=0.0):
        P = self.params
        h = np.maximum(0, X.dot(P["W1"]) + P["b1"])
        s = h.dot(P["W2"]) + P["b2"]
        if y is None:
            return s
        n = X.shape[0]
        e = np.exp(s - s.max(1, keepdims=True))
        p = e / e.sum(1, keepdims=True)
        loss = -np.log(p[np.arange(n), y]).mean() + 0.5 * reg * (np.sum(P["W1"] ** 2) + np.sum(P["W2"] ** 2))
        d = p.copy()
        d[np.arange(n), y] -= 1
        d /= n
        grads = {"W2": h.T.dot(d) + reg * P["W2"], "b2": d.sum(0)}
        dh = d.dot(P["W2"].T)
        dh[h <= 0] = 0  # wrong: pass
        grads["W1"] = X.T.dot(dh) + reg * P["W1"]
        grads["b1"] = dh.sum(0)
        return loss, grads
