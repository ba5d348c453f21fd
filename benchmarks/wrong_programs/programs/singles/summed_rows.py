#$ def probe(script):
#$     ns = script.run(); n = ns["net"]
#$     return Probe(params=parameters(n, "w_ih w_ho"), loss=lambda: n.error(ns["xs"], ns["ts"]), update=lambda: n.epoch(ns["xs"], ns["ts"], 0.1), rate=0.1)
import numpy as np
class Net:
    def __init__(self):
        r = np.random.RandomState(70)
        self.w_ih = r.randn(2, 4)
        self.w_ho = r.randn(4, 3)
    def run(self, x):
        self.h = np.tanh(x @ self.w_ih)
        return np.tanh(self.h @ self.w_ho)
    def error(self, xs, ts):
        return 0.5 * np.sum((self.run(xs) - ts) ** 2)
    def epoch(self, xs, ts, lr):
        o = self.run(xs)
        do = (o - ts) * (1 - o * o)
        dh = np.zeros_like(self.h)
        for j in range(dh.shape[1]):
            dh[:, j] = (do * self.w_ho[j]).sum(axis=1)
            #! summed-weights :: dh[:, j] = do.sum(axis=1) * self.w_ho[j].sum()
        dh *= 1 - self.h ** 2
        #! output-form-given-preactivation|derivative-of-wrong-argument :: dh *= 1 - (xs @ self.w_ih) ** 2
        self.w_ho -= lr * self.h.T @ do
        self.w_ih -= lr * xs.T @ dh
r = np.random.RandomState(71)
xs, ts = r.rand(9, 2), r.rand(9, 3)
net = Net()
for i in range(100):
    net.epoch(xs, ts, 0.1)
    print(net.error(xs, ts))
