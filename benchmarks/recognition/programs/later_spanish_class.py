# parameters: (2, 4) (1, 4) (4, 1) (1, 1)
# loss: np.mean((salida - y) ** 2)
import numpy as np


class RedNeuronal:
    def __init__(self):
        r = np.random.default_rng(45)
        self.p1, self.s1, self.p2, self.s2 = r.normal(size=(2, 4)), np.zeros((1, 4)), r.normal(size=(4, 1)), np.zeros((1, 1))

    def adelante(self, X):
        self.oculta = 1 / (1 + np.exp(-(X @ self.p1 + self.s1)))
        return 1 / (1 + np.exp(-(self.oculta @ self.p2 + self.s2)))

    def atras(self, X, y, salida, tasa):
        d = 2 * (salida - y) / len(X) * salida * (1 - salida)
        e = d @ self.p2.T * self.oculta * (1 - self.oculta)  # wrong: e = d @ self.p2.T * self.oculta
        self.p2 -= tasa * self.oculta.T @ d
        self.s2 -= tasa * d.sum(axis=0, keepdims=True)
        self.p1 -= tasa * X.T @ e
        self.s1 -= tasa * e.sum(axis=0, keepdims=True)


X = np.array([[0., 0], [0, 1], [1, 0], [1, 1]])
y = np.array([[0.], [1], [1], [0]])
red = RedNeuronal()
errores = []
for i in range(100):
    salida = red.adelante(X)
    errores.append(np.mean((salida - y) ** 2))
    red.atras(X, y, salida, 0.8)
