"""Losses that stand in other places than beside the update are followed as well: the line and a patch are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.records import Diagnosis, Verdict
from gradcheck.submissions import check_file, diagnose_file

OPTIMISED = """
import numpy as np
from scipy.optimize import minimize

rng = np.random.default_rng(3)
X = rng.normal(size=(30, 3))
y = (X[:, 0] * X[:, 1] > 0).astype(float)


def unroll(theta):
    return theta[:12].reshape(3, 4), theta[12:16]


def cost(theta):
    hidden, out = unroll(theta)
    a = np.tanh(X @ hidden)
    p = 1 / (1 + np.exp(-(a @ out)))
    J = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    delta = (p - y) / len(y)
    back = np.outer(delta, out) * (1 - a ** 2)
    return J, np.concatenate([(X.T @ back).ravel(), a.T @ delta])


result = minimize(cost, rng.normal(size=16) * 0.5, jac=True, method="CG", options={"maxiter": 20})
print(result.fun)
"""
RECORDED_TWICE = """
import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
y = (X[:, 0] + 0.3 * rng.normal(size=60) > 0).astype(float)
X_train, X_test, y_train, y_test = X[:40], X[40:], y[:40], y[40:]


def proba(params, X):
    return 1 / (1 + np.exp(-(X.dot(params["w"]) + params["b"])))


def log_loss(params, X, y):
    p = proba(params, X)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def gradients(params, X, y):
    error = proba(params, X) - y
    return {"w": X.T.dot(error) / len(y), "b": np.array([error.sum() / len(y)])}


params = {"w": rng.normal(size=4) * 0.3, "b": 0.1 * np.ones(1)}
history = {"loss": [], "val_loss": []}
for turn in range(50):
    grads = gradients(params, X_train, y_train)
    for name in params:
        params[name] = params[name] - 0.5 * grads[name]
    history["loss"].append(log_loss(params, X_train, y_train))
    history["val_loss"].append(log_loss(params, X_test, y_test))
"""
SHOWN_MEAN = """
import numpy as np

rng = np.random.default_rng(0)
xs = [rng.normal(size=(4, 1)) for _ in range(20)]
ys = [np.tanh(x[:2]) / 2 + 0.5 for x in xs]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def slope(z):
    return sigmoid(z) * (1 - sigmoid(z))


class Net:
    def __init__(self):
        self.weights = [rng.normal(size=(5, 4)), rng.normal(size=(2, 5))]

    def forward(self, x):
        self.zs, self.acts = [], [x]
        for w in self.weights:
            self.zs.append(w.dot(self.acts[-1]))
            self.acts.append(sigmoid(self.zs[-1]))
        return self.acts[-1]

    def cost(self, x, y):
        return 0.5 * np.sum((self.forward(x) - y) ** 2)

    def backward(self, x, y):
        self.forward(x)
        delta = (self.acts[-1] - y) * slope(self.zs[-1])
        last = delta.dot(self.acts[-2].T)
        delta = self.weights[-1].T.dot(delta) * slope(self.zs[-2])
        return [delta.dot(self.acts[-3].T), last]

    def train(self, xs, ys):
        for epoch in range(20):
            for k in rng.permutation(len(xs)):
                grads = self.backward(xs[k], ys[k])
                for l in range(len(self.weights)):
                    self.weights[l] -= 0.5 * grads[l]
            if epoch % 5 == 0:
                print(np.mean([self.cost(x, y) for x, y in zip(xs, ys)]))


Net().train(xs, ys)
"""
NEURONS = """
import math
import random


class Neuron:
    def __init__(self, inputs, rnd):
        self.__weights = [rnd.uniform(-0.8, 0.8) for _ in range(inputs)]
        self.__delta = 0.0

    def getWeight(self, i):
        return self.__weights[i]

    def setWeight(self, i, value):
        self.__weights[i] = value

    def getDelta(self):
        return self.__delta

    def setDelta(self, d):
        self.__delta = d

    def activate(self, inputs):
        self.out = math.tanh(sum(w * x for w, x in zip(self.__weights, inputs)))
        return self.out


class Net:
    RATE = 0.05

    def __init__(self, rnd):
        self.hidden = [Neuron(3, rnd) for _ in range(4)]
        self.output = Neuron(4, rnd)

    def forward(self, inputs):
        self.held = [n.activate(inputs) for n in self.hidden]
        return self.output.activate(self.held)

    def error(self, inputs, target):
        return 0.5 * (target - self.forward(inputs)) ** 2

    def learn(self, inputs, target):
        out = self.forward(inputs)
        self.output.setDelta((target - out) * (1 - out * out))
        for j, n in enumerate(self.hidden):
            back = self.output.getDelta() * self.output.getWeight(j)
            n.setDelta(back * (1 - n.out * n.out))
        self.adjust(self.output, self.held)
        for n in self.hidden:
            self.adjust(n, inputs)

    def adjust(self, n, inputs):
        step = self.RATE * n.getDelta()
        for i in range(len(inputs)):
            n.setWeight(i, n.getWeight(i) + step * inputs[i])


rnd = random.Random(1)
rows = [[rnd.random() for _ in range(3)] for _ in range(40)]
data = [(x, math.tanh(x[0] - x[1])) for x in rows]
net = Net(rnd)
for epoch in range(30):
    for x, t in data:
        net.learn(x, t)
    if epoch % 10 == 0:
        total = 0.0
        for x, t in data:
            total += net.error(x, t)
        print("error", total)
