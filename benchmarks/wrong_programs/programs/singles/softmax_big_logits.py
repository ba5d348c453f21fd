#$ def probe(script): return script.flat("W b", loss="nll", rate=0.1)
import numpy as np
np.random.seed(0)
pixels = np.random.rand(30, 16)          # little pictures
digit = np.random.randint(0, 5, 30)
W = np.random.randn(16, 5) * 0.1
b = np.zeros(5)
for it in range(100):
    logits = pixels @ W + b
    logits -= logits.max(axis=1, keepdims=True)
    #! softmax-overflow ::
    e = np.exp(logits)
    #!? softmax-overflow ::
    p = e / e.sum(axis=1, keepdims=True)
    nll = np.mean(-np.log(p[np.arange(30), digit]))
    d = p.copy(); d[np.arange(30), digit] -= 1; d /= 30
    W -= 0.1 * pixels.T @ d
    b -= 0.1 * d.sum(axis=0)
