# Übung 4: Binärer Klassifikator
import numpy as np

rng = np.random.default_rng(42)


def initialize_parameters(n_in, n_hid, n_out):
    gewichte_1 = rng.normal(0, 0.2, size=(n_in, n_hid))
    gewichte_2 = rng.normal(0, 0.2, size=(n_hid, n_out))
    return {
        "W1": gewichte_1,
        "b1": np.zeros((1, n_hid)),
        "W2": gewichte_2,
        "b2": np.zeros((1, n_out)),
    }


def sigmoid(Z):
    return 1.0 / (1.0 + np.exp(-np.clip(Z, -60, 60)))


def relu(Z):
    ergebnis = Z.copy()
    ergebnis[ergebnis < 0] = 0
    return ergebnis


def forward_propagation(X, parameters):
    zwischenspeicher = {}
    zwischenspeicher["netz_1"] = X.dot(parameters["W1"]) + parameters["b1"]
    zwischenspeicher["aktivierung_1"] = relu(zwischenspeicher["netz_1"])
    zwischenspeicher["netz_2"] = zwischenspeicher["aktivierung_1"].dot(parameters["W2"]) + parameters["b2"]
    zwischenspeicher["ausgabe"] = sigmoid(zwischenspeicher["netz_2"])
    return zwischenspeicher["ausgabe"], zwischenspeicher


def compute_loss(A2, Y):
    anzahl = Y.shape[0]
    summe = 0
    for ausgabe, ziel in zip(A2.ravel(), Y.ravel()):
        summe += ziel * np.log(ausgabe + 1e-15) + (1 - ziel) * np.log(1 - ausgabe + 1e-15)
    return -summe / anzahl


def backward_propagation(parameters, cache, X, Y):
    anzahl = Y.shape[0]
    fehler_ausgabe = cache["ausgabe"] - Y

    # Ableitung der ReLU: 1 für positive Werte, sonst 0
    ableitung_relu = np.zeros_like(cache["netz_1"])
    ableitung_relu[cache["netz_1"] > 0] = 1

    fehler_verdeckt = fehler_ausgabe.dot(parameters["W2"].T) * ableitung_relu

    gradienten = {}
    gradienten["dW2"] = cache["aktivierung_1"].T.dot(fehler_ausgabe)
    gradienten["db2"] = fehler_ausgabe.sum(axis=0).reshape(1, -1)
    gradienten["dW1"] = X.T.dot(fehler_verdeckt)
    gradienten["db1"] = fehler_verdeckt.sum(axis=0).reshape(1, -1)
    for name in gradienten:
        gradienten[name] = gradienten[name] / anzahl
    return gradienten


def update_parameters(parameters, gradients, learning_rate):
    for name in ("W1", "b1", "W2", "b2"):
        parameters[name] = parameters[name] - learning_rate * gradients["d" + name]
    return parameters
