# parameters: (4, 6) (1, 6) (6, 3) (1, 3)
# loss: np.sum((ausgabe - ziel) ** 2) / (2 * ziel.shape[0])
import numpy as np


def anfangswerte(anzahl_eingaben, anzahl_verborgen, anzahl_ausgaben):
    zufall = np.random.default_rng(3)
    return {
        "G1": zufall.standard_normal((anzahl_eingaben, anzahl_verborgen)),
        "s1": np.zeros((1, anzahl_verborgen)),
        "G2": zufall.standard_normal((anzahl_verborgen, anzahl_ausgaben)),
        "s2": np.zeros((1, anzahl_ausgaben)),
    }


def vorwaerts(eingabe, netz):
    mitte = np.tanh(eingabe @ netz["G1"] + netz["s1"])
    ausgabe = mitte @ netz["G2"] + netz["s2"]
    return ausgabe, mitte


def fehlermass(ausgabe, ziel):
    return np.sum((ausgabe - ziel) ** 2) / (2 * ziel.shape[0])


def rueckwaerts(eingabe, ziel, ausgabe, mitte, netz):
    d2 = (ausgabe - ziel) / eingabe.shape[0]
    d1 = d2 @ netz["G2"].T * (1 - mitte ** 2)  # wrong: d1 = d2 @ netz["G2"].T * (1 + mitte ** 2)
    return {"G1": eingabe.T @ d1, "s1": d1.sum(0, keepdims=True), "G2": mitte.T @ d2, "s2": d2.sum(0, keepdims=True)}
