# parameters: (4, 6) (1, 6) (6, 3) (1, 3)
# loss: np.mean(np.sum((uscita - bersaglio) ** 2, axis=1))
import numpy as np


def prepara(ingressi, nascosti, uscite):
    caso = np.random.default_rng(9)
    return {"A": caso.normal(size=(ingressi, nascosti)), "a": np.zeros((1, nascosti)),
            "B": caso.normal(size=(nascosti, uscite)), "b": np.zeros((1, uscite))}


def avanti(rete, dati):
    strato = 1 / (1 + np.exp(-(dati @ rete["A"] + rete["a"])))
    uscita = strato @ rete["B"] + rete["b"]
    return strato, uscita


def scarto(uscita, bersaglio):
    return np.mean(np.sum((uscita - bersaglio) ** 2, axis=1))


def indietro(rete, dati, strato, uscita, bersaglio):
    d = 2 * (uscita - bersaglio) / len(dati)
    e = d @ rete["B"].T * strato * (1 - strato)  # wrong: e = d @ rete["B"].T * strato
    return {"A": dati.T @ e, "a": e.sum(0, keepdims=True), "B": strato.T @ d, "b": d.sum(0, keepdims=True)}


def passo(rete, pendenze, velocita):
    return {nome: rete[nome] - velocita * pendenze[nome] for nome in rete}
