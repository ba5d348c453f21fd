"""Synthetic classes: programs that learn XOR, each with a text of its own, right and wrong in known shares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["BUGS", "KINDS", "Kind", "assignment_without", "kind_of", "write_class"]

RIGHT = '''\
"""Exercise 4, number {number}."""
import numpy as np

SCALE = {scale}


class NeuralNetwork:
    def __init__(self, n_in, n_hid, n_out):
        self.W1 = SCALE * np.random.randn(n_in, n_hid)
        self.b1 = np.zeros((1, n_hid))
        self.W2 = SCALE * np.random.randn(n_hid, n_out)
        self.b2 = np.zeros((1, n_out))

    def sigmoid(self, x):
        return 1 / (1 + np.exp(-np.clip(x, -500, 500)))

    def sigmoid_derivative(self, x):
        return x * (1 - x)

    def forward(self, X):
        self.a1 = self.sigmoid(X @ self.W1 + self.b1)
        self.a2 = self.sigmoid(self.a1 @ self.W2 + self.b2)
        return self.a2

    def backward(self, X, y, lr):
        d2 = 2 * (self.a2 - y) / len(X) * self.sigmoid_derivative(self.a2)
        d1 = d2 @ self.W2.T * self.sigmoid_derivative(self.a1)
        self.W2 -= lr * self.a1.T @ d2
        self.b2 -= lr * d2.sum(axis=0, keepdims=True)
        self.W1 -= lr * X.T @ d1
        self.b1 -= lr * d1.sum(axis=0, keepdims=True)

    def train(self, X, y, epochs, lr):
        losses = []
        for _ in range(epochs):
            losses.append(np.mean((y - self.forward(X)) ** 2))
            self.backward(X, y, lr)
        return losses
'''
D1 = "d1 = d2 @ self.W2.T * self.sigmoid_derivative(self.a1)"
STEP = "self.W2 -= lr * self.a1.T @ d2"
SLOPE_TWICE = "d1 = d2 @ self.W2.T * self.sigmoid_derivative(self.sigmoid(self.a1))"
# What is wrong, and the edit that makes it so.
BUGS = {
    "no slope of the hidden layer": (D1, "d1 = d2 @ self.W2.T"),
    "no factor 2": ("2 * (self.a2 - y)", "(self.a2 - y)"),
    "no mean over the batch": (" / len(X) *", " *"),
    "no slope of the output": (" / len(X) * self.sigmoid_derivative(self.a2)", " / len(X)"),
    "slope at the wrong place": (D1, SLOPE_TWICE),
    "bias summed over all": ("d1.sum(axis=0, keepdims=True)", "d1.sum()"),
    "ascent of W1": ("self.W1 -= ", "self.W1 += "),
    "W2 updated first": (f"{D1}\n        {STEP}", f"{STEP}\n        {D1}"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of submission: ``right``, ``broken`` (it cannot be loaded), or the name of a bug."""

    name: str
    text: str

    @property
    def is_right(self) -> bool:
        """Whether all marks are earned."""
        return self.name == "right"

    @property
    def is_broken(self) -> bool:
        """Whether there is no mark."""
        return self.name == "broken"


def _spoilt(old: str, new: str) -> str:
    if RIGHT.count(old) != 1:
        raise ValueError(f"{old!r} is not there once")
    return RIGHT.replace(old, new)


KINDS = {
    "right": Kind("right", RIGHT),
    "broken": Kind("broken", _spoilt("def forward(self, X):", "def forward(self, X:")),
    **{name: Kind(name, _spoilt(old, new)) for name, (old, new) in BUGS.items()},
}
# Of each 20 submissions: 14 are right, 5 wrong, 1 broken.
ROUND, RIGHT_OF_ROUND = 20, 14


def kind_of(number: int, *, wrong_only: bool = False) -> Kind:
    """What the submission of a number is; the bugs take turns."""
    bugs = list(BUGS)
    if wrong_only:
        return KINDS[bugs[number % len(bugs)]]
    place, rounds = number % ROUND, number // ROUND
    if place < RIGHT_OF_ROUND:
        return KINDS["right"]
    if place == ROUND - 1:
        return KINDS["broken"]
    return KINDS[bugs[(rounds * (ROUND - RIGHT_OF_ROUND - 1) + place - RIGHT_OF_ROUND) % len(bugs)]]


def write_class(folder: Path, count: int, *, wrong_only: bool = False) -> dict[str, Kind]:
    """Write so many submissions; what each is, by its name."""
    folder.mkdir(parents=True)
    written = {}
    for number in range(count):
        kind, name = kind_of(number, wrong_only=wrong_only), f"student{number:06}.py"
        text = kind.text.format(number=number, scale=1.0 + number % 97 / 97)
        (folder / name).write_text(text, encoding="utf-8")
        written[name] = kind
    return written


def assignment_without(text: str, item: str) -> str:
    """An assignment's file without one item at the top of its rubric; its sum is not said any more."""
    start = text.index(f'[[rubric]]\nid = "{item}"')
    end = text.index("\n[", start + 1) + 1
    head, rest = text[:start].split("\n[network]", 1)
    kept = "\n".join(line for line in head.split("\n") if not line.startswith("points = "))
    return f"{kept}\n[network]{rest}{text[end:]}"