"""
SPOILT = {
    "handed to an optimiser": (OPTIMISED, " * (1 - a ** 2)", "", "missing-hidden-derivative"),
    "two losses recorded": (
        RECORDED_TWICE,
        "proba(params, X) - y",
        "(proba(params, X) - y) * proba(params, X) * (1 - proba(params, X))",
        "extra-output-derivative",
    ),
    "a mean of a list shown": (SHOWN_MEAN, "slope(self.zs[-2])", "slope(self.acts[-2])", "derivative-at-activation"),
}


@pytest.mark.parametrize("program", [OPTIMISED, RECORDED_TWICE, SHOWN_MEAN, NEURONS])
def test_right_one_passes(tmp_path: Path, program: str) -> None:
    """As it stands."""
    file = tmp_path / "program.py"
    file.write_text(program, encoding="utf-8")
    assert check_file(file).verdict is Verdict.PASS


@pytest.mark.parametrize("case", SPOILT)
def test_mistake_is_named_where_it_stands(tmp_path: Path, case: str) -> None:
    """With one mistake: its name, its line, and a patch that passes."""
    program, right, wrong, bug = SPOILT[case]
    file = tmp_path / "program.py"
    file.write_text(program.replace(right, wrong), encoding="utf-8")
    found = diagnose_file(file)
    assert isinstance(found, Diagnosis)
    assert found.verdict is Verdict.FAIL
    line = 1 + program[: program.index(right)].count("\n")
    assert (found.diagnoses[0].bug, found.diagnoses[0].line) == (bug, line)
    assert found.patch_verified


def test_weight_that_a_method_stores_is_no_loss(tmp_path: Path) -> None:
    """What ``setWeight`` is given is the new weight; the wrong program is held against its error."""
    file = tmp_path / "program.py"
    file.write_text(NEURONS.replace("(1 - n.out * n.out)", "(1 - n.out)"), encoding="utf-8")
    report = check_file(file)
    assert report.verdict is Verdict.FAIL
    assert {block.verdict.name for block in report.blocks if block.name.startswith("hidden")} == {"FAIL"}


SUMMED = """
import numpy as np

rng = np.random.default_rng(2)
X, y = rng.normal(size=(30, 3)), rng.normal(size=30)
w, decay, lr = rng.normal(size=3), 0.05, 0.1


def misfit(r):
    return np.sum(np.log(np.cosh(r))) / len(r)


for turn in range(50):
    r = X @ w - y
    g = X.T @ np.tanh(r) / len(y) + decay * w
    penalty = 0.5 * decay * np.sum(w ** 2)
    print("turn %d loss %.4f" % (turn, misfit(r) + penalty))
    w -= lr * g
"""
PAIRS = """
import numpy as np

rng = np.random.default_rng(1)
data = [(int(rng.integers(7)), rng.integers(0, 7, 2)) for _ in range(12)]


class Words:
    def __init__(self):
        self.first, self.second = rng.normal(size=(7, 4)), rng.normal(size=(4, 7))

    def train(self):
        for epoch in range(20):
            self.loss = 0
            for word, around in data:
                h = self.first[word]
                u = h @ self.second
                p = np.exp(u) / np.exp(u).sum()
                delta = np.zeros(7)
                for c in around:
                    delta += p
                    delta[c] -= 1
                self.loss += -np.sum(u[around]) + len(around) * np.log(np.sum(np.exp(u)))
                back = self.second @ delta
                self.second = self.second - 0.05 * np.outer(h, delta)
                self.first[word] = self.first[word] - 0.05 * back
            print(epoch, self.loss)


Words().train()
"""
FROZEN = """
import dataclasses
import numpy as np

rng = np.random.default_rng(1)
X, y = rng.normal(size=(30, 3)), rng.normal(size=30)


@dataclasses.dataclass(frozen=True)
class Weights:
    w: np.ndarray
    b: np.ndarray


held, lr, losses = Weights(rng.normal(size=3), np.zeros(1)), 0.1, []
for turn in range(40):
    e = X @ held.w + held.b - y
    losses.append(0.5 * np.mean(e ** 2))
    held = Weights(held.w - lr * X.T @ e / len(y), held.b - lr * e.mean(keepdims=True))
"""


@pytest.mark.parametrize(
    ("program", "right", "wrong"),
    [
        (SUMMED, "+ decay * w", "- decay * w"),
        (
            PAIRS,
            """                back = self.second @ delta
                self.second = self.second - 0.05 * np.outer(h, delta)
""",
            """                self.second = self.second - 0.05 * np.outer(h, delta)
                back = self.second @ delta
""",
        ),
        (FROZEN, "X.T @ e / len(y)", "X.T @ e"),
    ],
    ids=["a sum is printed", "a sum inside the loop", "values that are made anew"],
)
def test_right_and_wrong_are_told(tmp_path: Path, program: str, right: str, wrong: str) -> None:
    """What is printed as one sum is one loss; what a turn adds up for itself is no outer loop's gradient."""
    file = tmp_path / "program.py"
    file.write_text(program, encoding="utf-8")
    assert check_file(file).verdict is Verdict.PASS
    assert right in program
    file.write_text(program.replace(right, wrong), encoding="utf-8")
    assert check_file(file).verdict is Verdict.FAIL
