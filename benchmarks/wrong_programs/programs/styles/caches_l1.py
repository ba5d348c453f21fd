#= axes: reg=l1|l2 act=softplus|leaky
#= steps: 180
#= let act=softplus: f = np.log1p(np.exp(z))
#= let act=leaky: f = np.where(z > 0, z, 0.2 * z)
#= let act=softplus: der = 1 / (1 + np.exp(-z))
#= let act=leaky: der = np.where(z > 0, 1.0, 0.2)
#= let reg=l1: pen = np.abs(W).sum()
#= let reg=l2: pen = 0.5 * (W ** 2).sum()
#= let reg=l1: dpen = np.sign(W)
#= let reg=l2: dpen = W
#$ def probe(script):
#$     ns = script.run()
#$     net, X, Y = ns["net"], ns["X"], ns["Y"]
#$     params = {**parameters(net, "Ws[]"), **parameters(net, "bs[]")}
#$     def grads():
#$         net.forward(X)
#$         gw, gb = net.gradients(X, Y)
#$         return {**{f"Ws[{i}]": g for i, g in enumerate(gw)}, **{f"bs[{i}]": g for i, g in enumerate(gb)}}
#$     return Probe(params=params, loss=lambda: net.objective(net.forward(X), Y), gradient=grads, inputs=((ns, "X"),))
import numpy as np

BATCH = 8


class DeepRegressor:
    """Fully connected regressor with weight penalty; caches kept on self."""

    def __init__(self, dims, lam=0.02, seed=0):
        r = np.random.RandomState(seed)
        self.lam = lam
        self.Ws = [r.randn(i, o) / np.sqrt(i) for i, o in zip(dims, dims[1:])]
        self.bs = [0.1 * r.randn(o) for o in dims[1:]]

    @staticmethod
    def act(z): return <<f>>

    @staticmethod
    def dact(z): return <<der>>
    #! leaky-slope-sign [act=leaky] :: def dact(z): return np.where(z > 0, 1.0, -0.2)
    #! wrong-derivative-formula [act=softplus] :: def dact(z): return 1 / (1 + np.exp(z))
    #! missing-hidden-derivative/one [act=leaky] :: def dact(z): return np.ones_like(z)
    #! activation-instead-of-derivative :: def dact(z): return <<f>>

    def forward(self, X):
        self.inputs, self.zs = [], []
        h = X
        last = len(self.Ws) - 1
        for i in range(len(self.Ws)):
            self.inputs.append(h)
            z = np.einsum('bi,io->bo', h, self.Ws[i]) + self.bs[i]
            self.zs.append(z)
            h = self.act(z) if i < last else z
        return h

    def objective(self, out, Y):
        data = np.mean((out - Y) ** 2)
        penalty = 0
        for W in self.Ws:
            penalty += <<pen>>
        return data + self.lam * penalty

    def gradients(self, X, Y):
        gw, gb = [], []
        n = Y.shape[0]
        #! stale-batch-size :: n = BATCH
        d = 2. * (self.zs[-1] - Y) / (n * Y.shape[1])
        #! missing-factor-2 :: d = (self.zs[-1] - Y) / (n * Y.shape[1])
        #! output-count-factor :: d = 2. * (self.zs[-1] - Y) / n
        #! extra-output-derivative|loss-gradient-mismatch :: d = 2. * (self.zs[-1] - Y) / (n * Y.shape[1]) * self.dact(self.zs[-1])
        for i in range(len(self.Ws) - 1, -1, -1):
            W = self.Ws[i]
            gw.insert(0, np.einsum('bi,bo->io', self.inputs[i], d) + self.lam * <<dpen>>)
            #! regularisation-missing :: gw.insert(0, np.einsum('bi,bo->io', self.inputs[i], d))
            #! regularisation-factor :: gw.insert(0, np.einsum('bi,bo->io', self.inputs[i], d) + 2 * self.lam * <<dpen>>)
            #! regularisation-sign :: gw.insert(0, np.einsum('bi,bo->io', self.inputs[i], d) - self.lam * <<dpen>>)
            #! regularisation-wrong-norm [reg=l1] :: gw.insert(0, np.einsum('bi,bo->io', self.inputs[i], d) + self.lam * W)
            #! regularisation-wrong-norm [reg=l2] :: gw.insert(0, np.einsum('bi,bo->io', self.inputs[i], d) + self.lam * W / np.linalg.norm(W))
            gb.insert(0, d.sum(0))
            #! regularisation-on-bias :: gb.insert(0, d.sum(0) + self.lam * self.bs[i])
            #! bias-sum-without-axis :: gb.insert(0, d.sum())
            #! bias-mean-instead-of-sum :: gb.insert(0, d.mean(0))
            #! bias-gradient-is-bias :: gb.insert(0, self.bs[i])
            if i:
                d = np.einsum('bo,io->bi', d, W) * self.dact(self.zs[i - 1])
                #! missing-hidden-derivative :: d = np.einsum('bo,io->bi', d, W)
                #! relu-mask-wrong-layer|derivative-of-wrong-argument [act=leaky] :: d = np.einsum('bo,io->bi', d, W) * self.dact(self.zs[0])
                #! derivative-at-activation [act=softplus] :: d = np.einsum('bo,io->bi', d, W) * self.dact(self.inputs[i])
                #! wrong-layer-weights :: d = np.einsum('bo,io->bi', d, self.Ws[1]) * self.dact(self.zs[i - 1])
                #! transposed-weights :: d = np.einsum('bo,oi->bi', d, W) * self.dact(self.zs[i - 1])
        return gw, gb
        #! swapped-blocks :: gw[1], gw[2] = gw[2], gw[1]
        #!. return gw, gb
        #! gradient-stopped :: gw[0] = np.zeros_like(gw[0])
        #!. return gw, gb

    def fit(self, X, Y, steps, lr):
        trace = []
        for s in range(steps):
            out = self.forward(X)
            trace.append(self.objective(out, Y))
            gw, gb = self.gradients(X, Y)
            for i in range(len(self.Ws)):
                self.Ws[i] -= lr * gw[i]
                self.bs[i] -= lr * gb[i]
        return trace


rs = np.random.RandomState(3)
X = rs.randn(20, 4)
Y = np.c_[np.tanh(X[:, 0] - X[:, 1]), X[:, 2] ** 2, X[:, 3], X[:, 0] * X[:, 3]]
net = DeepRegressor([4, 4, 4, 4, 4])
trace = net.fit(X, Y, 180, 0.05)
print('objective', trace[0], trace[-1])
