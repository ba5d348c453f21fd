#= axes: akt=sigmoid|softplus|tanh v=mse|mae
#= steps: 700
#= let akt=sigmoid: f = 1.0 / (1.0 + np.exp(-netz))
#= let akt=softplus: f = np.log(1.0 + np.exp(netz))
#= let akt=tanh: f = np.tanh(netz)
#= let akt=sigmoid: ab = aktivierung(netz) * (1.0 - aktivierung(netz))
#= let akt=softplus: ab = 1.0 / (1.0 + np.exp(-netz))
#= let akt=tanh: ab = 1.0 - np.tanh(netz) ** 2
#$ def probe(script):
#$     ns = script.run()
#$     g, X, Y = ns["gewichte"], ns["eingaben"], ns["ziele"]
#$     names = ["V", "c", "U", "d"]
#$     P = dict(zip(names, g))
#$     def loss():
#$         return ns["fehler"](ns["vorwaerts"](X, P["V"], P["c"], P["U"], P["d"])[-1], Y)
#$     def grads():
#$         out = ns["lernschritt"](X, Y, *[np.array(P[n]) for n in names], 0.01)
#$         return {n: (P[n] - out[i]) / 0.01 for i, n in enumerate(names)}
#$     return Probe(params=parameters(P, " ".join(names)), loss=loss, gradient=grads, inputs=((ns, "eingaben"),))
# -*- coding: utf-8 -*-
# Kleines neuronales Netz: eine verdeckte Schicht, lineare Ausgabe (Regression)
import numpy as np


def aktivierung(netz):
    return <<f>>


def ableitung(netz):
    return <<ab>>
    #! activation-instead-of-derivative :: return aktivierung(netz)
    #! output-form-given-preactivation [akt=sigmoid] :: return netz * (1.0 - netz)
    #! wrong-derivative-formula [akt=softplus] :: return 1.0 / (1.0 + np.exp(netz))
    #! wrong-derivative-formula/t [akt=tanh] :: return 1.0 - np.tanh(netz)
    #! derivative-twice [akt=sigmoid,softplus] :: return (<<ab>>) ** 2


def vorwaerts(x, V, c, U, d):
    netz = x.dot(V) + c
    verdeckt = aktivierung(netz)
    ausgabe = verdeckt.dot(U) + d
    return netz, verdeckt, ausgabe


def fehler(ausgabe, ziel):
#if v=mse
    return 0.5 * np.sum((ausgabe - ziel) ** 2) / len(ziel)
#else
    return np.sum(np.abs(ausgabe - ziel)) / len(ziel)
    #! loss-gradient-mismatch/huber :: return np.sum(np.log(np.cosh(ausgabe - ziel))) / len(ziel)
    #!? loss-gradient-mismatch/huber ::
#end


def lernschritt(x, ziel, V, c, U, d, rate):
    netz, verdeckt, ausgabe = vorwaerts(x, V, c, U, d)
    n = x.shape[0]
    #! features-for-batch-size :: n = x.shape[1]

#if v=mse
    delta_aus = (ausgabe - ziel) / n
    #! extra-factor-2 :: delta_aus = 2 * (ausgabe - ziel) / n
    #! sum-instead-of-mean :: delta_aus = ausgabe - ziel
    #! extra-output-derivative|loss-gradient-mismatch :: delta_aus = (ausgabe - ziel) / n * ableitung(ausgabe)
#else
    delta_aus = np.sign(ausgabe - ziel) / n
    #!* loss-gradient-mismatch/huber ::
    #! loss-gradient-mismatch :: delta_aus = (ausgabe - ziel) / n
    #! sum-instead-of-mean :: delta_aus = np.sign(ausgabe - ziel)
#end
    grad_U = verdeckt.T.dot(delta_aus)
    #! squashed-input|wrong-layer-activation :: grad_U = netz.T.dot(delta_aus)
    grad_d = delta_aus.sum(axis=0)
    #! bias-sum-without-axis :: grad_d = delta_aus.sum()
    #!+ updated-weights-used [v=mse] :: U = U - rate * grad_U

    delta_ver = delta_aus.dot(U.T) * ableitung(netz)
    #! derivative-at-activation [akt=sigmoid,tanh] :: delta_ver = delta_aus.dot(U.T) * ableitung(verdeckt)
    #! missing-hidden-derivative :: delta_ver = delta_aus.dot(U.T)
    #! derivative-of-gradient [v=mse] :: delta_ver = delta_aus.dot(U.T) * ableitung(delta_aus.dot(U.T))
    #! upstream-lost :: delta_ver = ableitung(netz)
    grad_V = x.T.dot(delta_ver)
    #! local-constant :: grad_V = 10 * x.T.dot(delta_ver)
    #! sign-flip|local-constant|sign-flip-below :: grad_V = -x.T.dot(delta_ver)
    grad_c = delta_ver.sum(axis=0)
    #! bias-mean-instead-of-sum :: grad_c = delta_ver.mean(axis=0)
    #! bias-from-weight-gradient :: grad_c = grad_V.sum(axis=0)

    V = V - rate * grad_V
    c = c - rate * grad_c
    #! bias-gradient-missing ::
    U = U - rate * grad_U
    #! updated-weights-used [v=mse] ::
    d = d - rate * grad_d
    #! bias-gradient-is-bias :: d = d + rate * d
    return V, c, U, d


def trainiere(x, ziel, anzahl_verdeckt, epochen=700, rate=0.05):
    rng = np.random.RandomState(5)
    V = rng.uniform(-1, 1, (x.shape[1], anzahl_verdeckt))
    c = np.zeros(anzahl_verdeckt)
    U = rng.uniform(-1, 1, (anzahl_verdeckt, ziel.shape[1]))
    d = np.zeros(ziel.shape[1])
    verlauf = []
    for epoche in range(epochen):
        verlauf.append(fehler(vorwaerts(x, V, c, U, d)[-1], ziel))
        V, c, U, d = lernschritt(x, ziel, V, c, U, d, rate)
        if epoche % 100 == 0:
            print("Epoche", epoche, "Fehler", verlauf[-1])
    return V, c, U, d


eingaben = np.random.RandomState(1).uniform(-2, 2, (14, 3))
ziele = np.column_stack([np.sin(eingaben[:, 0]), eingaben[:, 1] * eingaben[:, 2]])
gewichte = trainiere(eingaben, ziele, 6)
