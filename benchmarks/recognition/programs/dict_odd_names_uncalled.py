# parameters: (4, 6) (1, 6) (6, 3) (1, 3)
# loss: np.mean(np.sum((guess - want) ** 2, axis=1))
import numpy as np


def begin(nf, nm, no):
    r = np.random.RandomState(0)
    return {"p": r.randn(nf, nm), "q": np.zeros((1, nm)), "r": r.randn(nm, no), "s": np.zeros((1, no))}


def ahead(bag, rows):
    mid = np.tanh(rows @ bag["p"] + bag["q"])
    end = mid @ bag["r"] + bag["s"]
    return end, mid


def badness(guess, want):
    return np.mean(np.sum((guess - want) ** 2, axis=1))


def slopes(bag, rows, mid, end, want):
    e = 2 * (end - want) / rows.shape[0]
    f = e @ bag["r"].T * (1 - mid ** 2)  # wrong: f = e @ bag["r"].T * (1 - mid)
    return {"p": rows.T @ f, "q": f.sum(0, keepdims=True), "r": mid.T @ e, "s": e.sum(0, keepdims=True)}
