#= axes: f=sigmoid|tanh
#= steps: 300
#= let f=sigmoid: act = 1.0 / (1.0 + math.exp(-x))
#= let f=tanh: act = math.tanh(x)
#= let f=sigmoid: der = s * (1.0 - s)
#= let f=tanh: der = 1.0 - s ** 2
#$ def probe(script):
#$     ns = script.run()
#$     net, x, t = ns["reseau"], ns["donnees"][1][0], ns["donnees"][1][1]
#$     def loss():
#$         return 0.5 * sum((o - c) ** 2 for o, c in zip(net.propager(x), t))
#$     def step():
#$         net.propager(x)
#$         net.retropropager(t, 0.01)
#$     return Probe(params=parameters(net, "w1 b1 w2 b2"), loss=loss, update=step, rate=0.01)
# Un petit perceptron multicouche en Python pur (sans numpy)
import math
import random


def f(x):
    return <<act>>


def f_prime(s):
    # s est la sortie du neurone
    return <<der>>
    #! wrong-derivative-formula [f=sigmoid] :: return s * (1.0 + s)
    #! wrong-derivative-formula [f=tanh] :: return 1.0 - s
    #! activation-instead-of-derivative :: return s
    #! derivative-at-activation :: return f(s) * (1.0 - f(s))


class Reseau:
    def __init__(self, n_entrees, n_caches, n_sorties):
        alea = random.Random(3)
        self.w1 = [[alea.uniform(-1, 1) for _ in range(n_entrees)] for _ in range(n_caches)]
        self.b1 = [alea.uniform(-1, 1) for _ in range(n_caches)]
        self.w2 = [[alea.uniform(-1, 1) for _ in range(n_caches)] for _ in range(n_sorties)]
        self.b2 = [alea.uniform(-1, 1) for _ in range(n_sorties)]

    def propager(self, entree):
        self.x = list(entree)
        self.h = []
        for poids, biais in zip(self.w1, self.b1):
            self.h.append(f(sum(p * e for p, e in zip(poids, entree)) + biais))
        self.o = []
        for poids, biais in zip(self.w2, self.b2):
            self.o.append(f(sum(p * e for p, e in zip(poids, self.h)) + biais))
        return self.o

    def retropropager(self, cible, pas):
        delta_o = []
        for k in range(len(self.o)):
            delta_o.append((self.o[k] - cible[k]) * f_prime(self.o[k]))
            #! missing-output-derivative :: delta_o.append(self.o[k] - cible[k])
            #! extra-factor-2 :: delta_o.append(2 * (self.o[k] - cible[k]) * f_prime(self.o[k]))
            #! sign-flip :: delta_o.append((cible[k] - self.o[k]) * f_prime(self.o[k]))
            #! output-count-factor :: delta_o.append((self.o[k] - cible[k]) / len(self.o) * f_prime(self.o[k]))
        delta_h = []
        for j in range(len(self.h)):
            e = 0.0
            for k in range(len(self.o)):
                e += delta_o[k] * self.w2[k][j]
                #! upstream-lost :: e = delta_o[k] * self.w2[k][j]
                #! upstream-lost/w :: e += self.w2[k][j]
                #! raw-error-backpropagated :: e += (self.o[k] - cible[k]) * self.w2[k][j]
                #! summed-weights :: e += delta_o[k] * sum(self.w2[k])
            delta_h.append(e * f_prime(self.h[j]))
            #! missing-hidden-derivative :: delta_h.append(e)
            #! derivative-of-gradient :: delta_h.append(e * f_prime(e))
            #! derivative-twice :: delta_h.append(e * f_prime(self.h[j]) ** 2)

        for k in range(len(self.o)):
            for j in range(len(self.h)):
                self.w2[k][j] -= pas * delta_o[k] * self.h[j]
                #! weight-instead-of-input :: self.w2[k][j] -= pas * delta_o[k] * self.w2[k][j]
                #! sign-flip/w2|local-constant :: self.w2[k][j] += pas * delta_o[k] * self.h[j]
            self.b2[k] -= pas * delta_o[k]
            #! bias-gradient-missing ::
            #! bias-gradient-is-bias :: self.b2[k] -= pas * self.b2[k]
        for j in range(len(self.h)):
            for i in range(len(self.x)):
                self.w1[j][i] -= pas * delta_h[j] * self.x[i]
                #! squashed-input :: self.w1[j][i] -= pas * delta_h[j] * f(self.x[i])
                #! wrong-layer-activation :: self.w1[j][i] -= pas * delta_h[j] * self.h[j]
                #! local-constant :: self.w1[j][i] -= 0.1 * pas * delta_h[j] * self.x[i]
            self.b1[j] -= pas * delta_h[j]
            #! bias-sum-without-axis :: self.b1[j] -= pas * sum(delta_h)
            #! bias-gradient-missing/h ::


donnees = [([0.0, 0.2, 1.0], [0.1, 0.9]), ([0.7, -0.4, 0.3], [0.8, 0.3]), ([-0.5, 1.0, 0.6], [0.4, 0.6]), ([1.0, 1.0, -1.0], [0.2, 0.2])]
reseau = Reseau(3, 4, 2)
for epoque in range(300):
    perte = 0.0
    for x, t in donnees:
        sortie = reseau.propager(x)
        perte += 0.5 * sum((o - c) ** 2 for o, c in zip(sortie, t))
        reseau.retropropager(t, 0.5)
    if epoque % 50 == 0:
        print("epoque %d : perte %.4f" % (epoque, perte))
