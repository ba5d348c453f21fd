#$ def probe(script):
#$     ns = script.run(); th = ns["th"]
#$     return Probe(params={f"t{i}": (th, i) for i in range(3)}, loss=lambda: ns["L"](th), gradient=lambda: {f"t{i}": g for i, g in enumerate(ns["dL"](th))})
import numpy as np
r = np.random.default_rng(12)
x, t = r.normal(size=(7, 3)), r.normal(size=(7, 2))
th = [r.normal(size=(5, 3)), r.normal(size=(4, 5)), r.normal(size=(2, 4))]
def L(th):
    a = np.sin(np.einsum("hi,bi->bh", th[0], x))
    c = np.tanh(np.einsum("gh,bh->bg", th[1], a))
    return 0.5 * np.einsum("bo,bo->", *[np.einsum("og,bg->bo", th[2], c) - t] * 2)
def dL(th):
    z = np.einsum("hi,bi->bh", th[0], x); a = np.sin(z)
    c = np.tanh(np.einsum("gh,bh->bg", th[1], a))
    e = np.einsum("og,bg->bo", th[2], c) - t
    dc = np.einsum("og,bo->bg", th[2], e) * (1 - c * c)
    da = np.einsum("gh,bg->bh", th[1], dc) * np.cos(z)
    return [np.einsum("bh,bi->hi", da, x), np.einsum("bg,bh->gh", dc, a), np.einsum("bo,bg->og", e, c)]
for i in range(60):
    th = [p - 0.01 * g for p, g in zip(th, dL(th))]
    if i % 20 == 0: print(L(th))
