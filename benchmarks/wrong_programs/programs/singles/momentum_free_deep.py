#$ def probe(script):
#$     ns = script.run(); th = ns["th"]
#$     return Probe(params={f"th{i}": (th, i) for i in range(len(th))}, loss=lambda: ns["loss"](th), gradient=lambda: {f"th{i}": g for i, g in enumerate(ns["dloss"](th))})
import numpy as np
g = np.random.default_rng(77)
x = g.uniform(-1, 1, (10, 3)); t = np.exp(-x.sum(1, keepdims=True) ** 2)
th = [g.normal(size=(3, 3)), g.normal(size=(1, 3)), g.normal(size=(3, 3)), g.normal(size=(1, 3)), g.normal(size=(3, 1)), g.normal(size=(1, 1))]

def acts(th):
    a = np.tanh(x @ th[0] + th[1])
    b = np.tanh(a @ th[2] + th[3])
    return a, b, b @ th[4] + th[5]

def loss(th):
    return ((acts(th)[-1] - t) ** 2).sum()

def dloss(th):
    a, b, o = acts(th)
    do = 2 * (o - t)
    db = (do @ th[4].T) * (1 - b ** 2)
    da = (db @ th[2].T) * (1 - a ** 2)
    #! transposed-weights :: da = (db @ th[2]) * (1 - a ** 2)
    return [x.T @ da, da.sum(0, keepdims=True), a.T @ db, db.sum(0, keepdims=True), b.T @ do, do.sum(0, keepdims=True)]
    #! swapped-blocks|transposed-block :: return [a.T @ db, da.sum(0, keepdims=True), x.T @ da, db.sum(0, keepdims=True), b.T @ do, do.sum(0, keepdims=True)]

for k in range(300):
    th = [p - 0.01 * d for p, d in zip(th, dloss(th))]
    if k % 100 == 0:
        print(loss(th))
