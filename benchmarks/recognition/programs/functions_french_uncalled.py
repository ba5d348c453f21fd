# parameters: (4, 6) (1, 6) (6, 3) (1, 3)
# loss: np.mean(np.sum((sortie - cible) ** 2, axis=1)) / 2
import numpy as np


def creer(nb_entrees, nb_caches, nb_sorties):
    alea = np.random.default_rng(4)
    return {
        "P1": alea.standard_normal((nb_entrees, nb_caches)),
        "c1": np.zeros((1, nb_caches)),
        "P2": alea.standard_normal((nb_caches, nb_sorties)),
        "c2": np.zeros((1, nb_sorties)),
    }


def avancer(entree, poids):
    cachee = np.tanh(entree @ poids["P1"] + poids["c1"])
    return cachee @ poids["P2"] + poids["c2"], cachee


def perte(sortie, cible):
    return np.mean(np.sum((sortie - cible) ** 2, axis=1)) / 2


def retropropager(entree, cible, sortie, cachee, poids):
    e2 = (sortie - cible) / len(entree)
    e1 = e2 @ poids["P2"].T * (1 - cachee ** 2)
    return {"P1": entree.T @ e1, "c1": e1.sum(0, keepdims=True), "P2": cachee.T @ e2, "c2": e2.sum(0, keepdims=True)}  # wrong: return {"P1": entree.T @ e1, "c1": e1.sum(0, keepdims=True), "P2": cachee.T @ e2 * 3, "c2": e2.sum(0, keepdims=True)}
