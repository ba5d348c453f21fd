# parameters: (4, 6) (1, 6) (6, 3) (1, 3)
# loss: np.mean((salida - objetivo) ** 2)
import numpy as np


def adelante(entrada, p1, s1, p2, s2):
    oculta = np.tanh(entrada @ p1 + s1)
    salida = oculta @ p2 + s2
    return oculta, salida


def coste(salida, objetivo):
    return np.mean((salida - objetivo) ** 2)


def atras(entrada, objetivo, p1, s1, p2, s2):
    oculta, salida = adelante(entrada, p1, s1, p2, s2)
    d2 = 2 * (salida - objetivo) / salida.size
    d1 = d2 @ p2.T * (1 - oculta ** 2)  # wrong: d1 = d2 @ p2.T * (1 - oculta)
    return entrada.T @ d1, d1.sum(0, keepdims=True), oculta.T @ d2, d2.sum(0, keepdims=True)
