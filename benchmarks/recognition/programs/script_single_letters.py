# parameters: (3, 5) (5,) (5, 2) (2,)
# loss: ((q - t) ** 2).sum() / 2
import numpy as np

np.random.seed(3)
x = np.random.randn(12, 3)
t = np.random.rand(12, 2)
a = np.random.randn(3, 5)
c = np.zeros(5)
k = np.random.randn(5, 2)
m = np.zeros(2)
s = lambda v: 1 / (1 + np.exp(-v))
es = []
for i in range(200):
    p = s(x.dot(a) + c)
    q = s(p.dot(k) + m)
    e = ((q - t) ** 2).sum() / 2
    es.append(e)
    u = (q - t) * q * (1 - q)
    v = u.dot(k.T) * p * (1 - p)
    k = k - 0.05 * p.T.dot(u)
    m = m - 0.05 * u.sum(axis=0)
    a = a - 0.05 * x.T.dot(v)  # wrong: a = a - 0.05 * x.T.dot(v) * 2
    c = c - 0.05 * v.sum(axis=0)
