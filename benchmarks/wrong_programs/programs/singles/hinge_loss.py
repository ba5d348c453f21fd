#$ def probe(script):
#$     ns = script.run(); h = {"w": np.array(ns["w"])}
#$     return Probe(params=parameters(h, "w"), loss=lambda: ns["svm_loss"](h["w"], ns["X"], ns["y"], 0.1)[0], gradient=lambda: {"w": ns["svm_loss"](h["w"], ns["X"], ns["y"], 0.1)[1]})
import numpy as np
def svm_loss(w, X, y, reg):
    margin = 1 - y * X.dot(w)
    loss = np.sum(np.maximum(0, margin)) / len(y) + reg * w.dot(w)
    active = margin > 0
    dw = -(X[active] * y[active][:, None]).sum(axis=0) / len(y) + 2 * reg * w
    #! sign-flip|regularisation-sign :: dw = (X[active] * y[active][:, None]).sum(axis=0) / len(y) + 2 * reg * w
    return loss, dw
rs = np.random.RandomState(0)
X = rs.randn(50, 5)
y = np.sign(X[:, 0] + 0.3 * rs.randn(50))
w = np.zeros(5)
for i in range(100):
    loss, dw = svm_loss(w, X, y, 0.1)
    w = w - 0.1 * dw
print(loss)
