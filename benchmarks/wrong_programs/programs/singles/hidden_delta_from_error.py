#$ def probe(script):
#$     ns = script.run(); n = ns["rede"]
#$     return Probe(params=parameters(n, "pesos1 pesos2"), loss=lambda: n.custo(ns["entradas"], ns["saidas"]), update=lambda: n.treinar(ns["entradas"], ns["saidas"], 1, 0.3), rate=0.3)
# Rede neural simples
import numpy as np

class RedeNeural:
    def __init__(self, n_entrada, n_oculta, n_saida):
        np.random.seed(2)
        self.pesos1 = np.random.uniform(-1, 1, (n_entrada, n_oculta))
        self.pesos2 = np.random.uniform(-1, 1, (n_oculta, n_saida))

    def sigmoide(self, x):
        return 1 / (1 + np.exp(-x))

    def custo(self, X, y):
        oculta = self.sigmoide(X @ self.pesos1)
        return np.mean((y - self.sigmoide(oculta @ self.pesos2)) ** 2)

    def treinar(self, X, y, epocas, taxa):
        historico = []
        for epoca in range(epocas):
            historico.append(self.custo(X, y))
            oculta = self.sigmoide(X @ self.pesos1)
            saida = self.sigmoide(oculta @ self.pesos2)
            erro = y - saida
            delta_saida = 2 * erro / y.size * saida * (1 - saida)
            #! sum-instead-of-mean :: delta_saida = 2 * erro * saida * (1 - saida)
            delta_oculta = (delta_saida @ self.pesos2.T) * oculta * (1 - oculta)
            #! raw-error-backpropagated :: delta_oculta = (erro @ self.pesos2.T) * oculta * (1 - oculta)
            self.pesos2 += taxa * oculta.T @ delta_saida
            self.pesos1 += taxa * X.T @ delta_oculta
            if epoca % 100 == 0:
                print('epoca', epoca, 'custo', historico[-1])

entradas = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [0.5, 0.2]])
saidas = np.array([[0], [1], [1], [0], [1]])
rede = RedeNeural(2, 4, 1)
rede.treinar(entradas, saidas, 300, 0.3)
